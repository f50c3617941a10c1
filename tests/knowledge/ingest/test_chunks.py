"""Chunks that come in other ways than out of a document's text: by hand, in tables, as questions of a model."""

from tests.doubles.script import Reply
from tests.knowledge.ingest.rig import COMPLETED, PARENTS, Rig, paragraphs
from treadle.knowledge.ingest.imports import ImportedChunk
from treadle.knowledge.ingest.upkeep import Upkeep
from treadle.knowledge.tables import ChunkImport, IndexingStatus, Segment, SegmentStatus


async def import_status(rig: Rig, import_id: str) -> tuple[str, str | None]:
    async with rig.db.session() as session:
        row = await session.get(ChunkImport, import_id)
        assert row is not None
        return row.status, row.error


async def imported(rig: Rig, document_id: str, *rows: ImportedChunk) -> tuple[str, str | None]:
    document = await rig.document(document_id)
    import_id = await rig.here.service.import_chunks(document.workspace_id, document.base_id, document_id, rows, None)

    async def done() -> bool:
        return (await import_status(rig, import_id))[0] in ("completed", "error")

    await rig.until(done)
    return await import_status(rig, import_id)


async def test_a_table_of_chunks_is_added_at_the_end(working: Rig) -> None:
    base = await working.base()
    (document_id,) = await working.add(base, paragraphs(2))
    await working.idle(document_id)
    rows = [ImportedChunk(content=f"Row {number}") for number in range(3)]
    assert await imported(working, document_id, *rows) == ("completed", None)
    segments = await working.segments(document_id)
    assert [segment.position for segment in segments] == [1, 2, 3, 4, 5]
    assert [segment.content for segment in segments[2:]] == ["Row 0", "Row 1", "Row 2"]
    assert all(segment.status == SegmentStatus.COMPLETED and segment.enabled for segment in segments)
    assert working.index.nodes(base.id) == {segment.index_node_id for segment in segments}
    document = await working.document(document_id)
    assert document.segment_count == 5
    assert document.tokens == sum(segment.tokens for segment in segments)


async def test_imported_parents_are_cut_into_children(working: Rig) -> None:
    base = await working.base()
    (document_id,) = await working.add(base, paragraphs(1), rule=PARENTS, doc_form="hierarchical_model")
    await working.idle(document_id)
    assert (await imported(working, document_id, ImportedChunk(content="One thing. Another thing.")))[0] == "completed"
    assert len(await working.children(document_id)) == 4
    assert len(working.index.nodes(base.id)) == 4


async def test_a_chunk_that_cannot_be_indexed_ends_disabled_with_the_reason(working: Rig) -> None:
    base = await working.base()
    (document_id,) = await working.add(base, paragraphs(1))
    await working.idle(document_id)
    working.model.fail(20, 401, path="/embeddings")
    status, error = await imported(working, document_id, ImportedChunk(content="Never embedded before"))
    assert status == "error"
    assert error
    chunk = (await working.segments(document_id))[-1]
    assert (chunk.status, chunk.enabled, chunk.error) == (SegmentStatus.ERROR, False, error)


async def test_chunks_left_by_a_process_that_died_are_mended(working: Rig) -> None:
    base = await working.base()
    (document_id,) = await working.add(base, paragraphs(2))
    await working.idle(document_id)
    chunk = (await working.segments(document_id))[0]
    async with working.db.transaction() as session:
        row = await session.get(Segment, chunk.id)
        assert row is not None
        row.status, row.updated_at = SegmentStatus.WAITING, 1
    await working.here.service.remove_segments([chunk.id])
    assert await Upkeep(working.db).mend() == 1
    await working.here.service.queue([document_id])
    await working.idle(document_id)
    assert {segment.status for segment in await working.segments(document_id)} == {SegmentStatus.COMPLETED}
    assert len(working.index.nodes(base.id)) == 2


async def test_questions_are_asked_of_the_default_model(working: Rig) -> None:
    working.model.reply_when(lambda request: "study cards" in str(request.json), Reply("Q1: Who?\nA1: Ola."))
    base = await working.base()
    (document_id,) = await working.add(base, paragraphs(2), doc_form="qa_model")
    (document,) = await working.idle(document_id)
    segments = await working.segments(document_id)
    assert (document.indexing_status, document.error) == (COMPLETED, None)
    assert {(segment.content, segment.answer) for segment in segments} == {("Who?", "Ola.")}
    assert working.index.texts(base.id) == ["Who?", "Who?"], "only questions are searched"


async def test_a_document_without_any_question_says_why(working: Rig) -> None:
    working.model.reply_when(lambda request: "study cards" in str(request.json), Reply("I would rather not."))
    base = await working.base()
    (document_id,) = await working.add(base, paragraphs(1), doc_form="qa_model")
    (document,) = await working.idle(document_id)
    assert document.indexing_status == IndexingStatus.ERROR
    assert document.error is not None
    assert "questions" in document.error
