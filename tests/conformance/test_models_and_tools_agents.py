"""The numbered cases of spec models-and-tools §9 about agents (45 to 56), one each.

Where the numbers of rounds differ between lines of the reference, the later one counts; a model that cannot call tools
reasons in text whatever is configured.
"""

import json
from typing import Any

from tests.nodes.function_tools import FunctionTools, GivenKnowledge, a_tool, adding, call, in_rounds, says
from tests.nodes.ports import file
from tests.nodes.test_agent_app import ADD, WITHOUT_CALLS, app, ask, thoughts
from treadle.engine.events import AnswerFile
from treadle.engine.ports import KnowledgeBase, ToolParameter
from treadle.engine.values import JsonValue, Value

FIND = a_tool("find", ToolParameter(name="query", required=True))
FIND_TOOL: dict[str, JsonValue] = {**ADD, "tool_name": "find", "tool_parameters": {}}


def acts(name: str, given: JsonValue) -> str:
    return f"Action: {json.dumps({'action': name, 'action_input': given})}"


async def test_case_45_a_model_with_tool_calls_never_reasons_in_text() -> None:
    models = in_rounds(says("hi"))
    await ask(app(ADD, strategy="react"), models)
    assert [tool.name for tool in models.requests[0].tools] == ["add"]
    assert "Thought" not in str(models.requests[0].messages)


async def test_case_46_function_calling_without_tool_calls_reasons_in_text() -> None:
    models = in_rounds(says("just text"), model=WITHOUT_CALLS)
    played = await ask(app(ADD, strategy="function_call"), models)
    assert '"name": "add"' in str(models.requests[0].messages[0].content)
    assert played.finished.outputs["answer"] == "just text"


async def test_case_47_ten_iterations_are_at_most_eleven_calls() -> None:
    models = in_rounds(*[says("", call("add", '{"a": 1, "b": 1}'))] * 10, says("2"))
    played = await ask(app(ADD, max_iteration=10), models)
    assert [len(request.tools) for request in models.requests] == [1] * 10 + [0]
    assert played.finished.outputs["answer"] == "2"


async def test_case_48_an_unknown_tool_is_explained_and_the_loop_goes_on() -> None:
    models = in_rounds(says("", call("divide", "{}")), says("no"))
    played = await ask(app(ADD), models)
    told = models.requests[1].messages[-1]
    assert told.role == "tool"
    assert 'There is no tool named "divide"' in str(told.content)
    assert played.finished.outputs["answer"] == "no"


async def test_case_49_parallel_calls_are_one_thought() -> None:
    clock: dict[str, JsonValue] = {**ADD, "provider_id": "time", "tool_name": "clock", "tool_parameters": {}}
    both = says("", call("add", '{"a": 1, "b": 1}', "c1"), call("clock", "{}", "c2"))
    played = await ask(app(ADD, clock), in_rounds(both, says("done")))
    first = {thought.id: thought for thought in thoughts(played)}
    assert len(first) == 2
    (observed,) = [thought for thought in first.values() if thought.tool]
    assert observed.tool == "add;clock"
    assert json.loads(observed.tool_input) == {"add": {"a": 1, "b": 1}, "clock": {}}
    assert json.loads(observed.observation) == {"add": "2", "clock": "noon"}


async def test_case_50_a_bare_string_is_the_only_parameter() -> None:
    tools = FunctionTools({"find": lambda query: "found"}, [FIND])
    models = in_rounds(says(acts("find", "tides")), says(acts("Final Answer", "ok")), model=WITHOUT_CALLS)
    await ask(app(FIND_TOOL, strategy="react"), models, tools)
    assert tools.calls == [("find", {"query": "tides"})]


async def test_case_51_the_final_answer_is_the_answer() -> None:
    models = in_rounds(says('Action: {"action": "Final Answer", "action_input": "42"}'), model=WITHOUT_CALLS)
    played = await ask(app(ADD, strategy="react"), models)
    assert played.finished.outputs["answer"] == "42"


async def test_case_52_a_reply_without_an_action_ends_the_loop() -> None:
    models = in_rounds(says("I cannot say."), model=WITHOUT_CALLS)
    played = await ask(app(ADD, strategy="react"), models)
    assert len(models.requests) == 1
    assert "".join(played.chunks) == played.finished.outputs["answer"] == "I cannot say."


async def test_case_53_a_picture_of_a_tool_is_announced() -> None:
    picture, draw = file("cat.png"), a_tool("draw")
    models = in_rounds(says("", call("draw", "{}")), says("here"))
    played = await ask(app({**ADD, "tool_name": "draw"}), models, FunctionTools({"draw": lambda: picture}, [draw]))
    assert [event for event in played.events if isinstance(event, AnswerFile)] == [AnswerFile("cat.png", picture)]
    assert "has been delivered to the user" in str(models.requests[1].messages[-1].content)


async def test_case_54_a_dataset_is_a_tool() -> None:
    base_id = "5b9c5e8e-0d3c-4a43-9d2f-6c2f8a3b1c4d"
    datasets: JsonValue = {"datasets": {"datasets": [{"dataset": {"enabled": True, "id": base_id}}]}}
    models = in_rounds(says("hi"))
    knowledge = GivenKnowledge([KnowledgeBase(id=base_id, name="Tides")])
    await ask(app(dataset_configs=datasets), models, knowledge=knowledge)
    (spec,) = models.requests[0].tools
    assert spec.name == f"dataset_{base_id.replace('-', '_')}"
    properties: Any = spec.parameters["properties"]
    assert {name: prop["type"] for name, prop in properties.items()} == {"query": "string"}


async def test_case_55_a_tool_that_needs_a_file_is_not_offered() -> None:
    needs = a_tool("ocr", ToolParameter(name="picture", type="file", required=True))
    models = in_rounds(says("hi"))
    await ask(app({**ADD, "tool_name": "ocr"}), models, FunctionTools({}, [needs]))
    assert models.requests[0].tools == ()


async def test_case_56_the_answer_has_the_text_of_all_rounds() -> None:
    models = in_rounds(says("a", call("add", '{"a": 1, "b": 1}')), says("b"))
    played = await ask(app(ADD), models, adding())
    answer: Value = played.finished.outputs["answer"]
    assert answer == "a\nb"
