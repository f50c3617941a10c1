"""A secret that is written into a tool node: sealed in the database, masked in the console, read by the tool alone."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from tests.server.app_files import Node, end, leads, start, workflow
from tests.server.console_client import Console, console_of
from tests.server.harness import Workbench
from treadle.server.services import Services

SECRET, MASK = "s3cret-sign", "s3*******gn"
_ANSWER = {"success": True, "error_code": 1, "data": {"controls": []}}


class Worksheets(ThreadingHTTPServer):
    """A server of HAP that keeps with which keys it was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.signs: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Worksheets

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.signs.append(body["sign"])
        answer = json.dumps(_ANSWER).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture(scope="module")
def worksheets() -> Iterator[Worksheets]:
    server = Worksheets()
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()


def an_app(worksheets: Worksheets) -> str:
    data = {
        "type": "tool",
        "title": "Fields",
        "provider_id": "hap",
        "provider_name": "hap",
        "provider_type": "builtin",
        "tool_name": "get_worksheet_fields",
        "tool_label": "Fields",
        "tool_parameters": {"worksheet_id": {"type": "mixed", "value": "w1"}},
        "tool_configurations": {"appkey": "the-app-key", "sign": SECRET, "host": worksheets.url, "result_type": "json"},
    }
    return workflow(start(to="fields"), Node("fields", data, leads("end")), end(text="fields.text"), name="Fields")


def settings(graph: Any) -> dict[str, Any]:
    return next(node["data"] for node in graph["nodes"] if node["id"] == "fields")["tool_configurations"]


def stored(bench: Workbench, app_id: str) -> str:
    """All that the database keeps of an app and its runs."""
    texts = bench.rows("SELECT graph FROM app_versions WHERE app_id = :id", id=app_id)
    texts += bench.rows("SELECT graph FROM runs WHERE app_id = :id AND graph IS NOT NULL", id=app_id)
    return json.dumps([list(row) for row in texts])


def runs(console: Console, app_id: str, worksheets: Worksheets) -> str:
    """The key that a run of the draft shows to the service."""
    worksheets.signs.clear()
    finished = console.run(app_id)[-1]
    assert finished["data"]["status"] == "succeeded", finished
    [sign] = worksheets.signs
    return sign


def test_a_secret_of_a_tool_node_from_its_entry_to_its_use(any_workbench: Workbench, worksheets: Worksheets) -> None:
    app, console = any_workbench.import_app(an_app(worksheets)), console_of(any_workbench)
    api = any_workbench.api(app)
    assert api.events("/workflows/run", api.run_body({}))[-1]["data"]["status"] == "succeeded"
    assert worksheets.signs[-1] == SECRET
    assert SECRET not in stored(any_workbench, app.id)

    draft = console.draft(app.id)
    assert settings(draft["graph"])["sign"] == MASK
    assert console.save(app.id, draft).status_code == 200
    assert runs(console, app.id, worksheets) == SECRET

    draft = console.draft(app.id)
    settings(draft["graph"])["sign"] = "another sign"
    assert console.save(app.id, draft).status_code == 200
    assert runs(console, app.id, worksheets) == "another sign"
    assert "another sign" not in stored(any_workbench, app.id)

    [version] = console.get(f"/apps/{app.id}/workflows").json()["items"]
    whole = console.get(f"/apps/{app.id}/workflows/{version['id']}").json()
    assert settings(whole["graph"])["sign"] == MASK
    run = console.get(f"/apps/{app.id}/workflow-runs").json()["data"][0]
    assert "another sign" not in console.get(f"/apps/{app.id}/workflow-runs/{run['id']}").text


def test_a_secret_that_was_stored_before_opens_and_is_sealed_when_it_is_saved(
    any_workbench: Workbench, worksheets: Worksheets
) -> None:
    app, console = any_workbench.import_app(an_app(worksheets)), console_of(any_workbench)
    draft = console.draft(app.id)
    settings(draft["graph"]).update(sign=SECRET, appkey="the-app-key")
    any_workbench.change(
        "UPDATE app_versions SET graph = :graph WHERE app_id = :id AND kind = 'draft'",
        graph=json.dumps(draft["graph"]),
        id=app.id,
    )
    assert SECRET in stored(any_workbench, app.id)
    draft = console.draft(app.id)
    assert settings(draft["graph"])["sign"] == MASK
    assert runs(console, app.id, worksheets) == SECRET
    any_workbench.change("DELETE FROM runs WHERE app_id = :id", id=app.id)
    assert console.save(app.id, draft).status_code == 200
    assert SECRET not in stored(any_workbench, app.id)


def test_what_older_programs_stored_is_sealed_when_a_server_starts(
    any_workbench: Workbench, worksheets: Worksheets
) -> None:
    app, console = any_workbench.import_app(an_app(worksheets)), console_of(any_workbench)
    graph = console.draft(app.id)["graph"]
    settings(graph).update(sign=SECRET, appkey="the-app-key")
    any_workbench.change(
        "UPDATE app_versions SET graph = :graph WHERE app_id = :id", graph=json.dumps(graph), id=app.id
    )
    any_workbench.change("DELETE FROM upkeep")
    assert stored(any_workbench, app.id).count(SECRET) == 2

    async def nothing(services: Services) -> None:
        """The services are opened, and closed again."""

    any_workbench.with_services(nothing)
    assert SECRET not in stored(any_workbench, app.id)
    api = any_workbench.api(app)
    assert api.events("/workflows/run", api.run_body({}))[-1]["data"]["status"] == "succeeded"
    assert worksheets.signs[-1] == SECRET
    assert runs(console, app.id, worksheets) == SECRET


def test_a_file_has_the_secret_only_when_it_is_asked_for(any_workbench: Workbench, worksheets: Worksheets) -> None:
    app, console = any_workbench.import_app(an_app(worksheets)), console_of(any_workbench)
    without = console.get(f"/apps/{app.id}/export").json()["data"]
    whole = console.get(f"/apps/{app.id}/export", include_secret="true").json()["data"]
    assert (SECRET in without, SECRET in whole) == (False, True)
    assert runs(console, console.new_app(whole), worksheets) == SECRET
    # Over the app itself, what the file leaves empty stays.
    answer = console.post("/apps/imports", {"mode": "yaml-content", "yaml_content": without, "app_id": app.id})
    assert answer.status_code == 200, answer.text
    assert runs(console, app.id, worksheets) == SECRET
