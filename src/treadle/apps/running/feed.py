"""The live events of one run, for everybody who follows it."""

import asyncio

from treadle.engine.events import Event


class RunFeed:
    """Keeps a run's events in order while it lasts. Any number of followers read, each from where it likes."""

    __slots__ = ("_waiters", "closed", "events")

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.closed = False
        self._waiters: set[asyncio.Future[None]] = set()

    def publish(self, event: Event) -> None:
        """Add an event and wake followers; several events of one loop turn wake them once."""
        self.events.append(event)
        self._wake()

    def close(self) -> None:
        """No further event will come."""
        self.closed = True
        self._wake()

    async def wait(self, position: int, seconds: float) -> bool:
        """True when there are events from `position` on or the feed is closed, False after `seconds` of silence."""
        if self.closed or len(self.events) > position:
            return True
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[None] = loop.create_future()
        timer = loop.call_later(seconds, _give_up, waiter)
        self._waiters.add(waiter)
        try:
            await waiter
        finally:
            timer.cancel()
            self._waiters.discard(waiter)
        return self.closed or len(self.events) > position

    def _wake(self) -> None:
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)
        self._waiters.clear()


def _give_up(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)
