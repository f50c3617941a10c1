"""From the events of Cohere's chat to ChatDeltas.

Source: spec models-and-tools §1.9, §1.19 (COH); the vendor's reference of streaming.
"""

import msgspec

from treadle.engine.errors import InvokeError, InvokeServerUnavailableError
from treadle.engine.ports import ChatDelta, ChatRequest
from treadle.models.target import Target

from .failures import shorten, unreadable
from .transcript import Transcript, joined

_DONE = b"[DONE]"

_FINISH = {
    "COMPLETE": "stop",
    "STOP_SEQUENCE": "stop",
    "MAX_TOKENS": "length",
    "TOOL_CALL": "tool_calls",
}


class Function(msgspec.Struct):
    """A tool call's name and a piece of its arguments."""

    name: str | None = None
    arguments: str | None = None


class Call(msgspec.Struct):
    """A tool call, or a piece of one."""

    id: str | None = None
    function: Function | None = None


class Content(msgspec.Struct):
    """A piece of text or of thoughts."""

    text: str | None = None
    thinking: str | None = None


class Message(msgspec.Struct):
    """A message, or a piece of one: whole ones have lists, pieces the bare member."""

    content: Content | list[Content] | None = None
    tool_plan: str | None = None
    tool_calls: Call | list[Call] | None = None


class Tokens(msgspec.Struct):
    """Token counts, which the vendor writes as decimals."""

    input_tokens: float | None = None
    output_tokens: float | None = None


class UsageBlock(msgspec.Struct):
    """What the model read and wrote, and what is charged."""

    tokens: Tokens | None = None
    billed_units: Tokens | None = None
    cached_tokens: float | None = None


class Delta(msgspec.Struct):
    """What an event adds."""

    message: Message | None = None
    finish_reason: str | None = None
    usage: UsageBlock | None = None
    error: str | None = None


class Event(msgspec.Struct):
    """An event of a stream, or a whole answer."""

    type: str | None = None
    index: int = 0
    delta: Delta | None = None
    message: Message | str | None = None
    finish_reason: str | None = None
    usage: UsageBlock | None = None


_decode_event = msgspec.json.Decoder(Event).decode


class ReplyReader:
    """Reads one reply, event by event."""

    def __init__(self, target: Target, request: ChatRequest) -> None:
        self._target = target
        self._transcript = Transcript(target, request)
        self.done = False
        """Whether message-end has come."""
        self.failure: InvokeError | None = None
        """Why the reply breaks off after what has been read."""

    @property
    def complete(self) -> bool:
        """Whether the reply has come to its end."""
        return self.done

    def read(self, payloads: list[bytes]) -> list[ChatDelta]:
        """The deltas in these events, up to a failure."""
        deltas: list[ChatDelta] = []
        try:
            for payload in payloads:
                try:
                    event = _decode_event(payload)
                except (msgspec.DecodeError, UnicodeDecodeError) as error:
                    text = payload.strip()
                    if text and text != _DONE:
                        raise unreadable(self._target, payload) from error
                    continue
                self._read_event(event, deltas)
        except InvokeError as error:
            self.failure = error
        return deltas

    def whole(self, body: bytes) -> ChatDelta:
        """The delta of an unstreamed answer. Raises InvokeError."""
        try:
            event = _decode_event(body)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise unreadable(self._target, body) from error
        if not isinstance(event.message, Message):
            raise unreadable(self._target, body)
        deltas: list[ChatDelta] = []
        self._add(event.message, 0, deltas)
        self._finish(Delta(finish_reason=event.finish_reason, usage=event.usage))
        return joined(deltas, self.end())

    def end(self) -> ChatDelta:
        """The last delta: complete tool calls, usage and finish reason."""
        return self._transcript.end()

    def _read_event(self, event: Event, deltas: list[ChatDelta]) -> None:
        delta = event.delta
        if event.type == "message-end":
            self._finish(delta or Delta())
            self.done = True
        elif event.type is None and isinstance(event.message, str):
            raise self._broken_off(event.message)
        elif delta is not None and delta.message is not None:
            self._add(delta.message, event.index, deltas)

    def _add(self, message: Message, index: int, deltas: list[ChatDelta]) -> None:
        """Adds a message or a piece of one; citations stay out of the text."""
        if message.tool_plan:
            self._transcript.think(message.tool_plan, deltas)
        content = message.content
        for piece in content if isinstance(content, list) else [content] if content else ():
            self._transcript.think(piece.thinking or "", deltas)
            self._transcript.say(piece.text or "", deltas)
        calls = message.tool_calls
        for place, call in enumerate(calls if isinstance(calls, list) else [calls] if calls else ()):
            function = call.function or Function()
            if call.id is not None:
                self._transcript.open(index + place, call.id, function.name or "", function.arguments or "")
            else:
                self._transcript.add(index + place, function.arguments or "")

    def _finish(self, end: Delta) -> None:
        reason = end.finish_reason
        if end.error or reason in ("ERROR", "TIMEOUT"):
            raise self._broken_off(end.error or f"it ended with {reason}")
        self._transcript.finish = _FINISH.get(reason, reason) if reason else None
        usage = end.usage or UsageBlock()
        counted = usage.tokens or usage.billed_units or Tokens()
        self._transcript.prompt = int(counted.input_tokens or 0)
        self._transcript.completion = int(counted.output_tokens or 0)
        self._transcript.cached = int(usage.cached_tokens or 0)

    def _broken_off(self, reason: str) -> InvokeError:
        said = shorten(reason)
        return InvokeServerUnavailableError(self._target.says(f"the provider broke the reply off: {said}. Try again."))
