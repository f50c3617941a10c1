"""Tools that are Python functions of a test, and models that answer a question in several rounds."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from treadle.engine.errors import ToolNodeError
from treadle.engine.ports import (
    ChatDelta,
    ChatRequest,
    KnowledgeBase,
    ModelProfile,
    RetrievalRequest,
    Tool,
    ToolCall,
    ToolFile,
    ToolJson,
    ToolLink,
    ToolMessage,
    ToolOption,
    ToolParameter,
    ToolRef,
    ToolText,
)
from treadle.engine.usage import Usage
from treadle.engine.values import File, Value

from .ports import ScriptedModels, usage

CAN_CALL = ModelProfile(features=frozenset({"tool-call", "multi-tool-call", "stream-tool-call"}))


def number(name: str, **settings: Any) -> ToolParameter:
    return ToolParameter(name=name, type="number", required=True, llm_description=f"the number {name}", **settings)


def a_tool(name: str, *parameters: ToolParameter, provider: str = "maths", **settings: Any) -> Tool:
    return Tool(
        ref=ToolRef(provider_type="builtin", provider_id=provider, tool_name=name),
        name=name,
        description=f"does {name}",
        label={"en_US": name.title(), "zh_Hans": name.title()},
        provider_name=provider,
        parameters=parameters,
        **settings,
    )


ADD = a_tool("add", number("a"), number("b"))
CLOCK = a_tool(
    "clock",
    ToolParameter(name="timezone", type="string", form="llm"),
    ToolParameter(
        name="format",
        type="select",
        form="form",
        default="long",
        options=(ToolOption(value="long"), ToolOption(value="short")),
    ),
    provider="time",
)


@dataclass
class FunctionTools:
    """Tools by name. A function gives a text, a file, JSON, a message or several of them; it may raise, and may be a
    coroutine function that waits."""

    functions: Mapping[str, Callable[..., Any]]
    tools: Sequence[Tool] = (ADD, CLOCK)
    calls: list[tuple[str, dict[str, Value]]] = field(default_factory=list[tuple[str, dict[str, Value]]])
    closed: list[str] = field(default_factory=list[str])

    async def find(self, ref: ToolRef) -> Tool:
        for tool in self.tools:
            if tool.name == ref.tool_name and tool.ref.provider_id == ref.provider_id:
                return tool
        raise ToolNodeError(f'There is no tool "{ref.tool_name}" of "{ref.provider_id}".')

    async def invoke(self, tool: Tool, parameters: Mapping[str, Value]) -> AsyncGenerator[ToolMessage, None]:
        self.calls.append((tool.name, dict(parameters)))
        try:
            given = self.functions[tool.name](**parameters)
            if asyncio.iscoroutine(given):
                given = await given
            for item in given if isinstance(given, (list, tuple)) else [given]:
                for message in as_messages(item):
                    yield message
        finally:
            self.closed.append(tool.name)


def as_messages(item: Any) -> Iterable[ToolMessage]:
    match item:
        case None:
            return []
        case str():
            return [ToolLink(item)] if item.startswith("http") else [ToolText(item)]
        case File():
            return [ToolFile(item, image=item.type == "image")]
        case dict():
            return [ToolJson(item)]
        case int() | float():
            return [ToolText(str(item))]
        case _:
            return [item]


def adding(**others: Callable[..., Any]) -> FunctionTools:
    """A tool `add(a, b)`, and others by name."""
    return FunctionTools({"add": lambda a, b: a + b, "clock": lambda **_: "noon", **others})


def call(name: str, arguments: str, call_id: str = "c1") -> ToolCall:
    return ToolCall(call_id, name, arguments)


def says(text: str = "", *calls: ToolCall, tokens: Usage | None = None) -> list[ChatDelta]:
    """A reply in pieces of a few letters, with its calls and its usage at the end."""
    pieces = [ChatDelta(text=text[place : place + 4]) for place in range(0, len(text), 4)]
    last = ChatDelta(tool_calls=calls, usage=tokens or usage(), finish_reason="tool_calls" if calls else "stop")
    return [*pieces, last]


@dataclass
class RoundModels(ScriptedModels):
    """Gives one reply after the other; the last one again and again."""

    rounds: Sequence[Sequence[ChatDelta | Exception]] = ()
    model: ModelProfile = CAN_CALL

    async def chat(self, request: ChatRequest) -> AsyncGenerator[ChatDelta, None]:
        reply = self.rounds[min(len(self.requests), len(self.rounds) - 1)]
        self.requests.append(request)
        try:
            for delta in reply:
                if isinstance(delta, Exception):
                    raise delta
                yield delta
        finally:
            self.closed += 1


def in_rounds(*rounds: Sequence[ChatDelta | Exception], model: ModelProfile = CAN_CALL) -> RoundModels:
    return RoundModels(rounds=rounds, model=model)


@dataclass
class GivenKnowledge:
    """Knowledge bases that find given items."""

    found: Sequence[KnowledgeBase] = ()
    items: Sequence[dict[str, Value]] = ()
    requests: list[RetrievalRequest] = field(default_factory=list[RetrievalRequest])

    async def bases(self, dataset_ids: Sequence[str]) -> list[KnowledgeBase]:
        return [base for base in self.found if base.id in dataset_ids]

    async def retrieve(self, request: RetrievalRequest) -> list[dict[str, Value]]:
        self.requests.append(request)
        return list(self.items)
