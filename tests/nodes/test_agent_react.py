"""Reading ReAct replies, and the loop over them (spec models-and-tools §3.4)."""

import json
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treadle.engine.ports import ModelProfile
from treadle.engine.values import JsonValue
from treadle.nodes.agent.react_reply import Action, ReadReply, ReplyReader

from .function_tools import FunctionTools, RoundModels, adding, call, in_rounds, says
from .harness import Played, run_node
from .ports import a_world

WITHOUT_CALLS = ModelProfile()


def read(text: str, cuts: list[int] | None = None) -> tuple[str, ReadReply]:
    """What is shown while the reply streams in pieces, and the whole reply."""
    reader, shown, places = ReplyReader(), "", sorted({0, len(text), *(cuts or [])})
    for begin, end in pairwise(places):
        shown += reader.feed(text[begin:end])
    return shown, reader.close()


def letter_by_letter(text: str) -> tuple[str, ReadReply]:
    return read(text, list(range(len(text))))


ADD = Action("add", {"a": 1})

ACTIONS = [
    'Thought: hm\nAction:\n```json\n{"action": "add", "action_input": {"a": 1}}\n```',
    'Thought: hm\nAction:\n```\n{"action": "add", "action_input": {"a": 1}}\n```\nObservation: 5\nThought: so it is 5',
    'Thought: hm\nAction: {"action": "add", "action_input": {"a": 1}}',
    'THOUGHT: hm\naCtIoN: {"action": "add", "action_input": {"a": 1}}',
    'hm [ {"action": "add", "action_input": {"a": 1}} ]',
    'hm ```JSON\n[{"action": "add", "action_input": {"a": 1}}]```',
    'hm {"tool": "add", "tool_input": {"a": 1}}',
    'hm {"action_input": {"a": 1}, "action": "add"}',
    'hm\n```\n{"action": "add",\n "action_input": {"a": 1}\n}',
    'Thought: hm\nAction:\n```json\n{"action": "add", "action_input": {"a": 1}',
    'Thought: hm\nAction: add\nAction Input: {"a": 1}\nObservation: 5',
    'Thought: hm\nAction: `add`\nAction Input:\n```json\n{"a": 1}\n```',
    'hm {"action": "add", "action_input": {"a": 1}} {"action": "other", "action_input": 2}',
]


@pytest.mark.parametrize("text", ACTIONS)
def test_an_action_is_found_however_it_is_written(text: str) -> None:
    for shown, reply in (read(text), letter_by_letter(text)):
        assert shown == ""
        assert reply == ReadReply("hm", ADD)


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ('{"action": "clock", "action_input": ""}', Action("clock", "")),
        ('{"action": "clock", "action_input": "a } brace"}', Action("clock", "a } brace")),
        ('{"action": "clock", "action_input": "a \\" mark"}', Action("clock", 'a " mark')),
        ('{"action": "clock", "action_input": null}', Action("clock", None)),
        ('{"action": "clock"}', Action("clock", {})),
        ('{"action": "clock", "action_input": "line\nbreak"}', Action("clock", "line\nbreak")),
    ],
)
def test_inputs_are_taken_as_they_are(text: str, action: Action) -> None:
    assert letter_by_letter(text)[1].action == action


@pytest.mark.parametrize(
    ("text", "thought"),
    [
        ('The set {1, 2} matters. {"action": "add", "action_input": {"a": 1}}', "The set {1, 2} matters."),
        ('See [this](url). {"action": "add", "action_input": {"a": 1}}', "See [this](url)."),
        ('Given {"a": 5}, {"action": "add", "action_input": {"a": 1}}', 'Given {"a": 5},'),
        ('{it\'s "odd} {"action": "add", "action_input": {"a": 1}}', "{it's \"odd}"),
    ],
)
def test_other_braces_are_text(text: str, thought: str) -> None:
    for _, reply in (read(text), letter_by_letter(text)):
        assert reply == ReadReply(thought, ADD)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ('Action: {"action": "Final Answer", "action_input": "42"}', "42"),
        ('{"action": "FinalAnswer", "action_input": "42"}', "42"),
        ('x {"action": "final answer", "action_input": "say \\"hi\\"\\n\\u00e9 \\ud83d\\ude00"}', 'say "hi"\né 😀'),
        ('{"action": "Final Answer", "action_input": {"x": "é"}}', '{"x": "é"}'),
        ('{"action": "Final Answer", "action_input": "He said "hi" to me"}', 'He said "hi" to me'),
        ('{"action": "Final Answer", "action_input": "the sum \\(x\\)"}', "the sum \\(x\\)"),
        ('{"action": "Final Answer", "action_input": "cut off he', "cut off he"),
        ('{"action": "Final Answer", "action_input": "cut \\', "cut \\"),
        ('```json\n{"action": "Final Answer", "action_input": "use ```x``` here"}\n```', "use ```x``` here"),
        ('{"action": "Final Answer", "action_input": "half \\ud83d"}', "half \ufffd"),
        ("Thought: I know.\nFinal Answer: 42", "42"),
        ("just words", "just words"),
        ("Action: add\nAction Input: tides", "add\nAction Input: tides"),
        ("Thought: I know it", "I know it"),
        ("words\nObservation: made up", "words"),
        ("", ""),
        ("a list: [1, 2", "a list: [1, 2"),
    ],
)
def test_an_answer_is_found_however_it_is_written(text: str, answer: str) -> None:
    for shown, reply in (read(text), letter_by_letter(text)):
        assert (reply.action, reply.answer, shown + reply.unsaid) == (None, answer, answer)


def test_the_answer_is_shown_while_it_grows() -> None:
    reader = ReplyReader()
    assert reader.feed('Thought: x\nAction: {"action": "Final Answer", "action_in') == ""
    assert reader.feed('put": "It is') == "It is"
    assert reader.feed(" 5.") == " 5."
    assert reader.feed('"}') == ""
    assert reader.close() == ReadReply("x", None, "It is 5.", "")


PIECES = st.sampled_from(
    [
        "Thought: ", "action:", "Action:\n", "```json\n", "```", "`", "{", "}", "[", "]", '"', "\\", "\n", " ",
        "Observation:",
        '{"action": "add", "action_input": {"a": 1}}', '{"action": "Final Answer", "action_input": "', "x", "é",
        "\\u00e9",
        '"action"', ": ", "Final Answer", "\\ud83d\\ude00", '"}',
    ]
)  # fmt: skip


@given(st.lists(PIECES, max_size=14).map("".join), st.lists(st.integers(0, 200), max_size=12))
def test_where_a_reply_is_cut_makes_no_difference(text: str, cuts: list[int]) -> None:
    shown, reply = read(text, [cut for cut in cuts if cut < len(text)])
    whole_shown, whole = read(text)
    assert (reply.thought, reply.action, reply.answer) == (whole.thought, whole.action, whole.answer)
    assert shown + reply.unsaid == whole_shown + whole.unsaid


@given(st.text(max_size=60), st.lists(st.integers(0, 200), max_size=12))
def test_any_answer_arrives_whole(answer: str, cuts: list[int]) -> None:
    text = "Thought: x\n```\n" + json.dumps({"action": "Final Answer", "action_input": answer}) + "\n```"
    shown, reply = read(text, [cut for cut in cuts if cut < len(text)])
    assert shown + reply.unsaid == reply.answer == answer.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(JSON, st.booleans(), st.lists(st.integers(0, 200), max_size=12))
def test_any_input_arrives_whole(given_input: JsonValue, fenced: bool, cuts: list[int]) -> None:
    action = json.dumps({"action": "add", "action_input": given_input})
    text = f"Thought: x\nAction:\n```json\n{action}\n```" if fenced else f"x {action}"
    _, reply = read(text, [cut for cut in cuts if cut < len(text)])
    assert reply == ReadReply("x", Action("add", given_input))


def test_a_flood_of_braces_costs_little() -> None:
    reader = ReplyReader()
    for _ in range(200):
        reader.feed("{" * 500)
    assert reader.close().action is None


# The loop


def agent(**parameters: JsonValue) -> dict[str, JsonValue]:
    tool: JsonValue = {
        "enabled": True,
        "type": "builtin",
        "provider_name": "maths",
        "tool_name": "add",
        "parameters": {},
    }
    given: dict[str, JsonValue] = {
        "model": {"provider": "p", "model": "m", "mode": "chat"},
        "tools": [tool],
        "instruction": "Be exact.",
        "query": "What is 2 + 3?",
        **parameters,
    }
    return {
        "agent_strategy_provider_name": "langgenius/agent/agent",
        "agent_strategy_name": "ReAct",
        "agent_parameters": {name: {"type": "constant", "value": value} for name, value in given.items()},
    }


async def ask(models: RoundModels, tools: FunctionTools | None = None, **parameters: JsonValue) -> Played:
    ports = replace(a_world(models=models), tools=tools or adding())
    return await run_node("agent", agent(**parameters), ports=ports, answer="{{#n.text#}}")


def step(name: str, arguments: JsonValue, thought: str = "I add.") -> str:
    return f"Thought: {thought}\nAction: {json.dumps({'action': name, 'action_input': arguments})}"


async def test_only_the_answer_reaches_the_reader() -> None:
    models = in_rounds(says(step("add", {"a": 2, "b": 3})), says(step("Final Answer", "It is 5.")))
    played = await ask(models)
    assert "".join(played.chunks) == played.node("n").outputs["text"] == "It is 5."
    assert len(played.chunks) > 1


async def test_a_reasoning_model_thinks_apart() -> None:
    models = in_rounds(says(f"<think>{step('wrong', {})}</think>{step('Final Answer', '5')}"))
    played = await ask(models)
    assert played.node("n").outputs["text"] == "5"


async def test_observations_lead_the_next_round() -> None:
    models = in_rounds(says(step("add", {"a": 2, "b": 3})), says(step("Final Answer", "5")))
    await ask(models)
    first, second = models.requests
    assert first.stop == ("Observation",)
    assert [message.role for message in first.messages] == ["system", "user"]
    assert [message.role for message in second.messages] == ["system", "user", "assistant", "user"]
    assert second.messages[2].content == (
        'Thought: I add.\nAction:\n```\n{"action": "add", "action_input": {"a": 2, "b": 3}}\n```\nObservation: 5'
    )


async def test_old_observations_make_room_for_new_ones() -> None:
    again = says(step("add", {"a": 2, "b": 3}))
    models = in_rounds(again, again, says(step("Final Answer", "5")), model=ModelProfile(context_size=1000))
    results = iter(["old " * 450, "new " * 450])
    await ask(models, adding(add=lambda **_: next(results)))
    scratchpad = str(models.requests[2].messages[2].content)
    assert "Observation: [This earlier result was left out to make room.]" in scratchpad
    assert scratchpad.endswith("new new")


async def test_wenxin_knows_no_stop_words() -> None:
    models = in_rounds(says("5"))
    await ask(models, model={"provider": "langgenius/wenxin/wenxin", "model": "m", "mode": "chat"})
    assert models.requests[0].stop == ()


async def test_an_unknown_tool_is_explained() -> None:
    models = in_rounds(says(step("divide", {})), says(step("Final Answer", "no")))
    played = await ask(models)
    told = str(models.requests[1].messages[2].content)
    assert 'There is no tool named "divide". The tools that can be called: add.' in told
    assert played.node("n").outputs["text"] == "no"


@pytest.mark.parametrize("written", ['{"a": 2, "b":', "{'a': 2, 'b': 3}}", '{"a": 2 "b": 3}}\n```'])
async def test_an_action_that_cannot_be_read_is_asked_for_again(written: str) -> None:
    broken = says(f'Thought: I add.\nAction:\n```\n{{"action": "add", "action_input": {written}')
    models, tools = in_rounds(broken, says(step("add", {"a": 2, "b": 3})), says(step("Final Answer", "5"))), adding()
    played = await ask(models, tools)
    told = str(models.requests[1].messages[2].content)
    assert told.endswith('Observation: The arguments for "add" are no valid JSON; call it again with a JSON object.')
    assert len(tools.calls) == 1
    assert played.node("n").outputs["text"] == "5"


async def test_at_the_limit_the_answer_says_so() -> None:
    models, tools = in_rounds(says(step("add", {"a": 2, "b": 3}))), adding()
    played = await ask(models, tools, maximum_iterations=2)
    assert len(models.requests) == 2
    assert len(tools.calls) == 1
    assert played.node("n").outputs["text"] == "The limit of 2 rounds was reached before the answer was complete."


async def test_a_model_with_tool_calls_still_reasons_in_text_where_the_node_says_so() -> None:
    models = in_rounds(says("", call("add", "{}")), says("hi"))
    await ask(models)
    assert models.requests[0].tools == ()
