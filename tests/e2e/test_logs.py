"""The log of an app: found by a word, opened, rated, annotated, traced and deleted."""

import re

from playwright.sync_api import Page, expect

from tests.e2e.accessibility import expect_accessible
from tests.e2e.site import Site
from tests.server.sample_apps import CHAT as SAMPLE_CHAT
from tests.server.sample_apps import COMPLETION, ECHO
from treadle.accounts.tables import KeyType
from treadle.server.services import Services


def published(site: Site, source: str, name: str) -> tuple[str, str]:
    """A new app from a file: its id, and a key of its API."""

    async def work(services: Services) -> tuple[str, str]:
        workspace = (await services.accounts.only_workspace()).id
        app = (await services.apps.import_file(workspace, source.replace(NAMES[source], name), publish=True)).app
        return app.id, (await services.keys.create(workspace, KeyType.APP, app_id=app.id)).token

    return site.with_services(work)


NAMES = {SAMPLE_CHAT: "name: Chat", COMPLETION: "name: Completion", ECHO: "name: Echo"}


def call(page: Page, site: Site, key: str, path: str, body: dict[str, object]) -> dict[str, object]:
    """A request to the API of an app, as a program sends it."""
    answer = page.request.post(
        f"{site.url}/v1{path}", headers={"Authorization": f"Bearer {key}"}, data={"response_mode": "blocking", **body}
    )
    assert answer.ok, answer.text()
    return dict(answer.json())


def test_a_conversation_is_found_rated_annotated_and_deleted(site: Site, console: Page) -> None:
    app, key = published(site, SAMPLE_CHAT, "name: Logged chat")
    first = call(console, site, key, "/chat-messages", {"query": "Where is the harbour?", "inputs": {}, "user": "mira"})
    conversation = {"conversation_id": first["conversation_id"], "inputs": {}, "user": "mira"}
    call(console, site, key, "/chat-messages", {"query": "And the lighthouse?", **conversation})
    call(console, site, key, "/chat-messages", {"query": "Something else", "inputs": {}, "user": "nia"})
    liked = {"rating": "like", "user": "mira", "content": "Helpful"}
    call(console, site, key, f"/messages/{first['message_id']}/feedbacks", liked)

    console.goto(f"{site.url}/app/{app}")
    console.get_by_role("link", name="Logs", exact=True).and_(
        console.locator("[href$='/app/" + app + "/logs']")
    ).click()
    table = console.get_by_role("table", name="Conversations")
    expect(table.get_by_role("row")).to_have_count(3)
    expect(table.get_by_role("img", name="Not opened yet")).to_have_count(2)
    expect_accessible(console)
    console.get_by_role("searchbox", name="Search").fill("LIGHTHOUSE")
    expect(console).to_have_url(re.compile("keyword=LIGHTHOUSE"))
    expect(table.get_by_role("row")).to_have_count(2)
    row = table.get_by_role("row").filter(has_text="mira")
    row.click()
    drawer = console.get_by_role("dialog", name="Conversation")
    expect(drawer).to_contain_text("Where is the harbour?")
    expect(drawer).to_contain_text("The user likes it")
    expect(drawer).to_contain_text("Helpful")
    expect_accessible(console)
    drawer.get_by_role("button", name="Bad answer").first.click()
    expect(drawer.get_by_role("button", name="Bad answer").first).to_have_attribute("aria-pressed", "true")
    drawer.get_by_role("button", name="Annotate").first.click()
    dialog = console.get_by_role("dialog", name="Annotate")
    expect(dialog.get_by_label("Question")).to_have_value("Where is the harbour?")
    dialog.get_by_label("Answer").fill("At the end of the street.")
    dialog.get_by_role("button", name="Save").click()
    expect(drawer).to_contain_text("Annotated by Ada")
    drawer.get_by_role("button", name="Trace").first.click()
    trace = console.get_by_role("dialog", name="Trace of the answer")
    expect(trace).to_contain_text("Succeeded")
    console.keyboard.press("Escape")
    console.keyboard.press("Escape")
    expect(drawer).to_be_hidden()
    expect(row).to_contain_text("Annotated")
    expect(table.get_by_role("img", name="Not opened yet")).to_have_count(0)
    console.get_by_role("combobox", name="Annotations").select_option("Not annotated")
    expect(console.get_by_role("heading", name="Nothing matches")).to_be_visible()

    console.goto(f"{site.url}/app/{app}/logs?open={first['conversation_id']}")
    expect(drawer).to_contain_text("Where is the harbour?")
    console.keyboard.press("k")
    expect(drawer).to_contain_text("Something else")
    console.keyboard.press("j")
    expect(drawer).to_contain_text("Where is the harbour?")
    drawer.get_by_role("button", name="Delete the conversation").click()
    console.get_by_role("alertdialog").get_by_role("button", name="Delete").click()
    expect(drawer).to_be_hidden()
    expect(table.get_by_role("row")).to_have_count(2)


def test_texts_and_runs_are_read_on_a_phone_too(site: Site, console: Page) -> None:
    app, key = published(site, COMPLETION, "name: Logged texts")
    call(console, site, key, "/completion-messages", {"inputs": {"product": "green tea"}, "user": "mira"})
    console.set_viewport_size({"width": 390, "height": 844})
    console.goto(f"{site.url}/app/{app}/logs")
    console.get_by_role("table", name="Texts").get_by_role("row").filter(has_text="green tea").click()
    expect(console.get_by_role("dialog", name="Texts")).to_contain_text("green tea")
    assert console.evaluate("document.documentElement.scrollWidth <= innerWidth")
    expect_accessible(console)

    app, key = published(site, ECHO, "name: Logged runs")
    call(console, site, key, "/workflows/run", {"inputs": {"word": "ahoy", "count": 2}, "user": "nia"})
    console.goto(f"{site.url}/app/{app}/logs")
    console.get_by_role("table", name="Runs").get_by_role("row").filter(has_text="Succeeded").click()
    expect(console.get_by_role("dialog", name="Trace of the run")).to_contain_text("ahoy x 2")
    expect_accessible(console)
