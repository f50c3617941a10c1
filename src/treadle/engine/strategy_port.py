"""What agent nodes ask of strategies that live elsewhere, in plugins. Source: spec plugins §7.4, workflow-nodes §22."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeAlias

from .errors import AgentNodeError
from .values import JsonValue, Value

if TYPE_CHECKING:
    from .ports import Message, ModelProfile, ModelRef, Tool, ToolMessage, ToolParameter


@dataclass(frozen=True, slots=True, kw_only=True)
class Strategy:
    """How an agent works, as its provider declares it.

    `parameters` also have the types `model-selector` and `array[tools]`. `keeps_history`: it takes the earlier
    exchanges of the conversation. `output_schema` is the JSON Schema of the outputs that it gives besides the usual.
    """

    provider: str
    name: str
    parameters: "tuple[ToolParameter, ...]" = ()
    keeps_history: bool = False
    output_schema: Mapping[str, JsonValue] | None = None
    icon: JsonValue = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StrategyModel:
    """The model that a builder chose, and how it is called. `history` are the exchanges before this one."""

    model: "ModelRef"
    profile: "ModelProfile"
    parameters: Mapping[str, JsonValue] = field(default_factory=dict[str, JsonValue])
    stop: tuple[str, ...] = ()
    history: "tuple[Message, ...]" = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StrategyTool:
    """A tool that a builder gave to the agent. The model fills `parameters`; `fixed` are the builder's values, which go
    into every call; `description` is for the model."""

    tool: "Tool"
    description: str
    parameters: "tuple[ToolParameter, ...]"
    fixed: Mapping[str, Value] = field(default_factory=dict[str, Value])


StrategyValue: TypeAlias = "Value | StrategyModel | tuple[StrategyTool, ...]"
"""The value of a parameter: a StrategyModel for `model-selector`, tools for `array[tools]`."""


class Strategies(Protocol):
    """The strategies of the workspace. They may call its models and tools on the run's behalf."""

    async def find(self, provider: str, name: str) -> Strategy | None:
        """The strategy; None when it is not installed. Raises AgentNodeError when it cannot be asked for."""
        ...

    def work(self, strategy: Strategy, parameters: Mapping[str, StrategyValue]) -> "AsyncIterator[ToolMessage]":
        """Answer, telling each step as a ToolLog and all that models cost as ToolUsage.

        Closing the iterator ends the work. Raises NodeError kinds; the message says what went wrong.
        """
        ...


class NoStrategies:
    """A workspace without any."""

    async def find(self, provider: str, name: str) -> Strategy | None:
        return None

    def work(self, strategy: Strategy, parameters: Mapping[str, StrategyValue]) -> "AsyncIterator[ToolMessage]":
        raise AgentNodeError(f'There is no strategy "{strategy.name}" here.')
