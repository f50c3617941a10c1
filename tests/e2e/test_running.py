"""Trying out a draft on its canvas: a run, its trace, its values, one step alone, a conversation."""

import re
from uuid import uuid4

from playwright.sync_api import Page, expect

from tests.apps.asking import approval
from tests.e2e.accessibility import expect_accessible
from tests.e2e.canvas import Canvas
from tests.e2e.site import Site
from tests.e2e.witness import Witness
from tests.server.app_files import Node, answer, chatflow, code, end, http, llm, start, template, text_input, workflow

SHOUT = workflow(
    start(text_input("word", label="Word", required=True), to="shout"),
    template("shout", "{{ word }}!", word="start.word", to="end"),
    end(text="shout.output"),
    name="Shout it",
)
BROKEN = workflow(
    start(to="shout"),
    template("shout", "{{ 1 / 0 }}", to="end"),
    end(text="shout.output"),
    name="Divide",
)
INSIDE = {"isInIteration": True, "iteration_id": "each"}


def rounds(inside: Node, *, result: str) -> str:
    """A workflow that does `inside`, whose id is `shout`, for every word of a list."""
    return workflow(
        start(to="list"),
        code("list", "def main():\n    return {'words': ['x']}\n", {"words": "array[string]"}, to="each"),
        Node(
            "each",
            {
                "type": "iteration",
                "title": "Each",
                "start_node_id": "entry",
                "iterator_selector": ["list", "words"],
                "output_selector": ["shout", result],
                "width": 500,
                "height": 220,
            },
            {"source": "end"},
        ),
        Node("entry", {"type": "iteration-start", "title": "", **INSIDE}, {"source": "shout"}),
        inside,
        end(all="each.output"),
        name="Rounds",
    )


ROUNDS = rounds(Node("shout", {**template("shout", "{{ item }}!", item="each.item").data, **INSIDE}), result="output")
TALK = chatflow(
    start(to="llm"), llm("llm", "{{#sys.query#}}", to="answer"), answer("{{#llm.text#}}"), name="Talk to it"
)


def test_a_workflow_is_run_and_looked_into(site: Site, console: Page) -> None:
    canvas = Canvas(site, console).import_file(SHOUT).open()
    console.keyboard.press("Alt+r")
    dock = console.get_by_role("region", name="Runs of the draft")
    run = dock.locator("form").get_by_role("button", name="Run", exact=True)
    run.click()
    expect(dock.get_by_text("Fill in this field").or_(dock.locator("[aria-invalid=true]")).first).to_be_visible()
    dock.get_by_label("Word").fill("ahoy")
    run.click()
    expect(dock.get_by_text("ahoy!").first).to_be_visible()
    expect(dock.get_by_text("Succeeded").first).to_be_visible()
    for card in ("Start", "shout", "end"):
        expect(canvas.card(card).locator("[data-run=succeeded]")).to_be_visible()
    expect(console.locator(".workflow-edge-group[data-taken]")).to_have_count(2)

    dock.get_by_role("button", name="Trace").click()
    dock.get_by_role("button", name="shout", exact=True).click()
    expect(dock.get_by_text("ahoy!").first).to_be_visible()
    dock.get_by_role("button", name="Variables").click()
    dock.get_by_role("button", name=re.compile("output")).click()
    dock.get_by_role("button", name="Change").click()
    dock.get_by_label("output").fill("hello!")
    dock.get_by_role("button", name="Save").click()
    expect(dock.get_by_text("changed")).to_be_visible()
    expect_accessible(console)

    canvas.card("end").click(button="right")
    console.get_by_role("menuitem", name="Run this step").click()
    expect(dock.get_by_label("shout.output")).to_have_value("hello!")
    dock.get_by_role("button", name="Run this step").click()
    expect(dock.get_by_text("hello!").first).to_be_visible()
    dock.get_by_role("button", name="History").click()
    dock.get_by_role("listitem").first.get_by_role("button").click()
    expect(dock.get_by_role("button", name="Trace")).to_have_attribute("aria-pressed", "true")


def test_a_failure_stands_on_its_card(site: Site, console: Page) -> None:
    canvas = Canvas(site, console).import_file(BROKEN).open()
    console.keyboard.press("Alt+r")
    dock = console.get_by_role("region", name="Runs of the draft")
    dock.locator("form").get_by_role("button", name="Run", exact=True).click()
    expect(dock.get_by_role("alert")).to_contain_text("Division by zero")
    expect(canvas.card("shout").locator("[data-run=failed]")).to_be_visible()
    expect(canvas.card("end").locator("[data-run]")).to_have_count(0)


def test_a_chatflow_answers_from_its_draft(site: Site, console: Page) -> None:
    canvas = Canvas(site, console).import_file(TALK).open()
    console.keyboard.press("Alt+r")
    dock = console.get_by_role("region", name="Runs of the draft")
    box = dock.get_by_role("textbox", name="Ask the draft")
    box.fill("Who goes there?")
    box.press("Enter")
    expect(dock.get_by_role("article")).to_have_count(1)
    expect(canvas.card("answer").locator("[data-run=succeeded]")).to_be_visible()
    box.fill("And now?")
    box.press("Enter")
    expect(dock.get_by_role("article")).to_have_count(2)
    expect(dock.get_by_role("article").last).to_have_attribute("aria-busy", "false")
    dock.get_by_role("button", name="Start over").click()
    expect(dock.get_by_role("article")).to_have_count(0)


def test_a_run_is_shown_again_after_a_reload(site: Site, console: Page, witness: Witness) -> None:
    witness.expect("net::ERR_ABORTED")  # the reload leaves the stream
    gate = f"gate-{uuid4().hex[:8]}"
    canvas = Canvas(site, console).import_file(
        workflow(
            start(text_input("word", label="Word"), to="wait"),
            http("wait", site.gate.held(gate), to="end"),
            end(status="wait.status_code"),
            name="Held",
        )
    )
    canvas.open()
    console.keyboard.press("Alt+r")
    dock = console.get_by_role("region", name="Runs of the draft")
    dock.get_by_label("Word").fill("avast")
    dock.locator("form").get_by_role("button", name="Run", exact=True).click()
    expect(canvas.card("wait").locator("[data-run=running]")).to_be_visible()
    runs = f"/apps/{canvas.app_id}/workflow-runs"
    site.until(lambda: [run["status"] for run in canvas.call("GET", runs)["data"]] == ["running"], "a run with its row")
    console.reload()
    expect(canvas.card("wait").locator("[data-run=running]")).to_be_visible()
    expect(dock.get_by_label("Word")).to_have_value("avast")
    expect(dock.get_by_role("button", name="Stop")).to_be_visible()
    site.gate.open(gate)
    expect(canvas.card("end").locator("[data-run=succeeded]")).to_be_visible()
    expect(dock.get_by_text("Succeeded").first).to_be_visible()


def test_an_iteration_that_runs_alone_is_shown_again_after_a_reload(
    site: Site, console: Page, witness: Witness
) -> None:
    witness.expect("net::ERR_ABORTED", r"\b404\b.*/last-run")  # the reload leaves the stream; it has not been run yet
    gate = f"gate-{uuid4().hex[:8]}"
    waiting = Node("shout", {**http("wait", site.gate.held(gate)).data, **INSIDE})
    canvas = Canvas(site, console).import_file(rounds(waiting, result="status_code")).open()
    canvas.card("Each").first.hover(position={"x": 20, "y": 12})
    canvas.card("Each").first.get_by_role("button", name="Run this step").click()
    dock = console.get_by_role("region", name="Runs of the draft")
    dock.get_by_label("list.words").fill('["a"]')
    dock.get_by_role("button", name="Run this step").click()
    site.gate.wait(gate)
    stop = dock.get_by_role("button", name="Stop")
    expect(stop).to_be_visible()
    console.reload()
    expect(stop).to_be_visible()
    expect(canvas.card("Each").first.locator("[data-run=running]").first).to_be_visible()
    site.gate.open(gate)
    expect(canvas.card("Each").first.locator("[data-run=succeeded]").first).to_be_visible()
    expect(stop).to_be_hidden()
    expect(dock.get_by_role("button", name="Run this step")).to_be_enabled()


def test_a_run_that_waits_for_a_person_is_shown_again_after_a_reload(
    site: Site, console: Page, witness: Witness
) -> None:
    witness.expect("net::ERR_ABORTED")  # the reload leaves the stream
    canvas = Canvas(site, console).import_file(approval()).open()
    console.keyboard.press("Alt+r")
    dock = console.get_by_role("region", name="Runs of the draft")
    dock.locator("form").get_by_role("button", name="Run", exact=True).click()
    form = dock.get_by_role("link", name="Open the form")
    expect(form).to_be_visible()
    console.reload()
    expect(form).to_be_visible()
    expect(canvas.card("Start").locator("[data-run=succeeded]")).to_be_visible()
    expect(dock.get_by_role("button", name="Stop")).to_be_visible()


def test_a_card_shows_what_its_node_says(site: Site, console: Page) -> None:
    tale = site.model.tell("Tell me of sails", "Sails are made", " of cloth.")
    canvas = Canvas(site, console).import_file(
        workflow(start(to="tell"), llm("tell", "Tell me of sails", to="end"), end(text="tell.text"), name="Tell")
    )
    canvas.open()
    console.keyboard.press("Alt+r")
    dock = console.get_by_role("region", name="Runs of the draft")
    dock.locator("form").get_by_role("button", name="Run", exact=True).click()
    said = canvas.card("tell").locator(".workflow-card-said")
    expect(said).to_have_text("Sails are made")
    tale.go_on()
    expect(canvas.card("end").locator("[data-run=succeeded]")).to_be_visible()
    expect(said).to_have_count(0)


def test_an_iteration_runs_alone_and_shows_its_rounds(site: Site, console: Page, witness: Witness) -> None:
    witness.expect(r"\b404\b.*/last-run")  # it has not been run yet
    canvas = Canvas(site, console).import_file(ROUNDS).open()
    canvas.card("Each").first.click(button="right", position={"x": 20, "y": 12})
    console.get_by_role("menuitem", name="Run this step").click()
    dock = console.get_by_role("region", name="Runs of the draft")
    words = dock.get_by_label("list.words")
    words.fill('["a", "b"]')
    dock.get_by_role("button", name="Run this step").click()
    expect(dock.get_by_text("2/2")).to_be_visible()
    dock.get_by_role("button", name="Each", exact=True).click()
    expect(dock.get_by_text("Round 2")).to_be_visible()
    expect(dock.get_by_text("b!").first).to_be_visible()
    console.reload()
    canvas.card("Each").first.click(button="right", position={"x": 20, "y": 12})
    console.get_by_role("menuitem", name="Run this step").click()
    expect(words).to_have_value(re.compile('"a"'))
