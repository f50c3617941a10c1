"""The Messages protocol against a strict server, and against servers that misbehave."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from decimal import Decimal

import pytest

from tests.doubles.anthropic_wire import ClaudeStyle, ScriptedClaude
from tests.doubles.script import Reply, StreamStyle
from tests.doubles.script import ToolCall as ScriptedCall
from tests.models.servers import raw_server
from treadle.engine.errors import (
    InvokeAuthorizationError,
    InvokeBadRequestError,
    InvokeConnectionError,
    InvokeError,
    InvokeRateLimitError,
    InvokeServerUnavailableError,
)
from treadle.engine.ports import ChatDelta, ChatRequest, Message, ModelProfile, ModelRef, Part, ToolCall, ToolSpec
from treadle.engine.usage import Price
from treadle.engine.values import JsonValue
from treadle.models.http import ModelHttp
from treadle.models.protocols.anthropic import Anthropic
from treadle.models.protocols.listing import RemoteModel
from treadle.models.target import Target

SUM = ToolSpec("sum", "Adds.", {"type": "object", "properties": {"x": {"type": "integer"}}})
NOW = ToolSpec("now", "Tells the time.", {})
PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"\0" * 16).decode()
PDF = base64.b64encode(b"%PDF-1.7\n%%EOF\n").decode()


@pytest.fixture
async def upstream() -> AsyncIterator[ScriptedClaude]:
    async with ScriptedClaude() as model:
        yield model


@pytest.fixture
def wire(http: ModelHttp) -> Anthropic:
    return Anthropic(http)


def target(
    server: ScriptedClaude | str, key: str = "sk-ant-scripted", *, price: Price | None = None, **settings: str | bool
) -> Target:
    return Target(
        provider="anthropic",
        name="claude-a",
        upstream="claude-a",
        base_url=server if isinstance(server, str) else server.url,
        headers={"x-api-key": key},
        secrets=(key,),
        settings=settings,
        profile=ModelProfile(price=price or Price()),
    )


def ask(
    *messages: Message, tools: tuple[ToolSpec, ...] = (), stop: tuple[str, ...] = (), **parameters: JsonValue
) -> ChatRequest:
    return ChatRequest(
        model=ModelRef("anthropic", "claude-a"),
        messages=messages or (Message(role="user", content="Hi"),),
        parameters={"max_tokens": 2000, **parameters},
        tools=tools,
        stop=stop,
    )


async def said(wire: Anthropic, to: Target, request: ChatRequest) -> list[ChatDelta]:
    return [delta async for batch in wire.stream(to, request) for delta in batch]


async def listen(wire: Anthropic, to: Target, heard: list[ChatDelta]) -> None:
    """Adds what is said to `heard`, so that it is there when the stream fails."""
    async for batch in wire.stream(to, ask()):
        heard += batch


def text_of(deltas: list[ChatDelta]) -> str:
    return "".join(delta.text for delta in deltas)


def reasoning_of(deltas: list[ChatDelta]) -> str:
    return "".join(delta.reasoning for delta in deltas)


async def sent(wire: Anthropic, upstream: ScriptedClaude, request: ChatRequest, **settings: str | bool) -> JsonValue:
    """The body that a request comes to, once the server has accepted it."""
    await wire.complete(target(upstream, **settings), request)
    return upstream.requests[-1].json


async def test_a_stream_gives_its_text_and_ends_with_usage_and_reason(
    wire: Anthropic, upstream: ScriptedClaude
) -> None:
    upstream.reply(Reply("Grüße aus 東京!", reasoning="Where to?"))
    upstream.claude_style = ClaudeStyle(cache_read=100, cache_written=40)
    price = Price(input=Decimal(4), output=Decimal(20), cached_input=Decimal("0.2"), cache_write=Decimal(5))
    deltas = await said(wire, target(upstream, price=price), ask())
    assert (text_of(deltas), reasoning_of(deltas)) == ("Grüße aus 東京!", "Where to?")
    last = deltas[-1]
    assert (last.finish_reason, last.text, last.tool_calls) == ("stop", "", ())
    usage = last.usage
    assert usage is not None
    assert (usage.cached_tokens, usage.cache_written_tokens) == (100, 40)
    fresh = usage.prompt_tokens - 140
    assert fresh > 0
    assert usage.prompt_price == (fresh * 4 + 100 * Decimal("0.2") + 40 * 5) / 1_000_000
    assert (usage.completion_tokens, usage.completion_price) == (4, Decimal("0.0000800"))
    assert usage.time_to_first_token is not None
    assert upstream.requests[0].json == {
        "model": "claude-a",
        "max_tokens": 2000,
        "messages": [{"role": "user", "content": "Hi"}],
        "stream": True,
    }
    assert upstream.requests[0].headers["anthropic-version"] == "2026-10-21"


@pytest.mark.parametrize(
    "style",
    [
        StreamStyle(line_end="\r\n", space_after_colon=False),
        StreamStyle(empty_deltas=True),
        StreamStyle(keep_alive_comments=True),
        StreamStyle(split_bytes=True),
    ],
)
async def test_every_way_of_writing_a_stream_reads_the_same(
    wire: Anthropic, upstream: ScriptedClaude, style: StreamStyle
) -> None:
    upstream.stream_as(style)
    upstream.claude_style = ClaudeStyle(argument_pieces=10)
    arguments = {"x": 1, "why": "日本語 and 🎉", "deep": [{"a": None}]}
    upstream.reply(Reply("日本語 🎉", reasoning="思考 first", tool_calls=(ScriptedCall("sum", arguments),)))
    deltas = await said(wire, target(upstream), ask(tools=(SUM,)))
    assert (text_of(deltas), reasoning_of(deltas)) == ("日本語 🎉", "思考 first")
    assert [(call.id, call.name, json.loads(call.arguments)) for call in deltas[-1].tool_calls] == [
        ("toolu_1", "sum", arguments)
    ]
    assert deltas[-1].finish_reason == "tool_calls"


@pytest.mark.parametrize("pieces", [0, 1, 10])
async def test_parallel_calls_arrive_complete_however_they_are_cut(
    wire: Anthropic, upstream: ScriptedClaude, pieces: int
) -> None:
    upstream.claude_style = ClaudeStyle(argument_pieces=pieces)
    upstream.tool_calls([("sum", {"x": 2, "more": "x" * 40}), ("now", {})])
    deltas = await said(wire, target(upstream), ask(tools=(SUM, NOW)))
    assert [(call.name, json.loads(call.arguments)) for call in deltas[-1].tool_calls] == [
        ("sum", {"x": 2, "more": "x" * 40}),
        ("now", {}),
    ]
    assert [bool(delta.tool_calls) for delta in deltas] == [False] * (len(deltas) - 1) + [True]


async def test_a_whole_reply_is_the_same_as_a_streamed_one(wire: Anthropic, upstream: ScriptedClaude) -> None:
    upstream.reply(Reply("Both", reasoning="Hm", tool_calls=(ScriptedCall("sum", {"x": 1}),)))
    whole = await wire.complete(target(upstream), ask(tools=(SUM,)))
    streamed = await said(wire, target(upstream), ask(tools=(SUM,)))
    last = streamed[-1]
    assert (whole.text, whole.reasoning) == (text_of(streamed), reasoning_of(streamed)) == ("Both", "Hm")
    assert (whole.finish_reason, [call.name for call in whole.tool_calls]) == (
        last.finish_reason,
        [call.name for call in last.tool_calls],
    )
    assert whole.tool_calls[0].carried == last.tool_calls[0].carried


async def test_signed_thoughts_go_back_with_the_calls_that_followed_them(
    wire: Anthropic, upstream: ScriptedClaude
) -> None:
    upstream.claude_style = ClaudeStyle(redacted=True)
    upstream.reply_sequence([Reply(reasoning="Add them.", tool_calls=(ScriptedCall("sum", {"x": 2}),)), "It is 4."])
    to = target(upstream, binds_thinking=True)
    calls = (await said(wire, to, ask(tools=(SUM,))))[-1].tool_calls
    again = ask(
        Message(role="user", content="Hi"),
        Message(role="assistant", tool_calls=calls),
        Message(role="tool", content="4", tool_call_id=calls[0].id),
        tools=(SUM,),
    )
    assert text_of(await said(wire, to, again)) == "It is 4."
    body = upstream.requests[1].json
    assert body["messages"][1:] == [
        {
            "role": "assistant",
            "content": [
                {"type": "redacted_thinking", "data": "c2VjcmV0"},
                {"type": "thinking", "thinking": "Add them.", "signature": "signed:Add them."},
                {"type": "tool_use", "id": "toolu_1", "name": "sum", "input": {"x": 2}},
            ],
        },
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "4"}]},
    ]
    assert body["thinking"] == {"type": "adaptive", "block_binding": {"prefix_mismatch_behavior": "drop_block"}}
    assert upstream.requests[1].headers["anthropic-beta"] == "thinking-binding-controls-2026-08-01"
    await wire.complete(target(upstream), again)
    assert "thinking" not in upstream.requests[2].json
    assert "anthropic-beta" not in upstream.requests[2].headers


async def test_system_messages_are_lifted_out_and_turns_alternate(wire: Anthropic, upstream: ScriptedClaude) -> None:
    body = await sent(
        wire,
        upstream,
        ask(
            Message(role="system", content="Be kind."),
            Message(role="assistant", content="Earlier."),
            Message(role="user", content="One"),
            Message(role="user", content=(Part(type="text", text="Two"), Part(type="text", text=" "))),
            Message(role="assistant", content=""),
            Message(role="system", content="Be brief."),
            Message(role="user", content="Three"),
            Message(role="assistant", content="I say: "),
        ),
    )
    assert isinstance(body, dict)
    assert body["system"] == "Be kind.\n\nBe brief."
    assert body["messages"] == [
        {"role": "user", "content": "[The conversation began before this.]"},
        {"role": "assistant", "content": "Earlier."},
        {"role": "user", "content": [{"type": "text", "text": text} for text in ("One", "Two", "Three")]},
        {"role": "assistant", "content": "I say:"},
    ]


async def test_a_prompt_of_nothing_but_a_system_message_is_the_question(
    wire: Anthropic, upstream: ScriptedClaude
) -> None:
    body = await sent(wire, upstream, ask(Message(role="system", content="Say hello.")))
    assert body == {
        "model": "claude-a",
        "max_tokens": 2000,
        "messages": [{"role": "user", "content": "Say hello."}],
    }


async def test_media_go_as_data_or_address(wire: Anthropic, upstream: ScriptedClaude) -> None:
    text = base64.b64encode("Grüße".encode()).decode()
    parts = (
        Part(type="image", data=PNG, mime_type="image/png"),
        Part(type="image", url="https://files.test/a.png"),
        Part(type="document", data=PDF, mime_type="application/pdf", filename="a.pdf"),
        Part(type="document", url="https://files.test/a.pdf", format="pdf"),
        Part(type="document", data=text, mime_type="text/plain", filename="a.txt"),
        Part(type="text", text="What is it?"),
    )
    body = await sent(wire, upstream, ask(Message(role="user", content=parts)))
    assert isinstance(body, dict)
    assert body["messages"] == [
        {
            "role": "user",
            "content": [
                {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}},
                {"type": "image", "source": {"type": "url", "url": "https://files.test/a.png"}},
                {
                    "type": "document",
                    "source": {"type": "base64", "media_type": "application/pdf", "data": PDF},
                    "title": "a.pdf",
                },
                {"type": "document", "source": {"type": "url", "url": "https://files.test/a.pdf"}},
                {
                    "type": "document",
                    "source": {"type": "text", "media_type": "text/plain", "data": "Grüße"},
                    "title": "a.txt",
                },
                {"type": "text", "text": "What is it?"},
            ],
        }
    ]


@pytest.mark.parametrize(
    ("part", "reason"),
    [
        (Part(type="audio", data="AA==", mime_type="audio/wav"), "takes no audio"),
        (Part(type="video", url="https://files.test/a.mp4"), "takes no video"),
        (Part(type="image", data="AA==", mime_type="image/tiff"), "image/tiff.* use JPEG"),
        (Part(type="document", data="AA==", mime_type="application/msword"), "use PDF or plain text"),
        (Part(type="document", data="/w==", mime_type="text/plain"), "cannot be read"),
    ],
)
async def test_what_the_vendor_does_not_take_is_refused_before_the_call(
    wire: Anthropic, upstream: ScriptedClaude, part: Part, reason: str
) -> None:
    with pytest.raises(InvokeBadRequestError, match=reason):
        await said(wire, target(upstream), ask(Message(role="user", content=(part,))))
    assert upstream.requests == []


async def test_tools_of_the_past_stay_declared_when_none_may_be_called(
    wire: Anthropic, upstream: ScriptedClaude
) -> None:
    body = await sent(
        wire,
        upstream,
        ask(
            Message(role="user", content="Add"),
            Message(
                role="assistant",
                content="Well.",
                tool_calls=(ToolCall("past 1/a", "sum", '{"x": 2}'), ToolCall("past_2", "now", "broken")),
            ),
            Message(role="tool", content="4", tool_call_id="past 1/a"),
            Message(role="tool", content="", tool_call_id="past_2"),
            Message(role="user", content="And?"),
        ),
    )
    assert isinstance(body, dict)
    assert body["tool_choice"] == {"type": "none"}
    assert body["tools"] == [{"name": name, "input_schema": {"type": "object"}} for name in ("sum", "now")]
    assert body["messages"] == [
        {"role": "user", "content": "Add"},
        {
            "role": "assistant",
            "content": [
                {"type": "text", "text": "Well."},
                {"type": "tool_use", "id": "past_1_a", "name": "sum", "input": {"x": 2}},
                {"type": "tool_use", "id": "past_2", "name": "now", "input": {}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "past_1_a", "content": "4"},
                {"type": "tool_result", "tool_use_id": "past_2"},
                {"type": "text", "text": "And?"},
            ],
        },
    ]


@pytest.mark.parametrize(
    ("settings", "parameters", "expected"),
    [
        ({"thinking": "adaptive"}, {"thinking": True}, {"type": "adaptive", "display": "summarized"}),
        ({"thinking": "adaptive"}, {"thinking": False}, {"type": "disabled"}),
        ({"thinking": "always"}, {"thinking": True}, {"type": "adaptive", "display": "summarized"}),
        ({"thinking": "always"}, {"thinking": False}, None),
        ({"thinking": "budget"}, {"thinking": True}, {"type": "enabled", "budget_tokens": 1024}),
        (
            {"thinking": "budget"},
            {"thinking": True, "thinking_budget": 5000, "temperature": 0.3, "top_k": 3},
            {"type": "enabled", "budget_tokens": 1999},
        ),
        ({"thinking": "budget"}, {}, None),
    ],
)
async def test_thinking_is_switched_as_each_model_wants_it(
    wire: Anthropic,
    upstream: ScriptedClaude,
    settings: dict[str, str | bool],
    parameters: dict[str, JsonValue],
    expected: JsonValue,
) -> None:
    body = await sent(wire, upstream, ask(**parameters), **settings)
    assert isinstance(body, dict)
    assert body.get("thinking") == expected
    assert not {"temperature", "top_k"} & body.keys()


async def test_thinking_that_leaves_no_room_for_a_reply_is_refused(wire: Anthropic, upstream: ScriptedClaude) -> None:
    with pytest.raises(InvokeBadRequestError, match="set max_tokens above it"):
        await wire.complete(target(upstream, thinking="budget"), ask(max_tokens=1000, thinking=True))


async def test_sampling_parameters_go_in_the_version_that_takes_them(wire: Anthropic, upstream: ScriptedClaude) -> None:
    body = await sent(wire, upstream, ask(temperature=0.3, top_p=0.5, top_k=3))
    assert isinstance(body, dict)
    assert {name: body.get(name) for name in ("temperature", "top_p", "top_k")} == {
        "temperature": 0.3,
        "top_p": None,
        "top_k": 3,
    }
    assert upstream.requests[-1].headers["anthropic-version"] == "2023-06-01"


async def test_the_other_parameters_find_their_places(wire: Anthropic, upstream: ScriptedClaude) -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer", "minimum": 1}}}
    request = ChatRequest(
        model=ModelRef("anthropic", "claude-a"),
        messages=(Message(role="user", content="Hi"),),
        parameters={
            "effort": "low",
            "response_format": "json_schema",
            "json_schema": json.dumps({"name": "llm_response", "schema": schema}),
            "prompt_caching": "1h",
        },
        stop=("END", " "),
        user="user-1",
    )
    assert await sent(wire, upstream, request) == {
        "model": "claude-a",
        "max_tokens": 4096,
        "messages": [{"role": "user", "content": "Hi"}],
        "output_config": {
            "effort": "low",
            "format": {
                "type": "json_schema",
                "schema": {
                    "type": "object",
                    "properties": {"n": {"type": "integer", "description": "(minimum: 1)"}},
                    "additionalProperties": False,
                },
            },
        },
        "stop_sequences": ["END"],
        "metadata": {"user_id": "user-1"},
        "cache_control": {"type": "ephemeral", "ttl": "1h"},
    }


async def test_any_json_is_asked_for_in_words(wire: Anthropic, upstream: ScriptedClaude) -> None:
    body = await sent(wire, upstream, ask(Message(role="system", content="Be kind."), response_format="json_object"))
    assert isinstance(body, dict)
    assert body == {
        "model": "claude-a",
        "max_tokens": 2000,
        "messages": [{"role": "user", "content": "Be kind.\n\nAnswer with a JSON object."}],
    }
    told = ask(Message(role="user", content="Some JSON, please"), response_format="json_object")
    body = await sent(wire, upstream, told)
    assert isinstance(body, dict)
    assert "system" not in body


@pytest.mark.parametrize("schema", [None, "", "[1]", "{"])
async def test_a_schema_that_is_none_is_refused(wire: Anthropic, upstream: ScriptedClaude, schema: JsonValue) -> None:
    with pytest.raises(InvokeBadRequestError, match="json_schema"):
        await wire.complete(target(upstream), ask(response_format="json_schema", json_schema=schema))


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, InvokeBadRequestError),
        (401, InvokeAuthorizationError),
        (403, InvokeAuthorizationError),
        (404, InvokeBadRequestError),
        (413, InvokeBadRequestError),
        (429, InvokeRateLimitError),
        (500, InvokeServerUnavailableError),
        (529, InvokeServerUnavailableError),
    ],
)
async def test_refusals_become_the_taxonomy(
    wire: Anthropic, upstream: ScriptedClaude, status: int, error: type[InvokeError]
) -> None:
    upstream.fail(status=status, retry_after=7, message="Because of sk-ant-scripted.")
    with pytest.raises(error) as caught:
        await said(wire, target(upstream), ask())
    assert str(caught.value).startswith("[anthropic] claude-a: ")
    assert "sk-ant" not in str(caught.value)
    if isinstance(caught.value, InvokeRateLimitError):
        assert caught.value.retry_after == 7


async def test_a_wrong_key_names_the_command(wire: Anthropic, upstream: ScriptedClaude) -> None:
    with pytest.raises(InvokeAuthorizationError, match="treadle model add --provider anthropic"):
        await wire.complete(target(upstream, "sk-ant-wrong"), ask())
    assert [each.kind for each in upstream.take_violations()] == ["auth"]


async def test_an_error_in_the_middle_comes_after_what_was_said(wire: Anthropic, upstream: ScriptedClaude) -> None:
    upstream.stream_as(StreamStyle(error_after=5))
    upstream.reply("one two three four")
    heard: list[ChatDelta] = []
    with pytest.raises(InvokeServerUnavailableError, match=r"broke the reply off: Overloaded\. Try again"):
        await listen(wire, target(upstream), heard)
    assert text_of(heard) == "one two"


async def test_a_connection_that_breaks_is_no_reply(wire: Anthropic, upstream: ScriptedClaude) -> None:
    upstream.stream_as(StreamStyle(cut_after=5))
    upstream.reply("one two three four")
    heard: list[ChatDelta] = []
    with pytest.raises(InvokeConnectionError):
        await listen(wire, target(upstream), heard)
    assert text_of(heard) == "one two"


async def test_closing_the_iterator_closes_the_connection(wire: Anthropic, upstream: ScriptedClaude) -> None:
    upstream.reply("one two three")
    upstream.hang(after_events=4)
    async with aclosing(wire.stream(target(upstream), ask())) as batches:
        async for batch in batches:
            if text_of(batch):
                break
    assert (await upstream.wait_client_closed(5)).path == "/v1/messages"


async def test_a_stream_without_end_but_with_a_reason_is_complete(wire: Anthropic) -> None:
    lines = [
        {"type": "message_start", "message": {"usage": {"input_tokens": 3, "output_tokens": 1}}},
        {
            "type": "content_block_start",
            "index": 0,
            "content_block": {"type": "server_tool_use", "id": "s", "name": "w"},
        },
        {"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": "Be"}},
        {"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "gun"}},
        {"type": "a_kind_of_the_future", "index": 1, "news": {"a": 1}},
        {
            "type": "message_delta",
            "delta": {"stop_reason": "max_tokens"},
            "usage": {"input_tokens": 5, "output_tokens": 2},
        },
    ]
    data = "".join(f"data: {json.dumps(line)}\n\n" for line in lines).encode()
    async with raw_server([data[at : at + 37] for at in range(0, len(data), 37)]) as server:
        deltas = await said(wire, target(server.url), ask())
    assert (text_of(deltas), deltas[-1].finish_reason) == ("Begun", "length")
    assert deltas[-1].usage is not None
    assert (deltas[-1].usage.prompt_tokens, deltas[-1].usage.completion_tokens) == (5, 2)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"<html>Welcome</html>", InvokeServerUnavailableError),
        (b'{"type":"error","error":{"type":"rate_limit_error","message":"Slow down"}}', InvokeRateLimitError),
        (b'{"type":"error","error":{"type":"invalid_request_error","message":"No"}}', InvokeBadRequestError),
        (b'{"hello": 1}', InvokeServerUnavailableError),
    ],
)
async def test_an_answer_that_is_no_message_is_an_error(wire: Anthropic, body: bytes, error: type[InvokeError]) -> None:
    async with raw_server([body], content_type="application/json") as server:
        with pytest.raises(error):
            await wire.complete(target(server.url), ask())


async def test_a_page_instead_of_a_refusal_is_not_shown(wire: Anthropic) -> None:
    async with raw_server([b"<html>Bad gateway</html>"], status="502 Bad Gateway") as server:
        with pytest.raises(InvokeServerUnavailableError, match=r"HTTP 502\)\. Try again"):
            await wire.complete(target(server.url), ask())


async def test_the_models_of_an_account_are_listed_page_by_page(wire: Anthropic, upstream: ScriptedClaude) -> None:
    upstream.model_pages = [
        [{"type": "model", "id": "claude-a", "display_name": "A", "max_input_tokens": 1000000, "max_tokens": 128000}],
        [{"type": "model", "id": "claude-b", "display_name": ""}],
    ]
    assert await wire.list_models(target(upstream)) == [
        RemoteModel("claude-a", "A", 1000000, 128000),
        RemoteModel("claude-b", "claude-b"),
    ]


async def test_there_are_no_embeddings(wire: Anthropic, upstream: ScriptedClaude) -> None:
    with pytest.raises(InvokeBadRequestError, match="no embedding models"):
        await wire.embed(target(upstream), ["a"], "query")


async def test_many_streams_at_once_do_not_mix(wire: Anthropic, upstream: ScriptedClaude) -> None:
    upstream.echo_last_user()
    texts = [f"number {count}" for count in range(20)]
    heard = await asyncio.gather(
        *(said(wire, target(upstream), ask(Message(role="user", content=text))) for text in texts)
    )
    assert [text_of(deltas) for deltas in heard] == texts
