"""Typed reading of the maps of a file: what counts as text, a flag or a number, and how errors are told."""

from collections.abc import Mapping
from typing import Annotated, Self, TypeGuard

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    JsonValue,
    PlainValidator,
    StrictBool,
    ValidationError,
    model_validator,
)

from treadle.dsl.problems import Problem, ProblemKind, Severity, field_problem, kind_of_value

JsonMap = dict[str, JsonValue]


def _as_text(value: object) -> object:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _as_count(value: object) -> object:
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10 else value


def _number(value: object) -> int | float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    raise ValueError(f"must be a number, but is {kind_of_value(value)}")


Text = Annotated[str, BeforeValidator(_as_text)]
"""Text; an unquoted number counts as the text that was typed."""

Flag = StrictBool

Count = Annotated[int, BeforeValidator(_as_count)]
"""A whole number, also written as digits in quotes."""

Number = Annotated[int | float, PlainValidator(_number)]
"""A number that keeps its kind: 1 stays an int, 1.0 a float."""


def is_map(value: object) -> TypeGuard[dict[str, object]]:
    """Whether a value that nobody has checked yet is a map."""
    return isinstance(value, dict)


def is_list(value: object) -> TypeGuard[list[object]]:
    """Whether a value that nobody has checked yet is a list."""
    return isinstance(value, list)


class Section(BaseModel):
    """A map of the file, read-only and typed. Unknown keys are ignored here; the raw map keeps them.

    An explicit null means "not set", as everywhere in these files.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _leave_out_nulls(cls, value: object) -> object:
        return {key: item for key, item in value.items() if item is not None} if is_map(value) else value

    @classmethod
    def lenient(
        cls, raw: Mapping[str, JsonValue], prefix: str, kind: ProblemKind, severity: Severity
    ) -> tuple[Self, list[Problem]]:
        """The section read from `raw`, with the keys that are wrong left at their defaults and told about.

        Only for sections whose every key has a default.
        """
        try:
            return cls.model_validate(dict(raw)), []
        except ValidationError as error:
            details = error.errors(include_url=False)
            wrong = {detail["loc"][0] for detail in details if detail["loc"]}
            right = {key: item for key, item in raw.items() if key not in wrong}
            return cls.model_validate(right), [field_problem(detail, prefix, kind, severity) for detail in details]
