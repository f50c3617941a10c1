"""From the events of a Messages reply to ChatDeltas.

Source: spec models-and-tools §1.9, §1.11, §1.19 (ANT); the vendor's reference of streaming.
"""

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from treadle.engine.errors import InvokeBadRequestError, InvokeError, InvokeServerUnavailableError
from treadle.engine.ports import ChatDelta, ChatRequest, ToolCall
from treadle.models.target import Target

from .anthropic_wire import Block, Delta, ErrorBody, Event, Reply, UsageBlock, decode_event
from .cost import cost_of
from .exchange import unexplained
from .failures import refusal, shorten, unreadable

_FINISH = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "pause_turn": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}

_STATUS = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "api_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}


@dataclass(slots=True)
class OpenCall:
    """A tool call that is still arriving."""

    id: str
    name: str
    whole: str
    pieces: list[str] = field(default_factory=list[str])

    @property
    def arguments(self) -> str:
        """The JSON text so far; what came in pieces counts for more than what the block began with."""
        return "".join(self.pieces) or self.whole or "{}"


@dataclass(slots=True)
class Thought:
    """A block of thoughts, `data` where the provider shows none of them."""

    pieces: list[str] = field(default_factory=list[str])
    signature: str = ""
    data: str = ""

    def block(self) -> dict[str, str]:
        """The block as the provider wants it back."""
        if self.data:
            return {"type": "redacted_thinking", "data": self.data}
        return {"type": "thinking", "thinking": "".join(self.pieces), "signature": self.signature}


class ReplyReader:
    """Reads one reply, event by event; knows at the end what it cost and whether it was complete."""

    def __init__(self, target: Target, request: ChatRequest) -> None:
        self._target = target
        self._request = request
        self._started = time.perf_counter()
        self._first: float | None = None
        self._said: list[str] = []
        self._calls: dict[int, OpenCall] = {}
        self._thoughts: dict[int, Thought] = {}
        self._usage = UsageBlock()
        self._finish: str | None = None
        self.done = False
        """Whether message_stop has come."""
        self.failure: InvokeError | None = None
        """Why the reply breaks off after what has been read."""

    @property
    def complete(self) -> bool:
        """Whether the reply has come to its end, with or without message_stop."""
        return self.done or self._finish is not None

    def read(self, payloads: list[bytes]) -> list[ChatDelta]:
        """The deltas in these events, up to a failure."""
        deltas: list[ChatDelta] = []
        try:
            for payload in payloads:
                try:
                    event = decode_event(payload)
                except (msgspec.DecodeError, UnicodeDecodeError) as error:
                    if payload.strip():
                        raise unreadable(self._target, payload) from error
                    continue
                if event.type == "content_block_delta" and event.delta is not None:
                    self._read_delta(event.index, event.delta, deltas)
                else:
                    self._read_event(event, deltas)
        except InvokeError as error:
            self.failure = error
        return deltas

    def whole(self, body: bytes) -> ChatDelta:
        """The delta of an unstreamed answer. Raises InvokeError."""
        try:
            event = decode_event(body)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise unreadable(self._target, body) from error
        if event.error is not None:
            raise stream_error(self._target, event.error)
        if event.type != "message":
            raise unreadable(self._target, body)
        deltas: list[ChatDelta] = []
        self._begin(Reply(event.content, event.stop_reason, event.usage), deltas)
        last = self.end()
        return msgspec.structs.replace(
            last,
            text="".join(delta.text for delta in deltas),
            reasoning="".join(delta.reasoning for delta in deltas),
        )

    def end(self) -> ChatDelta:
        """The last delta: complete tool calls, usage (counted here if the provider did not) and finish reason."""
        signed = [thought.block() for thought in self._thoughts.values() if thought.signature or thought.data]
        carried = msgspec.json.encode(signed).decode() if signed else ""
        calls = tuple(
            ToolCall(call.id or f"toolu_{secrets.token_hex(8)}", call.name, call.arguments, "" if place else carried)
            for place, call in enumerate(self._calls.values())
        )
        read, written = self._usage.cache_read_input_tokens or 0, self._usage.cache_creation_input_tokens or 0
        usage = cost_of(
            self._target,
            self._request,
            said=self._said,
            calls=calls,
            started=self._started,
            first=self._first,
            prompt=(self._usage.input_tokens or 0) + read + written,
            completion=self._usage.output_tokens or 0,
            cached=read,
            written=written,
        )
        reason = self._finish or ("tool_use" if calls else "end_turn")
        return ChatDelta(tool_calls=calls, usage=usage, finish_reason=_FINISH.get(reason, reason))

    def _read_delta(self, index: int, delta: Delta, deltas: list[ChatDelta]) -> None:
        if delta.text:
            self._say(delta.text, deltas)
        elif delta.partial_json is not None:
            call = self._calls.get(index)
            if call is not None:
                call.pieces.append(delta.partial_json)
        elif delta.thinking:
            self._thoughts.setdefault(index, Thought()).pieces.append(delta.thinking)
            self._think(delta.thinking, deltas)
        elif delta.signature:
            self._thoughts.setdefault(index, Thought()).signature += delta.signature

    def _read_event(self, event: Event, deltas: list[ChatDelta]) -> None:
        match event.type:
            case "content_block_start":
                if event.content_block is not None:
                    self._open(event.index, event.content_block, deltas)
            case "message_start":
                if isinstance(event.message, Reply):
                    self._begin(event.message, deltas)
            case "message_delta":
                self._count(event.usage)
                self._finish = (event.delta.stop_reason if event.delta else None) or self._finish
            case "message_stop":
                self.done = True
            case _:
                if event.error is not None:
                    raise stream_error(self._target, event.error)

    def _begin(self, reply: Reply, deltas: list[ChatDelta]) -> None:
        self._count(reply.usage)
        for index, block in enumerate(reply.content or ()):
            self._open(index, block, deltas)
        self._finish = reply.stop_reason or self._finish

    def _open(self, index: int, block: Block, deltas: list[ChatDelta]) -> None:
        match block.type:
            case "text":
                if block.text:
                    self._say(block.text, deltas)
            case "tool_use":
                whole = msgspec.json.encode(block.input).decode() if block.input else ""
                self._calls[index] = OpenCall(block.id or "", block.name or "", whole)
            case "thinking":
                thinking = block.thinking or ""
                self._thoughts[index] = Thought([thinking] if thinking else [], block.signature or "")
                if thinking:
                    self._think(thinking, deltas)
            case "redacted_thinking":
                self._thoughts[index] = Thought(data=block.data or "")
            case _:
                return  # blocks of tools that run at the provider

    def _say(self, text: str, deltas: list[ChatDelta]) -> None:
        if self._first is None:
            self._first = time.perf_counter()
        self._said.append(text)
        deltas.append(ChatDelta(text=text))

    def _think(self, text: str, deltas: list[ChatDelta]) -> None:
        if self._first is None:
            self._first = time.perf_counter()
        self._said.append(text)
        deltas.append(ChatDelta(reasoning=text))

    def _count(self, usage: UsageBlock | None) -> None:
        """Counts of later events stand for the whole reply; members that they leave out stay."""
        if usage is None:
            return
        known = self._usage
        self._usage = UsageBlock(
            _later(usage.input_tokens, known.input_tokens),
            _later(usage.output_tokens, known.output_tokens),
            _later(usage.cache_creation_input_tokens, known.cache_creation_input_tokens),
            _later(usage.cache_read_input_tokens, known.cache_read_input_tokens),
        )


def _later(new: int | None, known: int | None) -> int | None:
    return known if new is None else new


def stream_error(target: Target, error: ErrorBody | str) -> InvokeError:
    """The error for an error object where a reply should be."""
    if isinstance(error, str):
        error = ErrorBody(message=error)
    said = shorten(error.message or error.type or "no reason given")
    status = _STATUS.get(error.type)
    if status == 400:
        return InvokeBadRequestError(
            target.says(f"the provider refused the request: {said}. Change the prompt or the model's parameters.")
        )
    if status is not None and status < 500:
        return refusal(target, status, said, {})
    return InvokeServerUnavailableError(target.says(f"the provider broke the reply off: {said}. Try again."))


def refused(target: Target, status: int, body: bytes, headers: Mapping[str, str]) -> InvokeError:
    """The error for an answer with this status."""
    try:
        error = decode_event(body).error
    except (msgspec.DecodeError, UnicodeDecodeError):
        error = None
    if error is None:
        return unexplained(target, status, body, headers)
    reason = error if isinstance(error, str) else error.message or error.type
    return refusal(target, status, reason, headers)
