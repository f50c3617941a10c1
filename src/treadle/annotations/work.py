"""Does what annotations wait for, in whichever process is there: indexes questions, imports files, begins and ends
replies.

A lease in the row says whose job it is; what was begun in a process that is gone goes on in another, after what it has
stored. One job of an app at a time.
"""

import logging
from dataclasses import dataclass

import msgspec
from sqlalchemy import update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from treadle.engine.errors import InvokeBadRequestError, NodeError
from treadle.engine.ports import ModelRef
from treadle.knowledge.index.choose import ChunkIndexes
from treadle.knowledge.index.port import IndexedChunk, IndexRef, IndexUnavailableError
from treadle.knowledge.ingest.embedding import Embedder
from treadle.platform.changes import bump
from treadle.platform.clock import SECOND, now_us
from treadle.platform.db import Database
from treadle.platform.due_loop import DueLoop
from treadle.platform.ids import new_id
from treadle.platform.refusals import Refusal

from .jobs import JOBS_TOPIC, SETTINGS_TOPIC, Enabling, Forgetting, Importing, written
from .replies import index_ref
from .repository import AnnotationRepository, claimed, next_due
from .tables import Annotation, AnnotationJob, AnnotationSetting
from .texts import vector_key

_log = logging.getLogger(__name__)

_EMBEDDED = 100
_STORED = 200
_LEASE = 60 * SECOND
_AGAIN = 30 * SECOND
"""When a question that could not be indexed is tried again."""
_LONGEST_WAIT = 30.0


class LeaseLost(Exception):
    """The job belongs to another process now, or is gone with its app."""


@dataclass(frozen=True, slots=True)
class _Target:
    """Where questions are indexed, and with which model."""

    kind: str
    ref: IndexRef
    model: ModelRef


class AnnotationWorker(DueLoop):
    """Does the jobs of annotations, one after another."""

    def __init__(self, db: Database, indexes: ChunkIndexes, embedder: Embedder, owner: str) -> None:
        super().__init__("annotations", JOBS_TOPIC, self.work_off, self._next_due, longest=_LONGEST_WAIT)
        self._db = db
        self._indexes = indexes
        self._embedder = embedder
        self._owner = owner

    async def work_off(self) -> None:
        """Do all that waits, and return."""
        while await self._one():
            pass

    async def _next_due(self) -> int | None:
        async with self._db.session() as session:
            return await next_due(session)

    async def _one(self) -> bool:
        """Whether there was something to do."""
        async with self._db.transaction(lock="annotation jobs") as session:
            now = now_us()
            job = await claimed(session, self._owner, now=now, until=now + _LEASE)
        if job is None:
            return False
        try:
            await self._do(job)
        except LeaseLost:
            pass
        except (NodeError, Refusal, IndexUnavailableError) as error:
            await self._failed(job, str(error))
        except (DBAPIError, OSError):
            raise
        except Exception:
            _log.exception("job %s of annotations failed unexpectedly", job.id)
            await self._failed(job, "It failed unexpectedly; the server's log says more.")
        return True

    async def _do(self, job: AnnotationJob) -> None:
        match job.kind:
            case "enable":
                await self._enable(job)
            case "disable":
                await self._disable(job)
            case "import":
                await self._import(job)
            case "forget":
                gone = msgspec.json.decode(job.payload, type=Forgetting)
                await self._indexes.of(gone.index_kind).drop(_ref(job, gone.generation))
                await self._end(job)
            case _:
                await self._index_missing(job)

    async def _enable(self, job: AnnotationJob) -> None:
        """Index all questions, then switch to that index."""
        wanted = msgspec.json.decode(job.payload, type=Enabling)
        async with self._db.session() as session:
            before = await _of(session, job).setting()
        if before is not None and (before.embedding_provider, before.embedding_model) == (
            wanted.provider,
            wanted.model,
        ):
            kind, generation = before.index_kind, before.generation
        else:
            kind, generation = self._indexes.default, await self._begin(job, wanted, before)
        target = _Target(kind, _ref(job, generation), ModelRef(wanted.provider, wanted.model))
        if wanted.model:
            refusal = await self._index(job, target)
            if refusal:
                raise InvokeBadRequestError(refusal)
        async with self._db.transaction() as session:
            await self._hold(session, job)
            await self._save(session, job, wanted, kind, generation)
            await bump(session, SETTINGS_TOPIC)
        if before is not None and before.generation != generation:
            await self._indexes.of(before.index_kind).drop(index_ref(before))
        await self._end(job)

    async def _begin(self, job: AnnotationJob, wanted: Enabling, before: AnnotationSetting | None) -> int:
        """The generation to be made: the one that was begun, else a new and empty one."""
        if wanted.generation is not None:
            return wanted.generation
        generation = 1 if before is None else before.generation + 1
        await self._indexes.of(None).drop(_ref(job, generation))
        wanted.generation = generation
        async with self._db.transaction() as session:
            await self._hold(session, job, payload=written(wanted))
            await _of(session, job).leave(generation)
        return generation

    async def _save(
        self, session: AsyncSession, job: AnnotationJob, wanted: Enabling, kind: str, generation: int
    ) -> None:
        now = now_us()
        row = await _of(session, job).setting()
        if row is None:
            row = AnnotationSetting(app_id=job.app_id, id=new_id(), workspace_id=job.workspace_id, created_at=now)
            session.add(row)
        row.score_threshold = wanted.score_threshold
        row.embedding_provider, row.embedding_model = wanted.provider, wanted.model
        row.generation, row.index_kind, row.updated_at = generation, kind, now

    async def _disable(self, job: AnnotationJob) -> None:
        """The index goes first: whoever takes the job up again still reads in the setting which one it was."""
        async with self._db.session() as session:
            before = await _of(session, job).setting()
        if before is not None:
            await self._indexes.of(before.index_kind).drop(index_ref(before))
        async with self._db.transaction() as session:
            await self._hold(session, job)
            repository = _of(session, job)
            setting = await repository.setting()
            if setting is not None:
                await session.delete(setting)
                await repository.leave(None)
                await bump(session, SETTINGS_TOPIC)
        await self._end(job)

    async def _index_missing(self, job: AnnotationJob) -> None:
        """Index the questions that are new or changed."""
        async with self._db.session() as session:
            setting = await _of(session, job).setting()
        if setting is not None and setting.embedding_model:
            model = ModelRef(setting.embedding_provider, setting.embedding_model)
            await self._index(job, _Target(setting.index_kind, index_ref(setting), model))
        await self._end(job)

    async def _index(self, job: AnnotationJob, target: _Target) -> str:
        """Until no question of the app is missing. A question that the model refuses is left out: only the same
        question finds it. The reason when that happened to all of them, else nothing.

        Raises InvokeError, IndexUnavailableError and LeaseLost.
        """
        generation = target.ref.generation
        async with self._db.session() as session:
            total = await _of(session, job).count_to_index(generation)
        done, indexed, reason = 0, 0, ""
        while True:
            async with self._db.session() as session:
                rows = await _of(session, job).to_index(generation, _EMBEDDED)
            if not rows:
                return "" if indexed else reason
            refused = await self._index_some(job, target, rows)
            done += len(rows)
            indexed += len(rows) - len(refused)
            reason = reason or next(iter(refused), "")
            async with self._db.transaction() as session:
                await self._hold(session, job, done=done, total=max(total, done))
                await _of(session, job).indexed(rows, generation)

    async def _index_some(self, job: AnnotationJob, target: _Target, rows: list[Annotation]) -> list[str]:
        """Gives why some were refused."""
        keys = {row.id: vector_key(row.question) for row in rows}
        texts = {keys[row.id]: row.question for row in rows}
        found = await self._embedder.vectors(job.workspace_id, target.model, texts, "query")
        chunks = [
            IndexedChunk(node_id=row.id, document_id=row.question_key, text="", vector=found.vectors[keys[row.id]])
            for row in rows
            if keys[row.id] in found.vectors
        ]
        index = self._indexes.of(target.kind)
        left_out = [row.id for row in rows if keys[row.id] not in found.vectors]
        await index.remove(target.ref, left_out)
        await index.add(target.ref, chunks)
        refused = [found.refused.get(keys[annotation_id], "") for annotation_id in left_out]
        for reason in set(refused):
            _log.warning("an annotation of app %s cannot be embedded: %s", job.app_id, reason)
        return refused

    async def _import(self, job: AnnotationJob) -> None:
        """Keep the pairs that are not kept yet."""
        wanted = msgspec.json.decode(job.payload, type=Importing)
        for at in range(job.done, len(wanted.pairs), _STORED):
            some = wanted.pairs[at : at + _STORED]
            async with self._db.transaction(lock=f"annotations {job.app_id}") as session:
                await self._hold(session, job, done=at + len(some))
                await _of(session, job).store(some, account_id=job.created_by, now=now_us())
        async with self._db.transaction() as session:
            await want_indexing(session, job.workspace_id, job.app_id)
        await self._end(job)

    async def _hold(self, session: AsyncSession, job: AnnotationJob, **values: object) -> None:
        """Keep the lease, and store how far it is. Raises LeaseLost."""
        mine = (AnnotationJob.id == job.id, AnnotationJob.lease_owner == self._owner)
        held = update(AnnotationJob).where(*mine, AnnotationJob.status == "processing")
        held = held.values(lease_until=now_us() + _LEASE, **values).returning(AnnotationJob.id)
        if (await session.execute(held)).first() is None:
            raise LeaseLost

    async def _end(self, job: AnnotationJob, error: str | None = None) -> None:
        values = {"status": "completed" if error is None else "error", "error": error, "finished_at": now_us()}
        await self._let_go(job, lease_until=None, **values)

    async def _failed(self, job: AnnotationJob, error: str) -> None:
        """What a person waits for ends with its reason; what goes on by itself is tried again."""
        if job.kind in ("index", "forget"):
            _log.warning("the annotations of app %s are not all indexed: %s", job.app_id, error)
            await self._let_go(job, status="waiting", error=error, lease_until=now_us() + _AGAIN)
        else:
            await self._end(job, error)

    async def _let_go(self, job: AnnotationJob, **values: object) -> None:
        async with self._db.transaction() as session:
            await session.execute(
                update(AnnotationJob)
                .where(AnnotationJob.id == job.id, AnnotationJob.lease_owner == self._owner)
                .values(lease_owner=None, **values)
            )


async def want_indexing(session: AsyncSession, workspace_id: str, app_id: str) -> None:
    """Have what is new indexed, if the app answers with annotations. `session` must come from
    `Database.transaction`."""
    repository = AnnotationRepository(session, workspace_id, app_id)
    setting = await repository.setting()
    if setting is None or not setting.embedding_model:
        return
    waiting = await repository.open_job("index")
    if waiting is None or waiting.status != "waiting":
        session.add(new_job(workspace_id, app_id, "index"))
    elif waiting.lease_until is not None:
        waiting.lease_until = None
    await bump(session, JOBS_TOPIC)


def forgetting(setting: AnnotationSetting) -> AnnotationJob:
    """The job that drops the index of an app which is deleted."""
    payload = Forgetting(index_kind=setting.index_kind, generation=setting.generation)
    return new_job(setting.workspace_id, setting.app_id, "forget", payload)


def new_job(
    workspace_id: str,
    app_id: str,
    kind: str,
    payload: msgspec.Struct | None = None,
    *,
    total: int = 0,
    account_id: str | None = None,
) -> AnnotationJob:
    """A job that waits; the caller's session adds it."""
    return AnnotationJob(
        id=new_id(),
        workspace_id=workspace_id,
        app_id=app_id,
        kind=kind,
        status="waiting",
        payload=written(payload),
        done=0,
        total=total,
        created_by=account_id,
        created_at=now_us(),
    )


def _of(session: AsyncSession, job: AnnotationJob) -> AnnotationRepository:
    return AnnotationRepository(session, job.workspace_id, job.app_id)


def _ref(job: AnnotationJob, generation: int) -> IndexRef:
    return IndexRef(workspace_id=job.workspace_id, base_id=job.app_id, generation=generation)
