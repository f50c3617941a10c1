"""Reading the settings of a node: pydantic models whose JSON Schema is also the node's form.

Source: spec workflow-nodes §0.2, app-dsl §10. Unknown keys are ignored, null means "not set", and whatever can be
parsed ahead of a run (selectors, templates) is parsed here, once.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, TypeAlias, TypeVar, cast

import pydantic
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainValidator,
    ValidationError,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import ErrorDetails

from treadle.engine.errors import GraphProblem, VariableNotFoundError
from treadle.engine.jinja import JinjaTemplate
from treadle.engine.pool import VariablePool
from treadle.engine.template import Selector, Template
from treadle.engine.values import JsonValue, Missing, Value, plain

_MOST_SHOWN = 100

Config = TypeVar("Config", bound="NodeConfig")


class NodeConfig(BaseModel):
    """Settings of a node, or a part of them."""

    model_config = ConfigDict(
        extra="ignore", frozen=True, coerce_numbers_to_str=True, arbitrary_types_allowed=True, protected_namespaces=()
    )

    @model_validator(mode="before")
    @classmethod
    def _null_is_absent(cls, data: object) -> object:
        if isinstance(data, Mapping):
            settings = cast("Mapping[object, object]", data)
            return {key: value for key, value in settings.items() if value is not None}
        return data


def _read_selector(value: object) -> object:
    if isinstance(value, (list, tuple)):
        parts = cast("list[object] | tuple[object, ...]", value)
        return tuple(str(part) if isinstance(part, int) else part for part in parts)
    return value


def _read_text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, (int, float)):
        return str(value)
    raise ValueError("should be a text")


SelectorField: TypeAlias = Annotated[
    Selector,
    BeforeValidator(_read_selector),
    WithJsonSchema({"type": "array", "items": {"type": "string"}, "ui": "selector"}),
]
"""A variable: node id or namespace, then a name, then keys or file attributes."""

TemplateField: TypeAlias = Annotated[
    Template,
    PlainValidator(lambda value: Template.parse(_read_text(value))),
    WithJsonSchema({"type": "string", "ui": "template"}),
]
"""Text with `{{#node.variable#}}` references."""

JinjaField: TypeAlias = Annotated[
    JinjaTemplate,
    PlainValidator(lambda value: JinjaTemplate.parse(_read_text(value))),
    WithJsonSchema({"type": "string", "ui": "jinja"}),
]
"""Jinja text. A malformed one is no problem here: the node that uses it fails when it runs."""


if TYPE_CHECKING:
    JsonField: TypeAlias = JsonValue
else:
    JsonField = pydantic.JsonValue  # the engine's own alias refers to itself, which pydantic cannot follow
"""Any JSON value."""


def empty_template() -> Template:
    """The template that renders as nothing."""
    return Template.parse("")


class Binding(NodeConfig):
    """A variable under a name of the node's own."""

    variable: str = ""
    value_selector: SelectorField = ()


def bound_values(pool: VariablePool, bindings: Sequence[Binding]) -> dict[str, Value]:
    """The bound variables by their names in the node; null for what cannot be resolved."""
    values: dict[str, Value] = {}
    for binding in bindings:
        value = pool.get(binding.value_selector)
        values[binding.variable] = None if isinstance(value, Missing) else value
    return values


def plain_map(values: Mapping[str, Value]) -> dict[str, JsonValue]:
    """`values` with files as maps, for code and Jinja."""
    return {name: plain(value) for name, value in values.items()}


def as_value(value: JsonValue) -> Value:
    """JSON as a variable's value. Maps stay maps: one that looks like a file does not become one."""
    match value:
        case list():
            return [as_value(item) for item in value]
        case dict():
            return {key: as_value(item) for key, item in value.items()}
        case _:
            return value


def reader(config: type[Config]) -> Callable[[Mapping[str, JsonValue]], Config]:
    """The `load` of a node type whose settings are a `config`."""

    def read(data: Mapping[str, JsonValue]) -> Config:
        return load(config, data)

    return read


def load(config: type[Config], data: Mapping[str, JsonValue]) -> Config:
    """The settings in a node's `data`. Raises GraphProblem with one plain sentence about the first field at fault."""
    try:
        return config.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise GraphProblem(_sentence(first), field=_path(first)) from None


def _path(error: ErrorDetails) -> str:
    path = ""
    for part in error["loc"]:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else part
    return path


def _sentence(error: ErrorDetails) -> str:
    path = _path(error)
    if error["type"] == "missing":
        return f'The setting "{path}" is missing.'
    if error["type"] == "too_short":
        least = error.get("ctx", {}).get("min_length", 1)
        return f'The setting "{path}" needs at least {least} {"entry" if least == 1 else "entries"}.'
    reason = error["msg"].removeprefix("Value error, ").removeprefix("Input ").rstrip(".")
    return f'The setting "{path}" is not valid: it {reason}.' if reason.startswith("should") else f'"{path}": {reason}.'


def not_found(selector: Sequence[str], purpose: str = "", *, kind: str = "variable") -> VariableNotFoundError:
    """The error for a variable that a node needs and that has no value; `purpose` says what for."""
    words = f" {purpose}" if purpose else ""
    if not selector:
        return VariableNotFoundError(f"No {kind}{words} is chosen; choose one in the node.")
    return VariableNotFoundError(f"The {kind} {'.'.join(selector)}{words} was not found.")


def shown(value: object) -> str:
    """A value in the words of an error: the beginning of a long one."""
    text = repr(value)
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}…"
