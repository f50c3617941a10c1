"""What every process does over and over: look for what is due, do it, and sleep until the next is, or until woken."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress

from sqlalchemy.exc import DBAPIError

from treadle.platform.clock import SECOND, now_us

_log = logging.getLogger(__name__)

_SHORTEST = 0.05
_AFTER_AN_ERROR = 1.0


class DueLoop:
    """One task; which of the processes does what is for the database to decide."""

    def __init__(
        self,
        name: str,
        topic: str,
        work: Callable[[], Awaitable[object]],
        next_due: Callable[[], Awaitable[int | None]],
        *,
        longest: float,
    ) -> None:
        """`work` does all that is due; `next_due` tells when something will be, in microseconds since the epoch, None:
        nothing is to come. A change of `topic` wakes it; it looks again after `longest` seconds whatever it was told.
        """
        self._name = name
        self._topic = topic
        self._work = work
        self._next_due = next_due
        self._longest = longest
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to work."""
        self._task = asyncio.create_task(self._watch(), name=self._name)

    async def close(self) -> None:
        """Work no more; what is half done is taken up elsewhere."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
            self._task = None

    def on_change(self, topic: str) -> None:
        """Something changed, here or elsewhere."""
        if topic == self._topic:
            self._changed.set()

    async def _watch(self) -> None:
        while True:
            self._changed.clear()
            wait = self._longest
            try:
                await self._work()
                due = await self._next_due()
                if due is not None:
                    wait = min(max((due - now_us()) / SECOND, _SHORTEST), self._longest)
            except (DBAPIError, OSError) as error:
                _log.warning("%s: cannot be looked at: %s", self._name, error)
                wait = _AFTER_AN_ERROR
            except Exception:
                _log.exception("%s: failed unexpectedly", self._name)
                wait = _AFTER_AN_ERROR
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._changed.wait()
