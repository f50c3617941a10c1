"""Headers of whoever started a run reach the MCP servers that name them, whatever happens in between."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.server.app_files import Node, end, http, leads, start, workflow
from tests.server.console_client import Console, console_of
from tests.server.fixtures import running_workbench
from tests.server.harness import Workbench, eventually
from tests.tools.mcp_servers.test_servers import served
from tests.triggers.apps import webhook
from tests.triggers.webhooks import Hook, listed

SENT = {"X-User-Team": "blue", "X-Other": "nobody asks for this one"}


@pytest.fixture(scope="module")
def sums() -> Iterator[str]:
    yield from served("http", "/mcp")


@pytest.fixture(params=["sqlite", "postgresql"])
def bench(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    """A server of its own, which takes up abandoned runs soon."""
    environment = {"TREADLE_RUN_LEASE_SECONDS": "1"}
    if request.param == "postgresql":
        environment["TREADLE_DATABASE_URL"] = request.getfixturevalue("postgres_server").create_database(migrated=False)
    with running_workbench(tmp_path_factory.mktemp("headers"), environment) as made:
        yield made


@pytest.fixture
def console(bench: Workbench, sums: str) -> Console:
    """An administrator whose workspace has an MCP server that wants to know the team."""
    console = console_of(bench)
    body = {
        "name": "Teams",
        "server_identifier": "teams",
        "server_url": f"{sums}?teams",
        "headers": {"X-Team": "{{request.headers.X-User-Team}}"},
    }
    assert console.post("/workspaces/current/tool-provider/mcp", body).status_code == 200
    return console


def ask(*, to: str) -> Node:
    tool = {"provider_type": "mcp", "provider_id": "teams", "provider_name": "teams", "tool_name": "headers"}
    return Node("ask", {"type": "tool", "title": "ask", "tool_label": "", "tool_parameters": {}, **tool}, leads(to))


def kept_headers(bench: Workbench) -> list[Any]:
    return [row[0] for row in bench.rows("SELECT sealed_headers FROM runs")]


def test_a_run_that_is_taken_up_sends_the_same_headers(bench: Workbench, console: Console) -> None:
    gate = uuid4().hex
    app = bench.import_app(
        workflow(start(to="wait"), http("wait", bench.gate.held(gate), to="ask"), ask(to="end"), end(text="ask.text"))
    )
    api = bench.api(app)
    api.headers |= SENT
    with api.stream("/workflows/run", api.run_body()) as stream:
        run_id = stream.until("workflow_started")["workflow_run_id"]
        bench.gate.wait(gate)
        eventually(lambda: len(kept_headers(bench)) == 1, "the run is on disk")
        [sealed] = kept_headers(bench)
        assert sealed
        assert "blue" not in sealed
        bench.server.kill()
        bench.server.start()
    bench.gate.wait(gate, 2, timeout=30)
    bench.gate.open(gate)
    api = bench.api(app, api.user)
    eventually(lambda: api.get(f"/workflows/run/{run_id}").json()["status"] == "succeeded", "the run ends")
    outputs = api.get(f"/workflows/run/{run_id}").json()["outputs"]
    assert "blue" in str(outputs)
    assert kept_headers(bench) == [None]


def test_a_webhook_passes_its_headers_on(bench: Workbench, console: Console) -> None:
    app = bench.import_app(workflow(webhook("hook", to="ask"), ask(to="end"), end(text="ask.text")))
    [row] = listed(bench, app)
    made = Hook(bench, app, bench.server.url + httpx.URL(row["webhook_url"]).path)
    assert made.send(json={}, headers=SENT).status_code == 200
    assert made.outputs() == {"text": "blue"}


def test_a_member_who_tries_a_draft_passes_headers_on(bench: Workbench, console: Console) -> None:
    app = bench.import_app(workflow(start(to="ask"), ask(to="end"), end(text="ask.text")))
    for headers, team in ((SENT, "blue"), ({}, "none")):
        console.headers = {**{name: console.headers[name] for name in console.headers if name not in SENT}, **headers}
        events = console.events(f"/apps/{app.id}/workflows/draft/run", {"inputs": {}})
        assert events[-1]["data"]["outputs"] == {"text": team}
        stepped = console.post(f"/apps/{app.id}/workflows/draft/nodes/ask/run", {"inputs": {}}).json()
        assert stepped["outputs"]["text"] == team, stepped
