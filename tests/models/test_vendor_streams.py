"""What holds for the streams of every protocol beside OpenAI's, Anthropic's and Google's, well written or not."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass

import pytest

from tests.doubles.bedrock_wire import ScriptedBedrock
from tests.doubles.cohere_wire import ScriptedCohere
from tests.doubles.ollama_wire import ScriptedOllama
from tests.doubles.responses_wire import ScriptedResponses
from tests.doubles.script import Reply, StreamStyle
from tests.doubles.script import ToolCall as ScriptedCall
from tests.doubles.vendor import ScriptedVendor
from tests.models.vendors import SUM, ask, listen, said, target_at, text_of, thoughts_of
from treadle.engine.errors import (
    InvokeAuthorizationError,
    InvokeBadRequestError,
    InvokeConnectionError,
    InvokeError,
    InvokeRateLimitError,
    InvokeServerUnavailableError,
)
from treadle.engine.ports import ChatDelta, Message, ToolCall
from treadle.models.http import ModelHttp
from treadle.models.protocols import ProtocolName, WireProtocol, protocol
from treadle.models.target import Target

VENDORS: dict[ProtocolName, type[ScriptedVendor]] = {
    "cohere": ScriptedCohere,
    "ollama": ScriptedOllama,
    "bedrock": ScriptedBedrock,
    "responses": ScriptedResponses,
}


@dataclass
class Line:
    """A protocol, the server at its other end, and where that is."""

    name: ProtocolName
    wire: WireProtocol
    server: ScriptedVendor
    target: Target


@pytest.fixture(params=VENDORS)
async def line(request: pytest.FixtureRequest, http: ModelHttp) -> AsyncIterator[Line]:
    name: ProtocolName = request.param
    async with VENDORS[name]() as server:
        keys = {"aws_access_key_id": server.key, "aws_secret_access_key": "secret/key"} if name == "bedrock" else {}
        target = target_at(server.url, "" if name == "bedrock" else server.key, **keys)
        yield Line(name, protocol(name, http), server, target)


async def test_a_stream_gives_its_text_and_ends_with_usage_and_reason(line: Line) -> None:
    line.server.reply(Reply("Grüße aus 東京 🎉!", reasoning="Where is it?"))
    deltas = await said(line.wire, line.target, ask())
    assert (text_of(deltas), thoughts_of(deltas)) == ("Grüße aus 東京 🎉!", "Where is it?")
    last = deltas[-1]
    assert (last.finish_reason, last.text, last.tool_calls) == ("stop", "", ())
    assert last.usage is not None
    assert last.usage.prompt_tokens > 3
    assert last.usage.completion_tokens > 3
    assert last.usage.time_to_first_token is not None


async def test_a_whole_reply_is_the_same_as_a_streamed_one(line: Line) -> None:
    line.server.reply(Reply("Both", reasoning="Hm", tool_calls=(ScriptedCall("sum", {"x": 1}),)))
    whole = await line.wire.complete(line.target, ask(tools=(SUM,)))
    streamed = await said(line.wire, line.target, ask(tools=(SUM,)))
    assert (whole.text, whole.reasoning) == (text_of(streamed), thoughts_of(streamed)) == ("Both", "Hm")
    assert whole.finish_reason == streamed[-1].finish_reason == "tool_calls"
    assert [(each.name, each.arguments) for each in whole.tool_calls] == [("sum", '{"x": 1}')]
    assert [(each.name, each.arguments) for each in streamed[-1].tool_calls] == [("sum", '{"x": 1}')]
    assert whole.usage is not None
    assert streamed[-1].usage is not None
    assert whole.usage.total_tokens == streamed[-1].usage.total_tokens


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64])
async def test_a_stream_may_be_cut_anywhere(line: Line, size: int) -> None:
    line.server.bytes_per_write = size
    line.server.stream_as(StreamStyle(empty_deltas=True))
    line.server.reply(Reply("日本語 and 🎉 too", tool_calls=(ScriptedCall("sum", {"x": 7}),)))
    deltas = await said(line.wire, line.target, ask(tools=(SUM,)))
    assert text_of(deltas) == "日本語 and 🎉 too"
    assert [call.arguments for call in deltas[-1].tool_calls] == ['{"x": 7}']


async def test_parallel_calls_and_their_results_go_round(line: Line) -> None:
    line.server.tool_calls([("sum", {"x": 2, "y": "ünï"}), ("now", {})])
    deltas = await said(line.wire, line.target, ask(tools=(SUM,)))
    calls = deltas[-1].tool_calls
    assert [call.name for call in calls] == ["sum", "now"]
    line.server.reply("It is 4.")
    results = [
        Message(role="tool", content=f"result {place}", tool_call_id=call.id) for place, call in enumerate(calls)
    ]
    question = Message(role="user", content="2+2, and when?")
    again = ask(question, Message(role="assistant", tool_calls=calls), *results, tools=(SUM,))
    assert text_of(await said(line.wire, line.target, again)) == "It is 4."


async def test_an_error_in_mid_stream_comes_after_what_was_said(line: Line) -> None:
    line.server.stream_as(StreamStyle(error_after=4))
    line.server.reply(Reply("one two three four five six seven eight nine ten"))
    heard: list[ChatDelta] = []
    with pytest.raises(InvokeError) as failure:
        await listen(line.wire, line.target, ask(), heard)
    assert text_of(heard).startswith("one")
    assert str(failure.value).startswith("[vendor] a-model: ")
    kind = InvokeRateLimitError if line.name == "bedrock" else InvokeServerUnavailableError
    assert isinstance(failure.value, kind)


async def test_a_cut_connection_is_no_end(line: Line) -> None:
    line.server.stream_as(StreamStyle(cut_after=4))
    line.server.reply(Reply("one two three four five six seven eight nine ten"))
    heard: list[ChatDelta] = []
    with pytest.raises(InvokeConnectionError):
        await listen(line.wire, line.target, ask(), heard)


async def test_closing_the_reply_hangs_up(line: Line) -> None:
    line.server.hang(after_events=4)
    line.server.reply(Reply("one two three four five six seven"))
    async with aclosing(line.wire.stream(line.target, ask())) as batches:
        async for _ in batches:
            break
    assert (await line.server.wait_client_closed()).method == "POST"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, InvokeBadRequestError),
        (401, InvokeAuthorizationError),
        (403, InvokeAuthorizationError),
        (404, InvokeBadRequestError),
        (429, InvokeRateLimitError),
        (500, InvokeServerUnavailableError),
        (503, InvokeServerUnavailableError),
    ],
)
async def test_refusals_keep_the_providers_words(line: Line, status: int, kind: type[InvokeError]) -> None:
    line.server.fail(status=status, message="because of reasons", retry_after=3)
    with pytest.raises(kind) as failure:
        await said(line.wire, line.target, ask())
    assert str(failure.value).startswith("[vendor] a-model: ")
    if status != 401:
        assert "because of reasons" in str(failure.value)
    if isinstance(failure.value, InvokeRateLimitError):
        assert failure.value.retry_after == 3


async def test_a_short_reply_says_so(line: Line) -> None:
    line.server.reply(Reply("As far as", finish_reason="length"))
    assert (await said(line.wire, line.target, ask(max_tokens=16)))[-1].finish_reason == "length"
    assert (await line.wire.complete(line.target, ask(max_tokens=16))).finish_reason == "length"


async def test_what_another_protocol_left_in_a_call_means_nothing(line: Line) -> None:
    foreign = '[{"type":"thinking","thinking":"x","signature":"y"}]'
    call = ToolCall("call_9", "sum", "{not json", foreign)
    request = ask(
        Message(role="user", content="2+2"),
        Message(role="assistant", tool_calls=(call,)),
        Message(role="tool", content="4", tool_call_id="call_9"),
        tools=(SUM,),
    )
    assert text_of(await said(line.wire, line.target, request)) == "Hello"
    assert "signature" not in line.server.requests[-1].raw.decode()
