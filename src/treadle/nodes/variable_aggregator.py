"""The variable aggregator: the first of several variables that has a value (workflow-nodes §12)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from treadle.engine.node import NodeContext, NodeResult, NodeType
from treadle.engine.pool import VariablePool
from treadle.engine.template import Selector
from treadle.engine.values import JsonValue, Missing, Value

from .config import NodeConfig, SelectorField, load


class AggregatorGroup(NodeConfig):
    """Variables that become one output under a name. `output_type` is for display only."""

    group_name: str = ""
    output_type: str = "any"
    variables: tuple[SelectorField, ...] = ()


class AggregatorGroups(NodeConfig):
    """Several groups instead of one list."""

    group_enabled: bool = False
    groups: tuple[AggregatorGroup, ...] = ()


class AggregatorConfig(NodeConfig):
    """Variables in order of preference."""

    output_type: str = "any"
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
