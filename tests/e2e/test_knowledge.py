"""A knowledge base made, filled, searched and emptied in the browser."""

import re

from playwright.sync_api import Page, expect

from tests.e2e.accessibility import expect_accessible
from tests.e2e.site import Site
from tests.e2e.witness import Witness

RULES = "# Harbour rules\n\nNo swimming in the harbour.\n\nThe ferry leaves at nine from the north pier.\n"


def new_base(site: Site, console: Page, name: str) -> None:
    """A base that finds by keywords, opened."""
    console.goto(f"{site.url}/datasets")
    console.get_by_role("button", name="Create knowledge base").first.click()
    console.get_by_role("radio", name="Empty").click()
    console.get_by_label("Name").fill(name)
    console.get_by_role("button", name="Create knowledge base").click()
    console.wait_for_url(re.compile(r"/datasets/[0-9a-f-]{36}$"))
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
    chunks = console.get_by_role("dialog", name="rules.md")
    expect(chunks.get_by_text("No swimming in the harbour.")).to_be_visible()
    chunks.get_by_role("button", name="Add chunk").click()
    console.get_by_label("Text").fill("Zeppelins moor at the old gasworks.")
    expect_accessible(console)
    console.get_by_role("button", name="Save").click()
    added = chunks.get_by_role("listitem").filter(has_text="Zeppelins")
    expect(added).to_be_visible()
    added.get_by_role("button", name=re.compile("Edit chunk")).click()
    console.get_by_label("Text").fill("Zeppelins moor at the new gasworks.")
    console.get_by_role("button", name="Save").click()
    expect(added).to_contain_text("new gasworks")
    added.get_by_role("switch").click()
    expect(added.get_by_role("switch")).not_to_be_checked()
    chunks.get_by_role("searchbox").fill("harbour")
    expect(added).to_have_count(0)
    chunks.get_by_role("searchbox").fill("gasworks")
    expect(added).to_have_count(1)
    added.get_by_role("button", name=re.compile("Delete chunk")).click()
    console.get_by_role("alertdialog").get_by_role("button", name="Delete").click()
    expect(chunks.get_by_text("Nothing was found.")).to_be_visible()
    expect_accessible(console)
    console.keyboard.press("Escape")
    console.get_by_role("tab", name="Try a question").click()
    console.get_by_role("textbox", name="Ask something").fill("When does the ferry leave?")
    console.get_by_role("button", name="Find").click()
    expect(console.get_by_role("listitem").filter(has_text="The ferry leaves at nine")).to_be_visible()

    console.get_by_role("tab", name="Documents").click()
    bad.get_by_role("button", name="More for broken.pdf").click()
    console.get_by_role("menuitem", name="Delete").click()
    console.get_by_role("alertdialog").get_by_role("button", name="Delete").click()
    expect(bad).to_have_count(0)

    console.get_by_role("tab", name="Settings").click()
    console.get_by_label("Name").fill("Papers of the harbour")
    console.get_by_role("radio", name="Chosen members").click()
    console.get_by_role("checkbox").first.click()
    expect_accessible(console)
    console.get_by_role("button", name="Save").click()
    expect(console.get_by_text("Saved", exact=True)).to_be_visible()
    console.reload()
    expect(console.get_by_role("tablist", name="Papers of the harbour")).to_be_visible()
    console.get_by_role("tab", name="Settings").click()
    expect(console.get_by_role("checkbox").first).to_be_checked()
    console.get_by_role("button", name="Delete knowledge base").click()
    console.get_by_role("alertdialog").get_by_role("button", name="Delete").click()
    console.wait_for_url(re.compile(r"/datasets$"))
    expect(console.get_by_text("Papers of the harbour")).to_have_count(0)


def test_many_documents_are_changed_at_once(site: Site, console: Page) -> None:
    new_base(site, console, "Many papers")
    files = [
        {"name": f"{name}.md", "mimeType": "text/markdown", "buffer": f"About {name}.".encode()}
        for name in ("tides", "winds", "stars")
    ]
    console.locator("input[type=file]").set_input_files(files)  # type: ignore[arg-type]
    rows = console.get_by_role("table", name="Documents").get_by_role("row")
    expect(rows.filter(has_text="Available")).to_have_count(3)

    rows.filter(has_text="tides.md").get_by_role("button", name="More for tides.md").click()
    console.get_by_role("menuitem", name="Rename").click()
    console.get_by_role("dialog").get_by_label("Name").fill("currents.md")
    expect_accessible(console)
    console.get_by_role("dialog").get_by_role("button", name="Rename").click()
    expect(rows.filter(has_text="currents.md")).to_be_visible()
    console.get_by_role("combobox", name="Order").click()
    console.get_by_role("option", name="Name, A to Z").click()
    expect(rows.nth(1)).to_contain_text("currents.md")

    bar = console.get_by_role("toolbar", name="Picked documents")
    console.get_by_role("checkbox", name="Pick currents.md").click()
    console.get_by_role("checkbox", name="Pick winds.md").click()
    expect(bar.get_by_text("2 picked")).to_be_visible()
    expect_accessible(console)
    bar.get_by_role("button", name="More").click()
    with console.expect_download() as download:
        console.get_by_role("menuitem", name="Download").click()
    assert download.value.suggested_filename == "documents.zip"
    bar.get_by_role("button", name="Switch off").click()
    expect(rows.filter(has_text="Switched off")).to_have_count(2)
    console.get_by_role("checkbox", name="Pick winds.md").click()
    bar.get_by_role("button", name="More").click()
    console.get_by_role("menuitem", name="Archive", exact=True).click()
    expect(rows.filter(has_text="winds.md").get_by_text("Archived")).to_be_visible()
    console.get_by_role("combobox", name="State").click()
    console.get_by_role("option", name="Archived").click()
    expect(rows).to_have_count(2)
    console.get_by_role("checkbox", name="Pick all on this page").click()
    bar.get_by_role("button", name="Delete").click()
    console.get_by_role("alertdialog").get_by_role("button", name="Delete").click()
    expect(console.get_by_text("No document fits.")).to_be_visible()


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


def test_a_base_is_made_of_files_with_a_preview(site: Site, console: Page, witness: Witness) -> None:
    witness.expect(r"\b415\b.*/files/upload")
    console.goto(f"{site.url}/datasets/create")
    files = [
        {"name": "rules.md", "mimeType": "text/markdown", "buffer": (RULES * 8).encode()},
        {"name": "picture.png", "mimeType": "image/png", "buffer": b"not a text"},
    ]
    console.locator("input[type=file]").set_input_files(files)  # type: ignore[arg-type]
    expect(console.get_by_text("This type of file is not accepted.")).to_be_visible()
    onward = console.get_by_role("button", name="Next: how to cut")
    expect(onward).to_be_disabled()
    expect_accessible(console)
    console.get_by_role("button", name="Remove picture.png").click()
    onward.click()
    console.wait_for_url("**step=cut**")

    preview = console.get_by_role("region", name="Preview")
    expect(preview.get_by_text("No swimming in the harbour.").first).to_be_visible()
    console.get_by_role("textbox", name="Longest").fill("20")
    console.get_by_role("textbox", name="Longest").press("Enter")
    expect(console.get_by_text("A chunk must be able to have at least 50.")).to_be_visible()
    console.get_by_role("textbox", name="Longest").fill("60")
    console.get_by_role("textbox", name="Overlap").fill("0")
    console.get_by_role("textbox", name="Overlap").press("Enter")
    expect(preview.get_by_text(re.compile(r"^([2-9]|\d\d) chunks$"))).to_be_visible()
    console.get_by_role("radio", name="Economy").click()
    expect_accessible(console)
    console.get_by_role("button", name="Take in").click()

    console.wait_for_url("**/progress/*")
    expect(console.get_by_role("listitem").filter(has_text="rules.md").get_by_text("Done")).to_be_visible()
    expect(console.get_by_text("1 of 1 done.")).to_be_visible()
    expect_accessible(console)
    console.get_by_role("link", name="Open the knowledge base").click()
    expect(console.get_by_role("row").filter(has_text="rules.md").get_by_text("Available")).to_be_visible()

    console.get_by_role("button", name="Add documents").click()
    console.get_by_role("radio", name="Text").click()
    console.get_by_label("Name of the document").fill("Tides")
    console.get_by_role("textbox", name="Text", exact=True).fill("High water is at six.")
    console.get_by_role("button", name="Keep this text").click()
    expect(console.get_by_text("To be taken in: Tides.md")).to_be_visible()
    onward.click()
    expect(preview.get_by_text("High water is at six.")).to_be_visible()
    expect(console.get_by_role("radio", name="Economy")).to_have_count(0)
    console.get_by_role("button", name="Take in").click()
    expect(console.get_by_role("listitem").filter(has_text="Tides.md").get_by_text("Done")).to_be_visible()


def test_data_sources_say_why_they_cannot_be_connected(site: Site, console: Page, witness: Witness) -> None:
    witness.expect(r"\b400\b.*/(oauth/data-source/notion|external-knowledge-api)")
    console.goto(f"{site.url}/settings/data-sources")
    console.get_by_role("button", name="Connect one").click()
    expect(console.get_by_text("Notion is not set up")).to_be_visible()
    console.get_by_role("button", name="Add an API").click()
    dialog = console.get_by_role("dialog")
    dialog.get_by_label("Name").fill("Archive")
    dialog.get_by_label("Endpoint").fill("not an address")
    dialog.get_by_label("API key").fill("secret")
    dialog.get_by_role("button", name="Test and save").click()
    expect(dialog.locator("#api-endpoint-error")).to_be_visible()
    console.keyboard.press("Escape")
    expect_accessible(console)
