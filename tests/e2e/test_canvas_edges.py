"""Edges led elsewhere with the mouse, dropped on nothing, undone; branches that run at once are named."""

from playwright.sync_api import Locator, Page, expect

from tests.e2e.canvas import Canvas
from tests.e2e.site import Site
from tests.e2e.test_canvas import edges_of
from tests.server.app_files import end, start, template, text_input, workflow

FORK = workflow(
    start(text_input("word", label="Word"), to=["loud", "soft"]),
    template("loud", "{{ word }}!", word="start.word", to="end"),
    template("soft", "({{ word }})", word="start.word"),
    end(text="loud.output"),
    name="Fork",
)
BEGUN = {("Start", "loud"), ("Start", "soft"), ("loud", "end")}


def spread_out(site: Site, page: Page) -> Canvas:
    """The fork with its branches one over the other, so that no edge lies behind a card."""
    canvas = Canvas(site, page).import_file(FORK).open()
    state = canvas.draft()["hash"]
    page.keyboard.press("ControlOrMeta+o")
    canvas.until_saved_after(state)
    return canvas


def grip(site: Site, page: Page, canvas: Canvas, edge: tuple[str, str], side: str) -> Locator:
    """The grip at one end of an edge, after the pointer came over the edge."""
    graph = canvas.draft()["graph"]
    title = {node["id"]: node["data"]["title"] for node in graph["nodes"]}
    sought = next(each["id"] for each in graph["edges"] if (title[each["source"]], title[each["target"]]) == edge)
    line = page.locator(f'[data-edge="{sought}"] .workflow-edge-hit')
    found = page.locator(f".workflow-edge-grip[data-end={side}]")

    def hovered() -> bool:
        x, y = line.evaluate(
            """(path) => {
                const { x, y } = path.getPointAtLength(path.getTotalLength() / 3).matrixTransform(path.getScreenCTM());
                return [x, y];
            }"""
        )
        page.mouse.move(x, y + 40)
        page.mouse.move(x, y)
        return found.is_visible()

    site.until(hovered, "the edge under the pointer has grips")
    return found


def pull(page: Page, grip: Locator, to: Locator | tuple[float, float]) -> None:
    box = grip.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 8, box["y"] + 8)
    page.mouse.down()
    if isinstance(to, tuple):
        x, y = to
    else:
        there = to.bounding_box()
        assert there is not None
        x, y = there["x"] + 30, there["y"] + 15
    page.mouse.move(x, y, steps=5)
    expect(page.locator(".workflow-edge-pulled")).to_be_visible()
    page.mouse.up()


def test_an_edge_is_led_elsewhere_by_either_end(site: Site, console: Page) -> None:
    canvas = spread_out(site, console)
    expect(console.get_by_text("Parallel", exact=True)).to_have_count(1)

    pull(console, grip(site, console, canvas, ("Start", "soft"), "target"), canvas.card("end"))
    site.until(lambda: edges_of(canvas) == {*BEGUN, ("Start", "end")} - {("Start", "soft")}, "the end is another")
    console.keyboard.press("ControlOrMeta+z")
    site.until(lambda: edges_of(canvas) == BEGUN, "it is undone")

    pull(console, grip(site, console, canvas, ("Start", "soft"), "source"), canvas.card("loud"))
    site.until(lambda: edges_of(canvas) == {*BEGUN, ("loud", "soft")} - {("Start", "soft")}, "the source is another")
    expect(console.get_by_text("Parallel", exact=True)).to_have_count(1)

    pull(console, grip(site, console, canvas, ("loud", "end"), "target"), canvas.card("Start"))
    expect(console.get_by_role("status").filter(has_text="Nothing can lead to a start node.")).to_be_visible()
    pull(console, grip(site, console, canvas, ("loud", "soft"), "target"), canvas.card("loud"))
    expect(console.get_by_role("status").filter(has_text="A node cannot lead to itself.")).to_be_visible()


def test_an_edge_dropped_on_nothing_is_gone_until_it_is_undone(site: Site, console: Page) -> None:
    canvas = spread_out(site, console)
    pull(console, grip(site, console, canvas, ("Start", "soft"), "target"), (640.0, 620.0))
    site.until(lambda: edges_of(canvas) == BEGUN - {("Start", "soft")}, "the edge is gone")
    expect(console.get_by_text("Parallel", exact=True)).to_have_count(0)
    canvas.command("Change history").click()
    panel = console.get_by_role("complementary", name="Change history")
    expect(panel.get_by_role("button").filter(has_text="Connection removed")).to_be_visible()
    canvas.command("Undo").click()
    site.until(lambda: edges_of(canvas) == BEGUN, "the edge is back")

    box = grip(site, console, canvas, ("Start", "soft"), "target").bounding_box()
    assert box is not None
    console.mouse.move(box["x"] + 8, box["y"] + 8)
    console.mouse.down()
    console.mouse.move(640, 620, steps=3)
    console.keyboard.press("Escape")
    console.mouse.up()
    expect(console.locator(".workflow-edge-pulled")).to_have_count(0)
    assert edges_of(canvas) == BEGUN
