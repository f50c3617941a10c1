"""The numbered tests of spec workflow-nodes for knowledge retrieval, against bases of scored chunks."""

from collections.abc import Mapping

from tests.nodes.harness import failure_of, outputs_of
from tests.nodes.ports import Chunk, KnowledgeDouble, ScriptedModels, a_world
from treadle.engine.ports import ChatDelta, KnowledgeBase, ModelProfile, ToolCall
from treadle.engine.values import JsonValue, Value

CHUNKS = (Chunk("D", "b", 0.4), Chunk("D", "a", 0.9))
YEARS = (
    Chunk("D", "new", 0.9, document="d1", metadata={"year": 2024}),
    Chunk("D", "old", 0.8, document="d2", metadata={"year": 2023}),
)


def merged(**changes: JsonValue) -> JsonValue:
    return {"top_k": 2, "score_threshold": None, "reranking_enable": False, **changes}


def retrieval(**changes: JsonValue) -> dict[str, JsonValue]:
    return {
        "query_variable_selector": ["sys", "query"],
        "dataset_ids": ["D"],
        "retrieval_mode": "multiple",
        "multiple_retrieval_config": merged(),
        **changes,
    }


def scopes(**start: Value) -> dict[str, Mapping[str, Value]]:
    return {"sys": {"query": "q"}, "start": start}


async def items_of(
    knowledge: KnowledgeDouble, *, models: ScriptedModels | None = None, year: Value = None, **changes: JsonValue
) -> list[dict[str, Value]]:
    outputs = await outputs_of(
        "knowledge-retrieval",
        retrieval(**changes),
        scopes=scopes(y=year),
        ports=a_world(knowledge=knowledge, models=models),
    )
    result = outputs["result"]
    assert isinstance(result, list)
    return [item for item in result if isinstance(item, dict)]


async def contents(knowledge: KnowledgeDouble, **changes: JsonValue) -> list[Value]:
    return [item["content"] for item in await items_of(knowledge, **changes)]


async def test_KR_1_passages_come_by_descending_score() -> None:
    items = await items_of(KnowledgeDouble(CHUNKS))
    metadata = [item["metadata"] for item in items]
    assert [item["content"] for item in items] == ["a", "b"]
    assert [(each["position"], each["score"]) for each in metadata if isinstance(each, dict)] == [(1, 0.9), (2, 0.4)]


async def test_KR_2_a_threshold_leaves_out_lower_scores() -> None:
    assert await contents(KnowledgeDouble(CHUNKS), multiple_retrieval_config=merged(score_threshold=0.5)) == ["a"]


async def test_KR_3_a_query_that_is_no_text_fails() -> None:
    record = await failure_of("knowledge-retrieval", retrieval(), scopes={"sys": {"query": 5}})
    assert record.inputs == {}
    assert record.error == "The query is not a string: the variable sys.query holds something else."


async def test_KR_4_a_question_and_its_answer_are_one_passage() -> None:
    assert await contents(KnowledgeDouble([Chunk("D", "Q?", 0.9, answer="A.")])) == ["question:Q? \nanswer:A."]


async def test_KR_5_ranking_by_weights_needs_weights() -> None:
    config = merged(reranking_enable=True, reranking_mode="weighted_score")
    record = await failure_of(
        "knowledge-retrieval",
        retrieval(multiple_retrieval_config=config),
        scopes=scopes(),
        ports=a_world(knowledge=KnowledgeDouble(CHUNKS)),
    )
    assert record.error == "Passages are to be ranked by weights, but no weights are set."


async def test_KR_6_a_filter_by_metadata_takes_its_value_from_a_variable() -> None:
    condition: JsonValue = {"id": "1", "name": "year", "comparison_operator": "=", "value": "{{#start.y#}}"}
    data: dict[str, JsonValue] = {
        "metadata_filtering_mode": "manual",
        "metadata_filtering_conditions": {"logical_operator": "and", "conditions": [condition]},
    }
    knowledge = KnowledgeDouble(YEARS)
    found = [item["content"] for item in await items_of(knowledge, year=2024, **data)]
    assert found == ["new"]
    assert await items_of(knowledge, year=1999, **data) == []


async def test_KR_7_unknown_bases_give_nothing() -> None:
    outputs = await outputs_of("knowledge-retrieval", retrieval(dataset_ids=["x", "y"]), scopes=scopes())
    assert outputs == {"result": []}


async def test_KR_8_a_model_picks_one_base_with_its_own_settings() -> None:
    knowledge = KnowledgeDouble(
        [Chunk("D1", "one", 0.9), Chunk("D2", "two", 0.8), Chunk("D2", "three", 0.7)],
        known=[KnowledgeBase(id=name, name=name, description=f"All about {name}") for name in ("D1", "D2")],
        top_k={"D2": 1},
    )
    models = ScriptedModels(
        [ChatDelta(tool_calls=(ToolCall("c", "D2", "{}"),))], model=ModelProfile(features=frozenset({"tool-call"}))
    )
    found = await items_of(
        knowledge,
        models=models,
        dataset_ids=["D1", "D2"],
        retrieval_mode="single",
        single_retrieval_config={"model": {"provider": "p", "name": "m", "mode": "chat"}},
    )
    assert [item["content"] for item in found] == ["two"]
    assert [(tool.name, tool.description) for tool in models.requests[0].tools] == [
        ("D1", "All about D1"),
        ("D2", "All about D2"),
    ]
