"""JSON Schemas as Anthropic's structured output takes them: closed objects, and no bounds on values.

Source: the vendor's reference of structured outputs.
"""

from treadle.engine.values import JsonValue

_REFUSED = frozenset({
    "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength",
    "maxItems", "uniqueItems", "minProperties", "maxProperties",
})  # fmt: skip
_NAMED = ("properties", "$defs", "definitions")
_NESTED = ("items", "anyOf", "oneOf", "allOf")


def closed(schema: JsonValue) -> JsonValue:
    """`schema` with every object closed; bounds that the vendor refuses are told in the description instead."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    kept: dict[str, JsonValue] = {}
    told: list[str] = []
    for name, value in schema.items():
        if name in _REFUSED or (name == "minItems" and value not in (0, 1)):
            told.append(f"{name}: {value}")
        elif name in _NAMED and isinstance(value, dict):
            kept[name] = {key: closed(each) for key, each in value.items()}
        else:
            kept[name] = closed(value) if name in _NESTED else value
    if told:
        kept["description"] = " ".join(filter(None, (str(kept.get("description", "")), f"({', '.join(told)})")))
    if kept.get("type") == "object" or "properties" in kept:
        kept["additionalProperties"] = False
    return kept
