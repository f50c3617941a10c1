"""A live stream of frames as an ASGI response."""

import asyncio
from collections.abc import Callable

from starlette.types import Receive, Scope, Send

from treadle.apps.running.feed import RunFeed
from treadle.apps.running.frames import FrameEncoder

PING = b"event: ping\n\n"
PING_SECONDS = 10.0
_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache"),
    (b"x-accel-buffering", b"no"),
]


class EventStream:
    """Sends what a feed has and gets, until the run ends or the reader leaves.

    Events that arrive while a write is in progress go out together. With `numbered`, the last of each event's
    frames carries an `id:` line, and reading starts behind event `after`; the feed's first event has the number behind
    `earlier`.
    """

    def __init__(
        self,
        feed: RunFeed,
        encoder: FrameEncoder,
        *,
        numbered: bool = False,
        after: int = 0,
        earlier: int = 0,
        on_close: Callable[[], None] | None = None,
    ) -> None:
        self._feed = feed
        self._encoder = encoder
        self._numbered = numbered
        self._after = after
        self._earlier = earlier
        self._on_close = on_close

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        sender = asyncio.ensure_future(self._send_all(send))
        leaver = asyncio.ensure_future(_disconnected(receive))
        try:
            await asyncio.wait((sender, leaver), return_when=asyncio.FIRST_COMPLETED)
            if sender.done():
                sender.result()
        finally:
            sender.cancel()
            leaver.cancel()
            if self._on_close is not None:
                self._on_close()

    async def _send_all(self, send: Send) -> None:
        feed, position = self._feed, 0
        while True:
            if not await feed.wait(position, PING_SECONDS):
                await send({"type": "http.response.body", "body": PING, "more_body": True})
                continue
            events = feed.events[position:]
            body = b"".join(
                [self._frames(number, event) for number, event in enumerate(events, self._earlier + position + 1)]
            )
            position += len(events)
            ended = feed.closed and position == len(feed.events)
            if ended and self._on_close is not None:
                self._on_close()  # before the last bytes: whoever has read them may call again at once
            if body or ended:
                await send({"type": "http.response.body", "body": body, "more_body": not ended})
            if ended:
                return

    def _frames(self, number: int, event: object) -> bytes:
        frames = self._encoder.encode(event)  # type: ignore[arg-type]
        if not self._numbered or not frames:
            return frames
        if number <= self._after:
            return b""
        # On the last of an event's frames: a reader that is cut between them asks for all of them again.
        last = frames.rindex(b"data: ")
        return b"%bid: %d\n%b" % (frames[:last], number, frames[last:])


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
