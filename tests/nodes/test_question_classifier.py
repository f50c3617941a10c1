"""The question classifier beyond its numbered tests (spec workflow-nodes §6)."""

import json
from collections.abc import Mapping

import pytest

from treadle.engine.errors import GraphError
from treadle.engine.events import NodeStatus
from treadle.engine.ports import ChatRequest, Message, ModelProfile, ModelRef, Part
from treadle.engine.values import JsonValue, Value

from .harness import failure_of, outputs_of, run_node
from .ports import GivenMemory, MemoryFiles, ScriptedModels, a_world, file, replies, text_of, turns, usage

REPLY = '{"keywords":[],"category_id":"2","category_name":"Tech"}'


def classifier(**changes: JsonValue) -> dict[str, JsonValue]:
    return {
        "query_variable_selector": ["sys", "query"],
        "model": {"provider": "p", "name": "m", "mode": "chat", "completion_params": {"temperature": 0, "stop": ["x"]}},
        "classes": [{"id": "1", "name": "Billing"}, {"id": "2", "name": "Tech {{#s.t#}}"}],
        **changes,
    }


async def asked(
    data: dict[str, JsonValue],
    *,
    query: Value = "q",
    memory: GivenMemory | None = None,
    files: MemoryFiles | None = None,
    profile: ModelProfile | None = None,
    more: Mapping[str, Mapping[str, Value]] | None = None,
) -> ChatRequest:
    """What the model is sent."""
    models = replies(REPLY)
    models.model = profile or ModelProfile()
    scopes: dict[str, Mapping[str, Value]] = {"sys": {"query": query, "user_id": "u1"}, "s": {"t": "A"}, **(more or {})}
    await outputs_of(
        "question-classifier", data, scopes=scopes, ports=a_world(models=models, memory=memory, files=files)
    )
    return models.requests[0]


def material(message: Message) -> dict[str, JsonValue]:
    return json.loads(text_of(message))


async def test_the_prompt_holds_two_examples_and_the_material() -> None:
    request = await asked(classifier(instruction='Be {strict}: "{{#s.t#}}"'), query='My {{#s.t#}} "broke" {0}')
    assert [message.role for message in request.messages] == ["system", *["user", "assistant"] * 2, "user"]
    for question, reply in (request.messages[1:3], request.messages[3:5]):
        categories = material(question)["categories"]
        answer = material(reply)
        assert isinstance(categories, list)
        assert {"category_id": answer["category_id"], "category_name": answer["category_name"]} in categories
    assert material(request.messages[-1]) == {
        "input_text": ['My {{#s.t#}} "broke" {0}'],
        "categories": [
            {"category_id": "1", "category_name": "Billing"},
            {"category_id": "2", "category_name": "Tech A"},
        ],
        "classification_instructions": ['Be {strict}: "A"'],
    }
    assert (request.parameters, request.stop, request.user) == ({"temperature": 0}, ("x",), "u1")


async def test_a_completion_model_gets_one_text() -> None:
    request = await asked(classifier(model={"provider": "p", "name": "m", "mode": "completion"}), query="{braces}")
    (message,) = request.messages
    assert message.role == "user"
    assert '"input_text": ["{braces}"]' in text_of(message)
    assert text_of(message).count('"category_name"') > 3


async def test_the_window_of_memory_counts_even_when_it_is_off() -> None:
    memory = turns(("q1", "a1"), ("q2", "a2 {x}"))
    request = await asked(classifier(memory={"window": {"enabled": False, "size": 1}}), memory=memory)
    assert memory.limits == [1]
    system = text_of(request.messages[0])
    assert "Human: q2\nAssistant: a2 {x}" in system
    assert "q1" not in system


async def test_history_gives_way_to_the_context_size() -> None:
    memory = turns(("old " * 200, "a1"), ("q2", "a2"))
    small = ModelProfile(context_size=10)
    request = await asked(classifier(memory={"window": {"enabled": True, "size": 5}}), memory=memory, profile=small)
    assert "old" not in text_of(request.messages[0])
    assert "Assistant: a2" in text_of(request.messages[0])


async def test_files_come_with_the_question() -> None:
    picture = file("p.png")
    data = classifier(vision={"enabled": True, "configs": {"variable_selector": ["s", "f"], "detail": "low"}})
    request = await asked(
        data,
        files=MemoryFiles({"p.png": b"data"}),
        profile=ModelProfile(features=frozenset({"vision"})),
        more={"s": {"f": picture, "t": "A"}},
    )
    content = request.messages[-1].content
    assert isinstance(content, tuple)
    assert content[0] == Part(
        type="image", data="ZGF0YQ==", mime_type="image/png", format="png", filename="p.png", detail="low"
    )
    assert [part.type for part in content] == ["image", "text"]


@pytest.mark.parametrize(
    ("selector", "query", "given"), [([], "q", None), (["gone", "x"], "q", None), (["s", "n"], "q", "5")]
)
async def test_a_query_need_not_be_a_text(selector: list[JsonValue], query: str, given: JsonValue) -> None:
    request = await asked(classifier(query_variable_selector=selector), query=query, more={"s": {"n": 5, "t": "A"}})
    assert material(request.messages[-1])["input_text"] == [given]


async def test_the_record_says_what_was_asked_and_of_whom() -> None:
    models = replies("<think>hm</think>", REPLY)
    models.stands_in = ModelRef("other/other/other", "stand-in", "chat")
    record = (
        await run_node(
            "question-classifier", classifier(), scopes={"sys": {"query": "q"}}, ports=a_world(models=models)
        )
    ).node("n")
    assert record.inputs == {"query": "q"}
    assert record.outputs == {"class_id": "2", "class_name": "Tech ", "usage": usage().to_map()}
    assert record.handle == "2"
    prompts = record.process_data["prompts"]
    assert isinstance(prompts, list)
    assert len(prompts) == 6
    assert record.process_data == {
        "model_mode": "chat",
        "prompts": prompts,
        "usage": usage().to_map(),
        "finish_reason": "stop",
        "model_provider": "other/other/other",
        "model_name": "stand-in",
    }
    assert record.usage == usage()
    assert models.closed == 1


async def test_a_model_that_knows_schemas_can_only_name_a_class() -> None:
    knows = ModelProfile(features=frozenset({"structured-output"}), parameters=frozenset({"response_format"}))
    request = await asked(classifier(), profile=knows)
    assert request.parameters["response_format"] == "json_schema"
    handed = json.loads(str(request.parameters["json_schema"]))["schema"]
    assert handed["properties"]["category_id"] == {"type": "string", "enum": ["1", "2"]}
    assert handed["required"] == ["keywords", "category_id", "category_name"]
    model: JsonValue = {"provider": "p", "name": "m", "mode": "chat", "completion_params": {"response_format": "text"}}
    assert (await asked(classifier(model=model), profile=knows)).parameters == {"response_format": "text"}


async def test_nothing_is_streamed() -> None:
    played = await run_node(
        "question-classifier", classifier(), ports=a_world(models=replies(REPLY)), answer="{{#n.class_name#}}"
    )
    assert played.chunks == []


@pytest.mark.parametrize(
    ("mode", "error_type"), [("", "LLMModeRequiredError"), ("speech", "QuestionClassifierNodeError")]
)
async def test_a_model_needs_a_mode_that_classifies(mode: str, error_type: str) -> None:
    data = classifier(model={"provider": "p", "name": "m", "mode": mode})
    assert (await failure_of("question-classifier", data)).error_type == error_type


@pytest.mark.parametrize("reply", ['{"category_id":"2","category_na', "[1, 2]", "```json\n```", "<think>{}</think>"])
async def test_what_is_no_object_fails_the_node(reply: str) -> None:
    record = await failure_of("question-classifier", classifier(), ports=a_world(models=replies(reply)))
    assert record.error_type == "QuestionClassifierNodeError"


async def test_an_id_given_as_a_number_is_known() -> None:
    ports = a_world(models=replies('[{"category_id": 2, "category_name": null}]'))
    assert (await outputs_of("question-classifier", classifier(), ports=ports))["class_id"] == "2"


async def test_a_strategy_takes_up_a_failure() -> None:
    played = await run_node(
        "question-classifier", classifier(), ports=a_world(models=replies("no")), strategy="fail-branch"
    )
    assert played.node("n").status is NodeStatus.EXCEPTION


async def test_a_classifier_without_classes_is_refused() -> None:
    with pytest.raises(GraphError, match='The setting "classes" needs at least 1 entry'):
        await run_node("question-classifier", classifier(classes=[]), ports=a_world(models=ScriptedModels()))
