"""Searching several bases together, those that are elsewhere among them, and what a run gets."""

from typing import Any

import pytest
from sqlalchemy import select

from tests.doubles import media
from tests.knowledge.retrieval.rig import RANKED, Rig, settings
from treadle.apps.uploads import FileOrigin
from treadle.engine.errors import KnowledgeRetrievalError
from treadle.engine.ports import MetadataCondition, MetadataFilter
from treadle.engine.values import File
from treadle.knowledge.retrieval.filtering import matcher
from treadle.knowledge.tables import KnowledgeQuery, Segment, Technique
from treadle.platform.signed_links import reference


async def test_the_best_of_all_by_their_own_scores(here: Rig) -> None:
    one, two = await here.base(), await here.base()
    await here.document(one, "red apple", "blue whale")
    await here.document(two, "red apple pie", "green field")
    found = await here.items(one, two, query="red apple", merge={"top_k": 2, "reranking_enable": False})
    assert [item["content"] for item in found] == ["red apple", "red apple pie"]
    assert [item["metadata"]["position"] for item in found] == [1, 2]


async def test_weights_rank_several_bases_together(here: Rig) -> None:
    one, two = await here.base(), await here.base(retrieval=settings("full_text_search"))
    await here.document(one, "red apple", "blue whale")
    await here.document(two, "red apple pie", "green field")
    weights = {"vector_setting": {"vector_weight": 0.5}, "keyword_setting": {"keyword_weight": 0.5}}
    merge = {"top_k": 2, "reranking_enable": True, "reranking_mode": "weighted_score", "weights": weights}
    found = await here.items(one, two, query="red apple", merge=merge)
    assert [item["content"] for item in found] == ["red apple", "red apple pie"]
    assert found[0]["metadata"]["score"] == pytest.approx(1.0, abs=1e-5)


async def test_economy_bases_are_scored_together(here: Rig) -> None:
    one, two = await here.base(Technique.ECONOMY), await here.base(Technique.ECONOMY)
    await here.document(one, "password length rules")
    await here.document(two, "reset password")
    found = await here.items(one, two, query="reset password", merge={"top_k": 3, "reranking_enable": False})
    assert [item["content"] for item in found] == ["reset password", "password length rules"]
    assert found[0]["metadata"]["score"] == pytest.approx(1.0)


async def test_a_picture_alone_finds_nothing_and_says_so(here: Rig) -> None:
    base = await here.base()
    await here.document(base, "red apple", "blue whale")
    picture = File(type="image", transfer_method="remote_url", remote_url="https://pictures.example/apple.png")
    with pytest.raises(KnowledgeRetrievalError, match="searched by text"):
        await here.items(base, query=" ", files=(picture,))
    found = await here.items(base, query="red apple", files=(picture,))
    assert found[0]["content"] == "red apple"


async def test_a_base_elsewhere_is_asked_with_its_settings_and_conditions(here: Rig) -> None:
    base = await here.elsewhere(external_retrieval_model='{"top_k":1,"score_threshold":0.0}')
    wanted = MetadataFilter(conditions=(MetadataCondition(name="port", operator="is", value="Oslo"),))
    found = await here.items(base, query="when does the ferry leave", merge={"top_k": 4}, filter=wanted)
    (item,) = found
    assert item["content"] == "The ferry leaves at nine."
    assert item["metadata"]["data_source_type"] == "external"
    assert item["metadata"]["doc_metadata"] == {"path": "ferry.md", "port": "Oslo"}
    assert here.external.requests[-1].json["metadata_condition"]["conditions"][0]["comparison_operator"] == "is"


async def test_bases_here_and_elsewhere_are_ranked_by_a_model(here: Rig) -> None:
    own, other = await here.base(), await here.elsewhere()
    await here.document(own, "red apple")
    here.model.rerank_by(lambda _query, texts: [0.9 if "ferry" in text else 0.1 for text in texts])
    merge = {"top_k": 2, "reranking_enable": True, "reranking_model": RANKED}
    found = await here.items(own, other, query="ferry", merge=merge)
    assert found[0]["content"] == "The ferry leaves at nine."


async def test_a_server_elsewhere_that_fails_is_told_of(here: Rig) -> None:
    base = await here.elsewhere(external_knowledge_id="gone")
    with pytest.raises(KnowledgeRetrievalError, match="external knowledge server"):
        await here.items(base, query="ferry", merge={"top_k": 4})


async def test_what_a_run_gets_of_a_chunk(here: Rig) -> None:
    base = await here.base(doc_form="qa_model")
    document_id = await here.document(
        base, "What is red?", answers=["An apple."], doc_metadata='{"year":2020}', name="faq.csv"
    )
    (item,) = await here.items(base, query="What is red?")
    (segment,) = await here.rows(Segment)
    assert item["content"] == "question:What is red? \nanswer:An apple."
    assert item["title"] == "faq.csv"
    metadata: Any = item["metadata"]
    assert metadata.pop("score") == pytest.approx(1.0, abs=1e-5)
    assert metadata == {
        "_source": "knowledge",
        "dataset_id": base.id,
        "dataset_name": base.name,
        "document_id": document_id,
        "document_name": "faq.csv",
        "document_data_source_type": "upload_file",
        "data_source_type": "upload_file",
        "segment_id": segment.id,
        "retriever_from": "workflow",
        "segment_hit_count": 0,
        "segment_word_count": 12,
        "segment_position": 1,
        "segment_index_node_hash": "hash of What is red?",
        "position": 1,
        "doc_metadata": {"year": 2020},
        "child_chunks": [],
    }


async def test_pictures_of_a_chunk_go_along_with_it(here: Rig) -> None:
    base = await here.base()
    document_id, other_id = [await here.document(base, text) for text in ("The pier at dawn.", "The ferry.")]
    origin = FileOrigin(here.workspace_id, "", "account", "", document_id)
    picture = await here.uploads.make(origin, name="pier.png", mime_type="image/png", data=media.png())
    table = await here.uploads.make(origin, name="tides.csv", mime_type="text/csv", data=b"a")
    said = "".join(f" ![x]({reference(row.id, row.extension)})" for row in (picture, table, picture))
    async with here.db.transaction() as session:
        for each in await session.scalars(select(Segment)):
            each.content += said
    items = {str(item["title"]) + str(item["content"])[:10]: item for item in await here.items(base, query="pier")}
    assert len(items) == 2
    found = {item["metadata"]["document_id"]: item["files"] for item in items.values()}  # type: ignore[index, call-overload]
    (file,) = found[document_id]
    assert isinstance(file, File)
    assert (file.type, file.filename, file.related_id) == ("image", "pier.png", picture.id)
    assert found[other_id] == [], "a text cannot have the files of another document opened"


async def test_every_base_that_was_asked_is_noted_and_hits_are_counted_once(here: Rig) -> None:
    one, two = await here.base(), await here.base()
    await here.document(one, "red apple")
    await here.document(two, "red plum")
    await here.items(one, two, query="red apple", merge={"top_k": 1, "reranking_enable": False})
    await here.retrieval.flush()
    assert {row.base_id for row in await here.rows(KnowledgeQuery)} == {one.id, two.id}
    assert {row.content: row.hit_count for row in await here.rows(Segment)} == {"red apple": 1, "red plum": 0}


async def test_bad_settings_are_named(here: Rig) -> None:
    base = await here.base()
    await here.document(base, "red")
    for merge in ({"top_k": 0}, {"top_k": "four"}, {"score_threshold": 7}, {"top_k": True}):
        with pytest.raises(KnowledgeRetrievalError, match="must be a number"):
            await here.items(base, query="red", merge=merge)


@pytest.mark.parametrize(
    ("operator", "value", "expected"),
    [
        ("is", "Ann", ["ann"]),
        ("is not", "Ann", ["bob"]),
        ("contains", "n", ["ann"]),
        ("not contains", "n", ["bob"]),
        ("start with", "B", ["bob"]),
        ("end with", "b", ["bob"]),
        ("in", ["Ann", "Bob"], ["ann", "bob"]),
        ("not in", "Ann", ["bob"]),
        ("empty", None, ["none"]),
        ("not empty", None, ["ann", "bob"]),
        ("is", "ann", []),
    ],
)
def test_conditions_on_texts(operator: str, value: Any, expected: list[str]) -> None:
    people: dict[str, dict[str, Any]] = {"ann": {"who": "Ann"}, "bob": {"who": "Bob"}, "none": {}}
    given = MetadataFilter(conditions=(MetadataCondition(name="who", operator=operator, value=value),))
    test = matcher(given, {"who": "string"})
    assert [name for name, values in people.items() if test(values)] == expected


@pytest.mark.parametrize(
    ("operator", "value", "expected"),
    [
        ("=", 2020, [2020, "2020"]),
        ("≠", "2020", [2019.5, 2021]),
        (">", 2020, [2021]),
        ("<", 2020, [2019.5]),
        ("≥", "2020", [2020, "2020", 2021]),
        ("≤", 2020, [2019.5, 2020, "2020"]),
        ("before", 2020, [2019.5]),
        ("after", 2020, [2021]),
        ("is", "2020", [2020, "2020"]),
        ("=", "many", []),
    ],
)
def test_conditions_on_numbers_and_times(operator: str, value: Any, expected: list[Any]) -> None:
    given = MetadataFilter(conditions=(MetadataCondition(name="year", operator=operator, value=value),))
    test = matcher(given, {"year": "number"})
    assert [year for year in (2019.5, 2020, "2020", 2021, "n/a") if year != "n/a" and test({"year": year})] == expected


def test_conditions_may_be_joined_by_or() -> None:
    conditions = tuple(MetadataCondition(name=name, operator="is", value="x") for name in "ab")
    both = matcher(MetadataFilter(conditions=conditions))
    either = matcher(MetadataFilter(conditions=conditions, logical_operator="or"))
    assert [test({"a": "x"}) for test in (both, either)] == [False, True]
