"""From a ChatRequest to the body of a Responses call.

Source: spec models-and-tools §1.7, §1.19; the vendor's reference.
"""

import msgspec

from treadle.engine.errors import InvokeBadRequestError
from treadle.engine.ports import ChatRequest, Message, Part
from treadle.engine.values import JsonValue
from treadle.models.target import Target

from .openai_request import REASONING_MODEL, function, json_schema, media_url, text_of

Body = dict[str, JsonValue]

_ONLY_OLDER = ("seed", "presence_penalty", "frequency_penalty")
_LEAST_OUTPUT = 16


class _Thought(msgspec.Struct, tag="reasoning", tag_field="type"):
    """A sealed thought, as it came."""

    id: str
    encrypted_content: str
    summary: list[dict[str, str]] = []


_decode_thoughts = msgspec.json.Decoder(list[_Thought]).decode


def too_old(request: ChatRequest) -> bool:
    """Whether the call has what only the older protocol knows: stop sequences, seeds, penalties, sound."""
    return (
        bool(request.stop)
        or any(request.parameters.get(name) for name in _ONLY_OLDER)
        or any(
            part.type in ("audio", "video")
            for message in request.messages
            if not isinstance(message.content, str)
            for part in message.content
        )
    )


def response_body(target: Target, request: ChatRequest, *, stream: bool) -> Body:
    """The body for `/responses`. The vendor is told to store nothing; sealed thoughts go back with their calls."""
    items: list[JsonValue] = []
    for message in request.messages:
        items += _items(target, message)
    thinks = REASONING_MODEL.search(target.upstream) is not None
    body: Body = {"model": target.upstream, "input": items, "store": False}
    if thinks:
        body["include"] = ["reasoning.encrypted_content"]
    if request.tools:
        body["tools"] = [{"type": "function", **function(tool), "strict": False} for tool in request.tools]
        body["tool_choice"] = "auto"
    body |= _parameters(target, request, thinks=thinks)
    if request.user:
        body["user"] = request.user
    if stream:
        body["stream"] = True
    return body


def _parameters(target: Target, request: ChatRequest, *, thinks: bool) -> Body:
    sent: Body = {
        name: value for name, value in request.parameters.items() if value is not None and name not in _ONLY_OLDER
    }
    form, schema = sent.pop("response_format", None), sent.pop("json_schema", None)
    limit = sent.pop("max_completion_tokens", None) or sent.pop("max_tokens", None)
    if isinstance(limit, int):
        sent["max_output_tokens"] = max(limit, _LEAST_OUTPUT)
    effort = sent.pop("reasoning_effort", None)
    if thinks:
        sent["reasoning"] = {"summary": "auto"} if effort is None else {"effort": effort, "summary": "auto"}
    text: Body = {}
    if form in ("text", "json_object"):
        text["format"] = {"type": form}
    elif form == "json_schema":
        text["format"] = _schema_format(json_schema(target, schema))
    elif form:
        raise InvokeBadRequestError(
            target.says(f"response_format {form!r} is unknown; use text, json_object or json_schema.")
        )
    if verbosity := sent.pop("verbosity", None):
        text["verbosity"] = verbosity
    if text:
        sent["text"] = text
    return sent


def _schema_format(schema: dict[str, JsonValue]) -> Body:
    """A schema that may stand bare, or in the older protocol's wrapper with its name."""
    if not isinstance(schema.get("schema"), dict):
        schema = {"name": "reply", "schema": schema}
    kept = ("name", "schema", "strict", "description")
    return {"type": "json_schema", "name": "reply", **{name: schema[name] for name in kept if name in schema}}


def _items(target: Target, message: Message) -> list[JsonValue]:
    """The items of one message: what it says, its sealed thoughts, its calls; or the result of a call."""
    if message.role == "tool":
        return [
            {
                "type": "function_call_output",
                "call_id": message.tool_call_id or "",
                "output": text_of(message.content),
            }
        ]
    items: list[JsonValue] = []
    for call in message.tool_calls:
        items += _thoughts(call.carried)
        items.append({"type": "function_call", "call_id": call.id, "name": call.name, "arguments": call.arguments})
    said = _content(target, message)
    if said or not items:
        items.insert(0, {"role": message.role, "content": said})
    return items


def _thoughts(carried: str) -> list[JsonValue]:
    """Thoughts that this protocol sealed; what another one left is none of them."""
    if not carried:
        return []
    try:
        return [msgspec.to_builtins(each) for each in _decode_thoughts(carried)]
    except msgspec.DecodeError:
        return []


def _content(target: Target, message: Message) -> JsonValue:
    parts = message.content
    if isinstance(parts, str) or message.role != "user" or all(part.type == "text" for part in parts):
        return text_of(parts)
    return [_part(target, part) for part in parts]


def _part(target: Target, part: Part) -> Body:
    match part.type:
        case "text":
            return {"type": "input_text", "text": part.text}
        case "image":
            return {"type": "input_image", "image_url": media_url(part), "detail": part.detail}
        case "document":
            if part.url:
                return {"type": "input_file", "file_url": part.url}
            name = part.filename or f"document.{part.format or 'pdf'}"
            return {"type": "input_file", "filename": name, "file_data": media_url(part)}
        case _:
            raise InvokeBadRequestError(target.says(f"this protocol takes no {part.type}. Leave it out."))
