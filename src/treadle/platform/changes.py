"""Caches that stay true across processes: who changes configuration bumps a topic, who caches it is told.

Every process sees a change within about half a second; the process that made it at once.
"""

import asyncio
import logging
from collections.abc import Callable

from sqlalchemy import BigInteger, String, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from .db import CHANGED_TOPICS, Base, Database, table_of

_log = logging.getLogger(__name__)


class Change(Base):
    """How often a topic was bumped. Belongs to no workspace: it carries nothing but a count."""

    __tablename__ = "changes"

    topic: Mapped[str] = mapped_column(String(64), primary_key=True)
    counter: Mapped[int] = mapped_column(BigInteger)


_changes = table_of(Change)
_read_counters = select(_changes.c.topic, _changes.c.counter)


async def bump(session: AsyncSession, topic: str) -> None:
    """Tell every process that `topic` changed, when and only when the transaction of `session` commits.

    `session` must come from `Database.transaction`.
    """
    await session.execute(
        text(
            "INSERT INTO changes (topic, counter) VALUES (:topic, 1) "
            "ON CONFLICT (topic) DO UPDATE SET counter = changes.counter + 1"
        ),
        {"topic": topic},
    )
    session.info.setdefault(CHANGED_TOPICS, set()).add(topic)


class ChangeWatcher:
    """Calls back with each topic that changed, whichever process changed it."""

    def __init__(self, db: Database, *, interval: float = 0.5) -> None:
        self._db = db
        self._interval = interval
        self._seen: dict[str, int] = {}
        self._data_version: int | None = None
        self._task: asyncio.Task[None] | None = None
        self._on_change: Callable[[str], None] | None = None

    async def start(self, on_change: Callable[[str], None]) -> None:
        """Begin to watch: whatever changes after this returns is reported, possibly twice."""
        async with self._db.connect() as connection:
            self._seen = await _counters(connection)
        self._on_change = on_change
        self._db.change_listeners.append(self._tell)
        self._task = asyncio.create_task(self._watch(), name="change watcher")

    async def close(self) -> None:
        """Stop watching."""
        if self._task is None:
            return
        self._db.change_listeners.remove(self._tell)
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._task = None

    async def _watch(self) -> None:
        while True:
            try:
                async with self._db.connect() as connection:
                    self._data_version = None
                    while True:
                        await self._look(connection)
                        await asyncio.sleep(self._interval)
            except (DBAPIError, OSError) as error:
                _log.warning("cannot look for configuration changes: %s", error)
                await asyncio.sleep(self._interval)

    async def _look(self, connection: AsyncConnection) -> None:
        if self._db.dialect == "sqlite":
            # One number that moves when another connection has written: far cheaper than reading the table.
            version = (await connection.exec_driver_sql("PRAGMA data_version")).scalar_one()
            if version == self._data_version:
                await connection.rollback()
                return
            self._data_version = version
        counters = await _counters(connection)
        await connection.rollback()
        changed = [topic for topic, counter in counters.items() if self._seen.get(topic) != counter]
        self._seen = counters
        if changed:
            self._tell(frozenset(changed))

    def _tell(self, topics: frozenset[str]) -> None:
        if self._on_change is not None:
            for topic in sorted(topics):
                self._on_change(topic)


async def _counters(connection: AsyncConnection) -> dict[str, int]:
    return {row.topic: row.counter for row in await connection.execute(_read_counters)}
