"""Tools in real runs: what a caller of the API is told, and a tool that its own process knows nothing of yet."""

import time
from typing import Any

from tests.server.app_files import Node, end, leads, start, text_input, workflow
from tests.server.harness import Workbench

MATHS = Node(
    "sum",
    {
        "type": "tool",
        "title": "Sum",
        "provider_id": "maths",
        "provider_name": "maths",
        "provider_type": "builtin",
        "tool_name": "eval_expression",
        "tool_label": "Sum",
        "tool_parameters": {"expression": {"type": "mixed", "value": "{{#start.n#}} * 2"}},
        "tool_configurations": {},
    },
    leads("end"),
)
CALCULATOR = workflow(start(text_input("n"), to="sum"), MATHS, end(result="sum.text", json="sum.json"), name="Sums")


def frames(events: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    return [event["data"] for event in events if event["event"] == name and event["data"]["node_type"] == "tool"]


def test_a_built_in_tool_in_a_run(any_workbench: Workbench) -> None:
    app = any_workbench.import_app(CALCULATOR)
    api = any_workbench.api(app)
    events = api.events("/workflows/run", api.run_body({"n": "21"}))
    assert events[-1]["data"]["outputs"] == {"result": "42", "json": [{"data": []}]}
    (started,), (finished,) = frames(events, "node_started"), frames(events, "node_finished")
    assert started["extras"] == {"icon": "/console/api/workspaces/current/tool-provider/builtin/maths/icon"}
    assert finished["inputs"] == {"expression": "21 * 2"}
    assert finished["execution_metadata"] == {
        "tool_info": {"provider_type": "builtin", "provider_id": "maths", "plugin_unique_identifier": None}
    }


def test_a_tool_made_by_a_command_is_there_at_once(workbench: Workbench) -> None:
    app = workbench.import_app(CALCULATOR)
    workbench.command("tool", "workflow", app.id, "--name", "double_it")
    doubles = {
        **MATHS.data,
        "provider_type": "workflow",
        "provider_id": "elsewhere",
        "tool_name": "double_it",
        "tool_parameters": {"n": {"type": "variable", "value": ["start", "n"]}},
    }
    caller = workbench.import_app(
        workflow(start(text_input("n"), to="sum"), Node("sum", doubles, leads("end")), end(result="sum.result"))
    )
    time.sleep(1)
    api = workbench.api(caller)
    answer = api.post("/workflows/run", {**api.run_body({"n": "4"}), "response_mode": "blocking"}).json()
    assert answer["data"]["outputs"] == {"result": "8"}
    workbench.command("tool", "remove", "double_it")
    time.sleep(1)
    answer = api.post("/workflows/run", {**api.run_body({"n": "4"}), "response_mode": "blocking"}).json()
    assert answer["data"]["error"] == (
        'Failed to get tool runtime: There is no workflow "double_it" among the tools of this workspace.'
    )
