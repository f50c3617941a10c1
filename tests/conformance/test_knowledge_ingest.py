"""The numbered tests of spec knowledge §25 for what becomes of documents."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from tests.knowledge.ingest.rig import (
    COMPLETED,
    MODEL,
    OTHER_MODEL,
    Rig,
    other_model,
    paragraphs,
    rig,
    switch,
    switched,
)
from treadle.knowledge.index.port import IndexedChunk
from treadle.knowledge.ingest.jobs import Job, shown_status
from treadle.knowledge.ingest.work import GROUP
from treadle.knowledge.tables import IndexingStatus, SegmentStatus, Technique
from treadle.platform.db import Database


@pytest.fixture
async def here(migrated_sqlite_file: Path, tmp_path: Path) -> AsyncIterator[Rig]:
    """Ingestion that is not started."""
    path = tmp_path / "treadle.db"
    await asyncio.to_thread(shutil.copy, migrated_sqlite_file, path)
    db = Database(f"sqlite:///{path}")
    async with rig(db, tmp_path) as made:
        yield made
    await db.close()


@pytest.fixture
async def working(here: Rig) -> Rig:
    """Ingestion at work."""
    here.here.worker.start()
    return here


async def completed_of(rig: Rig, document_id: str) -> int:
    return sum(segment.status == SegmentStatus.COMPLETED for segment in await rig.segments(document_id))


async def test_C_42_a_pause_rests_between_groups_and_goes_on_with_what_is_left(here: Rig) -> None:
    base = await here.base()
    (document_id,) = await here.add(base, paragraphs(2 * GROUP + 7), queue=False)
    added: list[str] = []

    async def pause_then_note(chunks: Sequence[IndexedChunk]) -> None:
        if not added:
            await here.change(document_id, is_paused=True, paused_at=1)
        added.extend(chunk.node_id for chunk in chunks)

    here.index.before_add = pause_then_note
    here.here.worker.start()
    (document,) = await here.idle(document_id)
    assert (shown_status(document), document.indexing_status) == ("paused", IndexingStatus.INDEXING)
    assert await completed_of(here, document_id) == GROUP == len(added)
    await here.change(document_id, is_paused=False, paused_at=None)
    await here.here.service.queue([document_id])
    (document,) = await here.idle(document_id)
    assert document.indexing_status == COMPLETED
    assert await completed_of(here, document_id) == 2 * GROUP + 7
    assert len(added) == len(set(added)) == 2 * GROUP + 7


async def test_C_43_a_chunk_that_was_switched_off_stays_off(working: Rig) -> None:
    base = await working.base()
    (document_id,) = await working.add(base, paragraphs(4))
    await working.idle(document_id)
    switched_off = (await working.segments(document_id))[1]
    async with working.db.transaction() as session:
        row = await session.merge(switched_off)
        row.enabled = False
    await working.here.service.remove_segments([switched_off.id])
    await working.change(document_id, enabled=False, job=Job.REMOVE_INDEX)
    await working.here.service.queue([document_id])
    await working.idle(document_id)
    assert working.index.nodes(base.id) == set()
    await working.change(document_id, enabled=True, job=Job.ADD_INDEX)
    await working.here.service.queue([document_id])
    await working.idle(document_id)
    segments = await working.segments(document_id)
    assert [segment.enabled for segment in segments] == [True, False, True, True]
    assert working.index.nodes(base.id) == {segment.index_node_id for segment in segments if segment.enabled}


async def test_C_51_another_model_embeds_what_is_available_while_the_old_one_answers(working: Rig) -> None:
    base = await working.base()
    texts = [paragraphs(4, "first"), paragraphs(4, "second"), paragraphs(4, "third")]
    ids = await working.add(base, *texts)
    await working.idle(*ids)
    await working.change(ids[2], enabled=False, job=Job.REMOVE_INDEX)
    await working.here.service.queue([ids[2]])
    await working.idle(ids[2])
    old = working.index.texts(base.id, 0)
    seen: list[tuple[list[str], str | None, list[str]]] = []

    async def look(chunks: Sequence[IndexedChunk]) -> None:
        row = await working.base_row(base.id)
        documents = [await working.document(document_id) for document_id in ids]
        seen.append(
            (
                working.index.texts(base.id, row.index_generation),
                row.embedding_model,
                [shown_status(d) for d in documents],
            )
        )

    working.index.before_add = look
    await switch(working, base.id, Technique.HIGH_QUALITY, other_model())
    row = await switched(working, base.id)
    assert (row.index_generation, row.embedding_model) == (1, OTHER_MODEL)
    assert [each[:2] for each in seen] == [(old, MODEL)] * 2, "searches met the old vectors all the time"
    assert all("indexing" in statuses[:2] and statuses[2] == "completed" for _, _, statuses in seen)
    assert working.index.texts(base.id, 1) == old
    assert working.index.texts(base.id, 0) == []
    documents = [await working.document(document_id) for document_id in ids]
    assert [(d.indexing_status, shown_status(d)) for d in documents] == [(COMPLETED, COMPLETED)] * 3
    working.index.before_add = None
    await working.change(ids[2], enabled=True, job=Job.ADD_INDEX)
    await working.here.service.queue([ids[2]])
    await working.idle(ids[2])
    assert len(working.index.texts(base.id, 1)) == 12
