"""Runs that other processes hold: found by their rows, and stopped by a wish that goes through the database.

A wish is a topic in `changes`, which every process reads within half a second. It is bumped again for as long as the
run goes on, so that a process that takes the run up meanwhile hears of it too, and removed when the run has ended.
Source: design "A run is a row, a lease and checkpoints": any process can follow a run or stop it.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence

from sqlalchemy import delete, literal_column, select
from sqlalchemy.exc import DBAPIError

from treadle.apps.tables import Run
from treadle.platform.changes import Change, bump
from treadle.platform.db import Database
from treadle.platform.ids import made_at

_log = logging.getLogger(__name__)

_TOPIC = "stop:"
_LOOK_EVERY = 0.5
_WRITTEN_WITHIN = 0.6
"""Seconds after its start by which a run that goes on has its row."""
_WISH_SECONDS = 60.0
"""How long a run is asked to stop."""
_IS_RUNNING = Run.status == literal_column("'running'")  # in the words of the partial index, which serves it


class Elsewhere:
    """What this process knows of runs that it does not hold, and asks of those who do."""

    def __init__(self, db: Database, stop_here: Callable[[str], None]) -> None:
        """`stop_here` stops the run with the given id if this process holds it."""
        self._db = db
        self._stop_here = stop_here
        self._asking: set[asyncio.Task[None]] = set()
        self.end_paused: Callable[[str], Awaitable[None]] | None = None
        """Stops a run that waits: no process holds it."""

    async def find(self, task_id: str, *, app_id: str, user_id: str) -> str | None:
        """The id of a run in progress, for who started it; None when there is none.

        A task that has just begun may not have its row yet: that is waited for.
        """
        began = made_at(task_id)
        if began is None:
            return None
        wanted = select(Run.id).where(
            _IS_RUNNING, Run.task_id == task_id, Run.app_id == app_id, Run.created_by == user_id
        )
        while True:
            async with self._db.connect() as connection:
                run_id = (await connection.execute(wanted)).scalar_one_or_none()
            if run_id is not None or time.time() - began > _WRITTEN_WITHIN:
                return run_id
            await asyncio.sleep(0.1)

    async def paused(self, task_id: str, *, app_id: str, user_id: str) -> str | None:
        """The id of a run that waits for an answer, for who started it; None when there is none."""
        if made_at(task_id) is None:
            return None
        wanted = select(Run.id).where(
            Run.status == "paused", Run.task_id == task_id, Run.app_id == app_id, Run.created_by == user_id
        )
        async with self._db.connect() as connection:
            return (await connection.execute(wanted.limit(1))).scalar_one_or_none()

    async def open_tasks(self, run_ids: Sequence[str]) -> dict[str, str]:
        """The task ids of those of these runs that are in progress or wait for an answer, by run id."""
        if not run_ids:
            return {}
        wanted = select(Run.id, Run.task_id).where(Run.id.in_(run_ids), Run.status.in_(("running", "paused")))
        async with self._db.connect() as connection:
            return {row.id: row.task_id for row in await connection.execute(wanted)}

    async def tasks(self, run_ids: Sequence[str]) -> dict[str, str]:
        """The task ids of those of these runs that are in progress, by run id."""
        if not run_ids:
            return {}
        wanted = select(Run.id, Run.task_id).where(Run.id.in_(run_ids), _IS_RUNNING)
        async with self._db.connect() as connection:
            return {row.id: row.task_id for row in await connection.execute(wanted)}

    async def ended(self, run_id: str) -> None:
        """Returns when the run is in progress no longer, whoever holds it."""
        while await self.tasks([run_id]):  # noqa: ASYNC110 - another process sends no event
            await asyncio.sleep(_LOOK_EVERY)

    def stop(self, task_id: str, *, app_id: str, user_id: str) -> None:
        """Have a run stopped for who started it, wherever it goes on, within about a second; returns at once."""
        if made_at(task_id) is None:
            return
        task = asyncio.create_task(self._have_stopped(task_id, app_id, user_id), name="wish to stop a run")
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)

    def on_change(self, topic: str) -> None:
        """Grant the wish of another process."""
        if topic.startswith(_TOPIC):
            self._stop_here(topic.removeprefix(_TOPIC))

    async def clear(self) -> None:
        """Remove wishes that a process which is gone has left for runs that have ended."""
        running = select(_TOPIC + Run.id).where(_IS_RUNNING)
        async with self._db.begin() as connection:
            await connection.execute(
                delete(Change).where(Change.topic.startswith(_TOPIC), Change.topic.not_in(running))
            )

    async def close(self) -> None:
        """Ask no more."""
        asking = list(self._asking)
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)

    async def _have_stopped(self, task_id: str, app_id: str, user_id: str) -> None:
        try:
            run_id = await self.find(task_id, app_id=app_id, user_id=user_id)
            if run_id is None:
                waits = await self.paused(task_id, app_id=app_id, user_id=user_id)
                if waits is not None and self.end_paused is not None:
                    await self.end_paused(waits)
                return
            try:
                async with asyncio.timeout(_WISH_SECONDS):
                    while await self.tasks([run_id]):
                        async with self._db.transaction() as session:
                            await bump(session, _TOPIC + run_id)
                        await asyncio.sleep(2 * _LOOK_EVERY)
            except TimeoutError:
                _log.warning("run %s did not stop within %g s", run_id, _WISH_SECONDS)
            finally:
                async with self._db.begin() as connection:
                    await connection.execute(delete(Change).where(Change.topic == _TOPIC + run_id))
        except (DBAPIError, OSError) as error:
            _log.warning("the wish to stop task %s is lost: %s", task_id, error)
