"""Another embedding model, or another technique, for a base that is searched meanwhile.

A new generation of the index is built beside the one that answers: every document that can be found waits for the job
`embed`, whoever is there does it, and what is indexed meanwhile goes into both. When no document waits any more, the
new generation takes over in one transaction and the old one is dropped. Source: spec knowledge §9.3.
"""

import logging
from typing import Any

import msgspec
from sqlalchemy import exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from treadle.engine.ports import ModelRef
from treadle.knowledge.tables import Document, IndexingStatus, KnowledgeBase, Segment, SegmentStatus, Technique
from treadle.platform.changes import bump
from treadle.platform.clock import SECOND, now_us
from treadle.platform.db import Database

from .indexing import Indexer
from .jobs import INGEST_TOPIC, Job
from .targets import Building, building_of, written

_log = logging.getLogger(__name__)

_IN_PROGRESS = (Job.INDEX, Job.REINDEX, Job.SYNC)


class Switching:
    """Begins, ends and gives up changes of indexes."""

    def __init__(self, db: Database, indexer: Indexer, *, grace: float) -> None:
        """`grace`: seconds that searches may take which had begun in a generation when another one took over."""
        self._db = db
        self._indexer = indexer
        self._grace = round(grace * SECOND)

    async def begin(
        self, session: AsyncSession, base: KnowledgeBase, technique: Technique, model: ModelRef | None
    ) -> None:
        """Change a base in the caller's transaction: at once if it holds nothing, else when all is embedded.

        `model` is that of `high_quality`, None for `economy`. Nothing happens if the base is so already; a change that
        is under way is given up for this one.
        """
        await session.flush()
        base_id = base.id
        await session.refresh(base, with_for_update=True)
        provider, name = (model.provider, model.name) if model is not None else (None, None)
        building = building_of(base)
        stale = () if building is None else _left(building)
        await _stop_embedding(session, base_id)
        asked = (technique, provider, name)
        now = (base.indexing_technique, base.embedding_model_provider, base.embedding_model)
        generation = max(base.index_generation, 0 if building is None else building.generation, *stale, 0) + 1
        if asked == now:
            base.index_building = written(Building(phase="drop", stale=stale) if stale else None)
        elif await _holds_chunks(session, base_id):
            base.index_building = written(
                Building(
                    phase="build",
                    generation=generation,
                    technique=technique,
                    provider=provider,
                    model=name,
                    stale=stale,
                )
            )
            await session.flush()
            await _ask_for_embedding(session, base_id)
        else:
            base.index_building = written(Building(phase="drop", stale=(*stale, base.index_generation)))
            base.index_generation = generation
            base.indexing_technique, base.embedding_model_provider, base.embedding_model = asked
        await session.flush()
        await bump(session, INGEST_TOPIC)

    async def unfinished(self) -> list[tuple[str, str]]:
        """Workspaces and ids of bases with whose index something is still to be done."""
        query = select(KnowledgeBase.workspace_id, KnowledgeBase.id, KnowledgeBase.index_building).where(
            KnowledgeBase.index_building.is_not(None)
        )
        async with self._db.connect() as connection:
            rows = (await connection.execute(query)).all()
        found = [(row, msgspec.json.decode(row.index_building, type=Building)) for row in rows]
        return [(row.workspace_id, row.id) for row, building in found if building.phase != "failed" or building.stale]

    async def advance(self, workspace_id: str, base_id: str) -> None:
        """Let a complete generation take over, and drop what is of no use. Raises IndexUnavailableError."""
        async with self._db.transaction() as session:
            base = await _locked(session, workspace_id, base_id)
            building = building_of(base) if base is not None else None
            if base is None or building is None:
                return
            if building.phase == "build":
                waiting = select(func.count()).where(Document.base_id == base_id, Document.job == Job.EMBED)
                if (await session.execute(waiting)).scalar_one():
                    return
                building = self._take_over(base, building)
                await session.flush()
                await bump(session, INGEST_TOPIC)
            if not building.stale or now_us() < building.since + self._grace:
                return
            kind, workspace = base.index_kind, base.workspace_id
        for generation in building.stale:
            await self._indexer.drop(kind, workspace, base_id, generation)
        async with self._db.transaction() as session:
            base = await _locked(session, workspace_id, base_id)
            if base is not None and base.index_building == written(building):
                rest = msgspec.structs.replace(building, stale=())
                base.index_building = written(rest) if building.phase == "failed" else None

    async def give_up(self, workspace_id: str, base_id: str, reason: str) -> None:
        """A document cannot be embedded by the new model: the base stays as it is."""
        async with self._db.transaction() as session:
            base = await _locked(session, workspace_id, base_id)
            building = building_of(base) if base is not None else None
            if base is None or building is None or building.phase != "build":
                return
            _log.warning("the index of knowledge base %s stays as it is: %s", base_id, reason)
            base.index_building = written(
                msgspec.structs.replace(
                    building, phase="failed", error=reason, stale=(*building.stale, building.generation)
                )
            )
            await session.flush()
            await _stop_embedding(session, base_id)
            await bump(session, INGEST_TOPIC)

    def _take_over(self, base: KnowledgeBase, building: Building) -> Building:
        dropping = Building(phase="drop", stale=(*building.stale, base.index_generation), since=now_us())
        base.index_generation = building.generation
        base.indexing_technique = building.technique
        base.embedding_model_provider, base.embedding_model = building.provider, building.model
        base.index_building = written(dropping)
        base.updated_at = now_us()
        return dropping


async def _locked(session: AsyncSession, workspace_id: str, base_id: str) -> KnowledgeBase | None:
    query = select(KnowledgeBase).where(KnowledgeBase.id == base_id, KnowledgeBase.workspace_id == workspace_id)
    return (
        await session.execute(query.with_for_update().execution_options(populate_existing=True))
    ).scalar_one_or_none()


def _left(building: Building) -> tuple[int, ...]:
    """The generations that a change leaves behind when it is given up."""
    return (*building.stale, building.generation) if building.phase == "build" else building.stale


async def _holds_chunks(session: AsyncSession, base_id: str) -> bool:
    """Whether anything of the base is indexed, or is being indexed."""
    busy = or_(
        Document.indexing_status.in_((IndexingStatus.COMPLETED, IndexingStatus.INDEXING)),
        Document.job.in_(_IN_PROGRESS),
    )
    return bool((await session.execute(select(exists().where(Document.base_id == base_id, busy)))).scalar())


async def _ask_for_embedding(session: AsyncSession, base_id: str) -> None:
    """Every document that can be found goes into the new generation. Those that are on their way begin their chunks
    anew, so that a chunk counts as completed only where both generations hold it."""
    found = (
        Document.base_id == base_id,
        Document.indexing_status == IndexingStatus.COMPLETED,
        Document.enabled.is_(True),
        Document.archived.is_(False),
    )
    free = or_(Document.job.is_(None), Document.job == Job.SUMMARISE)
    await _set(session, *found, free, job=Job.EMBED, lease_owner=None, lease_until=0, attempts=0)
    await _set(session, *found, Document.job == Job.ADD_INDEX, lease_owner=None, lease_until=0)
    on_their_way = select(Document.id).where(
        Document.base_id == base_id,
        Document.indexing_status == IndexingStatus.INDEXING,
    )
    await session.execute(
        update(Segment)
        .where(Segment.document_id.in_(on_their_way), Segment.status == SegmentStatus.COMPLETED)
        .values(status=SegmentStatus.INDEXING)
    )


async def _stop_embedding(session: AsyncSession, base_id: str) -> None:
    await _set(
        session,
        Document.base_id == base_id,
        Document.job == Job.EMBED,
        job=None,
        lease_owner=None,
        lease_until=None,
        attempts=0,
    )


async def _set(session: AsyncSession | AsyncConnection, *conditions: Any, **values: Any) -> None:
    statement = update(Document).where(*conditions).values(**values)
    await session.execute(statement.execution_options(synchronize_session=False))
