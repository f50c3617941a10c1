"""Vectors: paid for once, of unit length, and with the text named that has none."""

import numpy as np
import pytest
from aiohttp import web

from tests.doubles import vectors as made_up
from tests.knowledge.ingest.rig import COMPLETED, MODEL, PROVIDER, Rig, paragraphs
from treadle.engine.ports import ModelRef
from treadle.knowledge.ingest.embedding import unit_vectors
from treadle.knowledge.tables import EmbeddingCache, IndexingStatus, SegmentStatus
from treadle.platform.db import table_of

HERE = ModelRef(PROVIDER, MODEL)


def test_vectors_get_unit_length_and_bad_ones_a_reason() -> None:
    nan = float("nan")
    found, reasons = unit_vectors([[3.0, 4.0], [0.0, 0.0], [nan, 1.0], [1.0, 0.0]])
    assert np.allclose(found[0], [0.6, 0.8])
    assert np.allclose(found[3], [1.0, 0.0])
    assert reasons == [
        None,
        "the vector is empty or all zeros.",
        "the vector holds values that are no numbers.",
        None,
    ]
    _, reasons = unit_vectors([[1.0, 0.0], [1.0], [0.0, 1.0]])
    assert reasons == [None, "the vector has 1 dimensions, the others have 2.", None]


async def test_texts_are_embedded_once(here: Rig) -> None:
    embedder = here.here.embedder
    first = await embedder.vectors(here.workspace_id, HERE, {"a": "one", "b": "two"})
    second = await embedder.vectors(here.workspace_id, HERE, {"b": "two", "c": "three"})
    assert here.embedded() == ["one", "two", "three"]
    assert np.array_equal(first.vectors["b"], second.vectors["b"])
    assert all(abs(float(np.linalg.norm(vector)) - 1) < 1e-6 for vector in second.vectors.values())


async def test_old_vectors_are_forgotten(here: Rig) -> None:
    embedder = here.here.embedder
    await embedder.vectors(here.workspace_id, HERE, {"old": "one", "new": "two"})
    cache = table_of(EmbeddingCache)
    async with here.db.begin() as connection:
        await connection.execute(cache.update().where(cache.c.hash == "old").values(created_at=1))
    assert await embedder.purge(30) == 1
    assert await embedder.purge(30) == 0
    await embedder.vectors(here.workspace_id, HERE, {"old": "one", "new": "two"})
    assert here.embedded() == ["one", "two", "one"]


@pytest.fixture
def picky(here: Rig, monkeypatch: pytest.MonkeyPatch) -> Rig:
    """The model refuses texts with `endless` in them, and answers those with `odd` by nothing but zeros."""
    embed = made_up.embed

    def strange(text: str, dimensions: int) -> list[float]:
        if "endless" in text:
            raise web.HTTPBadRequest(text='{"error": {"message": "The input is longer than 8192 tokens."}}')
        return [0.0] * dimensions if "odd" in text else embed(text, dimensions)

    monkeypatch.setattr(made_up, "embed", strange)
    return here


async def test_a_chunk_that_the_model_refuses_is_named(picky: Rig) -> None:
    base = await picky.base()
    texts = [f"Paragraph {number} is plain." for number in range(20)]
    texts[4], texts[11] = "An endless tale begins here.", "This one is odd in every way."
    picky.here.worker.start()
    (document_id,) = await picky.add(base, "\n\n".join(texts))
    (document,) = await picky.idle(document_id)
    failed = [segment for segment in await picky.segments(document_id) if segment.status == SegmentStatus.ERROR]
    assert document.indexing_status == COMPLETED
    assert [segment.position for segment in failed] == [5, 12]
    assert failed[0].error is not None
    assert failed[0].error.startswith("“An endless tale begins here.” cannot be embedded:")
    assert "8192 tokens" in failed[0].error
    assert failed[1].error is not None
    assert failed[1].error.endswith("the vector is empty or all zeros.")
    assert document.notice is not None
    assert document.notice.startswith("2 chunks of 20 could not be indexed")
    assert len(picky.index.texts(base.id)) == 18
    assert not any(segment.enabled for segment in failed)


async def test_a_document_of_which_nothing_can_be_embedded_fails(picky: Rig) -> None:
    base = await picky.base()
    picky.here.worker.start()
    (document_id,) = await picky.add(base, "An endless tale.\n\nAnother endless tale.")
    (document,) = await picky.idle(document_id)
    assert document.indexing_status == IndexingStatus.ERROR
    assert document.error is not None
    assert "8192 tokens" in document.error


async def test_a_rate_limit_is_waited_out(working: Rig) -> None:
    base = await working.base()
    working.model.fail(6, 429, retry_after=0.05, path="/embeddings")
    (document_id,) = await working.add(base, paragraphs(40))
    (document,) = await working.idle(document_id)
    assert (document.indexing_status, document.error) == (COMPLETED, None)
