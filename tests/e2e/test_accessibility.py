"""No page keeps anybody out: axe-core finds nothing serious, whatever state the page is in."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.accessibility import expect_accessible
from tests.e2e.apps import CHAT, COMPLETION, FORM, GUIDE, gated_workflow
from tests.e2e.chat import open_chat
from tests.e2e.conftest import Visitors
from tests.e2e.generator import open_generator
from tests.e2e.site import Site
from tests.e2e.test_rendering import RICH
from tests.e2e.witness import SIGNED_OUT, Witness

Arrive = Callable[[], Page]


@pytest.fixture(params=["wide", "phone"])
def arrive(request: pytest.FixtureRequest, visitors: Visitors) -> Arrive:
    """A visitor at a desk, and one with a phone."""
    return visitors.arrive if request.param == "wide" else visitors.arrive_by_phone


def test_a_chat_before_and_after_an_answer(site: Site, arrive: Arrive) -> None:
    site.model.answer("Show me everything", RICH)
    chat = open_chat(arrive(), site.page_of(GUIDE))
    expect(chat.page.get_by_role("list", name="Suggested questions")).to_be_visible()
    expect_accessible(chat.page)
    chat.ask("Show me everything")
    chat.expect_answer("Weaving")
    chat.answer.get_by_role("button", name="Bad answer").click()
    chat.answer.get_by_role("button", name="Bad answer: say why").click()
    expect_accessible(chat.page)


def test_a_form_with_problems(site: Site, page: Page) -> None:
    chat = open_chat(page, site.page_of(FORM))
    chat.ask("Too early")
    expect(page.get_by_text("Fill in this field.").first).to_be_visible()
    expect_accessible(page)


def test_an_answer_in_progress_a_failed_one_and_a_dialog(site: Site, page: Page) -> None:
    site.model.refuse("Fail for axe")
    site.model.name_conversation("Fail for axe", "Failing")
    tale = site.model.tell("Wait for axe", "Waiting ", "over.")
    chat = open_chat(page, site.page_of(CHAT))
    chat.ask("Fail for axe")
    expect(chat.answer.get_by_role("alert")).to_be_visible()
    chat.ask("Wait for axe")
    expect(chat.answer).to_contain_text("Waiting")
    expect_accessible(page)
    tale.go_on()
    chat.expect_answer("Waiting over.")
    chat.choose("Failing", "Rename")
    expect(page.get_by_role("dialog")).to_be_visible()
    expect_accessible(page)


def test_a_text_generator_and_its_batch(site: Site, arrive: Arrive) -> None:
    generator = open_generator(arrive(), site.page_of(COMPLETION))
    generator.generate("Product", "mitten")
    generator.expect_result("You said: Describe mitten.")
    expect_accessible(generator.page)
    generator.open_tab("Run batch")
    expect_accessible(generator.page)
    generator.open_tab("Saved")
    expect_accessible(generator.page)


def test_a_workflow_and_its_run_in_the_log(site: Site, page: Page, console: Page) -> None:
    gate = f"gate-{uuid4().hex[:8]}"
    generator = open_generator(page, site.publish(gated_workflow(site.gate.held(gate))))
    generator.generate("Topic", "accessible yarn")
    expect(generator.result).to_contain_text("fetch")
    expect_accessible(page)
    site.gate.open(gate)
    generator.expect_result("You said: Write about accessible yarn")
    console.goto(site.url)
    expect(console.get_by_role("article").first).to_be_visible()
    expect_accessible(console)
    console.goto(f"{site.url}/logs")
    row = console.get_by_role("row").filter(has_text="accessible yarn").first
    expect(row).to_be_visible()
    expect_accessible(console)
    row.get_by_role("link").click()
    console.get_by_role("button", name="write", exact=True).click()
    expect(console.get_by_role("table")).to_contain_text("Outputs")
    expect_accessible(console)


def test_the_pages_of_those_who_are_not_in(site: Site, arrive: Arrive, witness: Witness) -> None:
    witness.expect(SIGNED_OUT, r"\b404\b")
    page = arrive()
    page.goto(f"{site.url}/signin")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("Enter a password.")).to_be_visible()
    expect_accessible(page)
    for path in ("/chat/0123456789abcdef", "/nowhere"):
        page.goto(site.url + path)
        expect(page.get_by_role("heading").first).to_be_visible()
        expect_accessible(page)
