"""Trying drafts in the console: whole runs, single nodes, the values they leave, and what was run before."""

import json
from uuid import uuid4

import pytest

from tests.server import sample_apps
from tests.server.app_files import (
    Node,
    answer,
    assign,
    chat,
    chatflow,
    code,
    completion,
    conversation_variable,
    end,
    failing,
    file_input,
    http,
    if_contains,
    llm,
    secret,
    start,
    template,
    text_input,
    workflow,
)
from tests.server.console_client import Console, console_of
from tests.server.harness import Workbench
from tests.server.http_client import JsonMap, text_of
from tests.server.matchers import refused

COUNTING = chatflow(
    start(to="count"),
    assign("count", "turns", "+=", 1, to="answer"),
    answer("{{#conversation.turns#}}: {{#sys.query#}}"),
    conversation=[conversation_variable("turns", "number", 0)],
    name="Counting",
)


@pytest.fixture
def console(any_workbench: Workbench) -> Console:
    return console_of(any_workbench)


@pytest.fixture(scope="module")
def sqlite_console(workbench: Workbench) -> Console:
    return console_of(workbench)


def values(console: Console, app_id: str) -> dict[str, object]:
    """What debug runs left, by `node.name`."""
    items = console.get(f"/apps/{app_id}/workflows/draft/variables").json()["items"]
    return {".".join(item["selector"]): item["value"] for item in items}


def test_a_draft_runs_in_full_detail_and_is_recorded_as_debugging(any_workbench: Workbench, console: Console) -> None:
    app_id = console.new_app(sample_apps.ECHO)
    events = console.run(app_id, {"word": "hi", "count": 2})
    assert [event["event"] for event in events if event["event"] != "text_chunk"] == [
        "workflow_started",
        *["node_started", "node_finished"] * 3,
        "workflow_finished",
    ]
    shout = next(e["data"] for e in events if e["event"] == "node_finished" and e["data"]["node_id"] == "shout")
    assert (shout["inputs"], shout["outputs"]) == ({"word": "hi", "count": 2}, {"output": "hi x 2"})
    finished = events[-1]["data"]
    assert (finished["status"], finished["outputs"]) == ("succeeded", {"text": "hi x 2"})
    assert finished["created_by"] == {"id": console.account_id, "name": "Member", "email": console.email}
    row = any_workbench.rows(
        "SELECT triggered_from, created_by_role, created_by, created_from FROM runs WHERE id = :id", id=finished["id"]
    )
    assert row == [("debugging", "account", console.account_id, "console")]
    assert console.get(f"/apps/{app_id}").json()["published_version_id"] is None


def test_a_debug_run_is_in_no_log_of_the_app(any_workbench: Workbench, console: Console) -> None:
    app_id = console.new_app(sample_apps.ECHO)
    console.post(f"/apps/{app_id}/workflows/publish")
    key = console.post(f"/apps/{app_id}/api-keys").json()["token"]
    console.run(app_id, {"word": "hi"})
    console.step(app_id, "shout", {"word": "a", "count": 1})
    logged = any_workbench.raw(Authorization=f"Bearer {key}").get("/v1/workflows/logs").json()
    assert logged["data"] == []


def test_wrong_inputs_are_refused_before_the_stream_begins(sqlite_console: Console) -> None:
    app_id = sqlite_console.new_app(sample_apps.ROUTER)
    refused(sqlite_console.post(f"/apps/{app_id}/workflows/draft/run", {"inputs": {}}), 400, "invalid_param")
    path = f"/apps/{app_id}/advanced-chat/workflows/draft/run"
    refused(sqlite_console.post(path, {"query": "x"}), 400, "app_unavailable")


def test_a_chatflow_talks_and_counts_in_its_debug_conversation(console: Console) -> None:
    app_id = console.new_app(COUNTING)
    first = console.ask(app_id, "one")
    assert (text_of(first), first[-1]["event"]) == ("1: one", "message_end")
    conversation_id = first[0]["conversation_id"]
    second = console.ask(app_id, "two", conversation_id=conversation_id)
    assert text_of(second) == "2: two"
    (variable,) = console.get(f"/apps/{app_id}/workflows/draft/conversation-variables").json()["items"]
    assert (variable["name"], variable["value"], variable["value_type"]) == ("turns", 2, "number")
    system = console.get(f"/apps/{app_id}/workflows/draft/system-variables").json()["items"]
    shown = {item["name"]: item["value"] for item in system}
    assert (shown["query"], shown["conversation_id"], shown["dialogue_count"]) == ("two", conversation_id, 2)
    stranger_app = console.new_app(COUNTING)
    path = f"/apps/{stranger_app}/advanced-chat/workflows/draft/run"
    refused(console.post(path, {"query": "x", "conversation_id": conversation_id}), 404, "not_found")


def test_basic_apps_are_tried_on_settings_that_are_not_saved(console: Console) -> None:
    app_id = console.new_app(chat(name="Chat", prompt="Saved."))
    config = console.get(f"/apps/{app_id}").json()["configuration"]
    events = console.events(
        f"/apps/{app_id}/chat-messages", {"query": "hi", "configuration": {**config, "pre_prompt": "Tried."}}
    )
    assert events[-1]["event"] == "message_end"
    assert text_of(events)
    assert console.get(f"/apps/{app_id}").json()["configuration"]["pre_prompt"] == "Saved."
    texts = console.new_app(completion(text_input("product"), name="Texts", prompt="About {{product}}"))
    events = console.events(f"/apps/{texts}/completion-messages", {"inputs": {"product": "tea"}})
    assert events[-1]["event"] == "message_end"
    broken = {"query": "hi", "configuration": {**config, "model": {}}}
    refused(console.post(f"/apps/{app_id}/chat-messages", broken), 400, "invalid_param")
    refused(console.post(f"/apps/{app_id}/completion-messages", {}), 400, "app_unavailable")


def test_a_run_is_stopped_by_who_started_it(any_workbench: Workbench, console: Console) -> None:
    gate = uuid4().hex
    app_id = console.new_app(sample_apps.held_workflow(any_workbench.gate.held(gate)))
    other = console_of(any_workbench)
    with console.stream(f"/apps/{app_id}/workflows/draft/run", {"inputs": {"name": "x"}}) as stream:
        task = stream.until("workflow_started")["task_id"]
        any_workbench.gate.wait(gate)
        path = f"/apps/{app_id}/workflow-runs/tasks/{task}/stop"
        assert other.post(path).json() == {"result": "success"}
        assert console.post(path).json() == {"result": "success"}
        assert stream.rest()[-1]["data"]["status"] == "stopped"


def test_a_run_begins_with_the_trigger_that_is_named(sqlite_console: Console) -> None:
    hook = {
        "type": "trigger-webhook",
        "title": "Hook",
        "method": "post",
        "content_type": "application/json",
        "headers": [],
        "params": [{"name": "who", "type": "string", "required": False}],
        "body": [],
    }
    app_id = sqlite_console.new_app(workflow(Node("hook", hook, {"source": "end"}), end(said="hook.who")))
    request = {"webhook_data": {"headers": {}, "query_params": {"who": "Ada"}, "body": {}, "files": {}}}
    path = f"/apps/{app_id}/workflows/draft/run"
    refused(sqlite_console.post(path, {"inputs": request}), 400, "invalid_param")
    finished = sqlite_console.events(path, {"inputs": request, "start_node_id": "hook"})[-1]["data"]
    assert (finished["status"], finished["outputs"]) == ("succeeded", {"said": "Ada"})
    assert sqlite_console.step(app_id, "hook", request).json()["outputs"]["who"] == "Ada"
    refused(sqlite_console.post(path, {"inputs": request, "start_node_id": "gone"}), 400, "invalid_param")


def test_what_a_node_says_is_told_to_who_tries_the_draft(any_workbench: Workbench, console: Console) -> None:
    """Also where no reader is to see it; callers of the published app hear nothing of it."""
    text = workflow(
        start(text_input("topic"), to="write"),
        llm("write", "Write about {{#start.topic#}}", to="size"),
        template("size", "{{ t | length }}", t="write.text", to="end"),
        end(size="size.output"),
    )
    app_id = console.new_app(text)
    events = console.run(app_id, {"topic": "weaving"})
    said = "".join(e["data"]["text"] for e in events if e["event"] == "node_text" and e["data"]["node_id"] == "write")
    written = next(e["data"] for e in events if e["event"] == "node_finished" and e["data"]["node_id"] == "write")
    assert written["outputs"]["text"].startswith(said)
    assert events[-1]["event"] == "workflow_finished"
    called = any_workbench.of(text).run_events({"topic": "weaving"})
    assert "node_text" not in {event["event"] for event in called}


# ---- single nodes ----


def test_a_node_runs_alone_on_what_it_is_given(any_workbench: Workbench, console: Console) -> None:
    app_id = console.new_app(sample_apps.ECHO)
    for inputs in (
        {"start.word": "hi", "start.count": 3},
        {"#start.word#": "hi", "#start.count#": 3},
        {"word": "hi", "count": 3},
        {"shout.word": "hi", "shout.count": 3},
    ):
        ran = console.step(app_id, "shout", inputs)
        assert ran.status_code == 200, ran.text
        step = ran.json()
        assert (step["status"], step["outputs"], step["given_inputs"]) == ("succeeded", {"output": "hi x 3"}, inputs)
        assert (step["triggered_from"], step["index"], step["execution_metadata"]) == ("single-step", 1, None)
    rows = any_workbench.rows("SELECT run_id, triggered_from FROM node_executions WHERE app_id = :id", id=app_id)
    assert rows == [(None, "single-step")] * 4
    assert console.get(f"/apps/{app_id}/workflow-runs").json()["data"] == []


def test_a_step_names_what_it_lacks_and_takes_what_runs_left(console: Console) -> None:
    app_id = console.new_app(sample_apps.ECHO)
    lacking = console.step(app_id, "shout", {"word": "hi"})
    refused(lacking, 400, "invalid_param")
    assert "start.count not found in user inputs" in lacking.json()["message"]
    asked = console.get(f"/apps/{app_id}/workflows/draft/nodes/shout/inputs").json()["items"]
    assert [(item["key"], item["known"], item["required"]) for item in asked] == [
        ("start.word", False, True),
        ("start.count", False, True),
    ]
    console.run(app_id, {"word": "left", "count": 4})
    assert console.step(app_id, "shout").json()["outputs"] == {"output": "left x 4"}
    assert console.step(app_id, "shout", {"count": 5}).json()["outputs"] == {"output": "left x 5"}
    asked = console.get(f"/apps/{app_id}/workflows/draft/nodes/shout/inputs").json()["items"]
    assert [(item["key"], item["known"], item["value"]) for item in asked] == [
        ("start.word", True, "left"),
        ("start.count", True, 4),
    ]


def test_what_a_step_gives_feeds_the_next(sqlite_console: Console) -> None:
    console = sqlite_console
    app_id = console.new_app(sample_apps.ECHO)
    assert console.step(app_id, "start", {"word": "w", "count": 1}).json()["outputs"]["word"] == "w"
    assert console.step(app_id, "shout").json()["outputs"] == {"output": "w x 1"}
    assert console.step(app_id, "end").json()["outputs"] == {"text": "w x 1"}
    refused(console.step(app_id, "start", {"word": ["no text"]}), 400, "invalid_param")
    refused(console.step(app_id, "no such node"), 404, "not_found")


def test_every_kind_of_node_runs_alone(workbench: Workbench, sqlite_console: Console) -> None:
    console = sqlite_console
    app_id = console.new_app(
        chatflow(
            start(to="route"),
            if_contains("route", "sys.query", "refund", then="ask", otherwise="fetch"),
            llm("ask", "Say {{#sys.query#}}", to="keep"),
            http("fetch", workbench.gate.free("step"), to="keep"),
            assign("keep", "last", "over-write", ["ask", "text"], to="answer"),
            answer("{{#ask.text#}} {{#conversation.last#}}"),
            conversation=[conversation_variable("last", "string", "nothing")],
        )
    )
    route = console.step(app_id, "route", query="a refund").json()
    assert route["status"] == "succeeded"
    asked = console.step(app_id, "ask", query="hello").json()
    assert (asked["status"], bool(asked["outputs"]["text"])) == ("succeeded", True)
    assert asked["process_data"]["prompts"]
    assert asked["execution_metadata"]["total_tokens"] > 0
    assert console.step(app_id, "fetch").json()["outputs"]["status_code"] == 200
    text = asked["outputs"]["text"]
    assert console.step(app_id, "answer").json()["outputs"]["answer"] == f"{text} nothing"
    assert console.step(app_id, "keep").json()["status"] == "succeeded"
    assert console.step(app_id, "answer").json()["outputs"]["answer"] == f"{text} {text}"


def test_a_step_that_fails_is_answered_with_what_went_wrong(sqlite_console: Console) -> None:
    console = sqlite_console
    strategy = {"error_strategy": "default-value", "default_value": [{"key": "result", "type": "string", "value": "d"}]}
    retry = {"retry_config": {"retry_enabled": True, "max_retries": 2, "retry_interval": 1}}
    app_id = console.new_app(
        workflow(
            start(to=["boom", "handled", "again"]),
            failing(),
            failing("handled", **strategy),
            failing("again", **retry),
        )
    )
    failed = console.step(app_id, "boom").json()
    assert (failed["status"], failed["error_type"], "the machine broke" in failed["error"]) == (
        "failed",
        "CodeExecutionError",
        True,
    )
    handled = console.step(app_id, "handled").json()
    assert (handled["status"], handled["outputs"]["result"]) == ("exception", "d")
    again = console.step(app_id, "again").json()
    assert (again["status"], again["retry_index"]) == ("failed", 2)
    last = console.get(f"/apps/{app_id}/workflows/draft/nodes/again/last-run").json()
    assert last == again


def test_a_step_works_in_a_draft_that_is_not_finished(sqlite_console: Console) -> None:
    console = sqlite_console
    app_id = console.new_app(sample_apps.ECHO)
    draft = console.draft(app_id)
    graph = json.loads(json.dumps(draft["graph"]))
    graph["nodes"].append({"id": "half", "data": {"type": "llm"}})
    graph["edges"].append({"source": "end", "target": "half"})
    graph["edges"].append({"source": "half", "target": "shout"})
    assert console.save(app_id, draft, graph=graph).status_code == 200
    refused(console.post(f"/apps/{app_id}/workflows/draft/run", {"inputs": {}}), 400, "invalid_param")
    assert console.step(app_id, "shout", {"word": "w", "count": 1}).json()["status"] == "succeeded"
    refused(console.step(app_id, "half"), 400, "invalid_param")


def test_the_last_run_of_a_node_is_remembered_for_each_member(any_workbench: Workbench, console: Console) -> None:
    app_id = console.new_app(sample_apps.ECHO)
    path = f"/apps/{app_id}/workflows/draft/nodes/shout/last-run"
    refused(console.get(path), 404, "not_found")
    console.run(app_id, {"word": "run", "count": 1})
    assert console.get(path).json()["outputs"] == {"output": "run x 1"}
    stepped = console.step(app_id, "shout", {"word": "step", "count": 2}).json()
    assert console.get(path).json() == stepped
    refused(console_of(any_workbench).get(path), 404, "not_found")


def test_files_are_sent_and_come_back(sqlite_console: Console, workbench: Workbench) -> None:
    console = sqlite_console
    app_id = console.new_app(
        workflow(
            start(file_input("report"), to="name"),
            template("name", "{{ file.filename }}", file="start.report", to="end"),
            end(name="name.output", file="start.report"),
        )
    )
    upload = console.call("POST", "/files/upload", files={"file": ("a.png", workbench.png(), "image/png")})
    assert upload.status_code == 201, upload.text
    sent = {"type": "image", "transfer_method": "local_file", "upload_file_id": upload.json()["id"]}
    finished = console.run(app_id, {"report": sent})[-1]["data"]
    assert (finished["status"], finished["outputs"]["name"]) == ("succeeded", "a.png")
    assert console.step(app_id, "name", {"start.report": sent}).json()["outputs"] == {"output": "a.png"}
    (kept,) = console.get(f"/apps/{app_id}/workflows/draft/nodes/start/variables").json()["items"]
    whole = console.get(f"/apps/{app_id}/workflows/draft/variables/{kept['id']}").json()
    assert (whole["value_type"], whole["value"]["filename"]) == ("file", "a.png")
    assert workbench.http.get(whole["value"]["url"]).content == workbench.png()
    workbench.change(
        "UPDATE draft_variables SET value = replace(value, 'sign=', 'sign=x') WHERE id = :id", id=kept["id"]
    )
    whole = console.get(f"/apps/{app_id}/workflows/draft/variables/{kept['id']}").json()
    assert workbench.http.get(whole["value"]["url"]).status_code == 200
    again = console.step(app_id, "end").json()["outputs"]["file"]["url"]
    assert workbench.http.get(again).status_code == 200
    stranger = console_of(workbench)
    theirs = stranger.step(app_id, "name", {"start.report": sent})
    refused(theirs, 400, "invalid_param")
    forged = {"dify_model_identity": "__dify__file__", "type": "image", "filename": "forged.png"}
    assert stranger.step(app_id, "name", {"start.report": forged}).json()["outputs"] == {"output": "forged.png"}
    stolen = {**sent, "dify_model_identity": "__dify__file__", "related_id": sent["upload_file_id"]}
    refused(stranger.step(app_id, "name", {"start.report": stolen}), 400, "invalid_param")


def test_a_default_that_looks_like_a_file_becomes_none(workbench: Workbench, sqlite_console: Console) -> None:
    """The id of somebody else's file, in the default of a variable, gives no link to it: in no step and in no turn."""
    stranger = console_of(workbench, workspace_id=workbench.second_workspace("Forgers").id)
    upload = sqlite_console.call("POST", "/files/upload", files={"file": ("a.png", workbench.png(), "image/png")})
    forged = {
        "dify_model_identity": "__dify__file__",
        "type": "image",
        "transfer_method": "local_file",
        "related_id": upload.json()["id"],
        "filename": "a.png",
        "extension": ".png",
    }
    app_id = stranger.new_app(
        chatflow(
            start(to="pass"),
            Node(
                "pass",
                {
                    "type": "variable-aggregator",
                    "title": "Pass",
                    "output_type": "object",
                    "variables": [["conversation", "thing"]],
                },
                {"source": "answer"},
            ),
            answer("{{#pass.output#}}"),
            conversation=[conversation_variable("thing", "object", forged)],
        )
    )
    for _ in range(2):
        assert stranger.step(app_id, "pass").json()["status"] == "succeeded"
        said = json.dumps(stranger.step(app_id, "answer").json())
        assert "/files/" not in said
    listed = stranger.get(f"/apps/{app_id}/workflows/draft/nodes/pass/variables").json()["items"]
    assert [item["value_type"] for item in listed] == ["object"]
    talk = stranger.ask(app_id, "one")[0]["conversation_id"]
    assert "/files/" not in json.dumps(stranger.ask(app_id, "two", conversation_id=talk))
    variable = stranger.get(f"/apps/{app_id}/workflows/draft/conversation-variables").json()["items"][0]
    path = f"/apps/{app_id}/workflows/draft/variables/{variable['id']}"
    refused(stranger.change(path, {"value": forged}), 400, "invalid_param")
    stranger.change(path, {"value": {"x": 1}})
    assert "/files/" not in stranger.put(f"{first_variable(stranger, app_id)}/reset").text


def first_variable(console: Console, app_id: str) -> str:
    """Where the first conversation variable is once it has a value."""
    (item,) = console.get(f"/apps/{app_id}/workflows/draft/conversation-variables").json()["items"]
    return f"/apps/{app_id}/workflows/draft/variables/{item['id']}"


# ---- iterations and loops ----


def iterating(item_template: str) -> str:
    """start → list → each(entry → shout) → end."""
    inside = {"isInIteration": True, "iteration_id": "each"}
    listing = "def main():\n    return {'words': ['a', 'b', 'c']}\n"
    made = template("shout", item_template, item="each.item", index="each.index", tail="start.tail")
    each = {
        "type": "iteration",
        "title": "Each",
        "start_node_id": "entry",
        "iterator_selector": ["list", "words"],
        "output_selector": ["shout", "output"],
    }
    return workflow(
        start(text_input("tail"), to="list"),
        code("list", listing, {"words": "array[string]"}, to="each"),
        Node("each", each, {"source": "end"}),
        Node("entry", {"type": "iteration-start", "title": "", **inside}, {"source": "shout"}),
        Node("shout", {**made.data, **inside}),
        end(all="each.output"),
    )


def test_an_iteration_runs_alone_with_events(console: Console) -> None:
    app_id = console.new_app(iterating("{{ index }}{{ item }}{{ tail }}"))
    path = f"/apps/{app_id}/workflows/draft/iteration/nodes/each/run"
    lacking = console.post(path, {"inputs": {"list.words": ["x"]}})
    refused(lacking, 400, "invalid_param")
    assert "start.tail" in lacking.json()["message"]
    events = console.events(path, {"inputs": {"list.words": ["x", "y"], "start.tail": "!"}})
    names = [event["event"] for event in events]
    assert (names[0], names[1], names[-2:]) == (
        "workflow_started",
        "iteration_started",
        ["iteration_completed", "workflow_finished"],
    )
    assert names.count("iteration_next") == 2
    done = events[-2]["data"]
    assert (done["status"], done["outputs"]) == ("succeeded", {"output": ["0x!", "1y!"]})
    assert values(console, app_id) == {"each.output": ["0x!", "1y!"]}
    last = console.get(f"/apps/{app_id}/workflows/draft/nodes/each/last-run").json()
    assert last["outputs"] == {"output": ["0x!", "1y!"]}
    assert last["given_inputs"] == {"list.words": ["x", "y"], "start.tail": "!"}
    assert console.get(f"/apps/{app_id}/workflow-runs").json()["data"] == []
    (alone,) = console.get(f"/apps/{app_id}/workflow-runs?alone=true").json()["data"]
    assert (alone["root_node_id"], alone["status"], alone["triggered_from"]) == ("each", "succeeded", "single-step")
    refused(console.post(path.replace("iteration", "loop"), {"inputs": {"list.words": []}}), 400, "invalid_param")


def test_a_node_inside_an_iteration_runs_alone_on_an_item(sqlite_console: Console) -> None:
    console = sqlite_console
    app_id = console.new_app(iterating("{{ index }}{{ item }}{{ tail }}"))
    inputs = {"each.item": "q", "each.index": 7, "start.tail": "?"}
    assert console.step(app_id, "shout", inputs).json()["outputs"] == {"output": "7q?"}
    assert console.run(app_id, {"tail": "."})[-1]["data"]["outputs"] == {"all": ["0a.", "1b.", "2c."]}
    found = values(console, app_id)
    assert found["each.output"] == ["0a.", "1b.", "2c."]
    assert found["shout.output"] == "7q?"
    stepped = console.step(app_id, "each", {"list.words": ["z"], "start.tail": ""}).json()
    assert (stepped["status"], stepped["outputs"]) == ("succeeded", {"output": ["0z"]})


def test_a_loop_runs_alone_with_events(sqlite_console: Console) -> None:
    inside = {"isInLoop": True, "loop_id": "again"}
    again = {
        "type": "loop",
        "title": "Again",
        "start_node_id": "entry",
        "loop_count": 3,
        "logical_operator": "and",
        "break_conditions": [],
        "loop_variables": [{"id": "1", "label": "total", "var_type": "number", "value_type": "constant", "value": "1"}],
    }
    doubled = {
        "type": "assigner",
        "version": "2",
        "title": "Double",
        "items": [{"variable_selector": ["again", "total"], "operation": "*=", "input_type": "constant", "value": 2}],
    }
    app_id = sqlite_console.new_app(
        workflow(
            start(to="again"),
            Node("again", again, {"source": "end"}),
            Node("entry", {"type": "loop-start", "title": "", **inside}, {"source": "double"}),
            Node("double", {**doubled, **inside}),
            end(total="again.total"),
        )
    )
    events = sqlite_console.events(f"/apps/{app_id}/workflows/draft/loop/nodes/again/run", {})
    done = next(event["data"] for event in events if event["event"] == "loop_completed")
    assert (done["status"], done["outputs"]["total"]) == ("succeeded", 8)
    assert values(sqlite_console, app_id) == {"again.total": 8}


def test_a_container_in_a_chatflow_has_the_address_of_chatflows(sqlite_console: Console) -> None:
    app_id = sqlite_console.new_app(COUNTING)
    path = f"/apps/{app_id}/advanced-chat/workflows/draft/iteration/nodes/count/run"
    refused(sqlite_console.post(path, {}), 400, "invalid_param")


def test_a_node_that_waits_for_a_person_is_not_run_alone(sqlite_console: Console) -> None:
    ask = {"type": "human-input", "title": "Ask", "form_content": "Fine?", "inputs": [], "actions": []}
    app_id = sqlite_console.new_app(workflow(start(to="ask"), Node("ask", ask)))
    refused(sqlite_console.step(app_id, "ask"), 400, "invalid_param")


# ---- values ----


def test_values_are_listed_changed_reset_and_deleted(any_workbench: Workbench, console: Console) -> None:
    app_id = console.new_app(sample_apps.ECHO)
    base = f"/apps/{app_id}/workflows/draft/variables"
    assert console.get(base).json() == {"items": [], "total": 0}
    console.run(app_id, {"word": "one", "count": 1})
    assert values(console, app_id) == {
        "end.text": "one x 1",
        "shout.output": "one x 1",
        "start.count": 1,
        "start.word": "one",
    }
    assert console_of(any_workbench).get(base).json()["total"] == 0
    items = {".".join(item["selector"]): item for item in console.get(base).json()["items"]}
    path = f"{base}/{items['start.word']['id']}"
    changed = console.change(path, {"value": "two"}).json()
    assert (changed["value"], changed["edited"]) == ("two", True)
    assert console.step(app_id, "shout").json()["outputs"] == {"output": "two x 1"}
    refused(console.change(path, {"value": 7}), 400, "invalid_param")
    console.change(path, {"value": "three"})
    assert console.put(f"{path}/reset").json() | {"updated_at": 0} == {
        **items["start.word"],
        "updated_at": 0,
    }
    of_start = console.get(f"/apps/{app_id}/workflows/draft/nodes/start/variables").json()["items"]
    assert [(item["name"], item["value"], item["edited"]) for item in of_start] == [
        ("count", 1, False),
        ("word", "one", False),
    ]
    assert console.delete(path).json() == {"result": "success"}
    refused(console.get(path), 404, "not_found")
    assert console.delete(f"/apps/{app_id}/workflows/draft/nodes/shout/variables").status_code == 204
    assert values(console, app_id) == {"end.text": "one x 1", "start.count": 1}
    assert console.delete(base).status_code == 204
    assert console.get(base).json() == {"items": [], "total": 0}


def test_a_run_leaves_the_values_of_the_nodes_that_it_ran(console: Console) -> None:
    nodes = (
        start(text_input("word"), to="route"),
        if_contains("route", "start.word", "x", then="a", otherwise="b"),
        template("a", "A {{ word }}", word="start.word", to="end"),
        template("b", "B {{ word }}", word="start.word", to="end"),
        end(a="a.output", b="b.output"),
    )
    app_id = console.new_app(workflow(*nodes))
    console.run(app_id, {"word": "x"})
    assert values(console, app_id)["a.output"] == "A x"
    console.run(app_id, {"word": "y"})
    found = values(console, app_id)
    assert (found["start.word"], found["b.output"], found["a.output"]) == ("y", "B y", "A x")


def test_long_values_are_cut_in_lists_and_whole_alone(console: Console) -> None:
    source = "def main():\n    return {'result': 'é' * 30000}\n"
    app_id = console.new_app(workflow(start(to="long"), code("long", source, {"result": "string"}, to="end"), end()))
    assert console.run(app_id)[-1]["data"]["status"] == "succeeded"
    base = f"/apps/{app_id}/workflows/draft/variables"
    (item,) = console.get(base).json()["items"]
    assert (item["value_truncated"], item["size"], len(item["value"])) == (True, 30_002, 10_000)
    whole = console.get(f"{base}/{item['id']}").json()
    assert (whole["value_truncated"], whole["value"]) == (False, "é" * 30_000)


def test_secrets_are_masked_wherever_a_draft_is_run(any_workbench: Workbench, console: Console) -> None:
    word = f"sk-{uuid4().hex}"
    app_id = console.new_app(
        workflow(
            start(to="tell"),
            template("tell", "key={{ key }}", key="env.key", to="end"),
            end(text="tell.output"),
            environment=[secret("key", word)],
        )
    )
    events = console.run(app_id)
    tell = next(e["data"] for e in events if e["event"] == "node_finished" and e["data"]["node_id"] == "tell")
    assert word not in json.dumps([tell["inputs"], tell["outputs"], tell["process_data"]])
    step = console.step(app_id, "tell")
    assert word not in step.text
    assert word not in console.get(f"/apps/{app_id}/workflows/draft/nodes/tell/inputs").text
    listed = console.get(f"/apps/{app_id}/workflows/draft/variables")
    assert (word not in listed.text, "key=******" in listed.text) == (True, True)
    stored = any_workbench.rows(
        "SELECT value, sealed_value, last_value FROM draft_variables WHERE app_id = :a", a=app_id
    )
    assert word not in str(stored)
    # What a step reads is the true value all the same.
    assert console.step(app_id, "end").json()["outputs"] == {"text": "key=******"}
    any_workbench.change("UPDATE app_versions SET environment_variables = '[]' WHERE app_id = :a", a=app_id)
    assert console.step(app_id, "end").json()["outputs"] == {"text": f"key={word}"}


def test_a_conversation_variable_has_its_default_until_it_is_changed(console: Console) -> None:
    app_id = console.new_app(COUNTING)
    path = f"/apps/{app_id}/workflows/draft/conversation-variables"
    (item,) = console.get(path).json()["items"]
    assert (item["value"], item["edited"]) == (0, False)
    variable = f"/apps/{app_id}/workflows/draft/variables/{item['id']}"
    assert console.change(variable, {"value": 41}).json()["value"] == 41
    refused(console.change(variable, {"value": "many"}), 400, "invalid_param")
    assert console.step(app_id, "count").json()["status"] == "succeeded"
    (item,) = console.get(path).json()["items"]
    assert item["value"] == 42
    kept = f"/apps/{app_id}/workflows/draft/variables/{item['id']}"
    console.change(kept, {"value": 1})
    assert console.put(f"{kept}/reset").json()["value"] == 42


# ---- history ----


def test_runs_of_a_draft_are_listed_and_can_be_repeated(any_workbench: Workbench, console: Console) -> None:
    app_id = console.new_app(sample_apps.ECHO)
    first = console.run(app_id, {"word": "one", "count": 1})[-1]["data"]["id"]
    graph = console.draft(app_id)["graph"]
    second = console.run(app_id, {"word": "two", "count": 2})[-1]["data"]["id"]
    listed = console.get(f"/apps/{app_id}/workflow-runs").json()
    assert [run["id"] for run in listed["data"]] == [second, first]
    assert listed["has_more"] is False
    assert listed["data"][0]["created_by_account"]["id"] == console.account_id
    page = console.get(f"/apps/{app_id}/workflow-runs", limit=1).json()
    assert ([run["id"] for run in page["data"]], page["has_more"]) == ([second], True)
    behind = console.get(f"/apps/{app_id}/workflow-runs", limit=1, last_id=second).json()
    assert ([run["id"] for run in behind["data"]], behind["has_more"]) == ([first], False)
    draft = console.draft(app_id)
    console.save(app_id, draft, graph={"nodes": [], "edges": []})
    run = console.get(f"/apps/{app_id}/workflow-runs/{first}").json()
    assert run["graph"] == graph
    assert run["outputs"] == {"text": "one x 1"}
    assert run["replay"] == {"inputs": {"word": "one", "count": 1}, "files": [], "query": ""}
    nodes = console.get(f"/apps/{app_id}/workflow-runs/{first}/node-executions").json()["data"]
    assert [(node["node_id"], node["status"]) for node in nodes] == [
        ("start", "succeeded"),
        ("shout", "succeeded"),
        ("end", "succeeded"),
    ]
    refused(console.get(f"/apps/{app_id}/workflow-runs/{uuid4()}"), 404, "not_found")


def test_a_run_is_followed_again_after_a_reload(any_workbench: Workbench, console: Console) -> None:
    gate = uuid4().hex
    app_id = console.new_app(sample_apps.held_workflow(any_workbench.gate.held(gate)))
    with console.stream(f"/apps/{app_id}/workflows/draft/run", {"inputs": {"name": "x"}}) as stream:
        run_id = stream.until("workflow_started")["workflow_run_id"]
        any_workbench.gate.wait(gate)
        path = f"/apps/{app_id}/workflow-runs/{run_id}/events"
        refused(console_of(any_workbench).get(path), 404, "not_found")
        with console.stream(path, method="GET") as again:
            assert again.until("workflow_started")["workflow_run_id"] == run_id
            any_workbench.gate.open(gate)
            assert again.rest()[-1]["data"]["status"] == "succeeded"
        assert stream.rest()[-1]["data"]["status"] == "succeeded"
    (last,) = console.events(path, method="GET")
    assert (last["event"], last["data"]["status"]) == ("workflow_finished", "succeeded")


def test_runs_of_a_chatflow_have_their_question_and_answer(sqlite_console: Console) -> None:
    console = sqlite_console
    app_id = console.new_app(COUNTING)
    events = console.ask(app_id, "hello")
    (run,) = console.get(f"/apps/{app_id}/advanced-chat/workflow-runs").json()["data"]
    assert (run["query"], run["conversation_id"]) == ("hello", events[0]["conversation_id"])
    shown = console.get(f"/apps/{app_id}/workflow-runs/{run['id']}").json()
    assert (shown["answer"], shown["replay"]["query"]) == ("1: hello", "hello")


# ---- the whole API ----


def paths_with_apps(console: Console) -> list[tuple[str, str, JsonMap]]:
    description = console.get("/openapi.json").json()
    return [
        (method.upper(), path, operation)
        for path, operations in description["paths"].items()
        for method, operation in operations.items()
        if "{app_id}" in path and operation["tags"][0] in TAGS
    ]


TAGS = {
    "Sessions",
    "Runs",
    "Apps",
    "Imports",
    "Workflows",
    "Versions",
    "Debugging",
    "Variables",
    "Run history",
    "Files",
}
BODIES: dict[str, JsonMap] = {
    "/model-config": {"configuration": {}, "hash": "x"},
    "/site-enable": {"enable_site": False},
    "/api-enable": {"enable_api": False},
    "/features": {"features": {}, "hash": "x"},
    "/workflows/draft": {"graph": {}, "hash": "x"},
    "/restore": {"hash": "x"},
    "/variables/{variable_id}": {"value": 1},
    "/advanced-chat/workflows/draft/run": {"query": "x"},
    "/chat-messages": {"query": "x"},
}


def test_a_member_of_another_workspace_finds_nothing(workbench: Workbench, sqlite_console: Console) -> None:
    app_id = sqlite_console.new_app(sample_apps.ECHO)
    version = sqlite_console.post(f"/apps/{app_id}/workflows/publish").json()["id"]
    run = sqlite_console.run(app_id, {"word": "theirs", "count": 1})[-1]["data"]["id"]
    variable = sqlite_console.get(f"/apps/{app_id}/workflows/draft/variables").json()["items"][0]["id"]
    key = sqlite_console.post(f"/apps/{app_id}/api-keys").json()["id"]
    ids = {
        "{app_id}": app_id,
        "{workflow_id}": version,
        "{run_id}": run,
        "{variable_id}": variable,
        "{key_id}": key,
        "{node_id}": "shout",
        "{task_id}": str(uuid4()),
        "{block_type}": "code",
        "{import_id}": str(uuid4()),
    }
    stranger = console_of(workbench, workspace_id=workbench.second_workspace("Strangers").id)
    before = workbench.rows("SELECT * FROM apps WHERE id = :id", id=app_id)
    own = stranger.new_app(sample_apps.ECHO)
    routes = paths_with_apps(sqlite_console)
    assert len(routes) > 40
    for method, path, _ in routes:
        body = next((BODIES[end] for end in sorted(BODIES, key=len, reverse=True) if path.endswith(end)), {})
        for mine in (False, True):
            filled = path
            for name, value in ids.items():
                filled = filled.replace(name, own if mine and name == "{app_id}" else value)
            if mine and filled == path.replace("{app_id}", own):
                continue  # only ids below the app are tried under the stranger's own app
            if mine and ("{node_id}" in path or "{block_type}" in path or "{task_id}" in path):
                continue
            options: JsonMap = {} if method in ("GET", "DELETE") else {"json": body}
            answered = stranger.call(method, filled, **options)
            assert answered.status_code == 404, f"{method} {filled}: {answered.status_code} {answered.text}"
            assert "theirs" not in answered.text
    assert workbench.rows("SELECT * FROM apps WHERE id = :id", id=app_id) == before
    assert sqlite_console.get(f"/apps/{app_id}/workflows/draft/variables/{variable}").status_code == 200


UNTYPED = ("text/event-stream", "image/*")


def test_every_endpoint_of_the_editor_has_typed_arguments_and_answers(sqlite_console: Console) -> None:
    description = sqlite_console.get("/openapi.json").json()
    ids: list[str] = []
    for path, operations in description["paths"].items():
        for method, operation in operations.items():
            if operation["tags"][0] not in TAGS:
                continue
            ids.append(operation["operationId"])
            where = f"{method} {path}"
            good = {code: body for code, body in operation["responses"].items() if code.startswith("2")}
            assert good, where
            for status, shown in good.items():
                if status == "204":
                    continue
                ((kind, content),) = shown["content"].items()
                schema = content["schema"]
                assert kind in UNTYPED or "$ref" in schema or "anyOf" in schema, where
            if method in ("post", "put", "patch") and "requestBody" in operation:
                for content in operation["requestBody"]["content"].values():
                    schema = content["schema"]
                    assert "$ref" in schema or "anyOf" in schema or schema.get("properties"), where
    assert len(ids) == len(set(ids))


def test_the_run_log_shows_debug_runs_node_by_node(sqlite_console: Console) -> None:
    app_id = sqlite_console.new_app(sample_apps.ECHO)
    run_id = sqlite_console.run(app_id, {"word": "logged", "count": 1})[-1]["data"]["id"]
    listed = sqlite_console.get("/runs", app_id=app_id).json()
    assert [(run["id"], run["triggered_from"], run["account"]) for run in listed["data"]] == [
        (run_id, "debugging", sqlite_console.email)
    ]
    assert listed["next_cursor"] is None
    detail = sqlite_console.get(f"/runs/{run_id}").json()
    assert [node["node_id"] for node in detail["nodes"]] == ["start", "shout", "end"]
    assert (detail["outputs"], detail["message"]) == ({"text": "logged x 1"}, None)
