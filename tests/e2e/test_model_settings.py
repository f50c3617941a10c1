"""Model providers in the settings: an address where nobody is, one that works, a model of one's own, defaults."""

import re
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.e2e.accessibility import expect_accessible
from tests.e2e.chat import open_chat
from tests.e2e.site import Site
from tests.e2e.witness import Witness
from tests.server.app_files import chat


def test_a_model_is_set_up_and_switched_off(site: Site, console: Page, witness: Witness) -> None:
    witness.expect(r"\b400\b.*/credentials$", r"400.*\(http.*/credentials\)")
    console.goto(f"{site.url}/settings/models")
    console.get_by_role("searchbox", name="Search providers").fill("OpenAI-API-compatible")
    expect_accessible(console)
    card = console.get_by_role("article").filter(has_text="OpenAI-API-compatible").first
    card.get_by_role("button", name="Add model").click()
    dialog = console.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Try and save")).to_be_disabled()
    dialog.get_by_label("Name of the model").fill("second-voice")
    dialog.get_by_label("API base URL").fill("http://127.0.0.1:9/v1")
    dialog.get_by_role("button", name="Try and save").click()
    expect(dialog.get_by_role("alert")).to_contain_text("second-voice")
    dialog.get_by_label("API base URL").fill(site.model.url)
    dialog.get_by_label("API Key").fill("wrong")
    dialog.get_by_role("button", name="Try", exact=True).click()
    expect(dialog.get_by_role("alert")).to_contain_text("401")
    site.model.take_violations()
    dialog.get_by_label("API Key").fill(site.model.key)
    dialog.get_by_role("button", name="Try", exact=True).click()
    expect(dialog.get_by_role("status")).to_contain_text("It works")
    dialog.get_by_role("button", name="Try and save").click()
    expect(dialog).to_be_hidden()
    card.get_by_role("button", name="Models", exact=True).click()
    row = card.get_by_role("listitem").filter(has_text="second-voice")
    row.get_by_role("switch").click()
    expect(row.get_by_role("switch")).not_to_be_checked()
    row.get_by_role("switch").click()
    expect(row.get_by_role("switch")).to_be_checked()


def test_keys_take_turns_and_another_model_stands_in(site: Site, console: Page) -> None:
    card = generic(site, console)
    add_model(site, card, console, "in-turn")
    row = card.get_by_role("listitem").filter(has_text="in-turn")
    row.get_by_role("button", name="Settings of in-turn").click()
    dialog = console.get_by_role("dialog", name="in-turn")
    expect(dialog.get_by_text("API KEY 1")).to_be_visible()
    expect(dialog.get_by_role("switch", name="Take turns")).to_have_count(0)
    dialog.get_by_role("button", name="Add another key").click()
    form = console.get_by_role("dialog", name="Add a key for in-turn")
    form.get_by_label("API base URL").fill(site.model.url)
    form.get_by_label("API Key").fill(site.model.key)
    form.get_by_label("Name of the key").fill("Second")
    form.get_by_text("Limits of this key").click()
    form.get_by_label("Calls a minute").fill("30")
    form.get_by_role("button", name="Try and save").click()
    expect(form).to_be_hidden()
    dialog.get_by_role("switch", name="Take turns").click()
    expect(dialog.get_by_text("30 a minute")).to_be_visible()
    dialog.get_by_role("switch", name="Second takes its turn").click()
    expect(dialog.get_by_text("Fewer than two keys")).to_be_visible()
    dialog.get_by_role("switch", name="Second takes its turn").click()
    expect(dialog.get_by_text("Fewer than two keys")).to_be_hidden()

    dialog.get_by_role("button", name="What to do with Second").click()
    console.get_by_role("menuitem", name="Change").click()
    form = console.get_by_role("dialog", name="Change Second")
    form.get_by_label("Name of the key").fill("Team two")
    form.get_by_role("button", name="Try and save").click()
    expect(dialog.get_by_text("Team two")).to_be_visible()

    dialog.get_by_role("tab", name="Stand-ins").click()
    dialog.get_by_role("combobox", name="Add a model that stands in").click()
    console.get_by_role("option", name="stub", exact=True).click()
    expect(dialog.get_by_role("listitem").filter(has_text="OpenAI-API-compatible")).to_contain_text("stub")
    expect_accessible(console)
    dialog.get_by_role("button", name="Close").last.click()
    expect(row).to_contain_text("Take turns")
    expect(row).to_contain_text("1 stand-in")

    row.get_by_role("button", name="Settings of in-turn").click()
    dialog.get_by_role("button", name="Remove this model").click()
    console.get_by_role("alertdialog").get_by_role("button", name="Remove").click()
    expect(row).to_have_count(0)


def test_a_key_that_rests_says_for_how_long_and_why(site: Site, console: Page) -> None:
    card = generic(site, console)
    add_model(site, card, console, "tired")
    row = card.get_by_role("listitem").filter(has_text="tired")
    row.get_by_role("button", name="Settings of tired").click()
    dialog = console.get_by_role("dialog", name="tired")
    dialog.get_by_role("button", name="Add another key").click()
    form = console.get_by_role("dialog", name="Add a key for tired")
    form.get_by_label("API base URL").fill(site.model.url)
    form.get_by_label("API Key").fill(site.model.key)
    form.get_by_role("button", name="Try and save").click()
    expect(form).to_be_hidden()
    dialog.get_by_role("switch", name="Take turns").click()
    expect(dialog.get_by_role("switch", name="Take turns")).to_be_checked()

    settings: dict[str, Any] = {
        "provider": "openai_api_compatible",
        "name": "tired",
        "mode": "chat",
        "completion_params": {},
    }
    address = site.publish(chat(name="Tired", model=settings))
    site.model.fail(1, 429, message="Too many at once.")
    talk = open_chat(console.context.new_page(), address)
    talk.ask("Are you there?")
    talk.expect_answer("You said: Are you there?")
    rests = dialog.get_by_text(re.compile(r"rests for \d+ s"))
    expect(rests).to_have_count(1)
    expect(dialog.get_by_text("Too many at once.")).to_be_visible()
    expect_accessible(console)
    shown = rests.inner_text()
    expect(rests).not_to_have_text(shown)
    assert seconds(rests.inner_text()) < seconds(shown)


def seconds(text: str) -> int:
    return int(re.sub(r"\D", "", text))


def test_a_workspace_states_its_own_prices(site: Site, console: Page) -> None:
    card = generic(site, console)
    add_model(site, card, console, "priced")
    console.goto(f"{site.url}/settings/prices")
    row = console.get_by_role("row").filter(has_text="priced")
    expect(row).to_contain_text("Not listed")
    row.get_by_role("button", name="Change the price of priced").click()
    dialog = console.get_by_role("dialog")
    dialog.get_by_role("button", name="Save price").click()
    expect(dialog.get_by_text("A number, such as 0.5")).to_be_visible()
    dialog.get_by_label("Input", exact=True).fill("0,5")
    dialog.get_by_label("Output", exact=True).fill("2")
    dialog.get_by_role("button", name="Other price for long prompts").click()
    dialog.get_by_label("For prompts of more than").fill("100000")
    dialog.get_by_role("group").get_by_label("Input", exact=True).fill("1")
    dialog.get_by_role("button", name="Save price").click()
    expect(dialog).to_be_hidden()
    expect(row).to_contain_text("$0.50 in · $2.00 out")
    expect(row).to_contain_text("above 100,000 tokens: $1.00 in")
    expect_accessible(console)
    console.get_by_role("switch", name="Only own prices").click()
    expect(console.get_by_role("row")).to_have_count(2)
    row.get_by_role("button", name="Use the list price of priced").click()
    expect(console.get_by_text("No model has that name.")).to_be_visible()


def test_what_cannot_be_read_is_asked_for_again(site: Site, console: Page, witness: Witness) -> None:
    witness.expect(r"net::ERR_FAILED")
    app_id = site.app_id(site.address_of("Pocket guide"))
    pages = {
        "settings/models": ("**/model-providers", console.get_by_text("OpenAI-API-compatible").first),
        "settings/api-extensions": ("**/api-based-extension", console.get_by_role("button", name="Add an API").first),
        f"app/{app_id}/overview": ("**/api-keys", console.get_by_role("button", name="New key")),
    }
    for path, (request, shown) in pages.items():
        console.route(request, lambda route: route.abort())
        console.goto(f"{site.url}/{path}")
        failed = console.get_by_role("alert").filter(has_text="The server cannot be reached").first
        expect(failed).to_be_visible()
        expect_accessible(console)
        console.unroute(request)
        failed.get_by_role("button", name="Try again").click()
        expect(shown).to_be_visible()


def test_a_list_of_models_that_cannot_be_read_takes_no_model_away(site: Site, console: Page, witness: Witness) -> None:
    witness.expect(r"net::ERR_FAILED")
    console.route(re.compile("/models/model-types/"), lambda route: route.abort())
    console.goto(f"{site.url}/app/{site.app_id(site.address_of('Pocket guide'))}/configuration")
    chosen = console.get_by_role("button", name="Model:").first
    expect(chosen).to_be_visible()
    chosen.click()
    expect(console.get_by_text("The models could not be loaded").first).to_be_visible()
    expect(console.get_by_text("provider is gone")).to_have_count(0)


def generic(site: Site, console: Page) -> Locator:
    """The card of the provider whose models are one's own."""
    console.goto(f"{site.url}/settings/models")
    console.get_by_role("searchbox", name="Search providers").fill("OpenAI-API-compatible")
    return console.get_by_role("article").filter(has_text="OpenAI-API-compatible").first


def add_model(site: Site, card: Locator, console: Page, name: str) -> None:
    """Adds a chat model of the scripted server, and shows the models of its provider."""
    card.get_by_role("button", name="Add model").click()
    dialog = console.get_by_role("dialog")
    dialog.get_by_label("Name of the model").fill(name)
    dialog.get_by_label("API base URL").fill(site.model.url)
    dialog.get_by_label("API Key").fill(site.model.key)
    dialog.get_by_role("button", name="Try and save").click()
    expect(dialog).to_be_hidden()
    card.get_by_role("button", name="Models", exact=True).click()
