"""The annotations of an app: written, read from a file, switched on, answered with, changed and deleted."""

from playwright.sync_api import Page, expect

from tests.e2e.accessibility import expect_accessible
from tests.e2e.site import Site
from tests.e2e.test_logs import call, published
from tests.server.sample_apps import CHAT

TABLE = "question,answer\nWhere is the harbour?,At the end of the street.\n,Nothing\n"


def test_annotations_are_written_imported_answered_with_and_deleted(site: Site, console: Page) -> None:
    app, key = published(site, CHAT, "name: Annotated chat")
    console.goto(f"{site.url}/app/{app}/annotations")
    expect(console.get_by_role("heading", name="No annotations yet")).to_be_visible()
    expect_accessible(console)
    console.get_by_role("button", name="Add annotation").click()
    dialog = console.get_by_role("dialog", name="Add an annotation")
    dialog.get_by_label("Question").fill("When are you open?")
    dialog.get_by_label("Answer").fill("From 9 to 17.")
    dialog.get_by_role("button", name="Save").click()
    table = console.get_by_role("table", name="Annotations")
    expect(table.get_by_role("row")).to_have_count(2)

    console.get_by_role("button", name="More", exact=True).click()
    console.get_by_role("menuitem", name="Import a file").click()
    dialog = console.get_by_role("dialog", name="Import annotations")
    payload = {"name": "a.csv", "mimeType": "text/csv", "buffer": TABLE.encode()}
    dialog.get_by_label("CSV file").set_input_files(payload)  # type: ignore[arg-type]
    dialog.get_by_role("button", name="Import").click()
    expect(dialog).to_contain_text("1 annotation is kept.")
    expect(dialog).to_contain_text("Line 3")
    dialog.get_by_role("button", name="Close").last.click()
    expect(table.get_by_role("row")).to_have_count(3)

    console.get_by_role("switch", name="Off").click()
    dialog = console.get_by_role("dialog", name="Annotation reply")
    expect_accessible(console)
    dialog.get_by_role("button", name="Switch on").click()
    expect(console.get_by_role("switch", name="On")).to_be_checked()
    answer = call(console, site, key, "/chat-messages", {"query": "when are you  OPEN?", "inputs": {}, "user": "mira"})
    assert answer["answer"] == "From 9 to 17."

    console.get_by_role("searchbox", name="Search questions and answers").fill("open")
    expect(table.get_by_role("row")).to_have_count(2)
    table.get_by_role("row").filter(has_text="When are you open?").click()
    drawer = console.get_by_role("dialog", name="Annotation", exact=True)
    expect(drawer).to_contain_text("Hits (1)")
    expect(drawer).to_contain_text("when are you  OPEN?")
    drawer.get_by_label("Answer").fill("From 8 to 17.")
    drawer.get_by_role("button", name="Save").click()
    expect(console.get_by_text("The annotation is saved.").first).to_be_visible()
    expect_accessible(console)
    console.keyboard.press("Escape")
    expect(table).to_contain_text("From 8 to 17.")
    console.get_by_role("searchbox", name="Search questions and answers").fill("")
    console.get_by_role("checkbox", name="Choose Where is the harbour?").check()
    console.get_by_role("button", name="Delete the chosen ones").click()
    console.get_by_role("alertdialog").get_by_role("button", name="Delete").click()
    expect(table.get_by_role("row")).to_have_count(2)
    console.set_viewport_size({"width": 390, "height": 844})
    assert console.evaluate("document.documentElement.scrollWidth <= innerWidth")
