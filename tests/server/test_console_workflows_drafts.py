"""Drafts in the console: saved without losing anybody's work, checked, published, restored."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest

from tests.server import sample_apps
from tests.server.app_files import (
    STUB,
    chat,
    chatflow,
    completion,
    conversation_variable,
    end,
    secret,
    start,
    template,
    text_input,
    workflow,
)
from tests.server.console_client import Console, console_of
from tests.server.harness import Workbench
from tests.server.http_client import JsonMap
from tests.server.matchers import refused


@pytest.fixture
def console(any_workbench: Workbench) -> Console:
    return console_of(any_workbench)


@pytest.fixture(scope="module")
def sqlite_console(workbench: Workbench) -> Console:
    return console_of(workbench)


def with_text(draft: JsonMap, text: str) -> JsonMap:
    """The graph of a draft with another template in it."""
    graph = json.loads(json.dumps(draft["graph"]))
    next(node for node in graph["nodes"] if node["id"] == "shout")["data"]["template"] = text
    return graph


def text_of_draft(draft: JsonMap) -> str:
    return str(next(node for node in draft["graph"]["nodes"] if node["id"] == "shout")["data"]["template"])


def test_a_save_names_the_state_that_it_began_with(console: Console) -> None:
    app_id = console.new_app(sample_apps.ECHO)
    draft = console.draft(app_id)
    saved = console.save(app_id, draft, graph=with_text(draft, "one"))
    assert saved.status_code == 200, saved.text
    assert saved.json()["result"] == "success"
    assert saved.json()["hash"] != draft["hash"]
    refused(console.save(app_id, draft, graph=with_text(draft, "two")), 400, "draft_workflow_not_sync")
    refused(console.save(app_id, draft, graph=with_text(draft, "two"), hash=None), 400, "draft_workflow_not_sync")
    again = console.save(app_id, draft, graph=with_text(draft, "two"), hash=saved.json()["hash"])
    assert again.status_code == 200
    assert text_of_draft(console.draft(app_id)) == "two"
    assert console.draft(app_id)["hash"] == again.json()["hash"]


def test_of_members_who_save_at_once_one_wins_and_the_others_are_told(any_workbench: Workbench) -> None:
    members = [console_of(any_workbench) for _ in range(8)]
    app_id = members[0].new_app(sample_apps.ECHO)
    draft = members[0].draft(app_id)

    def save(place: int) -> tuple[int, str]:
        answer = members[place].save(app_id, draft, graph=with_text(draft, f"by {place}"))
        return answer.status_code, answer.json().get("code", "")

    with ThreadPoolExecutor(len(members)) as pool:
        answers = list(pool.map(save, range(len(members))))
    winners = [place for place, (status, _) in enumerate(answers) if status == 200]
    assert len(winners) == 1
    assert {code for status, code in answers if status != 200} == {"draft_workflow_not_sync"}
    assert text_of_draft(members[0].draft(app_id)) == f"by {winners[0]}"


def test_members_who_take_turns_lose_nothing(any_workbench: Workbench) -> None:
    """Each adds a node of its own, and begins again where it is told that somebody was faster."""
    members = [console_of(any_workbench) for _ in range(4)]
    app_id = members[0].new_app(sample_apps.ECHO)

    def add(place: int) -> None:
        for _ in range(40):
            draft = members[place].draft(app_id)
            added = {"id": f"n{place}", "type": "custom", "data": {"type": "template-transform", "title": "x"}}
            graph = {**draft["graph"], "nodes": [*draft["graph"]["nodes"], added]}
            if members[place].save(app_id, draft, graph=graph).status_code == 200:
                return
        raise AssertionError("never got its turn")

    with ThreadPoolExecutor(len(members)) as pool:
        list(pool.map(add, range(len(members))))
    ids = {node["id"] for node in members[0].draft(app_id)["graph"]["nodes"]}
    assert {"n0", "n1", "n2", "n3"} <= ids


def test_variables_of_somebody_else_are_not_overwritten(console: Console) -> None:
    app_id = console.new_app(workflow(start(to="end"), end(), environment=[secret("key", "sk-one-two-three")]))
    draft = console.draft(app_id)
    changed = [{**draft["environment_variables"][0], "value": "[__HIDDEN__]", "description": "mine"}]
    first = console.save(app_id, draft, environment_variables=changed, variables_hash=draft["variables_hash"])
    assert first.status_code == 200
    assert first.json()["hash"] == draft["hash"]
    theirs = [{**draft["environment_variables"][0], "value": "[__HIDDEN__]", "description": "theirs"}]
    second = console.save(app_id, draft, environment_variables=theirs, variables_hash=draft["variables_hash"])
    refused(second, 400, "draft_workflow_not_sync")
    assert console.draft(app_id)["environment_variables"][0]["description"] == "mine"
    assert console.save(app_id, draft).status_code == 200
    assert console.draft(app_id)["environment_variables"][0]["description"] == "mine"


def test_secrets_are_never_shown_and_stay_when_hidden(console: Console) -> None:
    app_id = console.new_app(
        workflow(start(to="end"), end(), environment=[secret("long", "sk-abcdefghijk-xy"), secret("short", "1234")])
    )
    draft = console.draft(app_id)
    shown = {variable["name"]: variable["value"] for variable in draft["environment_variables"]}
    assert shown == {"long": "sk-abc" + "*" * 12 + "xy", "short": "*" * 20}
    listed = console.get(f"/apps/{app_id}/workflows/draft/environment-variables").json()["items"]
    assert listed == draft["environment_variables"]
    long, short = draft["environment_variables"]
    kept = [{**long, "value": "[__HIDDEN__]", "name": "renamed"}, {**short, "value": shown["short"]}]
    assert console.save(app_id, draft, environment_variables=kept).status_code == 200
    text = console.get(f"/apps/{app_id}/export", include_secret=True).json()["data"]
    assert "sk-abcdefghijk-xy" in text
    assert "1234" in text
    assert "name: renamed" in text
    unknown = [{**long, "id": "other", "value": "[__HIDDEN__]"}]
    refused(console.save(app_id, draft, environment_variables=unknown), 400, "invalid_param")
    exposed = [{**long, "value_type": "string", "value": "[__HIDDEN__]"}]
    assert console.save(app_id, draft, environment_variables=exposed).status_code == 200
    assert console.draft(app_id)["environment_variables"][0]["value"] == "[__HIDDEN__]"


def test_a_closing_page_saves_with_the_token_in_its_body(sqlite_console: Console) -> None:
    console = sqlite_console
    app_id = console.new_app(sample_apps.ECHO)
    draft = console.draft(app_id)

    def beacon(body: JsonMap) -> Any:
        headers = {"Content-Type": "text/plain;charset=UTF-8", "X-CSRF-Token": ""}
        path = f"/apps/{app_id}/workflows/draft"
        return console.call("POST", path, content=json.dumps(body), headers=headers)

    body = {"graph": with_text(draft, "parting"), "features": draft["features"], "hash": draft["hash"]}
    refused(beacon(body), 403, "csrf")
    refused(beacon({**body, "csrf_token": "wrong"}), 403, "csrf")
    assert beacon({**body, "csrf_token": console.token}).status_code == 200
    assert text_of_draft(console.draft(app_id)) == "parting"


def test_a_save_validates_nothing_of_the_graph(sqlite_console: Console) -> None:
    console = sqlite_console
    app_id = console.new_app(sample_apps.ECHO)
    draft = console.draft(app_id)
    odd = {
        "nodes": [{"id": "n", "data": {"type": "acme-unheard-of", "future": [1, 1.0, None]}}, "no node", 7],
        "edges": [{"source": "n", "target": "nowhere"}],
        "viewport": {"x": 0.5, "y": 1, "zoom": 1},
        "acme": {"kept": True},
    }
    assert console.save(app_id, draft, graph=odd).status_code == 200
    assert console.draft(app_id)["graph"] == odd


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"features": {"opening_statement": {"a": 1}, "file_upload": {"enabled": "often"}}}, "invalid_param"),
        ({"environment_variables": [{"name": "x", "value_type": "number", "value": "many"}]}, "invalid_param"),
        ({"environment_variables": [{"name": "x", "value_type": "string", "value": "y" * 204_801}]}, "invalid_param"),
        ({"conversation_variables": [{"name": "x", "value_type": "no-type", "value": 1}]}, "invalid_param"),
        ({"graph": []}, "invalid_param"),
        (
            {"graph": {"nodes": [{"data": {"type": "start"}}, {"data": {"type": "trigger-webhook"}}], "edges": []}},
            "trigger_start_node_conflict",
        ),
    ],
)
def test_a_save_refuses_what_could_not_be_read_again(sqlite_console: Console, change: JsonMap, code: str) -> None:
    app_id = sqlite_console.new_app(sample_apps.ECHO)
    draft = sqlite_console.draft(app_id)
    refused(sqlite_console.save(app_id, draft, **change), 400, code)
    assert sqlite_console.draft(app_id) == draft


def test_features_are_filled_in_and_unknown_ones_stay(sqlite_console: Console) -> None:
    console = sqlite_console
    app_id = console.new_app(sample_apps.CHATFLOW)
    draft = console.draft(app_id)
    path = f"/apps/{app_id}/workflows/draft/features"
    saved = console.post(path, {"features": {"opening_statement": "Hi", "acme": [1]}, "hash": draft["hash"]})
    assert saved.status_code == 200, saved.text
    features = console.draft(app_id)["features"]
    assert (features["opening_statement"], features["acme"]) == ("Hi", [1])
    assert features["retriever_resource"] == {"enabled": True}
    refused(console.post(path, {"features": {}, "hash": draft["hash"]}), 400, "draft_workflow_not_sync")


def test_an_app_without_a_canvas_has_no_draft_to_draw(sqlite_console: Console) -> None:
    app_id = sqlite_console.new_app(chat(name="Chat"))
    refused(sqlite_console.get(f"/apps/{app_id}/workflows/draft"), 404, "draft_workflow_not_exist")
    body = {"graph": {}, "hash": "x"}
    refused(sqlite_console.post(f"/apps/{app_id}/workflows/draft", body), 404, "draft_workflow_not_exist")


def test_the_checklist_names_node_field_and_reason(sqlite_console: Console) -> None:
    console = sqlite_console
    nodes = (
        start(text_input("a"), to="shout"),
        template("shout", "{{ a }}", a="gone.text"),
        template("alone", "x"),
    )
    app_id = console.new_app(workflow(*nodes))
    draft = console.draft(app_id)
    graph = json.loads(json.dumps(draft["graph"]))
    graph["nodes"].append({"id": "ask", "type": "custom", "data": {"type": "llm", "title": "Ask", "model": STUB}})
    graph["edges"].append({"source": "shout", "target": "ask"})
    assert console.save(app_id, draft, graph=graph).status_code == 200
    checklist = console.get(f"/apps/{app_id}/workflows/draft/check").json()
    assert checklist["publishable"] is False
    first = checklist["data"][0]
    assert (first["severity"], first["node_id"], first["node_title"]) == ("error", "ask", "Ask")
    assert (first["field"], "prompt_template" in first["message"]) == ("prompt_template", True)
    kinds = {(item["kind"], item["node_id"]) for item in checklist["data"]}
    assert {("unreachable-node", "alone"), ("unknown-reference", "shout"), ("no-result", None)} <= kinds
    refused(console.post(f"/apps/{app_id}/workflows/publish"), 400, "invalid_param")


def test_a_draft_with_an_edge_that_leads_nowhere_runs_but_is_not_published(sqlite_console: Console) -> None:
    console = sqlite_console
    app_id = console.new_app(sample_apps.ECHO)
    draft = console.draft(app_id)
    graph = json.loads(json.dumps(draft["graph"]))
    graph["edges"].append({"source": "shout", "target": "gone"})
    assert console.save(app_id, draft, graph=graph).status_code == 200
    refused(console.post(f"/apps/{app_id}/workflows/publish"), 400, "invalid_param")
    assert console.get(f"/apps/{app_id}/workflows/publish").json() is None
    assert console.run(app_id, {"word": "w", "count": 1})[-1]["data"]["status"] == "succeeded"


def test_a_model_out_of_reach_is_on_the_checklist(sqlite_console: Console, workbench: Workbench) -> None:
    other = workbench.second_workspace("Without models")
    console = console_of(workbench, workspace_id=other.id)
    app_id = console.new_app(sample_apps.WRITER)
    (item,) = console.get(f"/apps/{app_id}/workflows/draft/check").json()["data"]
    assert (item["kind"], item["severity"], item["node_id"], item["field"]) == (
        "model-unavailable",
        "warning",
        "write",
        "model",
    )


def test_blocks_have_data_and_a_form(sqlite_console: Console) -> None:
    flow, talk, basic = (
        sqlite_console.new_app(text) for text in (sample_apps.ECHO, sample_apps.CHATFLOW, chat(name="Chat"))
    )
    base = "/apps/{}/workflows/default-workflow-block-configs"
    blocks = {block["type"]: block for block in sqlite_console.get(base.format(flow)).json()["data"]}
    assert {"start", "end", "llm", "code", "if-else", "http-request"} <= set(blocks)
    assert "answer" not in blocks
    assert blocks["llm"]["config"]["type"] == "llm"
    assert blocks["llm"]["config"]["model"]["name"] == "stub"
    assert blocks["agent"]["config"]["agent_parameters"]["model"]["value"]["name"] == "stub"
    assert blocks["llm"]["form"]["properties"]["model"]["ui"] == "model"
    assert "end" not in {block["type"] for block in sqlite_console.get(base.format(talk)).json()["data"]}
    assert sqlite_console.get(base.format(basic)).json() == {"data": []}
    assert sqlite_console.get(base.format(flow) + "/code").json() == blocks["code"]
    refused(sqlite_console.get(base.format(flow) + "/answer"), 404, "not_found")


def test_every_block_begins_with_data_that_its_own_form_accepts() -> None:
    from treadle.apps.editing.blocks import blocks
    from treadle.nodes import FORMS

    for mode in ("workflow", "advanced-chat"):
        for block in blocks(mode):
            FORMS[block.type].model_validate(block.data)


def test_versions_are_listed_named_restored_and_deleted(console: Console) -> None:
    app_id = console.new_app(sample_apps.ECHO)
    assert console.get(f"/apps/{app_id}/workflows/publish").json() is None
    marks = {"marked_name": "First", "marked_comment": "It works"}
    first = console.post(f"/apps/{app_id}/workflows/publish", marks).json()
    draft = console.draft(app_id)
    saved = console.save(app_id, draft, graph=with_text(draft, "second")).json()
    second = console.post(f"/apps/{app_id}/workflows/publish").json()
    listed = console.get(f"/apps/{app_id}/workflows").json()
    assert [(item["id"], item["current"], item["marked_name"]) for item in listed["items"]] == [
        (second["id"], True, ""),
        (first["id"], False, "First"),
    ]
    assert (listed["total"], listed["has_more"]) == (2, False)
    assert listed["items"][0]["created_by"] == {"id": console.account_id, "name": "Member", "email": console.email}
    page = console.get(f"/apps/{app_id}/workflows", limit=1).json()
    assert (len(page["items"]), page["has_more"]) == (1, True)
    named = console.get(f"/apps/{app_id}/workflows", named_only=True).json()["items"]
    assert [item["id"] for item in named] == [first["id"]]
    assert console.get(f"/apps/{app_id}/workflows", user_id="somebody").json()["items"] == []
    assert console.get(f"/apps/{app_id}/workflows/publish").json()["id"] == second["id"]

    path = f"/apps/{app_id}/workflows/{first['id']}"
    assert console.change(path, {"marked_name": "Begin"}).json()["marked_comment"] == "It works"
    refused(console.change(path, {"marked_name": "x" * 21}), 400, "invalid_param")
    refused(console.post(f"{path}/restore", {"hash": draft["hash"]}), 400, "draft_workflow_not_sync")
    restored = console.post(f"{path}/restore", {"hash": saved["hash"]})
    assert restored.status_code == 200, restored.text
    assert console.draft(app_id)["graph"] == draft["graph"]
    assert console.get(f"/apps/{app_id}/workflows/publish").json()["id"] == second["id"]

    refused(console.delete(f"/apps/{app_id}/workflows/{second['id']}"), 400, "version_in_use")
    refused(console.delete(f"/apps/{app_id}/workflows/{draft['id']}"), 404, "not_found")
    assert console.delete(path).json() == {"result": "success"}
    refused(console.get(path), 404, "not_found")


def test_a_version_that_a_tool_is_bound_to_stays(workbench: Workbench, sqlite_console: Console) -> None:
    app_id = sqlite_console.new_app(sample_apps.ECHO)
    first = sqlite_console.post(f"/apps/{app_id}/workflows/publish").json()["id"]
    workspace = workbench.rows("SELECT workspace_id FROM apps WHERE id = :id", id=app_id)[0][0]
    sqlite_console.post(f"/apps/{app_id}/workflows/publish")
    workbench.change(
        "INSERT INTO tool_workflows (id, workspace_id, app_id, version_id, name, label, icon, description, parameters,"
        " form, outputs, labels, privacy_policy, created_at, updated_at)"
        " VALUES (:id, :workspace, :app, :version, :id, '', '{}', '', '[]', '[]', '{}', '[]', '', 1, 1)",
        id=str(uuid4()),
        workspace=workspace,
        app=app_id,
        version=first,
    )
    refused(sqlite_console.delete(f"/apps/{app_id}/workflows/{first}"), 400, "version_in_use")
    workbench.change("DELETE FROM tool_workflows WHERE app_id = :id", id=app_id)
    assert sqlite_console.delete(f"/apps/{app_id}/workflows/{first}").status_code == 200


def test_a_version_is_exported(sqlite_console: Console) -> None:
    console = sqlite_console
    app_id = console.new_app(sample_apps.ECHO)
    version = console.post(f"/apps/{app_id}/workflows/publish").json()["id"]
    draft = console.draft(app_id)
    console.save(app_id, draft, graph=with_text(draft, "only in the draft"))
    assert "only in the draft" in console.get(f"/apps/{app_id}/export").json()["data"]
    assert "only in the draft" not in console.get(f"/apps/{app_id}/export", workflow_id=version).json()["data"]
    other = console.new_app(sample_apps.ECHO)
    refused(console.get(f"/apps/{other}/export", workflow_id=version), 404, "not_found")


def test_a_configuration_is_live_when_it_is_saved(any_workbench: Workbench, console: Console) -> None:
    app_id = console.new_app(completion(text_input("product"), name="Texts", prompt="About {{product}}"))
    app = console.get(f"/apps/{app_id}").json()
    key = console.post(f"/apps/{app_id}/api-keys").json()["token"]
    changed = {**app["configuration"], "pre_prompt": "Loudly about {{product}}", "opening_statement": "not here"}
    path = f"/apps/{app_id}/model-config"
    saved = console.post(path, {"configuration": changed, "hash": app["draft_hash"]})
    assert saved.status_code == 200, saved.text
    after = console.get(f"/apps/{app_id}").json()
    assert after["configuration"]["pre_prompt"] == "Loudly about {{product}}"
    assert after["configuration"]["opening_statement"] is None
    assert after["published_version_id"] != app["published_version_id"]
    answer = any_workbench.raw(Authorization=f"Bearer {key}").post(
        "/v1/completion-messages", {"inputs": {"product": "tea"}, "user": "u"}
    )
    assert answer.status_code == 200, answer.text
    asked = any_workbench.model.requests_to("/chat/completions")[-1]
    assert "Loudly about tea" in str(asked.json)
    refused(console.post(path, {"configuration": changed, "hash": app["draft_hash"]}), 400, "draft_workflow_not_sync")


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"model": {}}, "model"),
        ({"prompt_type": "advanced", "chat_prompt_config": {}}, "chat_prompt_config"),
        ({"suggested_questions": ["?"] * 11}, "suggested_questions"),
        ({"user_input_form": [{"text-input": {"variable": "1x", "label": "x"}}]}, "model_config.user_input_form"),
        (
            {"sensitive_word_avoidance": {"enabled": True, "type": "keywords", "config": {"keywords": "x"}}},
            "sensitive_word_avoidance",
        ),
    ],
)
def test_a_configuration_that_cannot_run_is_refused(sqlite_console: Console, change: JsonMap, param: str) -> None:
    app_id = sqlite_console.new_app(chat(name="Chat"))
    app = sqlite_console.get(f"/apps/{app_id}").json()
    body = {"configuration": {**app["configuration"], **change}, "hash": app["draft_hash"]}
    answer = sqlite_console.post(f"/apps/{app_id}/model-config", body)
    refused(answer, 400, "invalid_param")
    assert answer.json()["params"].startswith(param)
    assert sqlite_console.get(f"/apps/{app_id}").json()["draft_hash"] == app["draft_hash"]


def test_conversation_variables_are_saved_with_the_draft(sqlite_console: Console) -> None:
    console = sqlite_console
    counter = conversation_variable("turns", "number", 0)
    app_id = console.new_app(chatflow(start(to="answer"), sample_apps.answer("hi"), conversation=[counter]))
    draft = console.draft(app_id)
    assert draft["conversation_variables"] == [{**counter, "value": 0}]
    more = [counter, {"name": "words", "value_type": "array[string]", "value": ["a"]}]
    assert console.save(app_id, draft, conversation_variables=more).status_code == 200
    saved = console.draft(app_id)["conversation_variables"]
    assert [(item["name"], item["value"]) for item in saved] == [("turns", 0), ("words", ["a"])]
    assert all(item["id"] for item in saved)
