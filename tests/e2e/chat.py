"""A chat page as the person at it uses it."""

import re

from playwright.sync_api import Locator, Page, expect


class Chat:
    """The composer, the messages and the list of conversations of one tab."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.composer = page.get_by_role("textbox", name=re.compile("^Ask "))
        self.messages = page.get_by_role("log")
        self.questions = self.messages.get_by_role("heading", name="You asked")
        self.answers = self.messages.locator("article > [aria-busy]")
        self.stop = page.get_by_role("button", name="Stop", exact=True)
        self.send = page.get_by_role("button", name="Send")
        self.list = page.get_by_role("navigation", name="Conversations")

    @property
    def answer(self) -> Locator:
        """The newest answer."""
        return self.answers.last

    def write(self, text: str) -> None:
        """Types into the composer."""
        self.composer.click()
        self.composer.press_sequentially(text)

    def ask(self, text: str) -> None:
        """Types a question and sends it."""
        self.write(text)
        self.page.keyboard.press("Enter")

    def expect_answer(self, text: str) -> None:
        """Waits for an answer that is over and contains `text`."""
        expect(self.answer).to_have_attribute("aria-busy", "false")
        expect(self.answer).to_contain_text(text)

    def conversation(self, name: str) -> Locator:
        """A row of the list."""
        return self.list.get_by_role("button", name=name, exact=True)

    def choose(self, name: str, item: str) -> None:
        """Chooses from the menu of a conversation."""
        self.conversation(name).hover()
        self.list.get_by_role("button", name=f"Menu of {name}").click()
        self.page.get_by_role("menuitem", name=item, exact=True).click()


def open_chat(page: Page, address: str) -> Chat:
    """A new tab's chat, loaded."""
    page.goto(address)
    chat = Chat(page)
    expect(chat.composer).to_be_visible()
    return chat
