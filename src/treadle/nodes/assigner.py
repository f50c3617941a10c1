"""The assigner: writes conversation and loop variables (workflow-nodes §13). Nodes of version 1 run as they are."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Literal, TypeAlias

from pydantic import Field

from treadle.engine.errors import NodeError
from treadle.engine.node import NodeContext, NodeFailure, NodeResult, NodeType
from treadle.engine.pool import NAMESPACES
from treadle.engine.template import Selector, render_text
from treadle.engine.values import File, JsonValue, Missing, Value, ValueType, type_of

from .about import NodeAbout, Words
from .config import JsonField, NodeConfig, SelectorField, as_value, load, not_found

WriteMode = Literal["over-write", "append", "clear"]
Operation = Literal[
    "over-write", "clear", "set", "+=", "-=", "*=", "/=", "append", "extend", "remove-first", "remove-last"
]  # fmt: skip

_CONVERSATION = "conversation"
_SCALARS = frozenset({ValueType.STRING, ValueType.NUMBER, ValueType.OBJECT, ValueType.BOOLEAN})
_ARITHMETIC: Final[Mapping[str, Callable[[float, float], float]]] = {
    "+=": lambda left, right: left + right,
    "-=": lambda left, right: left - right,
    "*=": lambda left, right: left * right,
    "/=": lambda left, right: left / right,
}
_ON_ARRAYS = frozenset({"append", "extend", "remove-first", "remove-last"})
_WITHOUT_INPUT = frozenset({"clear", "remove-first", "remove-last"})
_ANY_ELEMENT = frozenset({ValueType.STRING, ValueType.NUMBER, ValueType.OBJECT, ValueType.BOOLEAN, ValueType.FILE})
_ELEMENT_OF = {
    ValueType.ARRAY_STRING: ValueType.STRING,
    ValueType.ARRAY_NUMBER: ValueType.NUMBER,
    ValueType.ARRAY_BOOLEAN: ValueType.BOOLEAN,
    ValueType.ARRAY_OBJECT: ValueType.OBJECT,
    ValueType.ARRAY_FILE: ValueType.FILE,
}


class AssignmentError(NodeError):
    """An assignment does not fit its variable."""


class AssignerV1Config(NodeConfig):
    """One variable, one way of writing it, one source."""

    assigned_variable_selector: SelectorField
    write_mode: WriteMode = "over-write"
    input_variable_selector: SelectorField = ()


class Assignment(NodeConfig):
    """One write. `value` is a selector for the input type `variable`, a literal for `constant`."""

    variable_selector: SelectorField
    input_type: Literal["variable", "constant"] = "variable"
    operation: Operation = Field(json_schema_extra={"ui": "assignment-operation"})
    value: JsonField = None


class AssignerConfig(NodeConfig):
    """Writes, in order; each sees the results of those before it."""

    items: tuple[Assignment, ...] = ()


Assigner: TypeAlias = AssignerV1Config | AssignerConfig


def read(data: Mapping[str, JsonValue]) -> Assigner:
    """Version 2 when the node says so or has `items`, else version 1. Raises GraphProblem."""
    if str(data.get("version") or "1") == "2" or data.get("items") is not None:
        return load(AssignerConfig, data)
    return load(AssignerV1Config, data)


def assigns(config: Assigner) -> Sequence[Selector]:
    """The variables that will be written."""
    if isinstance(config, AssignerV1Config):
        return (config.assigned_variable_selector,)
    return tuple(item.variable_selector for item in config.items)


async def run(ctx: NodeContext, config: Assigner) -> NodeResult:
    """Raises VariableNotFoundError and AssignmentError. Writes before a failure stay visible, but are not kept."""
    return _run_v1(ctx, config) if isinstance(config, AssignerV1Config) else _run_v2(ctx, config)


def _run_v1(ctx: NodeContext, config: AssignerV1Config) -> NodeResult:
    selector = config.assigned_variable_selector
    target = _target(ctx, selector)
    if config.write_mode == "clear":
        value = _zero(target)
    else:
        value = _source(ctx, config.input_variable_selector)
        if config.write_mode == "append":
            value = [*_list(selector, target), value]
    _write(ctx, selector, value)
    _keep(ctx, [selector])
    return NodeResult(inputs={"value": value})


def _run_v2(ctx: NodeContext, config: AssignerConfig) -> NodeResult:
    result = NodeResult(inputs={"items": [_logged(item) for item in config.items]})
    written: dict[Selector, Value] = {}
    try:
        for item in config.items:
            target = _target(ctx, item.variable_selector)
            _check_kind(item, target)
            value = _result(ctx, item, target)
            if not isinstance(value, Missing):
                _write(ctx, item.variable_selector, value)
                written[item.variable_selector] = value
    except NodeError as error:
        raise NodeFailure(result) from error
    _keep(ctx, written)
    updates: list[Value] = []
    for selector, value in written.items():
        name = selector[-1]
        result.process_data[name] = value
        updates.append(
            {
                "name": name,
                "selector": list[Value](selector),
                "value_type": type_of(value).value,
                "new_value": value,
            }
        )
    result.process_data["__updated_variables"] = updates
    return result


def _logged(item: Assignment) -> dict[str, Value]:
    value = item.value
    return {
        "variable_selector": list[Value](item.variable_selector),
        "input_type": item.input_type,
        "operation": item.operation,
        "value": value
        if isinstance(value, (str, int, float)) or value is None
        else json.dumps(value, ensure_ascii=False),
    }


def _target(ctx: NodeContext, selector: Selector) -> Value:
    value = ctx.pool.get(selector)
    if isinstance(value, Missing) or len(selector) != 2:
        raise not_found(selector, "to be written")
    if selector[0] in NAMESPACES and selector[0] != _CONVERSATION:
        raise AssignmentError(f"The variable {'.'.join(selector)} cannot be changed.")
    return value


def _source(ctx: NodeContext, selector: Sequence[str]) -> Value:
    value = ctx.pool.get(selector)
    if isinstance(value, Missing):
        raise not_found(selector, "to be read")
    return value


def _write(ctx: NodeContext, selector: Selector, value: Value) -> None:
    ctx.write(selector[0], selector[1], value)


def _keep(ctx: NodeContext, selectors: "Sequence[Selector] | Mapping[Selector, Value]") -> None:
    """Tell the run about conversation variables, once all writes of the node have succeeded."""
    for selector in selectors:
        value = ctx.pool.get(selector)
        if selector[0] == _CONVERSATION and not isinstance(value, Missing):
            ctx.assign(selector[1], value)


def _zero(target: Value) -> Value:
    match target:
        case bool():
            return False
        case str():
            return ""
        case int() | float():
            return 0
        case dict():
            return {}
        case list():
            return []
        case _:
            return None


def _list(selector: Selector, value: Value) -> list[Value]:
    if not isinstance(value, list):
        raise AssignmentError(f"The variable {'.'.join(selector)} is no list.")
    return value


def _check_kind(item: Assignment, target: Value) -> None:
    """Whether the operation exists for the variable's type, and with this kind of input."""
    name, operation, kind = ".".join(item.variable_selector), item.operation, type_of(target)
    unknown = kind is ValueType.NONE
    if operation in _ON_ARRAYS:
        applies = kind.is_array
    elif operation in _ARITHMETIC:
        applies = kind is ValueType.NUMBER
    elif operation == "set":
        applies = kind in _SCALARS or unknown
    else:
        applies = True
    if not applies:
        raise AssignmentError(f'"{operation}" does not apply to {name}, whose type is {kind}.')
    if item.input_type == "constant":
        accepted = (
            operation == "set"
            or operation in _ARITHMETIC
            or (operation == "over-write" and (kind in _SCALARS or unknown))
        )
    else:
        accepted = operation != "set"
    if not accepted:
        raise AssignmentError(f'"{operation}" on {name} cannot take a {item.input_type}.')


def _result(ctx: NodeContext, item: Assignment, target: Value) -> "Value | Missing":
    """The variable's new value; MISSING when the source is null and the item is passed over."""
    operation = item.operation
    if operation in _WITHOUT_INPUT:
        if operation == "clear":
            return _zero(target)
        values = _list(item.variable_selector, target)
        return values[1:] if operation == "remove-first" else values[:-1]
    value = _constant(ctx, item, target) if item.input_type == "constant" else _variable(ctx, item)
    if value is None and item.input_type == "variable":
        return Missing()
    _check_value(item, target, value)
    if operation in _ARITHMETIC:
        return _calculate(item, target, value)
    if operation == "append":
        return [*_list(item.variable_selector, target), value]
    if operation == "extend":
        return [*_list(item.variable_selector, target), *_list(item.variable_selector, value)]
    return value


def _variable(ctx: NodeContext, item: Assignment) -> Value:
    selector = item.value
    if not isinstance(selector, list):
        raise AssignmentError(f"The value for {'.'.join(item.variable_selector)} names no variable.")
    return _source(ctx, [str(part) for part in selector])


def _constant(ctx: NodeContext, item: Assignment, target: Value) -> Value:
    """The literal, read as a value of the target's type."""
    value = item.value
    if isinstance(value, str):
        if isinstance(target, dict):
            try:
                return json.loads(value)
            except ValueError:
                raise _invalid(item, value) from None
        if isinstance(target, (int, float)) and not isinstance(target, bool):
            return _parsed_number(item, value)
        return render_text(value, ctx.pool)
    return as_value(value)


def _parsed_number(item: Assignment, text: str) -> int | float:
    try:
        return int(text)
    except ValueError:
        try:
            return float(text)
        except ValueError:
            raise _invalid(item, text) from None


def _check_value(item: Assignment, target: Value, value: Value) -> None:
    wanted, given = type_of(target), type_of(value)
    if wanted is ValueType.NONE:
        return
    if item.operation == "append":
        fits = _fits_element(wanted, value)
    elif wanted.is_array:
        fits = isinstance(value, list) and all(_fits_element(wanted, element) for element in value)
    else:
        fits = given is wanted
    if not fits:
        raise _invalid(item, value)


def _fits_element(array: ValueType, element: Value) -> bool:
    """An empty list shows no element type: it takes whatever a list may hold."""
    wanted = _ELEMENT_OF.get(array)
    given = type_of(element)
    return given is wanted if wanted else given in _ANY_ELEMENT


def _calculate(item: Assignment, target: Value, value: Value) -> int | float:
    assert isinstance(target, (int, float))
    assert isinstance(value, (int, float))
    try:
        return _ARITHMETIC[item.operation](target, value)
    except (ZeroDivisionError, OverflowError):
        raise _invalid(item, value) from None


def _invalid(item: Assignment, value: Value) -> AssignmentError:
    shown = value.filename or "a file" if isinstance(value, File) else repr(value)
    return AssignmentError(
        f'{shown[:100]} is an invalid input value for "{item.operation}" on {".".join(item.variable_selector)}.'
    )


ASSIGNER = NodeType("assigner", load=read, run=run, assigns=assigns)

ABOUT = NodeAbout(
    kind="assigner",
    family="transform",
    icon="Pencil",
    title=Words("Variable assigner", "变量赋值", "変数の代入"),
    description=Words(
        "Changes variables of the conversation or of a loop.",
        "更改会话变量或循环变量。",
        "会話変数やループ変数を書き換えます。",
    ),
    runs_alone=True,
)
