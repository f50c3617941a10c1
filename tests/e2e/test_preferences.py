"""Theme, language and motion: chosen by the visitor or taken from the system."""

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.apps import CHAT
from tests.e2e.chat import Chat, open_chat
from tests.e2e.conftest import Visitors
from tests.e2e.site import Site
from tests.e2e.witness import SIGNED_OUT, Witness

BRIGHTNESS = """() => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d");
  canvas.fillStyle = getComputedStyle(document.querySelector("main")?.parentElement ?? document.body).backgroundColor;
  canvas.fillRect(0, 0, 1, 1);
  const [red, green, blue] = canvas.getImageData(0, 0, 1, 1).data;
  return (red + green + blue) / 3;
}"""

STILL = """async () => {
  while (document.getAnimations().some((a) => a.playState === "running")) await new Promise(requestAnimationFrame);
}"""
"""Comes to an end once nothing moves, and never when something moves for ever."""


def is_dark(page: Page) -> bool:
    return bool(page.evaluate(BRIGHTNESS) < 100)


def prefer(page: Page, item: str) -> None:
    """Chooses from the menu of appearance and language, which is the last one in the bar."""
    page.locator("header").get_by_role("button").and_(page.locator("[aria-haspopup=menu]")).click()
    page.get_by_role("menuitemradio", name=item).click()


def test_the_theme_follows_the_system_until_one_is_chosen(site: Site, page: Page) -> None:
    open_chat(page, site.page_of(CHAT))
    assert not is_dark(page)
    page.emulate_media(color_scheme="dark")
    assert is_dark(page)
    prefer(page, "Light")
    assert not is_dark(page)
    page.emulate_media(color_scheme="light")
    prefer(page, "Dark")
    assert is_dark(page)
    page.reload()
    expect(Chat(page).composer).to_be_visible()
    assert is_dark(page)
    prefer(page, "Like the system")
    assert not is_dark(page)


def test_the_language_is_switched_and_kept(site: Site, page: Page) -> None:
    open_chat(page, site.page_of(CHAT))
    sidebar = page.get_by_role("navigation")
    expect(sidebar.get_by_role("button").first).to_have_text("New chat")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    prefer(page, "日本語")
    expect(sidebar.get_by_role("button").first).to_have_text("新しいチャット")
    expect(page.locator("html")).to_have_attribute("lang", "ja")
    page.reload()
    expect(sidebar.get_by_role("button").first).to_have_text("新しいチャット")
    prefer(page, "简体中文")
    expect(sidebar.get_by_role("button").first).to_have_text("新对话")
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    prefer(page, "English")
    expect(sidebar.get_by_role("button").first).to_have_text("New chat")


@pytest.mark.parametrize(("locale", "title"), [("ja-JP", "サインイン"), ("zh-CN", "登录"), ("fr-FR", "Sign in")])
def test_the_console_speaks_the_language_of_the_browser(
    site: Site, visitors: Visitors, witness: Witness, locale: str, title: str
) -> None:
    witness.expect(SIGNED_OUT)
    page = visitors.arrive(locale=locale)
    page.goto(site.url)
    expect(page.get_by_role("button", name=title, exact=True)).to_be_visible()


def test_a_published_page_speaks_the_language_of_its_app(site: Site, visitors: Visitors) -> None:
    page = visitors.arrive(locale="ja-JP")
    page.goto(site.page_of(CHAT))
    expect(page.get_by_role("navigation").get_by_role("button").first).to_have_text("New chat")


def test_nothing_moves_for_those_who_want_no_motion(site: Site, visitors: Visitors) -> None:
    tale = site.model.tell("Hold still", "Standing ", "still.")
    chat = open_chat(visitors.arrive(reduced_motion="reduce"), site.page_of(CHAT))
    chat.ask("Hold still")
    expect(chat.answer).to_contain_text("Standing")
    chat.page.evaluate(STILL)
    tale.go_on()
    chat.expect_answer("Standing still.")
