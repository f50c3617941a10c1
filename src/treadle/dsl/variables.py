"""Environment and conversation variables of a file (app-dsl §8.3)."""

import json
import uuid
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import ClassVar, Generic, Self, TypeVar

from pydantic import Field, JsonValue, ValidationError, model_validator

from treadle.dsl.problems import Problem, ProblemKind, Severity, kind_of_value
from treadle.dsl.sections import Section, Text, is_map

MAX_VARIABLE_BYTES = 204_800

_IDS = uuid.UUID("5d0f6f4e-6c0b-5b52-9d0e-1f6a3c1f9b7a")


class EnvironmentType(StrEnum):
    """What an environment variable may hold."""

    STRING = "string"
    NUMBER = "number"
    INTEGER = "integer"
    FLOAT = "float"
    SECRET = "secret"


class ConversationType(StrEnum):
    """What a conversation variable may hold."""

    STRING = "string"
    NUMBER = "number"
    INTEGER = "integer"
    FLOAT = "float"
    BOOLEAN = "boolean"
    OBJECT = "object"
    STRINGS = "array[string]"
    NUMBERS = "array[number]"
    BOOLEANS = "array[boolean]"
    OBJECTS = "array[object]"


_Type = TypeVar("_Type", bound=StrEnum)


class _Variable(Section, Generic[_Type]):
    """What both kinds of variable share: a stable id, a name, a description and a value."""

    namespace: ClassVar[str]

    id: Text = Field(min_length=1)
    name: Text = Field(min_length=1)
    description: Text = ""
    value_type: _Type
    value: JsonValue

    @model_validator(mode="before")
    @classmethod
    def _complete(cls, raw: object) -> object:
        if not is_map(raw):
            return raw
        entries = {**raw}
        if entries.get("id") is None:
            # Derived, not random: importing a file twice over one app keeps the variables of its conversations.
            entries["id"] = str(uuid.uuid5(_IDS, f"{cls.namespace}.{entries.get('name')}"))
        value = entries.get("value")
        if entries.get("value_type") in ("string", "secret") and isinstance(value, int | float):
            entries["value"] = value if isinstance(value, bool) else str(value)
        return entries

    @model_validator(mode="after")
    def _holds_what_it_says(self) -> Self:
        kind = self.value_type.value
        if not _has_shape(self.value, kind):
            raise ValueError(f"must hold {_SHAPES[kind]}, but holds {_kind_with_items(self.value)}")
        text = self.value if isinstance(self.value, str) else json.dumps(self.value)
        size = len(text.encode("utf-8", "replace"))
        if size > MAX_VARIABLE_BYTES:
            raise ValueError(f"holds {size:,} bytes: keep it to {MAX_VARIABLE_BYTES:,} at most")
        return self

    @property
    def selector(self) -> list[str]:
        return [self.namespace, self.name]


class EnvironmentVariable(_Variable[EnvironmentType]):
    """A value that is the same for every user of one version of the app."""

    namespace = "env"


class ConversationVariable(_Variable[ConversationType]):
    """A value kept per conversation; `value` is what a new conversation begins with."""

    namespace = "conversation"


_V = TypeVar("_V", EnvironmentVariable, ConversationVariable)

_SHAPES = {
    "string": "text",
    "secret": "text",
    "number": "a number",
    "integer": "a whole number",
    "float": "a number",
    "boolean": "true or false",
    "object": "a map",
    "array[string]": "a list of texts",
    "array[number]": "a list of numbers",
    "array[boolean]": "a list of true and false",
    "array[object]": "a list of maps",
}


def _has_shape(value: JsonValue, kind: str) -> bool:
    if kind.startswith("array["):
        return isinstance(value, list) and all(_has_shape(item, kind[6:-1]) for item in value)
    match kind:
        case "string" | "secret":
            return isinstance(value, str)
        case "boolean":
            return isinstance(value, bool)
        case "object":
            return isinstance(value, dict)
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case _:
            return isinstance(value, int | float) and not isinstance(value, bool)


def _kind_with_items(value: JsonValue) -> str:
    if isinstance(value, list) and value:
        return f"a list with {' and '.join(sorted({kind_of_value(item) for item in value}))}"
    return kind_of_value(value)


def read_environment_variables(raw: JsonValue) -> tuple[list[EnvironmentVariable], list[Problem]]:
    """The environment variables in a file's list, the last of equal names, and what is wrong with the others."""
    return _read(raw, EnvironmentVariable, "workflow.environment_variables")


def read_conversation_variables(raw: JsonValue) -> tuple[list[ConversationVariable], list[Problem]]:
    """The conversation variables in a file's list, the last of equal names, and what is wrong with the others."""
    return _read(raw, ConversationVariable, "workflow.conversation_variables")


def _read(raw: JsonValue, kind: type[_V], prefix: str) -> tuple[list[_V], list[Problem]]:
    if raw is None:
        return [], []
    if not isinstance(raw, list):
        message = f"{prefix} must be a list, but is {kind_of_value(raw)}."
        return [], [_problem(ProblemKind.BAD_FIELD, "error", prefix, message)]
    problems: list[Problem] = []
    read: list[_V] = []
    for index, item in enumerate(raw):
        try:
            read.append(kind.model_validate(item))
        except ValidationError as error:
            problems.append(_bad_variable(error, item, f"{prefix}[{index}]"))
    last = {variable.name: variable for variable in read}
    return list(last.values()), [*problems, *duplicate_variables([variable.name for variable in read], prefix)]


def duplicate_variables(names: Sequence[str], prefix: str) -> list[Problem]:
    """A warning for every name that occurs more than once: the last one counts."""
    return [
        _problem(
            ProblemKind.DUPLICATE_VARIABLE,
            "warning",
            prefix,
            f'{prefix} has {names.count(name)} variables named "{name}" and the last one counts: rename the others.',
        )
        for name in repeated(names)
    ]


def repeated(names: Iterable[str]) -> list[str]:
    """The names that occur more than once, each once, in order of their second occurrence."""
    seen: set[str] = set()
    return list(dict.fromkeys(name for name in names if name in seen or seen.add(name)))


def _problem(kind: ProblemKind, severity: Severity, where: str, message: str) -> Problem:
    return Problem(kind=kind, severity=severity, where=where, message=message)


def _bad_variable(error: ValidationError, item: JsonValue, where: str) -> Problem:
    first = error.errors(include_url=False)[0]
    key = str(first["loc"][0]) if first["loc"] else ""
    name = item.get("name") if isinstance(item, dict) else None
    named = f'The variable "{name}" ({where})' if isinstance(name, str) and name else f"The variable {where}"
    match first["type"], key:
        case "missing", "value":
            reason = 'has no value: give it one ("" will do for text)'
        case "missing", _:
            reason = f"has no {key}: add it"
        case "string_too_short", _:
            reason = f"has an empty {key}: {'remove the key to get a new one' if key == 'id' else 'give it one'}"
        case "enum", _:
            reason = f"has an unknown value_type: use {first.get('ctx', {}).get('expected', 'string')}"
        case "value_error", _:
            reason = first["msg"].removeprefix("Value error, ")
        case "model_type", _:
            reason = f"must be a map, but is {kind_of_value(item)}"
        case _:
            reason = f"has a {key} that is {kind_of_value(first['input'])}: write text"
    return _problem(ProblemKind.BAD_VARIABLE, "error", f"{where}.{key}" if key else where, f"{named} {reason}.")
