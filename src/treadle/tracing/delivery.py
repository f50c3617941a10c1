"""Sends what waits, in whichever process is there, and never in the way of a run.

A run that ends leaves its id in `tracing_jobs`, in the commit that ends it. Every few seconds a batch is claimed, read
from the records and sent; what fails waits longer each time, and is given up after a while. Source: spec
models-and-tools §8.2, console §9.2.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import delete, select, update

from treadle.apps.running.records import RunRecord
from treadle.engine.ports import Http
from treadle.platform.clock import SECOND, now_us
from treadle.platform.crypto import SecretError
from treadle.platform.db import AnyTable, Database, table_of
from treadle.platform.due_loop import DueLoop
from treadle.platform.ids import new_id

from .providers import Config, Provider
from .reading import read_trace
from .service import PROVIDERS, TRACING_TOPIC, TracingService
from .tables import AppTracing, TracingConfig, TracingJob
from .trace import Trace
from .wire import TracingFailed

_log = logging.getLogger(__name__)

_JOBS = table_of(TracingJob)
_LEASE = 120 * SECOND
_FIRST_WAIT = 5 * SECOND
MOST_ATTEMPTS = 10
"""Five seconds, then twice as long each time: about three quarters of an hour in all."""
MOST_WAITING = 10_000
"""Jobs of one app; the oldest go first."""


class TracingDelivery(DueLoop):
    """The queue of all apps, from both ends."""

    def __init__(self, db: Database, http: Http, service: TracingService, *, interval: float, batch: int) -> None:
        """`interval`: seconds between two looks at the queue; `batch`: how many traces go in one request."""
        super().__init__("tracing", TRACING_TOPIC, self.work_off, self._next_due, longest=interval)
        self._db = db
        self._http = http
        self._service = service
        self._batch = batch

    def row_of(self, run: RunRecord) -> tuple[AnyTable, dict[str, Any]] | None:
        """What the commit that ends a run writes for us; None when its app is not traced. Costs a look into a set."""
        if run.app_id not in self._service.traced:
            return None
        now = now_us()
        row = {
            "id": new_id(),
            "workspace_id": run.workspace_id,
            "app_id": run.app_id,
            "run_id": run.id,
            "attempts": 0,
            "due_at": now,
            "created_at": now,
        }
        return _JOBS, row

    async def work_off(self) -> None:
        """Send all that is due, and return."""
        await self._service.load()
        while jobs := await self._claimed():
            apps = groupby(jobs, key=lambda job: job.app_id)
            await asyncio.gather(*[self._send(app_id, list(of_app)) for app_id, of_app in apps])

    async def _next_due(self) -> None:
        """New jobs come without a word: the loop looks again after its interval."""

    async def _claimed(self) -> Sequence[TracingJob]:
        """Jobs that no other process touches for a while, those of an app together."""
        now = now_us()
        async with self._db.transaction(lock="tracing jobs") as session:
            query = select(TracingJob).where(TracingJob.due_at <= now).order_by(TracingJob.due_at).limit(self._batch)
            jobs = list((await session.execute(query)).scalars())
            session.expunge_all()
            held = update(TracingJob).where(TracingJob.id.in_([job.id for job in jobs]))
            await session.execute(held.values(due_at=now + _LEASE))
        return sorted(jobs, key=lambda job: (job.app_id, job.created_at))

    async def _send(self, app_id: str, jobs: list[TracingJob]) -> None:
        target = await self._target(app_id)
        if target is None:
            await self._drop(jobs)
            return
        provider, config = target
        traces = await self._traces(jobs)
        gone = [job for job in jobs if job.id not in traces]
        if gone:
            await self._drop(gone)
        found = [job for job in jobs if job.id in traces]
        if isinstance(config, TracingFailed):
            await self._failed(app_id, found, config)
            return
        await self._deliver(app_id, found, traces, provider, config)

    async def _deliver(
        self, app_id: str, jobs: list[TracingJob], traces: Mapping[str, Trace], provider: Provider, config: Config
    ) -> None:
        """All in one request; each in its own when the service refuses one of them."""
        if not jobs:
            return
        try:
            await provider.send(self._http, config, [traces[job.id] for job in jobs])
        except TracingFailed as error:
            if error.final and len(jobs) > 1:
                for job in jobs:
                    await self._deliver(app_id, [job], traces, provider, config)
                return
            await self._failed(app_id, jobs, error)
        except Exception as error:
            _log.exception("traces of app %s could not be sent to %s", app_id, provider.name)
            await self._failed(app_id, jobs, TracingFailed(f"It failed unexpectedly: {type(error).__name__}."))
        else:
            now = now_us()
            async with self._db.transaction() as session:
                await session.execute(delete(TracingJob).where(TracingJob.id.in_([job.id for job in jobs])))
                await session.execute(
                    update(AppTracing)
                    .where(AppTracing.app_id == app_id)
                    .values(sent=AppTracing.sent + len(jobs), last_sent_at=now)
                )

    async def _target(self, app_id: str) -> tuple[Provider, Config | TracingFailed] | None:
        async with self._db.session() as session:
            state = await session.get(AppTracing, app_id)
            if state is None or not state.enabled or state.provider is None:
                return None
            row = await session.get(TracingConfig, (app_id, state.provider))
        if row is None:
            return None
        try:
            return PROVIDERS[row.provider], self._service.opened(row)
        except SecretError as error:
            return PROVIDERS[row.provider], TracingFailed(f"The credentials cannot be read: {error}.")

    async def _traces(self, jobs: Sequence[TracingJob]) -> dict[str, Trace]:
        found: dict[str, Trace] = {}
        async with self._db.session() as session:
            for job in jobs:
                trace = await read_trace(session, job.workspace_id, job.run_id)
                if trace is not None:
                    found[job.id] = trace
        return found

    async def _failed(self, app_id: str, jobs: Sequence[TracingJob], error: TracingFailed) -> None:
        """What is left tries again later; what is refused for good, or too often, is given up."""
        now = now_us()
        over = [job.id for job in jobs if error.final or job.attempts + 1 >= MOST_ATTEMPTS]
        _log.warning("%d traces of app %s were not taken: %s", len(jobs), app_id, error)
        async with self._db.transaction() as session:
            for job in jobs:
                if job.id not in over:
                    later = now + _FIRST_WAIT * 2**job.attempts
                    again = update(TracingJob).where(TracingJob.id == job.id)
                    await session.execute(again.values(attempts=job.attempts + 1, due_at=later))
            excess = select(TracingJob.id).where(TracingJob.app_id == app_id)
            excess = excess.order_by(TracingJob.created_at.desc()).offset(MOST_WAITING).limit(self._batch)
            over += (await session.execute(excess)).scalars().all()
            await session.execute(delete(TracingJob).where(TracingJob.id.in_(over)))
            await session.execute(
                update(AppTracing)
                .where(AppTracing.app_id == app_id)
                .values(
                    failures=AppTracing.failures + 1,
                    missed=AppTracing.missed + len(set(over)),
                    last_error=str(error)[:1000],
                    last_error_at=now,
                )
            )

    async def _drop(self, jobs: Sequence[TracingJob]) -> None:
        """Nobody wants them any more."""
        async with self._db.transaction() as session:
            await session.execute(delete(TracingJob).where(TracingJob.id.in_([job.id for job in jobs])))
