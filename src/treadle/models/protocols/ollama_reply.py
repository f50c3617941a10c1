"""From the lines of Ollama's replies to ChatDeltas.

Source: spec models-and-tools §1.9, §1.19 (OLL); the server's reference of its API.
"""

import msgspec

from treadle.engine.errors import InvokeError, InvokeServerUnavailableError
from treadle.engine.ports import ChatDelta, ChatRequest
from treadle.models.target import Target

from .failures import shorten, unreadable
from .transcript import Transcript, joined


class Function(msgspec.Struct):
    """A whole call: its arguments are an object, sent on as the server wrote it."""

    name: str
    arguments: msgspec.Raw = msgspec.Raw(b"{}")


class Call(msgspec.Struct):
    """A tool call."""

    function: Function
    id: str | None = None


class Message(msgspec.Struct):
    """A piece of the reply."""

    content: str | None = None
    thinking: str | None = None
    tool_calls: list[Call] | None = None


class Line(msgspec.Struct):
    """A line of a stream, or a whole answer. `response` is the text of generate."""

    message: Message | None = None
    response: str | None = None
    thinking: str | None = None
    done: bool = False
    done_reason: str | None = None
    prompt_eval_count: int | None = None
    eval_count: int | None = None
    error: str | None = None


_decode_line = msgspec.json.Decoder(Line).decode


class ReplyReader:
    """Reads one reply, line by line."""

    def __init__(self, target: Target, request: ChatRequest) -> None:
        self._target = target
        self._transcript = Transcript(target, request)
        self._calls = 0
        self.done = False
        """Whether the line that says so has come."""
        self.failure: InvokeError | None = None
        """Why the reply breaks off after what has been read."""

    @property
    def complete(self) -> bool:
        """Whether the reply has come to its end."""
        return self.done

    def read(self, payloads: list[bytes]) -> list[ChatDelta]:
        """The deltas in these lines, up to a failure."""
        deltas: list[ChatDelta] = []
        try:
            for payload in payloads:
                try:
                    line = _decode_line(payload)
                except (msgspec.DecodeError, UnicodeDecodeError) as error:
                    if payload.strip():
                        raise unreadable(self._target, payload) from error
                    continue
                self._read_line(line, deltas)
        except InvokeError as error:
            self.failure = error
        return deltas

    def whole(self, body: bytes) -> ChatDelta:
        """The delta of an unstreamed answer. Raises InvokeError."""
        deltas = self.read([body])
        if self.failure is not None:
            raise self.failure
        if not self.done:
            raise unreadable(self._target, body)
        return joined(deltas, self.end())

    def end(self) -> ChatDelta:
        """The last delta: complete tool calls, usage and finish reason."""
        return self._transcript.end()

    def _read_line(self, line: Line, deltas: list[ChatDelta]) -> None:
        if line.error is not None:
            said = shorten(line.error)
            raise InvokeServerUnavailableError(self._target.says(f"the server broke the reply off: {said}. Try again."))
        message = line.message or Message(line.response, line.thinking)
        self._transcript.think(message.thinking or "", deltas)
        self._transcript.say(message.content or "", deltas)
        for call in message.tool_calls or ():
            self._transcript.open(
                self._calls, call.id or "", call.function.name, bytes(call.function.arguments).decode()
            )
            self._calls += 1
        if line.done:
            self.done = True
            self._transcript.prompt = line.prompt_eval_count or 0
            self._transcript.completion = line.eval_count or 0
            if not self._calls:
                self._transcript.finish = line.done_reason or "stop"
