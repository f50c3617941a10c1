"""The model step of agent apps (spec models-and-tools §3)."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from treadle.engine.events import AgentThought, AnswerFile, NodeStatus
from treadle.engine.ports import (
    Knowledge,
    KnowledgeBase,
    Message,
    ModelProfile,
    NoKnowledge,
    PastCall,
    PastRound,
    ToolParameter,
    Turn,
)
from treadle.engine.values import JsonValue, Value
from treadle.nodes.basic_agent import BASIC_AGENT_KIND

from .function_tools import CAN_CALL, FunctionTools, GivenKnowledge, RoundModels, a_tool, adding, call, in_rounds, says
from .harness import Played, node, play
from .ports import GivenMemory, MemoryFiles, a_world, file, turns, usage

ADD: dict[str, JsonValue] = {
    "enabled": True,
    "provider_type": "builtin",
    "provider_id": "maths",
    "tool_name": "add",
    "tool_parameters": {"a": "", "b": ""},
}
WITHOUT_CALLS = ModelProfile()


def app(*tools: JsonValue, mode: str = "chat", **config: JsonValue) -> dict[str, JsonValue]:
    agent_mode: dict[str, JsonValue] = {"enabled": True, "strategy": "function_call", "tools": list(tools)}
    for name in ("strategy", "max_iteration", "prompt"):
        if name in config:
            agent_mode[name] = config.pop(name)
    return {
        "model": {"provider": "p", "name": "m", "mode": mode, "completion_params": {"stop": ["END"]}},
        "pre_prompt": "Be exact.",
        "agent_mode": agent_mode,
        **config,
    }


async def ask(
    config: dict[str, JsonValue],
    models: RoundModels,
    tools: FunctionTools | None = None,
    *,
    query: str = "What is 2 + 3?",
    inputs: Mapping[str, Value] | None = None,
    files: Sequence[Value] = (),
    memory: GivenMemory | None = None,
    knowledge: Knowledge | None = None,
    retrieval: JsonValue = None,
) -> Played:
    world = a_world(models=models, memory=memory, files=MemoryFiles({"a.png": b"A"}))
    played = await play(
        [
            node("llm", BASIC_AGENT_KIND, {"model_config": config, "retrieval": retrieval}),
            node("answer", "answer", {"answer": "{{#llm.text#}}"}),
        ],
        "start -> llm\nllm -> answer",
        inputs=inputs,
        scopes={"sys": {"user_id": "u1", "query": query, "files": list(files)}},
        ports=replace(world, tools=tools or adding(), knowledge=knowledge or NoKnowledge()),
    )
    assert played.node("llm").status is NodeStatus.SUCCEEDED, played.node("llm").error
    return played


def thoughts(played: Played) -> list[AgentThought]:
    return [event for event in played.events if isinstance(event, AgentThought)]


def texts(messages: Sequence[Message]) -> list[tuple[str, object]]:
    return [(message.role, message.content) for message in messages]


async def test_a_round_is_told_at_its_first_word_after_the_model_and_after_the_tools() -> None:
    models = in_rounds(says("Adding.", call("add", '{"a": 2, "b": 3}')), says("It is 5."))
    played = await ask(app(ADD), models)
    told = thoughts(played)
    assert [(t.position, t.thought, t.tool, t.tool_input, t.observation) for t in told] == [
        (1, "", "", "", ""),
        (1, "Adding.", "add", '{"add": {"a": 2, "b": 3}}', ""),
        (1, "Adding.", "add", '{"add": {"a": 2, "b": 3}}', '{"add": "5"}'),
        (2, "", "", "", ""),
        (2, "It is 5.", "", "", ""),
    ]
    assert len({t.id for t in told}) == 2
    assert told[1].tool_labels == {"add": {"en_US": "Add", "zh_Hans": "Add"}}
    assert told[2].tool_meta["add"]["tool_config"] == {  # type: ignore[index, call-overload]
        "tool_provider_type": "builtin",
        "tool_provider": "maths",
        "tool_parameters": {},
        "tool_icon": None,
    }
    assert played.chunks == ["Addi", "ng.", "\nIt i", "s 5."]
    assert played.finished.outputs["answer"] == "Adding.\nIt is 5."
    assert played.finished.usage.total_tokens == 10
    assert told[2].usage.total_tokens == 5


async def test_the_prompt_is_the_assembled_system_text_then_the_conversation() -> None:
    models = in_rounds(says("", call("add", '{"a": 2, "b": 3}')), says("5"))
    await ask(app(ADD, pre_prompt="Add for {{name}}."), models, inputs={"name": "Bo"}, memory=turns(("hi", "hello")))
    first, second = models.requests
    assert texts(first.messages) == [
        ("system", "Add for Bo.\n"),
        ("user", "hi"),
        ("assistant", "hello"),
        ("user", "What is 2 + 3?"),
    ]
    assert first.stop == ("END",)
    assert first.user == "u1"
    assert texts(second.messages[4:]) == [("assistant", ""), ("tool", "5")]
    assert second.messages[4].tool_calls == (call("add", '{"a": 2, "b": 3}'),)
    assert (second.messages[5].tool_call_id, second.messages[5].name) == ("c1", "add")


async def test_an_advanced_prompt_keeps_its_messages_before_the_conversation() -> None:
    prompt: dict[str, JsonValue] = {
        "prompt": [{"role": "system", "text": "You are {{who}}."}, {"role": "user", "text": "Example"}]
    }
    models = in_rounds(says("ok"))
    await ask(app(ADD, prompt_type="advanced", chat_prompt_config=prompt), models, inputs={"who": "Bo"})
    assert texts(models.requests[0].messages) == [
        ("system", "You are Bo."),
        ("user", "Example"),
        ("user", "What is 2 + 3?"),
    ]


async def test_earlier_rounds_are_part_of_the_conversation() -> None:
    rounds = (
        PastRound("Adding.", (PastCall("add", '{"a": 1}', "1"), PastCall("add", '{"a": 2}', "2"))),
        PastRound("It is 2."),
    )
    memory = GivenMemory([Turn("sum?", "Adding.\nIt is 2.", rounds=rounds)])
    models = in_rounds(says("ok"))
    await ask(app(ADD), models, memory=memory)
    _, asked, called, one, two, said, question = models.requests[0].messages
    assert texts([asked, called, one, two, said, question]) == [
        ("user", "sum?"),
        ("assistant", "Adding."),
        ("tool", "1"),
        ("tool", "2"),
        ("assistant", "It is 2."),
        ("user", "What is 2 + 3?"),
    ]
    assert [c.name for c in called.tool_calls] == ["add", "add"]
    assert [one.tool_call_id, two.tool_call_id] == [c.id for c in called.tool_calls]


async def test_a_long_conversation_loses_whole_exchanges_and_then_tool_results() -> None:
    long = PastRound("", (PastCall("add", "{}", "word " * 60),))
    memory = GivenMemory([Turn("first", "one " * 40), Turn("second", "two", rounds=(long,))])
    models = in_rounds(says("ok"), model=ModelProfile(features=CAN_CALL.features, context_size=40))
    await ask(app(ADD), models, memory=memory)
    assert texts(models.requests[0].messages) == [
        ("system", "Be exact.\n"),
        ("user", "second"),
        ("assistant", "two"),
        ("user", "What is 2 + 3?"),
    ]


async def test_pictures_are_seen_once() -> None:
    models = in_rounds(
        says("", call("add", '{"a": 2, "b": 3}')),
        says("5"),
        model=ModelProfile(features=CAN_CALL.features | {"vision"}),
    )
    await ask(app(ADD), models, files=[file("a.png")])
    first, second = models.requests[0].messages[1], models.requests[1].messages[1]
    assert [part.type for part in first.content] == ["image", "text"]  # type: ignore[union-attr]
    assert second.content == "[image]\nWhat is 2 + 3?"


async def test_files_of_tools_belong_to_the_answer() -> None:
    drawn = file("cat.png")
    draw = a_tool("draw", provider="maths")
    tools = FunctionTools({"draw": lambda: drawn}, [draw])
    models = in_rounds(says("", call("draw", "")), says("Here it is."))
    played = await ask(app({**ADD, "tool_name": "draw"}), models, tools)
    assert [event for event in played.events if isinstance(event, AnswerFile)] == [AnswerFile("cat.png", drawn)]
    (observed,) = [t for t in thoughts(played) if t.observation]
    assert "has been delivered" in observed.observation
    assert observed.files == (drawn,)
    assert played.node("llm").outputs["files"] == [drawn]
    events = [type(e).__name__ for e in played.events if isinstance(e, (AgentThought, AnswerFile))]
    assert events == ["AgentThought", "AgentThought", "AnswerFile", "AgentThought", "AgentThought", "AgentThought"]


async def test_a_tool_that_does_not_exist_is_left_out_and_named() -> None:
    models = in_rounds(says("hi"))
    played = await ask(app({**ADD, "tool_name": "gone"}, ADD, {**ADD, "enabled": False, "tool_name": "off"}), models)
    assert [tool.name for tool in models.requests[0].tools] == ["add"]
    assert played.node("llm").process_data["tools_left_out"] == [
        {"tool": "gone", "reason": 'There is no tool "gone" of "maths".'}
    ]


async def test_form_values_are_fixed_and_values_for_the_model_are_not() -> None:
    clock: dict[str, JsonValue] = {
        **ADD,
        "provider_id": "time",
        "tool_name": "clock",
        "tool_parameters": {"format": "short", "timezone": "UTC"},
    }
    models, tools = in_rounds(says("", call("clock", '{"timezone": "Asia/Tokyo"}')), says("noon")), adding()
    await ask(app(clock), models, tools)
    assert list(models.requests[0].tools[0].parameters["properties"]) == ["timezone"]  # type: ignore[arg-type, call-overload]
    assert tools.calls == [("clock", {"timezone": "Asia/Tokyo", "format": "short"})]


async def test_tools_of_old_files_are_found_by_one_word() -> None:
    current = a_tool("current_time", provider="time")
    wiki = a_tool("wikipedia_search", ToolParameter(name="query", required=True), provider="wikipedia")
    models = in_rounds(says("hi"))
    tools = FunctionTools({}, [current, wiki])
    await ask(
        app(
            {"current_datetime": {"enabled": True}},
            {"wikipedia": {"enabled": True}},
            {"web_reader": {"enabled": False}},
        ),
        models,
        tools,
    )
    assert [tool.name for tool in models.requests[0].tools] == ["current_time", "wikipedia_search"]


async def test_the_last_round_offers_no_tools() -> None:
    models = in_rounds(*[says("", call("add", '{"a": 1, "b": 1}'))] * 2, says("2"))
    played = await ask(app(ADD, max_iteration=2), models)
    assert [len(request.tools) for request in models.requests] == [1, 1, 0]
    assert "No round is left" in str(models.requests[2].messages[-1].content)
    assert played.finished.outputs["answer"] == "2"


async def test_a_model_that_calls_to_the_end_says_why_there_is_no_answer() -> None:
    models, tools = in_rounds(says("", call("add", '{"a": 1, "b": 1}'))), adding()
    played = await ask(app(ADD, max_iteration=1), models, tools)
    assert len(tools.calls) == 1
    assert played.finished.outputs["answer"] == "The limit of 2 rounds was reached before the answer was complete."
    assert played.node("llm").process_data["ended_by"] == "limit"


async def test_without_any_tool_it_is_a_plain_chat() -> None:
    models = in_rounds(says("hi"), model=WITHOUT_CALLS)
    played = await ask(app(strategy="react"), models)
    assert texts(models.requests[0].messages) == [("system", "Be exact.\n"), ("user", "What is 2 + 3?")]
    assert played.chunks == ["hi"]


async def test_a_model_without_tool_calls_reasons_in_text() -> None:
    models = in_rounds(
        says('Thought: I add.\nAction:\n```json\n{"action": "add", "action_input": {"a": 2, "b": 3}}\n```'),
        says('Thought: done\nAction: {"action": "Final Answer", "action_input": "It is 5."}'),
        model=WITHOUT_CALLS,
    )
    played = await ask(app(ADD), models, memory=turns(("hi", "hello")))
    assert models.requests[0].tools == ()
    assert models.requests[0].stop == ("END", "Observation")
    system, *conversation = models.requests[0].messages
    assert '"name": "add"' in str(system.content)
    assert str(system.content).startswith("Be exact.")
    assert texts(conversation) == [("user", "hi"), ("assistant", "hello"), ("user", "What is 2 + 3?")]
    scratchpad = models.requests[1].messages[-2]
    assert scratchpad.role == "assistant"
    assert str(scratchpad.content).endswith("Observation: 5")
    assert [(t.position, t.thought, t.tool, t.tool_input, t.observation) for t in thoughts(played)] == [
        (1, "", "", "", ""),
        (1, "I add.", "add", '{"add": {"a": 2, "b": 3}}', ""),
        (1, "I add.", "add", '{"add": {"a": 2, "b": 3}}', '{"add": "5"}'),
        (2, "", "", "", ""),
        (2, "It is 5.", "", "", ""),
    ]
    assert played.chunks != ["It is 5."]
    assert "".join(played.chunks) == played.finished.outputs["answer"] == "It is 5."


async def test_a_completion_model_reads_one_text() -> None:
    models = in_rounds(says(' 2\nAction: {"action": "Final Answer", "action_input": "5"}'), model=WITHOUT_CALLS)
    await ask(app(ADD, mode="completion"), models, memory=turns(("hi", "hello")))
    (message,) = models.requests[0].messages
    assert message.role == "user"
    assert "Human: hi\nAssistant: hello" in str(message.content)
    assert "Question: What is 2 + 3?" in str(message.content)


async def test_a_react_prompt_of_the_builder_is_used() -> None:
    models = in_rounds(says("5"), model=WITHOUT_CALLS)
    prompt: JsonValue = {"first_prompt": "{{instruction}} Tools: {{tool_names}}.", "next_iteration": ""}
    played = await ask(app(ADD, prompt=prompt, pre_prompt="Say {{tools}}"), models, inputs={})
    assert models.requests[0].messages[0].content == "Say {tools} Tools: add."
    assert played.finished.outputs["answer"] == "5"


async def test_a_knowledge_base_is_searched_by_its_own_tool() -> None:
    base = KnowledgeBase(id="ab-cd", name="Tides")
    item: dict[str, Value] = {
        "content": "High at noon.",
        "title": "t",
        "metadata": {"_source": "knowledge", "score": 0.9, "position": 1, "document_name": "d"},
    }
    knowledge = GivenKnowledge([base], [item, {**item, "content": "Low at six."}])
    models = in_rounds(says("", call("dataset_ab_cd", '{"query": "tides"}')), says("Noon."))
    datasets: JsonValue = {
        "retrieval_model": "multiple",
        "datasets": {"datasets": [{"dataset": {"enabled": True, "id": "ab-cd"}}]},
    }
    old: JsonValue = {"dataset": {"enabled": True, "id": "empty-one"}}
    played = await ask(app(old, dataset_configs=datasets), models, knowledge=knowledge)
    (spec,) = models.requests[0].tools
    assert spec.name == "dataset_ab_cd"
    assert spec.parameters["required"] == ["query"]
    assert "Tides" in spec.description
    assert models.requests[1].messages[-1].content == "High at noon.\nLow at six."
    assert [citation["content"] for citation in played.citations] == ["High at noon.", "Low at six."]
    assert knowledge.requests[0].dataset_ids == ("ab-cd",)


async def test_the_same_tool_twice_in_one_round_keeps_both_results() -> None:
    models = in_rounds(
        says("", call("add", '{"a": 1, "b": 1}', "c1"), call("add", '{"a": 2, "b": 2}', "c2")), says("2 and 4")
    )
    played = await ask(app(ADD), models)
    (observed,) = [t for t in thoughts(played) if t.observation]
    assert observed.tool == "add;add (2)"
    assert json.loads(observed.observation) == {"add": "2", "add (2)": "4"}
    assert observed.tool_meta["add (2)"]["tool"] == "add"  # type: ignore[index, call-overload]
    assert [m.content for m in models.requests[1].messages[-2:]] == ["2", "4"]


async def test_usage_of_all_rounds_is_summed() -> None:
    models = in_rounds(says("", call("add", '{"a": 2, "b": 3}'), tokens=usage(10, 5)), says("5", tokens=usage(20, 1)))
    played = await ask(app(ADD), models)
    assert played.node("llm").usage.total_tokens == 36
    assert played.node("llm").usage.prompt_tokens == 30


async def test_several_knowledge_bases_with_a_model_that_sorts_are_one_tool() -> None:
    item: dict[str, Value] = {
        "content": "High at noon.",
        "title": "t",
        "metadata": {"_source": "knowledge", "score": 0.9, "position": 1, "document_name": "d"},
    }
    knowledge = GivenKnowledge([KnowledgeBase(id="a", name="Tides"), KnowledgeBase(id="b", name="Winds")], [item])
    models = in_rounds(says("", call("dataset_search", '{"query": "tides"}')), says("Noon."))
    together: JsonValue = {
        "top_k": 3,
        "reranking_enable": True,
        "reranking_mode": "reranking_model",
        "reranking_model": {"provider": "p", "model": "sorter"},
    }
    datasets: JsonValue = {"datasets": {"datasets": [{"dataset": {"enabled": True, "id": each}} for each in "ab"]}}
    played = await ask(
        app(dataset_configs=datasets), models, knowledge=knowledge, retrieval={"multiple_retrieval_config": together}
    )
    (spec,) = models.requests[0].tools
    assert spec.name == "dataset_search"
    assert "Tides" in spec.description
    assert "Winds" in spec.description
    (request,) = knowledge.requests
    assert (request.dataset_ids, request.query) == (("a", "b"), "tides")
    assert request.merge is not None
    assert request.merge["top_k"] == 3
    assert [citation["content"] for citation in played.citations] == ["High at noon."]
