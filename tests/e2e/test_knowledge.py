"""A knowledge base made, filled, searched and emptied in the browser."""

from playwright.sync_api import Page, expect

from tests.e2e.accessibility import expect_accessible
from tests.e2e.site import Site

RULES = "# Harbour rules\n\nNo swimming in the harbour.\n\nThe ferry leaves at nine from the north pier.\n"


def new_base(site: Site, console: Page, name: str) -> None:
    """A base that finds by keywords, opened."""
    console.goto(f"{site.url}/datasets")
    console.get_by_role("button", name="Create knowledge base").first.click()
    dialog = console.get_by_role("dialog")
    dialog.get_by_label("Name").fill(name)
    dialog.get_by_role("button", name="Create knowledge base").click()
    console.wait_for_url("**/datasets/*")
    console.get_by_role("radio", name="By keywords").or_(
        console.get_by_role("button", name="By keywords")
    ).first.click()


def test_documents_are_taken_in_found_and_removed(site: Site, console: Page) -> None:
    new_base(site, console, "Harbour papers")
    files = [
        {"name": "rules.md", "mimeType": "text/markdown", "buffer": RULES.encode()},
        {"name": "broken.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 nothing behind it"},
    ]
    console.locator("input[type=file]").set_input_files(files)  # type: ignore[arg-type]
    table = console.get_by_role("table", name="Documents")
    good = table.get_by_role("row").filter(has_text="rules.md")
    bad = table.get_by_role("row").filter(has_text="broken.pdf")
    expect(good.get_by_text("Available")).to_be_visible()
    expect(bad.get_by_text("Failed")).to_be_visible()
    expect_accessible(console)

    good.get_by_role("button", name="rules.md", exact=True).click()
    expect(console.get_by_role("dialog").get_by_text("No swimming in the harbour.")).to_be_visible()
    console.keyboard.press("Escape")
    console.get_by_role("tab", name="Try a question").click()
    console.get_by_role("textbox", name="Ask something").fill("When does the ferry leave?")
    console.get_by_role("button", name="Find").click()
    expect(console.get_by_role("listitem").filter(has_text="The ferry leaves at nine")).to_be_visible()

    console.get_by_role("tab", name="Documents").click()
    bad.get_by_role("button", name="Delete broken.pdf").click()
    console.get_by_role("button", name="Delete", exact=True).click()
    expect(bad).to_have_count(0)


def test_ways_of_searching_are_compared(site: Site, console: Page) -> None:
    new_base(site, console, "Measured papers")
    rules = {"name": "rules.md", "mimeType": "text/markdown", "buffer": RULES.encode()}
    console.locator("input[type=file]").set_input_files([rules])  # type: ignore[arg-type]
    expect(console.get_by_role("row").filter(has_text="rules.md").get_by_text("Available")).to_be_visible()
    console.get_by_role("tab", name="Evaluate").click()
    expect(console.get_by_role("button", name="Evaluate", exact=True)).to_be_disabled()
    expect_accessible(console)
    questions = b"question,document,passage\nferry?,rules.md,The ferry leaves at nine\nzeppelin?,rules.md,\n"
    console.get_by_label("Import file").last.set_input_files(
        [{"name": "Harbour.csv", "mimeType": "text/csv", "buffer": questions}]  # type: ignore[list-item]
    )
    expect(console.get_by_role("combobox", name="Question set")).to_contain_text("Harbour")
    console.get_by_role("button", name="Evaluate", exact=True).click()
    results = console.get_by_role("table", name="Results")
    expect(results.get_by_role("row").nth(1)).to_contain_text("Settings of the base")
    expect(results.get_by_role("row").nth(1)).to_contain_text("0.500")
    console.get_by_text("Where each answer came").click()
    places = console.get_by_role("table", name="Where each answer came")
    expect(places.get_by_role("row").filter(has_text="zeppelin?")).to_contain_text("not found")
    expect_accessible(console)
    console.get_by_role("button", name="Delete this evaluation").click()
    console.get_by_role("alertdialog").get_by_role("button", name="Delete").click()
    expect(results).to_have_count(0)
