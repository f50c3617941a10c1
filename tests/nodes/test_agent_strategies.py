"""Agent nodes whose strategy a plugin brings (spec plugins §7.4, workflow-nodes §22)."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from tests.doubles.scripted_strategies import ScriptedStrategies, Work, calling
from treadle.engine.errors import InvokeError
from treadle.engine.events import AgentLog, NodeStatus
from treadle.engine.ports import (
    ModelRef,
    ToolJson,
    ToolLog,
    ToolMessage,
    ToolParameter,
    ToolText,
    ToolUsage,
    ToolVariable,
)
from treadle.engine.strategy_port import Strategy, StrategyModel, StrategyValue
from treadle.engine.values import JsonValue

from .function_tools import ADD, FunctionTools, adding
from .harness import Played, failure_of, run_node
from .ports import GivenMemory, a_world, replies, turns, usage

MODEL: JsonValue = {"provider": "p", "model": "m", "mode": "chat", "completion_params": {"top_k": 2, "stop": ["!"]}}
ADDER: JsonValue = {
    "enabled": True,
    "type": "builtin",
    "provider_name": "maths",
    "tool_name": "add",
    "settings": {},
    "parameters": {"a": {"auto": 1, "value": None}, "b": {"auto": 0, "value": {"type": "mixed", "value": "{{#s.n#}}"}}},
    "extra": {"description": "Adds."},
}


def a_strategy(*parameters: ToolParameter, **settings: Any) -> Strategy:
    return Strategy(provider="acme/x/x", name="deep", parameters=parameters, **settings)


def a_parameter(name: str, kind: str = "string", **settings: Any) -> ToolParameter:
    return ToolParameter(name=name, type=kind, form="form", **settings)


def saying(*messages: ToolMessage) -> Work:
    async def work(world: ScriptedStrategies, given: Mapping[str, StrategyValue]) -> AsyncIterator[ToolMessage]:
        for message in messages:
            yield message

    return work


async def ask(
    strategy: Strategy,
    work: Work,
    *,
    memory: GivenMemory | None = None,
    belt: FunctionTools | None = None,
    more: Mapping[str, JsonValue] | None = None,
    **given: JsonValue,
) -> tuple[Played, ScriptedStrategies]:
    world = a_world(memory=memory, models=replies("Fine."))
    tools = belt or adding()
    strategies = ScriptedStrategies(world.models, tools, {(strategy.provider, strategy.name): (strategy, work)})
    played = await run_node(
        "agent",
        {
            "agent_strategy_provider_name": strategy.provider,
            "agent_strategy_name": strategy.name,
            "agent_parameters": {name: {"type": "constant", "value": value} for name, value in given.items()},
            **(more or {}),
        },
        scopes={"s": {"n": 7}},
        ports=replace(world, tools=tools, strategies=strategies),
        answer="{{#n.text#}}",
    )
    return played, strategies


async def test_the_strategy_gets_what_it_declared() -> None:
    strategy = a_strategy(
        a_parameter("model", "model-selector", required=True),
        a_parameter("tools", "array[tools]", required=True),
        a_parameter("query", required=True),
        a_parameter("depth", "number", default=2),
        a_parameter("strict", "boolean"),
        a_parameter("key", "secret-input"),
        keeps_history=True,
    )
    played, strategies = await ask(
        strategy,
        saying(ToolText("done")),
        memory=turns(("Hi", "Hello")),
        more={"memory": {"window": {"enabled": True, "size": 3}}},
        model=MODEL,
        tools=[ADDER, {**ADDER, "enabled": False}],  # type: ignore[dict-item]
        query="{{#s.n#}} more",
        strict="yes",
        key="k-123",
        unheard_of="x",
    )
    record = played.node("n")
    assert record.status is NodeStatus.SUCCEEDED, record.error
    (given,) = strategies.calls
    model, tools = given["model"], given["tools"]
    assert isinstance(model, StrategyModel)
    assert (model.model, model.parameters, model.stop) == (ModelRef("p", "m", "chat"), {"top_k": 2}, ("!",))
    assert [(message.role, message.content) for message in model.history] == [("user", "Hi"), ("assistant", "Hello")]
    assert isinstance(tools, tuple)
    (tool,) = tools
    assert (tool.tool, tool.description, tool.fixed) == (ADD, "Adds.", {"b": "7"})
    assert [parameter.name for parameter in tool.parameters] == ["a"]
    plain = {name: value for name, value in given.items() if name not in ("model", "tools")}
    assert plain == {"query": "7 more", "depth": 2, "strict": True, "key": "k-123"}
    assert record.inputs == {
        "model": MODEL,
        "tools": ["add"],
        "query": "7 more",
        "strict": True,
        "key": "********",
    }
    assert (record.process_data["model_provider"], record.process_data["model_name"]) == ("p", "m")


async def test_what_it_tells_becomes_the_outputs_of_the_node() -> None:
    strategy = a_strategy(
        output_schema={"type": "object", "properties": {"plan": {"type": "string"}, "left": {"type": "array"}}},
        icon="deep.svg",
    )
    played, _ = await ask(
        strategy,
        saying(
            ToolLog(id="1", label="ROUND 1"),
            ToolText("Well, "),
            ToolUsage(usage(3, 2)),
            ToolLog(id="2", label="CALL add", parent_id="1", status="success", data={"output": "5"}),
            ToolJson({"found": 5}),
            ToolVariable("plan", "add", stream=False),
            ToolLog(id="1", label="ROUND 1", status="success"),
            ToolText("five."),
            ToolUsage(usage(4, 1)),
        ),
    )
    record = played.node("n")
    steps = [
        {"id": "1", "parent_id": None, "error": None, "status": "success", "data": {}, "label": "ROUND 1",
         "metadata": {}, "node_id": "n"},
        {"id": "2", "parent_id": "1", "error": None, "status": "success", "data": {"output": "5"}, "label": "CALL add",
         "metadata": {}, "node_id": "n"},
    ]  # fmt: skip
    both = usage(3, 2) + usage(4, 1)
    assert record.outputs == {
        "plan": "add",
        "left": None,
        "text": "Well, five.",
        "files": [],
        "json": [*steps, {"found": 5}],
        "usage": both.to_map(),
    }
    assert record.usage == both
    assert record.metadata["agent_log"] == steps
    assert record.metadata["tool_info"] == {"icon": "deep.svg", "agent_strategy": "deep"}
    assert played.chunks == ["Well, ", "five."]
    told = [(event.id, event.status) for event in played.events if isinstance(event, AgentLog)]
    assert told == [("1", "start"), ("2", "success"), ("1", "success")]


async def test_without_json_the_output_is_what_other_nodes_give() -> None:
    played, _ = await ask(a_strategy(), saying(ToolText("hi")))
    assert played.node("n").outputs["json"] == [{"data": []}]


async def test_it_may_call_models_and_tools_of_the_run() -> None:
    _, (strategy, work) = calling("acme/x/x", "deep")
    fixed = {**ADDER, "parameters": {"a": {"auto": 0, "value": 1}, "b": {"auto": 0, "value": 2}}}  # type: ignore[dict-item]
    tools = adding()
    played, _ = await ask(strategy, work, belt=tools, model=MODEL, tools=[fixed], instruction="Add.", query="How much?")
    assert played.node("n").outputs["text"] == "Fine."
    assert played.node("n").usage.total_tokens == 5
    assert tools.calls == [("add", {"a": 1, "b": 2})]


async def test_what_is_required_and_missing_is_named() -> None:
    _, (strategy, work) = calling("acme/x/x", "deep")
    played, _ = await ask(strategy, work, model=MODEL, instruction="Add.", query="How much?")
    assert played.node("n").error == 'failed to invoke agent: The agent node has no "tools"; fill it in.'


def breaking(error: Exception) -> Work:
    async def work(world: ScriptedStrategies, given: Mapping[str, StrategyValue]) -> AsyncIterator[ToolMessage]:
        yield ToolUsage(usage(3, 2))
        raise error

    return work


@pytest.mark.parametrize("error", [InvokeError("the model is gone"), ValueError("the model is gone")])
async def test_a_strategy_that_fails_fails_the_node_and_its_cost_is_kept(error: Exception) -> None:
    played, _ = await ask(a_strategy(), breaking(error))
    record = played.node("n")
    assert (record.status, record.error, record.error_type) == (
        NodeStatus.FAILED,
        "failed to invoke agent: the model is gone",
        "AgentNodeError",
    )
    assert record.usage.total_tokens == 5


async def test_one_that_is_not_there_is_named() -> None:
    data: dict[str, JsonValue] = {"agent_strategy_provider_name": "acme/x/x", "agent_strategy_name": "deep"}
    record = await failure_of("agent", data)
    assert record.error == (
        'failed to get agent strategy: "deep" of "acme/x/x" is not installed. Choose function_calling or ReAct.'
    )
