"""Model providers in the settings: a key that is refused, one that works, a model of one's own, defaults."""

from playwright.sync_api import Page, expect

from tests.e2e.accessibility import expect_accessible
from tests.e2e.site import Site


def test_a_model_is_set_up_and_switched_off(site: Site, console: Page) -> None:
    console.goto(f"{site.url}/settings/models")
    console.get_by_role("searchbox", name="Search providers").fill("OpenAI-API-compatible")
    expect_accessible(console)
    card = console.get_by_role("article").filter(has_text="OpenAI-API-compatible").first
    card.get_by_role("button", name="Add model").click()
    dialog = console.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Try and save")).to_be_disabled()
    dialog.get_by_label("Name of the model").fill("second-voice")
    dialog.get_by_label("API endpoint URL").fill(site.model.url)
    dialog.get_by_label("API key").fill("wrong")
    dialog.get_by_role("button", name="Try and save").click()
    expect(dialog.get_by_role("alert")).to_contain_text("second-voice")
    dialog.get_by_label("API key").fill(site.model.key)
    dialog.get_by_role("button", name="Try and save").click()
    expect(dialog).to_be_hidden()
    card.get_by_role("button", name="Models").click()
    row = card.get_by_role("listitem").filter(has_text="second-voice")
    row.get_by_role("switch").click()
    expect(row.get_by_role("switch")).not_to_be_checked()
    row.get_by_role("switch").click()
    expect(row.get_by_role("switch")).to_be_checked()
