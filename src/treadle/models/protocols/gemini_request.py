"""From a ChatRequest to the body of a generateContent request.

Source: spec models-and-tools §1.7, §1.19 (GEM, VTX); the vendor's API reference.
"""

import re
from collections.abc import Iterator, Mapping

from treadle.engine.errors import InvokeBadRequestError
from treadle.engine.ports import ChatRequest, Message, Part, ToolCall, ToolSpec
from treadle.engine.values import JsonValue
from treadle.models.target import Target

from .request_values import arguments_of, schema_of, text_of

Body = dict[str, JsonValue]

UNSIGNED = "skip_thought_signature_validator"
"""What the vendor documents for calls that it did not sign itself; newer models refuse calls without a signature."""

_CONFIG = {
    "temperature": "temperature",
    "top_p": "topP",
    "top_k": "topK",
    "max_output_tokens": "maxOutputTokens",
    "max_tokens": "maxOutputTokens",
    "presence_penalty": "presencePenalty",
    "frequency_penalty": "frequencyPenalty",
    "seed": "seed",
    "media_resolution": "mediaResolution",
}
_SIGNS_CALLS = re.compile(r"gemini-([3-9]|\d\d)")
_MOST_STOPS = 5


def content_body(target: Target, request: ChatRequest) -> Body:
    """The body for `:generateContent` and `:streamGenerateContent`. Raises InvokeBadRequestError."""
    given: Body = {name: value for name, value in request.parameters.items() if value is not None}
    system = "\n\n".join(filter(None, (text_of(each.content) for each in request.messages if each.role == "system")))
    contents = _contents(target, request)
    if not contents:
        # A prompt of nothing but a system message is the question itself.
        contents.append({"role": "user", "parts": [{"text": system or " "}]})
        system = ""
    body: Body = {"contents": contents}
    if system:
        body["systemInstruction"] = {"parts": [{"text": system}]}
    if request.tools:
        body["tools"] = [{"functionDeclarations": [_declaration(tool) for tool in request.tools]}]
    cached = given.pop("cached_content", None)
    if cached is not None:
        body["cachedContent"] = cached
    config = _config(target, given, structured=not request.tools)
    if request.stop:
        config["stopSequences"] = list(request.stop[:_MOST_STOPS])
    if config:
        body["generationConfig"] = config
    return body


def _config(target: Target, given: Body, *, structured: bool) -> Body:
    """The parameters under their names on the wire; the API takes a schema only where no tools are offered."""
    config: Body = {_CONFIG[name]: value for name, value in given.items() if name in _CONFIG}
    form, schema = given.get("response_format"), given.get("json_schema")
    if structured and schema and form in (None, "json_schema"):
        config["responseMimeType"] = "application/json"
        config["responseJsonSchema"] = schema_of(target, schema)
    elif structured and form == "json_object":
        config["responseMimeType"] = "application/json"
    thinking: Body = {}
    for name, wire in (("include_thoughts", "includeThoughts"), ("thinking_budget", "thinkingBudget")):
        if name in given:
            thinking[wire] = given[name]
    level = given.get("thinking_level")
    if isinstance(level, str):
        thinking["thinkingLevel"] = level.upper()
    if thinking:
        config["thinkingConfig"] = thinking
    return config


def _declaration(tool: ToolSpec) -> Body:
    declared: Body = {"name": tool.name, "description": tool.description}
    if tool.parameters:
        declared["parametersJsonSchema"] = tool.parameters
    return declared


def _contents(target: Target, request: ChatRequest) -> list[JsonValue]:
    """The turns, the user's and the model's by turns."""
    names = {call.id: call.name for message in request.messages for call in message.tool_calls}
    signs = _SIGNS_CALLS.search(target.upstream) is not None
    turns: list[tuple[str, list[JsonValue]]] = []
    for message in request.messages:
        if message.role == "system":
            continue
        role = "model" if message.role == "assistant" else "user"
        parts = list(_parts(target, message, names, signs=signs))
        if not parts:
            continue
        if turns and turns[-1][0] == role:
            turns[-1][1].extend(parts)
        else:
            turns.append((role, parts))
    return [{"role": role, "parts": parts} for role, parts in turns]


def _parts(target: Target, message: Message, names: Mapping[str, str], *, signs: bool) -> Iterator[JsonValue]:
    if message.role == "tool":
        call_id = message.tool_call_id or ""
        name = message.name or names.get(call_id) or call_id
        response: Body = {"name": name, "response": {"output": text_of(message.content)}}
        if call_id:
            response["id"] = call_id
        yield {"functionResponse": response}
        if not isinstance(message.content, str):
            yield from (_media(target, part) for part in message.content if part.type != "text")
        return
    if isinstance(message.content, str):
        if message.content:
            yield {"text": message.content}
    else:
        for part in message.content:
            if part.type != "text":
                yield _media(target, part)
            elif part.text:
                yield {"text": part.text}
    for place, call in enumerate(message.tool_calls):
        yield _call(call, signature=call.carried or (UNSIGNED if signs and not place else ""))


def _call(call: ToolCall, *, signature: str) -> Body:
    function: Body = {"name": call.name, "args": arguments_of(call)}
    if call.id:
        function["id"] = call.id
    part: Body = {"functionCall": function}
    if signature:
        part["thoughtSignature"] = signature
    return part


def _media(target: Target, part: Part) -> Body:
    mime_type = part.mime_type
    if not mime_type:
        raise InvokeBadRequestError(
            target.says(f"the type of the {part.type} is unknown; give it a file name with an extension.")
        )
    if part.url:
        return {"fileData": {"mimeType": mime_type, "fileUri": part.url}}
    return {"inlineData": {"mimeType": mime_type, "data": part.data}}
