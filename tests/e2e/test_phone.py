"""The main job on a phone: from the home page to an answer, with the conversations in a drawer."""

import re

from playwright.sync_api import Page, StorageState, expect

from tests.e2e.apps import CHAT, COMPLETION
from tests.e2e.chat import Chat, open_chat
from tests.e2e.conftest import Visitors
from tests.e2e.generator import open_generator
from tests.e2e.site import Site

SMALL = {"width": 320, "height": 640}


def expect_no_sideways_scroll(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page is wider than the screen"


def test_a_chat_from_home_to_answer_and_back_through_the_drawer(
    site: Site, visitors: Visitors, session: StorageState
) -> None:
    site.model.name_conversation("Why is the sky blue?", "Blue sky")
    page = visitors.arrive_by_phone(storage_state=session)
    page.goto(f"{site.url}/apps?keywords=Pocket")
    expect_no_sideways_scroll(page)
    app = page.get_by_role("article").filter(has=page.get_by_role("heading", name="Pocket guide"))
    app.get_by_role("button", name="What to do with Pocket guide").tap()
    page.get_by_role("menuitem", name="Use in Explore").tap()
    chat = Chat(page)
    expect(chat.list).to_be_hidden()
    page.get_by_role("button", name="Why is the sky blue?").tap()
    chat.expect_answer("You said: Why is the sky blue?")
    expect_no_sideways_scroll(page)
    expect(chat.composer).to_be_in_viewport()
    expect(chat.answer.get_by_role("button", name="Copy")).to_be_visible()

    page.get_by_role("button", name="New chat").tap()
    chat.composer.tap()
    chat.composer.press_sequentially("And the sea?")
    chat.send.tap()
    chat.expect_answer("You said: And the sea?")

    page.get_by_role("button", name="Conversations").tap()
    drawer = page.get_by_role("dialog", name="Conversations")
    expect(drawer.get_by_role("button", name="Menu of Blue sky")).to_be_visible()
    drawer.get_by_role("button", name="Blue sky", exact=True).tap()
    expect(drawer).to_be_hidden()
    expect(chat.answer).to_contain_text("Why is the sky blue?")
    page.get_by_role("button", name="Conversations").tap()
    drawer.get_by_role("button", name="Close").tap()
    expect(drawer).to_be_hidden()


def test_long_content_scrolls_in_its_own_box(site: Site, visitors: Visitors) -> None:
    wide = " | ".join(f"column {number}" for number in range(12))
    rule = " | ".join(["---"] * 12)
    code = "x = " + " + ".join(["'warp'"] * 30)
    site.model.answer("Wide please", f"| {wide} |\n| {rule} |\n| {wide} |\n\n```python\n{code}\n```\n\n{'w' * 200}")
    chat = open_chat(visitors.arrive_by_phone(), site.page_of(CHAT))
    chat.composer.tap()
    chat.composer.press_sequentially("Wide please")
    chat.send.tap()
    chat.expect_answer("column 11")
    expect_no_sideways_scroll(chat.page)


def test_a_text_is_generated_on_a_small_screen(site: Site, visitors: Visitors) -> None:
    generator = open_generator(visitors.arrive_by_phone(viewport=SMALL), site.page_of(COMPLETION))
    expect_no_sideways_scroll(generator.page)
    generator.form.get_by_label("Product").press_sequentially("doily")
    generator.run.tap()
    generator.expect_result("You said: Describe doily.")
    expect(generator.result).to_be_in_viewport()
    expect_no_sideways_scroll(generator.page)


def test_the_run_log_is_read_on_a_phone(site: Site, visitors: Visitors, session: StorageState) -> None:
    chat = open_chat(visitors.arrive(), site.page_of(CHAT))
    chat.ask("Logged for the phone")
    chat.expect_answer("You said: Logged for the phone")
    page = visitors.arrive_by_phone(storage_state=session)
    page.goto(site.url)
    page.get_by_role("navigation").get_by_role("link", name="Runs").tap()
    page.get_by_role("link", name=re.compile("Logged for the phone")).first.tap()
    expect(page.get_by_role("main")).to_contain_text("You said: Logged for the phone")
    page.get_by_role("table").get_by_role("button").first.tap()
    expect(page.get_by_role("table").get_by_role("heading", name="Inputs")).to_be_visible()
    expect_no_sideways_scroll(page)
