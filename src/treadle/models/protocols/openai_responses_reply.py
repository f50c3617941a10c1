"""From the events of a Responses call to ChatDeltas.

Source: spec models-and-tools §1.9; the vendor's reference of streaming.
"""

import msgspec

from treadle.engine.errors import InvokeError
from treadle.engine.ports import ChatDelta, ChatRequest
from treadle.models.target import Target

from .failures import unreadable
from .openai_reply import stream_error
from .openai_wire import ErrorBody
from .transcript import Transcript, joined

_FINISH = {"max_output_tokens": "length", "content_filter": "content_filter"}
_TEXT = frozenset({"response.output_text.delta", "response.refusal.delta"})
_THOUGHT = frozenset({"response.reasoning_summary_text.delta", "response.reasoning_text.delta"})
_END = frozenset({"response.completed", "response.incomplete", "response.failed"})


class Piece(msgspec.Struct):
    """A piece of text within an item."""

    type: str | None = None
    text: str | None = None
    refusal: str | None = None


class Item(msgspec.Struct):
    """An item of the reply: a message, a tool call, thoughts."""

    type: str
    id: str | None = None
    call_id: str | None = None
    name: str | None = None
    arguments: str | None = None
    content: list[Piece] | None = None
    summary: list[Piece] | None = None
    encrypted_content: str | None = None


class InputDetails(msgspec.Struct):
    """Tokens that the vendor's cache held, and those that it was made to keep."""

    cached_tokens: int | None = None
    cache_write_tokens: int | None = None


class UsageBlock(msgspec.Struct):
    """Token counts."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    input_tokens_details: InputDetails | None = None


class Incomplete(msgspec.Struct):
    """Why a reply is shorter than it should be."""

    reason: str | None = None


class Response(msgspec.Struct):
    """The reply as a whole."""

    status: str | None = None
    output: list[Item] | None = None
    usage: UsageBlock | None = None
    error: ErrorBody | None = None
    incomplete_details: Incomplete | None = None


class Event(msgspec.Struct):
    """An event of the stream."""

    type: str | None = None
    delta: str | None = None
    arguments: str | None = None
    output_index: int = 0
    summary_index: int = 0
    item: Item | None = None
    response: Response | None = None
    error: ErrorBody | None = None
    message: str | None = None
    code: str | None = None


_decode_event = msgspec.json.Decoder(Event).decode
_decode_response = msgspec.json.Decoder(Response).decode


class ReplyReader:
    """Reads one reply, event by event."""

    def __init__(self, target: Target, request: ChatRequest) -> None:
        self._target = target
        self._transcript = Transcript(target, request)
        self._sealed: list[dict[str, object]] = []
        self.done = False
        """Whether the event that ends a reply has come."""
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
                    if text and text != b"[DONE]":
                        raise unreadable(self._target, payload) from error
                    continue
                self._read_event(event, deltas)
        except InvokeError as error:
            self.failure = error
        return deltas

    def whole(self, body: bytes) -> ChatDelta:
        """The delta of an unstreamed answer. Raises InvokeError."""
        try:
            response = _decode_response(body)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise unreadable(self._target, body) from error
        if response.output is None and response.error is None:
            raise unreadable(self._target, body)
        deltas: list[ChatDelta] = []
        for place, item in enumerate(response.output or ()):
            self._open(item, place)
            self._keep(item)
            for piece in item.summary or ():
                self._transcript.think(piece.text or "", deltas)
            if item.type == "message":
                for piece in item.content or ():
                    self._transcript.say(piece.text or piece.refusal or "", deltas)
        self._end(response)
        return joined(deltas, self.end())

    def end(self) -> ChatDelta:
        """The last delta: complete tool calls with the sealed thoughts before them, usage and finish reason."""
        return self._transcript.end(msgspec.json.encode(self._sealed).decode() if self._sealed else "")

    def _read_event(self, event: Event, deltas: list[ChatDelta]) -> None:
        kind = event.type
        if kind in _TEXT:
            self._transcript.say(event.delta or "", deltas)
        elif kind in _THOUGHT:
            self._transcript.think(event.delta or "", deltas)
        elif kind == "response.function_call_arguments.delta":
            self._transcript.add(event.output_index, event.delta or "")
        elif kind == "response.function_call_arguments.done":
            self._transcript.settle(event.output_index, event.arguments or "")
        elif kind == "response.reasoning_summary_part.added" and event.summary_index:
            self._transcript.think("\n\n", deltas)
        elif kind == "response.output_item.added" and event.item is not None:
            self._open(event.item, event.output_index)
        elif kind == "response.output_item.done" and event.item is not None:
            self._transcript.settle(event.output_index, event.item.arguments or "")
            self._keep(event.item)
        elif kind in _END and event.response is not None:
            self._end(event.response)
            self.done = True
        elif kind == "error" or event.error is not None:
            raise stream_error(self._target, event.error or ErrorBody(event.message, event.code, event.code))

    def _open(self, item: Item, place: int) -> None:
        if item.type == "function_call":
            self._transcript.open(place, item.call_id or item.id or "", item.name or "", item.arguments or "")

    def _keep(self, item: Item) -> None:
        """Keeps a thought that is to go back: without its seal the vendor could not read it."""
        if item.type == "reasoning" and item.id and item.encrypted_content:
            summary = [{"type": "summary_text", "text": piece.text or ""} for piece in item.summary or ()]
            self._sealed.append(
                {
                    "type": "reasoning",
                    "id": item.id,
                    "summary": summary,
                    "encrypted_content": item.encrypted_content,
                }
            )

    def _end(self, response: Response) -> None:
        if response.error is not None:
            raise stream_error(self._target, response.error)
        usage = response.usage or UsageBlock()
        details = usage.input_tokens_details or InputDetails()
        self._transcript.prompt = usage.input_tokens or 0
        self._transcript.completion = usage.output_tokens or 0
        self._transcript.cached = details.cached_tokens or 0
        self._transcript.written = details.cache_write_tokens or 0
        if response.status == "incomplete":
            reason = (response.incomplete_details.reason if response.incomplete_details else None) or "length"
            self._transcript.finish = _FINISH.get(reason, reason)
