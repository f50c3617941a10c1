"""Which process runs what: a lease on every run in progress, renewed while its process lives.

When a lease has run out, another process may take up the run from its checkpoint; the database decides which one.
"""

import asyncio
import logging
from collections.abc import Callable

from sqlalchemy import or_, select, update
from sqlalchemy.exc import DBAPIError

from treadle.apps.tables import Run
from treadle.platform.clock import SECOND, now_us
from treadle.platform.db import Database

_log = logging.getLogger(__name__)

_RUNNING = "running"


class LeaseKeeper:
    """The leases that this process holds."""

    def __init__(self, db: Database, owner: str, *, seconds: float = 10.0) -> None:
        """`owner` names this process and no other, not even itself after a restart."""
        self.owner = owner
        self.duration_us = round(seconds * SECOND)
        self._db = db
        self._held: set[str] = set()
        self._task: asyncio.Task[None] | None = None
        self._on_lost: Callable[[str], None] | None = None

    def start(self, on_lost: Callable[[str], None]) -> None:
        """Renew leases from now on. `on_lost` is called with each run that another process has taken or finished:
        this one must stop working on it."""
        self._on_lost = on_lost
        self._task = asyncio.create_task(self._renew_for_ever(), name="lease keeper")

    async def close(self) -> None:
        """Stop renewing and let go of what is still held, so that another process need not wait."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
            self._task = None
        if self._held:
            await self._set_until(self._held, now_us())
            self._held.clear()

    def add(self, run_id: str) -> None:
        """Keep the lease of a run that this process has begun or claimed."""
        self._held.add(run_id)

    def holds(self, run_id: str) -> bool:
        """True while the lease of a run is this process's, as far as it knows."""
        return run_id in self._held

    def remove(self, run_id: str) -> None:
        """The run has ended."""
        self._held.discard(run_id)

    async def claim_expired(self, limit: int) -> list[str]:
        """Take over at most `limit` runs whose processes are gone: their ids, longest abandoned first.

        No run is given to two processes. Each claim counts as an attempt of the run.
        """
        now = now_us()
        # Two statements, because PostgreSQL may evaluate a locking subquery more than once.
        oldest = (
            select(Run.id)
            .where(Run.status == _RUNNING, Run.lease_until < now)
            .order_by(Run.lease_until)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        async with self._db.begin() as connection:
            ids = list((await connection.execute(oldest)).scalars())
            claim = update(Run).where(Run.id.in_(ids))
            await connection.execute(
                claim.values(lease_owner=self.owner, lease_until=now + self.duration_us, attempts=Run.attempts + 1)
            )
        self._held.update(ids)
        return ids

    async def renew(self) -> list[str]:
        """Renew all leases in one statement; gives, and forgets, those that were lost."""
        asked = set(self._held)
        if not asked:
            return []
        kept = await self._set_until(asked, now_us() + self.duration_us)
        missing = asked - kept
        if not missing:
            return []
        # A run that has just begun may have no row yet, or have got it since; one that ended meanwhile is not held.
        elsewhere = or_(Run.lease_owner != self.owner, Run.status != _RUNNING)
        gone = select(Run.id).where(Run.id.in_(missing), elsewhere)
        async with self._db.connect() as connection:
            lost = sorted(set((await connection.execute(gone)).scalars()) & self._held)
        self._held.difference_update(lost)
        return lost

    async def _set_until(self, run_ids: set[str], until: int) -> set[str]:
        renewal = (
            update(Run)
            .where(Run.id.in_(run_ids), Run.lease_owner == self.owner, Run.status == _RUNNING)
            .values(lease_until=until)
            .returning(Run.id)
        )
        async with self._db.begin() as connection:
            return set((await connection.execute(renewal)).scalars())

    async def _renew_for_ever(self) -> None:
        while True:
            await asyncio.sleep(self.duration_us / SECOND / 3)
            try:
                lost = await self.renew()
            except (DBAPIError, OSError) as error:
                _log.warning("leases cannot be renewed yet: %s", error)
                continue
            for run_id in lost:
                _log.warning("run %s was taken over by another process", run_id)
                if self._on_lost is not None:
                    self._on_lost(run_id)
