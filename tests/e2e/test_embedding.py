"""Chats inside other web sites: the bubble of the script, plain frames, and what such sites may not do."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import FrameLocator, Page, expect

from tests.e2e.accessibility import axe_source, expect_accessible
from tests.e2e.apps import CHAT, GUIDE
from tests.e2e.conftest import Visitors
from tests.e2e.foreign import foreign_site
from tests.e2e.site import Site
from tests.e2e.witness import Witness

BUBBLE, WINDOW = "#treadle-chatbot-bubble-button", "#treadle-chatbot-bubble-window"
DIFY_BUBBLE, DIFY_WINDOW = "#dify-chatbot-bubble-button", "#dify-chatbot-bubble-window"
SHOP = (
    '<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><title>Shop</title><h1>Shop</h1>'
)
SANDBOX = "allow-scripts allow-forms allow-popups"


def code_of(address: str) -> str:
    return address.rpartition("/")[2]


@pytest.fixture(scope="module")
def shop(site: Site) -> Iterator[str]:
    """A web site of somebody else, with a page for each way to embed a chat."""
    guide, chat = code_of(site.page_of(GUIDE)), code_of(site.page_of(CHAT))
    script = f'<script src="{site.url}/embed.min.js" defer'
    settings = f"token: '{chat}', baseUrl: '{site.url}', draggable: true, inputs: {{craft: 'lace'}}"
    pages = {
        "/strict": (
            f"default-src 'none'; script-src {site.url}; frame-src {site.url}; require-trusted-types-for 'script'",
            f"""{SHOP}{script} data-token="{guide}" data-inputs='{{"craft": "knitting"}}'
            data-system-variables='{{"user_id": "customer-7"}}' data-user-variables='{{"name": "Grace"}}'></script>""",
        ),
        "/dify": (
            "",
            f"{SHOP}<script>window.difyChatbotConfig = {{{settings}, containerProps: {{className: 'mine'}}}}</script>"
            f"{script}></script>{script}></script>"
            f"<style>{DIFY_BUBBLE} {{ background-color: #1C64F2 !important; }} "
            f"{DIFY_WINDOW} {{ width: 20rem !important; height: 30rem !important; }}</style>",
        ),
        "/wrong": ("", f"{SHOP}{script}></script>"),
        "/sandbox": ("", f'{SHOP}<iframe sandbox="{SANDBOX}" src="{site.url}/chatbot/{chat}" height="600"></iframe>'),
        "/thief": ("", f'{SHOP}<iframe src="{site.url}/apps"></iframe>'),
    }
    with foreign_site(pages) as origin:
        yield origin


def ask(frame: FrameLocator, text: str) -> None:
    frame.get_by_role("textbox", name="Ask ").fill(text)
    frame.get_by_role("button", name="Send").click()
    expect(frame.get_by_text(f"You said: {text}")).to_be_visible()


def test_a_bubble_on_a_page_with_a_strict_policy(site: Site, page: Page, shop: str) -> None:
    page.goto(f"{shop}/strict")
    bubble = page.get_by_role("button", name="Open chat")
    bubble.focus()
    page.keyboard.press("Enter")
    chat = page.frame_locator(WINDOW)
    expect(chat.get_by_role("textbox", name="Your craft")).to_have_value("knitting")
    ask(chat, "What is a loom?")
    expect(chat.get_by_text("Grace")).to_be_visible()
    frame = next(each for each in page.frames if "/chatbot/" in each.url)
    frame.evaluate(axe_source() + "\n;0")
    problems = frame.evaluate("async () => (await axe.run(document)).violations.map(each => [each.id, each.impact])")
    assert [each for each in problems if each[1] in ("serious", "critical")] == []

    width = page.locator(WINDOW).bounding_box()
    chat.get_by_role("button", name="Change the size").click()
    expect(page.locator(WINDOW)).to_have_attribute("data-expanded", "")
    wider = page.locator(WINDOW).bounding_box()
    assert width
    assert wider
    assert wider["width"] > width["width"]
    chat.get_by_role("textbox", name="Ask ").press("Escape")
    expect(page.locator(WINDOW)).to_be_hidden()
    expect(bubble).to_be_focused()
    bubble.click()
    expect(chat.get_by_text("You said: What is a loom?")).to_be_visible()
    chat.get_by_role("button", name="New chat").first.click()
    expect(chat.get_by_role("list", name="Suggested questions")).to_be_visible()

    chat.get_by_role("button", name="Conversations").click()
    expect(chat.get_by_role("navigation", name="Conversations").get_by_role("button")).not_to_have_count(1)


def test_a_page_written_for_dify(page: Page, shop: str) -> None:
    page.goto(f"{shop}/dify")
    bubble = page.locator(DIFY_BUBBLE)
    expect(bubble).to_have_count(1)
    expect(bubble).to_have_class("mine")
    expect(bubble).to_have_css("background-color", "rgb(28, 100, 242)")
    before = bubble.bounding_box()
    assert before
    page.mouse.move(before["x"] + 20, before["y"] + 20)
    page.mouse.down()
    page.mouse.move(120, 90, steps=5)
    page.mouse.up()
    assert bubble.evaluate("bubble => [bubble.offsetLeft, bubble.offsetTop]") == [100, 70]
    after = bubble.bounding_box()
    assert after
    expect(page.locator(DIFY_WINDOW)).to_have_count(0)
    bubble.click()
    window = page.locator(DIFY_WINDOW)
    expect(window).to_be_visible()
    box = window.bounding_box()
    assert box
    assert (box["width"], box["height"]) == (320, 480)
    assert box["x"] >= after["x"] - 1
    assert box["y"] >= after["y"] + after["height"]
    ask(page.frame_locator(DIFY_WINDOW), "Hello from the shop")


def test_a_frame_without_storage_on_a_phone(visitors: Visitors, shop: str) -> None:
    page = visitors.arrive_by_phone()
    page.goto(f"{shop}/sandbox")
    ask(page.frame_locator("iframe"), "Hello from the sandbox")


def test_on_a_phone_the_chat_has_the_screen(visitors: Visitors, shop: str) -> None:
    page = visitors.arrive_by_phone()
    page.goto(f"{shop}/strict")
    page.get_by_role("button", name="Open chat").tap()
    chat = page.frame_locator(WINDOW)
    close = chat.get_by_role("button", name="Close", exact=True)
    expect(close).to_be_visible()
    box = page.locator(WINDOW).bounding_box()
    assert box
    assert (box["x"], box["width"]) == (0, page.evaluate("innerWidth"))
    close.tap()
    expect(page.locator(WINDOW)).to_be_hidden()


def test_what_cannot_be_embedded(site: Site, page: Page, shop: str, witness: Witness) -> None:
    witness.expect("the chat cannot be embedded", "frame-ancestors", "ERR_BLOCKED_BY_RESPONSE", "chrome-error", "/apps")
    with page.expect_console_message(lambda message: "`token` must be the code" in message.text):
        page.goto(f"{shop}/wrong")
    expect(page.locator(BUBBLE)).to_have_count(0)
    page.goto(f"{shop}/thief")
    expect(page.get_by_role("heading", name="Shop")).to_be_visible()
    assert not any(each.url.startswith(f"{site.url}/apps") and each.query_selector("#root") for each in page.frames)


def test_the_page_for_frames_is_accessible(site: Site, page: Page) -> None:
    page.goto(f"{site.url}/chatbot/{code_of(site.page_of(GUIDE))}")
    expect(page.get_by_role("list", name="Suggested questions")).to_be_visible()
    expect_accessible(page)
