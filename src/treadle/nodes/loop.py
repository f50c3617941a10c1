"""The loop: runs its body again and again with variables of its own (workflow-nodes §16), its entry and its way out."""

import json
from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from treadle.engine.errors import ContainerError, NodeError
from treadle.engine.node import NodeContext, NodeFailure, NodeResult, NodeType
from treadle.engine.pool import VariablePool
from treadle.engine.values import JsonValue, Missing, Value, plain

from .about import NodeAbout, Output, OutputsFrom, Words
from .conditions import Condition, evaluate
from .config import JsonField, NodeConfig, as_value, reader
from .iteration import EntryConfig, pass_on

VariableType: TypeAlias = Literal[
    "string", "number", "object", "boolean",
    "array[string]", "array[number]", "array[object]", "array[boolean]",
]  # fmt: skip


class LoopVariable(NodeConfig):
    """A variable that lives from round to round. `value` is a selector, or a literal of the type `var_type`."""

    label: str
    var_type: VariableType = "string"
    value_type: Literal["variable", "constant"] = "constant"
    value: JsonField = None


class LoopConfig(NodeConfig):
    """How often at most, with which variables, and when to stop earlier."""

    start_node_id: str = Field(default="", json_schema_extra={"ui": "hidden"})
    loop_count: Annotated[int, Field(ge=0, json_schema_extra={"minimum": 1, "maximum": 100})]
    loop_variables: tuple[LoopVariable, ...] = ()
    break_conditions: tuple[Condition, ...] = Field(default=(), json_schema_extra={"ui": "conditions"})
    logical_operator: Literal["and", "or"] = "and"


async def run(ctx: NodeContext, config: LoopConfig) -> NodeResult:
    """Raises ContainerError, the failure of a round, and the errors of conditions that are checked after a round."""
    if ctx.body is None:
        raise ContainerError("The loop has no entry; connect its start node, or create the loop again.")
    for variable in config.loop_variables:
        ctx.pool.set(ctx.node_id, variable.label, _initial(ctx.pool, variable))
    result = NodeResult(inputs={"loop_count": config.loop_count, **_values(ctx, config)})
    ctx.announce(result.inputs, config.loop_count)
    seconds: dict[str, JsonValue] = {}
    kept: dict[str, Value] = {}
    try:
        rounds, broke = await _rounds(ctx, config, seconds, kept)
    except NodeError as error:
        result.metadata = _metadata(ctx, "error", seconds, kept)
        raise NodeFailure(result) from error
    finally:
        _forget_body(ctx)
    result.outputs = {**_values(ctx, config), "loop_round": rounds}
    result.metadata = _metadata(ctx, "loop_break" if broke else "loop_completed", seconds, kept)
    return result


async def _rounds(
    ctx: NodeContext, config: LoopConfig, seconds: dict[str, JsonValue], kept: dict[str, Value]
) -> tuple[int, bool]:
    """How many rounds ran, and whether something ended the loop early."""
    if _met_already(ctx.pool, config):
        ctx.steps = 0
        return 0, True
    for index in range(config.loop_count):
        _forget_body(ctx)
        began = ctx.now()
        done = await ctx.walk(ctx.pool, index)
        seconds[str(index)] = round(ctx.now() - began, 6)
        kept[str(index)] = _values(ctx, config)
        if done.broke or (config.break_conditions and _met(ctx.pool, config)):
            return index + 1, True
        ctx.announce_round(index + 1)
    return config.loop_count, False


def _met_already(pool: VariablePool, config: LoopConfig) -> bool:
    """Before the first round a condition may be about something that does not exist yet."""
    try:
        return bool(config.break_conditions) and _met(pool, config)
    except NodeError:
        return False


def _met(pool: VariablePool, config: LoopConfig) -> bool:
    results = (evaluate(pool, condition)[0] for condition in config.break_conditions)
    return all(results) if config.logical_operator == "and" else any(results)


def _values(ctx: NodeContext, config: LoopConfig) -> dict[str, Value]:
    """What the variables hold now."""
    scope = ctx.pool.scope(ctx.node_id)
    return {variable.label: scope.get(variable.label) for variable in config.loop_variables}


def _forget_body(ctx: NodeContext) -> None:
    """Nothing of a round is seen in the next one or behind the loop, but its variables."""
    for node_id in ctx.body.all_ids if ctx.body is not None else ():
        ctx.pool.clear(node_id)


def _metadata(
    ctx: NodeContext, reason: str, seconds: dict[str, JsonValue], kept: dict[str, Value]
) -> dict[str, JsonValue]:
    return {
        **ctx.spent.metadata(),
        "completed_reason": reason,
        "loop_duration_map": seconds,
        "loop_variable_map": {index: plain(values) for index, values in kept.items()},
    }


def _initial(pool: VariablePool, variable: LoopVariable) -> Value:
    """Raises ContainerError."""
    if variable.value_type == "variable":
        selector = variable.value
        parts = [str(part) for part in selector] if isinstance(selector, list) else []
        value = pool.get(parts)
        if value is None or isinstance(value, Missing):
            name = ".".join(parts) or "nothing"
            raise ContainerError(
                f'The loop variable "{variable.label}" has an invalid value: {name} has none to begin with.'
            )
        return value
    return _constant(variable)


def _constant(variable: LoopVariable) -> Value:
    value: JsonValue = variable.value
    if variable.var_type.startswith("array"):
        if not value or not isinstance(value, str | list):
            return []
        wanted: type | tuple[type, ...] = list
    else:
        wanted = {"string": str, "number": (int, float), "object": dict, "boolean": bool}[variable.var_type]
    if isinstance(value, str) and wanted is not str:
        try:
            value = json.loads(value)
        except ValueError:
            value = None
    if not isinstance(value, wanted) or (isinstance(value, bool) and wanted is not bool):
        raise ContainerError(
            f'The loop variable "{variable.label}" has an invalid value: {str(variable.value)[:100]!r} is no '
            f"{variable.var_type}."
        )
    return as_value(value)


LOOP = NodeType("loop", load=reader(LoopConfig), run=run, container=True)
LOOP_START = NodeType("loop-start", load=reader(EntryConfig), run=pass_on, silent=True)
LOOP_END = NodeType("loop-end", load=reader(EntryConfig), run=pass_on, breaks=True)

ABOUT = NodeAbout(
    kind="loop",
    family="container",
    icon="RefreshCw",
    title=Words("Loop", "循环", "ループ"),
    description=Words(
        "Repeats its steps until a condition holds.",
        "重复其中的步骤，直到条件成立。",
        "条件が成り立つまで中の手順を繰り返します。",
    ),
    outputs=(Output("loop_round", "number"),),
    outputs_from=(OutputsFrom("loop_variables", "label", "var_type"),),
    runs_alone=True,
)

ABOUT_START = NodeAbout(
    kind="loop-start",
    family="io",
    icon="LogIn",
    title=Words("Start of the loop", "循环开始", "ループの開始"),
    description=Words("Where each round begins.", "每一轮的起点。", "各回の始まりです。"),
)

ABOUT_END = NodeAbout(
    kind="loop-end",
    family="logic",
    icon="LogOut",
    title=Words("Exit loop", "退出循环", "ループを抜ける"),
    description=Words("Ends the loop after this round.", "在本轮之后结束循环。", "この回の後でループを終えます。"),
)
