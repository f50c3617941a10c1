"""What a knowledge pipeline keeps in its base, and what it refuses, in words that say what to do."""

import pytest

from tests.knowledge.ingest.filling import Filling, filling
from treadle.engine.events import NodeFinished, NodeStatus
from treadle.engine.values import Value

__all__ = ["filling"]


def failure(record: NodeFinished) -> str:
    assert (record.status, record.error_type) == (NodeStatus.FAILED, "KnowledgeIndexError")
    return record.error or ""


async def test_an_economy_base_finds_by_keywords(filling: Filling) -> None:
    document_id = await filling.document()
    record = await filling.run(["The ferry leaves at nine."], technique="economy", document_id=document_id)
    assert record.status is NodeStatus.SUCCEEDED, record.error
    base = await filling.rig.base_row(filling.base.id)
    assert (base.indexing_technique, base.embedding_model, base.doc_form) == ("economy", None, "text_model")
    (segment,) = await filling.rig.segments(document_id)
    assert "ferry" in (segment.keywords or [])
    assert filling.rig.model.requests == []


async def test_parents_and_questions_need_a_base_of_high_quality(filling: Filling) -> None:
    questions: Value = {"qa_chunks": [{"question": "q", "answer": "a"}]}
    record = await filling.run(questions, "qa_model", "economy", document_id=await filling.document())
    assert "need a high-quality knowledge base" in failure(record)
    assert (await filling.rig.base_row(filling.base.id)).doc_form is None


async def test_what_the_first_document_decided_holds_for_the_next(filling: Filling) -> None:
    await filling.run(["a"], document_id=await filling.document())
    questions: Value = {"qa_chunks": [{"question": "q", "answer": "a"}]}
    record = await filling.run(questions, "qa_model", document_id=await filling.document())
    assert failure(record) == "Chunks for text_model must be an object with the list `general_chunks`."


async def test_chunks_that_cannot_be_embedded_fail_the_run_and_say_why(filling: Filling) -> None:
    filling.rig.model.fail(3, 400, message="This text is refused.")
    document_id = await filling.document()
    record = await filling.run(["a", "b"], document_id=document_id)
    assert "This text is refused." in failure(record)
    document = await filling.rig.document(document_id)
    assert document.indexing_status == "error"
    assert "This text is refused." in (document.error or "")
    assert (await filling.run(["a", "b"], document_id=document_id)).status is NodeStatus.SUCCEEDED
    assert (await filling.rig.document(document_id)).error is None


async def test_another_workspaces_base_is_none(filling: Filling) -> None:
    document_id = await filling.document()
    filling.workspace_id = "another"
    assert "There is no knowledge base" in failure(await filling.run(["a"], document_id=document_id))
    assert await filling.rig.segments(document_id) == []


async def test_a_document_of_another_base_is_not_written_to(filling: Filling) -> None:
    other = await filling.rig.base()
    (document_id,) = await filling.rig.add(other, "", queue=False, job=None)
    assert "There is no document" in failure(await filling.run(["a"], document_id=document_id))
    mine = await filling.document()
    record = await filling.run(["a"], document_id=mine, original_document_id=document_id)
    assert "There is no document" in failure(record)


async def test_a_document_takes_the_place_of_another(filling: Filling) -> None:
    old, new = await filling.document(), await filling.document()
    await filling.run(["old"], document_id=old)
    await filling.run(["new"], document_id=new, original_document_id=old)
    assert await filling.rig.segments(old) == []
    assert [each.content for each in await filling.rig.segments(new)] == ["new"]
    assert filling.rig.index.texts(filling.base.id) == ["new"]


async def test_many_chunks_are_kept_in_their_order(filling: Filling) -> None:
    document_id = await filling.document()
    texts: list[Value] = [f"chunk {number}" for number in range(2_345)]
    record = await filling.run({"general_chunks": texts}, document_id=document_id)
    assert record.status is NodeStatus.SUCCEEDED, record.error
    segments = await filling.rig.segments(document_id)
    assert [segment.content for segment in segments] == texts
    assert [segment.position for segment in segments] == list(range(1, 2_346))


@pytest.mark.parametrize(
    ("structure", "chunks", "expected"),
    [
        ("text_model", {"general_chunks": [{"content": " "}]}, "`content` of the chunk general_chunks[0]"),
        ("text_model", "a text", "object with the list `general_chunks`"),
        ("qa_model", {"qa_chunks": [{"question": "q"}]}, "`answer` of the chunk qa_chunks[0]"),
        ("hierarchical_model", {"parent_child_chunks": [{"parent_content": "p", "child_contents": [1]}]},
         "`child_contents` of the chunk parent_child_chunks[0]"),
    ],
)  # fmt: skip
async def test_chunks_of_another_shape_are_named(
    filling: Filling, structure: str, chunks: Value, expected: str
) -> None:
    assert expected in failure(await filling.run(chunks, structure, document_id=await filling.document()))
