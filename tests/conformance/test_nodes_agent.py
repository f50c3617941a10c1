"""The numbered tests of spec workflow-nodes §22, one each."""

import json
from dataclasses import replace

from tests.nodes.function_tools import FunctionTools, RoundModels, adding, call, in_rounds, says
from tests.nodes.harness import Played, failure_of, run_node
from tests.nodes.ports import a_world, usage
from treadle.dsl import has_errors, parse
from treadle.engine.events import NodeStatus
from treadle.engine.values import JsonValue

FUNCTION_CALLING = "function_calling"
ADD_TOOL: dict[str, JsonValue] = {
    "enabled": True,
    "type": "builtin",
    "provider_name": "maths",
    "tool_name": "add",
    "settings": {},
    "parameters": {"a": {"auto": 1, "value": None}, "b": {"auto": 1, "value": None}},
    "extra": {"description": ""},
}
CLOCK_TOOL: dict[str, JsonValue] = {**ADD_TOOL, "provider_name": "time", "tool_name": "clock", "parameters": {}}


def an_agent(strategy: str = FUNCTION_CALLING, **parameters: JsonValue) -> dict[str, JsonValue]:
    given: dict[str, JsonValue] = {
        "model": {"provider": "p", "model": "m", "mode": "chat", "model_type": "llm", "completion_params": {}},
        "tools": [ADD_TOOL],
        "instruction": "Use tools.",
        "query": "What is 2 + 3?",
        **parameters,
    }
    return {
        "agent_strategy_provider_name": "langgenius/agent/agent",
        "agent_strategy_name": strategy,
        "agent_strategy_label": strategy,
        "agent_parameters": {
            name: value
            if isinstance(value, dict) and "type" in value and name != "model"
            else {"type": "constant", "value": value}
            for name, value in given.items()
        },
    }


async def ask(
    data: dict[str, JsonValue], models: RoundModels, tools: FunctionTools | None = None, **variables: JsonValue
) -> Played:
    ports = replace(a_world(models=models), tools=tools or adding())
    return await run_node("agent", data, scopes={"s": variables}, ports=ports, answer="{{#n.text#}}")  # type: ignore[dict-item]


async def test_AG_1_rounds_are_logged_and_usage_is_summed() -> None:
    models = in_rounds(says("", call("add", '{"a": 2, "b": 3}'), tokens=usage(10, 5)), says("5", tokens=usage(20, 1)))
    played = await ask(an_agent(), models)
    record = played.node("n")
    assert record.status is NodeStatus.SUCCEEDED, record.error
    assert "5" in record.outputs["text"]  # type: ignore[operator]
    logs = record.outputs["json"]
    assert isinstance(logs, list)
    labels = {entry["id"]: entry["label"] for entry in logs}  # type: ignore[index, call-overload]
    tree = [(entry["label"], labels.get(entry["parent_id"]), entry["status"]) for entry in logs]  # type: ignore
    assert tree == [
        ("ROUND 1", None, "success"),
        ("m Thought", "ROUND 1", "success"),
        ("CALL add", "ROUND 1", "success"),
        ("ROUND 2", None, "success"),
        ("m Thought", "ROUND 2", "success"),
    ]
    assert record.outputs["usage"]["total_tokens"] == 36  # type: ignore[index, call-overload]
    assert record.metadata["total_tokens"] == 36


async def test_AG_2_a_fixed_value_is_hidden_and_merged() -> None:
    tool = {
        **ADD_TOOL,
        "parameters": {
            "a": {"auto": 1, "value": None},
            "b": {"auto": 0, "value": {"type": "mixed", "value": "{{#s.n#}}"}},
        },
    }
    models, tools = in_rounds(says("", call("add", '{"a": 1}')), says("8")), adding()
    played = await ask(an_agent(tools=[tool]), models, tools, n=7)
    assert played.node("n").status is NodeStatus.SUCCEEDED, played.node("n").error
    (spec,) = models.requests[0].tools
    assert list(spec.parameters["properties"]) == ["a"]  # type: ignore[call-overload, arg-type]
    assert spec.parameters["required"] == ["a"]
    assert tools.calls == [("add", {"a": 1, "b": 7})]


async def test_AG_3_a_tool_that_is_off_is_not_offered() -> None:
    models = in_rounds(says("hi"))
    await ask(an_agent(tools=[ADD_TOOL, {**CLOCK_TOOL, "enabled": False}]), models)
    assert [tool.name for tool in models.requests[0].tools] == ["add"]


async def test_AG_4_a_failing_tool_is_a_result() -> None:
    def bad(a: int, b: int) -> None:
        raise ValueError("bad")

    models = in_rounds(says("", call("add", '{"a": 1, "b": 2}')), says("sorry"))
    played = await ask(an_agent(), models, adding(add=bad))
    assert "bad" in str(models.requests[1].messages[-1].content)
    assert models.requests[1].messages[-1].role == "tool"
    assert played.node("n").status is NodeStatus.SUCCEEDED
    assert played.node("n").outputs["text"] == "sorry"


async def test_AG_5_the_last_round_calls_nothing() -> None:
    models, tools = in_rounds(says("", call("add", '{"a": 1, "b": 2}'))), adding()
    played = await ask(an_agent(maximum_iterations=2), models, tools)
    assert len(models.requests) == 2
    assert len(tools.calls) == 1
    record = played.node("n")
    assert record.status is NodeStatus.SUCCEEDED
    assert record.process_data["ended_by"] == "limit"
    assert "limit of 2 rounds" in str(record.outputs["text"])


async def test_AG_6_a_missing_variable_fails_the_node() -> None:
    ports = replace(a_world(models=in_rounds(says("hi"))), tools=adding())
    record = await failure_of("agent", an_agent(query={"type": "variable", "value": ["x", "missing"]}), ports=ports)
    assert record.error == "The variable x.missing was not found."


async def test_AG_7_an_answer_without_tools_is_one_round_and_streams() -> None:
    played = await ask(an_agent(), in_rounds(says("hi there, you")))
    record = played.node("n")
    assert record.outputs["text"] == "hi there, you"
    assert [entry["label"] for entry in record.outputs["json"]] == ["ROUND 1", "m Thought"]  # type: ignore
    assert played.chunks == ["hi t", "here", ", yo", "u"]


async def test_AG_8_an_unknown_strategy_fails_only_when_it_runs() -> None:
    data = {**an_agent(), "agent_strategy_provider_name": "acme/x/x", "agent_strategy_name": "x"}
    file = {
        "kind": "app",
        "version": "0.5.0",
        "app": {"name": "A", "mode": "advanced-chat", "icon": "x", "icon_background": "#fff"},
        "workflow": {
            "graph": {
                "nodes": [{"id": "n", "type": "custom", "data": {**data, "type": "agent", "title": "A"}}],
                "edges": [],
            }
        },
    }
    assert not has_errors(parse(json.dumps(file)).problems)
    record = await failure_of("agent", data, ports=a_world(models=in_rounds(says("hi"))))
    assert "failed to get agent strategy" in str(record.error)
    assert record.error_type == "AgentNodeError"


async def test_AG_9_a_bare_value_of_an_old_file_is_fixed() -> None:
    models, tools = in_rounds(says("", call("clock", "{}")), says("noon")), adding()
    played = await ask(an_agent(tools=[{**CLOCK_TOOL, "parameters": {"timezone": "UTC"}}]), models, tools)
    assert played.node("n").status is NodeStatus.SUCCEEDED, played.node("n").error
    assert models.requests[0].tools[0].parameters["properties"] == {}
    assert tools.calls == [("clock", {"timezone": "UTC", "format": "long"})]
