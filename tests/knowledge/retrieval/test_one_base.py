"""Searching one base: methods, thresholds, models, errors, what may not be found."""

import asyncio

import pytest
from sqlalchemy import update

from tests.knowledge.retrieval.rig import MODEL, OTHER, PROVIDER, Rig, reranked, settings
from treadle.engine.ports import ModelRef
from treadle.knowledge.retrieval.errors import RetrievalFailed
from treadle.knowledge.retrieval.questions import QuestionVectors
from treadle.knowledge.retrieval.records import Asking
from treadle.knowledge.shapes import Weights
from treadle.knowledge.tables import Document, KnowledgeBase, KnowledgeQuery, Segment, Technique
from treadle.platform.refusals import NotFound

METHODS = ("semantic_search", "full_text_search", "hybrid_search")


async def fruit(here: Rig) -> KnowledgeBase:
    base = await here.base()
    await here.document(base, "red apple", "red plum tree", "blue whale", "the sea is blue and deep")
    return base


@pytest.mark.parametrize("method", METHODS)
async def test_the_best_comes_first(here: Rig, method: str) -> None:
    found = await here.search(await fruit(here), "blue whale", settings=settings(method, 2))
    assert [text for text, _ in found] == ["blue whale", "the sea is blue and deep"]
    assert all(score is not None and 0 < score <= 1.0001 for _, score in found)


async def test_both_find_what_either_finds_once(here: Rig) -> None:
    found = await here.texts(await fruit(here), "red whale", settings=settings("hybrid_search", 4))
    assert sorted(found) == sorted(dict.fromkeys(found))
    assert {"red apple", "blue whale"} <= set(found)


async def test_weights_decide_which_comes_first(here: Rig) -> None:
    base = await fruit(here)
    by_weights = settings("hybrid_search", 4, reranking_mode="weighted_score")
    by_weights.weights = Weights()
    by_weights.weights.vector_setting.vector_weight = 0.0
    by_weights.weights.keyword_setting.keyword_weight = 1.0
    found = await here.search(base, "red apple", settings=by_weights)
    assert found[0] == ("red apple", pytest.approx(1.0))
    assert [score for _, score in found] == sorted((score for _, score in found if score is not None), reverse=True)


async def test_a_model_ranks_what_both_found(here: Rig) -> None:
    here.model.rerank_by(lambda _query, texts: [len(text) for text in texts])
    found = await here.texts(await fruit(here), "blue red", settings=reranked("hybrid_search", 4))
    assert found == ["the sea is blue and deep", "red plum tree", "blue whale", "red apple"]


async def test_a_threshold_leaves_out_what_is_not_near(here: Rig) -> None:
    near = settings(score_threshold_enabled=True, score_threshold=0.9)
    assert await here.texts(await fruit(here), "red apple", settings=near) == ["red apple"]


async def test_no_question_finds_nothing(here: Rig) -> None:
    base = await fruit(here)
    assert [await here.texts(base, query) for query in ("", "   ", "\n")] == [[], [], []]


@pytest.mark.parametrize("method", METHODS)
async def test_any_text_may_be_asked(here: Rig, method: str) -> None:
    base = await fruit(here)
    for query in ('"', "'; DROP TABLE x; --", "🙂", "a" * 20_000, "\u0000 red", "%_*?("):
        await here.search(base, query, settings=settings(method))


async def test_chunks_that_were_switched_off_meanwhile_are_not_found(here: Rig) -> None:
    base = await fruit(here)
    async with here.db.transaction() as session:
        await session.execute(update(Segment).where(Segment.content == "red apple").values(enabled=False))
    assert "red apple" not in await here.texts(base, "red apple")


async def test_an_economy_base_is_searched_by_keywords_whatever_is_asked(here: Rig) -> None:
    base = await here.base(Technique.ECONOMY, settings("semantic_search"))
    await here.document(base, "red apple", "blue whale")
    assert await here.search(base, "apple") == [("red apple", None)]
    assert await here.search(base, "apple", settings=settings("hybrid_search")) == [("red apple", None)]
    assert here.model.requests_to("/embeddings") == []


async def test_a_base_of_another_workspace_is_not_there(here: Rig) -> None:
    base = await fruit(here)
    with pytest.raises(NotFound):
        await here.retrieval.search("f" * 36, base.id, "red")


async def test_a_base_whose_model_is_gone_says_so(here: Rig) -> None:
    base = await here.base()
    await here.document(base, "red apple")
    for name in (MODEL, OTHER):
        await here.models.remove(here.workspace_id, PROVIDER, "text-embedding", name)
    with pytest.raises(RetrievalFailed) as caught:
        await here.search(base, "red", settings=settings("hybrid_search"))
    assert (caught.value.status, caught.value.code) == (400, "provider_not_initialize")


async def test_a_base_whose_index_is_elsewhere_says_so(here: Rig) -> None:
    base = await fruit(here)
    async with here.db.transaction() as session:
        await session.execute(update(KnowledgeBase).where(KnowledgeBase.id == base.id).values(index_kind="milvus"))
    with pytest.raises(RetrievalFailed, match="TREADLE_VECTOR_STORE"):
        await here.search(base, "red")


async def test_questions_and_hits_are_written_down(here: Rig) -> None:
    base = await fruit(here)
    await here.search(base, "red apple", settings=settings(top_k=1), asking=Asking(source="hit_testing", by="me"))
    await here.search(base, "red apple", settings=settings(top_k=1), asking=Asking(source="app", app_id="app"))
    await here.search(base, "red apple", settings=settings(top_k=1))
    await here.retrieval.flush()
    noted = await here.rows(KnowledgeQuery)
    assert [(row.content, row.source, row.source_app_id) for row in noted] == [
        ("red apple", "hit_testing", None),
        ("red apple", "app", "app"),
    ]
    hits = {row.content: row.hit_count for row in await here.rows(Segment) if row.hit_count}
    assert hits == {"red apple": 1}
    assert [row.hit_count for row in await here.rows(Document)] == [1]


async def test_a_question_is_embedded_once_however_many_ask(here: Rig) -> None:
    now = [0.0]
    questions = QuestionVectors(here.models, clock=lambda: now[0])
    model = ModelRef("openai_api_compatible", "stub-embedding")

    async def ask() -> None:
        await questions.vector(here.workspace_id, model, "red")

    await asyncio.gather(*(ask() for _ in range(10)))
    now[0] = 599
    await ask()
    now[0] = 1198
    await ask()
    assert len(here.model.requests_to("/embeddings")) == 1
    now[0] = 1799
    await ask()
    assert len(here.model.requests_to("/embeddings")) == 2
