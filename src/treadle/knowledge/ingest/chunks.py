"""Single chunks into the index and out of it, while somebody waits. Source: spec knowledge §16.2, §16.3."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import select, update

from treadle.engine.errors import InvokeError
from treadle.knowledge.index.port import IndexUnavailableError
from treadle.knowledge.tables import Document, Segment
from treadle.platform.clock import now_us
from treadle.platform.db import Database

from .indexing import Indexer, Put, merge
from .repository import IngestRepository, SegmentRow
from .summaries import resume_summaries
from .work import failures_of, outcomes_of

_AT_ONCE = 500


class _Place(msgspec.Struct, frozen=True):
    """Where chunks lie."""

    workspace_id: str
    base_id: str
    document_id: str
    doc_form: str
    searchable: bool


class ChunkIndexing:
    """Keeps the index as the rows of single chunks say."""

    def __init__(self, db: Database, indexer: Indexer) -> None:
        self._db = db
        self._indexer = indexer

    async def index(self, segment_ids: Sequence[str]) -> None:
        """Index chunks whose rows are written. They end `completed`; one that cannot be indexed ends `error`, disabled,
        with the reason."""
        for place, ids in (await self._places(segment_ids)).items():
            async with self._db.connect() as connection:
                rows = await IngestRepository(connection, place.workspace_id).segments(ids, place.doc_form)
            nodes = [node for row in rows for node in row.nodes]
            put, failure = Put(), None
            if place.searchable:
                try:
                    merge(put, await self._indexer.put(place.workspace_id, place.base_id, nodes))
                except (InvokeError, IndexUnavailableError) as error:
                    failure = str(error)
            await self._note(place, rows, put, failure)
            try:
                await self._indexer.settle(place.workspace_id, place.base_id, nodes)
            except IndexUnavailableError:
                if failure is None:
                    raise

    async def remove(self, segment_ids: Sequence[str]) -> None:
        """Chunks out of the index, with their children. Raises IndexUnavailableError."""
        for place, ids in (await self._places(segment_ids)).items():
            async with self._db.connect() as connection:
                rows = await IngestRepository(connection, place.workspace_id).segments(ids, place.doc_form)
            await self._indexer.remove(
                place.workspace_id, place.base_id, [node.node_id for row in rows for node in row.nodes]
            )

    async def remove_nodes(self, workspace_id: str, base_id: str, node_ids: Sequence[str]) -> None:
        """Nodes out of the index whose rows are gone. Raises IndexUnavailableError."""
        await self._indexer.remove(workspace_id, base_id, node_ids)

    async def _note(self, place: _Place, rows: Sequence[SegmentRow], put: Put, failure: str | None) -> None:
        """What became of the chunks, unless somebody edited one meanwhile: then that one is the other's."""
        failed = dict.fromkeys((row.id for row in rows), failure) if failure else failures_of(rows, put)
        outcomes = outcomes_of(rows, put, failed)
        async with self._db.begin() as connection:
            repository = IngestRepository(connection, place.workspace_id)
            await repository.fail_segments({key: reason or "" for key, reason in failed.items()}, now_us())
            await repository.finish_segments(outcomes, enable=False)
            totals = await repository.totals(place.document_id)
            await connection.execute(
                update(Document).where(Document.id == place.document_id).values(tokens=totals.tokens)
            )
            await resume_summaries(connection, await repository.base(place.base_id), place.document_id)

    async def _places(self, segment_ids: Sequence[str]) -> dict[_Place, list[str]]:
        found: dict[_Place, list[str]] = {}
        async with self._db.connect() as connection:
            for at in range(0, len(segment_ids), _AT_ONCE):
                query = (
                    select(
                        Segment.id,
                        Segment.workspace_id,
                        Segment.base_id,
                        Segment.document_id,
                        Document.doc_form,
                        Document.enabled,
                        Document.archived,
                    )
                    .join(Document, Document.id == Segment.document_id)
                    .where(Segment.id.in_(segment_ids[at : at + _AT_ONCE]))
                )
                for row in await connection.execute(query):
                    place = _Place(
                        row.workspace_id,
                        row.base_id,
                        row.document_id,
                        row.doc_form,
                        row.enabled and not row.archived,
                    )
                    found.setdefault(place, []).append(row.id)
        return found
