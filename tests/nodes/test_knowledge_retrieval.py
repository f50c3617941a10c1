"""Knowledge retrieval beyond its numbered tests (spec workflow-nodes §5)."""

import json
from collections.abc import Mapping

import pytest

from treadle.engine.errors import KnowledgeRetrievalError
from treadle.engine.events import NodeStatus
from treadle.engine.ports import (
    ChatDelta,
    KnowledgeBase,
    MetadataCondition,
    MetadataFilter,
    ModelProfile,
    RetrievalRequest,
    ToolCall,
)
from treadle.engine.values import JsonValue, Value

from .harness import failure_of, outputs_of, play, run_node
from .harness import node as node_of
from .ports import Chunk, KnowledgeDouble, ScriptedModels, a_world, file, replies, text_of, usage

MODEL: JsonValue = {"provider": "p", "name": "m", "mode": "chat"}
TWO = (
    KnowledgeBase(id="D1", name="Boats", metadata_fields={"year": "number", "author": "string"}),
    KnowledgeBase(id="D2", name="Crew", description="Who sails", metadata_fields={"author": "string"}),
)
MERGE: dict[str, JsonValue] = {
    "top_k": 3,
    "score_threshold": 0.0,
    "reranking_enable": True,
    "reranking_mode": "reranking_model",
    "reranking_model": None,
    "weights": None,
}


def two(**changes: object) -> KnowledgeDouble:
    return KnowledgeDouble([Chunk("D1", "boat", 0.5), Chunk("D2", "sailor", 0.9)], known=TWO, **changes)  # type: ignore[arg-type]


def retrieval(**changes: JsonValue) -> dict[str, JsonValue]:
    return {
        "query_variable_selector": ["s", "q"],
        "dataset_ids": ["D1", "gone", "D2"],
        "retrieval_mode": "multiple",
        "multiple_retrieval_config": {"top_k": 3},
        **changes,
    }


async def requests_of(
    data: dict[str, JsonValue],
    *,
    knowledge: KnowledgeDouble | None = None,
    models: ScriptedModels | None = None,
    values: Mapping[str, Value] | None = None,
) -> list[RetrievalRequest]:
    """What is searched for."""
    knowledge = knowledge or two()
    await outputs_of(
        "knowledge-retrieval",
        data,
        scopes={"s": {"q": "who?", **(values or {})}},
        ports=a_world(knowledge=knowledge, models=models),
    )
    return knowledge.requests


async def test_all_known_bases_are_searched_and_merged() -> None:
    assert await requests_of(retrieval()) == [RetrievalRequest(dataset_ids=("D1", "D2"), query="who?", merge=MERGE)]


async def test_settings_of_ranking_reach_the_search() -> None:
    weights: JsonValue = {"vector_setting": {"vector_weight": 0.7}, "keyword_setting": {"keyword_weight": 0.3}}
    config: JsonValue = {
        "top_k": 3,
        "score_threshold": 0.5,
        "reranking_mode": "weighted_score",
        "reranking_model": {"provider": "cohere", "model": "r1"},
        "weights": weights,
    }
    (request,) = await requests_of(retrieval(multiple_retrieval_config=config))
    assert request.merge == {
        **MERGE,
        "score_threshold": 0.5,
        "reranking_mode": "weighted_score",
        "reranking_model": {"provider": "cohere", "model": "r1"},
        "weights": weights,
    }
    blank: JsonValue = {"top_k": 3, "reranking_model": {"provider": "", "model": ""}}
    (request,) = await requests_of(retrieval(multiple_retrieval_config=blank))
    assert request.merge == MERGE


async def test_the_record_names_the_question_and_its_files() -> None:
    picture = file("p.png")
    record = (
        await run_node(
            "knowledge-retrieval",
            retrieval(query_attachment_selector=["s", "f"]),
            scopes={"s": {"q": "who?", "f": [picture]}},
            ports=a_world(knowledge=two()),
        )
    ).node("n")
    assert record.inputs == {"query": "who?", "attachments": [picture]}
    assert (record.process_data, record.usage.total_tokens) == ({}, 0)
    result = record.outputs["result"]
    assert isinstance(result, list)
    assert [item["content"] for item in result if isinstance(item, dict)] == ["sailor", "boat"]


async def test_nothing_asked_is_nothing_found() -> None:
    knowledge = two()
    ports = a_world(knowledge=knowledge)
    assert await outputs_of("knowledge-retrieval", retrieval(query_variable_selector=None), ports=ports) == {}
    for selector in ([], ["s", "none"]):
        data = retrieval(query_attachment_selector=list[JsonValue](selector))
        outputs = await outputs_of("knowledge-retrieval", data, scopes={"s": {"q": "", "none": None}}, ports=ports)
        assert outputs == {"result": []}
    assert knowledge.requests == []


async def test_files_alone_are_searched_without_a_filter() -> None:
    picture = file("p.png")
    data = retrieval(
        query_variable_selector=[],
        query_attachment_selector=["s", "f"],
        metadata_filtering_mode="manual",
        metadata_filtering_conditions={"conditions": [{"name": "year", "comparison_operator": "empty"}]},
    )
    (request,) = await requests_of(data, values={"f": picture})
    assert (request.query, request.files, request.filter) == ("", (picture,), None)


@pytest.mark.parametrize("value", [5, None, ["a"]])
async def test_a_query_must_be_a_text(value: Value) -> None:
    record = await failure_of("knowledge-retrieval", retrieval(), scopes={"s": {"q": value}})
    assert (record.error_type, record.inputs) == ("InvalidVariableTypeError", {})


async def test_an_attachment_must_be_a_file() -> None:
    data = retrieval(query_attachment_selector=["s", "f"])
    record = await failure_of("knowledge-retrieval", data, scopes={"s": {"q": "q", "f": "text"}})
    assert record.error == "The variable s.f holds no files."


async def test_what_the_search_refuses_fails_the_node() -> None:
    knowledge = two(failure=KnowledgeRetrievalError("The model of Boats is gone."))
    record = await failure_of(
        "knowledge-retrieval", retrieval(), scopes={"s": {"q": "q"}}, ports=a_world(knowledge=knowledge)
    )
    assert (record.error_type, record.error) == ("KnowledgeRetrievalError", "The model of Boats is gone.")


# one base


def single(**changes: JsonValue) -> dict[str, JsonValue]:
    return retrieval(retrieval_mode="single", single_retrieval_config={"model": MODEL}, **changes)


async def test_a_model_without_tools_chooses_by_text() -> None:
    models = replies('The crew: {"dataset_id": "D2"}')
    (request,) = await requests_of(single(), models=models)
    assert (request.dataset_ids, request.merge) == (("D2",), None)
    (message,) = models.requests[0].messages
    assert '{"id": "D1", "name": "Boats", "description": "Useful for questions about Boats."}' in text_of(message)
    assert '{"id": "D2", "name": "Crew", "description": "Who sails"}' in text_of(message)
    assert "who?" in text_of(message)


async def test_a_model_that_knows_schemas_can_only_name_what_there_is() -> None:
    knows = ModelProfile(features=frozenset({"structured-output"}))
    models = replies('{"dataset_id": "D2", "metadata_map": []}')
    models.model = knows
    data = single(metadata_filtering_mode="automatic", metadata_model_config=MODEL)
    await requests_of(data, models=models)
    conditions, choice = (json.loads(str(each.parameters["json_schema"]))["schema"] for each in models.requests)
    fields = conditions["properties"]["metadata_map"]["items"]["properties"]
    assert fields["metadata_field_name"]["enum"] == ["year", "author"]
    assert choice["properties"]["dataset_id"]["anyOf"][0]["enum"] == ["D1", "D2"]


async def test_a_model_with_tools_is_offered_one_for_each_base() -> None:
    models = ScriptedModels(
        [ChatDelta(tool_calls=(ToolCall("c", "D1", ""),))], model=ModelProfile(features=frozenset({"tool-call"}))
    )
    (request,) = await requests_of(single(), models=models)
    assert request.dataset_ids == ("D1",)
    assert [tool.parameters["properties"] for tool in models.requests[0].tools] == [{}, {}]


@pytest.mark.parametrize("reply", ["none of them", '{"dataset_id": null}', '{"dataset_id": "gone"}'])
async def test_no_choice_finds_nothing_and_is_paid_for(reply: str) -> None:
    record = (
        await run_node(
            "knowledge-retrieval",
            single(),
            scopes={"s": {"q": "who?"}},
            ports=a_world(knowledge=two(), models=replies(reply)),
        )
    ).node("n")
    assert (record.outputs, record.usage) == ({"result": []}, usage())
    assert record.process_data == {"usage": usage().to_map()}


async def test_the_only_base_needs_no_choice() -> None:
    models = replies("no")
    (request,) = await requests_of(single(dataset_ids=["D2"]), models=models)
    assert (request.dataset_ids, models.requests) == (("D2",), [])


async def test_a_choice_needs_a_model() -> None:
    record = await failure_of(
        "knowledge-retrieval",
        retrieval(retrieval_mode="single"),
        scopes={"s": {"q": "q"}},
        ports=a_world(knowledge=two()),
    )
    assert record.error == "Choosing one knowledge base needs a model; choose one."


# filters


def conditions(*given: JsonValue, operator: str = "and") -> dict[str, JsonValue]:
    return {
        "metadata_filtering_mode": "manual",
        "metadata_filtering_conditions": {"logical_operator": operator, "conditions": list(given)},
    }


def condition(operator: str, value: JsonValue, name: str = "year") -> JsonValue:
    return {"name": name, "comparison_operator": operator, "value": value}


@pytest.mark.parametrize(
    ("operator", "value", "expected"),
    [
        ("=", "{{#s.n#}}", 2024),
        ("is", " {{#s.t#}} ", "a b"),
        ("is", "x-{{#s.n#}}\n", "x-2024"),
        ("contains", "{{#gone.x#}}", ""),
        ("<=", 5, 5),
        ("in", ["a", "b"], ["a", "b"]),
        ("before", "{{#s.yes#}}", "True"),
    ],
)
async def test_values_of_conditions_are_expanded(operator: str, value: JsonValue, expected: JsonValue) -> None:
    knowledge = KnowledgeDouble([], known=TWO)
    data = retrieval(**conditions(condition(operator, value)))
    (request,) = await requests_of(data, knowledge=knowledge, values={"n": 2024, "t": "a\nb\t", "yes": True})
    assert request.filter is not None
    (found,) = request.filter.conditions
    assert (found.operator, found.value) == ({"<=": "≤"}.get(operator, operator), expected)


async def test_a_condition_without_a_value_is_skipped_unless_it_needs_none() -> None:
    data = retrieval(**conditions(condition("is", None), condition("empty", None, "author"), operator="or"))
    (request,) = await requests_of(data, knowledge=KnowledgeDouble([], known=TWO))
    assert request.filter == MetadataFilter(
        conditions=(MetadataCondition(name="author", operator="empty"),), logical_operator="or"
    )
    (request,) = await requests_of(retrieval(**conditions(condition("is", None))))
    assert request.filter is None


async def test_a_model_reads_conditions_out_of_the_question() -> None:
    entries = [
        {"metadata_field_name": "year", "metadata_field_value": 2024, "comparison_operator": ">="},
        {"metadata_field_name": "author", "metadata_field_value": "A\nda", "comparison_operator": "is"},
        {"metadata_field_name": "mood", "metadata_field_value": "x", "comparison_operator": "is"},
        {"metadata_field_name": "author", "metadata_field_value": "x", "comparison_operator": "sounds like"},
        {"metadata_field_name": "author", "metadata_field_value": {"a": 1}, "comparison_operator": "is"},
        "year",
    ]
    models = replies(json.dumps({"metadata_map": entries}))
    data = retrieval(metadata_filtering_mode="automatic", metadata_model_config=MODEL)
    (request,) = await requests_of(data, knowledge=KnowledgeDouble([], known=TWO), models=models)
    assert request.filter == MetadataFilter(
        conditions=(
            MetadataCondition(name="year", operator="≥", value=2024),
            MetadataCondition(name="author", operator="is", value="A da"),
        ),
        logical_operator="or",
    )
    prompt = text_of(models.requests[0].messages[0])
    assert '{"name": "year", "type": "number"}' in prompt
    assert '{"name": "author", "type": "string"}' in prompt


@pytest.mark.parametrize("reply", ["no idea", '{"metadata_map": []}', '{"metadata_map": "year"}', "{}"])
async def test_a_model_that_finds_no_condition_filters_nothing(reply: str) -> None:
    data = retrieval(metadata_filtering_mode="automatic", metadata_model_config=MODEL)
    (request,) = await requests_of(data, models=replies(reply))
    assert request.filter is None


async def test_without_metadata_no_model_is_asked() -> None:
    models = replies("x")
    data = retrieval(metadata_filtering_mode="automatic", metadata_model_config=MODEL)
    await requests_of(data, knowledge=KnowledgeDouble([Chunk("D1", "a", 1)]), models=models)
    assert models.requests == []


async def test_passages_go_into_a_prompt_with_their_citations() -> None:
    ask: dict[str, JsonValue] = {
        "model": MODEL,
        "prompt_template": [{"role": "user", "text": "{{#context#}}"}],
        "context": {"enabled": True, "variable_selector": ["kr", "result"]},
    }
    models = replies("ok")
    played = await play(
        [node_of("kr", "knowledge-retrieval", retrieval()), node_of("llm", "llm", ask)],
        "start -> kr\nkr -> llm",
        scopes={"s": {"q": "who?"}},
        ports=a_world(knowledge=two(), models=models),
    )
    assert played.node("llm").status is NodeStatus.SUCCEEDED
    assert text_of(models.requests[0].messages[0]) == "sailor\nboat"
    assert [(each["dataset_id"], each["score"]) for each in played.citations] == [("D2", 0.9), ("D1", 0.5)]
