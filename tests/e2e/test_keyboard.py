"""The main job without a mouse: every step by Tab, arrows, Enter and Escape."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.e2e.apps import CHAT, COMPLETION
from tests.e2e.chat import Chat, open_chat
from tests.e2e.conftest import Visitors
from tests.e2e.generator import open_generator
from tests.e2e.site import Site
from tests.e2e.witness import SIGNED_OUT, Witness

MOST_STEPS = 120
RING = "element => { const look = getComputedStyle(element); return `${look.outlineStyle} ${look.boxShadow}`; }"


def reach(target: Locator, key: str = "Tab") -> None:
    """Presses Tab until `target` has the focus."""
    for _ in range(MOST_STEPS):
        if target.evaluate("element => element === document.activeElement"):
            return
        target.page.keyboard.press(key)
    raise AssertionError(f"{MOST_STEPS} times {key} did not reach it: {target}")


def tab_to(target: Locator, key: str = "Tab") -> None:
    """Reaches `target`, which has to show that it has the focus."""
    reach(target, key)
    assert target.evaluate(RING) != "none none", "the focus does not show"


def test_from_sign_in_to_an_answer(site: Site, page: Page, witness: Witness) -> None:
    witness.expect(SIGNED_OUT)
    page.goto(f"{site.url}/signin")
    tab_to(page.get_by_label("E-mail"))
    page.keyboard.type("ada@example.com")
    page.keyboard.press("Tab")
    page.keyboard.type("correct-horse-1")
    page.keyboard.press("Enter")
    search = page.get_by_label("Search by name")
    expect(search).to_be_visible()
    reach(search)  # the border of the box around it shows the focus
    page.keyboard.type("Pocket guide")
    expect(page).to_have_url(re.compile("keywords=Pocket"))
    app = page.get_by_role("article").filter(has=page.get_by_role("heading", name="Pocket guide", exact=True))
    expect(app).to_be_visible()
    tab_to(app.get_by_role("button", name="What to do with Pocket guide", exact=True))
    page.keyboard.press("Enter")
    expect(page.get_by_role("menuitem", name="Use in Explore")).to_be_focused()
    page.keyboard.press("Enter")
    chat = Chat(page)
    expect(chat.composer).to_be_focused()
    page.keyboard.type("Only keys")
    page.keyboard.press("Enter")
    chat.expect_answer("You said: Only keys")
    tab_to(chat.answer.get_by_role("button", name="Good answer"), "Shift+Tab")
    page.keyboard.press("Space")
    expect(chat.answer.get_by_role("button", name="Good answer")).to_have_attribute("aria-pressed", "true")


def test_menus_and_dialogs_of_a_conversation(site: Site, page: Page) -> None:
    site.model.name_conversation("Keyed", "Keyed")
    chat = open_chat(page, site.page_of(CHAT))
    page.keyboard.type("Keyed")
    page.keyboard.press("Enter")
    chat.expect_answer("You said: Keyed")
    expect(chat.conversation("Keyed")).to_be_visible()
    menu = chat.list.get_by_role("button", name="Menu of Keyed")
    tab_to(menu, "Shift+Tab")
    expect(menu).to_be_visible()
    page.keyboard.press("Enter")
    items = page.get_by_role("menuitem")
    expect(items).to_have_text(["Pin", "Rename", "Delete"])
    expect(items.nth(0)).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(items.nth(2)).to_be_focused()
    page.keyboard.press("Escape")
    expect(items).to_have_count(0)
    expect(menu).to_be_focused()
    page.keyboard.press("Enter")
    expect(items.nth(0)).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(items.nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("textbox")).to_be_focused()
    for _ in range(6):
        page.keyboard.press("Tab")
        outside = "!document.activeElement.closest('[role=dialog]') && document.activeElement !== document.body"
        assert not page.evaluate(outside), "the focus left the dialog"
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(menu).to_be_focused()


def test_a_form_is_filled_in_and_its_tabs_are_changed(site: Site, page: Page) -> None:
    generator = open_generator(page, site.page_of(COMPLETION))
    tab_to(generator.form.get_by_label("Product"))
    page.keyboard.type("bonnet")
    page.keyboard.press("Enter")
    generator.expect_result("You said: Describe bonnet.")
    tab_to(page.get_by_role("tab", name="Run batch"), "Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Choose a CSV file").first).to_be_visible()


def test_the_run_log_is_walked(site: Site, visitors: Visitors, console: Page) -> None:
    chat = open_chat(visitors.arrive(), site.page_of(CHAT))
    chat.ask("Walked by keys")
    chat.expect_answer("You said: Walked by keys")
    console.goto(f"{site.url}/logs")
    row = console.get_by_role("row").filter(has_text="Walked by keys").first
    expect(row).to_be_visible()
    tab_to(row.get_by_role("link"))
    console.keyboard.press("Enter")
    step = console.get_by_role("table").get_by_role("button").first
    expect(step).to_be_visible()
    tab_to(step)
    console.keyboard.press("Enter")
    expect(step).to_have_attribute("aria-expanded", "true")
    expect(console.get_by_role("table").get_by_role("heading", name="Inputs")).to_be_visible()
