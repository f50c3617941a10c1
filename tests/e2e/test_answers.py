"""Answers of a chat while they come, after a reload, and when they are stopped."""

from playwright.sync_api import Page, expect

from tests.e2e.apps import CHAT
from tests.e2e.chat import Chat, open_chat
from tests.e2e.conftest import Visitors
from tests.e2e.site import Site
from tests.e2e.witness import LEFT, Witness


def test_an_answer_appears_piece_by_piece(site: Site, page: Page) -> None:
    tale = site.model.tell("Say it slowly", "The warp ", "and the weft ", "make cloth.")
    chat = open_chat(page, site.page_of(CHAT))
    chat.ask("Say it slowly")
    expect(chat.answer).to_contain_text("The warp")
    expect(chat.answer).not_to_contain_text("and the weft")
    expect(chat.answer).to_have_attribute("aria-busy", "true")
    tale.go_on()
    expect(chat.answer).to_contain_text("The warp and the weft")
    tale.go_on()
    chat.expect_answer("The warp and the weft make cloth.")
    expect(chat.composer).to_have_value("")


def test_stop_keeps_what_is_there_of_an_answer(site: Site, page: Page) -> None:
    site.model.tell("Talk and talk", "Only this much", " and never this")
    chat = open_chat(page, site.page_of(CHAT))
    chat.ask("Talk and talk")
    expect(chat.answer).to_contain_text("Only this much")
    chat.stop.click()
    chat.expect_answer("Stopped")
    expect(chat.answer).to_contain_text("Only this much")
    page.reload()
    chat.expect_answer("Only this much")
    expect(chat.answer).not_to_contain_text("never this")
    chat.ask("And now?")
    chat.expect_answer("You said: And now?")


def test_escape_stops_an_answer(site: Site, page: Page) -> None:
    site.model.tell("Talk until Escape", "Only this much", " and never this")
    chat = open_chat(page, site.page_of(CHAT))
    chat.ask("Talk until Escape")
    expect(chat.answer).to_contain_text("Only this much")
    page.keyboard.press("Escape")
    chat.expect_answer("Stopped")


def test_a_reload_in_the_middle_of_an_answer_goes_on_with_it(site: Site, page: Page, witness: Witness) -> None:
    witness.expect(LEFT)
    tale = site.model.tell("A long story", "Once upon ", "a time ", "there was a loom.")
    chat = open_chat(page, site.page_of(CHAT))
    chat.ask("A long story")
    expect(chat.answer).to_contain_text("Once upon")
    page.reload()
    expect(chat.answer).to_contain_text("Once upon")
    expect(chat.stop).to_be_visible()
    tale.go_on()
    expect(chat.answer).to_contain_text("Once upon a time")
    page.reload()
    expect(chat.answer).to_contain_text("Once upon a time")
    tale.go_on()
    chat.expect_answer("Once upon a time there was a loom.")
    expect(chat.questions).to_have_count(1)


def test_a_second_tab_follows_the_same_answer(site: Site, page: Page) -> None:
    tale = site.model.tell("For both of us", "One thread ", "and another.")
    first = open_chat(page, site.page_of(CHAT))
    first.ask("For both of us")
    expect(first.answer).to_contain_text("One thread")
    second = Chat(page.context.new_page())
    second.page.goto(page.url)
    expect(second.answer).to_contain_text("One thread")
    tale.go_on()
    for chat in (first, second):
        chat.expect_answer("One thread and another.")


def test_another_tab_can_stop_an_answer(site: Site, page: Page, witness: Witness) -> None:
    site.model.tell("Stop me elsewhere", "So far", " and no further")
    first = open_chat(page, site.page_of(CHAT))
    first.ask("Stop me elsewhere")
    expect(first.answer).to_contain_text("So far")
    second = Chat(page.context.new_page())
    second.page.goto(page.url)
    second.stop.click()
    for chat in (first, second):
        expect(chat.answer).to_have_attribute("aria-busy", "false")
        expect(chat.answer).to_contain_text("So far")


def test_answers_go_on_while_another_conversation_is_read(site: Site, page: Page) -> None:
    tale = site.model.tell("Work while I read", "Still ", "done.")
    site.model.name_conversation("Work while I read", "Working")
    chat = open_chat(page, site.page_of(CHAT))
    chat.ask("Work while I read")
    expect(chat.answer).to_contain_text("Still")
    chat.list.get_by_role("button", name="New chat").click()
    expect(chat.answers).to_have_count(0)
    chat.ask("Something else")
    chat.expect_answer("You said: Something else")
    tale.go_on()
    chat.conversation("Working").click()
    chat.expect_answer("Still done.")


def test_no_visitor_sees_the_conversations_of_another(site: Site, visitors: Visitors, witness: Witness) -> None:
    witness.expect(r"\b404\b.*/api/messages")
    site.model.name_conversation("My secret pattern", "Secret pattern")
    mine = open_chat(visitors.arrive(), site.page_of(CHAT))
    mine.ask("My secret pattern")
    mine.expect_answer("You said: My secret pattern")
    expect(mine.conversation("Secret pattern")).to_be_visible()
    other = open_chat(visitors.arrive(), site.page_of(CHAT))
    expect(other.list).to_contain_text("Your conversations will be listed here.")
    other.page.goto(mine.page.url)
    expect(other.composer).to_be_visible()
    expect(other.page.get_by_text("My secret pattern")).to_have_count(0)
