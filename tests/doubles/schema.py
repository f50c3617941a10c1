"""The published request schemas of the vendors, as JSON Schema files under schemas/<vendor>/."""

import json
from functools import cache
from pathlib import Path

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, relevance

from tests.doubles.recording import JsonValue

SCHEMAS = Path(__file__).parent / "schemas"


@cache
def validator(name: str) -> Draft202012Validator:
    """The validator of `schemas/<name>.json`, for example `openai/chat_completions`."""
    schema = json.loads((SCHEMAS / f"{name}.json").read_text())
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def problem(name: str, value: JsonValue) -> tuple[str, str] | None:
    """The most telling way `value` breaks the schema `name`, as (path, message); None when it is valid."""
    errors = list(validator(name).iter_errors(value))
    if not errors:
        return None
    error = deepest(max(errors, key=relevance))
    return path_of(error), error.message[:300]


def deepest(error: ValidationError) -> ValidationError:
    """The cause of an error among alternatives: the one that got furthest into the value."""
    while error.context:
        error = max(error.context, key=lambda cause: len(cause.path))
    return error


def path_of(error: ValidationError) -> str:
    """Where in the value the error lies, written `messages[0].role`."""
    path = ""
    for step in error.absolute_path:
        path += f"[{step}]" if isinstance(step, int) else f".{step}" if path else str(step)
    return path
