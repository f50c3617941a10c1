"""Where an app can be used: its page on and off, its address as a code, keys of its API."""

import httpx
from playwright.sync_api import Page, expect

from tests.e2e.accessibility import expect_accessible
from tests.e2e.canvas import Canvas
from tests.e2e.site import Site
from tests.server.app_files import end, start, template, workflow

FLOW = workflow(start(to="text"), template("text", "ready", to="end"), end(text="text.output"), name="Put to use")


def test_a_page_is_switched_and_a_key_is_made_used_and_removed(site: Site, console: Page) -> None:
    canvas = Canvas(site, console).import_file(FLOW)
    canvas.call("POST", f"/apps/{canvas.app_id}/workflows/publish", {})
    console.goto(f"{site.url}/app/{canvas.app_id}/overview")
    expect_accessible(console)
    page = console.get_by_role("region", name="Web page")
    page.get_by_role("switch").click()
    expect(page.get_by_text("Switched off")).to_be_visible()
    expect(page.get_by_role("button", name="Open page")).to_be_disabled()
    page.get_by_role("switch").click()
    page.get_by_role("button", name="QR code").click()
    expect(console.get_by_role("dialog").get_by_role("img")).to_be_visible()
    console.keyboard.press("Escape")

    api = console.get_by_role("region", name="API")
    expect(api.get_by_text("There is no key yet.")).to_be_visible()
    api.get_by_role("button", name="New key").click()
    shown = console.get_by_role("dialog")
    token = shown.locator(".font-mono").inner_text()
    console.keyboard.press("Escape")
    answer = httpx.post(
        f"{site.url}/v1/workflows/run",
        headers={"Authorization": f"Bearer {token}"},
        json={"inputs": {}, "user": "u", "response_mode": "blocking"},
        timeout=30,
    )
    assert answer.json()["data"]["outputs"] == {"text": "ready"}
    api.get_by_role("button", name="Remove the key").click()
    console.get_by_role("button", name="Remove", exact=True).click()
    expect(api.get_by_text("There is no key yet.")).to_be_visible()
