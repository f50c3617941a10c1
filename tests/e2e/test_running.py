"""Trying out a draft on its canvas: a run, its trace, its values, one step alone, a conversation."""

import re

from playwright.sync_api import Page, expect

from tests.e2e.accessibility import expect_accessible
from tests.e2e.canvas import Canvas
from tests.e2e.site import Site
from tests.server.app_files import answer, chatflow, end, llm, start, template, text_input, workflow

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
