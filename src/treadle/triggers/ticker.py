"""The clock of schedules: wakes when the next one is due, and when schedules change."""

import asyncio
import logging
from contextlib import suppress

from sqlalchemy.exc import DBAPIError

from treadle.platform.clock import SECOND, now_us

from .service import TRIGGERS_TOPIC, TriggerService

_log = logging.getLogger(__name__)

_LONGEST = 30.0
"""Seconds until it looks again whatever it was told: the time of the machine may be set."""
_SHORTEST = 0.05


class Ticker:
    """Every process that serves has one; the database decides which of them fires."""

    def __init__(self, triggers: TriggerService) -> None:
        self._triggers = triggers
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to fire."""
        self._task = asyncio.create_task(self._tick(), name="schedules")

    async def close(self) -> None:
        """Fire no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def on_change(self, topic: str) -> None:
        """Schedules were published or switched, here or elsewhere."""
        if topic == TRIGGERS_TOPIC:
            self._changed.set()

    async def _tick(self) -> None:
        while True:
            self._changed.clear()
            wait = _LONGEST
            try:
                await self._triggers.fire_due()
                due = await self._triggers.next_due()
                if due is not None:
                    wait = min(max((due - now_us()) / SECOND, _SHORTEST), _LONGEST)
            except (DBAPIError, OSError) as error:
                _log.warning("schedules cannot be looked at: %s", error)
                wait = 1.0
            except Exception:
                _log.exception("a schedule failed unexpectedly")
                wait = 1.0
            with suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), wait)
