"""References inside of a document (`$ref`), written out in bounds: a description cannot make itself endless.

Source: RFC 6901 (pointers), OpenAPI 3 "Reference Object".
"""

from typing import Final
from urllib.parse import unquote

from treadle.engine.values import JsonValue

from .failures import ApiDocumentError

_MAX_VALUES: Final = 200_000
_MAX_DEPTH: Final = 24
_MAX_STEPS: Final = 20
_FREE: Final = frozenset({"example", "examples", "default", "enum", "const"})


class References:
    """Resolves what one document refers to inside of itself. Other documents are not read."""

    def __init__(self, document: dict[str, JsonValue]) -> None:
        self._document = document
        self._left = _MAX_VALUES

    def target(self, value: JsonValue) -> dict[str, JsonValue]:
        """The object that `value` is or refers to; an empty one when it is neither. Raises ApiDocumentError."""
        for _ in range(_MAX_STEPS):
            if not isinstance(value, dict):
                return {}
            reference = value.get("$ref")
            if not isinstance(reference, str):
                return value
            value = self._at(reference)
        raise ApiDocumentError("A reference of the document leads back to itself.")

    def schema(self, value: JsonValue) -> dict[str, JsonValue]:
        """A schema with all of its references written out and `allOf` merged.

        Where a schema contains itself it ends in one that allows any object. Raises ApiDocumentError when it is too
        large.
        """
        written = self._written(value, (), 0)
        return written if isinstance(written, dict) else {}

    def _written(self, value: JsonValue, within: tuple[str, ...], depth: int, *, names: bool = False) -> JsonValue:
        """`names`: the members of `value` are named by the document's author, not by JSON Schema."""
        self._left -= 1
        if self._left < 0:
            raise ApiDocumentError("The document describes more values than a tool can have; take parts of it out.")
        if isinstance(value, list):
            return [self._written(item, within, depth + 1) for item in value]
        if not isinstance(value, dict):
            return value
        reference = value.get("$ref")
        if isinstance(reference, str):
            if reference in within or depth > _MAX_DEPTH:
                return {"type": "object"}
            target = self._at(reference)
            beside = {name: member for name, member in value.items() if name != "$ref"}
            if isinstance(target, dict):
                target = {**target, **beside}
            return self._written(target, (*within, reference), depth + 1)
        if depth > _MAX_DEPTH:
            return {}
        written: dict[str, JsonValue] = {}
        for name, member in value.items():
            # What a reader may write freely is no part of the schema, whatever it is called.
            if not names and name in _FREE:
                written[name] = member
            else:
                named = not names and name in ("properties", "patternProperties")
                written[name] = self._written(member, within, depth + 1, names=named)
        return written if names else _merged(written)

    def _at(self, reference: str) -> JsonValue:
        if not reference.startswith("#"):
            raise ApiDocumentError(f"The document refers to another one ({reference}); put what is there into it.")
        place: JsonValue = self._document
        for part in reference[1:].split("/")[1:]:
            key = unquote(part).replace("~1", "/").replace("~0", "~")
            if isinstance(place, dict) and key in place:
                place = place[key]
            elif isinstance(place, list) and key.isdigit() and int(key) < len(place):
                place = place[int(key)]
            else:
                raise ApiDocumentError(f"The document refers to {reference}, which it does not have.")
        return place


def _merged(schema: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """The schema with the members of `allOf` in it."""
    parts = schema.get("allOf")
    if not isinstance(parts, list):
        return schema
    merged: dict[str, JsonValue] = {}
    properties: dict[str, JsonValue] = {}
    required: list[JsonValue] = []
    for part in [*parts, {name: member for name, member in schema.items() if name != "allOf"}]:
        if not isinstance(part, dict):
            continue
        merged.update(part)
        if isinstance(own := part.get("properties"), dict):
            properties.update(own)
        if isinstance(needed := part.get("required"), list):
            required += [name for name in needed if name not in required]
    if properties:
        merged["properties"] = properties
    if required:
        merged["required"] = required
    return merged
