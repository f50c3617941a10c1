"""Tools that say what a test tells them to."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from treadle.engine.errors import ToolNodeError
from treadle.engine.ports import Ports, Tool, ToolMessage, ToolOption, ToolParameter, ToolRef
from treadle.engine.values import Value

from .ports import a_world


def a_tool(*parameters: ToolParameter, name: str = "t", provider: str = "p") -> Tool:
    return Tool(
        ref=ToolRef(provider_type="builtin", provider_id=provider, tool_name=name), name=name, parameters=parameters
    )


T = a_tool(
    ToolParameter(name="q", required=True),
    ToolParameter(name="n", type="number"),
    ToolParameter(
        name="lang",
        type="select",
        form="form",
        default="en",
        options=(ToolOption(value="en"), ToolOption(value="fr")),
    ),
)
"""The tool that the numbered cases speak of."""


@dataclass
class ScriptedTools:
    """Answers every call of `tool` with `messages`, and then raises `failure`."""

    messages: Sequence[ToolMessage] = ()
    tool: Tool = T
    failure: BaseException | None = None
    failures: int = 1_000_000
    """Calls that fail before one succeeds."""
    asked: list[ToolRef] = field(default_factory=list[ToolRef])
    calls: list[Mapping[str, Value]] = field(default_factory=list[Mapping[str, Value]])
    closed: int = 0

    async def find(self, ref: ToolRef) -> Tool:
        self.asked.append(ref)
        if ref.tool_name != self.tool.name:
            raise ToolNodeError(f'There is no tool "{ref.tool_name}".')
        return self.tool

    async def invoke(self, tool: Tool, parameters: Mapping[str, Value]) -> AsyncGenerator[ToolMessage, None]:
        self.calls.append(dict(parameters))
        try:
            for message in self.messages:
                yield message
            if self.failure is not None and len(self.calls) <= self.failures:
                raise self.failure
        finally:
            self.closed += 1


def with_tools(tools: ScriptedTools) -> Ports:
    return replace(a_world(), tools=tools)
