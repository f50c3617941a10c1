"""The trigger-plugin node: an event of a service that a plugin watches, as variables of a node (workflow-nodes §25).

Apps with this node can be imported, shown and exported unchanged. Nothing fires it here yet.
"""

from typing import Literal

from pydantic import Field

from treadle.engine.node import NodeContext, NodeResult, NodeType
from treadle.engine.values import JsonValue, Value

from .about import NodeAbout, Words
from .config import JsonField, NodeConfig, reader

EVENT = "event"
"""The input of a run that holds the variables of the event."""


class EventParameter(NodeConfig):
    """What the plugin filters events by. Only constants can be known before anything runs."""

    type: Literal["constant"] = "constant"
    value: JsonField = None


class PluginTriggerConfig(NodeConfig):
    """Which event of which integration starts the workflow."""

    plugin_id: str = Field(default="", json_schema_extra={"ui": "hidden"})
    provider_id: str = ""
    provider_name: str = Field(default="", json_schema_extra={"ui": "hidden"})
    provider_type: str = Field(default="", json_schema_extra={"ui": "hidden"})
    plugin_unique_identifier: str = Field(default="", json_schema_extra={"ui": "hidden"})
    event_name: str = ""
    event_label: str = Field(default="", json_schema_extra={"ui": "hidden"})
    subscription_id: str = ""
    event_parameters: dict[str, EventParameter] = Field(default_factory=dict)
    output_schema: JsonField = Field(default=None, json_schema_extra={"ui": "hidden"})


def parameters_for(config: PluginTriggerConfig, known: frozenset[str]) -> dict[str, JsonValue]:
    """The values that the integration filters by; null for names that the event does not know."""
    return {name: each.value if name in known else None for name, each in config.event_parameters.items()}


async def run(ctx: NodeContext, config: PluginTriggerConfig) -> NodeResult:
    """The variables of the event by their names, and `sys.*`."""
    event = ctx.inputs.get(EVENT)
    outputs: dict[str, Value] = dict(event) if isinstance(event, dict) else {}
    for name, value in ctx.pool.scope("sys").items():
        outputs[f"sys.{name}"] = value
    trigger: dict[str, JsonValue] = {
        "provider_id": config.provider_id,
        "event_name": config.event_name,
        "plugin_unique_identifier": config.plugin_unique_identifier,
    }
    return NodeResult(outputs=outputs, inputs={EVENT: event}, metadata={"trigger_info": trigger})


TRIGGER_PLUGIN = NodeType("trigger-plugin", load=reader(PluginTriggerConfig), run=run)

ABOUT = NodeAbout(
    kind="trigger-plugin",
    family="io",
    icon="Plug",
    title=Words("Plugin trigger", "插件触发", "プラグイントリガー"),
    description=Words(
        "Starts when another service tells of an event.",
        "其他服务告知事件时启动。",
        "他のサービスの出来事で始まります。",
    ),
)
