"""JSON in columns of text."""

from typing import TYPE_CHECKING, TypeAlias

import msgspec

from treadle.engine.values import JsonValue

if TYPE_CHECKING:
    JsonMap: TypeAlias = dict[str, JsonValue]
else:
    JsonMap = dict  # the engine's alias refers to itself, which msgspec cannot follow
"""An object of JSON, as a type that rows can be read into."""


def write_json(value: object) -> str:
    """`value` as JSON text."""
    return msgspec.json.encode(value).decode()


def read_map(text: str) -> dict[str, JsonValue]:
    """The object in a column."""
    return msgspec.json.decode(text, type=JsonMap)


def read_texts(text: str) -> tuple[str, ...]:
    """The list of texts in a column."""
    return msgspec.json.decode(text, type=tuple[str, ...])
