"""The studio: apps are made, found, marked, changed, moved and deleted; Explore: they are used."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from playwright.sync_api import FilePayload, Locator, Page, Route, expect

from tests.e2e.accessibility import expect_accessible
from tests.e2e.accounts import sign_in
from tests.e2e.chat import Chat
from tests.e2e.conftest import Visitors
from tests.e2e.site import Site, running_site
from tests.e2e.witness import SIGNED_OUT, Witness
from tests.server.app_files import end, secret, start, workflow
from treadle.server.services import Services


@pytest.fixture(scope="module")
def studio_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server whose apps no other test lists."""
    with running_site(tmp_path_factory.mktemp("studio")) as site:
        site.create_account()
        yield site


@pytest.fixture(scope="module")
def shipped(studio_site: Site) -> frozenset[str]:
    """The ids of the examples."""

    async def ids(services: Services) -> frozenset[str]:
        workspace = await services.accounts.only_workspace()
        return frozenset(entry.app.id for entry in await services.apps.list_apps(workspace.id))

    return studio_site.with_services(ids)


@pytest.fixture
def studio(studio_site: Site, shipped: frozenset[str], visitors: Visitors, witness: Witness) -> Page:
    """The studio as a new user finds it: what an earlier test left there is gone."""

    async def clear_out(services: Services) -> None:
        workspace = (await services.accounts.only_workspace()).id
        for entry in await services.apps.list_apps(workspace):
            if entry.app.id in shipped:
                await services.explore.pin(workspace, entry.app.id, False)
                if entry.app.is_template:
                    by = str(entry.app.updated_by)
                    await services.editing.making.change(workspace, entry.app.id, {"is_template": False}, account_id=by)
            else:
                await services.apps.delete(workspace, entry.app.id)
        for tag in await services.tags.all(workspace, "app"):
            await services.tags.delete(workspace, "app", tag.id)

    studio_site.with_services(clear_out)
    witness.expect(SIGNED_OUT)
    return entered(studio_site, visitors.arrive())


def entered(site: Site, page: Page) -> Page:
    """Somebody signed in, in the studio."""
    page.goto(f"{site.url}/signin")
    sign_in(page)
    expect(page.get_by_role("heading", name="Apps", exact=True)).to_be_visible()
    return page


def card(page: Page, name: str) -> Locator:
    return page.get_by_role("article").filter(has=page.get_by_role("heading", name=name, exact=True))


def choose(page: Page, app: str, item: str) -> None:
    page.get_by_role("button", name=f"What to do with {app}", exact=True).click()
    page.get_by_role("menuitem", name=item).click()


def add(page: Page, name: str, kind: str = "Workflow") -> None:
    """A new app, and back to the list."""
    page.keyboard.press("n")
    dialog = page.get_by_role("dialog", name="Create an app")
    dialog.get_by_role("radio", name=kind).click()
    dialog.get_by_label("Name").fill(name)
    dialog.get_by_label("Name").press("ControlOrMeta+Enter")
    expect(dialog).to_be_hidden()
    page.goto(re.sub(r"(https?://[^/]+).*", r"\1/apps", page.url))
    expect(card(page, name)).to_be_visible()


def file_of(name: str, **changes: str) -> str:
    return yaml.safe_dump(yaml.safe_load(workflow(start(to="end"), end(), name=name)) | changes)


def test_an_app_is_made_from_blank_with_the_keyboard(studio: Page) -> None:
    studio.keyboard.press("n")
    dialog = studio.get_by_role("dialog", name="Create an app")
    expect(dialog.get_by_label("Name")).to_be_focused()
    expect_accessible(studio)
    studio.keyboard.press("ControlOrMeta+Enter")
    expect(dialog).to_contain_text("Enter a name.")
    dialog.get_by_role("radio", name="Workflow").click()
    dialog.get_by_role("button", name="Choose the icon").click()
    studio.get_by_label("Search emoji").fill("rocket")
    studio.get_by_label("Search emoji").press("Enter")
    dialog.get_by_label("Name").fill("Lift-off")
    dialog.get_by_label("Description").fill("Counts down.")
    dialog.get_by_label("Description").press("ControlOrMeta+Enter")
    expect(studio).to_have_url(re.compile(r"/app/[^/]+/workflow"))
    studio.goto(re.sub(r"/app/.*", "/apps", studio.url))
    expect(card(studio, "Lift-off")).to_contain_text("🚀")
    expect(card(studio, "Lift-off")).to_contain_text("Counts down.")


def test_the_address_holds_what_is_looked_for(studio: Page) -> None:
    add(studio, "Needle")
    studio.get_by_label("Search by name").fill("needle")
    expect(studio).to_have_url(re.compile("keywords=needle"))
    expect(studio.get_by_role("article")).to_have_count(1)
    studio.get_by_role("button", name="Agent", exact=True).click()
    expect(studio).to_have_url(re.compile("category=agent-chat"))
    expect(studio.get_by_role("heading", name="No app matches")).to_be_visible()
    studio.reload()
    expect(studio.get_by_label("Search by name")).to_have_value("needle")
    expect(studio.get_by_role("heading", name="No app matches")).to_be_visible()
    expect_accessible(studio)
    studio.go_back()
    expect(card(studio, "Needle")).to_be_visible()
    studio.get_by_label("Created by me").click()
    expect(studio).to_have_url(re.compile("isCreatedByMe=true"))
    expect(card(studio, "Needle")).to_be_visible()
    studio.goto(studio.url.partition("?")[0])
    expect(card(studio, "Needle")).to_be_visible()
    add(studio, "Aardvark")
    add(studio, "Zebra")
    studio.get_by_role("combobox", name="Order").click()
    studio.get_by_role("option", name="Name").click()
    expect(studio).to_have_url(re.compile("order=name"))
    expect(studio.get_by_role("article").first).to_contain_text("Aardvark")


def test_tags_are_made_on_a_card_filtered_by_and_managed(studio: Page) -> None:
    add(studio, "Marked")
    studio.get_by_role("button", name="Tags of Marked").click()
    studio.get_by_placeholder("Search or create a tag").fill("Urgent")
    studio.get_by_role("option", name="Create “Urgent”").click()
    studio.keyboard.press("Escape")
    expect(card(studio, "Marked")).to_contain_text("Urgent")
    expect_accessible(studio)
    studio.get_by_role("button", name="Tags", exact=True).click()
    studio.get_by_role("option", name="Urgent").click()
    expect(studio).to_have_url(re.compile("tagIDs="))
    expect(studio.get_by_role("article")).to_have_count(1)
    studio.get_by_role("button", name="Manage tags").click()
    manager = studio.get_by_role("dialog", name="Manage tags")
    expect(manager).to_contain_text("1 app")
    manager.get_by_role("button", name="Rename Urgent").click()
    manager.get_by_label("Rename Urgent").fill("Soon")
    manager.get_by_label("Rename Urgent").press("Enter")
    expect(manager).to_contain_text("Soon")
    manager.get_by_role("button", name="Delete Soon").click()
    studio.get_by_role("alertdialog").get_by_role("button", name="Delete").click()
    expect(manager).to_contain_text("No tags yet")


def test_an_app_is_changed_and_the_change_undone(studio: Page) -> None:
    add(studio, "Before")
    choose(studio, "Before", "Edit info")
    dialog = studio.get_by_role("dialog", name="Edit info")
    dialog.get_by_label("Name").fill("After")
    dialog.get_by_label("Name").press("Enter")
    expect(card(studio, "After")).to_be_visible()
    studio.get_by_role("button", name="Undo").click()
    expect(card(studio, "Before")).to_be_visible()


def test_a_picture_becomes_the_icon(studio: Page, studio_site: Site, tmp_path: Path) -> None:
    picture = tmp_path / "logo.png"
    picture.write_bytes(studio_site.picture())
    add(studio, "Pictured")
    choose(studio, "Pictured", "Edit info")
    studio.get_by_role("button", name="Choose the icon").click()
    studio.get_by_role("tab", name="Picture").click()
    studio.get_by_label("Choose a picture or drop it here").and_(studio.locator("input")).set_input_files(picture)
    studio.get_by_label("Zoom").fill("2")
    studio.get_by_role("button", name="Use picture").click()
    studio.get_by_role("button", name="Save").click()
    expect(card(studio, "Pictured").locator("img")).to_have_js_property("complete", True)
    expect(card(studio, "Pictured").locator("img")).to_have_js_property("naturalWidth", 256)


def test_an_app_is_duplicated_and_deleted_by_its_name(studio: Page) -> None:
    add(studio, "Original")
    choose(studio, "Original", "Duplicate")
    dialog = studio.get_by_role("dialog", name="Duplicate")
    expect(dialog.get_by_label("Name")).to_have_value("Original (copy)")
    dialog.get_by_role("button", name="Duplicate").click()
    expect(studio).to_have_url(re.compile("/app/"))
    studio.goto(re.sub(r"/app/.*", "/apps", studio.url))
    choose(studio, "Original (copy)", "Delete")
    asked = studio.get_by_role("alertdialog")
    expect(asked.get_by_role("button", name="Delete")).to_be_disabled()
    asked.get_by_label("Type Original (copy) to confirm").fill("Original (copy)")
    asked.get_by_role("button", name="Delete").click()
    expect(card(studio, "Original (copy)")).to_have_count(0)
    expect(card(studio, "Original")).to_be_visible()


def test_a_file_is_exported_without_its_secrets_and_imported_again(studio: Page, studio_site: Site) -> None:
    studio_site.publish(workflow(start(to="end"), end(), name="Keeper", environment=[secret("API_KEY", "sk-123456")]))
    studio.reload()
    choose(studio, "Keeper", "Export the app file")
    dialog = studio.get_by_role("dialog", name="Export Keeper")
    expect(dialog).to_contain_text("API_KEY")
    with studio.expect_download() as download:
        dialog.get_by_role("button", name="Export without values").click()
    assert download.value.suggested_filename == "Keeper.yml"
    text = Path(download.value.path()).read_text()
    assert "sk-123456" not in text
    expect(dialog).to_be_hidden()

    studio.keyboard.press("i")
    give(studio, "again.yml", text)
    studio.get_by_role("button", name="Import", exact=True).click()
    expect(studio).to_have_url(re.compile("/app/"))


def give(page: Page, name: str, text: str) -> None:
    """Chooses a file in the dialog of imports."""
    payload: FilePayload = {"name": name, "mimeType": "application/yaml", "buffer": text.encode()}
    page.get_by_label("Choose an app file or drop it here").and_(page.locator("input")).set_input_files(payload)


def test_a_file_of_another_version_is_asked_about(studio: Page) -> None:
    studio.keyboard.press("i")
    give(studio, "later.yml", file_of("From later", version="9.0.0"))
    studio.get_by_role("button", name="Import", exact=True).click()
    dialog = studio.get_by_role("dialog", name="The file is of another version")
    expect(dialog).to_contain_text("9.0.0")
    expect_accessible(studio)
    dialog.get_by_role("button", name="Import anyway").click()
    expect(studio.get_by_role("heading", name="From later")).to_be_visible()


def test_what_is_no_app_file_is_refused_with_a_reason(studio: Page, witness: Witness) -> None:
    studio.keyboard.press("i")
    give(studio, "notes.txt", "hello")
    expect(studio.get_by_role("alert")).to_have_text("An app file ends in .yml or .yaml.")
    give(studio, "broken.yml", "app: [")
    witness.expect(r"\b400\b.*/console/api/apps/imports")
    studio.get_by_role("button", name="Import", exact=True).click()
    expect(studio.get_by_role("alert")).to_contain_text("Line 2")
    studio.get_by_role("tab", name="Address").click()
    studio.get_by_label("Address of the file").fill("ftp://example.com/app.yml")
    studio.get_by_role("button", name="Import", exact=True).click()
    expect(studio.get_by_role("alert")).to_contain_text("http://")


def test_a_file_is_dropped_on_the_page(studio: Page) -> None:
    held = studio.evaluate_handle(
        "(text) => { const held = new DataTransfer(); held.items.add(new File([text], 'dropped.yml')); return held; }",
        file_of("Dropped"),
    )
    studio.dispatch_event("body", "dragenter", {"dataTransfer": held})
    expect(studio.get_by_text("Drop the app file to import it")).to_be_visible()
    studio.dispatch_event("body", "drop", {"dataTransfer": held})
    expect(studio.get_by_role("dialog", name="Import an app file")).to_contain_text("dropped.yml")
    studio.get_by_role("button", name="Import", exact=True).click()
    expect(studio.get_by_role("heading", name="Dropped")).to_be_visible()


def test_a_chat_app_becomes_a_chatflow_in_place_of_the_original(studio: Page) -> None:
    add(studio, "Plain talk", "Chatbot")
    choose(studio, "Plain talk", "Convert to a canvas")
    dialog = studio.get_by_role("dialog", name="Convert to a canvas")
    dialog.get_by_label("Delete the original afterwards").click()
    dialog.get_by_role("button", name="Convert").click()
    expect(studio).to_have_url(re.compile(r"/app/[^/]+/workflow"))
    studio.get_by_role("button", name="Switch to another app").click()
    studio.get_by_placeholder("Search apps").fill("plain")
    expect(studio.get_by_role("option")).to_have_text([re.compile(r"Plain talk \(Chatflow\)")])
    studio.keyboard.press("Escape")


def test_many_apps_are_loaded_as_one_scrolls_and_few_are_in_the_page(studio: Page, studio_site: Site) -> None:
    create = """async (names) => {
        const csrf = document.cookie.match(/treadle_csrf=([^;]+)/)[1];
        const headers = {'Content-Type': 'application/json', 'X-CSRF-Token': decodeURIComponent(csrf)};
        for (const name of names)
            await (await fetch('/console/api/apps', {
                method: 'POST', headers, body: JSON.stringify({name, mode: 'workflow'})
            })).text();
    }"""
    studio.evaluate(create, [f"Row {number:02}" for number in range(70)])
    studio.goto(f"{studio_site.url}/apps?keywords=Row")
    expect(card(studio, "Row 69")).to_be_visible()
    for name in ("Row 45", "Row 15", "Row 00"):
        while not card(studio, name).count():
            studio.get_by_role("main").hover()
            studio.mouse.wheel(0, 600)
    expect(card(studio, "Row 00")).to_be_visible()
    assert studio.get_by_role("article").count() < 60


def test_a_template_is_added_from_the_catalogue(studio: Page, studio_site: Site) -> None:
    studio.goto(f"{studio_site.url}/explore/apps")
    expect(studio.get_by_role("heading", name="Begin with something that works")).to_be_visible()
    expect_accessible(studio)
    studio.get_by_role("button", name="Writing").click()
    expect(studio).to_have_url(re.compile("category=writing"))
    expect(card(studio, "Pocket guide")).to_have_count(0)
    studio.get_by_role("button", name="All", exact=True).click()
    studio.get_by_label("Search names and descriptions").fill("desk")
    expect(studio.get_by_role("article")).to_have_count(1)
    studio.get_by_role("button", name="Add to workspace Ticket router").click()
    dialog = studio.get_by_role("dialog")
    dialog.get_by_label("Name").fill("Our router")
    dialog.get_by_role("button", name="Add to workspace").click()
    expect(studio.get_by_role("heading", name="Our router")).to_be_visible()


def test_an_app_of_ones_own_becomes_a_template(studio: Page, studio_site: Site) -> None:
    studio.get_by_label("Search by name").fill("Pocket")
    expect(studio.get_by_role("article")).to_have_count(1)
    choose(studio, "Pocket guide", "Offer as a template")
    expect(studio.get_by_text("The catalogue offers the app as it is published.")).to_be_visible()
    studio.goto(f"{studio_site.url}/explore/apps")
    studio.get_by_role("button", name="This workspace").click()
    expect(studio).to_have_url(re.compile("category=own"))
    expect(studio.get_by_role("article")).to_have_count(1)
    expect_accessible(studio)
    studio.get_by_role("button", name="Add to workspace Pocket guide").click()
    dialog = studio.get_by_role("dialog")
    dialog.get_by_label("Name").fill("My guide")
    dialog.get_by_role("button", name="Add to workspace").click()
    expect(studio.get_by_role("heading", name="My guide")).to_be_visible()
    studio.goto(f"{studio_site.url}/apps?keywords=Pocket")
    choose(studio, "Pocket guide", "No longer offer as a template")
    expect(studio.get_by_text("The catalogue no longer offers the app.")).to_be_visible()

    # The way back; a menu that is open meanwhile follows it.
    held: list[Route] = []
    path = "**/console/api/apps/*"
    studio.route(path, lambda route: held.append(route) if route.request.method == "PUT" else route.fallback())
    with studio.expect_request(lambda request: request.method == "PUT"):
        studio.get_by_role("button", name="Undo").click()
    studio.get_by_role("button", name="What to do with Pocket guide", exact=True).click()
    expect(studio.get_by_role("menuitem", name="Offer as a template")).to_be_visible()
    held[0].fallback()
    studio.unroute(path)
    studio.get_by_role("menuitem", name="No longer offer as a template").click()
    expect(studio.get_by_text("The catalogue no longer offers the app.")).to_be_visible()
    studio.goto(f"{studio_site.url}/explore/apps")
    expect(studio.get_by_role("article").first).to_be_visible()
    expect(studio.get_by_role("button", name="This workspace")).to_have_count(0)


def test_an_app_is_used_inside_the_console_and_pinned(studio: Page) -> None:
    studio.get_by_label("Search by name").fill("Pocket")
    expect(studio.get_by_role("article")).to_have_count(1)
    choose(studio, "Pocket guide", "Use in Explore")
    chat = Chat(studio)
    studio.get_by_role("button", name="Why is the sky blue?").click()
    chat.expect_answer("You said: Why is the sky blue?")
    expect(studio).to_have_url(re.compile("conversation="))
    expect_accessible(studio)
    studio.get_by_role("button", name="Pin to the top").click()
    pinned = studio.get_by_role("region", name="Pinned")
    expect(pinned.get_by_role("link")).to_have_text([re.compile("Pocket guide")])
    studio.reload()
    chat.expect_answer("You said: Why is the sky blue?")
    expect(pinned.get_by_role("link")).to_have_count(1)


def test_a_workflow_is_used_inside_the_console(studio: Page, studio_site: Site) -> None:
    studio.goto(f"{studio_site.url}/explore/apps")
    search = studio.get_by_label("Search apps to use")
    search.fill("no app has such a name")
    expect(studio.get_by_text("No app to use has this name")).to_be_visible()
    search.fill("three TRANS")
    expect(studio.get_by_role("region", name="To use").get_by_role("link")).to_have_count(1)
    studio.get_by_role("link", name="Three translations").click()
    expect(studio.get_by_role("tab", name="Run once")).to_be_visible()
    expect_accessible(studio)
    studio.get_by_role("tab", name="Run batch").click()
    expect(studio).to_have_url(re.compile("mode=batch"))


def test_the_studio_fits_a_phone(studio_site: Site, visitors: Visitors, witness: Witness) -> None:
    witness.expect(SIGNED_OUT)
    page = entered(studio_site, visitors.arrive_by_phone())
    expect(page.get_by_role("article").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    expect_accessible(page)
    page.get_by_role("button", name="Create", exact=True).click()
    expect(page.get_by_role("dialog", name="Create an app")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.goto(f"{studio_site.url}/explore/apps")
    expect(page.get_by_role("article").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
