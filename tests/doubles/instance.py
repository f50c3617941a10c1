"""A small deterministic value that a JSON Schema accepts: what an obedient model answers."""

from collections.abc import Mapping

from tests.doubles.recording import JsonValue


def instance_of(schema: JsonValue, text: str, root: Mapping[str, JsonValue] | None = None) -> JsonValue:
    """The smallest value of `schema` with every named property present; free strings are `text`.

    Knows what structured outputs allow: enum, const, anyOf, local $ref, and the plain types.
    """
    if not isinstance(schema, dict):
        return text
    root = schema if root is None else root
    reference = schema.get("$ref")
    if isinstance(reference, str):
        return instance_of(resolve(root, reference), text, root)
    if "const" in schema:
        return schema["const"]
    for key in ("enum", "anyOf", "oneOf"):
        options = schema.get(key)
        if isinstance(options, list) and options:
            return options[0] if key == "enum" else instance_of(options[0], text, root)
    kind = schema.get("type")
    match kind[0] if isinstance(kind, list) else kind:
        case "object":
            properties = schema.get("properties")
            members = properties.items() if isinstance(properties, dict) else ()
            return {name: instance_of(member, text, root) for name, member in members}
        case "array":
            least = schema.get("minItems")
            count = least if isinstance(least, int) else 1
            return [instance_of(schema.get("items"), text, root) for _ in range(count)]
        case "integer" | "number":
            least = schema.get("minimum")
            return least if isinstance(least, int | float) else 1
        case "boolean":
            return True
        case "null":
            return None
        case _:
            longest = schema.get("maxLength")
            return text[:longest] if isinstance(longest, int) else text


def resolve(root: Mapping[str, JsonValue], reference: str) -> JsonValue:
    """The schema that a local reference such as `#/$defs/item` names."""
    found: JsonValue = dict(root)
    for step in reference.removeprefix("#").split("/")[1:]:
        found = found[step] if isinstance(found, dict) else None
    return found
