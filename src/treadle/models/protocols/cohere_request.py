"""From a ChatRequest to the body of a call of Cohere's chat.

Source: spec models-and-tools §1.7, §1.19 (COH); the vendor's reference of version 2.
"""

from treadle.engine.errors import InvokeBadRequestError
from treadle.engine.ports import ChatRequest, Message, Part
from treadle.engine.values import JsonValue
from treadle.models.target import Target

from .openai_request import function, json_schema, media_url, text_of

Body = dict[str, JsonValue]

_OTHER_NAMES = {"top_p": "p", "top_k": "k"}
_LOCAL_SUFFIX = "-chat"


def upstream_name(target: Target) -> str:
    """The vendor's name of the model: chat models may carry a suffix here."""
    return target.upstream.removesuffix(_LOCAL_SUFFIX)


def chat_body(target: Target, request: ChatRequest, *, stream: bool) -> Body:
    """The body for `/v2/chat`. Raises InvokeBadRequestError for parts that cannot be sent."""
    body: Body = {
        "model": upstream_name(target),
        "messages": [_message(target, message) for message in request.messages],
        "stream": stream,
    }
    if request.tools:
        body["tools"] = [{"type": "function", "function": function(tool)} for tool in request.tools]
    body |= _parameters(target, request)
    if request.stop:
        body["stop_sequences"] = list(request.stop)
    return body


def _parameters(target: Target, request: ChatRequest) -> Body:
    sent: Body = {
        _OTHER_NAMES.get(name, name): value for name, value in request.parameters.items() if value is not None
    }
    form, schema = sent.pop("response_format", None), sent.pop("json_schema", None)
    if form == "json_schema":
        wrapped = json_schema(target, schema)
        inner = wrapped.get("schema", wrapped)
        sent["response_format"] = {"type": "json_object", "json_schema": inner}
    elif form == "json_object":
        sent["response_format"] = {"type": "json_object"}
    budget, thinking = sent.pop("thinking_budget", None), sent.pop("thinking", None)
    if isinstance(thinking, bool):
        chosen: Body = {"type": "enabled" if thinking else "disabled"}
        if thinking and budget is not None:
            chosen["token_budget"] = budget
        sent["thinking"] = chosen
    return sent


def _message(target: Target, message: Message) -> Body:
    if message.role == "tool":
        return {"role": "tool", "tool_call_id": message.tool_call_id or "", "content": text_of(message.content)}
    body: Body = {"role": message.role, "content": _content(target, message)}
    if message.tool_calls:
        body["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in message.tool_calls
        ]
        if not body["content"]:
            del body["content"]
    return body


def _content(target: Target, message: Message) -> JsonValue:
    parts = message.content
    if isinstance(parts, str) or message.role != "user" or all(part.type == "text" for part in parts):
        return text_of(parts)
    return [_part(target, part) for part in parts]


def _part(target: Target, part: Part) -> Body:
    if part.type == "text":
        return {"type": "text", "text": part.text}
    if part.type == "image":
        return {"type": "image_url", "image_url": {"url": media_url(part), "detail": part.detail}}
    raise InvokeBadRequestError(
        target.says(f"this provider takes texts and images, no {part.type}. Leave it out, or use another model.")
    )
