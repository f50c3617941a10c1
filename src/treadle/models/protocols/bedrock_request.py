"""From a ChatRequest to the body of Converse.

Source: spec models-and-tools §1.7, §1.19 (BED); the vendor's reference of Converse.
"""

import re
from collections.abc import Sequence

import msgspec

from treadle.engine.errors import InvokeBadRequestError
from treadle.engine.ports import ChatRequest, Message, Part
from treadle.engine.values import JsonValue
from treadle.models.target import Target

from .ollama_request import arguments_of
from .openai_request import json_schema, text_of

Body = dict[str, JsonValue]

_INFERENCE = {
    "max_tokens": "maxTokens",
    "max_tokens_to_sample": "maxTokens",
    "temperature": "temperature",
    "top_p": "topP",
}
_FORMATS = {"jpg": "jpeg", "htm": "html", "markdown": "md", "3gp": "three_gp"}
_UNFIT_IN_NAMES = re.compile(r"[^0-9A-Za-z\s()\[\]-]+")


class _Thought(msgspec.Struct, omit_defaults=True, forbid_unknown_fields=True):
    """A signed thought, as it came: `reasoningText` or, sealed, `redactedContent`."""

    reasoningText: dict[str, str] | None = None  # noqa: N815 - the wire's names
    redactedContent: str | None = None  # noqa: N815


_decode_thoughts = msgspec.json.Decoder(list[_Thought]).decode


def converse_body(target: Target, request: ChatRequest) -> Body:
    """The body for Converse and ConverseStream. Raises InvokeBadRequestError for parts that cannot be sent."""
    system: list[JsonValue] = []
    messages: list[Body] = []
    for message in request.messages:
        if message.role == "system":
            if text := text_of(message.content):
                system.append({"text": text})
            continue
        role = "assistant" if message.role == "assistant" else "user"
        blocks = _blocks(target, message)
        if messages and messages[-1]["role"] == role:
            blocks = [*_list(messages.pop()["content"]), *blocks]
        if blocks:
            messages.append({"role": role, "content": blocks})
    body: Body = {"messages": list(messages)}
    if system:
        body["system"] = system
    if tools := _tools(request):
        body["toolConfig"] = {"tools": tools, "toolChoice": {"auto": {}}}
    return body | _parameters(target, request)


def _parameters(target: Target, request: ChatRequest) -> Body:
    """The parameters that all models share under their names here, all others as the model's own."""
    given = {name: value for name, value in request.parameters.items() if value is not None}
    form, schema = given.pop("response_format", None), given.pop("json_schema", None)
    thinks, budget = given.pop("reasoning_type", None), given.pop("reasoning_budget", None)
    inference: Body = {_INFERENCE[name]: given.pop(name) for name in [*given] if name in _INFERENCE}
    if thinks is True:
        given["thinking"] = {"type": "enabled", "budget_tokens": budget if isinstance(budget, int) else 1024}
        for name in ("temperature", "topP"):
            inference.pop(name, None)  # a model that thinks takes neither
        given.pop("top_k", None)
    if request.stop:
        inference["stopSequences"] = list(request.stop)
    sent: Body = {}
    if inference:
        sent["inferenceConfig"] = inference
    if given:
        own: Body = {**given}
        sent["additionalModelRequestFields"] = own
    if form == "json_schema":
        wrapped = json_schema(target, schema)
        text = msgspec.json.encode(wrapped.get("schema", wrapped)).decode()
        structure: Body = {"jsonSchema": {"schema": text, "name": str(wrapped.get("name", "reply"))}}
        sent["outputConfig"] = {"textFormat": {"type": "json_schema", "structure": structure}}
    return sent


def _tools(request: ChatRequest) -> list[JsonValue]:
    """The tools that are offered; where none are, those of earlier calls, without which the vendor refuses these."""
    tools: list[JsonValue] = []
    for tool in request.tools:
        spec: Body = {
            "name": tool.name,
            "inputSchema": {"json": tool.parameters or {"type": "object", "properties": {}}},
        }
        if tool.description:
            spec["description"] = tool.description
        tools.append({"toolSpec": spec})
    if tools:
        return tools
    called = dict.fromkeys(call.name for message in request.messages for call in message.tool_calls)
    empty: Body = {"json": {"type": "object", "properties": {}}}
    return [{"toolSpec": {"name": name, "inputSchema": empty}} for name in called]


def _blocks(target: Target, message: Message) -> list[JsonValue]:
    if message.role == "tool":
        result: Body = {"toolUseId": message.tool_call_id or "", "content": [{"text": text_of(message.content)}]}
        return [{"toolResult": result}]
    blocks: list[JsonValue] = []
    for call in message.tool_calls:
        blocks += _thoughts(call.carried)
    if isinstance(message.content, str):
        blocks += _text(message.content)
    else:
        blocks += _parts(target, message.content)
    for call in message.tool_calls:
        blocks.append({"toolUse": {"toolUseId": call.id, "name": call.name, "input": arguments_of(call.arguments)}})
    return blocks


def _thoughts(carried: str) -> list[JsonValue]:
    """Thoughts that this protocol signed; what another one left is none of them."""
    if not carried:
        return []
    try:
        return [{"reasoningContent": msgspec.to_builtins(each)} for each in _decode_thoughts(carried)]
    except msgspec.DecodeError:
        return []


def _parts(target: Target, parts: Sequence[Part]) -> list[JsonValue]:
    blocks: list[JsonValue] = []
    for part in parts:
        if part.type == "text":
            blocks += _text(part.text)
            continue
        if not part.data:
            raise InvokeBadRequestError(
                target.says(
                    f"the {part.type} goes to AWS as data, not as an address; set MULTIMODAL_SEND_FORMAT to base64."
                )
            )
        block: Body = {"format": _format(part), "source": {"bytes": part.data}}
        if part.type == "document":
            block["name"] = _name(part.filename, len(blocks))
        blocks.append({part.type: block})
    return blocks


def _text(text: str) -> list[JsonValue]:
    """A block of text; the vendor refuses blank ones."""
    return [{"text": text}] if text.strip() else []


def _format(part: Part) -> str:
    found = (part.format or part.mime_type.rpartition("/")[2]).lower()
    return _FORMATS.get(found, found)


def _name(filename: str, place: int) -> str:
    """A name as the vendor takes it: a file's own may hold what it refuses, and must not stand twice in a message."""
    stem = _UNFIT_IN_NAMES.sub(" ", filename.rpartition(".")[0] or filename)
    return f"{' '.join(stem.split()) or 'document'} {place + 1}"[-200:]


def _list(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else []
