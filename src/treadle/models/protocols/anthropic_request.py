"""From a ChatRequest to the body of a Messages request.

Source: spec models-and-tools §1.7, §1.19 (ANT); the vendor's API reference.
"""

import base64
import binascii
import re
from collections.abc import Iterator, Sequence

import msgspec

from treadle.engine.errors import InvokeBadRequestError
from treadle.engine.ports import ChatRequest, Message, Part, ToolSpec
from treadle.engine.values import JsonValue
from treadle.models.target import Target

from .anthropic_schema import closed
from .request_values import ANSWER_WITH_JSON, arguments_of, mentions_json, schema_of, text_of

Body = dict[str, JsonValue]

DEFAULT_MAX_TOKENS = 4096
"""The API wants a limit with every call; this one where neither app nor catalogue gives any."""

SAMPLING = ("temperature", "top_p", "top_k")
"""Parameters that the current version of the API refuses; calls that carry one speak the version before."""

LEFT_OUT = "[The conversation began before this.]"
"""The user's turn before a conversation that begins with the assistant's: the API wants the user's first."""

_IMAGES = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
_ODD_IN_ID = re.compile(r"[^a-zA-Z0-9_-]")
_LEAST_BUDGET = 1024


def messages_body(target: Target, request: ChatRequest, *, stream: bool) -> Body:
    """The body for `/v1/messages`. Raises InvokeBadRequestError for what cannot be sent."""
    given: Body = {name: value for name, value in request.parameters.items() if value is not None}
    limit = given.pop("max_tokens", None) or given.pop("max_output_tokens", None)
    limit = limit if isinstance(limit, int) else DEFAULT_MAX_TOKENS
    body: Body = {"model": target.upstream, "max_tokens": limit}
    thinking = _thinking(target, given, limit)
    system = _system(request, json=given.get("response_format") == "json_object")
    turns = [each for each in request.messages if each.role != "system"]
    replay = thinking is None or thinking["type"] != "disabled"
    messages, replayed = _turns(target, turns, replay=replay)
    if not messages:
        # A prompt of nothing but a system message is the question itself.
        messages.append({"role": "user", "content": system or " "})
        system = ""
    body["messages"] = messages
    if system:
        body["system"] = system
    if replayed and target.settings.get("binds_thinking") is True:
        # The agent shortens what stands before its thoughts, which such models take for another conversation.
        thinking = thinking or {"type": "adaptive"}
        thinking["block_binding"] = {"prefix_mismatch_behavior": "drop_block"}
    if thinking is not None:
        body["thinking"] = thinking
    _add_tools(body, request)
    _add_output(target, body, given)
    if request.stop:
        body["stop_sequences"] = [each for each in request.stop if each.strip()]
    if request.user:
        body["metadata"] = {"user_id": request.user}
    ttl = given.pop("prompt_caching", None)
    if isinstance(ttl, str):
        body["cache_control"] = {"type": "ephemeral", "ttl": ttl}
    body.update(_sampling(given, thinking))
    if stream:
        body["stream"] = True
    return body


def _system(request: ChatRequest, *, json: bool) -> str:
    """The texts of all system messages; `json`: any JSON object is wanted, which the API has no parameter for."""
    texts = [text_of(message.content) for message in request.messages if message.role == "system"]
    if json and not mentions_json(request):
        texts.append(ANSWER_WITH_JSON)
    return "\n\n".join(filter(None, texts))


def _thinking(target: Target, given: Body, limit: int) -> Body | None:
    """How the model is to think; None leaves it to the model. Removes the parameters that say so.

    The setting `thinking` of a model is `budget` (thoughts of a given length), `adaptive`, or `always` where they
    cannot be switched off.
    """
    wanted, budget = given.pop("thinking", None), given.pop("thinking_budget", None)
    if wanted is None:
        return None
    style = target.settings.get("thinking", "adaptive")
    if wanted is not True:
        return None if style == "always" else {"type": "disabled"}
    if style != "budget":
        return {"type": "adaptive", "display": "summarized"}
    budget = budget if isinstance(budget, int) else _LEAST_BUDGET
    if limit <= _LEAST_BUDGET:
        raise InvokeBadRequestError(
            target.says(f"thinking takes {_LEAST_BUDGET} tokens or more; set max_tokens above it, or thinking off.")
        )
    return {"type": "enabled", "budget_tokens": max(_LEAST_BUDGET, min(budget, limit - 1))}


def _sampling(given: Body, thinking: Body | None) -> Body:
    """The sampling parameters, none while the model thinks; newer models refuse top_p beside temperature."""
    sampling: Body = {name: given.pop(name) for name in SAMPLING if name in given}
    if thinking is not None and thinking["type"] != "disabled":
        return {}
    if "temperature" in sampling:
        sampling.pop("top_p", None)
    return sampling


def _add_output(target: Target, body: Body, given: Body) -> None:
    """Effort and structured output."""
    output: Body = {}
    effort = given.pop("effort", None)
    if effort is not None:
        output["effort"] = effort
    form, schema = given.pop("response_format", None), given.pop("json_schema", None)
    if form == "json_schema":
        output["format"] = {"type": "json_schema", "schema": closed(schema_of(target, schema))}
    if output:
        body["output_config"] = output


def _add_tools(body: Body, request: ChatRequest) -> None:
    """The tools offered. Where none are, those of earlier turns stand there and may not be called: the API wants to
    know every tool that a conversation names."""
    tools: list[JsonValue] = [_tool(tool) for tool in request.tools]
    if not tools:
        names = dict.fromkeys(call.name for message in request.messages for call in message.tool_calls)
        tools = [{"name": name, "input_schema": {"type": "object"}} for name in names]
        if tools:
            body["tool_choice"] = {"type": "none"}
    if tools:
        body["tools"] = tools


def _tool(tool: ToolSpec) -> Body:
    schema: Body = {**tool.parameters} if tool.parameters else {"properties": {}}
    declared: Body = {"name": tool.name, "input_schema": {"type": "object", **schema}}
    if tool.description:
        declared["description"] = tool.description
    return declared


def _turns(target: Target, messages: Sequence[Message], *, replay: bool) -> tuple[list[JsonValue], bool]:
    """The turns, the user's and the assistant's by turns, and whether thoughts are among them."""
    turns: list[tuple[str, list[JsonValue]]] = []
    replayed = False
    for message in messages:
        role = "assistant" if message.role == "assistant" else "user"
        thoughts = list(_thoughts(message)) if replay else []
        replayed = replayed or bool(thoughts)
        blocks = [*thoughts, *_blocks(target, message)]
        if not blocks:
            continue
        if turns and turns[-1][0] == role:
            turns[-1][1].extend(blocks)
        else:
            turns.append((role, blocks))
    if turns and turns[0][0] == "assistant":
        turns.insert(0, ("user", [_text_block(LEFT_OUT)]))
    if turns and turns[-1][0] == "assistant":
        _strip_end(turns[-1][1])
    return [{"role": role, "content": _short(blocks)} for role, blocks in turns], replayed


def _short(blocks: list[JsonValue]) -> JsonValue:
    """The text itself where there is one block of nothing but text."""
    match blocks:
        case [{"type": "text", "text": str(text)}]:
            return text
        case _:
            return blocks


def _strip_end(blocks: list[JsonValue]) -> None:
    """A reply that is to be continued may not end with white space."""
    match blocks[-1]:
        case {"type": "text", "text": str(text)} if text.strip():
            blocks[-1] = _text_block(text.rstrip())
        case _:
            return


def _thoughts(message: Message) -> Iterator[JsonValue]:
    """The signed thoughts before the calls of this turn."""
    for call in message.tool_calls:
        if call.carried.startswith("["):
            for block in msgspec.json.decode(call.carried, type=list[dict[str, str]]):
                yield {**block}


def _blocks(target: Target, message: Message) -> Iterator[JsonValue]:
    if message.role == "tool":
        result: Body = {"type": "tool_result", "tool_use_id": _id(message.tool_call_id or "")}
        if content := list(_parts(target, message)):
            result["content"] = _short(content)
        yield result
        return
    yield from _parts(target, message)
    for call in message.tool_calls:
        yield {"type": "tool_use", "id": _id(call.id), "name": call.name, "input": arguments_of(call)}


def _id(call_id: str) -> str:
    """Ids of other providers and of past turns, with nothing in them that the API refuses."""
    return _ODD_IN_ID.sub("_", call_id) or "call"


def _parts(target: Target, message: Message) -> Iterator[JsonValue]:
    """The parts as blocks; empty texts, which the API refuses, are left out."""
    if isinstance(message.content, str):
        if message.content.strip():
            yield _text_block(message.content)
        return
    for part in message.content:
        if part.type != "text":
            if message.role != "assistant":
                yield _media(target, part)
        elif part.text.strip():
            yield _text_block(part.text)


def _media(target: Target, part: Part) -> Body:
    if part.type == "image":
        if not part.url and part.mime_type not in _IMAGES:
            raise InvokeBadRequestError(
                target.says(f"images of type {part.mime_type!r} cannot be sent; use JPEG, PNG, GIF or WebP.")
            )
        return {"type": "image", "source": _source(part, part.mime_type)}
    if part.type == "document":
        document: Body = {"type": "document", "source": _document_source(target, part)}
        if part.filename:
            document["title"] = part.filename
        return document
    raise InvokeBadRequestError(target.says(f"this provider takes no {part.type}; leave it out of the prompt."))


def _document_source(target: Target, part: Part) -> Body:
    pdf = part.mime_type == "application/pdf" or part.format == "pdf"
    if pdf or part.url:
        return _source(part, "application/pdf")
    if not part.mime_type.startswith("text/"):
        raise InvokeBadRequestError(
            target.says(f"documents of type {part.mime_type!r} cannot be sent; use PDF or plain text.")
        )
    try:
        text = base64.b64decode(part.data).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise InvokeBadRequestError(target.says(f"the text document cannot be read: {error}.")) from error
    return {"type": "text", "media_type": "text/plain", "data": text}


def _source(part: Part, media_type: str) -> Body:
    if part.url:
        return {"type": "url", "url": part.url}
    return {"type": "base64", "media_type": media_type, "data": part.data}


def _text_block(text: str) -> Body:
    return {"type": "text", "text": text}
