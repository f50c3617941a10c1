"""Tools in the console: credentials, an API of one's own, MCP servers, workflows as tools, API extensions."""

import json
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.doubles.api_extension import ApiExtension
from tests.e2e.accessibility import expect_accessible
from tests.e2e.canvas import Canvas
from tests.e2e.generator import open_generator
from tests.e2e.site import Site
from tests.e2e.witness import Witness
from tests.server.app_files import Node, end, leads, number_input, start, workflow
from tests.tools.kennel import Running, kennel, running
from tests.tools.mcp_servers.test_servers import served
from tests.tools.test_workflow_tools import GREETER


@pytest.fixture(scope="module")
def service() -> Iterator[Running]:
    with running(kennel()) as started:
        yield started


@pytest.fixture(scope="module")
def sums() -> Iterator[str]:
    yield from served("http", "/mcp")


def open_tools(site: Site, page: Page, tab: str) -> None:
    page.goto(f"{site.url}/tools")
    page.get_by_role("tab", name=tab).click()


def remove(page: Page, opener: Locator) -> None:
    opener.click()
    page.get_by_role("alertdialog").get_by_role("button", name="Remove", exact=True).click()
    expect(page.get_by_role("alertdialog")).to_be_hidden()


def test_credentials_of_a_built_in_provider(site: Site, console: Page, witness: Witness, service: Running) -> None:
    witness.expect(r"\b400\b.*/brave/")
    console.goto(f"{site.url}/apps")
    console.get_by_role("link", name="Tools").click()
    console.get_by_role("searchbox", name="Search tools").fill("brave")
    expect(console.get_by_role("list", name="Built-in").get_by_role("listitem")).to_have_count(1)
    expect_accessible(console)
    console.keyboard.press("ControlOrMeta+k")
    console.get_by_role("combobox").fill("@tools brave")
    console.get_by_role("option", name="Brave").click()
    drawer = console.get_by_role("dialog", name="Brave")
    expect(drawer.get_by_text("Needs a key")).to_be_visible()
    drawer.get_by_role("button", name="Add credentials").click()
    form = console.get_by_role("dialog", name="Credentials for Brave")
    form.get_by_label("key", exact=False).first.fill("wrong")
    form.get_by_label("Base URL", exact=False).fill(f"{service.url}/search")
    form.get_by_role("button", name="Save").click()
    expect(form.get_by_role("alert")).to_contain_text("do not work")
    expect_accessible(console)
    form.get_by_label("key", exact=False).first.fill("first-key")
    form.get_by_label("Name of the credentials").fill("Main")
    form.get_by_role("button", name="Save").click()
    expect(form).to_be_hidden()
    expect(drawer.get_by_text("Ready")).to_be_visible()
    drawer.get_by_role("button", name="Add credentials").click()
    form.get_by_label("key", exact=False).first.fill("second-key")
    form.get_by_label("Base URL", exact=False).fill(f"{service.url}/search")
    form.get_by_label("Name of the credentials").fill("Spare")
    form.get_by_role("button", name="Save").click()
    spare = drawer.get_by_role("listitem").filter(has_text="Spare")
    spare.get_by_role("button", name="More for Spare").click()
    console.get_by_role("menuitem", name="Make the default").click()
    expect(spare.get_by_text("Default")).to_be_visible()
    spare.get_by_role("button", name="More for Spare").click()
    console.get_by_role("menuitem", name="Try it").click()
    expect(console.get_by_text("Spare works.")).to_be_visible()
    spare.get_by_role("button", name="More for Spare").click()
    remove(console, console.get_by_role("menuitem", name="Remove"))
    expect(drawer.get_by_role("listitem").filter(has_text="Main").get_by_text("Default")).to_be_visible()


def test_an_api_becomes_tools(site: Site, console: Page, witness: Witness, service: Running) -> None:
    witness.expect(r"\b400\b.*/tool-provider/api/")
    document = httpx.get(f"{service.url}/openapi.json").json()
    open_tools(site, console, "Custom")
    expect_accessible(console)
    console.get_by_role("button", name="Add a custom tool").first.click()
    dialog = console.get_by_role("dialog", name="Add a custom tool")
    dialog.get_by_label("Name", exact=True).fill("kennel")
    schema = dialog.get_by_role("textbox", name="Description of the API")
    schema.fill("openapi: nothing")
    expect(dialog.get_by_role("alert")).to_be_visible()
    expect(dialog.get_by_role("button", name="Save")).to_be_disabled()
    schema.fill(json.dumps({**document, "servers": [{"url": service.url}]}))
    dialog.get_by_role("button", name="Try get_pet").click()
    attempt = console.get_by_role("dialog", name="Try get_pet")
    attempt.get_by_label("pet_id").fill("7")
    attempt.get_by_role("button", name="Call it").click()
    expect(attempt.get_by_role("status")).to_contain_text('"pet_id"')
    expect_accessible(console)
    attempt.get_by_role("button", name="Close").click()
    dialog.get_by_role("radio", name="Key in a header").click()
    dialog.get_by_label("Key", exact=True).fill("a-secret-key")
    expect_accessible(console)
    dialog.get_by_role("button", name="Save").click()
    drawer = console.get_by_role("dialog", name="kennel")
    expect(drawer.get_by_text("get_pet")).to_be_visible()
    drawer.get_by_role("button", name="Edit and try").click()
    edited = console.get_by_role("dialog", name="Edit kennel")
    expect(edited.get_by_label("Key", exact=True)).to_have_value("a-********ey")
    edited.get_by_label("Name", exact=True).fill("animals")
    edited.get_by_role("button", name="Save").click()
    expect(console.get_by_role("dialog", name="animals")).to_be_visible()
    remove(console, console.get_by_role("button", name="Remove"))
    expect(console.get_by_text("No custom tools yet")).to_be_visible()


def test_an_mcp_server_is_added_and_used(site: Site, console: Page, witness: Witness, sums: str) -> None:
    witness.expect(r"\b400\b.*/tool-provider/mcp")
    open_tools(site, console, "MCP servers")
    console.get_by_role("button", name="Add an MCP server").first.click()
    dialog = console.get_by_role("dialog", name="Add an MCP server")
    dialog.get_by_label("Name", exact=True).fill("My Sums")
    expect(dialog.get_by_label("Identifier")).to_have_value("my-sums")
    dialog.get_by_label("Address").fill("stdio:rm -rf nothing")
    dialog.get_by_role("button", name="Connect and save").click()
    expect(dialog.get_by_role("alert")).to_contain_text("TREADLE_MCP_STDIO_COMMANDS")
    expect_accessible(console)
    dialog.get_by_label("Address").fill(sums)
    dialog.get_by_role("button", name="Add a header").click()
    dialog.get_by_label("Name of header 1").fill("X-Loom")
    dialog.get_by_label("Value of header 1", exact=True).fill("warp-and-weft")
    dialog.get_by_role("button", name="Connect and save").click()
    drawer = console.get_by_role("dialog", name="My Sums")
    drawer.get_by_role("button", name="Ask for its tools again").click()
    expect(console.get_by_text("The server offers")).to_be_visible()
    expect_accessible(console)
    data = {
        "type": "tool", "title": "Sum", "provider_id": "my-sums", "provider_name": "my-sums", "provider_type": "mcp",
        "tool_name": "add", "tool_label": "Add", "tool_configurations": {},
        "tool_parameters": {
            "a": {"type": "variable", "value": ["start", "warp"]},
            "b": {"type": "variable", "value": ["start", "weft"]},
        },
    }  # fmt: skip
    page = site.publish(
        workflow(
            start(number_input("warp"), number_input("weft"), to="tool"),
            Node("tool", data, leads("end")),
            end(sum="tool.text"),
            name="Adder",
        )
    )
    generator = open_generator(console, page)
    generator.fill("warp", "40")
    generator.generate("weft", "2")
    generator.expect_result("42")
    open_tools(site, console, "MCP servers")
    console.get_by_role("button", name="My Sums").click()
    drawer.get_by_role("switch", name="Its tools are offered and called").click()
    expect(drawer.get_by_role("switch", name="Its tools are offered and called")).not_to_be_checked()
    expect_accessible(console)
    generator = open_generator(console, page)
    generator.fill("warp", "40")
    generator.generate("weft", "2")
    generator.expect_result("switched off")
    open_tools(site, console, "MCP servers")
    console.get_by_role("button", name="My Sums").click()
    drawer.get_by_role("switch", name="Its tools are offered and called").click()
    expect(drawer.get_by_role("switch", name="Its tools are offered and called")).to_be_checked()
    remove(console, drawer.get_by_role("button", name="Remove"))
    expect(console.get_by_text("No MCP servers yet")).to_be_visible()


def test_a_workflow_is_a_tool_here_and_of_mcp_clients(site: Site, console: Page) -> None:
    canvas = Canvas(site, console).import_file(GREETER)
    canvas.call("POST", f"/apps/{canvas.app_id}/workflows/publish", {})
    console.goto(f"{site.url}/app/{canvas.app_id}/overview")
    console.get_by_role("button", name="Make it a tool").click()
    dialog = console.get_by_role("dialog", name="Workflow as a tool")
    expect(dialog.get_by_label("Call name")).to_have_value("greeter")
    dialog.get_by_label("Description", exact=True).fill("Greets somebody.")
    dialog.get_by_label("Description of who").fill("Whom to greet.")
    expect_accessible(console)
    dialog.get_by_role("button", name="Save").click()
    expect(console.get_by_text("Configured")).to_be_visible()
    server = console.get_by_role("region", name="MCP server")
    server.get_by_role("switch").click()
    expect(server.get_by_text("/mcp/server/")).to_be_visible()
    server.get_by_role("button", name="Describe it to clients").click()
    told = console.get_by_role("dialog", name="Describe it to clients")
    told.get_by_label("who").fill("Whom to greet.")
    expect_accessible(console)
    told.get_by_role("button", name="Save").click()
    expect(told).to_be_hidden()
    address = server.locator(".font-mono").inner_text()
    ping = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    assert httpx.post(address, json=ping).json()["result"] == {}
    server.get_by_role("switch").click()
    expect(server.get_by_text("/mcp/server/")).to_be_hidden()
    assert "error" in httpx.post(address, json=ping).json()
    server.get_by_role("switch").click()
    expect(server.get_by_text("/mcp/server/")).to_be_visible()
    server.get_by_role("button", name="Make a new MCP address").click()
    console.get_by_role("alertdialog").get_by_role("button").last.click()
    expect(server.get_by_text(address)).to_have_count(0)
    assert "error" in httpx.post(address, json=ping).json()
    canvas.call("POST", f"/apps/{canvas.app_id}/workflows/publish", {})
    open_tools(site, console, "Workflow")
    console.get_by_role("button", name="Greeter").click()
    drawer = console.get_by_role("dialog", name="Greeter")
    expect(drawer.get_by_text("A newer version of the workflow is published")).to_be_visible()
    drawer.get_by_role("button", name="Edit").click()
    dialog.get_by_role("button", name="Save").click()
    expect(drawer.get_by_text("A newer version of the workflow is published")).to_be_hidden()
    remove(console, drawer.get_by_role("button", name="Remove"))
    expect(console.get_by_text("No workflow is a tool yet")).to_be_visible()


def test_an_api_extension_is_kept_once_it_answers(site: Site, console: Page, witness: Witness) -> None:
    witness.expect(r"\b400\b.*/api-based-extension")
    console.goto(f"{site.url}/settings/api-extensions")
    console.get_by_role("button", name="Add an API extension").click()
    dialog = console.get_by_role("dialog", name="Add an API extension")
    with ApiExtension().in_thread() as double:
        dialog.get_by_label("Name").fill("Guard")
        dialog.get_by_label("Address").fill(double.url)
        dialog.get_by_label("Key", exact=True).fill(double.key)
        double.answer("ping", {"result": "who?"})
        dialog.get_by_role("button", name="Save").click()
        expect(dialog.get_by_role("alert")).to_be_visible()
        expect_accessible(console)
        double.answer("ping", {"result": "pong"})
        dialog.get_by_role("button", name="Save").click()
        expect(dialog).to_be_hidden()
        console.get_by_role("button", name="Call Guard once").click()
        expect(console.get_by_text("Guard answers.")).to_be_visible()
        console.get_by_role("button", name="Edit Guard").click()
        edited = console.get_by_role("dialog", name="Edit Guard")
        edited.get_by_label("Name").fill("Watch")
        edited.get_by_role("button", name="Save").click()
        expect_accessible(console)
    console.get_by_role("button", name="Remove Watch").click()
    console.get_by_role("alertdialog").get_by_role("button", name="Delete").click()
    expect(console.get_by_text("No API extensions yet")).to_be_visible()
