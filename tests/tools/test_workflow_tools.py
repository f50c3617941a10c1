"""Workflows that call workflows, on a real server and over both databases."""

import json
import time
from typing import Any
from uuid import uuid4

import pytest

from tests.server.app_files import (
    Node,
    end,
    file_input,
    leads,
    number_input,
    select_input,
    start,
    template,
    text_input,
    uploads,
    workflow,
)
from tests.server.console_client import Console, console_of
from tests.server.harness import MadeApp, Workbench, eventually
from treadle.nodes.inputs import InputVariable
from treadle.platform.refusals import InvalidParam
from treadle.tools.workflow.forms import DeclaredParameter, PinnedForm, check_declared, outputs_schema, parameters_of

JsonMap = dict[str, Any]

GREETER = workflow(
    start(text_input("who", required=True), to="hello"),
    template("hello", "Hello {{ who }}é", who="start.who", to="end"),
    end(greeting="hello.output", text="hello.output"),
    name="Greeter",
)


def tool_node(tool_id: str, name: str, /, *, to: str = "end", node_id: str = "tool", **parameters: Any) -> Node:
    """A node that calls a workflow; `parameters` are selectors, or texts with references."""
    given = {
        key: {"type": "variable", "value": value} if isinstance(value, list) else {"type": "mixed", "value": value}
        for key, value in parameters.items()
    }
    data = {
        "type": "tool",
        "title": node_id,
        "provider_id": tool_id,
        "provider_name": name,
        "provider_type": "workflow",
        "tool_name": name,
        "tool_label": name,
        "tool_parameters": given,
        "tool_configurations": {},
    }
    return Node(node_id, data, leads(to))


def caller_of(tool_id: str, name: str, /, *inputs: JsonMap, outputs: JsonMap | None = None, **parameters: Any) -> str:
    return workflow(
        start(*inputs, to="tool"),
        tool_node(tool_id, name, **parameters),
        end(**(outputs or {"text": "tool.text", "json": "tool.json", "files": "tool.files"})),
        name="Caller",
    )


def make_tool(console: Console, app_id: str, *parameters: str, name: str = "") -> JsonMap:
    """A workflow made a tool, as the console shows it."""
    body = {
        "workflow_app_id": app_id,
        "name": name or f"t_{uuid4().hex[:8]}",
        "label": "Tool",
        "icon": {"background": "#fff", "content": "🔧"},
        "description": "Does it.",
        "parameters": [{"name": each, "description": f"the {each}", "form": "llm"} for each in parameters],
        "labels": ["utilities", "nonsense"],
    }
    answer = console.post("/workspaces/current/tool-provider/workflow/create", body)
    assert answer.status_code == 200, answer.text
    return shown(console, str(answer.json()["id"]))


def shown(console: Console, tool_id: str) -> JsonMap:
    answer = console.get("/workspaces/current/tool-provider/workflow/get", workflow_tool_id=tool_id)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def update(console: Console, tool: JsonMap, *parameters: str, **changes: Any) -> Any:
    body = {
        **{name: tool[name] for name in ("workflow_tool_id", "name", "label", "icon", "description", "labels")},
        "parameters": [{"name": each, "description": "", "form": "llm"} for each in parameters],
        **changes,
    }
    return console.post("/workspaces/current/tool-provider/workflow/update", body)


def republish(bench: Workbench, app: MadeApp, file_text: str) -> None:
    """Give an app another graph, and publish it."""
    console = console_of(bench)
    draft = console.draft(app.id)
    graph = json.loads(file_text)["workflow"]["graph"]
    saved = console.save(app.id, draft, graph=graph)
    assert saved.status_code == 200, saved.text
    answer = console.post(f"/apps/{app.id}/workflows/publish", {})
    assert answer.status_code in (200, 201), answer.text


def run(bench: Workbench, app: MadeApp, **inputs: Any) -> JsonMap:
    api = bench.api(app)
    answer = api.post("/workflows/run", {"inputs": inputs, "response_mode": "blocking", "user": api.user})
    assert answer.status_code == 200, answer.text
    return dict(answer.json()["data"])


def test_a_workflow_gives_text_json_and_variables(any_workbench: Workbench) -> None:
    bench = any_workbench
    tool = make_tool(console_of(bench), bench.import_app(GREETER).id, "who")
    app = bench.import_app(
        caller_of(
            tool["workflow_tool_id"],
            tool["name"],
            text_input("n"),
            who="Mr {{#start.n#}}",
            outputs={"text": "tool.text", "json": "tool.json", "greeting": "tool.greeting", "files": "tool.files"},
        )
    )
    data = run(bench, app, n="Bo")
    said = {"greeting": "Hello Mr Boé", "text": "Hello Mr Boé"}
    assert data["outputs"] == {
        "text": '{"greeting": "Hello Mr Boé", "text": "Hello Mr Boé"}',
        "json": [said],
        "greeting": "Hello Mr Boé",
        "files": [],
    }
    inner = bench.rows(
        "SELECT app_id, parent_run_id, created_from, created_by, created_by_role, status FROM runs "
        "WHERE parent_run_id = :id",
        id=data["id"],
    )
    outer = bench.rows("SELECT created_from, created_by, created_by_role FROM runs WHERE id = :id", id=data["id"])
    assert [row[1:] for row in inner] == [(data["id"], *outer[0], "succeeded")]


def test_the_tool_is_as_the_form_of_the_workflow(workbench: Workbench) -> None:
    app = workbench.import_app(
        workflow(
            start(
                text_input("name", required=True),
                number_input("count", default=3),
                select_input("size", ["s", "l"]),
                file_input("one"),
                file_input("many", "file-list"),
                to="end",
            ),
            end(size="start.size"),
            features={"file_upload": uploads()},
        )
    )
    tool = make_tool(console_of(workbench), app.id, "name", "count", "size", "one", "many")
    parameters = {each["name"]: each for each in tool["tool"]["parameters"]}
    assert {name: (each["type"], each["required"]) for name, each in parameters.items()} == {
        "name": ("string", True),
        "count": ("number", False),
        "size": ("select", False),
        "one": ("file", False),
        "many": ("files", False),
        "__files": ("files", False),
    }
    assert [option["value"] for option in parameters["size"]["options"]] == ["s", "l"]
    assert parameters["name"]["llm_description"] == "the name"
    assert tool["labels"] == ["utilities"]
    assert tool["synced"] is True
    assert tool["output_schema"] == {"type": "object", "properties": {"size": {}}}


def test_files_pass_through(workbench: Workbench) -> None:
    pass_a_file(workbench)


def pass_a_file(workbench: Workbench) -> None:
    """A workflow that is called with a file gives it back."""
    inner = workbench.import_app(
        workflow(
            start(file_input("doc"), to="name"),
            template("name", "{{ doc.filename }}", doc="start.doc", to="end"),
            end(name="name.output", doc="start.doc"),
        )
    )
    tool = make_tool(console_of(workbench), inner.id, "doc")
    app = workbench.import_app(
        caller_of(tool["workflow_tool_id"], tool["name"], file_input("report"), doc=["start", "report"])
    )
    api = workbench.api(app)
    uploaded = api.upload("a.png", workbench.png()).json()["id"]
    sent = {"type": "image", "transfer_method": "local_file", "upload_file_id": uploaded}
    answer = api.post(
        "/workflows/run", {"inputs": {"report": sent}, "response_mode": "blocking", "user": api.user}
    ).json()["data"]
    assert answer["status"] == "succeeded", answer
    outputs = answer["outputs"]
    assert [(each["related_id"], each["transfer_method"]) for each in outputs["files"]] == [(uploaded, "local_file")]
    assert json.loads(outputs["text"])["name"] == "a.png"
    assert outputs["json"][0]["doc"]["related_id"] == uploaded


def test_a_failure_inside_is_the_nodes_failure(workbench: Workbench) -> None:
    from tests.server.sample_apps import FAILING_WORKFLOW

    tool = make_tool(console_of(workbench), workbench.import_app(FAILING_WORKFLOW).id)
    data = run(workbench, workbench.import_app(caller_of(tool["workflow_tool_id"], tool["name"])))
    assert data["status"] == "failed"
    assert data["error"].startswith(f"Failed to invoke tool {tool['name']}: The workflow {tool['name']} failed:")
    assert "the machine broke" in data["error"]


def test_a_stopped_run_stops_what_it_called(workbench: Workbench) -> None:
    from tests.server.sample_apps import held_workflow

    gate = uuid4().hex
    inner = workbench.import_app(held_workflow(workbench.gate.held(gate)))
    tool = make_tool(console_of(workbench), inner.id, "name")
    app = workbench.import_app(caller_of(tool["workflow_tool_id"], tool["name"], name="x"))
    api = workbench.api(app)
    with api.stream("/workflows/run", api.run_body()) as stream:
        task = stream.until("workflow_started")["task_id"]
        workbench.gate.wait(gate)
        assert api.post(f"/workflows/tasks/{task}/stop", {"user": api.user}).status_code == 200
        assert stream.rest()[-1]["data"]["status"] == "stopped"
    eventually(
        lambda: workbench.rows("SELECT status FROM runs WHERE app_id = :id", id=inner.id) == [("stopped",)],
        "the called run is stopped",
    )
    workbench.gate.open(gate)


def test_one_tool_per_workflow_and_per_name(workbench: Workbench) -> None:
    console = console_of(workbench)
    first, second = workbench.import_app(GREETER), workbench.import_app(GREETER)
    tool = make_tool(console, first.id, "who")
    create = "/workspaces/current/tool-provider/workflow/create"
    body = {"workflow_app_id": first.id, "name": "other_name", "parameters": [{"name": "who"}]}
    assert console.post(create, body).status_code == 409
    assert console.post(create, {**body, "workflow_app_id": second.id, "name": tool["name"]}).status_code == 409
    wrong = console.post(create, {**body, "workflow_app_id": second.id, "name": "with space"})
    assert (wrong.status_code, wrong.json()["message"]) == (
        400, "The name of the tool must be of letters, digits and _ alone.",
    )  # fmt: skip
    lacking = console.post(create, {**body, "workflow_app_id": second.id, "parameters": []})
    assert "The workflow asks for who" in lacking.json()["message"]
    assert console.post(create, {**body, "workflow_app_id": str(uuid4())}).status_code == 404
    unpublished = workbench.import_app(GREETER, publish=False)
    refused = console.post(create, {**body, "workflow_app_id": unpublished.id})
    assert "no published version" in refused.json()["message"]


def test_a_tool_goes_with_its_workflow(workbench: Workbench) -> None:
    console = console_of(workbench)
    inner = workbench.import_app(GREETER)
    tool = make_tool(console, inner.id, "who")
    caller = workbench.import_app(caller_of(tool["workflow_tool_id"], tool["name"], who="x"))
    assert run(workbench, caller)["status"] == "succeeded"
    workbench.command("app", "delete", inner.id)
    time.sleep(1)
    path = "/workspaces/current/tool-provider/workflow/get"
    assert console.get(path, workflow_tool_id=tool["workflow_tool_id"]).status_code == 404
    assert run(workbench, caller)["status"] == "failed"


def test_declared_parameters_must_be_those_of_the_form() -> None:
    form = PinnedForm(variables=(InputVariable(variable="a"),), takes_files=True)
    check_declared([DeclaredParameter(name="a")], form)
    check_declared([DeclaredParameter(name="a"), DeclaredParameter(name="papers")], form)
    with pytest.raises(InvalidParam, match="does not ask for b, c"):
        check_declared([DeclaredParameter(name=name) for name in "abc"], form)
    with pytest.raises(InvalidParam, match="asks for a"):
        check_declared([], form)
    named = parameters_of([DeclaredParameter(name="a"), DeclaredParameter(name="papers")], form)
    assert [(each.name, each.type) for each in named] == [("a", "string"), ("papers", "system-files")]


def test_outputs_are_described_as_json_schema() -> None:
    assert outputs_schema({"a": "string", "b": "Array[Number]", "c": "any", "d": "array[file]"}) == {
        "type": "object",
        "properties": {
            "a": {"type": "string"},
            "b": {"type": "array", "items": {"type": "number"}},
            "c": {},
            "d": {"type": "array", "items": {"type": "object"}},
        },
    }
