"""The run log: the list with its filter, and the detail of a run down to every node."""

import re
from uuid import uuid4

from playwright.sync_api import Locator, Page, expect

from tests.e2e.apps import CHAT, gated_workflow
from tests.e2e.chat import open_chat
from tests.e2e.conftest import Visitors
from tests.e2e.generator import open_generator
from tests.e2e.site import Site
from tests.e2e.witness import Witness
from tests.server.app_files import end, failing, start, template, text_input, workflow
from tests.server.sample_apps import HANDLED_WORKFLOW

SHOUT = workflow(
    start(text_input("word", label="Word"), to="shout"),
    template("shout", "{{ word }}!", word="start.word", to="end"),
    end(text="shout.output"),
    name="Shout",
)

BROKEN = workflow(
    start(text_input("word"), to="boom"), failing(to={"source": "end"}), end(text="boom.result"), name="Broken"
)


def run_row(page: Page, text: str) -> Locator:
    """The newest row of the run list that shows `text`."""
    return page.get_by_role("row").filter(has_text=text).first


def node_row(page: Page, title: str) -> Locator:
    """The row of the node table with this title."""
    return page.get_by_role("row").filter(has=page.get_by_role("button", name=title, exact=True))


def data_of(page: Page, title: str) -> Locator:
    """The values under a heading of the opened node."""
    table = page.get_by_role("table")
    return table.locator("section").filter(has=page.get_by_role("heading", name=title, exact=True))


def choose(page: Page, label: str, option: str) -> None:
    """Chooses from a select with the keyboard."""
    field = page.get_by_label(label)
    field.focus()
    page.keyboard.type(option)


def test_a_run_shows_every_node_with_inputs_outputs_tokens_and_time(site: Site, page: Page, console: Page) -> None:
    site.model.answer("Write about damask", "A figured weave.")
    gate = f"gate-{uuid4().hex[:8]}"
    site.gate.open(gate)
    generator = open_generator(page, site.publish(gated_workflow(site.gate.held(gate))))
    generator.generate("Topic", "damask")
    generator.expect_result("A figured weave.")

    console.goto(f"{site.url}/logs")
    row = run_row(console, "damask")
    expect(row).to_contain_text("Gated workflow")
    expect(row.get_by_role("img", name="Succeeded")).to_be_visible()
    row.get_by_role("link").click()
    facts = console.get_by_role("definition")
    expect(facts.first).to_have_text("Succeeded")
    titles = console.get_by_role("table").get_by_role("button")
    expect(titles).to_have_text(["Start", "fetch", "write", "end"])
    for title in ("Start", "fetch", "write", "end"):
        expect(node_row(console, title)).to_contain_text(re.compile(r"\d (ms|s)"))

    console.get_by_role("button", name="Start", exact=True).click()
    expect(data_of(console, "Inputs")).to_contain_text("topic: “damask”")
    expect(data_of(console, "Outputs")).to_contain_text("topic: “damask”")
    console.get_by_role("button", name="fetch", exact=True).click()
    expect(data_of(console, "Outputs")).to_contain_text("status_code: 200")
    console.get_by_role("button", name="write", exact=True).click()
    expect(console).to_have_url(re.compile(r"\?step="))
    expect(node_row(console, "write").get_by_role("cell").nth(1)).to_have_text(re.compile(r"^\d+$"))
    expect(data_of(console, "Outputs")).to_contain_text("text: “A figured weave.”")
    data_of(console, "Process data").get_by_role("button", name="0: {").click()
    expect(data_of(console, "Process data")).to_contain_text("Write about damask")
    expect(data_of(console, "Metadata")).to_contain_text("total_tokens")
    console.reload()
    expect(data_of(console, "Outputs")).to_contain_text("A figured weave.")
    console.get_by_role("button", name="end", exact=True).click()
    expect(data_of(console, "Outputs")).to_contain_text("A figured weave.")


def test_a_failed_run_shows_the_error_at_its_node(site: Site, page: Page, console: Page) -> None:
    generator = open_generator(page, site.page_of(BROKEN))
    generator.generate("word", "brocade")
    expect(generator.result.get_by_role("alert")).to_be_visible()
    console.goto(f"{site.url}/logs")
    row = run_row(console, "brocade")
    expect(row).to_contain_text("the machine broke")
    row.get_by_role("link").click()
    expect(console.get_by_role("alert").first).to_contain_text("the machine broke")
    expect(node_row(console, "boom").get_by_role("img", name="Failed")).to_be_visible()
    console.get_by_role("button", name="boom", exact=True).click()
    expect(console.get_by_role("table")).to_contain_text("the machine broke")


def test_a_handled_failure_is_told_apart(site: Site, page: Page, console: Page) -> None:
    generator = open_generator(page, site.page_of(HANDLED_WORKFLOW))
    generator.run.click()
    generator.expect_result("spare")
    console.goto(f"{site.url}/logs")
    run_row(console, "spare").get_by_role("link").click()
    expect(console.get_by_role("definition").first).to_have_text("Partly succeeded")
    expect(node_row(console, "boom").get_by_role("img", name="Failed, handled")).to_be_visible()


def test_the_filter_lives_in_the_address(site: Site, page: Page, console: Page) -> None:
    for address, word in ((site.page_of(SHOUT), "twill"), (site.page_of(BROKEN), "satin")):
        generator = open_generator(page, address)
        generator.generate("word", word)
        expect(generator.result).to_have_attribute("aria-busy", "false")
    console.goto(site.url)
    console.get_by_role("navigation").get_by_role("link", name="Runs").click()
    expect(run_row(console, "twill")).to_be_visible()
    choose(console, "Filter by app", "Broken")
    expect(run_row(console, "twill")).to_have_count(0)
    expect(run_row(console, "satin")).to_be_visible()
    choose(console, "Filter by status", "Failed")
    expect(console).to_have_url(re.compile(r"\?app=.*&status=failed$"))
    console.reload()
    expect(run_row(console, "satin")).to_be_visible()
    expect(run_row(console, "twill")).to_have_count(0)
    choose(console, "Filter by status", "Stopped")
    expect(console.get_by_role("heading", name="No run matches the filter")).to_be_visible()
    console.get_by_role("button", name="Clear filter").first.click()
    expect(run_row(console, "twill")).to_be_visible()


def test_a_conversation_is_logged_with_question_and_answer(site: Site, visitors: Visitors, console: Page) -> None:
    chat = open_chat(visitors.arrive(), site.page_of(CHAT))
    chat.ask("What is tapestry?")
    chat.expect_answer("You said: What is tapestry?")
    console.goto(f"{site.url}/logs")
    run_row(console, "What is tapestry?").get_by_role("link").click()
    main = console.get_by_role("main")
    expect(main).to_contain_text("You said: What is tapestry?")
    console.get_by_role("link", name="Runs").last.click()
    expect(run_row(console, "What is tapestry?")).to_be_visible()


def test_an_unknown_run_says_so(site: Site, console: Page, witness: Witness) -> None:
    witness.expect(r"\b404\b.*/console/api/runs")
    console.goto(f"{site.url}/logs/{uuid4()}")
    expect(console.get_by_role("heading", name="There is no such run")).to_be_visible()
