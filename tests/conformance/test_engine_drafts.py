"""The numbered cases of spec workflow-engine §25 about importing, saving, trying and publishing drafts, over HTTP."""

import json
from typing import Any

import pytest
import yaml

from tests.server import sample_apps
from tests.server.app_files import answer as answer_node
from tests.server.app_files import chatflow, end, failing, secret, start, template, text_input, workflow
from tests.server.console_client import Console, console_of
from tests.server.harness import Workbench
from tests.server.http_client import JsonMap
from tests.server.matchers import refused


@pytest.fixture
def console(any_workbench: Workbench) -> Console:
    return console_of(any_workbench)


def imported(console: Console, file: JsonMap | str, **members: str) -> tuple[int, JsonMap]:
    text = file if isinstance(file, str) else json.dumps(file, ensure_ascii=False)
    answer = console.post("/apps/imports", {"mode": "yaml-content", "yaml_content": text, **members})
    return answer.status_code, dict(answer.json())


def apps_of(console: Console) -> list[str]:
    return [app["id"] for app in console.get("/apps").json()["data"]]


def echo(**changes: Any) -> JsonMap:
    return {**yaml.safe_load(sample_apps.ECHO), **changes}


def test_case_01_a_file_without_version_and_kind_is_imported_as_0_1_0(console: Console) -> None:
    file = echo()
    del file["version"], file["kind"]
    status, result = imported(console, file)
    assert (status, result["status"], result["imported_dsl_version"]) == (200, "completed-with-warnings", "0.1.0")
    assert result["app_id"] in apps_of(console)


def test_case_02_a_version_that_is_a_float_fails_and_makes_no_app(console: Console) -> None:
    before = apps_of(console)
    status, result = imported(console, echo(version=0.1))
    assert (status, result["status"], result["app_id"]) == (400, "failed", None)
    assert apps_of(console) == before


def test_case_03_an_unparsable_version_fails_and_makes_no_app(console: Console) -> None:
    before = apps_of(console)
    status, result = imported(console, echo(version="tomorrow"))
    assert (status, result["status"], result["app_id"]) == (400, "failed", None)
    assert apps_of(console) == before


def test_case_04_a_newer_file_is_confirmed_in_time_or_fails(any_workbench: Workbench, console: Console) -> None:
    before = apps_of(console)
    status, first = imported(console, echo(version="0.5.1"))
    assert (status, first["status"]) == (202, "pending")
    _, second = imported(console, echo(version="1.0.0"))
    assert apps_of(console) == before
    done = console.post(f"/apps/imports/{first['id']}/confirm")
    assert (done.status_code, done.json()["status"]) == (200, "completed")
    assert done.json()["app_id"] in apps_of(console)
    any_workbench.change("UPDATE pending_imports SET expires_at = 1 WHERE id = :id", id=second["id"])
    late = console.post(f"/apps/imports/{second['id']}/confirm")
    assert (late.status_code, late.json()["status"]) == (400, "failed")


def test_case_05_a_workflow_file_does_not_get_over_a_chatflow(console: Console) -> None:
    """The app stays a chatflow, and the file is refused instead of leaving a graph that no chat can run."""
    for mine, file, kinds in (
        (sample_apps.CHATFLOW, sample_apps.ECHO, "The file holds a workflow and this app is a chatflow"),
        (sample_apps.ECHO, sample_apps.CHATFLOW, "The file holds a chatflow and this app is a workflow"),
    ):
        app_id = console.new_app(mine)
        before, draft = console.get(f"/apps/{app_id}").json(), console.draft(app_id)
        status, result = imported(console, file, app_id=app_id)
        assert (status, result["status"], result["app_id"]) == (400, "failed", None)
        assert result["error"] == f"{kinds}; create a new app from this file instead."
        assert (console.get(f"/apps/{app_id}").json(), console.draft(app_id)) == (before, draft)


def test_case_06_an_import_makes_a_draft_only(any_workbench: Workbench, console: Console) -> None:
    app_id = console.new_app(sample_apps.ECHO)
    key = console.post(f"/apps/{app_id}/api-keys").json()["token"]
    answer = any_workbench.raw(Authorization=f"Bearer {key}").post("/v1/workflows/run", {"inputs": {}, "user": "u"})
    refused(answer, 400, "invalid_param")
    assert "no published version" in answer.json()["message"]


def test_case_07_import_then_export_keeps_graph_and_features(console: Console) -> None:
    file = yaml.safe_load(sample_apps.CHATFLOW)
    file["workflow"]["graph"]["nodes"][0]["future"] = {"deep": [1, 1.0, "1", None]}
    file["workflow"]["features"]["acme"] = {"kept": [True]}
    file["app"] |= {"icon_type": "image", "icon": "an-uploaded-image"}
    _, result = imported(console, file)
    written = yaml.safe_load(console.get(f"/apps/{result['app_id']}/export").json()["data"])
    assert written["workflow"]["graph"] == file["workflow"]["graph"]
    assert written["workflow"]["features"] | file["workflow"]["features"] == written["workflow"]["features"]
    assert written["app"]["icon"] == "🤖"


def test_case_08_a_secret_exported_without_secrets_is_empty(console: Console) -> None:
    app_id = console.new_app(workflow(start(to="end"), end(), environment=[secret("key", "sk-1234567890")]))
    text = console.get(f"/apps/{app_id}/export").json()["data"]
    assert yaml.safe_load(text)["workflow"]["environment_variables"][0]["value"] == ""
    (variable,) = console.draft(console.new_app(text))["environment_variables"]
    assert (variable["name"], variable["value"]) == ("key", "")


def test_case_09_a_hidden_secret_is_kept_while_its_name_changes(console: Console) -> None:
    app_id = console.new_app(workflow(start(to="end"), end(), environment=[secret("key", "sk-1234567890")]))
    draft = console.draft(app_id)
    hidden = {**draft["environment_variables"][0], "name": "renamed", "value": "[__HIDDEN__]"}
    assert console.save(app_id, draft, environment_variables=[hidden]).status_code == 200
    text = console.get(f"/apps/{app_id}/export", include_secret=True).json()["data"]
    (variable,) = yaml.safe_load(text)["workflow"]["environment_variables"]
    assert (variable["name"], variable["value"]) == ("renamed", "sk-1234567890")


def test_case_10_of_variables_with_one_name_the_last_wins(console: Console) -> None:
    app_id = console.new_app(sample_apps.ECHO)
    draft = console.draft(app_id)
    clash = [{"name": "x", "value_type": "string", "value": value} for value in ("first", "last")]
    assert console.save(app_id, draft, environment_variables=clash).status_code == 200
    assert [item["value"] for item in console.draft(app_id)["environment_variables"]] == ["last"]


def test_case_68_a_stale_hash_is_refused_and_variables_keep_it(console: Console) -> None:
    app_id = console.new_app(sample_apps.ECHO)
    draft = console.draft(app_id)
    more = [{"name": "x", "value_type": "number", "value": 1}]
    saved = console.save(app_id, draft, environment_variables=more).json()
    assert saved["hash"] == draft["hash"]
    changed = console.save(app_id, draft, graph={**draft["graph"], "viewport": {"x": 9, "y": 9, "zoom": 1}}).json()
    assert changed["hash"] != draft["hash"]
    refused(console.save(app_id, draft), 400, "draft_workflow_not_sync")


def test_case_69_the_api_runs_what_is_published(any_workbench: Workbench, console: Console) -> None:
    app_id = console.new_app(chatflow(start(to="answer"), answer_node("published")))
    key = console.post(f"/apps/{app_id}/api-keys").json()["token"]
    console.post(f"/apps/{app_id}/workflows/publish")
    draft = console.draft(app_id)
    graph = json.loads(json.dumps(draft["graph"]).replace("published", "edited"))
    assert console.save(app_id, draft, graph=graph).status_code == 200

    def said() -> str:
        body = {"inputs": {}, "query": "?", "user": "u", "response_mode": "blocking"}
        answer = any_workbench.raw(Authorization=f"Bearer {key}").post("/v1/chat-messages", body)
        return str(answer.json()["answer"])

    assert said() == "published"
    assert console.ask(app_id, "?")[-2]["event"] == "workflow_finished"
    console.post(f"/apps/{app_id}/workflows/publish")
    assert said() == "edited"


def test_case_70_a_step_names_a_missing_variable_and_takes_its_strategy(console: Console) -> None:
    strategy = {"error_strategy": "default-value", "default_value": [{"key": "result", "type": "string", "value": "d"}]}
    app_id = console.new_app(
        workflow(
            start(text_input("word"), to=["shout", "boom"]),
            template("shout", "{{ word }}", word="start.word"),
            failing(**strategy),
        )
    )
    lacking = console.step(app_id, "shout")
    refused(lacking, 400, "invalid_param")
    assert "variable key start.word not found in user inputs" in lacking.json()["message"]
    handled = console.step(app_id, "boom")
    assert (handled.status_code, handled.json()["status"]) == (200, "exception")
    assert handled.json()["outputs"] == {
        "result": "d",
        "error_message": handled.json()["error"],
        "error_type": "CodeExecutionError",
    }
