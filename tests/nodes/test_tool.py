"""The tool node: what it gives, tells and does when a tool fails (the numbered cases are in tests/conformance)."""

import asyncio
from collections.abc import AsyncGenerator, Mapping

import pytest

from tests.conformance.test_nodes_tool import HI, tool_data
from tests.nodes.harness import failure_of, outputs_of, run_node
from tests.nodes.ports import file, usage
from tests.nodes.scripted_tools import ScriptedTools, T, a_tool, with_tools
from treadle.engine.errors import (
    GraphProblem,
    HttpRequestNodeError,
    ToolCredentialsError,
    ToolFileError,
    ToolInvokeError,
    ToolParameterError,
)
from treadle.engine.events import NodeStatus, RunStatus
from treadle.engine.ports import (
    Tool,
    ToolCitations,
    ToolFile,
    ToolLink,
    ToolLog,
    ToolMessage,
    ToolParameter,
    ToolRef,
    ToolText,
    ToolUsage,
    ToolVariable,
)
from treadle.engine.values import JsonValue, Value
from treadle.nodes.tool import read

PICTURE = file("p.png")
PAPER = file("p.pdf", kind="document", mime_type="application/pdf")


async def test_links_and_files() -> None:
    tools = ScriptedTools(
        [ToolText("see "), ToolLink("http://a"), ToolLink("http://b/p.pdf", PAPER), ToolFile(PICTURE, image=True)]
    )
    outputs = await outputs_of("tool", tool_data(HI), ports=with_tools(tools))
    assert outputs["text"] == "see Link: http://a\nFile: http://b/p.pdf\n"
    assert outputs["files"] == [PAPER, PICTURE]


async def test_variables_are_joined_when_they_stream_and_never_take_the_nodes_own_names() -> None:
    tools = ScriptedTools(
        [
            ToolVariable("story", "Once ", stream=True),
            ToolVariable("story", "upon", stream=True),
            ToolVariable("count", 3),
            ToolVariable("count", 4),
            ToolVariable("text", "not this"),
        ]
    )
    played = await run_node("tool", tool_data(HI), ports=with_tools(tools), answer="{{#n.story#}} {{#n.count#}}")
    assert played.node("n").outputs == {
        "story": "Once upon", "count": 4, "text": "", "files": [], "json": [{"data": []}],
    }  # fmt: skip
    assert played.chunks == ["Once ", "upon", " ", "4"]


async def test_the_log_knows_which_tool_it_was_and_what_it_told_of() -> None:
    tool = a_tool(ToolParameter(name="q"), ToolParameter(name="key", type="secret-input", form="form"))
    tools = ScriptedTools(
        [
            ToolLog(id="1", label="search"),
            ToolLog(id="1", label="search", status="success"),
            ToolCitations([{"title": "t"}]),
            ToolUsage(usage(3, 2)),
            ToolUsage(usage(1, 1)),
        ],
        tool=tool,
    )
    data = tool_data(HI, {"key": "s3cret"}, plugin_unique_identifier="a/b:1@2")
    played = await run_node("tool", data, ports=with_tools(tools))
    record = played.node("n")
    assert tools.calls == [{"q": "hi", "key": "s3cret"}]
    assert record.inputs == {"q": "hi", "key": "********"}
    assert record.metadata == {
        "tool_info": {"provider_type": "builtin", "provider_id": "p", "plugin_unique_identifier": "a/b:1@2"},
        "agent_log": [
            {
                "id": "1", "label": "search", "parent_id": None, "status": "success", "data": {}, "error": None,
                "metadata": {},
            }
        ],
    }  # fmt: skip
    assert record.usage.total_tokens == 7
    assert played.citations == [{"title": "t"}]


@pytest.mark.parametrize(
    ("failure", "error_type", "message"),
    [
        (ToolInvokeError("down"), "ToolInvokeError", "Failed to invoke tool t: down"),
        (ToolCredentialsError("no key"), "ToolCredentialsError", "Failed to invoke tool t: no key"),
        (ToolParameterError("odd"), "ToolParameterError", "Failed to invoke tool t: odd"),
        (ToolFileError("full"), "ToolFileError", "Failed to invoke tool t: full"),
        (HttpRequestNodeError("refused"), "ToolInvokeError", "Failed to invoke tool t: refused"),
        (KeyError("x"), "UnknownError", "Failed to invoke tool t: 'x'"),
    ],
)
async def test_what_a_failure_is_called(failure: Exception, error_type: str, message: str) -> None:
    failed = await failure_of("tool", tool_data(HI), ports=with_tools(ScriptedTools(failure=failure)))
    assert (failed.error_type, failed.error) == (error_type, message)
    assert failed.inputs == {"q": "hi", "lang": "en"}


async def test_a_tool_that_is_not_there() -> None:
    failed = await failure_of("tool", tool_data(HI, tool_name="gone"), ports=with_tools(ScriptedTools()))
    assert (failed.error_type, failed.error) == (
        "ToolNodeError",
        'Failed to get tool runtime: There is no tool "gone".',
    )


async def test_a_failed_call_is_tried_again() -> None:
    tools = ScriptedTools([ToolText("a")], failure=ToolInvokeError("busy"), failures=2)
    played = await run_node("tool", tool_data(HI), ports=with_tools(tools), retries=3)
    assert played.finished.status is RunStatus.SUCCEEDED
    assert played.node("n").outputs["text"] == "a"
    assert len(tools.calls) == 3


async def test_default_values_stand_in_for_a_failure() -> None:
    tools = ScriptedTools(failure=ToolInvokeError("down"))
    defaults: dict[str, Value] = {"text": "nothing", "json": [{}]}
    played = await run_node("tool", tool_data(HI), ports=with_tools(tools), strategy="default-value", defaults=defaults)
    assert played.finished.status is RunStatus.PARTIAL
    assert played.node("n").status is NodeStatus.EXCEPTION
    assert played.node("n").outputs == {
        "text": "nothing",
        "json": [{}],
        "error_message": "Failed to invoke tool t: down",
        "error_type": "ToolInvokeError",
    }


class Slow(ScriptedTools):
    """A tool that never ends by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.waits = asyncio.Event()

    async def invoke(self, tool: Tool, parameters: Mapping[str, Value]) -> AsyncGenerator[ToolMessage, None]:
        try:
            yield ToolText("first")
            self.waits.set()
            await asyncio.Event().wait()
        finally:
            self.closed += 1


async def test_a_cancelled_run_ends_the_call() -> None:
    tools = Slow()
    task = asyncio.create_task(run_node("tool", tool_data(HI), ports=with_tools(tools)))
    async with asyncio.timeout(5):
        await tools.waits.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert tools.closed == 1


async def test_files_reach_the_tool() -> None:
    tool = a_tool(ToolParameter(name="one", type="file"), ToolParameter(name="many", type="files"))
    tools = ScriptedTools(tool=tool)
    data = tool_data(
        {"one": {"type": "variable", "value": ["s", "list"]}, "many": {"type": "variable", "value": ["s", "file"]}}
    )
    await outputs_of("tool", data, scopes={"s": {"list": [PAPER], "file": PICTURE}}, ports=with_tools(tools))
    assert tools.calls == [{"one": PAPER, "many": [PICTURE]}]


@pytest.mark.parametrize(
    ("entry", "value"),
    [
        ({"type": "constant", "value": {"a": 1}}, {"a": 1}),
        ({"type": "constant", "value": True}, True),
        ({"type": "constant", "value": "x {{#s.v#}}"}, "x 7"),
        ({"type": "variable", "value": "s.v"}, 7),
        ("bare {{#s.v#}}", "bare 7"),
        (5, 5),
    ],
)
async def test_ways_to_write_a_value(entry: JsonValue, value: Value) -> None:
    tools = ScriptedTools(tool=a_tool(ToolParameter(name="p", type="any")))
    await outputs_of("tool", tool_data({"p": entry}), scopes={"s": {"v": 7}}, ports=with_tools(tools))
    assert tools.calls == [{"p": value}]


def test_older_files_leave_things_out() -> None:
    node = read(
        {"provider_name": "time", "tool_name": "current_time", "tool_parameters": [], "tool_configurations": None}
    )
    assert node.ref == ToolRef(provider_type="builtin", provider_id="time", tool_name="current_time")
    assert (node.given, node.chosen) == ({}, {})
    with pytest.raises(GraphProblem, match="tool_name"):
        read({"provider_id": "time"})


async def test_credentials_may_be_chosen() -> None:
    tools = ScriptedTools(tool=T)
    await outputs_of("tool", tool_data(HI, credential_id="c1"), ports=with_tools(tools))
    assert tools.asked[0].credential_id == "c1"
