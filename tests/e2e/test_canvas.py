"""The canvas of workflows: built by keyboard alone, undone, copied, compared, shared by two tabs."""

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.e2e.accessibility import expect_accessible
from tests.e2e.canvas import Canvas
from tests.e2e.conftest import Visitors
from tests.e2e.site import Site
from tests.e2e.witness import Witness
from tests.server.app_files import answer, chatflow, end, start, template, text_input, workflow

SMALL = workflow(
    start(text_input("word", label="Word"), to="shout"),
    template("shout", "{{ word }}!", word="start.word", to="end"),
    end(text="shout.output"),
    name="Shout",
)

EMPTY = workflow(start(text_input("word", label="Word"), to="none"), name="Nearly nothing")


def edges_of(canvas: Canvas) -> set[tuple[str, str]]:
    graph = canvas.draft()["graph"]
    title = {node["id"]: node["data"]["title"] for node in graph["nodes"]}
    return {(title[edge["source"]], title[edge["target"]]) for edge in graph["edges"] if edge["target"] in title}


def test_three_nodes_are_built_and_connected_by_the_keyboard_alone(site: Site, console: Page) -> None:
    canvas = Canvas(site, console).import_file(EMPTY).open()
    console.keyboard.press("/")
    canvas.add("template")
    expect(canvas.card("Template")).to_be_focused()
    console.keyboard.press("+")
    canvas.add("end")
    expect(canvas.card("End")).to_be_focused()
    canvas.card("Start").focus()
    console.keyboard.press("e")
    choose = console.get_by_role("combobox", name="Connect “Start” to…")
    choose.fill("Template")
    choose.press("Enter")
    canvas.until_saved()
    assert edges_of(canvas) == {("Start", "Template"), ("Template", "End")}

    before = next(node for node in canvas.draft()["graph"]["nodes"] if node["data"]["title"] == "End")["position"]
    canvas.card("End").focus()
    console.keyboard.press("Enter")
    expect(console.get_by_role("complementary", name="Settings of End")).to_be_visible()
    canvas.card("End").focus()
    for _ in range(3):
        console.keyboard.press("ArrowRight")
    expect(console.locator("[data-save=changed]")).to_be_visible()
    canvas.until_saved()
    after = next(node for node in canvas.draft()["graph"]["nodes"] if node["data"]["title"] == "End")["position"]
    assert after["x"] > before["x"]


def test_what_must_not_be_connected_is_refused_with_a_reason(site: Site, console: Page) -> None:
    canvas = Canvas(site, console).import_file(SMALL).open()
    canvas.settle()
    out = canvas.card("shout").locator(".react-flow__handle.source")
    out.drag_to(canvas.card("Start"), steps=8)
    expect(console.get_by_role("status").filter(has_text="Nothing can lead to a start node.")).to_be_visible()
    canvas.card("Start").locator(".react-flow__handle.source").drag_to(canvas.card("shout"), steps=8)
    expect(console.get_by_role("status").filter(has_text="connected already")).to_be_visible()
    assert edges_of(canvas) == {("Start", "shout"), ("shout", "end")}


def test_a_node_is_inserted_into_an_edge_and_its_followers_make_room(site: Site, console: Page) -> None:
    canvas = Canvas(site, console).import_file(SMALL).open()
    canvas.settle()
    canvas.card("Start").hover()
    console.locator(".workflow-edge-hit").first.hover(force=True)
    canvas.command("Insert node here").click()
    canvas.add("code")
    canvas.until_saved()
    assert edges_of(canvas) == {("Start", "Code"), ("Code", "shout"), ("shout", "end")}


def test_steps_are_undone_redone_and_listed(site: Site, console: Page) -> None:
    canvas = Canvas(site, console).import_file(SMALL).open()
    canvas.card("shout").click()
    console.keyboard.press("ControlOrMeta+d")
    expect(canvas.card("shout 2")).to_be_visible()
    console.keyboard.press("Delete")
    expect(canvas.card("shout 2")).to_have_count(0)
    console.keyboard.press("ControlOrMeta+z")
    expect(canvas.card("shout 2")).to_be_visible()
    console.keyboard.press("ControlOrMeta+z")
    expect(canvas.card("shout 2")).to_have_count(0)
    console.keyboard.press("ControlOrMeta+Shift+z")
    expect(canvas.card("shout 2")).to_be_visible()
    canvas.command("Change history").click()
    panel = console.get_by_role("complementary", name="Change history")
    expect(panel.get_by_role("button", name=re.compile("Node deleted"))).to_contain_text("1 step forward")
    panel.get_by_role("button", name=re.compile("^Opened")).click()
    expect(canvas.card("shout 2")).to_have_count(0)


def test_nodes_are_copied_to_another_app_and_what_it_cannot_have_is_named(site: Site, console: Page) -> None:
    source = Canvas(site, console).import_file(SMALL).open()
    console.locator(".react-flow__pane").click(position={"x": 600, "y": 600})
    console.keyboard.press("ControlOrMeta+a")
    console.keyboard.press("ControlOrMeta+c")
    target = Canvas(site, console).create("advanced-chat", "Takes nodes").open()
    before = set(target.titles())
    console.locator(".react-flow__pane").click(position={"x": 600, "y": 600})
    console.keyboard.press("ControlOrMeta+v")
    expect(console.get_by_role("status").filter(has_text="cannot have them: end")).to_be_visible()
    expect(target.card("shout")).to_be_visible()
    target.until_saved()
    assert set(target.titles()) - before == {"shout"}
    assert source.app_id != target.app_id


def test_two_tabs_lose_nothing_unasked(site: Site, console: Page, witness: Witness) -> None:
    witness.expect("400")
    mine = Canvas(site, console).import_file(SMALL).open()
    theirs = Canvas(site, console.context.new_page(), mine.app_id).open()
    draft = theirs.draft()
    draft["graph"]["nodes"][-1]["data"]["desc"] = "Changed elsewhere"
    theirs.save_draft(draft)
    console.bring_to_front()
    mine.card("shout").click()
    console.keyboard.press("ControlOrMeta+d")
    dialog = console.get_by_role("dialog", name="This draft was changed elsewhere too")
    expect(dialog).to_contain_text("Changed elsewhere")
    expect(dialog).to_contain_text("shout 2")
    dialog.get_by_role("button", name="Keep both").click()
    mine.until_saved()
    saved = mine.draft()["graph"]["nodes"]
    assert {node["data"]["title"] for node in saved} == {"Start", "shout", "end", "shout 2"}
    assert "Changed elsewhere" in {node["data"]["desc"] for node in saved if "desc" in node["data"]}


def test_a_conflict_over_the_same_node_is_decided_by_the_person(site: Site, console: Page, witness: Witness) -> None:
    witness.expect("400")
    mine = Canvas(site, console).import_file(SMALL).open()
    draft = mine.draft()
    draft["graph"]["nodes"] = [node for node in draft["graph"]["nodes"] if node["data"]["title"] != "shout"]
    mine.card("shout").focus()
    expect(mine.card("shout")).to_have_class(re.compile("selected"))
    mine.save_draft(draft)
    console.keyboard.press("ArrowDown")
    dialog = console.get_by_role("dialog", name="This draft was changed elsewhere too")
    expect(dialog.get_by_role("button", name="Keep both")).to_have_count(0)
    dialog.get_by_role("button", name="Take theirs").click()
    expect(dialog).to_be_hidden()
    expect(mine.card("shout")).to_have_count(0)
    console.keyboard.press("ControlOrMeta+z")
    expect(mine.card("shout")).to_be_visible()
    mine.until_saved()
    assert "shout" in mine.titles()


def test_a_closed_tab_leaves_its_last_change_behind(site: Site, console: Page) -> None:
    canvas = Canvas(site, console).import_file(SMALL).open()
    canvas.card("shout").click()
    console.keyboard.press("ControlOrMeta+d")
    expect(canvas.card("shout 2")).to_be_visible()
    console.goto("about:blank")
    site.until(lambda: "shout 2" in canvas.titles(), "the change is saved")


def test_a_version_is_published_compared_and_restored(site: Site, console: Page) -> None:
    canvas = Canvas(site, console).import_file(SMALL).open()
    console.keyboard.press("ControlOrMeta+Shift+p")
    dialog = console.get_by_role("dialog", name="Publish")
    dialog.get_by_label("Name").fill("First")
    dialog.get_by_role("button", name="Publish", exact=True).click()
    expect(console.get_by_text("Published: First")).to_be_visible()
    canvas.card("shout").click()
    console.keyboard.press("ControlOrMeta+d")
    canvas.until_saved()
    canvas.command("Versions").click()
    panel = console.get_by_role("complementary", name="Versions")
    panel.get_by_role("button", name="Menu of First").click()
    console.get_by_role("menuitem", name="Compare with…").click()
    console.get_by_role("dialog").get_by_role("combobox", name="Compare with…").select_option(label="Current draft")
    expect(panel).to_contain_text("shout 2")
    expect(console.get_by_text("You see the version First")).to_be_visible()
    panel.get_by_role("button", name="Menu of First").click()
    console.get_by_role("menuitem", name="Restore").click()
    console.get_by_role("alertdialog").get_by_role("button", name="Restore").click()
    expect(console.get_by_text("The draft is that version now")).to_be_visible()
    expect(canvas.card("shout 2")).to_have_count(0)
    assert "shout 2" not in canvas.titles()


def test_the_checklist_says_what_is_wrong_and_goes_there(site: Site, console: Page) -> None:
    canvas = Canvas(site, console).import_file(SMALL).open()
    console.keyboard.press("/")
    canvas.add("llm")
    canvas.command("Checklist").click()
    panel = console.get_by_role("complementary", name="Checklist")
    panel.get_by_role("button", name=re.compile("Nothing leads here")).click()
    expect(canvas.card("LLM")).to_have_class(re.compile("selected"))


def test_environment_variables_are_renamed_with_their_readers(site: Site, console: Page) -> None:
    canvas = Canvas(site, console).import_file(SMALL).open()
    canvas.command("Environment variables").click()
    panel = console.get_by_role("complementary", name="Environment variables")
    panel.get_by_role("button", name="Add variable").first.click()
    panel.get_by_label("Name").fill("tone")
    panel.get_by_label("Value").fill("kind")
    panel.get_by_role("button", name="Save").click()
    canvas.until_saved()
    assert [each["name"] for each in canvas.draft()["environment_variables"]] == ["tone"]
    panel.get_by_role("button", name=re.compile("^tone")).click()
    panel.get_by_label("Name").fill("2 words")
    panel.get_by_role("button", name="Save").click()
    expect(panel).to_contain_text("Begin with a letter")
    panel.get_by_label("Name").fill("mood")
    panel.get_by_role("button", name="Save").click()
    expect(panel.get_by_role("button", name=re.compile("^mood"))).to_be_visible()


def test_the_canvas_can_be_read_on_a_phone(site: Site, visitors: Visitors, console: Page) -> None:
    app = Canvas(site, console).import_file(SMALL)
    phone = visitors.arrive_by_phone(storage_state=console.context.storage_state())
    canvas = Canvas(site, phone, app.app_id).open()
    canvas.card("Start").tap()
    panel = phone.get_by_role("complementary", name="Settings of Start")
    expect(panel).to_be_visible()
    box = panel.bounding_box()
    assert box is not None
    assert box["width"] == 390


def test_the_canvas_is_accessible(site: Site, console: Page) -> None:
    canvas = Canvas(site, console).import_file(SMALL).open()
    expect_accessible(console)
    console.keyboard.press("/")
    expect(console.get_by_role("combobox", name="Search nodes")).to_be_focused()
    expect_accessible(console)
    console.keyboard.press("Escape")
    canvas.command("Keyboard shortcuts").click()
    expect_accessible(console)


def test_a_file_of_another_kind_of_app_is_not_taken_over_the_draft(
    site: Site, console: Page, witness: Witness, tmp_path: Path
) -> None:
    witness.expect("400")
    chat = tmp_path / "talk.yml"
    chat.write_text(chatflow(start(to="answer"), answer("Hello"), name="Talk"))
    canvas = Canvas(site, console).import_file(SMALL).open()
    before = canvas.draft()["hash"]
    canvas.command("More about publishing").click()
    console.get_by_role("menuitem", name="Import over draft…").click()
    dialog = console.get_by_role("dialog", name="Import over draft…")
    dialog.get_by_label("App file").set_input_files(chat)
    dialog.get_by_role("button", name="Overwrite and import").click()
    expect(dialog.get_by_role("alert")).to_have_text(
        "The file holds a chatflow and this app is a workflow; create a new app from this file instead."
    )
    assert canvas.draft()["hash"] == before
    dialog.get_by_role("button", name="Cancel").click()
    assert edges_of(canvas) == {("Start", "shout"), ("shout", "end")}
