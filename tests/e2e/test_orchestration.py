"""A chatbot and an agent put together in the browser, tried, published and called by their API."""

import httpx
from playwright.sync_api import Page, expect

from tests.e2e.accessibility import expect_accessible
from tests.e2e.site import Site


def new_app(site: Site, page: Page, kind: str, name: str) -> str:
    """A new app made in the studio; gives its id."""
    page.goto(f"{site.url}/apps?create=blank")
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("radio", name=kind).click()
    dialog.get_by_label("Name", exact=True).fill(name)
    dialog.get_by_role("button", name="Create").click()
    page.wait_for_url("**/configuration")
    return page.url.split("/app/")[1].split("/")[0]


def call(page: Page, method: str, path: str, body: object = None) -> object:
    """The console API, as the page calls it."""
    script = """async ([method, path, body]) => {
        const token = document.cookie.match(/treadle_csrf=([^;]*)/)[1];
        const headers = { "Content-Type": "application/json", "X-CSRF-Token": decodeURIComponent(token) };
        const answer = await fetch("/console/api" + path, { method, headers, body: body && JSON.stringify(body) });
        return answer.status === 204 ? null : answer.json();
    }"""
    return page.evaluate(script, [method, path, body])


def test_a_chatbot_is_built_tried_published_and_called(site: Site, console: Page) -> None:
    app_id = new_app(site, console, "Chatbot", "Harbour guide")
    console.get_by_role("textbox", name="Instructions").fill("You guide {{visitor}} through the harbour.")
    console.get_by_role("button", name="Ask for them").click()
    expect(console.get_by_role("textbox", name="Name", exact=True)).to_have_value("visitor")
    console.get_by_role("textbox", name="Opening").fill("Ahoy there.")
    expect_accessible(console)
    preview = console.get_by_role("region", name="Preview")
    expect(preview.get_by_text("Ahoy there.")).to_be_visible()
    preview.get_by_label("visitor").fill("Ann")
    ask = preview.get_by_role("textbox", name="Ask the draft")
    ask.fill("Where is the pier?")
    ask.press("Enter")
    expect(preview.get_by_role("article")).to_have_attribute("aria-busy", "false")
    console.get_by_role("button", name="Publish").click()
    expect(console.get_by_text("Published. The page and the API answer with it now.")).to_be_visible()
    expect(console.get_by_role("button", name="Publish")).to_be_disabled()

    key = call(console, "POST", f"/apps/{app_id}/api-keys")
    assert isinstance(key, dict)
    answer = httpx.post(
        f"{site.url}/v1/chat-messages",
        headers={"Authorization": f"Bearer {key['token']}"},
        json={"inputs": {"visitor": "Bo"}, "query": "Hi", "user": "bo", "response_mode": "blocking"},
        timeout=30,
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["answer"]


def test_an_agent_gets_a_tool(site: Site, console: Page) -> None:
    app_id = new_app(site, console, "Agent", "Clock keeper")
    console.get_by_role("textbox", name="Instructions").fill("Tell the time.")
    console.get_by_role("combobox", name="Add tool").or_(console.get_by_role("button", name="Add tool")).first.click()
    console.get_by_placeholder("Search").fill("current time")
    console.get_by_role("option").first.click()
    expect(console.get_by_role("switch", name="Use")).to_be_checked()
    console.get_by_role("button", name="Publish").click()
    expect(console.get_by_text("Published. The page and the API answer with it now.")).to_be_visible()
    app = call(console, "GET", f"/apps/{app_id}")
    assert isinstance(app, dict)
    [tool] = app["configuration"]["agent_mode"]["tools"]
    assert (tool["provider_type"], tool["enabled"]) == ("builtin", True)
