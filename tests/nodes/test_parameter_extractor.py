"""The parameter extractor beyond its numbered tests (spec workflow-nodes §19)."""

import json
from collections.abc import Mapping

import pytest

from treadle.engine.errors import GraphError
from treadle.engine.events import NodeStatus
from treadle.engine.ports import ChatDelta, ModelProfile, ToolCall
from treadle.engine.values import JsonValue, Value
from treadle.nodes.parameter_values import Parameter, schema_of

from .harness import failure_of, outputs_of, run_node
from .ports import MemoryFiles, ScriptedModels, a_world, file, replies, text_of, turns, usage

TOOLS = ModelProfile(features=frozenset({"multi-tool-call"}))
CITY: JsonValue = {"name": "city", "type": "string", "description": "A {city}", "required": True}
SCHEMA = {
    "type": "object",
    "properties": {"city": {"description": "A {city}", "type": "string"}},
    "required": ["city"],
}


def extractor(*parameters: JsonValue, **changes: JsonValue) -> dict[str, JsonValue]:
    return {
        "model": {"provider": "p", "name": "m", "mode": "chat", "completion_params": {}},
        "query": ["s", "q"],
        "parameters": list(parameters or (CITY,)),
        "reasoning_mode": "prompt",
        **changes,
    }


async def extracted(reply: str, *parameters: JsonValue) -> Mapping[str, Value]:
    outputs = await outputs_of(
        "parameter-extractor", extractor(*parameters), scopes={"s": {"q": "t"}}, ports=a_world(models=replies(reply))
    )
    return {name: value for name, value in outputs.items() if name != "__usage"}


async def test_a_tool_is_offered_after_two_worked_calls() -> None:
    call = ToolCall("c1", "extract_parameters", '{"city":"Rome"}')
    models = ScriptedModels([ChatDelta(tool_calls=(call,))], model=TOOLS)
    data = extractor(
        reasoning_mode=None, instruction="Keep {braces} of {{#s.q#}}", memory={"window": {"enabled": False}}
    )
    record = (
        await run_node(
            "parameter-extractor",
            data,
            scopes={"s": {"q": "In {Rome} {{#s.q#}}"}},
            ports=a_world(models=models, memory=turns(("q {1}", "a"))),
        )
    ).node("n")
    assert record.outputs["city"] == "Rome", record.error
    (request,) = models.requests
    roles = [message.role for message in request.messages]
    assert roles == ["system", *["user", "assistant", "tool", "assistant"] * 2, "user"]
    for at in (2, 6):
        (example,) = request.messages[at].tool_calls
        assert example.name == "extract_parameters"
        assert json.loads(example.arguments)
        assert request.messages[at + 1].tool_call_id == example.id
    system, question = text_of(request.messages[0]), text_of(request.messages[-1])
    assert "Keep {braces} of In {Rome} {{#s.q#}}" in system
    assert "Human: q {1}\nAssistant: a" in system
    assert "In {Rome} {{#s.q#}}" in question
    assert json.dumps(SCHEMA) in question
    (tool,) = request.tools
    assert tool.parameters == SCHEMA
    assert record.process_data == {
        "model_mode": "chat",
        "prompts": record.process_data["prompts"],
        "usage": usage().to_map(),
        "function": {"name": tool.name, "description": tool.description, "parameters": SCHEMA},
        "tool_call": {
            "id": "c1",
            "type": "function",
            "function": {"name": "extract_parameters", "arguments": '{"city":"Rome"}'},
        },
        "llm_text": "",
        "model_provider": "p",
        "model_name": "m",
    }
    assert record.inputs == {
        "query": "In {Rome} {{#s.q#}}",
        "files": [],
        "parameters": [{"name": "city", "type": "string", "options": [], "description": "A {city}", "required": True}],
        "instruction": "Keep {braces} of In {Rome} {{#s.q#}}",
    }


@pytest.mark.parametrize("mode", ["prompt", "function_call"])
async def test_without_tools_json_is_asked_for(mode: str) -> None:
    models = replies('{"city":"Rome"}')
    if mode == "prompt":
        models.model = TOOLS
    outputs = await outputs_of("parameter-extractor", extractor(reasoning_mode=mode), ports=a_world(models=models))
    assert (outputs["city"], outputs["__is_success"]) == ("Rome", 1)
    (request,) = models.requests
    assert request.tools == ()
    assert [message.role for message in request.messages] == ["system", *["user", "assistant"] * 2, "user"]
    for at in (2, 4):
        assert json.loads(text_of(request.messages[at]))


async def test_a_reply_in_words_to_the_offer_of_a_tool_is_read() -> None:
    models = ScriptedModels([ChatDelta(text='Well: {"city": "Oslo"}')], model=TOOLS)
    data = extractor(reasoning_mode="function_call")
    assert (await outputs_of("parameter-extractor", data, ports=a_world(models=models)))["city"] == "Oslo"
    broken = ToolCall("c", "extract_parameters", '{"city": "Os')
    models = ScriptedModels([ChatDelta(text='{"city": "Oslo"}', tool_calls=(broken,))], model=TOOLS)
    assert (await outputs_of("parameter-extractor", data, ports=a_world(models=models)))["city"] == "Oslo"


async def test_a_completion_model_is_asked_in_one_text_and_has_no_tools() -> None:
    model: JsonValue = {"provider": "p", "name": "m", "mode": "completion"}
    models = replies('{"city":"Rome"}')
    await outputs_of(
        "parameter-extractor", extractor(model=model), scopes={"s": {"q": "{q}"}}, ports=a_world(models=models)
    )
    (message,) = models.requests[0].messages
    assert (message.role, "{q}" in text_of(message)) == ("user", True)
    data = extractor(model=model, reasoning_mode="function_call")
    record = await failure_of("parameter-extractor", data, ports=a_world(models=ScriptedModels(model=TOOLS)))
    assert record.error_type == "ParameterExtractorNodeError"


async def test_a_model_that_knows_schemas_has_every_value_in_its_reply() -> None:
    models = replies('{"city":"Rome","n":null}')
    models.model = ModelProfile(features=frozenset({"structured-output", "tool-call"}))
    number: JsonValue = {"name": "n", "type": "number", "description": "", "required": False}
    outputs = await outputs_of("parameter-extractor", extractor(CITY, number), ports=a_world(models=models))
    assert (outputs["city"], outputs["n"], outputs["__is_success"]) == ("Rome", 0, 1)
    handed = json.loads(str(models.requests[0].parameters["json_schema"]))["schema"]
    assert handed == {
        "type": "object",
        "properties": {
            "city": {"description": "A {city}", "type": "string"},
            "n": {"anyOf": [{"description": "", "type": "number"}, {"type": "null"}]},
        },
        "required": ["city", "n"],
        "additionalProperties": False,
    }
    await outputs_of("parameter-extractor", extractor(reasoning_mode="function_call"), ports=a_world(models=models))
    assert models.requests[1].parameters == {}


async def test_files_are_seen() -> None:
    models = replies('{"city":"Rome"}')
    models.model = ModelProfile(features=frozenset({"vision"}))
    data = extractor(vision={"enabled": True, "configs": {"variable_selector": ["s", "f"]}})
    record = (
        await run_node(
            "parameter-extractor",
            data,
            scopes={"s": {"q": "t", "f": [file("p.png")]}},
            ports=a_world(models=models, files=MemoryFiles({"p.png": b"data"})),
        )
    ).node("n")
    assert record.inputs["files"] == [file("p.png")]
    content = models.requests[0].messages[-1].content
    assert isinstance(content, tuple)
    assert [part.type for part in content] == ["image", "text"]


def test_schemas_of_every_type() -> None:

    given = ["string", "number", "bool", "select", "array[string]", "array[number]", "array[object]", "array[boolean]"]
    parameters = [
        Parameter.model_validate({"name": kind, "type": kind, "options": ["a", "b"] if kind == "select" else None})
        for kind in given
    ]
    kinds: dict[str, JsonValue] = {
        "string": {"type": "string"},
        "number": {"type": "number"},
        "bool": {"type": "boolean"},
        "select": {"type": "string", "enum": ["a", "b"]},
        "array[string]": {"type": "array", "items": {"type": "string"}},
        "array[number]": {"type": "array", "items": {"type": "number"}},
        "array[object]": {"type": "array", "items": {"type": "object"}},
        "array[boolean]": {"type": "array", "items": {"type": "boolean"}},
    }
    assert schema_of(parameters)["properties"] == {
        name: {"description": "", **kind} for name, kind in kinds.items() if isinstance(kind, dict)
    }


@pytest.mark.parametrize(
    ("kind", "value", "expected", "success"),
    [
        ("string", "a", "a", 1),
        ("string", 5, "", 0),
        ("string", None, "", 1),
        ("number", 2.5, 2.5, 1),
        ("number", "2.50", 2.5, 0),
        ("number", "x", 0, 0),
        ("number", True, 1, 1),
        ("boolean", False, False, 1),
        ("bool", 1, True, 0),
        ("boolean", "true", False, 0),
        ("array[string]", ["a", 1, "b"], ["a", "b"], 0),
        ("array[number]", [1, True, "2.5"], [1, 2.5], 0),
        ("array[object]", [{"a": 1}, []], [{"a": 1}], 0),
        ("array[boolean]", [True, 0], [True], 0),
        ("array[string]", "a", [], 0),
        ("array[object]", [], [], 1),
        ("array[number]", None, [], 1),
    ],
)
async def test_values_are_converted_and_checked(kind: str, value: JsonValue, expected: Value, success: int) -> None:
    outputs = await extracted(json.dumps({"x": value}), {"name": "x", "type": kind, "description": ""})
    assert (outputs["x"], type(outputs["x"]), outputs["__is_success"]) == (expected, type(expected), success)


async def test_null_is_no_value_of_a_required_parameter() -> None:
    outputs = await extracted('{"city": null}')
    assert outputs == {"city": "", "__is_success": 0, "__reason": 'The parameter "city" was not found.'}


async def test_an_extra_key_is_reported() -> None:
    outputs = await extracted('{"city": "Rome", "mood": "fine"}')
    assert outputs["__reason"] == "The number of parameters is 2, but should be 1."
    outputs = await extracted('{"town": "Rome"}')
    assert outputs["__reason"] == 'The parameter "city" was not found.'


@pytest.mark.parametrize(
    "parameter",
    [{"name": "", "type": "string"}, {"name": "a", "type": "file"}, {"name": "__is_success", "type": "string"}],
)
async def test_settings_that_cannot_be_used_are_refused(parameter: dict[str, JsonValue]) -> None:
    with pytest.raises(GraphError, match=r"parameters\[0\]"):
        await run_node("parameter-extractor", extractor(parameter))


async def test_an_unresolved_query_is_empty() -> None:
    record = (await run_node("parameter-extractor", extractor(), ports=a_world(models=replies("{}")))).node("n")
    assert (record.inputs["query"], record.status) == ("", NodeStatus.SUCCEEDED)
