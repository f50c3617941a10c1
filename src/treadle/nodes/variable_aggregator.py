"""The variable aggregator: the first of several variables that has a value (workflow-nodes §12)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from pydantic import Field

from treadle.engine.node import NodeContext, NodeResult, NodeType
from treadle.engine.pool import VariablePool
from treadle.engine.template import Selector
from treadle.engine.values import JsonValue, Missing, Value

from .about import NodeAbout, Output, Words
from .config import NodeConfig, SelectorField, load


class AggregatorGroup(NodeConfig):
    """Variables that become one output under a name. `output_type` is for display only."""

    group_name: str = ""
    output_type: str = Field(default="any", json_schema_extra={"ui": "value-type"})
    variables: tuple[SelectorField, ...] = ()


class AggregatorGroups(NodeConfig):
    """Several groups instead of one list."""

    group_enabled: bool = False
    groups: tuple[AggregatorGroup, ...] = Field(default=(), json_schema_extra={"shown_if": {"group_enabled": True}})


class AggregatorConfig(NodeConfig):
    """Variables in order of preference."""

    output_type: str = Field(default="any", json_schema_extra={"ui": "value-type"})
    variables: tuple[SelectorField, ...] = ()
    advanced_settings: AggregatorGroups = AggregatorGroups()


def read(data: Mapping[str, JsonValue]) -> AggregatorConfig:
    """Raises GraphProblem."""
    return load(AggregatorConfig, data)


async def run(ctx: NodeContext, config: AggregatorConfig) -> NodeResult:
    """Null counts as a value. Without any value there are no outputs, which is no failure."""
    result = NodeResult()
    if not config.advanced_settings.group_enabled:
        found = _first(ctx.pool, config.variables)
        if found:
            selector, value = found
            result.outputs["output"] = value
            result.inputs[".".join(selector[1:])] = value
        return result
    for group in config.advanced_settings.groups:
        found = _first(ctx.pool, group.variables)
        if found:
            selector, value = found
            result.outputs[group.group_name] = {"output": value}
            result.inputs[".".join(selector[1:])] = value
    return result


def _first(pool: VariablePool, selectors: Sequence[Selector]) -> tuple[Selector, Value] | None:
    for selector in selectors:
        value = pool.get(selector)
        if not isinstance(value, Missing):
            return selector, value
    return None


VARIABLE_AGGREGATOR = NodeType("variable-aggregator", load=read, run=run)
VARIABLE_ASSIGNER = replace(VARIABLE_AGGREGATOR, kind="variable-assigner")

ABOUT = NodeAbout(
    kind="variable-aggregator",
    family="transform",
    icon="GitMerge",
    title=Words("Variable aggregator", "变量聚合", "変数の集約"),
    description=Words(
        "Takes the first variable that has a value.", "取第一个有值的变量。", "値を持つ最初の変数を選びます。"
    ),
    outputs=(Output("output", "any"),),
    runs_alone=True,
)
