"""Every key in the canvas's list does what the list says, on a Mac and elsewhere."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.canvas import Canvas
from tests.e2e.conftest import Visitors
from tests.e2e.site import Site
from tests.server.app_files import answer, chatflow, start, template, text_input

MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0"
TALK = chatflow(
    start(text_input("town", label="Town"), to="shout"),
    template("shout", "{{ word }}!", word="sys.query", to="answer"),
    answer("{{#shout.output#}}"),
    name="Keys",
)
SIGNS = {"⌘": "Meta+", "⇧": "Shift+", "⌥": "Alt+", "Ctrl+": "Control+"}
NAMES = {"↵": "Enter", "⌫": "Backspace", "Del": "Delete", "→": "ArrowRight", "←": "ArrowLeft"}
CLIPBOARD = {"Copy", "Cut", "Paste"}
"""Run by the browser's own events, whose keys are those of the machine that it runs on."""


def pressable(shown: str) -> str:
    """The keys of `⌘⇧Z` or `Ctrl+Shift+Z` as the browser driver calls them."""
    held = ""
    for sign, name in SIGNS.items():
        if sign in shown:
            held, shown = held + name, shown.replace(sign, "", 1)
    for name in ("Shift", "Alt"):
        if shown.startswith(f"{name}+"):
            held, shown = f"{held}{name}+", shown.removeprefix(f"{name}+")
    return held + NAMES.get(shown, shown.lower())


class Desk:
    """An open canvas, with what the checks begin with."""

    def __init__(self, site: Site, canvas: Canvas) -> None:
        self.site = site
        self.canvas = canvas
        self.page = canvas.page
        self.keys = canvas.page.keyboard
        self.region = self.page.get_by_role("region", name="Runs of the draft")

    def focus(self, title: str) -> None:
        self.rest()
        self.canvas.card(title).click(modifiers=["Shift"], position={"x": 60, "y": 14})
        expect(self.canvas.card(title)).to_have_class(re.compile("selected"))

    def rest(self) -> None:
        """Nothing is selected and nothing has the focus."""
        self.page.locator(".react-flow__pane").click(position={"x": 760, "y": 90})

    def searches(self, name: str) -> None:
        expect(self.page.get_by_role("combobox", name=name)).to_be_focused()
        self.keys.press("Escape")

    @contextmanager
    def second(self) -> Iterator[Locator]:
        """A second node "shout", selected; gone afterwards."""
        self.focus("shout")
        self.keys.press("ControlOrMeta+d" if "Mac" not in self.page.evaluate("navigator.userAgent") else "Meta+d")
        made = self.canvas.card("shout 2")
        expect(made).to_be_visible()
        yield made
        while made.count() > 0:
            self.canvas.command("Undo").click()

    def zoom(self) -> str:
        return self.page.get_by_role("button", name=re.compile("^Zoom \\d+ %$")).inner_text()

    def zoomed(self, percent: int) -> None:
        expect(self.page.get_by_role("button", name=f"Zoom {percent} %")).to_be_visible()

    def place(self, title: str) -> tuple[float, float]:
        box = self.canvas.card(title).bounding_box()
        assert box is not None
        return box["x"], box["y"]

    def clipboard(self) -> str:
        return self.page.evaluate("navigator.clipboard.readText()")


def add(desk: Desk, keys: str) -> None:
    desk.rest()
    desk.keys.press(keys)
    desk.searches("Search nodes")


def add_after(desk: Desk, keys: str) -> None:
    desk.focus("shout")
    desk.keys.press(keys)
    desk.searches("Search nodes")


def note(desk: Desk, keys: str) -> None:
    desk.rest()
    desk.keys.press(keys)
    desk.page.mouse.move(500, 300)
    expect(desk.page.get_by_text("Click where the node goes")).to_be_visible()
    desk.keys.press("Escape")


def connect(desk: Desk, keys: str) -> None:
    desk.focus("shout")
    desk.keys.press(keys)
    desk.searches("Connect “shout” to…")


def open_settings(desk: Desk, keys: str) -> None:
    desk.focus("shout")
    desk.keys.press(keys)
    panel = desk.page.get_by_role("complementary", name="Settings of shout")
    expect(panel).to_be_visible()
    desk.keys.press("Escape")
    expect(panel).to_be_hidden()


def organise(desk: Desk, keys: str) -> None:
    places = {node["id"]: node["position"] for node in desk.canvas.draft()["graph"]["nodes"]}
    desk.rest()
    desk.keys.press(keys)
    desk.site.until(
        lambda: {node["id"]: node["position"] for node in desk.canvas.draft()["graph"]["nodes"]} != places,
        "the nodes lie elsewhere",
    )


def copy(desk: Desk, keys: str) -> None:
    desk.focus("shout")
    desk.keys.press(keys)
    desk.site.until(lambda: '"shout"' in desk.clipboard(), "the node is in the clipboard")


def cut(desk: Desk, keys: str) -> None:
    with desk.second() as made:
        desk.keys.press(keys)
        expect(made).to_have_count(0)
        desk.site.until(lambda: '"shout 2"' in desk.clipboard(), "the node is in the clipboard")
        desk.canvas.command("Undo").click()
        expect(made).to_be_visible()


def paste(desk: Desk, keys: str) -> None:
    copy(desk, "ControlOrMeta+c")
    desk.keys.press(keys)
    expect(desk.canvas.card("shout 2")).to_be_visible()
    desk.canvas.command("Undo").click()
    expect(desk.canvas.card("shout 2")).to_have_count(0)


def duplicate(desk: Desk, keys: str) -> None:
    desk.focus("shout")
    desk.keys.press(keys)
    expect(desk.canvas.card("shout 2")).to_be_visible()
    desk.canvas.command("Undo").click()


def delete(desk: Desk, keys: str) -> None:
    with desk.second() as made:
        desk.keys.press(keys)
        expect(made).to_have_count(0)
        desk.canvas.command("Undo").click()
        expect(made).to_be_visible()


def select_all(desk: Desk, keys: str) -> None:
    desk.rest()
    desk.keys.press(keys)
    expect(desk.page.get_by_role("toolbar", name="3 nodes selected")).to_be_visible()


def undo(desk: Desk, keys: str) -> None:
    with desk.second() as made:
        desk.keys.press(keys)
        expect(made).to_have_count(0)


def redo(desk: Desk, keys: str) -> None:
    with desk.second() as made:
        desk.canvas.command("Undo").click()
        expect(made).to_have_count(0)
        desk.keys.press(keys)
        expect(made).to_be_visible()


def tool(name: str, other: str) -> Callable[[Desk, str], None]:
    def check(desk: Desk, keys: str) -> None:
        desk.canvas.command(other).click()
        desk.keys.press(keys)
        expect(desk.canvas.command(name)).to_have_attribute("aria-pressed", "true")

    return check


def zooming(before: str, after: int) -> Callable[[Desk, str], None]:
    def check(desk: Desk, keys: str) -> None:
        desk.rest()
        desk.keys.press("Shift+5" if before == "half" else "Shift+1")
        desk.zoomed(50 if before == "half" else 100)
        desk.keys.press(keys)
        desk.zoomed(after)

    return check


def fit(desk: Desk, keys: str) -> None:
    desk.rest()
    desk.keys.press("Shift+5")
    desk.zoomed(50)
    desk.keys.press(keys)
    expect(desk.page.get_by_role("button", name="Zoom 50 %")).to_have_count(0)


def maximise(desk: Desk, keys: str) -> None:
    for state in (re.compile("true"), re.compile("^(?!true)")):
        desk.rest()
        desk.keys.press(keys)
        if state.pattern == "true":
            expect(desk.canvas.command("Maximise canvas")).to_have_attribute("aria-pressed", state)
        else:
            expect(desk.canvas.command("Maximise canvas")).not_to_have_attribute("aria-pressed", "true")


def walk(begin: str, goal: str) -> Callable[[Desk, str], None]:
    def check(desk: Desk, keys: str) -> None:
        desk.focus(begin)
        desk.keys.press(keys)
        expect(desk.canvas.card(goal)).to_be_focused()

    return check


def run(desk: Desk, keys: str) -> None:
    desk.rest()
    desk.keys.press(keys)
    expect(desk.region.get_by_role("textbox", name="Ask the draft")).to_be_visible()


def begin_anew(desk: Desk, keys: str) -> None:
    run(desk, "Alt+r")
    ask = desk.region.get_by_role("textbox", name="Ask the draft")
    ask.fill("ahoy")
    ask.press("Enter")
    expect(desk.region.get_by_text("ahoy!").first).to_be_visible()
    expect(desk.region.get_by_role("button", name="Start over")).to_be_enabled()
    desk.rest()
    desk.keys.press(keys)
    expect(desk.region.get_by_text("ahoy!")).to_have_count(0)


def publish(desk: Desk, keys: str) -> None:
    desk.rest()
    desk.keys.press(keys)
    dialog = desk.page.get_by_role("dialog", name="Publish")
    expect(dialog).to_be_visible()
    desk.keys.press("Escape")
    expect(dialog).to_be_hidden()


def versions(desk: Desk, keys: str) -> None:
    panel = desk.page.get_by_role("complementary", name="Versions")
    desk.rest()
    desk.keys.press(keys)
    expect(panel).to_be_visible()
    desk.keys.press(keys)
    expect(panel).to_be_hidden()


def save(desk: Desk, keys: str) -> None:
    with desk.second():
        desk.keys.press(keys)
        desk.canvas.until_saved()
        assert "shout 2" in desk.canvas.titles()


def search(desk: Desk, keys: str) -> None:
    desk.rest()
    desk.keys.press(keys)
    dialog = desk.page.get_by_role("dialog", name="Find and do")
    expect(dialog).to_be_visible()
    desk.keys.press("Escape")
    expect(dialog).to_be_hidden()


def list_keys(desk: Desk, keys: str) -> None:
    desk.rest()
    desk.keys.press(keys)
    expect(desk.page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    desk.keys.press("Escape")
    expect(desk.page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_hidden()


CHECKS: dict[str, Callable[[Desk, str], None]] = {
    "Search and commands": search,
    "Keyboard shortcuts": list_keys,
    "Add node": add,
    "Add node after this": add_after,
    "Add note": note,
    "Connect to…": connect,
    "Open settings": open_settings,
    "Organise nodes": organise,
    "Copy": copy,
    "Cut": cut,
    "Paste": paste,
    "Duplicate": duplicate,
    "Delete": delete,
    "Select all": select_all,
    "Undo": undo,
    "Redo": redo,
    "Pointer": tool("Pointer", "Hand"),
    "Hand": tool("Hand", "Pointer"),
    "Fit to view": fit,
    "Zoom to 100 %": zooming("half", 100),
    "Zoom to 50 %": zooming("whole", 50),
    "Zoom in": zooming("half", 60),
    "Zoom out": zooming("half", 40),
    "Maximise canvas": maximise,
    "Next node": walk("Start", "shout"),
    "Previous node": walk("shout", "Start"),
    "Run": run,
    "Begin the conversation anew": begin_anew,
    "Publish": publish,
    "Versions": versions,
    "Save now": save,
}


def move_view(desk: Desk) -> None:
    for act in ("wheel", "space", "middle"):
        before = desk.place("shout")
        desk.rest()
        desk.page.mouse.move(620, 200)
        if act == "wheel":
            desk.page.mouse.wheel(30, 20)
        else:
            if act == "space":
                desk.keys.down(" ")
            button = "left" if act == "space" else "middle"
            desk.page.mouse.down(button=button)
            desk.page.mouse.move(660, 240, steps=4)
            desk.page.mouse.up(button=button)
            desk.keys.up(" ")
        desk.site.until(lambda before=before: desk.place("shout") != before, f"{act} moves the view")


def zoom_by_wheel(desk: Desk) -> None:
    before = desk.zoom()
    desk.page.mouse.move(620, 200)
    desk.keys.down("Control")
    desk.page.mouse.wheel(0, -60)
    desk.keys.up("Control")
    desk.site.until(lambda: desk.zoom() != before, "the wheel zooms")


def select_several(desk: Desk) -> None:
    desk.canvas.settle()
    desk.rest()
    desk.canvas.command("Pointer").click()
    desk.focus("Start")
    desk.canvas.card("shout").click(modifiers=["Shift"])
    expect(desk.page.get_by_role("toolbar", name="2 nodes selected")).to_be_visible()
    desk.rest()
    (left, top), (right, _) = desk.place("Start"), desk.place("shout")
    desk.page.mouse.move(left - 12, top - 30)
    desk.page.mouse.down()
    desk.page.mouse.move(right + 20, top + 60, steps=6)
    desk.page.mouse.up()
    expect(desk.page.get_by_role("toolbar", name="2 nodes selected")).to_be_visible()


def move_nodes(desk: Desk) -> None:
    desk.rest()
    desk.focus("shout")
    x, _ = desk.place("shout")
    desk.keys.press("ArrowRight")
    desk.site.until(lambda: desk.place("shout")[0] > x, "the node moves")
    small = desk.place("shout")[0] - x
    x += small
    desk.keys.press("Shift+ArrowRight")
    desk.site.until(lambda: desk.place("shout")[0] - x > small, "Shift makes it faster")


def dim(desk: Desk) -> None:
    desk.rest()
    desk.focus("Start")
    desk.keys.down("Shift")
    expect(desk.canvas.card("answer").locator("[data-dimmed]")).to_be_visible()
    expect(desk.canvas.card("shout").locator("[data-dimmed]")).to_have_count(0)
    desk.keys.up("Shift")
    expect(desk.canvas.card("answer").locator("[data-dimmed]")).to_have_count(0)


def insert_variable(desk: Desk) -> None:
    desk.rest()
    desk.focus("answer")
    desk.keys.press("Enter")
    panel = desk.page.get_by_role("complementary", name="Settings of answer")
    text = panel.get_by_role("textbox", name="Answer", exact=True).and_(panel.locator("[contenteditable=true]"))
    for sign in ("/", "{"):
        text.click()
        desk.keys.press("ControlOrMeta+End")
        desk.keys.type(f" {sign}")
        expect(desk.page.get_by_role("option").first).to_be_visible()
        desk.keys.press("Escape")
        desk.keys.press("Backspace")
    panel.get_by_role("button", name="Close").click()


def choose(desk: Desk) -> None:
    desk.rest()
    desk.keys.press("/")
    box = desk.page.get_by_role("combobox", name="Search nodes")
    expect(box).to_be_focused()
    box.fill("code")
    desk.keys.press("ArrowDown")
    desk.keys.press("ArrowUp")
    desk.keys.press("Enter")
    expect(desk.canvas.card("Code")).to_be_visible()
    desk.canvas.command("Undo").click()


def confirm(desk: Desk) -> None:
    desk.rest()
    desk.canvas.command("Publish").click()
    dialog = desk.page.get_by_role("dialog", name="Publish")
    dialog.get_by_label("Name").fill("By keys")
    desk.keys.press("Control+Enter")
    expect(desk.page.get_by_text("Published: By keys")).to_be_visible()


HINTS: dict[str, Callable[[Desk], None] | None] = {
    "Move the view": move_view,
    "Zoom": zoom_by_wheel,
    "Select several": select_several,
    "Move selected nodes": move_nodes,
    "Lead an edge elsewhere": None,  # tests/e2e/test_canvas_edges.py
    "Show only what is connected": dim,
    "Insert a variable": insert_variable,
    "Choose in a list": choose,
    "Confirm a dialog": confirm,
}


def listed(page: Page) -> dict[str, list[str]]:
    """What the list of keys has: by command the keys, without any for what is done otherwise."""
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(dialog.get_by_text("Add node after this")).to_be_visible()
    rows = dialog.locator("dl > div").all()
    found = {row.locator("dt").inner_text(): row.locator("kbd").all_inner_texts() for row in rows}
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    return found


@pytest.mark.parametrize("machine", ["Mac", "other"])
def test_every_key_in_the_list_works(site: Site, visitors: Visitors, console: Page, machine: str) -> None:
    page = console
    if machine == "Mac":
        page = visitors.arrive(storage_state=console.context.storage_state(), user_agent=MAC)
        page.goto(site.url)
    desk = Desk(site, Canvas(site, page).import_file(TALK).open())
    keys = listed(page)
    assert set(keys) == {*CHECKS, *HINTS}
    assert all(("⌘" in shown) is (machine == "Mac") for shown in keys["Undo"])
    for name, check in CHECKS.items():
        assert keys[name], name
        for shown in keys[name]:
            own = pressable(shown).replace("Meta", "Control") if name in CLIPBOARD else pressable(shown)
            check(desk, own)


def test_what_the_list_says_of_mouse_and_fields_holds(site: Site, console: Page) -> None:
    desk = Desk(site, Canvas(site, console).import_file(TALK).open())
    for check in HINTS.values():
        if check is not None:
            check(desk)
