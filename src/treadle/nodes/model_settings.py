"""Settings that all model-using nodes share (workflow-nodes §0.8)."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from treadle.engine.errors import LLMModeRequiredError
from treadle.engine.ports import ModelRef
from treadle.engine.values import JsonValue

from .config import JsonField, NodeConfig, SelectorField

MAX_TURNS = 500


class ModelConfig(NodeConfig):
    """Which model, and its parameters. `stop` among the parameters holds the stop sequences."""

    provider: str = ""
    name: str = ""
    mode: str = ""
    completion_params: dict[str, JsonField] = Field(default_factory=dict, json_schema_extra={"ui": "model-parameters"})

    def ref(self) -> ModelRef:
        """Raises LLMModeRequiredError when no mode is set."""
        if not self.mode:
            raise LLMModeRequiredError("The model settings name no mode; choose the model again.")
        return ModelRef(self.provider, self.name, self.mode)

    def parameters(self) -> dict[str, JsonValue]:
        """The parameters without the stop sequences; a new map."""
        return {name: value for name, value in self.completion_params.items() if name != "stop"}

    def stop(self) -> tuple[str, ...]:
        """The stop sequences."""
        stop = self.completion_params.get("stop")
        if isinstance(stop, str):
            return (stop,)
        return tuple(str(text) for text in stop) if isinstance(stop, list) else ()


class RolePrefixes(NodeConfig):
    """What the two sides of a conversation are called inside a completion prompt. Empty texts are allowed."""

    user: str = ""
    assistant: str = ""


class MemoryWindow(NodeConfig):
    """How many earlier exchanges the model sees."""

    enabled: bool = False
    size: Annotated[int, BeforeValidator(lambda value: value or 0)] = Field(
        default=0, json_schema_extra={"minimum": 1, "maximum": 100, "shown_if": {"enabled": True}}
    )

    def limit(self) -> int:
        """At most this many exchanges."""
        return min(self.size, MAX_TURNS) if self.enabled and self.size > 0 else MAX_TURNS


class MemoryConfig(NodeConfig):
    """The conversation before the current question, and the question itself."""

    role_prefix: RolePrefixes | None = None
    window: MemoryWindow = MemoryWindow()
    query_prompt_template: str = Field(default="", json_schema_extra={"ui": "template"})


class VisionInput(NodeConfig):
    """Which files the model sees, and how closely it looks at images."""

    variable_selector: SelectorField = Field(
        default=("sys", "files"), json_schema_extra={"accepts": ["file", "array[file]"]}
    )
    detail: Literal["low", "high"] = "high"


class VisionConfig(NodeConfig):
    """Whether the model sees files."""

    enabled: bool = False
    configs: VisionInput = Field(default=VisionInput(), json_schema_extra={"shown_if": {"enabled": True}})
