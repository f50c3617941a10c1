"""Replies that are JSON objects of a given schema (workflow-nodes §4.11)."""

import json
from collections.abc import Mapping
from typing import cast

from treadle.engine.errors import StructuredOutputError
from treadle.engine.ports import ModelProfile, ModelRef
from treadle.engine.values import FILE_MARK, JsonValue, unmarked

from .prompt import Draft
from .reasoning import without_thinking

_FEATURE = "structured-output"
_INSTRUCTION = """Reply with one JSON object and nothing else: no introduction, no explanation, no code fence.
The object must be valid against this JSON Schema:

{schema}"""


def ask_for_object(
    schema: Mapping[str, JsonValue],
    *,
    model: ModelRef,
    profile: ModelProfile,
    parameters: dict[str, JsonValue],
    drafts: list[Draft],
) -> list[Draft]:
    """The prompt that asks for an object of `schema`; `parameters` are changed in place.

    A model that knows schemas gets it as a parameter, any other in a system message.
    """
    if pass_schema(schema, model=model, profile=profile, parameters=parameters):
        return drafts
    if "response_format" in profile.parameters:
        parameters["response_format"] = "json_object"
    system = [_INSTRUCTION.format(schema=json.dumps(schema, ensure_ascii=False))]
    system += [draft.text for draft in drafts if draft.role == "system" and draft.text]
    return [Draft("system", "\n\n".join(system)), *(draft for draft in drafts if draft.role != "system")]


def pass_schema(
    schema: Mapping[str, JsonValue], *, model: ModelRef, profile: ModelProfile, parameters: dict[str, JsonValue]
) -> bool:
    """Hand `schema` to a model that knows schemas, by changing `parameters` in place; False for any other model."""
    if _FEATURE not in profile.features:
        return False
    parameters["json_schema"] = json.dumps(_for_model(schema, model), ensure_ascii=False)
    if "response_format" in profile.parameters:
        parameters["response_format"] = "json_schema"
    return True


def _for_model(schema: Mapping[str, JsonValue], model: ModelRef) -> JsonValue:
    if "gemini" in model.name.lower():
        return _without_key(dict(schema), "additionalProperties")
    if model.provider.rsplit("/", 1)[-1] == "ollama":
        return dict(schema)
    return {"schema": dict(schema), "name": "llm_response"}


def _without_key(value: JsonValue, key: str) -> JsonValue:
    match value:
        case dict():
            return {name: _without_key(item, key) for name, item in value.items() if name != key}
        case list():
            return [_without_key(item, key) for item in value]
        case _:
            return value


def parse_object(text: str) -> dict[str, JsonValue]:
    """The JSON object in a reply; malformed JSON is repaired, and of a list the first object counts.

    Raises StructuredOutputError.
    """
    text = without_thinking(text).strip()
    try:
        parsed = cast("JsonValue", json.loads(text))
    except ValueError:
        # Most replies are sound, and the repairer takes time to load.
        from json_repair import repair_json

        repaired = repair_json(text)
        parsed = cast("JsonValue", json.loads(repaired)) if repaired else None
    if isinstance(parsed, list):
        objects = [item for item in parsed if isinstance(item, dict)]
        parsed = objects[0] if objects else {}
    if not isinstance(parsed, dict):
        raise StructuredOutputError("Failed to parse structured output: the reply holds no JSON object.")
    return {name: unmarked(value) for name, value in parsed.items() if name != FILE_MARK}
