"""What single nodes say while they run, for those who try a draft: pieces put together, so that a stream of tokens does
not become a stream of frames."""

import asyncio
from collections.abc import Callable

from treadle.engine.events import AnswerChunk, Event, NodeFinished, NodeText

_EVERY = 0.1
"""Seconds for which pieces are put together."""


class Overheard:
    """Publishes the text of nodes, each at most ten times a second; response nodes say what readers see of them."""

    def __init__(self, publish: Callable[[Event], None]) -> None:
        self._publish = publish
        self._pieces: dict[str, list[str]] = {}
        self._timer: asyncio.TimerHandle | None = None

    def add(self, node_id: str, text: str) -> None:
        """A node said more."""
        if text:
            self._pieces.setdefault(node_id, []).append(text)
            if self._timer is None:
                self._timer = asyncio.get_running_loop().call_later(_EVERY, self._tell)

    def watch(self, event: Event) -> None:
        """Note an event of the run: what a node said is of no interest when it has ended."""
        if isinstance(event, AnswerChunk):
            self.add(event.node_id, event.text)
        elif isinstance(event, NodeFinished):
            self._pieces.pop(event.node_id, None)

    def _tell(self) -> None:
        self._timer = None
        pieces, self._pieces = self._pieces, {}
        for node_id, texts in pieces.items():
            self._publish(NodeText(node_id, "".join(texts)))

    def close(self) -> None:
        """Say nothing more: the run is over."""
        if self._timer is not None:
            self._timer.cancel()
        self._pieces.clear()
