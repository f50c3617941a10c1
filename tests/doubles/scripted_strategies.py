"""Agent strategies that stand for those of plugins: one collects what a form asks for, one calls tools and a model."""

import json
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from treadle.engine.ports import (
    ChatRequest,
    Message,
    Models,
    ToolJson,
    ToolLog,
    ToolMessage,
    ToolParameter,
    Tools,
    ToolText,
    ToolUsage,
)
from treadle.engine.strategy_port import Strategy, StrategyModel, StrategyValue

Work: TypeAlias = Callable[["ScriptedStrategies", Mapping[str, StrategyValue]], AsyncIterator[ToolMessage]]


def _parameter(name: str, kind: str = "string", *, required: bool = False) -> ToolParameter:
    return ToolParameter(name=name, type=kind, form="form", required=required)


@dataclass
class ScriptedStrategies:
    """Implements `engine.strategy_port.Strategies` with the models and tools of a run."""

    models: Models
    tools: Tools
    offered: Mapping[tuple[str, str], tuple[Strategy, Work]]
    calls: list[Mapping[str, StrategyValue]] = field(default_factory=list[Mapping[str, StrategyValue]])

    async def find(self, provider: str, name: str) -> Strategy | None:
        found = self.offered.get((provider, name))
        return found[0] if found else None

    def work(self, strategy: Strategy, parameters: Mapping[str, StrategyValue]) -> AsyncIterator[ToolMessage]:
        self.calls.append(parameters)
        return self.offered[strategy.provider, strategy.name][1](self, parameters)


def collecting(provider: str, name: str, schema: str) -> tuple[tuple[str, str], tuple[Strategy, Work]]:
    """A strategy that asks for the first field of the form in its parameter `schema`."""

    async def work(world: ScriptedStrategies, given: Mapping[str, StrategyValue]) -> AsyncIterator[ToolMessage]:
        assert isinstance(given["model"], StrategyModel)
        fields = json.loads(str(given[schema]))["fields"]
        yield ToolLog(id="1", label="Form", status="start", data={"fields": len(fields)})
        yield ToolLog(id="1", label="Form", status="success", data={"asked": fields[0]["name"]})
        yield ToolText(fields[0]["question"])

    parameters = (
        _parameter("model", "model-selector", required=True),
        _parameter("query", required=True),
        _parameter(schema, required=True),
        _parameter("storage_key", required=True),
    )
    return (provider, name), (Strategy(provider=provider, name=name, parameters=parameters), work)


def calling(provider: str, name: str) -> tuple[tuple[str, str], tuple[Strategy, Work]]:
    """A strategy that calls each of its tools once with the builder's values, then asks its model."""

    async def work(world: ScriptedStrategies, given: Mapping[str, StrategyValue]) -> AsyncIterator[ToolMessage]:
        model, tools = given["model"], given["tools"]
        assert isinstance(model, StrategyModel)
        assert isinstance(tools, tuple)
        yield ToolLog(id="round", label="ROUND 1")
        for place, each in enumerate(tools):
            step = f"call {place}"
            yield ToolLog(id=step, label=f"CALL {each.tool.name}", parent_id="round")
            said = [m async for m in world.tools.invoke(each.tool, each.fixed) if isinstance(m, (ToolText, ToolJson))]
            yield ToolLog(
                id=step,
                label=f"CALL {each.tool.name}",
                parent_id="round",
                status="success",
                data={"output": "".join(m.text for m in said if isinstance(m, ToolText))},
            )
        asked = (Message(role="system", content=str(given["instruction"])), *model.history)
        question = Message(role="user", content=str(given["query"]))
        request = ChatRequest(model=model.model, messages=(*asked, question), parameters=model.parameters)
        async for delta in world.models.chat(request):
            if delta.text:
                yield ToolText(delta.text)
            if delta.usage is not None:
                yield ToolUsage(delta.usage)
        yield ToolLog(id="round", label="ROUND 1", status="success")

    parameters = (
        _parameter("model", "model-selector", required=True),
        _parameter("tools", "array[tools]", required=True),
        _parameter("instruction", required=True),
        _parameter("query", required=True),
        _parameter("mcp_server"),
    )
    declared = Strategy(provider=provider, name=name, parameters=parameters, keeps_history=True)
    return (provider, name), (declared, work)
