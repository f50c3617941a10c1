"""Values that a model is to find in a text: their schema, and what its answer makes of them (workflow-nodes §19)."""

import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, Field, field_validator

from treadle.engine.values import JsonValue, Value

from .config import NodeConfig, as_value

ParameterType = Literal[
    "string", "number", "boolean", "select",
    "array[string]", "array[number]", "array[object]", "array[boolean]",
]  # fmt: skip

RESERVED: Final = frozenset({"__reason", "__is_success", "__usage"})


def _read_type(value: object) -> object:
    return "boolean" if value == "bool" else value


class Parameter(NodeConfig):
    """One value to find. `options` are the choices of a `select`."""

    name: str = Field(min_length=1)
    type: Annotated[ParameterType, BeforeValidator(_read_type)]
    options: tuple[str, ...] = ()
    description: str = ""
    required: bool = False

    @field_validator("name")
    @classmethod
    def _free_name(cls, name: str) -> str:
        if name in RESERVED:
            raise ValueError(f'the name "{name}" is taken by the node itself; choose another')
        return name

    @property
    def item_type(self) -> str | None:
        """The type of the items of an array."""
        return self.type.removeprefix("array[").removesuffix("]") if self.type.startswith("array[") else None

    def value_schema(self) -> dict[str, JsonValue]:
        """JSON Schema of the value."""
        schema: dict[str, JsonValue] = {"description": self.description, "type": self.type}
        if self.item_type is not None:
            schema |= {"type": "array", "items": {"type": self.item_type}}
        elif self.type == "select":
            schema |= {"type": "string", "enum": list[JsonValue](self.options)}
        elif self.type == "string" and self.options:
            schema["enum"] = list[JsonValue](self.options)
        return schema

    def empty(self) -> Value:
        """What the parameter holds when nothing was found."""
        if self.item_type is not None:
            return []
        return {"number": 0, "boolean": False}.get(self.type, "")


def schema_of(parameters: Sequence[Parameter]) -> dict[str, JsonValue]:
    """JSON Schema of the object with all parameters."""
    return {
        "type": "object",
        "properties": {parameter.name: parameter.value_schema() for parameter in parameters},
        "required": [parameter.name for parameter in parameters if parameter.required],
    }


def reply_schema_of(parameters: Sequence[Parameter]) -> dict[str, JsonValue]:
    """JSON Schema of a reply that has every parameter, with null for an optional one that the text does not hold."""
    properties: dict[str, JsonValue] = {}
    for parameter in parameters:
        schema = parameter.value_schema()
        properties[parameter.name] = schema if parameter.required else {"anyOf": [schema, {"type": "null"}]}
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def violation(parameters: Sequence[Parameter], found: Mapping[str, JsonValue]) -> str | None:
    """What is wrong with the values found, None when nothing is. Null stands for an optional value not in the text."""
    if len(found) != len(parameters):
        return f"The number of parameters is {len(found)}, but should be {len(parameters)}."
    for parameter in parameters:
        value = found.get(parameter.name)
        if parameter.name not in found or (parameter.required and value is None):
            return f'The parameter "{parameter.name}" was not found.'
        if value is None:
            continue
        if not _fits(parameter, value):
            return f'The value of "{parameter.name}" is not of the type {parameter.type}.'
        if parameter.options and parameter.item_type is None and value not in parameter.options:
            return f'The value of "{parameter.name}" is none of its options.'
    return None


def _fits(parameter: Parameter, value: JsonValue) -> bool:
    if parameter.item_type is None:
        return _is(parameter.type, value)
    return isinstance(value, list) and all(_is(parameter.item_type, item) for item in value)


def _is(kind: str, value: JsonValue) -> bool:
    match kind:
        case "number":
            return isinstance(value, (int, float))
        case "boolean":
            return isinstance(value, bool)
        case "object":
            return isinstance(value, dict)
        case _:
            return isinstance(value, str)


def values_of(parameters: Sequence[Parameter], found: Mapping[str, JsonValue]) -> dict[str, Value]:
    """Every parameter with the value found for it, converted to its type, or an empty value."""
    return {parameter.name: _converted(parameter, found.get(parameter.name)) for parameter in parameters}


def _converted(parameter: Parameter, value: JsonValue) -> Value:
    if parameter.item_type is not None:
        items = value if isinstance(value, list) else []
        converted = (_item(parameter.item_type, item) for item in items)
        return [as_value(item) for item in converted if item is not None]
    match parameter.type:
        case "number":
            number = int(value) if isinstance(value, bool) else _number(value)
            return parameter.empty() if number is None else number
        case "boolean":
            return bool(value) if isinstance(value, int) else False
        case _:
            return value if isinstance(value, str) else ""


def _item(kind: str, value: JsonValue) -> JsonValue:
    """An item of an array; None for one of another type."""
    if kind == "number":
        return None if isinstance(value, bool) else _number(value)
    return value if _is(kind, value) else None


def _number(value: JsonValue) -> int | float | None:
    """A number, also one written as text."""
    if isinstance(value, str):
        try:
            value = float(value) if "." in value else int(value)
        except ValueError:
            return None
    if isinstance(value, (int, float)) and math.isfinite(value):
        return value
    return None
