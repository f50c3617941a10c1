"""Bases that nobody uses leave the index until somebody wants them again. Source: spec knowledge §21."""

from typing import Any

from sqlalchemy import exists, select, update

from treadle.knowledge.tables import Document, IndexingStatus, KnowledgeBase, KnowledgeQuery, Provider
from treadle.platform.changes import bump
from treadle.platform.clock import SECOND, now_us
from treadle.platform.db import Database

from .jobs import INGEST_TOPIC, Job

_DAY = 24 * 60 * 60 * SECOND


class Unused:
    """Looks for bases that were neither asked nor changed for long."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def switch_off(self, days: int) -> int:
        """Switch off the documents of bases that nobody asked, and in which nothing changed, for this many days; they
        stay as they are otherwise, and say since when. Gives how many there are."""
        now = now_us()
        before = now - days * _DAY
        changed = exists().where(Document.base_id == KnowledgeBase.id, Document.updated_at >= before)
        asked = exists().where(KnowledgeQuery.base_id == KnowledgeBase.id, KnowledgeQuery.created_at >= before)
        unused = select(KnowledgeBase.id).where(
            KnowledgeBase.provider == Provider.VENDOR,
            KnowledgeBase.created_at < before,
            KnowledgeBase.updated_at < before,
            ~changed,
            ~asked,
        )
        off = (
            update(Document)
            .where(
                Document.base_id.in_(unused),
                Document.indexing_status == IndexingStatus.COMPLETED,
                Document.enabled.is_(True),
                Document.archived.is_(False),
                Document.job.is_(None),
            )
            .values(
                enabled=False,
                disabled_at=now,
                disabled_by=None,
                unused_since=now,
                job=Job.REMOVE_INDEX,
                lease_owner=None,
                lease_until=0,
                attempts=0,
            )
        )
        async with self._db.transaction() as session:
            result: Any = await session.execute(off.execution_options(synchronize_session=False))
            if result.rowcount:
                await bump(session, INGEST_TOPIC)
        return int(result.rowcount)
