"""Sends what waits, in whichever process is there, and never in the way of a run.

A run that ends leaves its id in `tracing_jobs`, in the commit that ends it. Every few seconds a batch is claimed, read
from the records and sent; what fails waits longer each time, and is given up after a while. Source: spec
models-and-tools §8.2, console §9.2.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import msgspec
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from treadle.apps.running.records import RunRecord
from treadle.apps.side_work import SideWork
from treadle.engine.ports import Http
from treadle.platform.clock import SECOND, now_us
from treadle.platform.crypto import SecretError
from treadle.platform.db import AnyTable, Database, table_of
from treadle.platform.due_loop import DueLoop
from treadle.platform.ids import new_id
from treadle.platform.writer import GroupWriter

from .otlp import Collector, send
from .providers import Config, ConfigField, Provider
from .reading import read_trace
from .server_export import ServerExport
from .service import PROVIDERS, TRACING_TOPIC, TracingService
from .side_work import read_side_work
from .tables import AppTracing, TracingConfig, TracingJob
from .trace import Trace
from .wire import TracingFailed

_log = logging.getLogger(__name__)

_JOBS = table_of(TracingJob)
APP, SERVER = "app", "server"
"""Where a job goes: to the service of its app, or to the collector of the whole server."""
_LEASE = 120 * SECOND
_FIRST_WAIT = 5 * SECOND
MOST_ATTEMPTS = 10
"""Five seconds, then twice as long each time: about three quarters of an hour in all."""
MOST_WAITING = 10_000
"""Jobs of one app; the oldest go first."""


class TracingDelivery(DueLoop):
    """The queue of all apps, from both ends."""

    def __init__(
        self,
        db: Database,
        http: Http,
        service: TracingService,
        writer: GroupWriter,
        export: ServerExport | None,
        *,
        interval: float,
        batch: int,
    ) -> None:
        """`export`: the collector of the whole server; `interval`: seconds between two looks at the queue; `batch`: how
        many traces go in one request."""
        super().__init__("tracing", TRACING_TOPIC, self.work_off, self._next_due, longest=interval)
        self._db = db
        self._http = http
        self._service = service
        self._writer = writer
        self._export = export
        self._batch = batch

    def rows_of(self, run: RunRecord) -> Sequence[tuple[AnyTable, dict[str, Any]]]:
        """What the commit that ends a run writes for us. Costs a look into a set where nothing is traced."""
        trace_id = run.message.id if run.message else run.id
        targets = self._targets(run.app_id, trace_id)
        return [(_JOBS, _row(target, run.workspace_id, run.app_id, run.id)) for target in targets]

    def tell(self, work: SideWork) -> None:
        """Take work beside a run."""
        for target in self._targets(work.app_id, work.message_id or work.conversation_id or ""):
            row = _row(target, work.workspace_id, work.app_id, "")
            self._writer.put(_JOBS, {**row, "work": msgspec.json.encode(work).decode()}, "insert")

    def _targets(self, app_id: str, trace_id: str) -> list[str]:
        targets = [APP] if app_id in self._service.traced else []
        if self._export is not None and self._export.wants(trace_id):
            targets.append(SERVER)
        return targets

    async def work_off(self) -> None:
        """Send all that is due, and return."""
        await self._service.load()
        while jobs := await self._claimed():
            together = groupby(jobs, key=_destination)
            await asyncio.gather(*[self._send(*of, list(those)) for of, those in together])

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
        return sorted(jobs, key=lambda job: (*_destination(job), job.created_at))

    async def _send(self, target_name: str, app_id: str, jobs: list[TracingJob]) -> None:
        """Send the jobs of one app, or those of all apps for the collector of the server, whose `app_id` is empty."""
        target = await self._target(app_id) if target_name == APP else self._server()
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
            _log.exception("traces of %s could not be sent to %s", app_id or "all apps", provider.name)
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

    def _server(self) -> tuple[Provider, Config] | None:
        return (_Exported(self._export.collector), {}) if self._export is not None else None

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
                if (trace := await _trace_of(session, job)) is not None:
                    found[job.id] = trace
        return found

    async def _failed(self, app_id: str, jobs: Sequence[TracingJob], error: TracingFailed) -> None:
        """What is left tries again later; what is refused for good, or too often, is given up."""
        now = now_us()
        over = [job.id for job in jobs if error.final or job.attempts + 1 >= MOST_ATTEMPTS]
        _log.warning("%d traces of %s were not taken: %s", len(jobs), app_id or "all apps", error)
        async with self._db.transaction() as session:
            for job in jobs:
                if job.id not in over:
                    later = now + _FIRST_WAIT * 2**job.attempts
                    again = update(TracingJob).where(TracingJob.id == job.id)
                    await session.execute(again.values(attempts=job.attempts + 1, due_at=later))
            mine = TracingJob.app_id == app_id if app_id else TracingJob.target == SERVER
            excess = select(TracingJob.id).where(mine)
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


@dataclass(frozen=True, slots=True)
class _Exported:
    """The collector of the whole server, as a service that nobody sets up."""

    collector: Collector
    name: str = "the collector of the server"
    fields: tuple[ConfigField, ...] = ()

    async def verify(self, http: Http, config: Config) -> str:
        return ""

    async def send(self, http: Http, config: Config, traces: Sequence[Trace]) -> None:
        await send(http, self.collector, traces)


def _destination(job: TracingJob) -> tuple[str, str]:
    return job.target, job.app_id if job.target == APP else ""


def _row(target: str, workspace_id: str, app_id: str, run_id: str) -> dict[str, Any]:
    now = now_us()
    return {
        "id": new_id(),
        "workspace_id": workspace_id,
        "app_id": app_id,
        "run_id": run_id,
        "work": None,
        "target": target,
        "attempts": 0,
        "due_at": now,
        "created_at": now,
    }


async def _trace_of(session: AsyncSession, job: TracingJob) -> Trace | None:
    if job.work is not None:
        return await read_side_work(session, msgspec.json.decode(job.work, type=SideWork))
    return await read_trace(session, job.workspace_id, job.run_id)
