"""What agents are offered, how they call it, and what they are told (spec models-and-tools §3.2, §4.3)."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from treadle.engine.errors import ToolInvokeError, ToolParameterError
from treadle.engine.events import AgentLog, Citations, NodeStatus, RunStatus
from treadle.engine.graph import EdgeSpec, GraphSpec, compile_graph
from treadle.engine.pool import VariablePool
from treadle.engine.ports import (
    ChatDelta,
    ChatRequest,
    ModelProfile,
    Tool,
    ToolCall,
    ToolCitations,
    ToolFile,
    ToolJson,
    ToolLink,
    ToolLog,
    ToolMessage,
    ToolOption,
    ToolParameter,
    ToolText,
    ToolUsage,
    ToolVariable,
)
from treadle.engine.run import Run
from treadle.engine.values import JsonValue, Value
from treadle.nodes import NODE_TYPES, NodeLimits, node_types
from treadle.nodes.agent.belt import Belt, Offered, ToolChoice, arguments_of, offer_tool
from treadle.nodes.agent.observation import NOTHING, Observation

from .function_tools import ADD, CAN_CALL, CLOCK, FunctionTools, RoundModels, a_tool, adding, call, in_rounds, says
from .harness import Played, node, play, run_node
from .ports import a_world, file, usage

TEXT = ToolParameter(name="query", required=True, llm_description="words")


def offered(tool: Tool, **fixed: Value) -> Offered:
    return offer_tool(tool, ToolChoice(tool.ref, fixed=fixed), FunctionTools({}, [tool]))


def test_the_schema_has_what_the_model_may_give() -> None:
    tool = a_tool(
        "find",
        TEXT,
        ToolParameter(
            name="kind", type="select", options=(ToolOption(value="news"), ToolOption(value="images")), required=True
        ),
        ToolParameter(name="token", type="secret-input"),
        ToolParameter(name="safe", type="boolean"),
        ToolParameter(name="tags", type="array", input_schema={"type": "array", "items": {"type": "string"}}),
        ToolParameter(name="picture", type="file"),
        ToolParameter(name="model", type="model-selector"),
        ToolParameter(name="region", type="string", form="form"),
        ToolParameter(name="host", type="string", form="schema"),
    )
    spec = offered(tool).spec
    properties: Any = spec.parameters["properties"]
    assert {name: prop["type"] for name, prop in properties.items()} == {
        "query": "string",
        "kind": "string",
        "token": "string",
        "safe": "boolean",
        "tags": "array",
    }
    assert properties["kind"]["enum"] == ["news", "images"]
    assert properties["query"]["description"] == "words"
    assert spec.parameters["required"] == ["query", "kind"]


def test_a_description_of_the_builder_replaces_the_tools_own() -> None:
    choice = ToolChoice(ADD.ref, description="Only for money.")
    assert offer_tool(ADD, choice, adding()).spec.description == "Only for money."
    assert offered(ADD).spec.description == "does add"


def test_names_fit_the_wire_and_differ() -> None:
    belt = Belt()
    for name in ("find", "find", "finde Wörter!", "x" * 80):
        belt.add(offered(a_tool(name)))
    assert belt.names() == ["find", "find_2", "finde_W_rter_", "x" * 64]
    assert belt.find("functions.find") is belt.find(" find ") is not None


@pytest.mark.parametrize(
    ("given", "arguments"),
    [
        ({"query": "tides"}, {"query": "tides"}),
        ("tides", {"query": "tides"}),
        ('{"query": "tides"}', {"query": "tides"}),
        ('{"other": 1}', {"query": '{"other": 1}'}),
        (5, {"query": 5}),
        ("", {}),
        (None, {}),
    ],
)
def test_a_tool_of_one_parameter_takes_a_bare_value(given: JsonValue, arguments: JsonValue) -> None:
    assert arguments_of(offered(a_tool("find", TEXT)), given) == arguments


def test_a_tool_of_several_parameters_takes_json_only() -> None:
    assert arguments_of(offered(ADD), '{"a": 1, "b": 2}') == {"a": 1, "b": 2}
    with pytest.raises(ToolParameterError, match="must be a JSON object with the members a, b"):
        arguments_of(offered(ADD), "1 and 2")
    assert arguments_of(offered(ADD, b=2), "1") == {"a": "1"}


@pytest.mark.parametrize(
    ("messages", "text"),
    [
        ([ToolText("a"), ToolText("b")], "ab"),
        ([ToolJson({"é": 1})], '{"é": 1}'),
        ([ToolText('{"a": 1}'), ToolJson({"a": 1})], '{"a": 1}'),
        ([ToolText("a"), ToolJson([1]), ToolJson([1])], "a\n[1]"),
        ([ToolText("a"), ToolJson({"b": 1}, suppressed=True)], "a"),
        ([ToolVariable("x", 1)], '{"x": 1}'),
        ([ToolVariable("x", "a", stream=True), ToolVariable("x", "b", stream=True)], '{"x": "ab"}'),
        ([ToolText("a"), ToolVariable("x", 1)], "a"),
        ([ToolUsage(usage())], NOTHING),
        ([], NOTHING),
        ([ToolText("x" * 30)], "x" * 20 + "\n[The result is cut here: 20 of 30 characters are shown.]"),
        ([ToolText("half \ud83d")], "half \ufffd"),
    ],
)
def test_the_model_is_told_what_a_tool_gave(messages: list[ToolMessage], text: str) -> None:
    observation = Observation()
    for message in messages:
        observation.take(message)
    assert observation.text(20 if "cut" in text else 1000) == text


def test_links_and_files_are_passed_on_in_words() -> None:
    observation = Observation()
    picture, paper = file("cat.png"), file("a.pdf", kind="document", mime_type="application/pdf")
    for message in (ToolText("Look:"), ToolLink("https://x.y"), ToolFile(picture, image=True), ToolFile(paper)):
        observation.take(message)
    said = observation.text(1000)
    assert said.startswith("Look:\nHere is a link; pass it on to the user: https://x.y\n")
    assert "The picture has been delivered to the user" in said
    assert 'The file "a.pdf" has been delivered to the user. Its link: http://files/a.pdf' in said
    assert observation.files == [picture, paper]


# A node that calls them


def entry(tool: Tool, **settings: JsonValue) -> JsonValue:
    return {
        "enabled": True,
        "type": "builtin",
        "provider_name": tool.ref.provider_id,
        "tool_name": tool.name,
        "parameters": {},
        **settings,
    }


def agent(*tools: JsonValue, **parameters: JsonValue) -> dict[str, JsonValue]:
    given: dict[str, JsonValue] = {
        "model": {"provider": "p", "model": "m", "mode": "chat"},
        "tools": list(tools) or [entry(ADD)],
        "instruction": "",
        "query": "go",
        **parameters,
    }
    return {
        "agent_strategy_provider_name": "langgenius/agent/agent",
        "agent_strategy_name": "function_calling",
        "agent_parameters": {
            name: value
            if isinstance(value, dict) and value.get("type") in ("variable", "mixed")
            else {"type": "constant", "value": value}
            for name, value in given.items()
        },
    }


async def ask(
    data: dict[str, JsonValue],
    models: RoundModels,
    tools: FunctionTools | None = None,
    scopes: Mapping[str, Mapping[str, Value]] | None = None,
) -> Played:
    ports = replace(a_world(models=models), tools=tools or adding())
    return await run_node("agent", data, ports=ports, scopes=scopes, answer="{{#n.text#}}")


WITH_LIMIT: JsonValue = {"provider": "p", "model": "m", "mode": "chat", "completion_params": {"max_tokens": 200}}


def told(models: RoundModels) -> list[str]:
    """What the model read of its calls in the second round."""
    return [str(message.content) for message in models.requests[1].messages if message.role == "tool"]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ('{"a": 1', 'The arguments for "add" are no valid JSON; call it again with a JSON object.'),
        ('{"a": 1}', 'The arguments for "add" cannot be used: The parameter "b" of the tool is required'),
        ('{"a": "x", "b": 1}', 'The arguments for "add" cannot be used: The parameter "a" is "x", which is no number.'),
        ("[" * 100_000, "no valid JSON"),
    ],
)
async def test_arguments_that_cannot_be_used_are_explained(arguments: str, reason: str) -> None:
    models = in_rounds(says("", call("add", arguments)), says("sorry"))
    played = await ask(agent(), models)
    assert reason in told(models)[0]
    assert played.node("n").outputs["text"] == "sorry"


async def test_a_name_that_no_provider_takes_is_not_sent_back() -> None:
    models = in_rounds(says("", call("find it!", "{}"), call("", "{}")), says("ok"))
    await ask(agent(), models)
    assert 'There is no tool named "find it!"' in told(models)[0]
    assert [tool_call.name for tool_call in models.requests[1].messages[-3].tool_calls] == ["find_it_", "tool"]


async def test_numbers_that_are_none_in_json_become_null() -> None:
    models, tools = in_rounds(says("", call("clock", '{"timezone": [NaN, 1e999]}')), says("ok")), adding()
    played = await ask(agent(entry(CLOCK)), models, tools)
    assert models.requests[1].messages[-2].tool_calls[0].arguments == '{"timezone": [null, null]}'
    assert played.finished.status is RunStatus.SUCCEEDED


async def test_a_bare_json_value_is_the_only_parameter() -> None:
    finder = a_tool("find", TEXT)
    models = in_rounds(says("", call("find", '"tides"', "same"), call("find", "", "same")), says("ok"))
    tools = FunctionTools({"find": lambda query: query}, [finder])
    await ask(agent(entry(finder)), models, tools)
    assert told(models)[0] == "tides"
    assert "is required" in told(models)[1]
    ids = [message.tool_call_id for message in models.requests[1].messages if message.role == "tool"]
    assert ids == ["same", "call_1_2"]
    assert [tool_call.id for tool_call in models.requests[1].messages[-3].tool_calls] == ids


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ToolInvokeError("the upstream said 404"), 'The tool "add" failed: the upstream said 404'),
        (ValueError(), 'The tool "add" failed: ValueError'),
        (TimeoutError(), 'The tool "add" failed: it waited too long for an answer.'),
        (asyncio.CancelledError(), 'The tool "add" was ended before it had finished.'),
    ],
)
async def test_a_tool_that_raises_does_not_end_the_run(error: BaseException, reason: str) -> None:
    def fail(**_: Any) -> None:
        raise error

    models = in_rounds(says("", call("add", '{"a": 1, "b": 2}')), says("sorry"))
    played = await ask(agent(), models, adding(add=fail))
    assert told(models) == [reason]
    assert played.finished.status is RunStatus.SUCCEEDED
    (failed,) = [event for event in played.events if isinstance(event, AgentLog) and event.status == "error"]
    assert (failed.label, failed.error) == ("CALL add", reason)


async def test_a_slow_tool_is_ended() -> None:
    async def forever(**_: Any) -> None:
        await asyncio.Event().wait()

    tools, models = adding(add=forever), in_rounds(says("", call("add", '{"a": 1, "b": 2}')), says("sorry"))
    types = node_types(NodeLimits(agent_tool_seconds=0.01))
    graph = compile_graph(
        GraphSpec([node("start", "start", {}), node("n", "agent", agent())], [EdgeSpec("start", "n")]), types
    )
    run = Run(
        graph,
        run_id="run",
        inputs={},
        pool=VariablePool(),
        ports=replace(a_world(models=models), tools=tools),
        emit=lambda _: None,
        new_id=lambda: "x",
    )
    assert (await run.execute()).status is RunStatus.SUCCEEDED
    assert told(models) == ['The tool "add" was ended: it took longer than 0.01 seconds.']
    assert tools.closed == ["add"]


async def test_calls_of_a_round_run_at_once_and_keep_their_order() -> None:
    first_may_end = asyncio.Event()

    async def add(a: int, b: int) -> int:
        if a == 1:
            await first_may_end.wait()
        else:
            first_may_end.set()
        return a + b

    models = in_rounds(
        says(
            "", call("add", '{"a": 1, "b": 1}', "c1"), call("add", '{"a": 2, "b": 2}', "c2"), call("gone", "{}", "c3")
        ),
        says("done"),
    )
    await ask(agent(), models, adding(add=add))
    assert told(models) == ["2", "4", 'There is no tool named "gone". The tools that can be called: add.']
    assert [message.tool_call_id for message in models.requests[1].messages if message.role == "tool"] == [
        "c1",
        "c2",
        "c3",
    ]


async def test_a_call_goes_back_to_the_model_with_what_its_protocol_wants() -> None:
    models = in_rounds(says("", ToolCall("c1", "add", '{"a": 1, "b": 1}', "signed thoughts")), says("done"))
    await ask(agent(), models, adding())
    assert [each for message in models.requests[1].messages for each in message.tool_calls] == [
        ToolCall("c1", "add", '{"a": 1, "b": 1}', "signed thoughts")
    ]


async def test_a_stop_ends_tools_at_once() -> None:
    begun = asyncio.Event()

    async def forever(**_: Any) -> None:
        begun.set()
        await asyncio.Event().wait()

    tools = adding(add=forever)
    graph = compile_graph(
        GraphSpec([node("start", "start", {}), node("n", "agent", agent())], [EdgeSpec("start", "n")]), NODE_TYPES
    )
    run = Run(
        graph,
        run_id="run",
        inputs={},
        pool=VariablePool(),
        ports=replace(a_world(models=in_rounds(says("", call("add", '{"a": 1, "b": 2}')))), tools=tools),
        emit=lambda _: None,
        new_id=lambda: "x",
    )
    running = asyncio.create_task(run.execute())
    await begun.wait()
    run.stop()
    assert (await running).status is RunStatus.STOPPED
    assert tools.closed == ["add"]


async def test_logs_citations_costs_files_and_json_of_tools_reach_the_node() -> None:
    paper = file("a.pdf", kind="document", mime_type="application/pdf")

    def find(query: str) -> list[Any]:
        return [
            ToolLog(id="s1", label="search", status="start"),
            ToolLog(id="s2", label="fetch", parent_id="s1", status="success"),
            ToolCitations([{"document_name": "d"}]),
            ToolUsage(usage(100, 1)),
            ToolJson({"k": 1}),
            paper,
        ]

    finder = a_tool("find", TEXT)
    models = in_rounds(says("", call("find", '{"query": "x"}')), says("done"))
    played = await ask(agent(entry(finder)), models, FunctionTools({"find": find}, [finder]))
    record = played.node("n")
    assert [event.resources for event in played.events if isinstance(event, Citations)] == [[{"document_name": "d"}]]
    assert record.usage.total_tokens == 5 + 5 + 101
    assert record.outputs["files"] == [paper]
    json_output: Any = record.outputs["json"]
    assert json_output[-1] == {"k": 1}
    by_id = {item["id"]: item["label"] for item in json_output[:-1]}
    tree = [(item["label"], by_id.get(item["parent_id"])) for item in json_output[:-1]]
    assert ("search", "CALL find") in tree
    assert ("fetch", "search") in tree
    called = next(item for item in json_output[:-1] if item["label"] == "CALL find")
    assert called["metadata"]["total_tokens"] == 101
    assert called["metadata"]["provider"] == "maths"
    assert called["data"]["tool_call_args"] == {"query": "x"}


async def test_a_tool_that_needs_a_file_is_not_offered() -> None:
    needs = a_tool("ocr", ToolParameter(name="picture", type="file", required=True))
    models = in_rounds(says("hi"))
    played = await ask(agent(entry(needs), entry(ADD)), models, FunctionTools({}, [needs, ADD]))
    assert [tool.name for tool in models.requests[0].tools] == ["add"]
    assert played.node("n").process_data["tools_left_out"] == [
        {"tool": "ocr", "reason": 'The tool "ocr" needs the file "picture", which no model can give.'}
    ]


async def test_a_required_file_may_be_fixed() -> None:
    picture = file("a.png")
    needs = a_tool("ocr", ToolParameter(name="picture", type="file", required=True))
    tools = FunctionTools({"ocr": lambda picture: picture.filename}, [needs])
    fixed: JsonValue = {"picture": {"auto": 0, "value": {"type": "variable", "value": ["s", "pic"]}}}
    models = in_rounds(says("", call("ocr", "{}")), says("hi"))
    await ask(agent(entry(needs, parameters=fixed)), models, tools, scopes={"s": {"pic": picture}})
    assert told(models) == ["a.png"]


async def test_a_tool_that_does_not_exist_fails_the_node() -> None:
    played = await ask(agent({"enabled": True, "provider_name": "maths", "tool_name": "gone"}), in_rounds(says("hi")))
    record = played.node("n")
    assert (record.status, record.error_type) == (NodeStatus.FAILED, "ToolNodeError")
    assert "gone" in str(record.error)


async def test_every_text_of_a_parameter_is_expanded_by_itself() -> None:
    tool = entry(
        CLOCK,
        settings={"format": {"value": "{{#s.form#}}"}},
        parameters={"timezone": {"auto": 0, "value": "{{#s.zone#}}"}},
        extra={"description": "Time in {{#s.zone#}}"},
    )
    models, tools = in_rounds(says("", call("clock", "{}")), says("noon")), adding()
    scopes: dict[str, dict[str, Value]] = {"s": {"zone": 'a "quoted"\nzone', "form": "short"}}
    await ask(agent(tool, query="In {{#s.zone#}}"), models, tools, scopes)
    assert models.requests[0].tools[0].description == 'Time in a "quoted"\nzone'
    assert models.requests[0].messages[-1].content == 'In a "quoted"\nzone'
    assert tools.calls == [("clock", {"timezone": 'a "quoted"\nzone', "format": "short"})]


async def test_an_empty_text_of_an_old_file_is_left_to_the_model() -> None:
    finder = a_tool("find", TEXT, ToolParameter(name="max_results", type="number"))
    models = in_rounds(says("", call("find", '{"query": "x"}')), says("done"))
    tools = FunctionTools({"find": lambda **given: given}, [finder])
    await ask(agent(entry(finder, parameters={"query": "", "max_results": 5})), models, tools)
    assert list(models.requests[0].tools[0].parameters["properties"]) == ["query"]  # type: ignore[arg-type, call-overload]
    assert tools.calls == [("find", {"query": "x", "max_results": 5})]


async def test_only_allowed_tools_are_offered() -> None:
    models = in_rounds(says("hi"))
    await ask(agent(entry(ADD), entry(CLOCK), allowed_tools=["clock"]), models)
    assert [tool.name for tool in models.requests[0].tools] == ["clock"]


async def test_one_round_gives_the_results_as_the_answer() -> None:
    models = in_rounds(says("", call("add", '{"a": 2, "b": 3}')))
    played = await ask(agent(maximum_iterations="1"), models)
    assert len(models.requests) == 1
    assert played.node("n").outputs["text"] == "5"


async def test_a_long_result_leaves_room_for_the_rest() -> None:
    models = in_rounds(
        says("", call("add", '{"a": 1, "b": 2}')),
        says("ok"),
        model=ModelProfile(features=CAN_CALL.features, context_size=1000),
    )
    await ask(agent(), models, adding(add=lambda **_: "x" * 5000))
    assert told(models)[0].endswith("[The result is cut here: 2000 of 5000 characters are shown.]")


async def test_old_results_make_room_for_new_ones() -> None:
    again = says("", call("add", '{"a": 1, "b": 2}'))
    models = in_rounds(again, again, says("ok"), model=ModelProfile(features=CAN_CALL.features, context_size=1000))
    results = iter(["old " * 450, "new " * 450])
    played = await ask(agent(model=WITH_LIMIT), models, adding(add=lambda **_: next(results)))
    second, third = (
        [str(message.content) for message in request.messages if message.role == "tool"]
        for request in models.requests[1:]
    )
    assert second[0].startswith("old old")
    assert third[0] == "[This earlier result was left out to make room.]"
    assert third[1].startswith("new new")
    assert played.node("n").outputs["text"] == "ok"


async def test_a_failing_model_fails_the_node_with_what_was_done() -> None:
    from treadle.engine.errors import InvokeRateLimitError

    models = in_rounds(says("", call("add", '{"a": 1, "b": 2}')), [InvokeRateLimitError("[p] slow down")])
    played = await ask(agent(), models)
    record = played.node("n")
    assert (record.error, record.error_type) == ("failed to invoke agent: [p] slow down", "AgentNodeError")
    assert record.usage.total_tokens == 5
    log: Any = record.metadata["agent_log"]
    assert [(item["label"], item["status"]) for item in log][-2:] == [("ROUND 2", "error"), ("m Thought", "error")]


async def test_memory_goes_by_the_size_of_its_window() -> None:
    from .ports import turns

    memory = turns(("one", "1"), ("two", "2"))
    models = in_rounds(says("hi"))
    ports = replace(a_world(models=models, memory=memory), tools=adding())
    data: dict[str, JsonValue] = {**agent(), "memory": {"window": {"enabled": False, "size": 1}}}
    await run_node("agent", data, ports=ports)
    assert [message.content for message in models.requests[0].messages] == ["two", "2", "go"]
    assert memory.limits == [1]


async def test_passages_of_the_context_are_cited() -> None:
    item: Value = {"content": "c", "metadata": {"_source": "knowledge", "document_name": "d", "score": 0.5}}
    models = in_rounds(says("hi"))
    played = await ask(
        agent(context={"type": "variable", "value": ["s", "found"]}), models, scopes={"s": {"found": [item]}}
    )
    assert [citation["document_name"] for citation in played.citations] == ["d"]


async def test_a_tool_that_goes_on_talking_is_ended_with_the_run() -> None:
    """Closing reaches the tool's own iterator."""

    class Talking(FunctionTools):
        async def invoke(self, tool: Tool, parameters: Mapping[str, Value]) -> AsyncGenerator[ToolMessage, None]:
            try:
                yield ToolText("a")
                raise ToolInvokeError("broken off")
            finally:
                self.closed.append(tool.name)

    tools = Talking({}, [ADD])
    models = in_rounds(says("", call("add", '{"a": 1, "b": 2}')), says("hi"))
    await ask(agent(), models, tools)
    assert told(models) == ['The tool "add" failed: broken off']
    assert tools.closed == ["add"]


async def test_what_no_strategy_knows_is_not_read() -> None:
    data = agent(storage_key={"type": "variable", "value": ["gone", "x"]})
    played = await ask(data, in_rounds(says("hi")))
    assert played.node("n").outputs["text"] == "hi"
    assert set(played.node("n").inputs) == {"model", "instruction", "query", "tools"}


async def test_agents_in_an_iteration_run_side_by_side() -> None:
    """Each round of the iteration has its own question, log and answer."""

    class ByQuestion(RoundModels):
        async def chat(self, request: ChatRequest) -> AsyncGenerator[ChatDelta, None]:
            self.requests.append(request)
            last = request.messages[-1]
            asked = str(request.messages[0].content)
            for delta in says(f"{asked}={last.content}") if last.role == "tool" else says("", call("add", asked)):
                yield delta  # type: ignore[misc]

    items: list[Value] = ['{"a": 1, "b": 1}', '{"a": 2, "b": 2}', '{"a": 3, "b": 3}']
    settings: dict[str, JsonValue] = {
        "start_node_id": "itstart",
        "iterator_selector": ["conversation", "items"],
        "output_selector": ["n", "text"],
        "is_parallel": True,
        "parallel_nums": 3,
    }
    played = await play(
        [
            node("it", "iteration", settings),
            node("itstart", "iteration-start", {}, parent="it"),
            node("n", "agent", agent(query="{{#it.item#}}"), parent="it"),
        ],
        "start -> it\nitstart -> n",
        scopes={"conversation": {"items": items}},
        ports=replace(a_world(models=ByQuestion()), tools=adding()),
    )
    assert played.node("it").outputs["output"] == [
        f"{item}={total}" for item, total in zip(items, (2, 4, 6), strict=True)
    ]
    rounds = [event for event in played.events if isinstance(event, AgentLog) and event.label == "ROUND 1"]
    assert len({event.id for event in rounds}) == 3
    assert len({event.execution_id for event in rounds}) == 3
