"""An app file as data: what `parse` gives and `dump` writes."""

from dataclasses import dataclass, field
from enum import StrEnum

from pydantic import JsonValue

from treadle.dsl.model_settings import ModelConfig
from treadle.dsl.sections import JsonMap
from treadle.dsl.variables import ConversationVariable, EnvironmentVariable
from treadle.dsl.versions import CURRENT_VERSION

DEFAULT_ICON = "🤖"
DEFAULT_ICON_BACKGROUND = "#FFFFFF"


class AppMode(StrEnum):
    """The five kinds of app."""

    CHAT = "chat"
    AGENT_CHAT = "agent-chat"
    COMPLETION = "completion"
    WORKFLOW = "workflow"
    ADVANCED_CHAT = "advanced-chat"

    @property
    def has_graph(self) -> bool:
        """Whether the app is a graph of nodes; the others are a `model_config`."""
        return self in (AppMode.WORKFLOW, AppMode.ADVANCED_CHAT)


@dataclass(slots=True, kw_only=True)
class WorkflowFile:
    """The `workflow` part. `graph` and `features` are the file's own maps: unknown keys and all.

    See `graph_view` and `features_view` for their typed readings, which never change them.
    """

    graph: JsonMap = field(default_factory=dict[str, JsonValue])
    features: JsonMap = field(default_factory=dict[str, JsonValue])
    environment_variables: list[EnvironmentVariable] = field(default_factory=list[EnvironmentVariable])
    conversation_variables: list[ConversationVariable] = field(default_factory=list[ConversationVariable])
    pipeline_variables: list[JsonMap] = field(default_factory=list[JsonMap])
    """What a knowledge pipeline asks for (app-dsl §8.5); empty for apps."""

    @property
    def nodes(self) -> list[JsonMap]:
        """The graph's nodes as they are in the file, entries that are no maps left out."""
        return _maps(self.graph.get("nodes"))

    @property
    def edges(self) -> list[JsonMap]:
        """The graph's edges as they are in the file, entries that are no maps left out."""
        return _maps(self.graph.get("edges"))


def _maps(value: JsonValue) -> list[JsonMap]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


@dataclass(slots=True, kw_only=True)
class AppFile:
    """One app: its looks, and either a `workflow` (graph modes) or a `model_config` (the others)."""

    mode: AppMode
    name: str = ""
    description: str = ""
    icon: str = DEFAULT_ICON
    icon_type: str | None = None
    icon_background: str = DEFAULT_ICON_BACKGROUND
    use_icon_as_answer_icon: bool = False
    model_config: ModelConfig | None = None
    workflow: WorkflowFile | None = None
    dependencies: list[JsonValue] = field(default_factory=list[JsonValue])
    annotation_reply: JsonMap | None = None
    """Only written, never read: annotations belong to an installation, not to a file (app-dsl §7.1)."""
    version: str = CURRENT_VERSION
    kind: str = "app"

    @property
    def environment_variables(self) -> list[EnvironmentVariable]:
        return self.workflow.environment_variables if self.workflow else []

    @property
    def conversation_variables(self) -> list[ConversationVariable]:
        return self.workflow.conversation_variables if self.workflow else []
