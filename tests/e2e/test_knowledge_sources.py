"""Notion connected by token, its pages taken in and fetched again; summaries that a model makes of chunks."""

import re
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from playwright.sync_api import Page, expect

from tests.doubles.notion import Notion, text_block
from tests.doubles.script import conversation_text
from tests.e2e.accessibility import expect_accessible
from tests.e2e.accounts import sign_in
from tests.e2e.conftest import Visitors
from tests.e2e.site import Site, running_site
from tests.e2e.witness import Witness


class Harbour(NamedTuple):
    site: Site
    notion: Notion


@pytest.fixture(scope="module")
def harbour(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harbour]:
    """A server of its own, which looks for Notion here."""
    folder, there = tmp_path_factory.mktemp("harbour"), "TREADLE_NOTION_API_URL"
    with Notion().in_thread() as notion, running_site(folder, {there: notion.url}) as site:
        site.create_account()
        site.add_embedding_model()
        yield Harbour(site, notion)


@pytest.fixture
def desk(harbour: Harbour, visitors: Visitors) -> Page:
    """The page of whoever runs it."""
    page = visitors.arrive()
    page.goto(f"{harbour.site.url}/signin")
    sign_in(page)
    page.wait_for_url(re.compile(r"/apps"))
    return page


def test_pages_of_notion_are_connected_taken_in_and_fetched_again(
    harbour: Harbour, desk: Page, witness: Witness
) -> None:
    site, notion = harbour
    witness.expect(r"\b400\b.*/oauth/data-source/notion/token")
    desk.goto(f"{site.url}/settings/data-sources")
    desk.get_by_role("button", name="Connect by token").click()
    desk.get_by_label("Token of an internal integration").fill("secret_wrong")
    desk.get_by_role("button", name="Try and save").click()
    expect(
        desk.get_by_role("paragraph").filter(has_text=re.compile("Notion.*token", re.IGNORECASE)).first
    ).to_be_visible()
    assert [str(each) for each in notion.take_violations()]  # the wrong token
    desk.get_by_label("Token of an internal integration").fill(notion.token)
    desk.get_by_role("button", name="Try and save").click()
    expect(desk.get_by_text("7 pages granted")).to_be_visible()
    expect(desk.get_by_label("Token of an internal integration")).to_have_count(0)
    expect_accessible(desk)

    desk.goto(f"{site.url}/datasets/create?source=notion")
    desk.get_by_role("checkbox", name="Handbook").check()
    desk.get_by_role("checkbox", name="Rules").check()
    desk.get_by_role("button", name="Next: how to cut").click()
    desk.get_by_role("radio", name="Economy").click()
    expect(desk.get_by_role("region", name="Preview").get_by_role("listitem").first).to_be_visible()
    desk.get_by_role("button", name="Take in").click()
    desk.get_by_role("link", name="Open the knowledge base").click()
    rules = desk.get_by_role("row").filter(has_text="Rules")
    expect(rules.get_by_text("Available")).to_be_visible()
    notion.edit_page(notion.rules, [text_block("paragraph", "Swimming is welcome in summer.")])
    rules.get_by_role("button", name="More for Rules").click()
    desk.get_by_role("menuitem", name="Fetch again").click()

    def shown() -> bool:
        desk.reload()
        expect(rules.get_by_text("Available")).to_be_visible()
        desk.get_by_role("button", name="Rules", exact=True).click()
        expect(desk.get_by_role("dialog").get_by_role("listitem").first).to_be_visible()
        return "Swimming is welcome" in desk.get_by_role("dialog").inner_text()

    site.until(shown, "the page is fetched again")


def test_chunks_are_summarised_when_the_settings_say_so(harbour: Harbour, desk: Page) -> None:
    site = harbour.site
    site.model.reply_when(
        lambda request: "by which people who ask" in conversation_text(request), "When boats to the island leave."
    )
    desk.goto(f"{site.url}/datasets/create?source=text")
    desk.get_by_label("Name of the document").fill("Ferry")
    desk.get_by_role("textbox", name="Text", exact=True).fill("The ferry leaves at nine from the north pier.")
    desk.get_by_role("button", name="Keep this text").click()
    desk.get_by_role("button", name="Next: how to cut").click()
    desk.get_by_label("Name of the knowledge base").fill("Ferry times")
    desk.get_by_role("radio", name="Chosen members").click()
    expect(desk.get_by_role("checkbox", disabled=True).first).to_be_checked()
    expect_accessible(desk)
    expect(desk.get_by_role("region", name="Preview").get_by_role("listitem").first).to_be_visible()
    desk.get_by_role("button", name="Take in").click()
    desk.get_by_role("link", name="Open the knowledge base").click()
    expect(desk.get_by_role("row").filter(has_text="Ferry").get_by_text("Available")).to_be_visible()
    desk.get_by_role("tab", name="Settings").click()
    desk.get_by_role("switch", name="Summaries of chunks").click()
    expect_accessible(desk)
    desk.get_by_role("button", name="Save", exact=True).click()
    desk.get_by_role("button", name="Summarise what has no summary").click()
    desk.screenshot(path="test-results/summaries-wide.png", full_page=True)
    desk.get_by_role("tab", name=re.compile("Documents")).click()
    expect(desk.get_by_text("Summaries are being made")).to_have_count(0)
    desk.get_by_role("button", name=re.compile(r"^Ferry")).first.click()
    expect(desk.get_by_role("dialog").get_by_text("When boats to the island leave.")).to_be_visible()
    desk.screenshot(path="test-results/summary-chunk.png")
    desk.keyboard.press("Escape")
    desk.get_by_role("tab", name="Try a question").click()
    desk.get_by_role("textbox", name="Ask something").fill("When boats to the island leave.")
    desk.get_by_role("button", name="Find").click()
    found = desk.get_by_role("main").locator("ol").first.get_by_role("listitem").first
    expect(found).to_contain_text("When boats to the island leave.")
    expect(found).to_contain_text("The ferry leaves at nine")
    expect_accessible(desk)
