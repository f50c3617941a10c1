"""What was asked and what was found, written down behind the answer. Source: spec knowledge §12.3, §14.3."""

import asyncio
import logging
from collections import Counter
from collections.abc import Iterable
from typing import Any

from sqlalchemy import bindparam, update
from sqlalchemy.exc import DBAPIError

from treadle.knowledge.tables import Document, KnowledgeBase, KnowledgeQuery, Segment
from treadle.platform.clock import now_us
from treadle.platform.db import Database, table_of
from treadle.platform.ids import new_id

from .records import Asking, Record

_log = logging.getLogger(__name__)
_queries, _segments, _documents = table_of(KnowledgeQuery), table_of(Segment), table_of(Document)
_bases = table_of(KnowledgeBase)


class Notes:
    """Queries and hits of this process, written together every `pause` seconds. Close it at the end."""

    def __init__(self, db: Database, *, pause: float = 0.5, most: int = 20_000) -> None:
        """`most`: what may wait; a database that takes nothing costs no memory, but these notes."""
        self._db = db
        self._pause = pause
        self._most = most
        self._asked: list[dict[str, Any]] = []
        self._hits: Counter[tuple[str, str, str]] = Counter()
        self._task: asyncio.Task[None] | None = None

    def note(self, base: KnowledgeBase, query: str, asking: Asking, records: Iterable[Record] = ()) -> None:
        """A base was asked. Each chunk of `records` counts one hit more."""
        if len(self._asked) >= self._most:
            return
        self._asked.append(
            {
                "id": new_id(),
                "workspace_id": base.workspace_id,
                "base_id": base.id,
                "content": query.replace("\x00", ""),
                "source": asking.source,
                "source_app_id": asking.app_id,
                "created_by_role": asking.role,
                "created_by": asking.by,
                "created_at": now_us(),
            }
        )
        self.count(records)
        self._wake()

    def count(self, records: Iterable[Record]) -> None:
        """Each chunk counts one hit more."""
        self._hits.update(
            (record.segment.workspace_id, record.segment.document_id, record.segment.id) for record in records
        )
        self._wake()

    def _wake(self) -> None:
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._later(), name="notes of searches")

    async def flush(self) -> None:
        """Write what waits."""
        asked, hits = self._asked, self._hits
        self._asked, self._hits = [], Counter()
        if not asked and not hits:
            return
        try:
            async with self._db.begin() as connection:
                known = await self._known(connection, {row["base_id"] for row in asked})
                if rows := [row for row in asked if row["base_id"] in known]:
                    await connection.execute(_queries.insert(), rows)
                for table, place in ((_segments, 2), (_documents, 1)):
                    await _add(connection, table, hits, place)
        except (DBAPIError, OSError) as error:
            _log.warning("what was searched for cannot be written down: %s", error)
            self._asked = [*asked, *self._asked]
            self._hits = hits + self._hits

    async def close(self) -> None:
        """Write what waits, and stop."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self.flush()

    async def _later(self) -> None:
        while self._asked or self._hits:
            await asyncio.sleep(self._pause)
            await self.flush()

    async def _known(self, connection: Any, base_ids: set[str]) -> set[str]:
        """A base may be deleted before its queries are written."""
        found = await connection.execute(_bases.select().where(_bases.c.id.in_(base_ids)))
        return {row.id for row in found}


async def _add(connection: Any, table: Any, hits: Counter[tuple[str, str, str]], place: int) -> None:
    """Add hits to the counts of chunks, or of documents."""
    counts: Counter[tuple[str, str]] = Counter()
    for key, count in hits.items():
        counts[(key[0], key[place])] += count
    if counts:
        statement = (
            update(table)
            .where(table.c.id == bindparam("b_id"), table.c.workspace_id == bindparam("b_workspace"))
            .values(hit_count=table.c.hit_count + bindparam("b_count"))
        )
        values = [
            {"b_workspace": workspace, "b_id": key, "b_count": count}
            for (workspace, key), count in sorted(counts.items())
        ]
        await connection.execute(statement, values)
