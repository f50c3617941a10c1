"""From a ChatRequest to the body of an OpenAI-compatible request.

Source: spec models-and-tools §1.7, §1.9, §1.19.
"""

import re
from typing import Literal

import msgspec

from treadle.engine.errors import InvokeBadRequestError
from treadle.engine.ports import ChatRequest, Message, Part, ToolSpec
from treadle.engine.values import JsonValue
from treadle.models.target import Target

from .request_values import ANSWER_WITH_JSON, mentions_json, text_of

Body = dict[str, JsonValue]

FunctionCalling = Literal["tool_call", "function_call", "no_call"]


class Dialect(msgspec.Struct, frozen=True):
    """How one server differs from the others, named as in credential forms and catalogue settings."""

    function_calling_type: FunctionCalling = "tool_call"
    stream_mode_delimiter: str = "\n\n"
    stream_include_usage: bool = True
    send_user: bool = True
    token_param_name: Literal["auto", "max_tokens", "max_completion_tokens"] = "auto"
    encoding_format: Literal["float", "base64", "none"] = "float"
    query_prefix: str = ""
    document_prefix: str = ""


REASONING_MODEL = re.compile(r"(^|/)(o[1-9]|gpt-[5-9])(\b|-)")
_JSON_FORMATS = frozenset({"text", "json_object"})


def dialect_of(target: Target) -> Dialect:
    """The dialect that the target's settings describe; switches are booleans or select values."""
    settings = {
        name: _SWITCHES.get(value, value) if isinstance(value, str) else value
        for name, value in target.settings.items()
    }
    return msgspec.convert(settings, Dialect, strict=False)


_SWITCHES: dict[str, str | bool] = {"enabled": True, "disabled": False, "true": True, "false": False}


def chat_body(target: Target, dialect: Dialect, request: ChatRequest, *, stream: bool) -> Body:
    """The body for `/chat/completions`. Raises InvokeBadRequestError for parts that cannot be sent."""
    names: dict[str, str] = {}
    messages: list[JsonValue] = [chat_message(target, dialect, message, names) for message in request.messages]
    if request.parameters.get("response_format") == "json_object" and not mentions_json(request):
        messages.insert(0, {"role": "system", "content": ANSWER_WITH_JSON})
    body: Body = {"model": target.upstream, "messages": messages}
    if request.tools and dialect.function_calling_type != "no_call":
        functions: list[JsonValue] = [function(tool) for tool in request.tools]
        if dialect.function_calling_type == "function_call":
            body["functions"] = functions
        else:
            body["tools"] = [{"type": "function", "function": each} for each in functions]
            body["tool_choice"] = "auto"
    return _finished(target, dialect, request, body, stream=stream)


def completion_body(target: Target, dialect: Dialect, request: ChatRequest, *, stream: bool) -> Body:
    """The body for `/completions`: the prompt is the text of the first message."""
    prompt = text_of(request.messages[0].content) if request.messages else ""
    return _finished(target, dialect, request, {"model": target.upstream, "prompt": prompt}, stream=stream)


def _finished(target: Target, dialect: Dialect, request: ChatRequest, body: Body, *, stream: bool) -> Body:
    body.update(parameters(target, dialect, request))
    if request.stop:
        body["stop"] = list(request.stop)
    if request.user and dialect.send_user:
        body["user"] = request.user
    if stream:
        body["stream"] = True
        if dialect.stream_include_usage:
            body["stream_options"] = {"include_usage": True}
    return body


def parameters(target: Target, dialect: Dialect, request: ChatRequest) -> Body:
    """The parameters under the names and in the shapes of the wire. Raises InvokeBadRequestError."""
    sent: Body = {name: value for name, value in request.parameters.items() if value is not None}
    form, schema = sent.pop("response_format", None), sent.pop("json_schema", None)
    if form in _JSON_FORMATS:
        sent["response_format"] = {"type": form}
    elif form == "json_schema":
        sent["response_format"] = {"type": "json_schema", "json_schema": json_schema(target, schema)}
    elif form:
        raise InvokeBadRequestError(
            target.says(f"response_format {form!r} is unknown; use text, json_object or json_schema.")
        )
    limit = dialect.token_param_name
    if limit == "auto":
        limit = "max_completion_tokens" if REASONING_MODEL.search(target.upstream) else "max_tokens"
    if limit != "max_tokens" and "max_tokens" in sent:
        sent[limit] = sent.pop("max_tokens")
    return sent


def json_schema(target: Target, schema: JsonValue) -> dict[str, JsonValue]:
    """The parameter `json_schema` as an object, which may arrive as JSON text. Raises InvokeBadRequestError."""
    if isinstance(schema, str) and schema.strip():
        try:
            parsed = msgspec.json.decode(schema, type=dict[str, object])
        except msgspec.DecodeError as error:
            raise InvokeBadRequestError(target.says(f"json_schema is not a JSON object: {error}.")) from error
        return msgspec.to_builtins(parsed)
    if isinstance(schema, dict):
        return schema
    raise InvokeBadRequestError(target.says("response_format json_schema needs the parameter json_schema; fill it in."))


def function(tool: ToolSpec) -> Body:
    """A tool's declaration; a tool without parameters takes an empty object."""
    return {
        "name": tool.name,
        "description": tool.description,
        "parameters": tool.parameters or {"type": "object", "properties": {}},
    }


def chat_message(target: Target, dialect: Dialect, message: Message, names: dict[str, str]) -> Body:
    """One message. `names` remembers which call id named which function, for servers that want the name back."""
    legacy = dialect.function_calling_type == "function_call"
    body: Body = {"role": message.role, "content": content(target, message)}
    if message.name and message.role != "tool":
        body["name"] = message.name
    if message.role == "tool":
        call = message.tool_call_id or ""
        if legacy:
            return {"role": "function", "name": names.get(call) or message.name or call, "content": body["content"]}
        body["tool_call_id"] = call
    if message.tool_calls:
        names.update((call.id, call.name) for call in message.tool_calls)
        if legacy:
            first = message.tool_calls[0]
            body["function_call"] = {"name": first.name, "arguments": first.arguments}
        else:
            body["tool_calls"] = [
                {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
                for call in message.tool_calls
            ]
        body["content"] = body["content"] or None
    return body


def content(target: Target, message: Message) -> JsonValue:
    """Content as text where it is nothing but text, else as a list of parts."""
    parts = message.content
    if isinstance(parts, str):
        return parts
    if message.role != "user" or (len(parts) == 1 and parts[0].type == "text"):
        return text_of(parts)
    return [content_part(target, part) for part in parts]


def content_part(target: Target, part: Part) -> Body:
    """One part. Raises InvokeBadRequestError where the wire has no place for it."""
    match part.type:
        case "text":
            return {"type": "text", "text": part.text}
        case "image":
            return {"type": "image_url", "image_url": {"url": media_url(part), "detail": part.detail}}
        case "video":
            return {"type": "video_url", "video_url": {"url": media_url(part)}}
        case "audio":
            if not part.data:
                raise InvokeBadRequestError(
                    target.says("audio goes to this provider as data, not as an address; send it as base64.")
                )
            return {"type": "input_audio", "input_audio": {"data": part.data, "format": part.format or "wav"}}
        case "document":
            name = part.filename or f"document.{part.format or 'pdf'}"
            return {"type": "file", "file": {"filename": name, "file_data": media_url(part)}}


def media_url(part: Part) -> str:
    """The part's address, or a data URI that holds it."""
    return part.url or f"data:{part.mime_type or 'application/octet-stream'};base64,{part.data}"


def event_delimiter(dialect: Dialect) -> bytes:
    """The bytes between events: the form's text with its escapes decoded."""
    text = dialect.stream_mode_delimiter
    for escape, meaning in (("\\r", "\r"), ("\\n", "\n"), ("\\t", "\t"), ("\\0", "\0")):
        text = text.replace(escape, meaning)
    return text.encode()
