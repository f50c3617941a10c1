"""MCP on a real server: an agent that uses an MCP server, and apps that MCP clients use."""

import asyncio
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.doubles.script import Reply, ToolCall
from tests.server import agents
from tests.server.agents import agent_app
from tests.server.app_files import Node, answer, basic_app, chatflow, end, leads, start, text_input, workflow
from tests.server.console_client import Console, console_of
from tests.server.harness import MadeApp, Workbench
from tests.server.http_client import text_of
from tests.server.payloads import unique
from tests.server.test_agents import scripted
from tests.tools.mcp_servers.test_servers import served

ADD = {
    "enabled": True,
    "provider_type": "mcp",
    "provider_id": "sums",
    "provider_name": "sums",
    "tool_name": "add",
    "tool_label": "Add",
    "tool_parameters": {},
}


@pytest.fixture
def bench(workbench: Workbench) -> Workbench:
    return agents.with_caller(workbench)


@pytest.fixture(scope="module")
def sums() -> Iterator[str]:
    yield from served("http", "/mcp")


@pytest.fixture
def console(bench: Workbench, sums: str) -> Console:
    """An administrator whose workspace has the MCP server `sums`."""
    console = console_of(bench)
    listed = console.get("/workspaces/current/tools/mcp").json()
    if not any(each["name"] == "Sums" for each in listed):
        body = {"name": "Sums", "server_identifier": "sums", "server_url": sums, "icon": {"content": "➕"}}
        added = console.post("/workspaces/current/tool-provider/mcp", body)
        assert added.status_code == 200, added.text
        assert "add" in {tool["name"] for tool in added.json()["tools"]}
    return console


def test_an_agent_app_calls_an_mcp_server(bench: Workbench, console: Console):
    query = scripted(bench, unique("add"), Reply(tool_calls=(ToolCall("add", {"a": 20, "b": 22}),)), "It is 42.")
    events = bench.of(agent_app(ADD)).chat_events(query)
    thought = next(event for event in events if event["event"] == "agent_thought" and event["observation"])
    assert thought["tool"] == "add"
    assert '"add"' in thought["observation"]
    assert "42" in thought["observation"]
    assert text_of(events) == "It is 42."


def test_a_server_gets_the_headers_that_its_settings_name(bench: Workbench, sums: str):
    console = console_of(bench)
    body = {
        "name": "Teams",
        "server_identifier": "teams",
        "server_url": f"{sums}?teams",
        "headers": {"X-Team": "{{request.headers.X-User-Team}}"},
    }
    assert console.post("/workspaces/current/tool-provider/mcp", body).status_code == 200
    called = {"provider_type": "mcp", "provider_id": "teams", "provider_name": "teams", "tool_name": "headers"}
    node = Node(
        "ask", {"type": "tool", "title": "ask", "tool_label": "", "tool_parameters": {}, **called}, leads("end")
    )
    api = bench.of(workflow(start(to="ask"), node, end(text="ask.text")))
    for headers, team in (({"X-User-Team": "blue"}, "blue"), ({}, "none")):
        answered = api.post("/workflows/run", {**api.run_body(), "response_mode": "blocking"}, headers=headers).json()
        assert answered["data"]["outputs"] == {"text": team}, answered


def test_importing_an_app_connects_to_nothing(bench: Workbench):
    tool = {**ADD, "provider_id": "elsewhere", "provider_name": "elsewhere"}
    query = scripted(bench, unique("nothing"), "Hello.")
    assert text_of(bench.of(agent_app(tool)).chat_events(query)) == "Hello."


def test_programs_are_started_only_when_an_operator_allowed_them(bench: Workbench, console: Console):
    body = {"name": "Shell", "server_identifier": "shell", "server_url": f"stdio:{sys.executable} -c pass"}
    refused = console.post("/workspaces/current/tool-provider/mcp", body)
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_param")
    assert "TREADLE_MCP_STDIO_COMMANDS" in refused.json()["message"]


def test_servers_are_the_business_of_administrators(bench: Workbench, sums: str):
    editor = console_of(bench, role="editor")
    body = {"name": "Mine", "server_identifier": "mine", "server_url": sums}
    assert editor.post("/workspaces/current/tool-provider/mcp", body).status_code == 403


def test_a_server_is_asked_again_by_a_write_with_its_token(bench: Workbench, console: Console):
    listed = console.get("/workspaces/current/tools/mcp").json()
    found = next(each["id"] for each in listed if each["name"] == "Sums")
    path = f"/workspaces/current/tool-provider/mcp/update/{found}"
    assert console.post(path, {}).json()["id"] == found
    assert console.get(path).status_code == 405
    assert console_of(bench, role="editor").post(path, {}).status_code == 403
    del console.headers["X-CSRF-Token"]
    without = console.post(path, {})
    assert (without.status_code, without.json()["code"]) == (403, "csrf")


def test_a_server_is_switched_off_and_on(bench: Workbench, console: Console):
    path = "/workspaces/current/tool-provider/mcp/switch"
    found = next(each["id"] for each in console.get("/workspaces/current/tools/mcp").json() if each["name"] == "Sums")
    body = {"provider_id": found, "enabled": False}
    assert console_of(bench, role="editor").post(path, body).status_code == 403
    assert console.post(path, body).json()["enabled"] is False
    assert console.get(f"/workspaces/current/tool-provider/mcp/tools/{found}").json()["enabled"] is False
    assert console.post(path, {**body, "provider_id": "gone"}).status_code == 404
    assert console.post(path, {**body, "enabled": True}).json()["enabled"] is True


def test_a_browser_that_nobody_waits_for_is_told_so(bench: Workbench):
    page = console_of(bench).get("/mcp/oauth/callback?state=x&code=y")
    assert page.status_code == 400
    assert "Nobody waits for this sign-in" in page.text


def served_app(bench: Workbench, file_text: str, **members: Any) -> tuple[Console, MadeApp, dict[str, Any]]:
    app, console = bench.import_app(file_text), console_of(bench)
    answer = console.post(f"/apps/{app.id}/server", members)
    assert answer.status_code == 201, answer.text
    return console, app, answer.json()


def with_client(url: str, arguments: dict[str, Any] | None = None, name: str | None = None) -> tuple[list[Any], Any]:
    """What the `mcp` package's client finds at an address, and what a call gives it."""
    from mcp import Client

    async def work() -> tuple[list[Any], Any]:
        async with Client(url) as client:
            tools = (await client.list_tools()).tools
            result = None
            if arguments is not None:
                result = await client.call_tool(name or tools[0].name, arguments)
            return tools, result

    return asyncio.run(work())


def rpc(bench: Workbench, told: dict[str, Any], method: str, params: dict[str, Any]) -> dict[str, Any]:
    """A call without any client library."""
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    return dict(bench.raw().http.post(here(bench, told), json=body).json())


def here(bench: Workbench, told: dict[str, Any]) -> str:
    return f"{bench.server.url}/mcp/server/{told['server_code']}/mcp"


def test_a_chat_app_is_a_tool_with_a_query(bench: Workbench):
    query = scripted(bench, unique("mcp chat"), "Hello from inside.")
    _, _, told = served_app(
        bench, basic_app("chat", name="Little helper", prompt="Be kind.", model=agents.CALLER), description="Helps."
    )
    assert told["status"] == "active"
    assert told["server_url"].endswith(f"/mcp/server/{told['server_code']}/mcp")
    (tool,), result = with_client(here(bench, told), {"query": query})
    assert (tool.name, tool.description) == ("Little_helper", "Helps.")
    assert tool.input_schema == {
        "type": "object",
        "properties": {"query": {"type": "string", "description": "What the person says."}},
        "required": ["query"],
    }
    assert (result.is_error, result.content[0].text) == (False, "Hello from inside.")


def test_a_workflow_gives_its_outputs_as_json(bench: Workbench):
    greeter = workflow(start(text_input("name", required=True, max_length=5), to="end"), end(greeted="start.name"))
    _, _, told = served_app(bench, greeter, parameters={"name": "Whom"})
    (tool,), result = with_client(here(bench, told), {"name": "Bé"})
    assert tool.input_schema["properties"] == {"name": {"type": "string", "description": "Whom"}}
    assert tool.input_schema["required"] == ["name"]
    assert result.content[0].text == '{"greeted": "Bé"}'
    refused = rpc(bench, told, "tools/call", {"name": tool.name, "arguments": {"name": "far too long"}})
    assert refused["error"] == {"code": -32602, "message": "name in input form must be less than 5 characters."}


def test_a_new_address_ends_the_old_one(bench: Workbench):
    console, app, told = served_app(bench, chatflow(start(to="answer"), answer("{{#sys.query#}}")))
    assert console.post(f"/apps/{app.id}/server", {}).status_code == 409
    renewed = console.post(f"/apps/{app.id}/server/refresh", {}).json()
    assert renewed["server_code"] != told["server_code"]
    body = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    raw = bench.raw()
    assert raw.http.post(here(bench, told), json=body).status_code == 404
    assert raw.http.post(here(bench, renewed), json=body).json() == {"jsonrpc": "2.0", "id": 1, "result": {}}
    switched = console.call("PUT", f"/apps/{app.id}/server", json={"status": "inactive"})
    assert switched.json()["status"] == "inactive"
    off = raw.http.post(here(bench, renewed), json=body)
    assert (off.status_code, off.json()["error"]["code"]) == (404, -32603)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"jsonrpc": "2.0", "id": 1, "method": "resources/list"}, -32601),
        ({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "nope"}}, -32602),
        ({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": [1]}, -32602),
        ({"jsonrpc": "2.0", "id": "x", "method": "tools/call", "params": {"name": "App", "arguments": 3}}, -32602),
    ],
)
def test_wrong_calls_get_the_codes_of_json_rpc(bench: Workbench, body: dict[str, Any], code: int):
    _, _, told = served_app(bench, chatflow(start(to="answer"), answer("hi"), name="App"))
    answered = bench.raw().http.post(here(bench, told), json=body)
    assert (answered.status_code, answered.json()["id"], answered.json()["error"]["code"]) == (200, body["id"], code)


def test_notifications_are_taken_in_silence(bench: Workbench):
    _, _, told = served_app(bench, chatflow(start(to="answer"), answer("hi")))
    noted = bench.raw().http.post(here(bench, told), json={"jsonrpc": "2.0", "method": "notifications/initialized"})
    assert (noted.status_code, noted.text) == (202, "")
    assert bench.raw().http.get(here(bench, told)).status_code == 405


def test_another_workspace_cannot_serve_an_app(bench: Workbench):
    app = bench.import_app(chatflow(start(to="answer"), answer("hi")))
    other = bench.second_workspace("elsewhere")
    stranger = console_of(bench, workspace_id=other.id)
    for method, path in (("GET", "server"), ("POST", "server"), ("PUT", "server"), ("POST", "server/refresh")):
        assert stranger.call(method, f"/apps/{app.id}/{path}", json={}).status_code == 404
