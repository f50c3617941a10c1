"""The settings of the agent node (spec workflow-nodes §22)."""

from collections.abc import Iterator
from typing import Annotated, Final

from pydantic import BeforeValidator, Field

from treadle.engine.ports import ToolRef
from treadle.nodes.config import JsonField, NodeConfig
from treadle.nodes.model_settings import MAX_TURNS, MemoryConfig

from .parameters import AgentParameter

FUNCTION_CALLING: Final = "function_calling"
STRATEGIES: Final = frozenset({FUNCTION_CALLING, "react"})
_PROVIDERS: Final = frozenset({"", "agent", "langgenius/agent", "langgenius/agent/agent"})


def _entries(value: object) -> object:
    """Parameters as maps; a bare value is a constant. Old editors write a list, or nothing, where none is set."""
    if not isinstance(value, dict):
        return {}
    entries: dict[object, object] = {}
    for name, entry in value.items():  # pyright: ignore[reportUnknownVariableType]
        entries[name] = entry if isinstance(entry, dict) and "value" in entry else {"value": entry}
    return entries


class AgentConfig(NodeConfig):
    """Which strategy works, and its parameters. What a strategy makes of them shows only when it runs."""

    agent_strategy_provider_name: str = Field(default="", json_schema_extra={"ui": "agent-strategy"})
    agent_strategy_name: str = Field(default="", json_schema_extra={"ui": "hidden"})
    agent_strategy_label: str = Field(default="", json_schema_extra={"ui": "hidden"})
    agent_parameters: Annotated[dict[str, AgentParameter], BeforeValidator(_entries)] = Field(
        default_factory=dict[str, AgentParameter], json_schema_extra={"ui": "agent-parameters"}
    )
    memory: MemoryConfig | None = None
    tool_node_version: str = Field(default="", json_schema_extra={"ui": "hidden"})
    output_schema: dict[str, JsonField] | None = Field(default=None, json_schema_extra={"ui": "hidden"})
    plugin_unique_identifier: str = Field(default="", json_schema_extra={"ui": "hidden"})

    @property
    def strategy(self) -> str | None:
        """`function_calling` or `react`; None for a strategy that is not there."""
        name = self.agent_strategy_name.lower()
        return name if self.agent_strategy_provider_name in _PROVIDERS and name in STRATEGIES else None

    def missing_strategy(self) -> str:
        """What to say of a strategy that is not there."""
        return (
            f'"{self.agent_strategy_name}" of "{self.agent_strategy_provider_name}" is not installed. Choose '
            "function_calling or ReAct."
        )

    def gaps(self) -> Iterator[tuple[str, str]]:
        """What will make the node fail or be of little use when it runs: the field, and a sentence."""
        if self.strategy is None:
            message = f"The strategy {self.missing_strategy()} Until then the node fails when it runs."
            yield "agent_strategy_name", message
            return
        model = self._given("model")
        if not (isinstance(model, dict) and model.get("model")) and not self._is_variable("model"):
            yield "agent_parameters.model", "It has no model; choose one."
        if self._given("query") in (None, ""):
            yield "agent_parameters.query", "It has no question; fill in the query."
        if not self.tool_refs() and not self._is_variable("tools"):
            yield "agent_parameters.tools", "No tool is switched on, so that it only chats; add one."

    def _given(self, name: str) -> JsonField:
        parameter = self.agent_parameters.get(name)
        return parameter.value if parameter is not None else None

    def _is_variable(self, name: str) -> bool:
        parameter = self.agent_parameters.get(name)
        return parameter is not None and parameter.type == "variable"

    def tool_refs(self) -> list[ToolRef]:
        """The tools that are switched on, as far as the file names them."""
        listed = self._given("tools")
        return [
            ToolRef(
                provider_type=str(entry.get("type") or "builtin"),
                provider_id=str(entry.get("provider_name") or entry.get("provider_id") or ""),
                tool_name=str(entry.get("tool_name") or ""),
                credential_id=str(entry.get("credential_id") or "") or None,
            )
            for entry in (listed if isinstance(listed, list) else [])
            if isinstance(entry, dict) and entry.get("enabled") is True
        ]

    def turns(self) -> int:
        """How many earlier exchanges the model sees; the size of the window counts whether it is switched on or not."""
        size = self.memory.window.size if self.memory else 0
        return min(size, MAX_TURNS) if size > 0 else MAX_TURNS
