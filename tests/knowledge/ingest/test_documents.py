"""Documents from their files to chunks in the index, through the worker of one process."""

from tests.knowledge.ingest.rig import COMPLETED, PARENTS, Rig, paragraphs


async def test_a_document_becomes_chunks_in_the_index(working: Rig) -> None:
    base = await working.base()
    text = paragraphs(300)
    (document_id,) = await working.add(base, text)
    (document,) = await working.idle(document_id)
    segments = await working.segments(document_id)
    expected = text.split("\n\n")
    assert (document.indexing_status, document.error, document.attempts) == (COMPLETED, None, 0)
    assert [segment.content for segment in segments] == expected
    assert [segment.position for segment in segments] == list(range(1, 301))
    assert all(segment.status == "completed" and segment.enabled and segment.tokens for segment in segments)
    assert document.segment_count == 300
    assert document.word_count == len(text)
    assert document.tokens == sum(segment.tokens for segment in segments)
    started, parsed, split, done = (
        document.processing_started_at,
        document.parsing_completed_at,
        document.splitting_completed_at,
        document.completed_at,
    )
    assert started
    assert parsed
    assert split
    assert done
    assert started <= parsed <= split <= done
    assert document.indexing_latency == (done - started) / 1e6
    assert working.index.nodes(base.id) == {segment.index_node_id for segment in segments}
    assert working.index.texts(base.id) == sorted(expected)
    assert sorted(working.embedded()) == sorted(expected)


async def test_only_children_of_parents_are_indexed(working: Rig) -> None:
    base = await working.base()
    (document_id,) = await working.add(base, paragraphs(3), rule=PARENTS, doc_form="hierarchical_model")
    (document,) = await working.idle(document_id)
    children = await working.children(document_id)
    assert document.indexing_status == COMPLETED
    assert len(await working.segments(document_id)) == 3
    assert len(children) == 6
    assert working.index.nodes(base.id) == {child.index_node_id for child in children}


async def test_an_empty_document_completes_without_chunks(working: Rig) -> None:
    base = await working.base()
    (document_id,) = await working.add(base, " \n\n ")
    (document,) = await working.idle(document_id)
    assert (document.indexing_status, document.segment_count, document.error) == (COMPLETED, 0, None)


async def test_a_text_of_which_no_chunk_is_left_says_so(working: Rig) -> None:
    (document_id,) = await working.add(await working.base(), "****\n\n....")
    (document,) = await working.idle(document_id)
    assert (document.indexing_status, document.segment_count) == (COMPLETED, 0)
    assert document.notice is not None
    assert "symbols alone" in document.notice
