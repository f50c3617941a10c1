"""Running a logged run again from one of its nodes on: on its page, and on the canvas."""

import re

from playwright.sync_api import Page, expect

from tests.e2e.accessibility import expect_accessible
from tests.e2e.canvas import Canvas
from tests.e2e.site import Site
from tests.e2e.witness import Witness
from tests.server.app_files import end, start, template, text_input, workflow

CHAIN = workflow(
    start(text_input("word", label="Word"), to="shout"),
    template("shout", "{{ word }}!", word="start.word", to="frame"),
    template("frame", "<{{ said }}>", said="shout.output", to="end"),
    end(text="frame.output"),
    name="Chain",
)


def test_a_run_goes_again_from_a_node_on_the_canvas_and_is_compared(site: Site, console: Page) -> None:
    canvas = Canvas(site, console).import_file(CHAIN).open()
    console.keyboard.press("Alt+r")
    dock = console.get_by_role("region", name="Runs of the draft")
    dock.get_by_label("Word").fill("ahoy")
    dock.locator("form").get_by_role("button", name="Run", exact=True).click()
    expect(dock.get_by_text("<ahoy!>").first).to_be_visible()
    dock.get_by_role("button", name="Trace").click()
    dock.get_by_role("button", name="frame", exact=True).click()
    dock.get_by_role("button", name="Run again from here").click()

    dialog = console.get_by_role("dialog", name="Run again from “frame”")
    expect(dialog).to_contain_text("Keeps: Start, shout.")
    value = dialog.get_by_label("shout.output")
    expect(value).to_have_value("ahoy!")
    value.fill("belay")
    expect(dialog.get_by_text("changed", exact=True)).to_be_visible()
    expect_accessible(console)
    dialog.get_by_text("As JSON").click()
    expect(dialog.get_by_label("Values that it is given")).to_have_value(re.compile('"shout.output": "belay"'))
    dialog.get_by_role("button", name="Run from here").click()
    expect(dialog).to_have_count(0)
    expect(dock.get_by_text("Replay from “frame” on")).to_be_visible()
    expect(dock.get_by_text("changed: shout.output")).to_be_visible()
    expect(dock.get_by_role("row").filter(has_text="shout")).to_contain_text("kept")
    expect(canvas.card("end").locator("[data-run=succeeded]")).to_be_visible()

    dock.get_by_role("button", name="Compare").click()
    comparison = console.get_by_role("dialog", name="Comparison")
    expect(comparison.get_by_role("table", name="Totals")).to_contain_text("Succeeded")
    expect(comparison).to_contain_text("<ahoy!>")
    expect(comparison).to_contain_text("<belay>")
    nodes = comparison.get_by_role("table", name="Nodes of both runs")
    expect(nodes.get_by_role("row").filter(has_text="frame")).to_contain_text("different")
    expect_accessible(console)
    console.keyboard.press("Escape")
    dock.get_by_role("button", name="Open the origin").click()
    expect(dock.get_by_role("region", name="Replays")).to_contain_text("From “frame” on")


def test_a_run_of_the_log_goes_again_on_the_draft_of_now(site: Site, console: Page, witness: Witness) -> None:
    witness.expect(r"POST .*/replays: net::ERR_ABORTED")  # the new run goes on without its first reader
    canvas = Canvas(site, console).import_file(CHAIN)
    canvas.open()
    console.keyboard.press("Alt+r")
    dock = console.get_by_role("region", name="Runs of the draft")
    dock.get_by_label("Word").fill("heave")
    dock.locator("form").get_by_role("button", name="Run", exact=True).click()
    expect(dock.get_by_text("<heave!>").first).to_be_visible()
    draft = canvas.draft()
    for node in draft["graph"]["nodes"]:
        if node["id"] == "frame":
            node["data"]["template"] = "[{{ said }}]"
    canvas.save_draft(draft)
    run = canvas.call("GET", f"/runs?app_id={canvas.app_id}")["data"][0]["id"]
    console.goto(f"{site.url}/logs/{run}")
    console.get_by_role("button", name="frame", exact=True).click()
    console.get_by_role("button", name="Run again from here").click()
    dialog = console.get_by_role("dialog", name="Run again from “frame”")
    dialog.get_by_text("Draft of now").click()
    dialog.get_by_role("button", name="Run from here").click()
    expect(console.get_by_text("Replay from “frame” on")).to_be_visible()
    expect(console.get_by_text("[heave!]").first).to_be_visible()
    console.get_by_role("link", name="Compare").click()
    expect(console).to_have_url(re.compile(rf"\?against={run}$"))
    expect(console.get_by_role("table", name="Totals")).to_be_visible()
    expect(console.get_by_text("<heave!>").first).to_be_visible()
    console.get_by_role("link", name="Back to the run").click()
    console.get_by_role("link", name="Open the origin").click()
    expect(console.get_by_role("region", name="Replays")).to_contain_text("From “frame” on")
