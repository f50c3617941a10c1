"""Conditions on variables: the operator table of if-else, loops and list filters.

Source: spec workflow-nodes §7.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Final, Literal, TypeAlias, cast

from pydantic import BeforeValidator, Field

from treadle.engine.errors import InvalidVariableTypeError, NodeError
from treadle.engine.pool import VariablePool
from treadle.engine.template import Template
from treadle.engine.values import File, Missing, Value, type_of

from .config import NodeConfig, SelectorField, not_found, shown

Operator = Literal[
    "contains", "not contains", "start with", "end with", "is", "is not", "empty", "not empty", "in", "not in",
    "all of", "=", "≠", ">", "<", "≥", "≤", "null", "not null", "exists", "not exists",
]  # fmt: skip
Expected: TypeAlias = str | bool | list[str] | None
Compare: TypeAlias = Callable[[Value, Expected], bool]

_SPELLINGS = {"is null": "null", "is not null": "not null", "!=": "≠", ">=": "≥", "<=": "≤"}


class ConditionError(NodeError):
    """A comparison makes no sense for the values at hand."""


def _read_operator(value: object) -> object:
    return _SPELLINGS.get(value, value) if isinstance(value, str) else value


def _read_expected(value: object) -> object:
    """Numbers are compared through their text form (app-dsl §13)."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, list):
        return [item if isinstance(item, str) else json.dumps(item) for item in cast("list[object]", value)]
    return value


OperatorField: TypeAlias = Annotated[Operator, BeforeValidator(_read_operator)]
ExpectedField: TypeAlias = Annotated[Expected, BeforeValidator(_read_expected)]


class SubCondition(NodeConfig):
    """A comparison of one attribute of files."""

    key: str = ""
    comparison_operator: OperatorField = Field(json_schema_extra={"ui": "operator"})
    value: ExpectedField = None


class SubConditions(NodeConfig):
    """What files of a list must satisfy."""

    logical_operator: Literal["and", "or"] = "and"
    conditions: tuple[SubCondition, ...] = ()


class Condition(NodeConfig):
    """A comparison of one variable. Text in `value` may hold references."""

    variable_selector: SelectorField = ()
    comparison_operator: OperatorField = Field(json_schema_extra={"ui": "operator"})
    value: ExpectedField = None
    sub_variable_condition: SubConditions | None = None


def evaluate(pool: VariablePool, condition: Condition) -> tuple[bool, Value, Value]:
    """Whether it holds, with the actual and the expected value for the log.

    Raises VariableNotFoundError for a variable that was never written, ConditionError for a comparison that makes
    no sense.
    """
    actual = pool.get(condition.variable_selector)
    if isinstance(actual, Missing):
        raise not_found(condition.variable_selector)
    if condition.sub_variable_condition is not None and _is_file_list(actual, condition.comparison_operator):
        return _files_satisfy(actual, condition.comparison_operator, condition.sub_variable_condition), actual, None
    if _is_file_list(actual, condition.comparison_operator) and actual:
        raise ConditionError(f"The condition on {'.'.join(condition.variable_selector)} needs conditions on its files.")
    expected = condition.value
    if isinstance(expected, str) and "{{#" in expected:
        expected = Template.parse(expected).text(pool)
    logged: Value = list(expected) if isinstance(expected, list) else expected
    return compare(condition.comparison_operator, actual, expected), actual, logged


def compare(operator: Operator, actual: Value, expected: Expected) -> bool:
    """Whether `actual operator expected` holds. Raises ConditionError."""
    if operator not in _UNARY and _is_boolean(actual):
        return _compare_boolean(operator, actual, expected)
    if isinstance(expected, bool) and isinstance(actual, str):
        expected = "true" if expected else "false"  # typed without quotes in a file (app-dsl §13)
    return _OPERATORS[operator](actual, expected)


def _is_file_list(value: Value, operator: Operator) -> bool:
    return isinstance(value, list) and operator in _OF_FILES and all(isinstance(item, File) for item in value)


def _files_satisfy(files: Value, operator: Operator, sub: SubConditions) -> bool:
    """The operator says nothing about files that are there; without any file nothing is contained."""
    if not files or not isinstance(files, list):
        return operator == "not contains"
    results = (_some_or_all(files, condition) for condition in sub.conditions)
    return all(results) if sub.logical_operator == "and" else any(results)


def _some_or_all(files: Sequence[Value], condition: SubCondition) -> bool:
    results = (_file_satisfies(file, condition) for file in files if isinstance(file, File))
    return all(results) if "not" in condition.comparison_operator else any(results)


def _file_satisfies(file: File, condition: SubCondition) -> bool:
    actual, expected = file.attribute(condition.key), condition.value
    if isinstance(actual, Missing):
        raise ConditionError(f'Files have no attribute "{condition.key}".')
    if condition.key == "extension":
        actual = _dotted(actual) if isinstance(actual, str) else actual
        if isinstance(expected, list):
            expected = [_dotted(item) for item in expected]
        elif isinstance(expected, str):
            expected = _dotted(expected)
    return compare(condition.comparison_operator, actual, expected)


def _dotted(extension: str) -> str:
    return extension if not extension or extension.startswith(".") else f".{extension}"


def _is_boolean(value: Value) -> bool:
    if isinstance(value, list):
        return bool(value) and all(isinstance(item, bool) for item in value)
    return isinstance(value, bool)


def _compare_boolean(operator: Operator, actual: Value, expected: Expected) -> bool:
    if isinstance(expected, list):
        wanted: list[Value] = [_parse_boolean(item) for item in expected]
        if operator == "all of" and isinstance(actual, list):
            return all(item in actual for item in wanted)
        if operator in ("in", "not in"):
            return (actual in wanted) is (operator == "in")
    else:
        truth = _parse_boolean(expected)
        if operator in ("is", "=") and not isinstance(actual, list):
            return actual is truth
        if operator in ("is not", "≠") and not isinstance(actual, list):
            return actual is not truth
        if operator in ("contains", "not contains") and isinstance(actual, list):
            return (truth in actual) is (operator == "contains")
    raise _senseless(operator, actual)


def _parse_boolean(expected: str | bool | None) -> bool:
    if isinstance(expected, bool):
        return expected
    if expected in ("true", "1"):
        return True
    if expected in ("false", "0"):
        return False
    raise ConditionError(f"{shown(expected)} is not a truth value; use true or false.")


def _senseless(operator: str, actual: Value) -> InvalidVariableTypeError:
    return InvalidVariableTypeError(f'The operator "{operator}" does not apply to a value of type {type_of(actual)}.')


def _contains(actual: Value, expected: Expected) -> bool:
    if not actual:
        return False
    if isinstance(actual, str):
        if not isinstance(expected, str):
            raise ConditionError(f'"contains" on a text needs a text to look for, not {shown(expected)}.')
        return expected in actual
    if isinstance(actual, list):
        return expected in actual
    raise _senseless("contains", actual)


def _start_with(actual: Value, expected: Expected) -> bool:
    return bool(actual) and _text("start with", actual).startswith(_expected_text("start with", expected))


def _end_with(actual: Value, expected: Expected) -> bool:
    return bool(actual) and _text("end with", actual).endswith(_expected_text("end with", expected))


def _text(operator: str, actual: Value) -> str:
    if not isinstance(actual, str):
        raise _senseless(operator, actual)
    return actual


def _expected_text(operator: str, expected: Expected) -> str:
    if not isinstance(expected, str):
        raise ConditionError(f'"{operator}" needs a text to compare with, not {shown(expected)}.')
    return expected


def _is(actual: Value, expected: Expected) -> bool:
    return actual is not None and _text("is", actual) == expected


def _is_not(actual: Value, expected: Expected) -> bool:
    return actual is not None and _text("is not", actual) != expected


def _equal(actual: Value, expected: Expected) -> bool:
    return actual is not None and _number("=", actual) == _like(actual, expected)


def _not_equal(actual: Value, expected: Expected) -> bool:
    return actual is not None and _number("≠", actual) != _like(actual, expected)


def _number(operator: str, actual: Value) -> int | float:
    if isinstance(actual, bool) or not isinstance(actual, (int, float)):
        raise _senseless(operator, actual)
    return actual


def _like(actual: Value, expected: Expected) -> int | float:
    """The expected value as a number of the actual value's kind."""
    if not isinstance(expected, list) and expected is not None:
        try:
            return int(expected) if isinstance(actual, int) else float(expected)
        except ValueError:
            pass
    kind = "a whole number" if isinstance(actual, int) else "a number"
    raise ConditionError(f"{shown(expected)} is not {kind} and cannot be compared with {shown(actual)}.")


def _ordered(operator: Operator, holds: Callable[[int | float, float], bool]) -> Compare:
    def check(actual: Value, expected: Expected) -> bool:
        if actual is None:
            return False
        number = _number(operator, actual)
        try:
            return holds(number, _any_number(expected))
        except ValueError:
            raise ConditionError(
                f"{shown(expected)} is not a number and cannot be compared with {shown(actual)}."
            ) from None

    return check


def _any_number(expected: Expected) -> int | float:
    if expected is None or isinstance(expected, list):
        raise ValueError
    try:
        return int(expected)
    except ValueError:
        return float(expected)


def _in(actual: Value, expected: Expected) -> bool:
    if not actual:
        return False
    if not isinstance(expected, list):
        raise ConditionError('"in" and "not in" need a list to look in.')
    return actual in expected


def _not_in(actual: Value, expected: Expected) -> bool:
    return not actual or not _in(actual, expected)


def _all_of(actual: Value, expected: Expected) -> bool:
    if not actual:
        return False
    if not isinstance(expected, list):
        raise ConditionError('"all of" needs a list to compare with.')
    if not isinstance(actual, (list, str)):
        raise _senseless("all of", actual)
    return all(item in actual for item in expected)


_OPERATORS: Final[Mapping[Operator, Compare]] = {
    "contains": _contains,
    "not contains": lambda actual, expected: not _contains(actual, expected),
    "start with": _start_with,
    "end with": _end_with,
    "is": _is,
    "is not": _is_not,
    "empty": lambda actual, _: not actual,
    "not empty": lambda actual, _: bool(actual),
    "in": _in,
    "not in": _not_in,
    "all of": _all_of,
    "=": _equal,
    "≠": _not_equal,
    ">": _ordered(">", lambda actual, expected: actual > expected),
    "<": _ordered("<", lambda actual, expected: actual < expected),
    "≥": _ordered("≥", lambda actual, expected: actual >= expected),
    "≤": _ordered("≤", lambda actual, expected: actual <= expected),
    "null": lambda actual, _: actual is None,
    "not null": lambda actual, _: actual is not None,
    "exists": lambda actual, _: actual is not None,
    "not exists": lambda actual, _: actual is None,
}
_UNARY = frozenset({"empty", "not empty", "null", "not null", "exists", "not exists"})
_OF_FILES = frozenset({"contains", "not contains", "all of"})
