"""What a reply has said so far: kept by the readers of several protocols alike."""

import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from treadle.engine.ports import ChatDelta, ChatRequest, ToolCall
from treadle.models.target import Target

from .cost import cost_of


@dataclass(slots=True)
class OpenCall:
    """A tool call that is still arriving."""

    id: str
    name: str
    pieces: list[str] = field(default_factory=list[str])


class Transcript:
    """Collects one reply; knows at the end what it cost. Counts that stay 0 are estimated."""

    def __init__(self, target: Target, request: ChatRequest) -> None:
        self._target = target
        self._request = request
        self._started = time.perf_counter()
        self._first: float | None = None
        self._said: list[str] = []
        self._calls: dict[int | str, OpenCall] = {}
        self.prompt = 0
        self.completion = 0
        self.cached = 0
        self.written = 0
        self.finish: str | None = None

    def say(self, text: str, deltas: list[ChatDelta]) -> None:
        """Adds a piece of the reply's text."""
        if text:
            self._hear(text)
            deltas.append(ChatDelta(text=text))

    def think(self, text: str, deltas: list[ChatDelta]) -> None:
        """Adds a piece of the model's thoughts."""
        if text:
            self._hear(text)
            deltas.append(ChatDelta(reasoning=text))

    def open(self, key: int | str, id: str, name: str, arguments: str = "") -> None:
        """Begins a tool call; `key` is what later pieces name it by."""
        self._calls[key] = OpenCall(id, name, [arguments] if arguments else [])

    def add(self, key: int | str, piece: str) -> None:
        """Adds to the arguments of a call that has begun; what belongs to no call is dropped."""
        call = self._calls.get(key)
        if call is not None and piece:
            call.pieces.append(piece)

    def settle(self, key: int | str, arguments: str) -> None:
        """Replaces the arguments of a call by their final text."""
        call = self._calls.get(key)
        if call is not None and arguments:
            call.pieces = [arguments]

    def end(self, carried: str = "") -> ChatDelta:
        """The last delta: complete tool calls, the first of which has `carried`, usage and finish reason."""
        calls = tuple(
            ToolCall(
                call.id or f"call_{secrets.token_hex(8)}",
                call.name,
                "".join(call.pieces) or "{}",
                "" if place else carried,
            )
            for place, call in enumerate(self._calls.values())
        )
        usage = cost_of(
            self._target,
            self._request,
            said=self._said,
            calls=calls,
            started=self._started,
            first=self._first,
            prompt=self.prompt,
            completion=self.completion,
            cached=self.cached,
            written=self.written,
        )
        finish = self.finish or ("tool_calls" if calls else "stop")
        return ChatDelta(tool_calls=calls, usage=usage, finish_reason=finish)

    def _hear(self, text: str) -> None:
        if self._first is None:
            self._first = time.perf_counter()
        self._said.append(text)


def joined(deltas: Sequence[ChatDelta], last: ChatDelta) -> ChatDelta:
    """The reply of these deltas in one."""
    return ChatDelta(
        text="".join(delta.text for delta in deltas),
        reasoning="".join(delta.reasoning for delta in deltas),
        images=tuple(image for delta in deltas for image in delta.images),
        tool_calls=last.tool_calls,
        usage=last.usage,
        finish_reason=last.finish_reason,
    )
