"""The numbered tests of spec workflow-nodes for nodes that ask a model a question of their own."""

from collections.abc import Mapping

import pytest

from tests.nodes.harness import failure_of, node, outputs_of, play, run_node
from tests.nodes.ports import ScriptedModels, a_world, replies, text_of, usage
from treadle.engine.errors import GraphError, InvokeServerUnavailableError
from treadle.engine.events import NodeStatus
from treadle.engine.ports import ChatDelta, ModelProfile, ToolCall
from treadle.engine.values import JsonValue, Value

MODEL: JsonValue = {"provider": "p", "name": "m", "mode": "chat", "completion_params": {}}
TOOLS = ModelProfile(features=frozenset({"tool-call"}))

# question-classifier

CLASSES: list[JsonValue] = [{"id": "1", "name": "Billing"}, {"id": "2", "name": "Tech"}]


def classifier(**changes: JsonValue) -> dict[str, JsonValue]:
    return {"query_variable_selector": ["sys", "query"], "model": MODEL, "classes": CLASSES, **changes}


async def classes_of(reply: str, **changes: JsonValue) -> tuple[Value, Value]:
    scopes: dict[str, Mapping[str, Value]] = {"sys": {"query": "My screen is dark"}, "start": {"k": "VIP"}}
    outputs = await outputs_of(
        "question-classifier", classifier(**changes), scopes=scopes, ports=a_world(models=replies(reply))
    )
    return outputs["class_id"], outputs["class_name"]


async def test_QC_1_a_fenced_reply_chooses_the_class_and_its_edge() -> None:
    reply = '```json\n{"keywords":["x"],"category_id":"2","category_name":"Tech"}\n```'
    end: dict[str, JsonValue] = {"outputs": [{"variable": "c", "value_selector": ["qc", "class_name"]}]}
    played = await play(
        [node("qc", "question-classifier", classifier()), node("one", "end", end), node("two", "end", end)],
        "start -> qc\nqc --1-> one\nqc --2-> two",
        scopes={"sys": {"query": "My screen is dark"}},
        ports=a_world(models=replies(reply)),
    )
    assert played.node("qc").outputs == {"class_id": "2", "class_name": "Tech", "usage": usage().to_map()}
    assert (played.ran("one"), played.ran("two")) == (False, True)


async def test_QC_2_an_unknown_class_is_the_first_one() -> None:
    assert await classes_of('{"category_id":"9","category_name":"Other"}') == ("1", "Billing")


async def test_QC_3_a_class_without_its_name_is_the_first_one() -> None:
    assert await classes_of('{"category_id":"2"}') == ("1", "Billing")


async def test_QC_4_a_reply_without_json_fails_the_node() -> None:
    record = await failure_of("question-classifier", classifier(), ports=a_world(models=replies("I think Tech")))
    assert record.error_type == "QuestionClassifierNodeError"
    assert record.error == "The model's reply holds no JSON object with a category: 'I think Tech'."
    assert record.usage == usage()


async def test_QC_5_thinking_does_not_count_and_the_name_is_the_configured_one() -> None:
    reply = '<think>{"category_id":"1"}</think>{"category_id":"2","category_name":"z"}'
    assert await classes_of(reply) == ("2", "Tech")


async def test_QC_6_the_name_of_a_class_is_expanded() -> None:
    reply = '{"category_id":"1","category_name":"whatever"}'
    assert await classes_of(reply, classes=[{"id": "1", "name": "{{#start.k#}}"}]) == ("1", "VIP")


async def test_QC_7_the_instruction_is_expanded_into_the_prompt() -> None:
    models = replies('{"category_id":"1","category_name":"Billing"}')
    data = classifier(instruction="Lang {{#start.l#}}")
    await outputs_of("question-classifier", data, scopes={"start": {"l": "fr"}}, ports=a_world(models=models))
    assert "Lang fr" in text_of(models.requests[0].messages[-1])


# parameter-extractor

CITY: JsonValue = {"name": "city", "type": "string", "description": "", "required": True}
NUMBER: JsonValue = {"name": "n", "type": "number", "description": "", "required": False}


def extractor(*parameters: JsonValue, mode: str = "prompt") -> dict[str, JsonValue]:
    return {
        "model": MODEL,
        "query": ["sys", "query"],
        "parameters": list(parameters or (CITY, NUMBER)),
        "reasoning_mode": mode,
    }


async def extracted(reply: str, *parameters: JsonValue) -> Mapping[str, Value]:
    """The outputs without what the model cost."""
    outputs = await outputs_of(
        "parameter-extractor",
        extractor(*parameters),
        scopes={"sys": {"query": "Three days in Rome"}},
        ports=a_world(models=replies(reply)),
    )
    return {name: value for name, value in outputs.items() if name != "__usage"}


async def test_PE_1_values_come_by_a_tool_call() -> None:
    call = ToolCall("c1", "extract_parameters", '{"city":"Rome","n":3}')
    models = ScriptedModels([ChatDelta(tool_calls=(call,))], model=TOOLS)
    outputs = await outputs_of(
        "parameter-extractor",
        extractor(mode="function_call"),
        scopes={"sys": {"query": "Three days in Rome"}},
        ports=a_world(models=models),
    )
    assert outputs == {"city": "Rome", "n": 3, "__is_success": 1, "__reason": None, "__usage": usage().to_map()}
    assert [tool.name for tool in models.requests[0].tools] == ["extract_parameters"]


async def test_PE_2_a_number_as_text_is_converted_and_reported() -> None:
    assert await extracted('Sure: {"city":"Rome","n":"4"} ok') == {
        "city": "Rome",
        "n": 4,
        "__is_success": 0,
        "__reason": 'The value of "n" is not of the type number.',
    }


async def test_PE_3_an_omitted_value_is_reported() -> None:
    assert await extracted('{"city":"Rome"}') == {
        "city": "Rome",
        "n": 0,
        "__is_success": 0,
        "__reason": "The number of parameters is 1, but should be 2.",
    }


async def test_PE_4_a_reply_without_json_gives_empty_values() -> None:
    assert await extracted("none") == {
        "city": "",
        "n": 0,
        "__is_success": 0,
        "__reason": "No parameters could be read from the model's reply.",
    }


async def test_PE_5_a_choice_outside_of_its_options_is_reported() -> None:
    color: JsonValue = {"name": "color", "type": "select", "options": ["red", "blue"], "description": ""}
    assert await extracted('{"color":"green"}', color) == {
        "color": "green",
        "__is_success": 0,
        "__reason": 'The value of "color" is none of its options.',
    }


async def test_PE_6_items_of_another_type_are_dropped() -> None:
    numbers: JsonValue = {"name": "xs", "type": "array[number]", "description": ""}
    outputs = await extracted('{"xs":[1,"2","x"]}', numbers)
    assert (outputs["xs"], outputs["__is_success"]) == ([1, 2], 0)


async def test_PE_7_a_reserved_name_is_refused() -> None:
    with pytest.raises(GraphError, match='the name "__reason" is taken by the node itself'):
        await run_node("parameter-extractor", extractor({"name": "__reason", "type": "string", "description": ""}))


async def test_PE_8_a_failing_model_fails_the_node_with_a_reason() -> None:
    models = ScriptedModels(failure=InvokeServerUnavailableError("p/m answered 503."))
    record = (await run_node("parameter-extractor", extractor(), ports=a_world(models=models))).node("n")
    assert (record.status, record.error_type) == (NodeStatus.FAILED, "InvokeServerUnavailableError")
    assert record.outputs == {"__is_success": 0, "__reason": "The model could not be asked: p/m answered 503."}


async def test_PE_9_brackets_inside_of_texts_do_not_count() -> None:
    letter: JsonValue = {"name": "a", "type": "string", "description": ""}
    assert await extracted('{"a":"x}"}', letter) == {"a": "x}", "__is_success": 1, "__reason": None}
