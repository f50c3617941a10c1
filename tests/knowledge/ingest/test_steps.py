"""Pauses, failures and second tries of documents."""

import asyncio
from collections.abc import Sequence

from tests.knowledge.ingest.rig import COMPLETED, Rig, paragraphs, rule
from treadle.knowledge.index.port import IndexedChunk, IndexUnavailableError
from treadle.knowledge.ingest.jobs import Job
from treadle.knowledge.ingest.work import GROUP
from treadle.knowledge.tables import IndexingStatus


async def test_a_document_paused_before_it_is_begun_is_not_begun(working: Rig) -> None:
    base = await working.base()
    (paused,) = await working.add(base, paragraphs(2), is_paused=True)
    (other,) = await working.add(base, paragraphs(2))
    await working.idle(other)
    assert (await working.document(paused)).indexing_status == IndexingStatus.WAITING
    await working.change(paused, is_paused=False)
    await working.here.service.queue([paused])
    (document,) = await working.idle(paused)
    assert document.indexing_status == COMPLETED


async def test_one_bad_document_does_not_stop_the_others(working: Rig) -> None:
    base = await working.base()
    bad = [
        *(await working.add(base, b"PK\x03\x04 no zip at all", name="broken.docx", queue=False)),
        *(await working.add(base, b"%PDF-1.7 torn", name="torn.pdf", queue=False)),
        *(await working.add(base, b"PK\x03\x04 torn", name="numbers.xlsx", queue=False)),
        *(await working.add(base, paragraphs(2), file_id="gone", queue=False)),
    ]
    good = await working.add(base, *(paragraphs(3, f"matter {number}") for number in range(6)))
    documents = await working.idle(*bad, *good)
    assert [document.indexing_status for document in documents] == [IndexingStatus.ERROR] * 4 + [COMPLETED] * 6
    assert all(document.error and document.stopped_at for document in documents[:4])
    assert len(working.index.texts(base.id)) == 18


async def test_a_bad_rule_is_said_in_the_document(working: Rig) -> None:
    """C17."""
    base = await working.base()
    (document_id,) = await working.add(base, paragraphs(2), rule=rule("custom", "\\n", 49))
    (document,) = await working.idle(document_id)
    assert (document.indexing_status, document.error) == (
        IndexingStatus.ERROR,
        "Custom segment length should be between 50 and 4000.",
    )


async def test_a_second_try_replaces_what_there_was(working: Rig) -> None:
    base = await working.base()
    (document_id,) = await working.add(base, paragraphs(5))
    await working.idle(document_id)
    before = {segment.id for segment in await working.segments(document_id)}
    await working.change(document_id, job=Job.REINDEX, indexing_status=IndexingStatus.WAITING)
    await working.here.service.queue([document_id])
    (document,) = await working.idle(document_id)
    segments = await working.segments(document_id)
    assert document.indexing_status == COMPLETED
    assert len(segments) == 5
    assert not before & {segment.id for segment in segments}
    assert working.index.nodes(base.id) == {segment.index_node_id for segment in segments}
    assert len(working.embedded()) == 5, "vectors of the same texts are not paid for again"


async def test_a_server_that_does_not_answer_now_is_asked_again(working: Rig) -> None:
    base = await working.base()
    failures = iter([IndexUnavailableError("The index is away."), IndexUnavailableError("The index is away.")])

    async def fail(chunks: Sequence[IndexedChunk]) -> None:
        failure = next(failures, None)
        if failure is not None:
            raise failure

    working.index.before_add = fail
    (document_id,) = await working.add(base, paragraphs(3))
    (document,) = await working.idle(document_id)
    assert (document.indexing_status, document.error, next(failures, None)) == (COMPLETED, None, None)
    assert len(working.index.texts(base.id)) == 3


async def test_a_document_is_deleted_while_it_is_indexed(here: Rig) -> None:
    base = await here.base()
    (document_id,) = await here.add(base, paragraphs(2 * GROUP), queue=False)
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def wait(chunks: Sequence[IndexedChunk]) -> None:
        begun.set()
        await go_on.wait()

    here.index.before_add = wait
    here.here.worker.start()
    await begun.wait()
    file_id = (await here.document(document_id)).file_id
    await here.here.service.forget_documents([document_id])
    assert await here.gone(document_id)
    go_on.set()
    other = await here.add(base, paragraphs(1))
    await here.idle(*other)
    await here.until(lambda: _only(here, base.id, 1))
    assert await here.uploads.stored(file_id or "") is None


async def _only(rig: Rig, base_id: str, count: int) -> bool:
    return len(rig.index.nodes(base_id)) == count


async def test_what_is_archived_while_it_is_indexed_is_not_found(here: Rig) -> None:
    base = await here.base()
    (document_id,) = await here.add(base, paragraphs(2 * GROUP), queue=False)

    async def archive(chunks: Sequence[IndexedChunk]) -> None:
        await here.change(document_id, archived=True)

    here.index.before_add = archive
    here.here.worker.start()
    (document,) = await here.idle(document_id)
    assert document.indexing_status == COMPLETED
    await here.until(lambda: _only(here, base.id, 0))
