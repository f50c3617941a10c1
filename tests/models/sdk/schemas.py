"""The vendors' request schemas, derived from the types in their SDKs: `python -m tests.models.sdk.schemas` writes them.

Objects are closed, descriptions are left out, and so are the kinds of content that run at the vendor's side.
"""

import json
from pathlib import Path
from typing import Any

from anthropic.types.beta.beta_thinking_config_param import BetaThinkingConfigParam
from anthropic.types.message_create_params import MessageCreateParamsBase
from google.genai import types as gemini
from pydantic import TypeAdapter
from typing_extensions import TypedDict

from tests.doubles.schema import SCHEMAS

Schema = dict[str, Any]

BLOCKS = frozenset({
    "TextBlockParam", "ImageBlockParam", "DocumentBlockParam", "ThinkingBlockParam", "RedactedThinkingBlockParam",
    "ToolUseBlockParam", "ToolResultBlockParam", "ToolParam",
})  # fmt: skip
"""Of a union with one of these members, the other objects are left out."""

GEMINI_PARTS = frozenset({
    "text", "inlineData", "fileData", "functionCall", "functionResponse", "thought", "thoughtSignature",
    "videoMetadata",
})  # fmt: skip
GEMINI_CONFIG = frozenset({
    "temperature", "topP", "topK", "candidateCount", "maxOutputTokens", "stopSequences", "presencePenalty",
    "frequencyPenalty", "seed", "responseMimeType", "responseSchema", "responseJsonSchema", "responseModalities",
    "mediaResolution", "thinkingConfig", "logprobs", "responseLogprobs",
})  # fmt: skip


class GenerateContent(TypedDict, total=False):
    """The body of generateContent, whose members the SDK has types for but which it builds by hand."""

    contents: list[gemini.Content]
    systemInstruction: gemini.Content
    generationConfig: gemini.GenerationConfig
    tools: list[gemini.Tool]
    toolConfig: gemini.ToolConfig
    safetySettings: list[gemini.SafetySetting]
    cachedContent: str


def schemas() -> dict[str, Schema]:
    """Every derived schema by the file that keeps it."""
    return {
        "anthropic/messages": messages(),
        "anthropic/messages_with_sampling": messages(sampling=True),
        "anthropic/messages_with_binding": messages(binding=True),
        "gemini/generate_content": generate_content(),
    }


def messages(*, sampling: bool = False, binding: bool = False) -> Schema:
    """`POST /v1/messages`. `sampling`: in the version of the API before, which the SDK no longer describes."""
    schema = TypeAdapter(MessageCreateParamsBase).json_schema()
    schema["properties"]["stream"] = {"type": "boolean"}
    if sampling:
        bounds: Schema = {"type": "number", "minimum": 0, "maximum": 1}
        schema["properties"] |= {"temperature": bounds, "top_p": bounds, "top_k": {"type": "integer", "minimum": 0}}
    if binding:
        thinking = TypeAdapter(BetaThinkingConfigParam).json_schema()
        schema["$defs"] |= thinking.pop("$defs")
        schema["properties"]["thinking"] = thinking
    return finished("POST /v1/messages", schema, ["model", "max_tokens", "messages"])


def generate_content() -> Schema:
    """`POST /v1beta/models/{model}:generateContent` and its streaming sister."""
    schema = TypeAdapter(GenerateContent).json_schema(by_alias=True)
    defs = schema["$defs"]
    for name, kept in (
        ("Part", GEMINI_PARTS), ("GenerationConfig", GEMINI_CONFIG), ("Tool", frozenset({"functionDeclarations"})),
    ):  # fmt: skip
        defs[name]["properties"] = {key: each for key, each in defs[name]["properties"].items() if key in kept}
    return finished("POST models/{model}:generateContent", schema, ["contents"])


def finished(title: str, schema: Schema, required: list[str]) -> Schema:
    """The schema closed, bare, and without definitions that nothing leads to."""
    bare = _bare(schema)
    defs = bare.pop("$defs")
    used: set[str] = set()
    open_names = _names(bare)
    while open_names:
        name = open_names.pop()
        if name not in used:
            used.add(name)
            open_names |= _names(defs[name]) - used
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **bare,
        "title": title,
        "required": required,
        "$defs": {name: defs[name] for name in sorted(used)},
    }


def _bare(value: Any, *, named: bool = False) -> Any:
    """`named`: the keys are names of members, not words of JSON Schema."""
    if isinstance(value, list):
        return [_bare(each) for each in value]
    if not isinstance(value, dict):
        return value
    left_out = () if named else ("title", "description", "default", "discriminator")
    kept = {
        key: _bare(each, named=not named and key in ("properties", "$defs"))
        for key, each in value.items()
        if key not in left_out
    }
    if named:
        return kept
    for union in ("anyOf", "oneOf"):
        if union in kept and any(_name(each) in BLOCKS for each in kept[union]):
            kept[union] = [each for each in kept[union] if _name(each) in BLOCKS or "$ref" not in each]
    if "properties" in kept and kept.get("additionalProperties") is not True:
        kept["additionalProperties"] = False
    return kept


def _name(schema: Schema) -> str:
    return schema.get("$ref", "").rpartition("/")[2]


def _names(value: Any) -> set[str]:
    if isinstance(value, list):
        return {name for each in value for name in _names(each)}
    if not isinstance(value, dict):
        return set()
    own = {_name(value)} if isinstance(value.get("$ref"), str) else set[str]()
    return own.union(*(_names(each) for each in value.values()))


def written(schema: Schema) -> str:
    """The text of a schema's file."""
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


def main() -> None:
    for name, schema in schemas().items():
        file: Path = SCHEMAS / f"{name}.json"
        file.parent.mkdir(exist_ok=True)
        file.write_text(written(schema))


if __name__ == "__main__":
    main()
