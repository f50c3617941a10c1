"""From the events of ConverseStream, or the answer of Converse, to ChatDeltas.

Source: spec models-and-tools §1.9, §1.11; the vendor's reference of Converse.
"""

import msgspec

from treadle.engine.errors import (
    InvokeBadRequestError,
    InvokeError,
    InvokeRateLimitError,
    InvokeServerUnavailableError,
)
from treadle.engine.ports import ChatDelta, ChatRequest
from treadle.models.target import Target

from .failures import shorten, unreadable
from .transcript import Transcript, joined

_FINISH = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "content_filtered": "content_filter",
    "guardrail_intervened": "content_filter",
}


class Wire(msgspec.Struct, rename="camel"):
    """What the vendor spells in camel case."""


class ToolUse(Wire):
    """A tool call: `input` is a piece of JSON text while streaming, an object else."""

    tool_use_id: str = ""
    name: str = ""
    input: msgspec.Raw = msgspec.Raw(b'""')


class ReasoningText(Wire):
    """Whole thoughts."""

    text: str = ""
    signature: str | None = None


class Reasoning(Wire):
    """Thoughts, or a piece of them."""

    text: str | None = None
    signature: str | None = None
    redacted_content: str | None = None
    reasoning_text: ReasoningText | None = None


class Block(Wire):
    """A block of the reply, or a piece of one."""

    text: str | None = None
    tool_use: ToolUse | None = None
    reasoning_content: Reasoning | None = None


class BlockEvent(Wire):
    """The start or a piece of a block."""

    content_block_index: int = 0
    start: Block | None = None
    delta: Block | None = None


class Stop(Wire):
    """The end of the message."""

    stop_reason: str = "end_turn"


class UsageBlock(Wire):
    """Token counts; those of the cache are not among the input tokens."""

    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_input_tokens: int | None = None
    cache_write_input_tokens: int | None = None


class Metadata(Wire):
    """What the reply cost."""

    usage: UsageBlock | None = None


class Broken(Wire):
    """Why the reply breaks off."""

    message: str = "no reason given"
    code: str | None = None


class Event(Wire):
    """One event: one of the members."""

    content_block_start: BlockEvent | None = None
    content_block_delta: BlockEvent | None = None
    message_stop: Stop | None = None
    metadata: Metadata | None = None
    internal_server_exception: Broken | None = None
    model_stream_error_exception: Broken | None = None
    service_unavailable_exception: Broken | None = None
    throttling_exception: Broken | None = None
    validation_exception: Broken | None = None
    error: Broken | None = None


class Message(Wire):
    """A whole message."""

    content: list[Block] = []


class Output(Wire):
    """What the model said."""

    message: Message | None = None


class Answer(Wire):
    """The answer of Converse."""

    output: Output
    stop_reason: str = "end_turn"
    usage: UsageBlock | None = None


_decode_event = msgspec.json.Decoder(Event).decode
_decode_answer = msgspec.json.Decoder(Answer).decode
_decode_text = msgspec.json.Decoder(str).decode


class ReplyReader:
    """Reads one reply, event by event."""

    def __init__(self, target: Target, request: ChatRequest) -> None:
        self._target = target
        self._transcript = Transcript(target, request)
        self._thoughts: dict[int, Reasoning] = {}
        self._stopped = False
        self.done = False
        """Whether the last event has come."""
        self.failure: InvokeError | None = None
        """Why the reply breaks off after what has been read."""

    @property
    def complete(self) -> bool:
        """Whether the reply has come to its end."""
        return self._stopped

    def read(self, payloads: list[bytes]) -> list[ChatDelta]:
        """The deltas in these events, up to a failure."""
        deltas: list[ChatDelta] = []
        try:
            for payload in payloads:
                try:
                    event = _decode_event(payload)
                except (msgspec.DecodeError, UnicodeDecodeError) as error:
                    raise unreadable(self._target, payload) from error
                piece = event.content_block_delta
                if piece is not None and piece.delta is not None:
                    self._read_delta(piece.content_block_index, piece.delta, deltas)
                else:
                    self._read_event(event)
        except InvokeError as error:
            self.failure = error
        return deltas

    def whole(self, body: bytes) -> ChatDelta:
        """The delta of an unstreamed answer. Raises InvokeError."""
        try:
            answer = _decode_answer(body)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise unreadable(self._target, body) from error
        deltas: list[ChatDelta] = []
        for place, block in enumerate((answer.output.message or Message()).content):
            if block.tool_use is not None:
                use = block.tool_use
                self._transcript.open(place, use.tool_use_id, use.name, bytes(use.input).decode())
            elif block.reasoning_content is not None:
                thought = block.reasoning_content
                whole = thought.reasoning_text or ReasoningText()
                self._thoughts[place] = Reasoning(whole.text, whole.signature, thought.redacted_content)
                self._transcript.think(whole.text, deltas)
            else:
                self._transcript.say(block.text or "", deltas)
        self._stop(answer.stop_reason)
        self._count(answer.usage)
        return joined(deltas, self.end())

    def end(self) -> ChatDelta:
        """The last delta: complete tool calls with the signed thoughts before them, usage and finish reason."""
        signed = [
            {"redactedContent": each.redacted_content}
            if each.redacted_content
            else {"reasoningText": {"text": each.text or "", "signature": each.signature}}
            for each in self._thoughts.values()
            if each.signature or each.redacted_content
        ]
        return self._transcript.end(msgspec.json.encode(signed).decode() if signed else "")

    def _read_delta(self, index: int, delta: Block, deltas: list[ChatDelta]) -> None:
        if delta.text:
            self._transcript.say(delta.text, deltas)
        elif delta.tool_use is not None:
            self._transcript.add(index, _decode_text(delta.tool_use.input))
        elif delta.reasoning_content is not None:
            piece = delta.reasoning_content
            thought = self._thoughts.setdefault(index, Reasoning(""))
            thought.text = (thought.text or "") + (piece.text or "")
            thought.signature = (thought.signature or "") + (piece.signature or "")
            thought.redacted_content = (thought.redacted_content or "") + (piece.redacted_content or "")
            self._transcript.think(piece.text or "", deltas)

    def _read_event(self, event: Event) -> None:
        start = event.content_block_start
        if start is not None:
            if start.start is not None and start.start.tool_use is not None:
                use = start.start.tool_use
                self._transcript.open(start.content_block_index, use.tool_use_id, use.name)
        elif event.message_stop is not None:
            self._stop(event.message_stop.stop_reason)
        elif event.metadata is not None:
            self._count(event.metadata.usage)
            self.done = self._stopped
        else:
            self._fail(event)

    def _stop(self, reason: str) -> None:
        self._stopped = True
        self._transcript.finish = _FINISH.get(reason, reason)

    def _count(self, usage: UsageBlock | None) -> None:
        if usage is None:
            return
        read, written = usage.cache_read_input_tokens or 0, usage.cache_write_input_tokens or 0
        self._transcript.prompt = usage.input_tokens + read + written
        self._transcript.completion = usage.output_tokens
        self._transcript.cached, self._transcript.written = read, written

    def _fail(self, event: Event) -> None:
        """Raises the InvokeError of an exception; other events say nothing that is needed."""
        if event.throttling_exception is not None:
            said = shorten(event.throttling_exception.message)
            raise InvokeRateLimitError(
                self._target.says(f"AWS's limit for this model is used up: {said}. Try again later.")
            )
        if event.validation_exception is not None:
            said = shorten(event.validation_exception.message)
            raise InvokeBadRequestError(
                self._target.says(f"AWS refused the request: {said}. Change the prompt or the model's parameters.")
            )
        other = (
            event.internal_server_exception
            or event.model_stream_error_exception
            or event.service_unavailable_exception
            or event.error
        )
        if other is not None:
            said = shorten(other.message)
            raise InvokeServerUnavailableError(self._target.says(f"AWS broke the reply off: {said}. Try again."))
