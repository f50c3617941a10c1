"""From a ChatRequest to the body of a call of Ollama.

Source: spec models-and-tools §1.7, §1.19 (OLL); the server's reference of its API.
"""

import msgspec

from treadle.engine.errors import InvokeBadRequestError
from treadle.engine.ports import ChatRequest, Message, Part
from treadle.engine.values import JsonValue
from treadle.models.target import Target

from .openai_request import function, json_schema, text_of

Body = dict[str, JsonValue]

_BESIDE_OPTIONS = {"keep_alive": "keep_alive", "format": "format", "think": "think"}
_OTHER_NAMES = {"max_tokens": "num_predict"}


def chat_body(target: Target, request: ChatRequest, *, stream: bool) -> Body:
    """The body for `/api/chat`. Raises InvokeBadRequestError for parts that cannot be sent."""
    names: dict[str, str] = {}
    body: Body = {
        "model": target.upstream,
        "messages": [_message(target, message, names) for message in request.messages],
        "stream": stream,
    }
    if request.tools:
        body["tools"] = [{"type": "function", "function": function(tool)} for tool in request.tools]
    return body | _parameters(target, request)


def generate_body(target: Target, request: ChatRequest, *, stream: bool) -> Body:
    """The body for `/api/generate`: the prompt is the first message."""
    first = request.messages[0] if request.messages else Message(role="user")
    body: Body = {"model": target.upstream, "prompt": text_of(first.content), "stream": stream}
    if images := _images(target, first):
        body["images"] = images
    return body | _parameters(target, request)


def _parameters(target: Target, request: ChatRequest) -> Body:
    """What stands beside `options`, and these. The context size is sent along: the server's own cuts prompts short."""
    given = {name: value for name, value in request.parameters.items() if value is not None}
    form, schema = given.pop("response_format", None), given.pop("json_schema", None)
    sent: Body = {_BESIDE_OPTIONS[name]: given.pop(name) for name in [*given] if name in _BESIDE_OPTIONS}
    if form == "json_object":
        sent["format"] = "json"
    elif form == "json_schema":
        wrapped = json_schema(target, schema)
        sent["format"] = wrapped.get("schema", wrapped)
    options: Body = {_OTHER_NAMES.get(name, name): value for name, value in given.items()}
    if target.profile.context_size is not None:
        options.setdefault("num_ctx", target.profile.context_size)
    if request.stop:
        options["stop"] = list(request.stop)
    if options:
        sent["options"] = options
    return sent


def _message(target: Target, message: Message, names: dict[str, str]) -> Body:
    """One message. `names` remembers which call id named which function: the server wants the name back."""
    body: Body = {"role": message.role, "content": text_of(message.content)}
    if images := _images(target, message):
        body["images"] = images
    if message.role == "tool":
        call = message.tool_call_id or ""
        body["tool_name"] = names.get(call) or message.name or call
    if message.tool_calls:
        names.update((call.id, call.name) for call in message.tool_calls)
        body["tool_calls"] = [
            {"function": {"name": call.name, "arguments": arguments_of(call.arguments)}} for call in message.tool_calls
        ]
    return body


def _images(target: Target, message: Message) -> list[JsonValue]:
    if isinstance(message.content, str):
        return []
    return [_image(target, part) for part in message.content if part.type != "text"]


def _image(target: Target, part: Part) -> str:
    if part.type != "image":
        raise InvokeBadRequestError(target.says(f"Ollama takes texts and images, no {part.type}. Leave it out."))
    if not part.data:
        raise InvokeBadRequestError(
            target.says("images go to Ollama as data, not as an address; set MULTIMODAL_SEND_FORMAT to base64.")
        )
    return part.data


def arguments_of(text: str) -> dict[str, JsonValue]:
    """A call's arguments as an object; what the model wrote wrongly is handed back under `arguments`."""
    try:
        return msgspec.to_builtins(msgspec.json.decode(text or "{}", type=dict[str, object]))
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {"arguments": text}
