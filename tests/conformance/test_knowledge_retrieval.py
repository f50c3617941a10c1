"""The numbered tests of spec knowledge §25 for economy bases, scoring, retrieval in apps and metadata filters."""

import shutil
from collections.abc import AsyncIterator, Sequence
from math import log, sqrt
from pathlib import Path
from typing import Any

import pytest

from tests.knowledge.retrieval.rig import RANKED, Rig, reranked, rig, settings
from treadle.engine.errors import KnowledgeRetrievalError
from treadle.engine.ports import MetadataCondition, MetadataFilter
from treadle.knowledge.index.keywords import keywords_of
from treadle.knowledge.retrieval.filtering import applied, holds
from treadle.knowledge.retrieval.weights import shared_keywords, weighted
from treadle.knowledge.tables import Technique
from treadle.platform.db import Database

NAMES = ("A", "B", "C")
SETS = (
    {"reset", "password", "open", "settings"},
    {"billing", "invoice", "refund"},
    {"password", "length", "rules"},
)
NEAR = (0.82, 0.31, 0.64)


@pytest.fixture
async def here(migrated_sqlite_file: Path, tmp_path: Path) -> AsyncIterator[Rig]:
    shutil.copy(migrated_sqlite_file, tmp_path / "treadle.db")
    db = Database(f"sqlite:///{tmp_path / 'treadle.db'}")
    async with rig(db, tmp_path) as made:
        yield made
    await db.close()


def ranking(meaning: float, words: float, threshold: float = 0.0, top_k: int = 3) -> list[tuple[str, float]]:
    scores = shared_keywords({"reset", "password"}, SETS)
    found = weighted(NEAR, scores, vector_weight=meaning, keyword_weight=words, threshold=threshold, top_n=top_k)
    return [(NAMES[place], round(score, 6)) for place, score in found]


def condition(name: str, operator: str, value: Any = None) -> MetadataFilter:
    return MetadataFilter(conditions=(MetadataCondition(name=name, operator=operator, value=value),))


def contents(items: Sequence[dict[str, Any]]) -> list[str]:
    return [item["content"] for item in items]


def test_C_25_words_that_tell_nothing_are_no_keywords() -> None:
    assert set(keywords_of("How do I reset my password?")) == {"reset", "password"}


def test_C_26_compounds_give_their_parts() -> None:
    found = keywords_of("Dify supports gpt-3.5-turbo and e-mail alerts")
    assert set(found) == {"Dify", "supports", "gpt", "3.5", "turbo", "mail", "alerts"}


def test_C_27_chinese_is_cut_into_words() -> None:
    assert set(keywords_of("退款政策是什么")) == {"退款", "政策"}


async def test_C_28_more_keywords_come_first_without_a_score(here: Rig) -> None:
    base = await here.base(Technique.ECONOMY)
    await here.document(base, "password", "reset password")
    assert await here.search(base, "reset password") == [("reset password", None), ("password", None)]
    assert await here.texts(base, "reset password", settings=settings("keyword_search", 1)) == ["reset password"]


async def test_C_29_keywords_are_told_apart_by_case(here: Rig) -> None:
    base = await here.base(Technique.ECONOMY)
    await here.document(base, "Reset")
    assert await here.texts(base, "reset") == []
    assert await here.texts(base, "Reset") == ["Reset"]


def test_C_30_weighted_scores_of_the_worked_example() -> None:
    assert ranking(0.7, 0.3, threshold=0.5) == [("A", 0.773244), ("C", 0.534013)]
    assert ranking(1.0, 0.0) == [("A", 0.82), ("C", 0.64), ("B", 0.31)]
    assert ranking(0.0, 1.0) == [("A", 0.664147), ("C", 0.286711), ("B", 0.0)]


def test_C_31_words_may_weigh_more_than_meaning() -> None:
    assert ranking(0.3, 0.7, threshold=0.5) == [("A", 0.710903)]
    assert ranking(0.3, 0.7) == [("A", 0.710903), ("C", 0.392698), ("B", 0.093)]


def test_C_32_a_word_that_no_candidate_has_does_not_lower_the_score() -> None:
    assert shared_keywords({"reset", "zzz"}, SETS) == shared_keywords({"reset"}, SETS)
    rare, common = log(4 / 2) + 1, log(4 / 3) + 1
    assert shared_keywords({"reset", "zzz"}, SETS)[0] == pytest.approx(rare / sqrt(3 * rare**2 + common**2))


async def test_C_33_weights_and_models_keep_the_threshold_itself_and_vectors_drop_it(here: Rig) -> None:
    kept = weighted([0.5], [0.0], vector_weight=1, keyword_weight=0, threshold=0.5, top_n=1)
    assert kept == [(0, 0.5)]
    base = await here.base()
    await here.document(base, "a red apple", "red plum", "red brick")
    scores = {"a red apple": 1.0, "red plum": 0.5, "red brick": 0.0}
    here.model.rerank_by(lambda _query, texts: [scores[text] for text in texts])
    limit = {"score_threshold_enabled": True, "score_threshold": 0.5}
    by_model = reranked("full_text_search", **limit)
    assert await here.search(base, "red", settings=by_model) == [("a red apple", 1.0), ("red plum", 0.5)]
    nearest, *_ = await here.search(base, "red apple")
    exactly = settings(score_threshold_enabled=True, score_threshold=nearest[1])
    assert await here.texts(base, "red apple", settings=exactly) == []


async def test_C_34_children_give_one_record_of_their_parent(here: Rig) -> None:
    base = await here.base(doc_form="hierarchical_model")
    await here.document(base, ["red apple", "red apple pie", "blue whale"], ["green field"])
    (record,) = await here.retrieval.search(here.workspace_id, base.id, "red apple", settings=settings(top_k=2))
    assert [each.child.content for each in record.child_chunks] == ["red apple", "red apple pie"]
    assert record.segment.content == "red apple red apple pie blue whale"
    assert record.score == record.child_chunks[0].score == pytest.approx(1.0, abs=1e-5)
    assert record.child_chunks[1].score < 1


async def test_C_52_bases_of_both_techniques_need_a_rerank_model(here: Rig) -> None:
    by_meaning, by_keywords = await here.base(), await here.base(Technique.ECONOMY)
    await here.document(by_meaning, "red apple")
    await here.document(by_keywords, "red plum")
    with pytest.raises(KnowledgeRetrievalError, match="choose a rerank model"):
        await here.items(by_meaning, by_keywords, query="red", merge={"top_k": 4})
    merge = {"top_k": 4, "reranking_enable": True, "reranking_model": RANKED}
    here.model.rerank_by(lambda _query, texts: [0.9 if "plum" in text else 0.1 for text in texts])
    found = await here.items(by_meaning, by_keywords, query="red", merge=merge)
    assert contents(found) == ["red plum", "red apple"]


async def test_C_53_different_embedding_models_cannot_be_weighted(here: Rig) -> None:
    one, two = await here.base(), await here.base(embedding_model="other-embedding")
    await here.document(one, "red apple")
    await here.document(two, "red plum")
    merge = {"top_k": 4, "reranking_enable": True, "reranking_mode": "weighted_score", "weights": {}}
    with pytest.raises(KnowledgeRetrievalError, match="different embedding models"):
        await here.items(one, two, query="red", merge=merge)


async def test_C_54_a_single_base_is_searched_by_its_own_settings(here: Rig) -> None:
    base = await here.base(retrieval=settings(top_k=1))
    await here.document(base, "red apple", "red plum", "red fig")
    assert len(await here.items(base, query="red")) == 1
    assert here.model.requests_to("/chat/completions") == []


async def test_C_55_a_base_without_available_documents_is_skipped(here: Rig) -> None:
    base = await here.base()
    await here.document(base, "red apple", enabled=False)
    assert await here.port.bases([base.id]) == []
    assert await here.items(base, query="red", merge={"top_k": 4}) == []
    assert here.model.requests_to("/embeddings") == []


def test_C_62_a_document_without_the_field_is_only_empty() -> None:
    assert not holds(MetadataCondition(name="year", operator=">", value=2020), None)
    for operator in ("is not", "not contains", "≠"):
        assert not holds(MetadataCondition(name="year", operator=operator, value="2020"), None)
    assert holds(MetadataCondition(name="year", operator="empty"), None)


def test_C_63_lists_may_be_texts() -> None:
    among = MetadataCondition(name="category", operator="in", value="a, b")
    assert [holds(among, value) for value in ("a", "b", "c")] == [True, True, False]
    assert not holds(MetadataCondition(name="category", operator="in", value=""), "a")
    assert holds(MetadataCondition(name="category", operator="not in", value=""), "a")


def test_C_64_a_condition_without_a_value_is_skipped() -> None:
    assert applied(condition("name", "is")) is None
    assert applied(condition("name", "empty")) == condition("name", "empty")


async def test_C_65_a_base_without_matching_documents_gives_nothing(here: Rig) -> None:
    one, two = await here.base(), await here.base()
    await here.document(one, "red apple", doc_metadata='{"year":2019}')
    for year in (2021, 2022, 2018):
        await here.document(two, f"red fruit of {year}", doc_metadata=f'{{"year":{year}}}')
    found = await here.items(one, two, query="red", merge={"top_k": 9}, filter=condition("year", ">", 2020))
    assert sorted(contents(found)) == ["red fruit of 2021", "red fruit of 2022"]
