"""The OpenAI-compatible protocol against a strict server, and against servers that misbehave."""

import asyncio
import base64
import time
from contextlib import aclosing

import msgspec
import pytest

from tests.doubles.script import Reply, StreamStyle
from tests.doubles.script import ToolCall as ScriptedCall
from tests.doubles.scripted_model import ScriptedModel
from tests.models.servers import raw_server
from treadle.engine.errors import (
    InvokeAuthorizationError,
    InvokeBadRequestError,
    InvokeConnectionError,
    InvokeError,
    InvokeRateLimitError,
    InvokeServerUnavailableError,
    QuotaExceededError,
)
from treadle.engine.ports import ChatDelta, ChatRequest, Message, ModelProfile, ModelRef, Part, ToolCall, ToolSpec
from treadle.engine.values import JsonValue
from treadle.models.http import ModelHttp
from treadle.models.protocols.openai import OpenAI
from treadle.models.target import Settings, Target
from treadle.models.tokens import text_tokens

SUM = ToolSpec("sum", "Adds.", {"type": "object", "properties": {"x": {"type": "integer"}}})
NOW = ToolSpec("now", "Tells the time.", {})
PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"\0" * 16).decode()
WAV = base64.b64encode(b"RIFF\x24\0\0\0WAVEfmt " + b"\0" * 24).decode()
PDF = base64.b64encode(b"%PDF-1.7\n%%EOF\n").decode()


def target(
    server: ScriptedModel | str,
    key: str = "sk-scripted",
    *,
    profile: ModelProfile | None = None,
    **settings: str | bool,
) -> Target:
    return Target(
        provider="vendor",
        name="stub-chat",
        upstream="stub-chat",
        base_url=server if isinstance(server, str) else server.url,
        headers={"Authorization": f"Bearer {key}"},
        secrets=(key,),
        settings=settings,
        profile=profile or ModelProfile(),
        batch=2,
    )


def ask(text: str = "Hi", *, tools: tuple[ToolSpec, ...] = (), **parameters: JsonValue) -> ChatRequest:
    return ChatRequest(
        model=ModelRef("vendor", "stub-chat"),
        messages=(Message(role="user", content=text),),
        parameters=parameters,
        tools=tools,
    )


async def said(wire: OpenAI, to: Target, request: ChatRequest) -> list[ChatDelta]:
    return [delta async for batch in wire.stream(to, request) for delta in batch]


async def listen(wire: OpenAI, to: Target, heard: list[ChatDelta]) -> None:
    """Adds what is said to `heard`, so that it is there when the stream fails."""
    async for batch in wire.stream(to, ask()):
        heard += batch


def text_of(deltas: list[ChatDelta]) -> str:
    return "".join(delta.text for delta in deltas)


async def test_a_stream_gives_its_text_and_ends_with_usage_and_reason(wire: OpenAI, upstream: ScriptedModel) -> None:
    upstream.reply(Reply("Grüße aus 東京!", reasoning="Where?"))
    deltas = await said(wire, target(upstream), ask("Hello out there", temperature=0.5))
    assert text_of(deltas) == "Grüße aus 東京!"
    assert "".join(delta.reasoning for delta in deltas) == "Where?"
    last = deltas[-1]
    assert (last.finish_reason, last.text, last.tool_calls) == ("stop", "", ())
    assert last.usage is not None
    assert (last.usage.prompt_tokens, last.usage.completion_tokens, last.usage.total_tokens) == (3, 4, 7)
    assert last.usage.time_to_first_token is not None
    assert 0 < last.usage.time_to_first_token <= last.usage.latency
    assert upstream.requests[0].json == {
        "model": "stub-chat",
        "messages": [{"role": "user", "content": "Hello out there"}],
        "temperature": 0.5,
        "stream": True,
        "stream_options": {"include_usage": True},
    }


@pytest.mark.parametrize(
    "style",
    [
        StreamStyle(line_end="\r\n", space_after_colon=False),
        StreamStyle(role_first=False, empty_deltas=True),
        StreamStyle(keep_alive_comments=True, usage="with_finish"),
        StreamStyle(done=False),
        StreamStyle(split_bytes=True),
    ],
)
async def test_every_way_of_writing_a_stream_reads_the_same(
    wire: OpenAI, upstream: ScriptedModel, style: StreamStyle
) -> None:
    upstream.stream_as(style)
    upstream.reply("日本語 and 🎉 too")
    deltas = await said(wire, target(upstream), ask("a b"))
    assert text_of(deltas) == "日本語 and 🎉 too"
    assert deltas[-1].finish_reason == "stop"
    assert deltas[-1].usage is not None
    assert deltas[-1].usage.prompt_tokens == 2


async def test_a_whole_reply_is_the_same_as_a_streamed_one(wire: OpenAI, upstream: ScriptedModel) -> None:
    upstream.reply(Reply("Both", tool_calls=(ScriptedCall("sum", {"x": 1}),)))
    whole = await wire.complete(target(upstream), ask(tools=(SUM,)))
    streamed = await said(wire, target(upstream), ask(tools=(SUM,)))
    assert (
        (whole.text, whole.finish_reason) == (text_of(streamed), streamed[-1].finish_reason) == ("Both", "tool_calls")
    )
    assert [(each.name, each.arguments) for each in whole.tool_calls] == [("sum", '{"x": 1}')]
    assert [(each.name, each.arguments) for each in streamed[-1].tool_calls] == [("sum", '{"x": 1}')]
    assert "stream" not in upstream.requests[0].json


async def test_parallel_tool_calls_and_their_answers_go_round(wire: OpenAI, upstream: ScriptedModel) -> None:
    upstream.tool_calls([("sum", {"x": 2}), ("now", {})])
    deltas = await said(wire, target(upstream), ask(tools=(SUM, NOW)))
    calls = deltas[-1].tool_calls
    assert [call.name for call in calls] == ["sum", "now"]
    upstream.reply("It is 4.")
    again = msgspec.structs.replace(
        ask(tools=(SUM, NOW)),
        messages=(
            Message(role="user", content="Hi"),
            Message(role="assistant", tool_calls=calls),
            Message(role="tool", content="4", tool_call_id=calls[0].id, name="sum"),
            Message(role="tool", content="noon", tool_call_id=calls[1].id, name="now"),
        ),
    )
    assert text_of(await said(wire, target(upstream), again)) == "It is 4."
    body = upstream.requests[1].json
    assert body["tool_choice"] == "auto"
    assert [tool["function"]["name"] for tool in body["tools"]] == ["sum", "now"]
    assert body["tools"][1]["function"]["parameters"] == {"type": "object", "properties": {}}
    assert body["messages"][1] == {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in calls
        ],
    }
    assert body["messages"][2] == {"role": "tool", "content": "4", "tool_call_id": calls[0].id}


async def test_the_old_function_call_form_is_spoken_where_the_form_says_so(
    wire: OpenAI, upstream: ScriptedModel
) -> None:
    to = target(upstream, function_calling_type="function_call")
    upstream.tool_call("sum", {"x": 2})
    call = (await said(wire, to, ask(tools=(SUM,))))[-1].tool_calls[0]
    upstream.reply("4")
    again = msgspec.structs.replace(
        ask(tools=(SUM,)),
        messages=(
            Message(role="user", content="Hi"),
            Message(role="assistant", tool_calls=(call,)),
            Message(role="tool", content="4", tool_call_id=call.id),
        ),
    )
    assert text_of(await said(wire, to, again)) == "4"
    body = upstream.requests[1].json
    assert "tools" not in body
    assert body["functions"][0]["name"] == "sum"
    assert body["messages"][1]["function_call"] == {"name": "sum", "arguments": '{"x": 2}'}
    assert body["messages"][2] == {"role": "function", "name": "sum", "content": "4"}


async def test_tools_stay_home_where_the_model_cannot_call(wire: OpenAI, upstream: ScriptedModel) -> None:
    await said(wire, target(upstream, function_calling_type="no_call"), ask(tools=(SUM,)))
    assert "tools" not in upstream.requests[0].json


async def test_media_parts_take_the_shapes_of_the_wire(wire: OpenAI, upstream: ScriptedModel) -> None:
    parts = (
        Part(type="text", text="What is this?"),
        Part(type="image", data=PNG, mime_type="image/png", format="png"),
        Part(type="image", url="https://example.test/a.jpg", detail="low"),
        Part(type="audio", data=WAV, mime_type="audio/wav", format="wav"),
        Part(type="document", data=PDF, mime_type="application/pdf", format="pdf", filename="a.pdf"),
    )
    request = msgspec.structs.replace(ask(), messages=(Message(role="user", content=parts),))
    await said(wire, target(upstream), request)
    assert upstream.requests[0].json["messages"][0]["content"] == [
        {"type": "text", "text": "What is this?"},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}", "detail": "high"}},
        {"type": "image_url", "image_url": {"url": "https://example.test/a.jpg", "detail": "low"}},
        {"type": "input_audio", "input_audio": {"data": WAV, "format": "wav"}},
        {"type": "file", "file": {"filename": "a.pdf", "file_data": f"data:application/pdf;base64,{PDF}"}},
    ]


async def test_audio_by_address_is_refused_before_it_is_sent(wire: OpenAI, upstream: ScriptedModel) -> None:
    audio = Part(type="audio", url="https://example.test/a.wav")
    request = msgspec.structs.replace(ask(), messages=(Message(role="user", content=(audio,)),))
    with pytest.raises(InvokeBadRequestError, match="send it as base64"):
        await said(wire, target(upstream), request)
    assert upstream.requests == []


async def test_response_formats_are_written_out(wire: OpenAI, upstream: ScriptedModel) -> None:
    schema = '{"name":"answer","schema":{"type":"object"}}'
    await wire.complete(target(upstream), ask(response_format="json_object"))
    await wire.complete(target(upstream), ask(response_format="json_schema", json_schema=schema))
    await wire.complete(target(upstream), ask(json_schema=schema))
    bodies = [request.json for request in upstream.requests]
    assert bodies[0]["response_format"] == {"type": "json_object"}
    assert bodies[0]["messages"][0] == {"role": "system", "content": "Answer with a JSON object."}
    assert bodies[1]["response_format"] == {
        "type": "json_schema",
        "json_schema": {"name": "answer", "schema": {"type": "object"}},
    }
    assert not {"response_format", "json_schema"} & bodies[2].keys()


@pytest.mark.parametrize("schema", [None, "", "[1]", "{broken"])
async def test_a_schema_that_is_no_object_is_refused(wire: OpenAI, schema: str | None) -> None:
    with pytest.raises(InvokeBadRequestError, match="json_schema"):
        await wire.complete(target("http://127.0.0.1:9"), ask(response_format="json_schema", json_schema=schema))


@pytest.mark.parametrize(
    ("upstream_name", "settings", "sent"),
    [
        ("o4-mini", {}, "max_completion_tokens"),
        ("openai/gpt-5.2-mini", {}, "max_completion_tokens"),
        ("gpt-4o", {}, "max_tokens"),
        ("gpt-4o", {"token_param_name": "max_completion_tokens"}, "max_completion_tokens"),
        ("o4-mini", {"token_param_name": "max_tokens"}, "max_tokens"),
    ],
)
async def test_the_output_limit_has_the_name_that_the_model_knows(
    wire: OpenAI, upstream: ScriptedModel, upstream_name: str, settings: Settings, sent: str
) -> None:
    to = target(upstream)
    to = Target(
        provider="v", name="m", upstream=upstream_name, base_url=to.base_url, headers=to.headers, settings=settings
    )
    await wire.complete(to, ask(max_tokens=5))
    body = upstream.requests[0].json
    assert {name: body[name] for name in body.keys() & {"max_tokens", "max_completion_tokens"}} == {sent: 5}


async def test_stop_sequences_and_user_go_upstream(wire: OpenAI, upstream: ScriptedModel) -> None:
    upstream.reply("one STOP two")
    request = msgspec.structs.replace(ask(), stop=("STOP",), user="u-1")
    assert text_of(await said(wire, target(upstream), request)) == "one "
    await said(wire, target(upstream, send_user=False, stream_include_usage="disabled"), request)
    first, second = (each.json for each in upstream.requests)
    assert (first["stop"], first["user"]) == (["STOP"], "u-1")
    assert not {"user", "stream_options"} & second.keys()


async def test_completion_models_get_the_first_message_as_prompt(wire: OpenAI, upstream: ScriptedModel) -> None:
    upstream.reply("a legacy reply")
    to = target(upstream, profile=ModelProfile(mode="completion"))
    deltas = await said(wire, to, ask("Once upon", max_tokens=20))
    assert (text_of(deltas), deltas[-1].finish_reason) == ("a legacy reply", "stop")
    assert (await wire.complete(to, ask("Once upon"))).text == "a legacy reply"
    assert upstream.requests[0].path == "/v1/completions"
    assert upstream.requests[0].json["prompt"] == "Once upon"


async def test_a_server_that_does_not_stream_is_understood(wire: OpenAI) -> None:
    body = b'{"choices":[{"message":{"content":"all at once"},"finish_reason":"stop"}]}'
    async with raw_server([body], content_type="application/json") as server:
        deltas = await said(wire, target(server.url), ask())
    assert [(delta.text, delta.finish_reason) for delta in deltas] == [("all at once", "stop")]


async def test_events_parted_by_an_odd_delimiter_are_read(wire: OpenAI) -> None:
    events = b'data: {"choices":[{"delta":{"content":"a"}}]}<>data: {"choices":[{"delta":{},"finish_reason":"stop"}]}<>'
    async with raw_server([events]) as server:
        assert text_of(await said(wire, target(server.url, stream_mode_delimiter="\\n<>\\n"), ask())) == "a"


async def test_connections_are_kept_for_the_next_call(wire: OpenAI, upstream: ScriptedModel, http: ModelHttp) -> None:
    for _ in range(3):
        await said(wire, target(upstream), ask())
    session = http._session  # the pool is the only witness of a kept connection
    assert session is not None
    assert session.connector is not None
    assert sum(map(len, session.connector._conns.values())) == 1


@pytest.mark.parametrize("when", ["at once", "at the next request"])
async def test_a_kept_connection_that_died_is_replaced(wire: OpenAI, when: str) -> None:
    events = b'data: {"choices":[{"delta":{"content":"a"},"finish_reason":"stop"}]}\n\n'
    body = f"{len(events):x}\r\n".encode() + events + b"\r\n0\r\n\r\n"
    answers = 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal answers
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        await reader.readexactly(length)
        answers += 1
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n" + body)
        if when == "at the next request":
            await reader.read(1)
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()
        for _ in range(2):
            assert text_of(await said(wire, target(f"http://{host}:{port}/v1"), ask())) == "a"
    assert answers == 2


async def test_closing_the_stream_hangs_up_at_once(wire: OpenAI, upstream: ScriptedModel) -> None:
    upstream.hang(after_events=3)
    async with aclosing(wire.stream(target(upstream), ask("a b c d e f"))) as batches:
        async for batch in batches:
            if any(delta.text for delta in batch):
                break
    started = time.perf_counter()
    await upstream.wait_client_closed(timeout=2)
    assert time.perf_counter() - started < 1


async def test_cancelling_the_reader_hangs_up_at_once(wire: OpenAI, upstream: ScriptedModel) -> None:
    upstream.hang(after_events=2)
    first = asyncio.Event()

    async def read() -> None:
        async for _ in wire.stream(target(upstream), ask()):
            first.set()

    task = asyncio.create_task(read())
    await first.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await upstream.wait_client_closed(timeout=2)


async def test_cancelling_before_the_answer_begins_hangs_up_too(wire: OpenAI, upstream: ScriptedModel) -> None:
    upstream.hang()
    task = asyncio.create_task(said(wire, target(upstream), ask()))
    await upstream.wait_requests(1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await upstream.wait_client_closed(timeout=2)


async def test_a_wrong_key_is_named_and_not_shown(wire: OpenAI, upstream: ScriptedModel) -> None:
    with pytest.raises(InvokeAuthorizationError) as caught:
        await said(wire, target(upstream, "sk-wrong-key-123"), ask())
    assert str(caught.value) == (
        "[vendor] stub-chat: the provider refused the API key (HTTP 401). Store a valid one: "
        "treadle model add --provider vendor --type llm --model stub-chat --credential ..."
    )
    upstream.take_violations()


@pytest.mark.parametrize(
    ("status", "kind", "text"),
    [
        (400, InvokeBadRequestError, "refused the request (HTTP 400): No luck"),
        (402, QuotaExceededError, "is used up (HTTP 402): No luck"),
        (403, InvokeAuthorizationError, "may not use this model (HTTP 403): No luck"),
        (404, InvokeBadRequestError, "no such model or endpoint (HTTP 404): No luck"),
        (408, InvokeConnectionError, "gave up waiting (HTTP 408): No luck"),
        (422, InvokeBadRequestError, "refused the request (HTTP 422): No luck"),
        (500, InvokeServerUnavailableError, "has a fault (HTTP 500): No luck"),
        (503, InvokeServerUnavailableError, "has a fault (HTTP 503): No luck"),
    ],
)
async def test_refusals_become_the_errors_of_the_taxonomy(
    wire: OpenAI, upstream: ScriptedModel, status: int, kind: type[InvokeError], text: str
) -> None:
    upstream.fail(status=status, message="No luck.")
    with pytest.raises(kind) as caught:
        await said(wire, target(upstream), ask())
    assert type(caught.value) is kind
    assert str(caught.value).startswith("[vendor] stub-chat: ")
    assert text in str(caught.value)


@pytest.mark.parametrize(
    ("after", "wait"), [(7, "Try again in 7 s."), (None, "Try again later, or raise the provider's limit.")]
)
async def test_a_rate_limit_says_when_to_try_again(
    wire: OpenAI, upstream: ScriptedModel, after: float | None, wait: str
) -> None:
    upstream.fail(status=429, retry_after=after, message="Slow down")
    with pytest.raises(InvokeRateLimitError, match="HTTP 429") as caught:
        await said(wire, target(upstream), ask())
    assert caught.value.retry_after == after
    assert str(caught.value).endswith(f": Slow down. {wait}")


async def test_a_redirect_is_not_followed_with_the_key(wire: OpenAI) -> None:
    async with raw_server([b""], status="307 Temporary Redirect\r\nLocation: http://127.0.0.1:9/") as server:
        with pytest.raises(InvokeError, match="HTTP 307, which is no reply"):
            await said(wire, target(server.url), ask())


async def test_silence_ends_a_call(wire: OpenAI, upstream: ScriptedModel) -> None:
    upstream.hang(after_events=2)
    to = target(upstream)
    to = Target(provider="v", name="m", upstream="m", base_url=to.base_url, headers=to.headers, read_timeout=0.2)
    with pytest.raises(InvokeConnectionError, match="fell silent for too long"):
        await said(wire, to, ask())


async def test_a_cut_stream_is_an_error_after_what_was_said(wire: OpenAI, upstream: ScriptedModel) -> None:
    upstream.stream_as(StreamStyle(cut_after=3))
    upstream.reply("one two three four")
    heard: list[ChatDelta] = []
    with pytest.raises(InvokeConnectionError, match=r"broke|ended in the middle"):
        await listen(wire, target(upstream), heard)
    assert text_of(heard) == "one two"


async def test_an_end_without_finish_is_a_cut(wire: OpenAI) -> None:
    async with raw_server([b'data: {"choices":[{"delta":{"content":"a"}}]}\n\n']) as server:
        with pytest.raises(InvokeConnectionError, match="ended in the middle of the reply"):
            await said(wire, target(server.url), ask())


async def test_an_error_in_the_middle_of_a_stream_comes_after_what_was_said(
    wire: OpenAI, upstream: ScriptedModel
) -> None:
    upstream.stream_as(StreamStyle(error_after=3))
    upstream.reply("one two three four")
    heard: list[ChatDelta] = []
    with pytest.raises(InvokeServerUnavailableError, match=r"\[vendor\] stub-chat: the provider broke the reply off"):
        await listen(wire, target(upstream), heard)
    assert text_of(heard) == "one two"


async def test_nobody_listening_is_named(wire: OpenAI) -> None:
    with pytest.raises(InvokeConnectionError, match=r"cannot connect to http://127\.0\.0\.1:9/v1") as refused:
        await said(wire, target("http://127.0.0.1:9/v1"), ask())
    hint = "Inside a container 127.0.0.1 is the container itself: use host.docker.internal or the machine's address."
    assert str(refused.value).endswith(hint)


async def test_an_address_without_a_path_is_told_what_it_may_lack(wire: OpenAI, upstream: ScriptedModel) -> None:
    with pytest.raises(InvokeBadRequestError, match=r"HTTP 404.*; most servers of this kind want /v1 behind"):
        await said(wire, target(upstream.origin), ask())
    upstream.take_violations()


async def test_an_error_page_is_not_repeated(wire: OpenAI) -> None:
    page = b"<html><body>" + b"x" * 5000 + b"</body></html>"
    async with raw_server([page], content_type="text/html", status="502 Bad Gateway") as server:
        with pytest.raises(InvokeServerUnavailableError, match=r"has a fault \(HTTP 502\)\. Try again"):
            await said(wire, target(server.url), ask())


async def test_embeddings_come_in_batches_and_in_order(wire: OpenAI, upstream: ScriptedModel) -> None:
    texts = [f"text number {number}" for number in range(5)]
    found = await wire.embed(target(upstream), texts, "document")
    alone = [(await wire.embed(target(upstream), [text], "document")).vectors[0] for text in texts]
    assert found.vectors == alone
    assert sorted(len(request.json["input"]) for request in upstream.requests[:3]) == [1, 2, 2]
    assert found.usage.total_tokens == 15


async def test_packed_embeddings_are_the_same_numbers(wire: OpenAI, upstream: ScriptedModel) -> None:
    plain = await wire.embed(target(upstream), ["a b"], "query")
    packed = await wire.embed(target(upstream, encoding_format="base64"), ["a b"], "query")
    assert packed.vectors[0] == pytest.approx(plain.vectors[0], abs=1e-6)


async def test_prefixes_and_the_context_bound_what_is_embedded(wire: OpenAI, upstream: ScriptedModel) -> None:
    to = target(upstream, profile=ModelProfile(context_size=10), query_prefix="query: ", document_prefix="passage: ")
    await wire.embed(to, ["short"], "query")
    await wire.embed(to, ["long " * 100], "document")
    assert upstream.requests[0].json["input"] == ["query: short"]
    whole = "passage: " + "long " * 100
    assert upstream.requests[1].json["input"] == [whole[: len(whole) * 10 // text_tokens(whole)]]


async def test_a_call_id_with_its_arguments_survives_the_round_trip(wire: OpenAI, upstream: ScriptedModel) -> None:
    call = ToolCall("id-1", "sum", '{"x": "ü"}')
    messages = (
        Message(role="user", content="q"),
        Message(role="assistant", content="let me see", tool_calls=(call,)),
        Message(role="tool", content=(Part(type="text", text="a"), Part(type="text", text="b")), tool_call_id="id-1"),
    )
    await said(wire, target(upstream), msgspec.structs.replace(ask(tools=(SUM,)), messages=messages))
    sent = upstream.requests[0].json["messages"]
    assert sent[1]["content"] == "let me see"
    assert sent[1]["tool_calls"][0]["function"]["arguments"] == '{"x": "ü"}'
    assert sent[2]["content"] == "a\nb"
