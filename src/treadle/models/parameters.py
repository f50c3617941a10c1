"""Which parameters go upstream with a call, and in which bounds.

Source: spec models-and-tools §1.5.
"""

from collections.abc import Mapping, Sequence

from treadle.engine.values import JsonValue

from .catalogue import ParameterRule


class ParameterError(ValueError):
    """A parameter breaks its rule. The message names it, what it is and what it may be."""


def accepted(rules: Sequence[ParameterRule], given: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """The parameters of `given` that have a rule, checked; required ones get their default. Raises ParameterError.

    Parameters without a rule are dropped. A rule's template name is another name for it.
    """
    kept: dict[str, JsonValue] = {}
    for rule in rules:
        value = _value(rule, given)
        if value is not None:
            _check(rule, value)
            kept[rule.name] = value
    return kept


def fitted(rules: Sequence[ParameterRule], given: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """The same for parameters that were set for another model: what does not fit is brought into bounds or dropped."""
    kept: dict[str, JsonValue] = {}
    for rule in rules:
        value = _fit(rule, _value(rule, given))
        if value is None and rule.required:
            value = rule.default
        if value is not None:
            kept[rule.name] = value
    return kept


_OLD_NAMES = {"JSON": "json_object"}
"""Options of older app files, by the name that models take today."""


def _value(rule: ParameterRule, given: Mapping[str, JsonValue]) -> JsonValue:
    value = given.get(rule.name)
    if value is None and rule.use_template is not None:
        value = given.get(rule.use_template)
    if isinstance(value, str) and rule.options and value not in rule.options:
        value = _OLD_NAMES.get(value, value)
    if value is None and rule.required:
        value = rule.default
        if value is None:
            raise ParameterError(f"parameter {rule.name} is missing; set it")
    return value


def _check(rule: ParameterRule, value: JsonValue) -> None:
    match rule.type:
        case "int" | "float":
            if isinstance(value, bool) or not isinstance(value, int if rule.type == "int" else int | float):
                raise ParameterError(f"parameter {rule.name} is {value!r}; it must be {_NUMBER[rule.type]}")
            if rule.type == "float" and rule.precision is not None and value != round(value, rule.precision):
                raise ParameterError(f"parameter {rule.name} is {value}; give at most {rule.precision} decimals")
            if (rule.min is not None and value < rule.min) or (rule.max is not None and value > rule.max):
                raise ParameterError(f"parameter {rule.name} is {value}; it must lie {_bounds(rule)}")
        case "boolean":
            if not isinstance(value, bool):
                raise ParameterError(f"parameter {rule.name} is {value!r}; it must be true or false")
        case "string" | "text":
            if not isinstance(value, str):
                raise ParameterError(f"parameter {rule.name} is {value!r}; it must be text")
            if rule.options and value not in rule.options:
                raise ParameterError(f"parameter {rule.name} is {value!r}; choose one of {', '.join(rule.options)}")


_NUMBER = {"int": "a whole number", "float": "a number"}


def _bounds(rule: ParameterRule) -> str:
    if rule.min is None:
        return f"at or below {rule.max:.12g}"
    return f"at or above {rule.min:.12g}" if rule.max is None else f"between {rule.min:.12g} and {rule.max:.12g}"


def _fit(rule: ParameterRule, value: JsonValue) -> JsonValue:
    if rule.type in ("int", "float") and isinstance(value, int | float) and not isinstance(value, bool):
        value = value if rule.max is None else min(value, rule.max)
        value = value if rule.min is None else max(value, rule.min)
        return (
            round(value)
            if rule.type == "int"
            else round(value, rule.precision)
            if rule.precision is not None
            else value
        )
    try:
        if value is not None:
            _check(rule, value)
    except ParameterError:
        return None
    return value
