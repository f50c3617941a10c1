"""The log of an app: found by a word, opened, rated, annotated, traced and deleted."""

import csv
import io
import re
from pathlib import Path

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
    drawer.get_by_role("button", name="stub", exact=True).click()
    parameters = console.get_by_role("dialog", name="Parameters")
    expect(parameters).to_be_visible()
    expect_accessible(console)
    console.keyboard.press("Escape")
    expect(parameters).to_be_hidden()
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


def test_a_log_is_narrowed_turned_over_and_saved(site: Site, console: Page) -> None:
    app, key = published(site, SAMPLE_CHAT, "name: Long log")
    old = call(console, site, key, "/chat-messages", {"query": "An old one", "inputs": {}, "user": "mira"})
    site.date_back(str(old["message_id"]), 40)
    for number in range(11):
        call(
            console, site, key, "/chat-messages", {"query": f"Number {number}", "inputs": {}, "user": f"guest-{number}"}
        )
    answer = call(console, site, key, "/chat-messages", {"query": "The best", "inputs": {}, "user": "mira"})
    call(console, site, key, f"/messages/{answer['message_id']}/feedbacks", {"rating": "like", "user": "mira"})

    console.goto(f"{site.url}/app/{app}/logs")
    table = console.get_by_role("table", name="Conversations")
    rows = table.get_by_role("row")
    expect(rows).to_have_count(13)
    console.get_by_role("combobox", name="Entries on a page").select_option("10 a page")
    expect(rows).to_have_count(11)
    console.get_by_role("button", name="Page 2 of 2").click()
    expect(console).to_have_url(re.compile("page=2"))
    expect(rows).to_have_count(3)
    console.get_by_role("combobox", name="Order").select_option("Oldest first")
    expect(rows.nth(1)).to_contain_text("guest-0")

    console.get_by_role("combobox", name="Ratings").select_option("Liked by users")
    expect(rows).to_have_count(2)
    expect(rows.last).to_contain_text("mira")
    console.get_by_role("combobox", name="Ratings").select_option("All ratings")
    console.get_by_role("combobox", name="Period").select_option("Choose days…")
    console.get_by_label("From day").fill("2020-01-01")
    console.get_by_role("searchbox", name="User").fill("MIRA")
    expect(rows).to_have_count(3)
    expect_accessible(console)
    console.get_by_role("button", name="Export").click()
    with console.expect_download() as saved:
        console.get_by_role("menuitem", name="As CSV", exact=True).click()
    text = Path(saved.value.path()).read_text("utf-8-sig")
    assert [row["question"] for row in csv.DictReader(io.StringIO(text))] == ["An old one", "The best"]

    console.get_by_role("combobox", name="API key").select_option(f"app-…{key[-4:]}")
    expect(rows).to_have_count(3)
    rows.last.click()
    drawer = console.get_by_role("dialog", name="Conversation")
    expect(drawer).to_contain_text(f"Called with app-…{key[-4:]}")
    drawer.get_by_role("button", name="Prompt log").click()
    expect(console.get_by_role("dialog", name="What the model was sent")).to_contain_text("The best")
    console.keyboard.press("Escape")
    console.keyboard.press("Escape")

    console.goto(f"{site.url}/app/{app}/overview")
    console.get_by_role("button", name=f"Rename the key ending in {key[-4:]}").click()
    console.get_by_role("textbox", name="Name", exact=True).fill("Kiosk")
    console.get_by_role("button", name="Save the name").click()
    console.get_by_role("link", name="Calls made with this key").click()
    expect(console.get_by_role("combobox", name="API key")).to_have_value(re.compile("."))
    expect(console.get_by_role("combobox", name="API key").locator("option:checked")).to_have_text("Kiosk")
    expect(rows).to_have_count(14)
