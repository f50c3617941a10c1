"""The list operator node: filters, picks, sorts and cuts a list (workflow-nodes §11)."""

from collections.abc import Callable, Sequence
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import BeforeValidator, Field

from treadle.engine.errors import (
    InvalidConditionError,
    InvalidFilterValueError,
    InvalidKeyError,
    InvalidVariableTypeError,
    ListOperatorError,
    NodeError,
)
from treadle.engine.node import NodeContext, NodeFailure, NodeResult, NodeType
from treadle.engine.pool import VariablePool
from treadle.engine.template import render_text
from treadle.engine.values import File, Missing, Value, ValueType, type_of

from .about import NodeAbout, Output, Words
from .config import NodeConfig, SelectorField, TemplateField, empty_template, not_found, reader, shown

FilterValue: TypeAlias = bool | str | list[str]

_TEXT_KEYS: Final = ("name", "extension", "mime_type", "url", "related_id")
_CHOICE_KEYS: Final = ("type", "transfer_method")
_LISTS = frozenset({ValueType.ARRAY_STRING, ValueType.ARRAY_NUMBER, ValueType.ARRAY_FILE, ValueType.ARRAY_BOOLEAN})


def _read_value(value: object) -> object:
    """Numbers are compared through their text form (app-dsl §13)."""
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


def _last_key(value: object) -> object:
    """Old files name the key in a list."""
    return (value[-1] if value else "") if isinstance(value, list) else value  # pyright: ignore[reportUnknownVariableType]


class FilterCondition(NodeConfig):
    """What an item must satisfy; `key` is an attribute of files. Text in `value` may hold references."""

    key: str = ""
    comparison_operator: str = Field(default="contains", json_schema_extra={"ui": "operator"})
    value: Annotated[FilterValue, BeforeValidator(_read_value)] = ""


class FilterBy(NodeConfig):
    """Conditions that all have to hold."""

    enabled: bool = False
    conditions: tuple[FilterCondition, ...] = ()


class ExtractBy(NodeConfig):
    """One item by its position, counted from 1."""

    enabled: bool = False
    serial: TemplateField = Field(default_factory=empty_template, json_schema_extra={"shown_if": {"enabled": True}})


class OrderBy(NodeConfig):
    """The order of the items; `key` is an attribute of files."""

    enabled: bool = False
    key: Annotated[str, BeforeValidator(_last_key)] = ""
    value: Literal["asc", "desc"] = "asc"


class Limit(NodeConfig):
    """How many of the first items stay. A negative size leaves that many out at the end."""

    enabled: bool = False
    size: int = Field(default=-1, json_schema_extra={"shown_if": {"enabled": True}})


class ListOperatorConfig(NodeConfig):
    """What is done to the list `variable`, in this order: filter, extract, order, limit."""

    variable: SelectorField = Field(
        json_schema_extra={"accepts": ["array[string]", "array[number]", "array[boolean]", "array[file]"]}
    )
    filter_by: FilterBy = FilterBy()
    extract_by: ExtractBy = Field(default_factory=ExtractBy)
    order_by: OrderBy = OrderBy()
    limit: Limit = Limit()


async def run(ctx: NodeContext, config: ListOperatorConfig) -> NodeResult:
    """Raises VariableNotFoundError, InvalidVariableTypeError, and ListOperatorError for settings that do not fit."""
    value = ctx.pool.get(config.variable)
    if isinstance(value, Missing):
        raise not_found(config.variable)
    result = NodeResult(inputs={"variable": value}, process_data={"variable": value})
    try:
        items = _operate(ctx.pool, config, value) if value else []
    except NodeError as error:
        raise NodeFailure(result) from error
    result.outputs = {
        "result": items,
        "first_record": items[0] if items else None,
        "last_record": items[-1] if items else None,
    }
    return result


def _operate(pool: VariablePool, config: ListOperatorConfig, value: Value) -> list[Value]:
    kind = type_of(value)
    if not isinstance(value, list) or kind not in _LISTS:
        raise InvalidVariableTypeError(
            f"The variable {'.'.join(config.variable)} is of type {kind}; "
            "use a list of texts, of numbers, of truth values or of files."
        )
    items = list(value)
    if config.filter_by.enabled:
        for condition in config.filter_by.conditions:
            items = _filtered(pool, items, kind, condition)
    if config.extract_by.enabled:
        items = _extracted(items, config.extract_by.serial.text(pool).strip())
    if config.order_by.enabled:
        items = _ordered(items, kind, config.order_by)
    return items[: config.limit.size] if config.limit.enabled else items


def _extracted(items: Sequence[Value], serial: str) -> list[Value]:
    try:
        position = int(serial)
    except ValueError:
        raise ListOperatorError(f'The position "{serial}" is not a whole number.') from None
    if not 1 <= position <= len(items):
        raise ListOperatorError(f"There is no item {position}: the list has {len(items)} items, counted from 1.")
    return [items[position - 1]]


def _filtered(pool: VariablePool, items: list[Value], kind: ValueType, condition: FilterCondition) -> list[Value]:
    value = condition.value
    if isinstance(value, str):
        value = render_text(value, pool)
    match kind:
        case ValueType.ARRAY_STRING:
            holds = _text_test(condition.comparison_operator, _as_text(value))
            return [item for item in items if isinstance(item, str) and holds(item)]
        case ValueType.ARRAY_NUMBER:
            holds_number = _number_test(condition.comparison_operator, value)
            return [item for item in items if isinstance(item, (int, float)) and holds_number(item)]
        case ValueType.ARRAY_BOOLEAN:
            wanted = _wanted_truth(condition.comparison_operator, value)
            return [item for item in items if item is wanted]
        case _:
            holds_file = _file_test(condition.key, condition.comparison_operator, value)
            return [item for item in items if isinstance(item, File) and holds_file(item)]


def _as_text(value: FilterValue) -> str:
    if not isinstance(value, str):
        raise InvalidFilterValueError(f"The filter compares with {shown(value)}; texts are compared with a text.")
    return value


def _text_test(operator: str, expected: str) -> Callable[[str], bool]:
    tests: dict[str, Callable[[str], bool]] = {
        "contains": lambda item: expected in item,
        "not contains": lambda item: expected not in item,
        "start with": lambda item: item.startswith(expected),
        "end with": lambda item: item.endswith(expected),
        "is": lambda item: item == expected,
        "is not": lambda item: item != expected,
        "in": lambda item: item in expected,
        "not in": lambda item: item not in expected,
        "empty": lambda item: not item,
        "not empty": bool,
    }
    if operator not in tests:
        raise InvalidConditionError(f'The operator "{operator}" does not apply to texts.')
    return tests[operator]


def _number_test(operator: str, value: FilterValue) -> Callable[[int | float], bool]:
    try:
        expected = float(_as_text(value))
    except ValueError:
        raise InvalidFilterValueError(f'The filter compares with "{value}", which is not a number.') from None
    tests: dict[str, Callable[[int | float], bool]] = {
        "=": lambda item: item == expected,
        "≠": lambda item: item != expected,
        "<": lambda item: item < expected,
        ">": lambda item: item > expected,
        "≥": lambda item: item >= expected,
        "≤": lambda item: item <= expected,
    }
    if operator not in tests:
        raise InvalidConditionError(f'The operator "{operator}" does not apply to numbers.')
    return tests[operator]


def _wanted_truth(operator: str, value: FilterValue) -> bool:
    if not isinstance(value, bool):
        raise InvalidFilterValueError(
            f"The filter compares with {shown(value)}; truth values are compared with true or false."
        )
    if operator not in ("is", "is not"):
        raise InvalidConditionError(f'The operator "{operator}" does not apply to truth values.')
    return value if operator == "is" else not value


def _file_test(key: str, operator: str, value: FilterValue) -> Callable[[File], bool]:
    if key in _TEXT_KEYS and isinstance(value, str):
        holds = _text_test(operator, value)
        return lambda file: holds(_attribute(file, key))
    if key in _CHOICE_KEYS and not isinstance(value, bool):
        if operator not in ("in", "not in"):
            raise InvalidConditionError(f'The operator "{operator}" does not apply to the {key} of files.')
        return lambda file: (_attribute(file, key) in value) is (operator == "in")
    if key == "size" and isinstance(value, str):
        holds_size = _number_test(operator, value)
        return lambda file: holds_size(file.size)
    raise InvalidKeyError(f'Files cannot be filtered by "{key}" compared with {shown(value)}.')


def _attribute(file: File, key: str) -> str:
    """The attribute as text; the url is that of a remote file alone."""
    value = file.remote_url if key == "url" else file.attribute(key)
    return value if isinstance(value, str) else ""


def _ordered(items: list[Value], kind: ValueType, order: OrderBy) -> list[Value]:
    downwards = order.value == "desc"
    if kind is not ValueType.ARRAY_FILE:
        return sorted(items, key=_natural, reverse=downwards)
    files = [item for item in items if isinstance(item, File)]
    if order.key == "size":
        files.sort(key=lambda file: file.size, reverse=downwards)
    elif order.key in (*_TEXT_KEYS, *_CHOICE_KEYS):
        files.sort(key=lambda file: _attribute(file, order.key), reverse=downwards)
    else:
        raise InvalidKeyError(f'Files cannot be sorted by "{order.key}".')
    return list[Value](files)


def _natural(item: Value) -> tuple[float, str]:
    """Items of one list are all texts or all numbers."""
    return (0, item) if isinstance(item, str) else (item if isinstance(item, (int, float)) else 0, "")


LIST_OPERATOR = NodeType("list-operator", load=reader(ListOperatorConfig), run=run)

ABOUT = NodeAbout(
    kind="list-operator",
    family="transform",
    icon="Filter",
    title=Words("List operator", "列表操作", "リスト操作"),
    description=Words(
        "Filters, sorts and cuts a list.", "筛选、排序和截取列表。", "リストを絞り込み、並べ替え、切り取ります。"
    ),
    outputs=(
        Output("result", "array[any]"),
        Output("first_record", "any"),
        Output("last_record", "any"),
    ),
    runs_alone=True,
    handles_errors=True,
)
