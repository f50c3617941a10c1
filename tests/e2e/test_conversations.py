"""The list of conversations: begun, named, pinned, deleted, kept."""

import re

from playwright.sync_api import Page, expect

from tests.e2e.apps import CHAT
from tests.e2e.chat import Chat, open_chat
from tests.e2e.site import Site


def talk(chat: Chat, question: str) -> None:
    """A conversation of one question, which is its name too."""
    chat.list.get_by_role("button", name="New chat").click()
    with chat.page.expect_response(re.compile("/name$")):
        chat.ask(question)
    chat.expect_answer(f"You said: {question}")
    expect(chat.conversation(question)).to_be_visible()


def named(site: Site, page: Page, *questions: str) -> Chat:
    """A chat with a conversation for each question, the last one open."""
    for question in questions:
        site.model.name_conversation(question, question)
    chat = open_chat(page, site.page_of(CHAT))
    for question in questions:
        talk(chat, question)
    return chat


def test_conversations_are_named_listed_and_reopened(site: Site, page: Page) -> None:
    chat = named(site, page, "Silk", "Wool")
    rows = chat.list.get_by_role("listitem")
    expect(rows).to_have_text(["Wool", "Silk"])
    expect(chat.conversation("Wool")).to_have_attribute("aria-current", "page")
    chat.conversation("Silk").click()
    expect(chat.answer).to_contain_text("You said: Silk")
    expect(page).to_have_url(re.compile(r"\?conversation=[0-9a-f-]{36}$"))
    expect(page).to_have_title("Silk - Weaver")
    page.go_back()
    expect(chat.answer).to_contain_text("You said: Wool")
    page.reload()
    expect(rows).to_have_text(["Wool", "Silk"])
    expect(chat.answer).to_contain_text("You said: Wool")


def test_a_visit_without_an_address_opens_the_last_conversation(site: Site, page: Page) -> None:
    chat = named(site, page, "Hemp")
    page.goto(site.page_of(CHAT))
    expect(chat.answer).to_contain_text("You said: Hemp")


def test_a_conversation_is_renamed(site: Site, page: Page) -> None:
    chat = named(site, page, "Jute")
    chat.choose("Jute", "Rename")
    dialog = page.get_by_role("dialog", name="Rename conversation")
    name = dialog.get_by_role("textbox", name="Name")
    expect(name).to_have_value("Jute")
    name.press("ControlOrMeta+a")
    name.press("Delete")
    expect(dialog.get_by_role("button", name="Rename")).to_be_disabled()
    name.press_sequentially("Ramie & flax")
    with page.expect_response(re.compile("/name$")):
        dialog.get_by_role("button", name="Rename").click()
    expect(dialog).to_be_hidden()
    expect(chat.conversation("Ramie & flax")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ramie & flax")
    page.reload()
    expect(chat.conversation("Ramie & flax")).to_be_visible()
    expect(chat.conversation("Jute")).to_have_count(0)


def test_a_pinned_conversation_stands_first(site: Site, page: Page) -> None:
    chat = named(site, page, "Old", "New")
    with page.expect_response(re.compile("/pin$")):
        chat.choose("Old", "Pin")
    rows = chat.list.get_by_role("listitem")
    expect(chat.list.get_by_role("heading")).to_have_text(["Pinned", "Chats"])
    expect(rows).to_have_text(["Old", "New"])
    page.reload()
    expect(rows).to_have_text(["Old", "New"])
    chat.choose("Old", "Unpin")
    expect(chat.list.get_by_role("heading")).to_have_count(0)
    expect(rows).to_have_text(["New", "Old"])


def test_a_conversation_is_deleted_after_a_question(site: Site, page: Page) -> None:
    chat = named(site, page, "Keep", "Drop")
    chat.choose("Drop", "Delete")
    dialog = page.get_by_role("dialog", name="Delete this conversation?")
    expect(dialog).to_contain_text("“Drop” will be gone for good.")
    dialog.get_by_role("button", name="Cancel").click()
    expect(chat.conversation("Drop")).to_be_visible()
    chat.choose("Drop", "Delete")
    with page.expect_response(lambda response: response.request.method == "DELETE"):
        dialog.get_by_role("button", name="Delete").click()
    expect(chat.conversation("Drop")).to_have_count(0)
    expect(chat.answers).to_have_count(0)
    expect(page).not_to_have_url(re.compile("conversation="))
    page.reload()
    expect(chat.list.get_by_role("listitem")).to_have_text(["Keep"])


def test_the_list_can_be_hidden_and_stays_so(site: Site, page: Page) -> None:
    chat = open_chat(page, site.page_of(CHAT))
    page.get_by_role("button", name="Hide conversations").click()
    expect(chat.list).to_have_count(0)
    page.reload()
    expect(chat.composer).to_be_visible()
    expect(chat.list).to_have_count(0)
    page.get_by_role("button", name="Show conversations").click()
    expect(chat.list).to_be_visible()
