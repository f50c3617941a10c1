"""Pages that are not there, apps that were switched off, and a server that is away for a while."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.apps import CHAT
from tests.e2e.chat import open_chat
from tests.e2e.site import Site, running_site
from tests.e2e.witness import LEFT, SIGNED_OUT, Witness
from tests.server.app_files import chat

BROKEN = (r"ERR_CONNECTION_(REFUSED|RESET)", "ERR_INCOMPLETE_CHUNKED", "ERR_EMPTY_RESPONSE")
"""What a browser notes when the other end dies."""


@pytest.fixture(scope="module")
def mortal_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server whose power may be cut."""
    with running_site(tmp_path_factory.mktemp("mortal")) as site:
        yield site


@pytest.mark.parametrize("kind", ["chat", "completion", "workflow"])
def test_an_unknown_code_says_that_the_app_is_not_available(
    site: Site, page: Page, witness: Witness, kind: str
) -> None:
    witness.expect(r"\b404\b.*/api/passport")
    page.goto(f"{site.url}/{kind}/0123456789abcdef")
    expect(page.get_by_role("heading")).to_have_text("This app is not available")
    expect(page.get_by_text("It may have been switched off")).to_be_visible()


def test_an_unknown_path_leads_home(site: Site, page: Page, witness: Witness) -> None:
    witness.expect(r"\b404\b.*/nowhere", SIGNED_OUT)
    page.goto(f"{site.url}/nowhere/at/all")
    expect(page.get_by_role("heading")).to_have_text("There is no such page")
    page.get_by_role("link", name="Go to the start page").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()


def test_a_page_that_is_switched_off_goes_away_for_those_who_have_it_open(
    site: Site, page: Page, witness: Witness
) -> None:
    address = site.publish(chat(name="Short-lived"))
    talk = open_chat(page, address)
    talk.ask("Are you there?")
    talk.expect_answer("You said: Are you there?")
    witness.expect(LEFT, r"\b(400|401|403|404)\b")
    site.switch_off(address)
    page.reload()
    expect(page.get_by_role("heading", name="This app is not available")).to_be_visible()
    expect(talk.composer).to_have_count(0)


def test_a_question_to_a_dead_server_is_kept_and_answered_later(
    mortal_site: Site, page: Page, witness: Witness
) -> None:
    witness.expect(*BROKEN)
    chat = open_chat(page, mortal_site.page_of(CHAT))
    chat.ask("Before")
    chat.expect_answer("You said: Before")
    mortal_site.lose_power()
    chat.ask("Meanwhile")
    alert = chat.answer.get_by_role("alert")
    expect(alert).to_contain_text("The server cannot be reached.")
    expect(chat.messages).to_contain_text("Meanwhile")
    mortal_site.come_back()
    alert.get_by_role("button", name="Try again").click()
    chat.expect_answer("You said: Meanwhile")
    page.reload()
    expect(chat.questions).to_have_count(2)
    chat.expect_answer("You said: Meanwhile")


def test_an_answer_goes_on_after_the_server_died_in_its_middle(mortal_site: Site, page: Page, witness: Witness) -> None:
    witness.expect(*BROKEN, r"\b404\b.*/api/(tasks|conversations)/")
    mortal_site.model.tell("Survive this", "Half ", "and half.")
    chat = open_chat(page, mortal_site.page_of(CHAT))
    chat.ask("Survive this")
    expect(chat.answer).to_contain_text("Half")
    mortal_site.until_recorded()
    mortal_site.lose_power()
    mortal_site.model.answer("Survive this", "Half and half.")
    mortal_site.come_back()
    chat.expect_answer("Half and half.")
    expect(chat.questions).to_have_count(1)


def test_a_form_sent_to_a_dead_server_can_be_sent_again(mortal_site: Site, page: Page, witness: Witness) -> None:
    witness.expect(*BROKEN, SIGNED_OUT)
    page.goto(f"{mortal_site.url}/setup")
    page.get_by_label("Name").press_sequentially("Ada")
    page.get_by_label("E-mail").press_sequentially("ada@example.com")
    page.get_by_label("Password", exact=True).press_sequentially("correct-horse-1")
    mortal_site.lose_power()
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_role("alert")).to_contain_text("The server cannot be reached.")
    mortal_site.come_back()
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_role("heading", name="Apps")).to_be_visible()
