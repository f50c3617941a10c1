"""Model providers in the settings: an address where nobody is, one that works, a model of one's own, defaults."""

from playwright.sync_api import Page, expect

from tests.e2e.accessibility import expect_accessible
from tests.e2e.site import Site
from tests.e2e.witness import Witness


def test_a_model_is_set_up_and_switched_off(site: Site, console: Page, witness: Witness) -> None:
    witness.expect(r"\b400\b.*/models$", r"400.*\(http.*/models\)")
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
    dialog.get_by_label("API Key").fill(site.model.key)
    dialog.get_by_role("button", name="Try and save").click()
    expect(dialog).to_be_hidden()
    card.get_by_role("button", name="Models").click()
    row = card.get_by_role("listitem").filter(has_text="second-voice")
    row.get_by_role("switch").click()
    expect(row.get_by_role("switch")).not_to_be_checked()
    row.get_by_role("switch").click()
    expect(row.get_by_role("switch")).to_be_checked()
