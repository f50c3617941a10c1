"""A knowledge base made, filled, searched and emptied in the browser."""

import re
from uuid import uuid4

from playwright.sync_api import Page, expect
from sqlalchemy import update

from tests.doubles.external_knowledge import ExternalKnowledge
from tests.doubles.script import conversation_text
from tests.doubles.site import Site as WebSite
from tests.e2e.accessibility import expect_accessible
from tests.e2e.site import NAME, Site
from tests.e2e.witness import Witness
from treadle.knowledge.ingest.unused import Unused
from treadle.knowledge.tables import Document, KnowledgeBase
from treadle.platform.clock import SECOND, now_us
from treadle.server.services import Services

RULES = "# Harbour rules\n\nNo swimming in the harbour.\n\nThe ferry leaves at nine from the north pier.\n"


def file(name: str, text: str, kind: str = "text/markdown") -> dict[str, object]:
    """A file as a browser picks it."""
    return {"name": name, "mimeType": kind, "buffer": text.encode()}


def new_base(site: Site, console: Page, name: str, files: list[dict[str, object]]) -> None:
    """An empty base that is then filled with files, finds by keywords, and is opened."""
    console.goto(f"{site.url}/datasets/create?source=empty")
    console.get_by_label("Name").fill(name)
    console.get_by_role("button", name="Create knowledge base").click()
    console.wait_for_url(re.compile(r"/datasets/[0-9a-f-]{36}$"))
    expect(console.get_by_text("No documents yet.")).to_be_visible()
    console.get_by_role("button", name="Add documents").last.click()
    console.locator("input[type=file]").set_input_files(files)  # type: ignore[arg-type]
    console.get_by_role("button", name="Next: how to cut").click()
    console.get_by_role("radio", name="Economy").click()
    take_in(console)


def take_in(console: Page) -> None:
    """The documents of the wizard; the base is opened while they are taken in."""
    expect(console.get_by_role("region", name="Preview").get_by_role("listitem").first).to_be_visible()
    expect(console.get_by_role("region", name="Preview").locator(".animate-spin")).to_have_count(0)
    console.get_by_role("button", name="Take in").click()
    console.get_by_role("link", name="Open the knowledge base").click()


def test_documents_are_taken_in_found_and_removed(site: Site, console: Page) -> None:
    broken = file("broken.pdf", "%PDF-1.7 nothing behind it", "application/pdf")
    new_base(site, console, "Harbour papers", [file("rules.md", RULES), broken])
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
    chunks.get_by_role("button", name="Import chunks").click()
    with console.expect_download() as template:
        console.get_by_role("button", name="Download a template").click()
    assert template.value.suggested_filename == "chunks.csv"
    table = file("tides.csv", "segment content\nHigh water is at six.\nLow water is at noon.\n", "text/csv")
    console.get_by_label("CSV file").set_input_files([table])  # type: ignore[list-item]
    console.get_by_role("button", name="Import", exact=True).click()
    expect(console.get_by_text("2 chunks were added.")).to_be_visible()
    expect_accessible(console)
    console.get_by_role("button", name="Close").last.click()
    chunks.get_by_role("searchbox").fill("water")
    expect(chunks.get_by_role("listitem").filter(has_text="water is at")).to_have_count(2)
    console.keyboard.press("Escape")
    console.get_by_role("tab", name="Try a question").click()
    console.get_by_role("textbox", name="Ask something").fill("When does the ferry leave?")
    console.get_by_role("button", name="Find").click()
    found = console.get_by_role("listitem").filter(has_text="The ferry leaves at nine")
    expect(found).to_be_visible()
    console.get_by_role("textbox", name="Ask something").fill("")
    console.get_by_role("list", name="Asked before").get_by_role("button", name="When does the ferry leave?").click()
    expect(console.get_by_role("textbox", name="Ask something")).to_have_value("When does the ferry leave?")
    found.get_by_role("button", name="Show the whole passage").click()
    expect(console.get_by_role("dialog", name="rules.md").get_by_text("The ferry leaves at nine")).to_be_visible()
    expect_accessible(console)
    console.keyboard.press("Escape")

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
    names = ("tides", "winds", "stars")
    new_base(site, console, "Many papers", [file(f"{name}.md", f"About {name}.") for name in names])
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
    describe(console)
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
    assert "status=archived" in console.url
    console.reload()
    expect(rows).to_have_count(2)
    console.get_by_role("checkbox", name="Pick all on this page").click()
    bar.get_by_role("button", name="Delete").click()
    console.get_by_role("alertdialog").get_by_role("button", name="Delete").click()
    expect(console.get_by_text("No document fits.")).to_be_visible()


def test_what_nobody_used_is_used_again_by_one_click(site: Site, console: Page) -> None:
    new_base(site, console, "Forgotten papers", [file("tides.md", "About tides."), file("winds.md", "About winds.")])
    rows = console.get_by_role("table", name="Documents").get_by_role("row")
    expect(rows.filter(has_text="Available")).to_have_count(2)
    base_id = console.url.partition("/datasets/")[2][:36]

    async def nobody_used_it(services: Services) -> int:
        long_ago = now_us() - 31 * 24 * 60 * 60 * SECOND
        async with services.db.transaction() as session:
            for table, mine in ((KnowledgeBase, KnowledgeBase.id), (Document, Document.base_id)):
                await session.execute(
                    update(table).where(mine == base_id).values(created_at=long_ago, updated_at=long_ago)
                )
        return await Unused(services.db).switch_off(30)

    assert site.with_services(nobody_used_it) == 2
    console.reload()
    notice = console.get_by_role("status").filter(has_text="2 documents")
    expect(notice).to_be_visible()
    expect_accessible(console)
    notice.get_by_role("button", name="Switch them on again").click()
    expect(rows.filter(has_text="Available")).to_have_count(2)
    expect(notice).to_have_count(0)


def describe(console: Page) -> None:
    """Gives the two picked documents a value of a new field, and one of them another."""
    console.get_by_role("button", name="Metadata fields").click()
    fields = console.get_by_role("dialog", name="Metadata fields")
    fields.get_by_label("New field").fill("author")
    fields.get_by_role("button", name="Add field").click()
    expect(fields.get_by_role("listitem").filter(has_text="author")).to_contain_text("in 0 documents")
    fields.get_by_role("switch", name="Built-in fields").click()
    expect(fields.get_by_role("switch", name="Built-in fields")).to_be_checked()
    expect_accessible(console)
    console.keyboard.press("Escape")
    bar = console.get_by_role("toolbar", name="Picked documents")
    bar.get_by_role("button", name="Metadata").click()
    console.get_by_role("dialog", name="Metadata of 2 documents").get_by_label("author").fill("Ada")
    expect_accessible(console)
    console.get_by_role("button", name="Save").click()
    expect(console.get_by_role("dialog")).to_have_count(0)
    console.get_by_role("button", name="More for winds.md").click()
    console.get_by_role("menuitem", name="Metadata").click()
    one = console.get_by_role("dialog", name="Metadata of winds.md")
    expect(one.get_by_label("author")).to_have_value("Ada")
    expect(one.get_by_text("file_upload")).to_be_visible()
    one.get_by_label("author").fill("Grace")
    one.get_by_role("button", name="Save").click()
    expect(console.get_by_role("dialog")).to_have_count(0)
    bar.get_by_role("button", name="Metadata").click()
    many = console.get_by_role("dialog", name="Metadata of 2 documents")
    expect(many.get_by_placeholder("Several values")).to_be_visible()
    console.keyboard.press("Escape")


def test_ways_of_searching_are_compared(site: Site, console: Page) -> None:
    new_base(site, console, "Measured papers", [file("rules.md", RULES)])
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
    name = f"Rules {uuid4().hex[:6]}"
    console.goto(f"{site.url}/datasets/create")
    files = [file("rules.md", RULES * 8), file("picture.png", "not a text", "image/png")]
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
    console.get_by_label("Name of the knowledge base").fill(name)
    console.get_by_role("radio", name="All members").click()
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
    expect(console.get_by_role("textbox", name="Longest")).to_have_value("60")
    console.get_by_role("button", name="Take in").click()
    expect(console.get_by_role("listitem").filter(has_text="Tides.md").get_by_text("Done")).to_be_visible()
    in_the_list(site, console, name)


def in_the_list(site: Site, console: Page, name: str) -> None:
    """The card of a base says what it is; its tags narrow the list; it opens to programs, or not."""
    console.goto(f"{site.url}/datasets")
    card = console.get_by_role("article").filter(has_text=name)
    expect(card).to_contain_text(f"Created by {NAME}")
    expect(card).to_contain_text("2 documents")
    card.hover()
    card.get_by_role("button", name=f"Tags of {name}").click()
    console.get_by_placeholder("Search or create a tag").fill("law")
    console.get_by_role("option", name="Create law").or_(console.get_by_text("law", exact=False).last).last.click()
    console.keyboard.press("Escape")
    expect(card.get_by_role("button", name=f"Tags of {name}")).to_contain_text("law")
    console.get_by_role("button", name="Tags", exact=True).click()
    console.get_by_role("option", name="law").click()
    console.keyboard.press("Escape")
    expect(console.get_by_role("article")).to_have_count(1)
    expect_accessible(console)
    console.get_by_role("link", name=name).click()

    console.get_by_role("tab", name="API access").click()
    console.get_by_role("button", name="New key for this knowledge base").click()
    made = console.get_by_role("dialog", name="The new key")
    expect(made.get_by_text("dataset-")).to_be_visible()
    console.keyboard.press("Escape")
    console.get_by_role("switch", name="Programs may use this knowledge base").click()
    expect(console.get_by_role("switch", name="Programs may use this knowledge base")).not_to_be_checked()
    expect_accessible(console)
    console.get_by_role("link", name="All keys").click()
    keys = console.get_by_role("list", name="API keys").get_by_role("listitem").filter(has_text=name)
    keys.get_by_role("button", name=re.compile("Delete the key")).click()
    console.get_by_role("alertdialog").get_by_role("button", name="Delete").click()
    expect(keys).to_have_count(0)
    expect_accessible(console)


def test_parents_are_found_by_their_children(site: Site, console: Page) -> None:
    """A web site of parent and child chunks in an index by meaning."""
    site.add_embedding_model()
    with WebSite().in_thread() as pages:
        console.goto(f"{site.url}/datasets/create?source=website")
        console.get_by_label("Address").fill(pages.url)
        console.get_by_role("button", name="Find pages").click()
        console.get_by_role("checkbox", name="0 of 5 picked").click()
        console.get_by_role("button", name="Next: how to cut").click()
        console.get_by_role("radio", name="Parent and child").click()
        expect(console.get_by_role("region", name="Preview").get_by_text("We rent small boats").first).to_be_visible()
        expect(console.get_by_role("radio", name="Economy")).to_be_disabled()
        console.get_by_label("Name of the knowledge base").fill("Harbour boats")
        expect_accessible(console)
        take_in(console)
    rows = console.get_by_role("table", name="Documents").get_by_role("row")
    expect(rows.filter(has_text="Available")).to_have_count(5)
    rows.filter(has_text="/knots").get_by_role("button").first.click()
    chunks = console.get_by_role("dialog")
    chunk = chunks.get_by_role("listitem").filter(has_text="bowline").first
    chunk.locator("summary").click()
    parts = chunk.get_by_role("list", name=re.compile("Parts of chunk"))
    before = parts.get_by_role("listitem").count()
    chunk.get_by_role("button", name="Add part").click()
    console.get_by_label("Text").fill("A sheet bend joins two ropes.")
    console.get_by_role("button", name="Save").click()
    expect(parts.get_by_role("listitem")).to_have_count(before + 1)
    mine = parts.get_by_role("listitem").filter(has_text="sheet bend")
    expect(mine).to_contain_text("edited")
    mine.get_by_role("button", name=re.compile("Edit part")).click()
    console.get_by_label("Text").fill("A sheet bend joins two ropes of different size.")
    console.get_by_role("button", name="Save").click()
    expect(mine).to_contain_text("different size")
    expect_accessible(console)

    chunk.get_by_role("button", name=re.compile("Edit chunk")).click()
    console.get_by_label("Text").fill("Three knots: the bowline, the cleat hitch and the sheet bend.")
    expect(console.get_by_role("radio", name="Keep them")).to_have_attribute("aria-checked", "true")
    expect_accessible(console)
    console.get_by_role("button", name="Save").click()
    expect(chunk).to_contain_text("Three knots: the bowline")
    expect(parts.get_by_role("listitem")).to_have_count(before + 1)
    chunk.get_by_role("button", name=re.compile("Edit chunk")).click()
    console.get_by_label("Text").fill("A bowline makes a loop.")
    console.get_by_role("radio", name="Cut them again").click()
    console.get_by_role("button", name="Save").click()
    expect(mine).to_have_count(0)
    expect(parts.get_by_role("listitem")).to_have_text(["A bowline makes a loop."])
    console.keyboard.press("Escape")

    console.get_by_role("tab", name="Try a question").click()
    console.get_by_role("textbox", name="Ask something").fill("What does a rowing boat cost a day?")
    console.get_by_role("button", name="Find").click()
    first = console.get_by_role("main").locator("ol").first.get_by_role("listitem").first
    expect(first.locator("mark")).to_contain_text("boat costs")
    expect(first).to_contain_text("score")
    expect_accessible(console)


def test_pairs_come_from_a_model_and_passages_from_elsewhere(site: Site, console: Page) -> None:
    site.add_embedding_model()
    site.model.reply_when(
        lambda request: "study cards" in conversation_text(request),
        "Q1: When does the ferry leave?\nA1: It leaves at nine from the north pier.",
    )
    console.goto(f"{site.url}/datasets/create?source=text")
    console.get_by_label("Name of the document").fill("Ferry")
    console.get_by_role("textbox", name="Text", exact=True).fill("The ferry leaves at nine from the north pier.")
    console.get_by_role("button", name="Keep this text").click()
    console.get_by_role("button", name="Next: how to cut").click()
    console.get_by_role("radio", name="Question and answer").click()
    console.get_by_role("button", name="Show a sample").click()
    expect(console.get_by_role("region", name="Preview").get_by_text("It leaves at nine")).to_be_visible()
    console.get_by_label("Name of the knowledge base").fill("Ferry questions")
    expect_accessible(console)
    take_in(console)
    expect(console.get_by_role("row").filter(has_text="Ferry.md").get_by_text("Available")).to_be_visible()
    console.get_by_role("button", name="Ferry.md", exact=True).click()
    expect(console.get_by_role("dialog").get_by_role("listitem")).to_contain_text("It leaves at nine from")
    console.keyboard.press("Escape")

    with ExternalKnowledge().in_thread() as elsewhere:
        console.goto(f"{site.url}/settings/data-sources")
        console.get_by_role("button", name="Add an API").click()
        dialog = console.get_by_role("dialog")
        dialog.get_by_label("Name").fill("Port archive")
        dialog.get_by_label("Endpoint").fill(elsewhere.url)
        dialog.get_by_label("API key").fill(elsewhere.key)
        dialog.get_by_role("button", name="Test and save").click()
        expect(dialog).to_have_count(0)
        console.goto(f"{site.url}/datasets/create?source=external")
        console.get_by_label("Name").fill("Port documents")
        console.get_by_role("combobox", name="External knowledge API").click()
        console.get_by_role("option", name=re.compile("Port archive")).click()
        console.get_by_label("Knowledge ID").fill("port-docs")
        console.get_by_role("button", name="Create knowledge base").click()
        console.get_by_role("textbox", name="Ask something").fill("When does the ferry leave?")
        console.get_by_role("button", name="Find").click()
        found = console.get_by_role("listitem").filter(has_text="The ferry leaves at nine.")
        expect(found).to_contain_text("ferry.md")
        expect_accessible(console)
        console.get_by_role("tab", name="Settings").click()
        expect(console.get_by_label("Knowledge ID")).to_have_value("port-docs")


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
