"""Values and the JSON Schema types that they are to have."""

import json
from collections.abc import Mapping
from typing import Final

from treadle.engine.values import JsonValue

_MAX_DEPTH: Final = 10


class Unconvertible(Exception):
    """A value cannot have the type that is asked for."""


def types_of(schema: Mapping[str, JsonValue]) -> list[str]:
    """The types that a schema allows, in its order; those of `anyOf` and `oneOf` too."""
    kind = schema.get("type")
    if isinstance(kind, str):
        return [kind]
    if isinstance(kind, list):
        return [each for each in kind if isinstance(each, str)]
    found: list[str] = []
    for branch in branches(schema):
        found += types_of(branch)
    if not found and "properties" in schema:
        return ["object"]
    if not found and "items" in schema:
        return ["array"]
    return found


def first_type(schema: Mapping[str, JsonValue]) -> str:
    """The first type besides null; empty when the schema names none."""
    return next((kind for kind in types_of(schema) if kind != "null"), "")


def branches(schema: Mapping[str, JsonValue]) -> list[dict[str, JsonValue]]:
    """The alternatives of `anyOf` or `oneOf`."""
    listed = schema.get("anyOf") or schema.get("oneOf")
    return [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []


def converted(value: JsonValue, schema: Mapping[str, JsonValue], *, depth: int = 0) -> JsonValue:
    """`value` as the schema has it; of alternatives the first that it fits. Raises Unconvertible."""
    if depth > _MAX_DEPTH:
        raise Unconvertible("the description nests its alternatives too deeply")
    alternatives = branches(schema)
    if alternatives and "type" not in schema:
        for branch in alternatives:
            try:
                return converted(value, branch, depth=depth + 1)
            except Unconvertible:
                continue
        raise Unconvertible(f"{shown(value)} is none of the types that it may have")
    kinds = types_of(schema)
    if not kinds:
        return value
    for kind in kinds:
        try:
            return _as_type(value, kind, schema, depth)
        except Unconvertible:
            continue
    raise Unconvertible(f"{shown(value)} is no {' or '.join(kinds)}")


def _as_type(value: JsonValue, kind: str, schema: Mapping[str, JsonValue], depth: int) -> JsonValue:
    match kind:
        case "string":
            return text_of(value)
        case "integer":
            return _integer(value)
        case "number":
            return _number(value)
        case "boolean":
            return _boolean(value)
        case "null":
            if value is None or (isinstance(value, str) and value.strip().lower() in ("", "null")):
                return None
            raise Unconvertible(f"{shown(value)} is not null")
        case "object":
            parsed = _parsed(value) if isinstance(value, str) else value
            if isinstance(parsed, dict):
                return _members(parsed, schema, depth)
            raise Unconvertible(f"{shown(value)} is no object")
        case "array":
            parsed = _parsed(value) if isinstance(value, str) else value
            if isinstance(parsed, list):
                items = schema.get("items")
                kind_of_items = items if isinstance(items, dict) else {}
                return [converted(item, kind_of_items, depth=depth + 1) for item in parsed]
            raise Unconvertible(f"{shown(value)} is no list")
        case _:
            return value


def _members(value: dict[str, JsonValue], schema: Mapping[str, JsonValue], depth: int) -> JsonValue:
    """Members in the types of their properties; those that do not fit stay as they are, for the server to refuse."""
    properties = schema.get("properties")
    if not isinstance(properties, dict):
        return value
    result = dict(value)
    for name, member in value.items():
        wanted = properties.get(name)
        if isinstance(wanted, dict):
            try:
                result[name] = converted(member, wanted, depth=depth + 1)
            except Unconvertible:
                continue
    return result


def _integer(value: JsonValue) -> int:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int):
        return value
    try:
        number = float(value) if isinstance(value, (str, float)) else None
        if isinstance(value, str) and value.strip().lstrip("+-").isdigit():
            return int(value)
    except ValueError:
        number = None
    if number is None or not number.is_integer():
        raise Unconvertible(f"{shown(value)} is no whole number")
    return int(number)


def _number(value: JsonValue) -> int | float:
    if isinstance(value, (int, float)):
        return value
    try:
        return float(value) if isinstance(value, str) else _refused(value)
    except ValueError:
        return _refused(value)


def _refused(value: JsonValue) -> float:
    raise Unconvertible(f"{shown(value)} is no number")


def _boolean(value: JsonValue) -> bool:
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word in ("true", "yes", "y", "1"):
        return True
    if word in ("false", "no", "n", "0"):
        return False
    raise Unconvertible(f"{shown(value)} is neither true nor false")


def _parsed(text: str) -> JsonValue:
    try:
        return json.loads(text)
    except ValueError:
        return None


def text_of(value: JsonValue) -> str:
    """A value as requests write it: true and false in small letters, lists and objects as JSON."""
    match value:
        case str():
            return value
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
        case _:
            return json.dumps(value, ensure_ascii=False)


def shown(value: JsonValue) -> str:
    """The beginning of a value, for a sentence."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:60]}…"
