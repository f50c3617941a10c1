"""Chatbots, agents and text generators put together in the browser, tried, published and called by their API."""

import json
from typing import Any

import httpx
from playwright.sync_api import Locator, Page, expect

from tests.doubles.script import Reply, conversation_text
from tests.e2e.accessibility import expect_accessible
from tests.e2e.site import Site
from tests.e2e.witness import Witness

PUBLISHED = "Published. The page and the API answer with it now."


def new_app(site: Site, page: Page, kind: str, name: str) -> str:
    """A new app made in the studio; gives its id."""
    page.goto(f"{site.url}/apps?create=blank")
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("radio", name=kind).click()
    dialog.get_by_label("Name", exact=True).fill(name)
    dialog.get_by_role("button", name="Create").click()
    page.wait_for_url("**/configuration")
    return page.url.split("/app/")[1].split("/")[0]


def call(page: Page, method: str, path: str, body: object = None) -> Any:
    """The console API, as the page calls it."""
    script = """async ([method, path, body]) => {
        const token = document.cookie.match(/treadle_csrf=([^;]*)/)[1];
        const headers = { "Content-Type": "application/json", "X-CSRF-Token": decodeURIComponent(token) };
        const answer = await fetch("/console/api" + path, { method, headers, body: body && JSON.stringify(body) });
        return answer.status === 204 ? null : answer.json();
    }"""
    return page.evaluate(script, [method, path, body])


def editor(page: Page, name: str) -> Locator:
    """A text with tokens, once it can be written into."""
    return page.get_by_role("textbox", name=name).and_(page.locator("[contenteditable=true]"))


def publish(page: Page) -> None:
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_text(PUBLISHED).last).to_be_visible()
    expect(page.get_by_role("button", name="Publish", exact=True)).to_be_disabled()


def ask_api(site: Site, page: Page, app_id: str, query: str, **inputs: str) -> list[dict[str, Any]]:
    """The events that the app answers a program with."""
    key = call(page, "POST", f"/apps/{app_id}/api-keys")
    answer = httpx.post(
        f"{site.url}/v1/chat-messages",
        headers={"Authorization": f"Bearer {key['token']}"},
        json={"inputs": inputs, "query": query, "user": "bo", "response_mode": "streaming"},
        timeout=30,
    )
    assert answer.status_code == 200, answer.text
    return [json.loads(line.removeprefix("data: ")) for line in answer.text.splitlines() if line.startswith("data: ")]


def text_of(events: list[dict[str, Any]]) -> str:
    return "".join(event.get("answer") or "" for event in events)


def test_a_chatbot_is_built_tried_compared_published_and_called(site: Site, console: Page) -> None:
    app_id = new_app(site, console, "Chatbot", "Harbour guide")
    prompt = editor(console, "Instructions")
    prompt.click()
    console.keyboard.type("You guide {visitor")
    console.get_by_role("option", name="New variable visitor").click()
    expect(prompt.locator(".cm-token[data-state=ok]")).to_have_text("visitor")
    console.keyboard.type(" through {{town}}.")
    console.get_by_role("button", name="Ask for them").click()
    console.get_by_role("button", name="town", expanded=False).click()
    name = console.get_by_role("textbox", name="Name", exact=True)
    name.fill("harbour")
    name.press("Enter")
    expect(prompt.locator(".cm-token")).to_have_text(["visitor", "harbour"])
    editor(console, "Opening message").fill("Ahoy there.")
    console.get_by_role("button", name="Add a question to begin with").click()
    console.get_by_role("textbox", name="Question 1").fill("Where is the pier?")
    console.get_by_role("switch", name="Moderation").click()
    console.get_by_role("combobox", name="Checked by").click()
    console.get_by_role("option", name="Keywords").click()
    console.get_by_role("textbox", name="Keywords").fill("mutiny")
    console.get_by_role("switch", name="Check what people write").click()
    console.get_by_role("textbox", name="Reply in its place").fill("Not on this ship.")
    expect_accessible(console)

    console.reload()
    expect(console.get_by_text("Not published; kept in this browser")).to_be_visible()
    preview = console.get_by_role("region", name="Preview")
    expect(preview.get_by_text("Ahoy there.")).to_be_visible()
    preview.get_by_label("visitor").fill("Ann")
    preview.get_by_label("harbour").fill("Genoa")
    preview.get_by_role("button", name="Where is the pier?").click()
    expect(preview.get_by_role("article")).to_have_attribute("aria-busy", "false")

    preview.get_by_role("button", name="Compare models").click()
    preview.get_by_role("button", name="Duplicate model 1").click()
    preview.get_by_role("button", name="Take model 3 out").click()
    ask = preview.get_by_role("textbox", name="Ask the draft")
    ask.fill("Where is the mole?")
    ask.press("Enter")
    answers = preview.get_by_role("article")
    expect(answers).to_have_count(2)
    expect(answers.last).to_have_attribute("aria-busy", "false")
    expect_accessible(console)
    preview.get_by_role("button", name="Use this one").last.click()
    expect(preview.get_by_role("button", name="Compare models")).to_be_visible()

    publish(console)
    assert text_of(ask_api(site, console, app_id, "Hi", visitor="Bo", harbour="Oslo"))
    assert text_of(ask_api(site, console, app_id, "A mutiny", visitor="Bo", harbour="Oslo")) == "Not on this ship."


def test_an_agent_is_built_by_keyboard_with_a_tool_and_called(site: Site, console: Page) -> None:
    site.model.reply_when(
        lambda request: "What time is it?" in conversation_text(request),
        Reply('Thought: I look.\nAction: ```json\n{"action": "current_time", "action_input": {}}\n```'),
    )
    site.model.reply_when(
        lambda request: (
            "What time is it?" in conversation_text(request) and "Observation: 20" in conversation_text(request)
        ),
        Reply('Action: ```json\n{"action": "Final Answer", "action_input": "It is late."}\n```'),
    )
    app_id = new_app(site, console, "Agent", "Clock keeper")
    editor(console, "Instructions").focus()
    console.keyboard.type("Tell the time.")
    add = console.get_by_role("button", name="Add tool")
    add.focus()
    console.keyboard.press("Enter")
    console.keyboard.type("current time")
    expect(console.get_by_role("button", name="Tells what time")).to_be_visible()
    console.keyboard.press("Tab")
    console.keyboard.press("Enter")
    expect(console.get_by_role("switch", name="Use ")).to_be_checked()
    console.get_by_role("button", name="Current time", expanded=False).focus()
    console.keyboard.press("Enter")
    zone = console.get_by_role("textbox", name="Time zone")
    zone.fill("Asia/Tokyo")
    console.get_by_role("button", name="Way of working").click()
    rounds = console.get_by_role("textbox", name="Rounds at most")
    rounds.fill("4")
    rounds.press("Enter")
    expect_accessible(console)
    publish(console)
    app = call(console, "GET", f"/apps/{app_id}")
    [tool] = app["configuration"]["agent_mode"]["tools"]
    assert (tool["provider_type"], tool["enabled"]) == ("builtin", True)
    assert tool["tool_parameters"]["timezone"] == "Asia/Tokyo"
    assert app["configuration"]["agent_mode"]["max_iteration"] == 4
    events = ask_api(site, console, app_id, "What time is it?")
    assert "current_time" in {event["tool"] for event in events if event["event"] == "agent_thought"}, events
    assert text_of(events).strip().endswith("It is late.")


def test_two_people_publish_and_an_earlier_version_comes_back(site: Site, console: Page, witness: Witness) -> None:
    witness.expect(r"\b400\b.*/model-config")
    app_id = new_app(site, console, "Text generator", "Describer")
    prompt = editor(console, "Prefix prompt")
    prompt.fill("First.")
    publish(console)
    app = call(console, "GET", f"/apps/{app_id}")
    theirs = {**app["configuration"], "pre_prompt": "Theirs."}
    call(console, "POST", f"/apps/{app_id}/model-config", {"configuration": theirs, "hash": app["draft_hash"]})
    prompt.fill("Mine.")
    console.get_by_role("button", name="Publish", exact=True).click()
    dialog = console.get_by_role("dialog", name="Somebody else has published meanwhile")
    expect(dialog).to_be_visible()
    expect_accessible(console)
    dialog.get_by_role("button", name="Take theirs").click()
    expect(prompt).to_have_text("Theirs.")
    console.get_by_role("button", name="Undo").click()
    expect(prompt).to_have_text("Mine.")
    publish(console)
    console.get_by_role("button", name="More about publishing").click()
    console.get_by_role("menuitem", name="Versions").click()
    versions = console.get_by_role("dialog", name="Versions")
    expect(versions.get_by_role("listitem")).to_have_count(4)
    versions.get_by_role("button", name="Take it up").nth(1).click()
    expect(prompt).to_have_text("First.")
    console.get_by_role("button", name="More about publishing").click()
    console.get_by_role("menuitem", name="Back to what is published").click()
    expect(prompt).to_have_text("Mine.")
