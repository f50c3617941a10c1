"""Apps in the console: made, imported, copied, exported, switched, deleted."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import yaml

from tests.server import sample_apps
from tests.server.app_files import chat, end, secret, start, text_input, workflow
from tests.server.console_client import Console, console_of
from tests.server.harness import Workbench
from tests.server.http_client import JsonMap
from tests.server.matchers import refused

GRAPH_MODES = ("workflow", "advanced-chat")


def written(file: JsonMap) -> str:
    """An app file's text."""
    return json.dumps(file, ensure_ascii=False)


@pytest.fixture
def console(any_workbench: Workbench) -> Console:
    return console_of(any_workbench)


@pytest.mark.parametrize("mode", ["workflow", "advanced-chat", "chat", "agent-chat", "completion"])
def test_a_blank_app_of_every_mode_is_ready_to_run(console: Console, mode: str) -> None:
    made = console.post("/apps", {"mode": mode, "name": "Fresh", "icon": "🌱", "description": "New"})
    assert made.status_code == 201, made.text
    app = made.json()
    assert (app["mode"], app["name"], app["icon"], app["description"]) == (mode, "Fresh", "🌱", "New")
    checked = console.get(f"/apps/{app['id']}/workflows/draft/check").json()
    assert checked == {"publishable": True, "data": []}
    if mode == "workflow":
        finished = console.run(app["id"], {"text": "Hello"})[-1]
        assert (finished["event"], finished["data"]["status"]) == ("workflow_finished", "succeeded")
        assert finished["data"]["outputs"]["text"]
    if mode == "advanced-chat":
        assert [event["event"] for event in console.ask(app["id"], "Hello")][-1] == "message_end"
    if mode in GRAPH_MODES:
        assert app["published_version_id"] is None
        assert app["configuration"] is None
    else:
        assert app["published_version_id"]
        assert app["configuration"]["model"]["name"] == "stub"


def test_a_blank_app_needs_a_name_and_a_mode(console: Console) -> None:
    refused(console.post("/apps", {"mode": "workflow", "name": ""}), 400, "invalid_param")
    refused(console.post("/apps", {"mode": "spreadsheet", "name": "x"}), 400, "invalid_param")


def test_an_import_of_this_version_is_done_at_once(console: Console) -> None:
    body = {"mode": "yaml-content", "yaml_content": sample_apps.ECHO, "name": "Mine", "icon": "🪞"}
    answer = console.post("/apps/imports", body)
    assert answer.status_code == 200, answer.text
    imported = answer.json()
    assert (imported["status"], imported["app_mode"], imported["error"]) == ("completed", "workflow", "")
    assert (imported["imported_dsl_version"], imported["current_dsl_version"]) == ("0.5.0", "0.5.0")
    app = console.get(f"/apps/{imported['app_id']}").json()
    assert (app["name"], app["icon"], app["icon_background"]) == ("Mine", "🪞", "#FFEAD5")


def test_a_file_of_another_version_waits_to_be_confirmed(console: Console) -> None:
    file = yaml.safe_load(sample_apps.ECHO) | {"version": "0.6.0"}
    before = len(console.get("/apps").json()["data"])
    body = {"mode": "yaml-content", "yaml_content": written(file), "name": "Waited"}
    answer = console.post("/apps/imports", body)
    assert (answer.status_code, answer.json()["status"], answer.json()["app_id"]) == (202, "pending", None)
    assert len(console.get("/apps").json()["data"]) == before
    path = f"/apps/imports/{answer.json()['id']}/confirm"
    confirmed = console.post(path)
    assert (confirmed.status_code, confirmed.json()["status"]) == (200, "completed")
    assert console.get(f"/apps/{confirmed.json()['app_id']}").json()["name"] == "Waited"
    again = console.post(path)
    assert (again.status_code, again.json()["status"]) == (400, "failed")


def test_a_waiting_import_is_its_members_alone(any_workbench: Workbench, console: Console) -> None:
    file = yaml.safe_load(sample_apps.ECHO) | {"version": "0.6.0"}
    answer = console.post("/apps/imports", {"mode": "yaml-content", "yaml_content": written(file)})
    assert answer.status_code == 202, answer.text
    waiting = answer.json()["id"]
    stranger = console_of(any_workbench)
    assert stranger.post(f"/apps/imports/{waiting}/confirm").status_code == 400
    any_workbench.change("UPDATE pending_imports SET expires_at = 1 WHERE id = :id", id=waiting)
    late = console.post(f"/apps/imports/{waiting}/confirm")
    assert (late.status_code, late.json()["status"]) == (400, "failed")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("a: [", "Line 2"),
        ("[1]", "a map"),
        ("app: {mode: workflow}\nversion: 0.1", "version"),
        ("version: '0.5.0'\nworkflow: {}", "app is missing"),
        ("version: '0.5.0'\napp: {name: x}", "app.mode is missing"),
        ("version: '0.5.0'\napp: {mode: spreadsheet}", "app.mode must be one of"),
        ("version: '0.5.0'\napp: {mode: workflow}", "workflow is missing"),
        ("version: '0.5.0'\napp: {mode: chat}", "model_config is missing"),
    ],
)
def test_a_bad_file_makes_nothing_and_says_why(console: Console, content: str, reason: str) -> None:
    before = len(console.get("/apps").json()["data"])
    answer = console.post("/apps/imports", {"mode": "yaml-content", "yaml_content": content})
    assert (answer.status_code, answer.json()["status"], answer.json()["app_id"]) == (400, "failed", None)
    assert reason in answer.json()["error"]
    assert len(console.get("/apps").json()["data"]) == before


def test_an_import_needs_what_its_mode_names(console: Console) -> None:
    refused(console.post("/apps/imports", {"mode": "yaml-content"}), 400, "invalid_param")
    refused(console.post("/apps/imports", {"mode": "yaml-url"}), 400, "invalid_param")
    refused(console.post("/apps/imports", {"mode": "carrier-pigeon"}), 400, "invalid_param")


def test_a_body_that_is_too_large_is_not_read(workbench: Workbench, console: Console) -> None:
    body = {"mode": "yaml-content", "yaml_content": "x" * (16 * 2**20)}
    refused(console.post("/apps/imports", body), 413, "request_too_large")
    refused(workbench.raw().post("/console/api/signin", body), 413, "request_too_large")

    def pieces() -> Iterator[bytes]:
        for _ in range(17):
            yield b" " * 2**20

    headers = {"Content-Type": "application/json"}
    endless = workbench.raw().call("POST", "/console/api/signin", content=pieces(), headers=headers)
    assert endless.status_code in (400, 413)


@pytest.fixture(scope="module")
def shelf() -> Iterator[str]:
    """The address of a server with app files."""

    class Shelf(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = {"/echo.yml": sample_apps.ECHO, "/empty.yml": "", "/old.yml": "version: '9.0'\nkind: app"}
            body = known.get(self.path, "nothing here").encode()
            self.send_response(200 if self.path in known else 404)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            return

    server = HTTPServer(("127.0.0.1", 0), Shelf)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_file_at_an_address_is_fetched_through_the_guard(console: Console, shelf: str) -> None:
    def fetched(url: str) -> tuple[int, str]:
        answer = console.post("/apps/imports", {"mode": "yaml-url", "yaml_url": url})
        return answer.status_code, answer.json()["error"]

    assert fetched(f"{shelf}/echo.yml") == (200, "")
    assert fetched(f"{shelf}/empty.yml") == (400, "The file at this address is empty.")
    status, error = fetched(f"{shelf}/missing.yml")
    assert (status, "answered with status 404" in error) == (400, True)
    status, error = fetched("http://169.254.169.254/latest/meta-data")
    assert (status, "cannot be fetched" in error) == (400, True)
    assert fetched("file:///etc/passwd") == (400, "The address must begin with http:// or https://.")


def test_an_import_over_an_app_takes_its_draft_and_keeps_secrets_that_the_file_leaves_out(console: Console) -> None:
    key = secret("key", "sk-very-secret-1")
    app_id = console.new_app(workflow(start(text_input("a"), to="end"), end(x="start.a"), environment=[key]))
    exported = console.get(f"/apps/{app_id}/export").json()["data"]
    assert "sk-very-secret-1" not in exported
    assert console.new_app(exported, app_id=app_id, name="") == app_id
    with_secrets = console.get(f"/apps/{app_id}/export", include_secret=True).json()["data"]
    assert yaml.safe_load(with_secrets)["workflow"]["environment_variables"][0]["value"] == "sk-very-secret-1"


def test_an_app_without_a_canvas_is_never_overwritten(console: Console) -> None:
    app_id = console.new_app(chat(name="Chat"))
    body = {"mode": "yaml-content", "yaml_content": sample_apps.ECHO, "app_id": app_id}
    answer = console.post("/apps/imports", body)
    assert (answer.status_code, answer.json()["status"]) == (400, "failed")
    flow = console.new_app(sample_apps.ECHO)
    body = {"mode": "yaml-content", "yaml_content": chat(name="Chat"), "app_id": flow}
    assert console.post("/apps/imports", body).status_code == 400


def test_a_copy_has_the_draft_and_the_secrets_and_nothing_else(console: Console) -> None:
    key = secret("key", "sk-very-secret-2")
    app_id = console.new_app(
        workflow(start(text_input("a"), to="end"), end(x="start.a"), environment=[key], name="First")
    )
    console.post(f"/apps/{app_id}/workflows/publish")
    console.post(f"/apps/{app_id}/api-keys")
    copied = console.post(f"/apps/{app_id}/copy", {"name": "Second"})
    assert copied.status_code == 201, copied.text
    copy = copied.json()
    assert (copy["name"], copy["published_version_id"]) == ("Second", None)
    assert copy["site"]["code"] != console.get(f"/apps/{app_id}").json()["site"]["code"]
    assert console.get(f"/apps/{copy['id']}/api-keys").json() == {"data": []}
    exported = yaml.safe_load(console.get(f"/apps/{copy['id']}/export", include_secret=True).json()["data"])
    assert exported["workflow"]["environment_variables"][0]["value"] == "sk-very-secret-2"
    assert exported["workflow"]["graph"] == console.draft(app_id)["graph"]


def test_apps_are_found_by_name_mode_and_maker(any_workbench: Workbench, console: Console) -> None:
    flow, talk = console.new_app(sample_apps.ECHO, name="My 100% Echo"), console.new_app(chat(name="My Chat"))

    def found(**filters: object) -> list[str]:
        return [app["id"] for app in console.get("/apps", **filters).json()["data"]]

    assert found(is_created_by_me=True) == [talk, flow]
    assert found(is_created_by_me=True, name="100% ECHO") == [flow]
    assert found(is_created_by_me=True, mode="chat") == [talk]
    assert talk in found(name="my c")
    assert console_of(any_workbench).get("/apps", is_created_by_me=True).json()["data"] == []


def test_an_app_is_renamed_and_switched(any_workbench: Workbench, console: Console) -> None:
    app_id = console.new_app(sample_apps.ECHO)
    assert console.put(f"/apps/{app_id}", {"name": "New name", "description": "why"}).status_code == 200
    app = console.put(f"/apps/{app_id}", {"icon": "🚀", "max_active_requests": 3}).json()
    assert (app["name"], app["description"], app["icon"], app["max_active_requests"]) == ("New name", "why", "🚀", 3)
    refused(console.put(f"/apps/{app_id}", {"name": None}), 400, "invalid_param")
    assert console.post(f"/apps/{app_id}/site-enable", {"enable_site": False}).json()["enable_site"] is False
    assert console.post(f"/apps/{app_id}/api-enable", {"enable_api": False}).json()["enable_api"] is False


def test_keys_open_the_app_until_they_are_deleted(any_workbench: Workbench, console: Console) -> None:
    app_id = console.new_app(sample_apps.ECHO)
    assert console.post(f"/apps/{app_id}/workflows/publish").status_code == 200
    made = console.post(f"/apps/{app_id}/api-keys")
    assert made.status_code == 201
    key = made.json()
    (listed,) = console.get(f"/apps/{app_id}/api-keys").json()["data"]
    assert listed == {**key, "token": None}
    headers = {"Authorization": f"Bearer {key['token']}"}
    run = {"inputs": {"word": "hi", "count": 2}, "user": "u"}
    answer = any_workbench.raw(**headers).post("/v1/workflows/run", run)
    assert answer.json()["data"]["outputs"] == {"text": "hi x 2"}
    assert console.delete(f"/apps/{app_id}/api-keys/{key['id']}").status_code == 204
    assert any_workbench.raw(**headers).post("/v1/workflows/run", run).status_code == 401
    refused(console.delete(f"/apps/{app_id}/api-keys/{key['id']}"), 404, "not_found")


def test_a_deleted_app_is_gone_with_what_runs_left(any_workbench: Workbench, console: Console) -> None:
    app_id = console.new_app(sample_apps.ECHO)
    console.run(app_id, {"word": "x", "count": 1})
    assert any_workbench.rows("SELECT id FROM draft_variables WHERE app_id = :id", id=app_id)
    assert console.delete(f"/apps/{app_id}").status_code == 204
    refused(console.get(f"/apps/{app_id}"), 404, "not_found")
    for table in ("draft_variables", "runs", "node_executions", "app_versions"):
        assert not any_workbench.rows(f"SELECT id FROM {table} WHERE app_id = :id", id=app_id), table


def test_who_may_not_edit_looks_only(any_workbench: Workbench, console: Console) -> None:
    app_id = console.new_app(sample_apps.ECHO)
    reader = console_of(any_workbench, role="normal")
    assert reader.get(f"/apps/{app_id}").status_code == 200
    draft = reader.draft(app_id)
    refused(reader.post("/apps", {"mode": "workflow", "name": "x"}), 403, "forbidden")
    refused(reader.save(app_id, draft), 403, "forbidden")
    refused(reader.delete(f"/apps/{app_id}"), 403, "forbidden")
    refused(reader.get(f"/apps/{app_id}/export", include_secret=True), 403, "forbidden")
    refused(reader.step(app_id, "shout"), 403, "forbidden")


def test_who_keeps_knowledge_does_not_look_at_apps(any_workbench: Workbench, console: Console) -> None:
    app_id = console.new_app(sample_apps.ECHO)
    keeper = console_of(any_workbench, role="dataset_operator")
    for path in ("", "/workflows/draft", "/export"):
        refused(keeper.get(f"/apps/{app_id}{path}"), 403, "forbidden")


def test_an_editor_makes_keys_but_does_not_delete_them(any_workbench: Workbench) -> None:
    editor = console_of(any_workbench, role="editor")
    app_id = editor.new_app(sample_apps.ECHO)
    key = editor.post(f"/apps/{app_id}/api-keys").json()
    refused(editor.delete(f"/apps/{app_id}/api-keys/{key['id']}"), 403, "forbidden")
    refused(editor.post(f"/apps/{app_id}/api-enable", {"enable_api": False}), 403, "forbidden")


def test_letters_that_no_record_holds_are_no_accident(console: Console) -> None:
    """NUL, and halves of letters: left out or refused, on every database, and never a crash."""
    made = console.post("/apps", {"mode": "workflow", "name": "a\x00b"})
    assert made.status_code == 201, made.text
    assert made.json()["name"] == "ab"
    app_id = made.json()["id"]
    draft = console.draft(app_id)

    def sent(method: str, path: str, body: JsonMap) -> int:
        text, headers = json.dumps(body), {"Content-Type": "application/json"}
        return console.call(method, path, content=text, headers=headers).status_code

    base = f"/apps/{app_id}"
    kept = {name: draft[name] for name in ("graph", "features", "hash")}
    for odd in ("a\x00b", "a\ud800b"):
        odd_graph = {**draft["graph"], "acme": odd, odd: 1}
        odd_variable = {"name": odd, "value_type": "string", "value": odd}
        answers = {
            "rename": sent("PUT", base, {"name": odd, "description": odd, "icon": odd}),
            "graph": sent("POST", f"{base}/workflows/draft", {**kept, "graph": odd_graph}),
            "variables": sent("POST", f"{base}/workflows/draft", {**kept, "environment_variables": [odd_variable]}),
            "publish": sent("POST", f"{base}/workflows/publish", {"marked_name": odd, "marked_comment": odd}),
            "run": sent("POST", f"{base}/workflows/draft/run", {"inputs": {odd: odd, "text": odd}}),
            "step": sent("POST", f"{base}/workflows/draft/nodes/llm/run", {"inputs": {odd: odd, "start.text": odd}}),
            "import": sent("POST", "/apps/imports", {"mode": "yaml-content", "yaml_content": odd, "name": odd}),
            "address": sent("POST", "/apps/imports", {"mode": "yaml-url", "yaml_url": f"http://{odd}"}),
        }
        assert {what: status for what, status in answers.items() if status >= 500} == {}, repr(odd)
    for path in (
        "/apps/%00",
        f"{base}/workflows/%00",
        f"{base}/workflow-runs/%00",
        f"{base}/workflows/draft/variables/%00",
        f"{base}/workflows/draft/nodes/%00/last-run",
        f"{base}/export?workflow_id=%00",
        f"{base}/workflow-runs?last_id=%00",
        f"{base}/workflows?user_id=%00",
        "/apps?name=%00",
    ):
        assert console.get(path).status_code in (200, 400, 404), path


def test_templates_can_be_imported(console: Console) -> None:
    templates = console.get("/app-templates").json()["data"]
    assert templates
    assert console.new_app(templates[0]["content"])


def test_plugins_that_nothing_stands_in_for_are_named(console: Console) -> None:
    file = yaml.safe_load(sample_apps.ECHO)
    file["dependencies"] = [
        {"type": "marketplace", "value": {"marketplace_plugin_unique_identifier": f"langgenius/{name}:0.0.1@ab"}}
        for name in ("openai", "no-such-thing")
    ]
    app_id = console.new_app(written(file))
    leaked = console.get(f"/apps/imports/{app_id}/check-dependencies").json()["leaked_dependencies"]
    assert [item["value"] for item in leaked] == [file["dependencies"][1]["value"]]
