"""A strict server of the Messages API whose answers are scripted: it refuses what the vendor would."""

import asyncio
import itertools
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from tests.doubles.http_double import RECORDED, HttpDouble, Refused
from tests.doubles.openai_wire import tokens_of
from tests.doubles.recording import JsonValue, Request
from tests.doubles.script import ModelScript, Reply, StreamStyle

Event = dict[str, Any]

VERSIONS = {"2026-10-21": "messages", "2023-06-01": "messages_with_sampling"}
BINDING = "thinking-binding-controls-2026-08-01"
_STOP = {"length": "max_tokens", "content_filter": "refusal", "stop": "end_turn"}
_ERRORS = {
    400: "invalid_request_error", 401: "authentication_error", 403: "permission_error", 404: "not_found_error",
    413: "request_too_large", 429: "rate_limit_error", 529: "overloaded_error",
}  # fmt: skip


@dataclass(frozen=True)
class ClaudeStyle:
    """What streams of this vendor do besides: how many pieces a tool's arguments come in (0: whole, with the block's
    beginning), tokens read from the cache and written to it, and thoughts that are not shown."""

    argument_pieces: int = 3
    cache_read: int = 0
    cache_written: int = 0
    redacted: bool = False


class ScriptedClaude(ModelScript, HttpDouble):
    """The API under `url`, which ends with `/v1`."""

    def __init__(self, *, key: str = "sk-ant-scripted") -> None:
        ModelScript.__init__(self)
        HttpDouble.__init__(self)
        self.key = key
        self.claude_style = ClaudeStyle()
        self.model_pages: list[list[Event]] = [[{"type": "model", "id": "claude-a", "display_name": "Claude A"}]]
        self._ids = itertools.count(1)

    @property
    def url(self) -> str:
        return f"{self.origin}/v1"

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/v1/messages", self._messages), web.get("/v1/models", self._models)]

    def admit(self, recorded: Request) -> None:
        if self.key not in (recorded.headers.get("x-api-key"), recorded.bearer):
            raise Refused(401, "invalid x-api-key", kind="auth")
        if recorded.headers.get("anthropic-version") not in VERSIONS:
            raise Refused(400, "anthropic-version: header is required")
        self._fail_if_told(recorded)

    def _fail_if_told(self, recorded: Request) -> None:
        failure = self.next_failure(recorded)
        if failure is not None:
            headers = {} if failure.retry_after is None else {"retry-after": f"{failure.retry_after:g}"}
            raise Refused(failure.status, failure.message, kind=None, code=failure.code, headers=headers)

    def error_body(self, refused: Refused) -> JsonValue:
        return error_event(refused.code or _ERRORS.get(refused.status, "api_error"), refused.message)

    async def _messages(self, request: web.Request) -> web.StreamResponse:
        recorded = request[RECORDED]
        schema = VERSIONS[recorded.headers["anthropic-version"]]
        if BINDING in recorded.headers.get("anthropic-beta", ""):
            schema = "messages_with_binding"
        body = self.json_body(recorded, f"anthropic/{schema}")
        check(body)
        return await self.answer(request, body)

    async def answer(self, request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        """The scripted answer, streamed if the body says so."""
        reply = self.next_reply(request[RECORDED]) or Reply("Hello")
        message = self._message(reply, body)
        hang = self.next_hang()
        if not body.get("stream"):
            return web.json_response(message)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream; charset=utf-8"})
        await response.prepare(request)
        for count, event in enumerate(events(message, reply, self.style, self.claude_style)):
            if hang is not None and count == (hang.after_events or 0):
                await asyncio.Event().wait()
            if count == self.style.cut_after and request.transport is not None:
                request.transport.close()
                return response
            if count == self.style.error_after:
                event = error_event("overloaded_error", "Overloaded")
            await write(response, f"event: {event['type']}", event, self.style)
            if event["type"] == "error":
                break
        return response

    def _message(self, reply: Reply, body: dict[str, Any]) -> Event:
        style, content = self.claude_style, list[Event]()
        if style.redacted:
            content.append({"type": "redacted_thinking", "data": "c2VjcmV0"})
        if reply.reasoning:
            content.append({"type": "thinking", "thinking": reply.reasoning, "signature": f"signed:{reply.reasoning}"})
        if reply.text:
            content.append({"type": "text", "text": reply.text})
        for call in reply.tool_calls:
            given = json.loads(call.arguments_text)
            content.append({"type": "tool_use", "id": f"toolu_{next(self._ids)}", "name": call.name, "input": given})
        spoken = reply.text + reply.reasoning + "".join(call.name + call.arguments_text for call in reply.tool_calls)
        stop = "tool_use" if reply.tool_calls else "end_turn"
        return {
            "id": f"msg_{next(self._ids)}",
            "type": "message",
            "role": "assistant",
            "model": body["model"],
            "content": content,
            "stop_reason": _STOP.get(reply.finish_reason or "", stop),
            "stop_sequence": None,
            "usage": {
                "input_tokens": len(tokens_of(json.dumps(body["messages"]))),
                "cache_creation_input_tokens": style.cache_written,
                "cache_read_input_tokens": style.cache_read,
                "output_tokens": len(tokens_of(spoken)),
            },
        }

    async def _models(self, request: web.Request) -> web.StreamResponse:
        after = request.query.get("after_id")
        place = 1 + next((at for at, page in enumerate(self.model_pages) if page[-1]["id"] == after), -1)
        page = self.model_pages[place]
        more = place + 1 < len(self.model_pages)
        return web.json_response({"data": page, "has_more": more, "first_id": page[0]["id"], "last_id": page[-1]["id"]})


def error_event(kind: str, message: str) -> Event:
    """The error object, as a body and as an event."""
    return {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_1"}


def events(message: Event, reply: Reply, style: StreamStyle, claude: ClaudeStyle) -> Iterator[Event]:
    """The events of a streamed message."""
    begun = {**message, "content": [], "stop_reason": None, "usage": {**message["usage"], "output_tokens": 1}}
    yield {"type": "message_start", "message": begun}
    for index, block in enumerate(message["content"]):
        start, deltas = _pieces(block, reply, claude)
        yield {"type": "content_block_start", "index": index, "content_block": start}
        yield {"type": "ping"}
        for delta in deltas:
            if style.empty_deltas:
                yield {"type": "content_block_delta", "index": index, "delta": {**delta, _member(delta): ""}}
            yield {"type": "content_block_delta", "index": index, "delta": delta}
        yield {"type": "content_block_stop", "index": index}
    delta = {"stop_reason": message["stop_reason"], "stop_sequence": None}
    yield {"type": "message_delta", "delta": delta, "usage": {"output_tokens": message["usage"]["output_tokens"]}}
    yield {"type": "message_stop"}


def _member(delta: Event) -> str:
    return next(name for name in delta if name != "type")


def _pieces(block: Event, reply: Reply, claude: ClaudeStyle) -> tuple[Event, list[Event]]:
    """How a block begins, and what is added to it."""
    match block["type"]:
        case "text":
            texts = reply.chunks or tokens_of(block["text"])
            return {"type": "text", "text": ""}, [{"type": "text_delta", "text": text} for text in texts]
        case "thinking":
            deltas = [{"type": "thinking_delta", "thinking": text} for text in tokens_of(block["thinking"])]
            signed = {"type": "signature_delta", "signature": block["signature"]}
            return {"type": "thinking", "thinking": "", "signature": ""}, [*deltas, signed]
        case "tool_use" if claude.argument_pieces:
            text = json.dumps(block["input"], ensure_ascii=False)
            deltas = [{"type": "input_json_delta", "partial_json": each} for each in cut(text, claude.argument_pieces)]
            return {**block, "input": {}}, deltas
        case _:
            return block, []


def cut(text: str, count: int) -> list[str]:
    """The text in `count` pieces or fewer."""
    size = -(-len(text) // count)
    return [text[at : at + size] for at in range(0, len(text), size)]


async def write(response: web.StreamResponse, head: str, event: Event, style: StreamStyle) -> None:
    """Writes one event in this style."""
    end = style.line_end
    comment = f": keep-alive{end}{end}" if style.keep_alive_comments else ""
    space = " " if style.space_after_colon else ""
    lines = f"{comment}{head + end if head else ''}data:{space}{json.dumps(event, ensure_ascii=False)}{end}{end}"
    data = lines.encode()
    if not style.split_bytes:
        await response.write(data)
        return
    middle = next((at + 1 for at, byte in enumerate(data) if byte > 127), len(data) // 2)
    for piece in (data[:middle], data[middle:]):
        await response.write(piece)
        await asyncio.sleep(0.001)  # lets the pieces travel as packets of their own


def check(body: dict[str, Any]) -> None:
    """What the vendor demands beyond the schema. Raises Refused."""
    messages: Sequence[Event] = body["messages"]
    if not messages or messages[0]["role"] != "user":
        raise Refused(400, 'messages: first message must use the "user" role')
    open_calls: set[str] = set()
    declared = {tool["name"] for tool in body.get("tools", ())}
    for place, message in enumerate(messages):
        content = message["content"]
        blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
        if not blocks:
            raise Refused(400, f"messages.{place}: content may not be empty")
        results = {block["tool_use_id"] for block in blocks if block["type"] == "tool_result"}
        if results != open_calls:
            raise Refused(400, f"messages.{place}: tool_use ids without tool_result, or the other way round")
        open_calls = {block["id"] for block in blocks if block["type"] == "tool_use"}
        for block in blocks:
            if block["type"] == "text" and not block["text"].strip():
                raise Refused(400, f"messages.{place}: text content blocks must contain non-whitespace text")
            if block["type"] == "tool_use" and block["name"] not in declared:
                raise Refused(400, "Requests which include `tool_use` blocks must define tools")
    if messages[-1]["role"] == "assistant" and str(messages[-1]["content"]).endswith(" "):
        raise Refused(400, "messages: final assistant content cannot end with trailing whitespace")
    if any(tool["input_schema"].get("type") != "object" for tool in body.get("tools", ())):
        raise Refused(400, "tools: input_schema.type: Field required")
    if any(not each.strip() for each in body.get("stop_sequences", ())):
        raise Refused(400, "stop_sequences: each stop sequence must contain non-whitespace")
    thinking = body.get("thinking") or {}
    if thinking.get("type") == "enabled" and not 1024 <= thinking["budget_tokens"] < body["max_tokens"]:
        raise Refused(400, "max_tokens must be greater than thinking.budget_tokens, which must be 1024 or more")
    if "temperature" in body and "top_p" in body:
        raise Refused(400, "temperature and top_p cannot both be specified for this model")
