"""Features of flows on their canvas: opening, files, moderation, replies; undone, saved, published with the draft."""

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.accessibility import expect_accessible
from tests.e2e.canvas import Canvas
from tests.e2e.site import Site
from tests.e2e.test_canvas import SMALL
from tests.e2e.witness import Witness
from tests.server.app_files import answer, chatflow, start, text_input

TALK = chatflow(start(text_input("town", label="Town"), to="answer"), answer("{{#sys.query#}}"), name="Harbour talk")


def features_panel(page: Page, canvas: Canvas) -> Locator:
    canvas.command("Features").click()
    return page.get_by_role("complementary", name="Features")


def saved(site: Site, canvas: Canvas, name: str, wanted: Any) -> None:
    """Waits until the draft has this feature; members that nobody asked about may be there too."""

    def holds() -> bool:
        found = canvas.draft()["features"].get(name)
        return wanted.items() <= found.items() if isinstance(wanted, dict) else found == wanted

    site.until(holds, f"{name} is {wanted}")


def test_a_chatflow_is_given_its_features(site: Site, console: Page) -> None:
    canvas = Canvas(site, console).import_file(TALK).open()
    panel = features_panel(console, canvas)
    opening = panel.get_by_role("textbox", name="Opening message").and_(panel.locator("[contenteditable=true]"))
    opening.click()
    console.keyboard.type("Ahoy from {")
    console.get_by_role("option", name="town").click()
    expect(opening.locator(".cm-token[data-state=ok]")).to_have_text("town")
    panel.get_by_role("button", name="Add a question to begin with").click()
    panel.get_by_role("textbox", name="Question 1").fill("Where is the pier?")
    panel.get_by_role("switch", name="Suggest questions after each answer").click()
    panel.get_by_role("switch", name="Show sources").click()
    panel.get_by_role("switch", name="Pictures").click()
    panel.get_by_role("switch", name="Documents").click()
    panel.get_by_role("switch", name="Moderation").click()
    panel.get_by_role("combobox", name="Checked by").click()
    console.get_by_role("option", name="Keywords").click()
    panel.get_by_role("textbox", name="Keywords").fill("mutiny")
    panel.get_by_role("switch", name="Check what people write").click()
    panel.get_by_role("textbox", name="Reply in its place").fill("Not on this ship.")
    expect_accessible(console)
    saved(site, canvas, "opening_statement", "Ahoy from {{town}}")
    saved(site, canvas, "suggested_questions", ["Where is the pier?"])
    saved(site, canvas, "suggested_questions_after_answer", {"enabled": True})
    saved(site, canvas, "retriever_resource", {"enabled": False})
    saved(site, canvas, "file_upload", {"enabled": True, "allowed_file_types": ["image", "document"]})
    moderation = canvas.draft()["features"]["sensitive_word_avoidance"]
    assert (moderation["type"], moderation["config"]["keywords"]) == ("keywords", "mutiny")

    files = panel.get_by_role("switch", name="Other files")
    files.click()
    expect(panel.get_by_text("Name at least one extension.")).to_be_visible()
    # Quick changes of one feature are one step; another one between makes them two.
    panel.get_by_role("switch", name="Show sources").click()
    panel.get_by_role("textbox", name="Extensions").fill("epub")
    panel.get_by_role("textbox", name="Extensions").press("Enter")
    saved(site, canvas, "file_upload", {"allowed_file_types": ["custom"], "allowed_file_extensions": [".epub"]})
    for _ in range(3):
        canvas.command("Undo").click()
    expect(files).not_to_be_checked()
    expect(panel.get_by_role("switch", name="Pictures")).to_be_checked()
    canvas.command("Redo").click()
    expect(files).to_be_checked()

    panel.get_by_role("switch", name="Off", exact=True).click()
    dialog = console.get_by_role("dialog", name="Annotation reply")
    dialog.get_by_role("button", name="Switch on").click()
    expect(panel.get_by_role("switch", name="On", exact=True)).to_be_checked()

    canvas.command("Undo").click()
    canvas.until_saved()
    canvas.command("Publish").click()
    console.get_by_role("dialog", name="Publish").get_by_role("button", name="Publish", exact=True).click()
    site.until(lambda: canvas.call("GET", f"/apps/{canvas.app_id}/workflows/publish") is not None, "it is published")
    live = canvas.call("GET", f"/apps/{canvas.app_id}/workflows/publish")["features"]
    assert live["opening_statement"] == "Ahoy from {{town}}"


def test_a_workflow_takes_pictures_and_names_file_variables_for_the_rest(site: Site, console: Page) -> None:
    canvas = Canvas(site, console).import_file(SMALL).open()
    panel = features_panel(console, canvas)
    expect(panel.get_by_role("switch")).to_have_count(1)
    panel.get_by_role("switch", name="Pictures").click()
    panel.get_by_role("button", name="Upload settings").click()
    panel.get_by_role("checkbox", name="By link").click()
    saved(site, canvas, "file_upload", {"allowed_file_types": ["image"], "allowed_file_upload_methods": ["local_file"]})
    expect(panel).to_contain_text("add a file variable to the start node")


@pytest.mark.parametrize("decision", ["Keep both", "Take theirs"])
def test_features_changed_in_two_places_are_put_together_or_decided(
    site: Site, console: Page, witness: Witness, decision: str
) -> None:
    witness.expect("400")
    canvas = Canvas(site, console).import_file(TALK).open()
    panel = features_panel(console, canvas)
    expect(panel.get_by_role("switch", name="Show sources")).to_be_checked()
    draft = canvas.draft()
    theirs = {**draft["features"], "opening_statement": "Theirs"}
    if decision == "Take theirs":
        theirs["retriever_resource"] = {"enabled": True, "note": "theirs"}
    canvas.call(
        "POST",
        f"/apps/{canvas.app_id}/workflows/draft",
        {"graph": draft["graph"], "hash": draft["hash"], "features": theirs},
    )
    panel.get_by_role("switch", name="Show sources").click()
    dialog = console.get_by_role("dialog", name="This draft was changed elsewhere too")
    dialog.get_by_role("button", name=decision).click()
    expect(dialog).to_be_hidden()
    canvas.until_saved()
    saved(site, canvas, "opening_statement", "Theirs")
    kept = canvas.draft()["features"]["retriever_resource"]["enabled"]
    assert kept is (decision == "Take theirs")


def test_a_card_tells_what_its_node_is_for(site: Site, console: Page) -> None:
    canvas = Canvas(site, console).import_file(TALK).open()
    canvas.card("answer").click(button="right")
    console.get_by_role("menuitem", name="Help").click()
    told = console.get_by_role("dialog", name="Answer: help")
    expect(told).to_contain_text("answer")
    expect_accessible(console)
    console.keyboard.press("Escape")
    canvas.card("answer").click(button="right")
    console.get_by_role("menuitem", name="About this node").click()
    about = console.get_by_role("dialog", name="About Answer")
    expect(about.get_by_role("definition")).to_have_text(["Treadle", "answer", "answer"])
    expect_accessible(console)


def test_a_problem_of_the_whole_app_leads_to_where_it_is_mended(site: Site, console: Page) -> None:
    canvas = Canvas(site, console).import_file(chatflow(start(to=[]), name="Silent")).open()
    canvas.command("Checklist").click()
    console.get_by_role("complementary", name="Checklist").get_by_role("button", name="Answer").first.click()
    canvas.add("Answer")
    expect(canvas.card("Answer")).to_be_visible()
