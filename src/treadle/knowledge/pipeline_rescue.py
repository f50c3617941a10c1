"""Documents whose runs ended or vanished without a word, because a process died: carried on, or told why not.

A run that died in its midst is taken up from its checkpoint by itself; what is left here are the moments before a run
is written down, and behind its end.
"""

import asyncio
import logging

from sqlalchemy import or_, select, update
from sqlalchemy.exc import DBAPIError

from treadle.apps.tables import Run
from treadle.knowledge.pipeline_runs import PipelineRuns, why_not_made
from treadle.knowledge.tables import Document, IndexingStatus
from treadle.platform.clock import SECOND, now_us
from treadle.platform.db import Database
from treadle.platform.ids import new_id

_log = logging.getLogger(__name__)

_AT_ONCE = 50
_UNFINISHED = (IndexingStatus.PARSING, IndexingStatus.INDEXING)
_LEASES = 3
"""How many leases a run may take to be written down."""


class PipelineRescue:
    """Looks for such documents, now and then."""

    def __init__(self, db: Database, runs: PipelineRuns, *, lease_seconds: float, max_attempts: int) -> None:
        """A document whose run never began is tried `max_attempts` times."""
        self._db = db
        self._runs = runs
        self._every = lease_seconds
        self._max_attempts = max_attempts
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to look."""
        self._task = asyncio.create_task(self._watch(), name="pipeline rescue")

    async def close(self) -> None:
        """Look no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def look(self) -> None:
        """Carry on or end every such document that there is now."""
        before = now_us() - round(self._every * _LEASES * SECOND)
        query = (
            select(Document, Run.status, Run.error)
            .outerjoin(Run, Run.id == Document.pipeline_run_id)
            .where(
                Document.pipeline_run_id.is_not(None),
                Document.indexing_status.in_(_UNFINISHED),
                Document.job.is_(None),
                Document.processing_started_at < before,
                or_(Run.id.is_(None), Run.status != "running"),
            )
            .limit(_AT_ONCE)
        )
        async with self._db.session() as session:
            found = [(row[0], str(row[1] or ""), row[2]) for row in await session.execute(query)]
        for document, status, error in found:
            if status == "":
                await self._begin_again(document)
            else:
                await self._runs.fail(document.pipeline_run_id or "", why_not_made(status, error))

    async def _begin_again(self, document: Document) -> None:
        """Only one process does it: the one that can change the run of the document."""
        lost, now = document.pipeline_run_id, now_us()
        if document.attempts >= self._max_attempts:
            times = document.attempts + 1
            await self._runs.fail(lost or "", f"The process died {times} times before the run began; run it again.")
            return
        run_id = new_id()
        async with self._db.transaction() as session:
            claimed = await session.execute(
                update(Document)
                .where(Document.id == document.id, Document.pipeline_run_id == lost)
                .values(pipeline_run_id=run_id, processing_started_at=now, attempts=Document.attempts + 1)
                .returning(Document.id)
            )
            if claimed.scalar_one_or_none() is None:
                return
        document.pipeline_run_id = run_id
        _log.info("begin the pipeline run of document %s again: its process died", document.id)
        await self._runs.carry_on(document)

    async def _watch(self) -> None:
        while True:
            try:
                await self.look()
            except (DBAPIError, OSError) as error:
                _log.warning("cannot look for documents of dead pipeline runs: %s", error)
            await asyncio.sleep(self._every)
