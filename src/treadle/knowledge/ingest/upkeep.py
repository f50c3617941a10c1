"""What is found again although nobody promised it: chunks that were written by hand when their process ended."""

from sqlalchemy import select, update

from treadle.knowledge.tables import Document, IndexingStatus, KnowledgeBase, Segment, SegmentStatus
from treadle.platform.clock import SECOND, now_us
from treadle.platform.db import Database

from .jobs import Job
from .summaries import begin_summaries

_LEFT_ALONE = 120 * SECOND
"""How long a chunk may be on its way into the index while somebody waits."""


class Upkeep:
    """Looks for what was left half done."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def mend(self) -> int:
        """Have documents indexed again that hold chunks which nobody indexes; gives how many there are."""
        pending = (SegmentStatus.WAITING, SegmentStatus.INDEXING)
        left = (
            select(Segment.document_id)
            .join(KnowledgeBase, KnowledgeBase.id == Segment.base_id)
            .where(Segment.status.in_(pending), Segment.updated_at < now_us() - _LEFT_ALONE)
        )
        documents = select(Document.id).where(
            Document.id.in_(left), Document.job.is_(None), Document.indexing_status == IndexingStatus.COMPLETED
        )
        async with self._db.begin() as connection:
            await begin_summaries(connection)
        async with self._db.connect() as connection:
            ids = list((await connection.execute(documents)).scalars())
        if not ids:
            return 0
        async with self._db.begin() as connection:
            await connection.execute(
                update(Document)
                .where(Document.id.in_(ids), Document.job.is_(None))
                .values(job=Job.ADD_INDEX, lease_owner=None, lease_until=0)
            )
        return len(ids)
