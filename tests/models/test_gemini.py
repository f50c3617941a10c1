"""The generateContent protocol against a strict server, and against servers that misbehave."""

import base64
import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from decimal import Decimal

import pytest

from tests.doubles.gemini_wire import ScriptedGemini
from tests.doubles.script import Reply, StreamStyle
from tests.doubles.script import ToolCall as ScriptedCall
from tests.doubles.vectors import embed
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
from treadle.models.protocols.gemini import Gemini
from treadle.models.protocols.listing import RemoteModel
from treadle.models.target import Target

SUM = ToolSpec("sum", "Adds.", {"type": "object", "properties": {"x": {"type": "integer"}}})
NOW = ToolSpec("now", "Tells the time.", {})
PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"\0" * 16).decode()


@pytest.fixture
async def upstream() -> AsyncIterator[ScriptedGemini]:
    async with ScriptedGemini() as model:
        yield model


@pytest.fixture
def wire(http: ModelHttp) -> Gemini:
    return Gemini(http)


def target(
    server: ScriptedGemini | str,
    key: str = "AIza-scripted",
    *,
    model: str = "gemini-3.8-flash",
    price: Price | None = None,
    batch: int = 1,
    **settings: str | bool,
) -> Target:
    return Target(
        provider="google",
        name=model,
        upstream=model,
        base_url=server if isinstance(server, str) else server.url,
        headers={"x-goog-api-key": key},
        secrets=(key,),
        settings=settings,
        profile=ModelProfile(price=price or Price()),
        batch=batch,
    )


def ask(
    *messages: Message, tools: tuple[ToolSpec, ...] = (), stop: tuple[str, ...] = (), **parameters: JsonValue
) -> ChatRequest:
    return ChatRequest(
        model=ModelRef("google", "gemini-3.8-flash"),
        messages=messages or (Message(role="user", content="Hi"),),
        parameters=parameters,
        tools=tools,
        stop=stop,
        user="user-1",
    )


async def said(wire: Gemini, to: Target, request: ChatRequest) -> list[ChatDelta]:
    return [delta async for batch in wire.stream(to, request) for delta in batch]


async def listen(wire: Gemini, to: Target, heard: list[ChatDelta]) -> None:
    """Adds what is said to `heard`, so that it is there when the stream fails."""
    async for batch in wire.stream(to, ask()):
        heard += batch


def text_of(deltas: list[ChatDelta]) -> str:
    return "".join(delta.text for delta in deltas)


def reasoning_of(deltas: list[ChatDelta]) -> str:
    return "".join(delta.reasoning for delta in deltas)


async def sent(
    wire: Gemini, upstream: ScriptedGemini, request: ChatRequest, model: str = "gemini-3.8-flash"
) -> dict[str, JsonValue]:
    """The body that a request comes to, once the server has accepted it."""
    await wire.complete(target(upstream, model=model), request)
    body = upstream.requests[-1].json
    assert isinstance(body, dict)
    return body


async def test_a_stream_gives_its_text_and_ends_with_usage_and_reason(wire: Gemini, upstream: ScriptedGemini) -> None:
    upstream.reply(Reply("Grüße aus 東京!", reasoning="Where to?"))
    upstream.cached = 2
    price = Price(input=Decimal(2), output=Decimal(10), cached_input=Decimal(1))
    deltas = await said(wire, target(upstream, price=price), ask())
    assert (text_of(deltas), reasoning_of(deltas)) == ("Grüße aus 東京!", "Where to?")
    last = deltas[-1]
    assert (last.finish_reason, last.text, last.tool_calls) == ("stop", "", ())
    usage = last.usage
    assert usage is not None
    assert (usage.cached_tokens, usage.completion_tokens) == (2, 5)
    assert usage.prompt_price == ((usage.prompt_tokens - 2) * 2 + 2) / Decimal(1_000_000)
    assert usage.time_to_first_token is not None
    request = upstream.requests[0]
    assert (request.path, dict(request.query)) == (
        "/v1beta/models/gemini-3.8-flash:streamGenerateContent",
        {"alt": "sse"},
    )
    assert request.json == {"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]}


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
    wire: Gemini, upstream: ScriptedGemini, style: StreamStyle
) -> None:
    upstream.stream_as(style)
    upstream.reply(Reply("日本語 🎉", reasoning="思考 first", tool_calls=(ScriptedCall("sum", {"why": "日本"}),)))
    deltas = await said(wire, target(upstream), ask(tools=(SUM,)))
    assert (text_of(deltas), reasoning_of(deltas)) == ("日本語 🎉", "思考 first")
    assert deltas[-1].tool_calls == (ToolCall("fc_1", "sum", '{"why":"日本"}', "c2lnbmVk"),)
    assert deltas[-1].finish_reason == "tool_calls"


async def test_parallel_calls_and_their_answers_go_round_with_the_signature(
    wire: Gemini, upstream: ScriptedGemini
) -> None:
    upstream.tool_calls([("sum", {"x": 2}), ("now", {})])
    calls = (await said(wire, target(upstream), ask(tools=(SUM, NOW))))[-1].tool_calls
    assert [(call.name, call.carried) for call in calls] == [("sum", "c2lnbmVk"), ("now", "")]
    upstream.reply("It is 4.")
    again = ask(
        Message(role="user", content="Hi"),
        Message(role="assistant", content="Let me see.", tool_calls=calls),
        Message(role="tool", content="4", tool_call_id=calls[0].id, name="sum"),
        Message(role="tool", content="noon", tool_call_id=calls[1].id),
        tools=(SUM, NOW),
    )
    assert text_of(await said(wire, target(upstream), again)) == "It is 4."
    body = upstream.requests[-1].json
    assert body["contents"][1:] == [
        {
            "role": "model",
            "parts": [
                {"text": "Let me see."},
                {
                    "functionCall": {"name": "sum", "args": {"x": 2}, "id": "fc_1"},
                    "thoughtSignature": "c2lnbmVk",
                },
                {"functionCall": {"name": "now", "args": {}, "id": "fc_2"}},
            ],
        },
        {
            "role": "user",
            "parts": [
                {"functionResponse": {"name": "sum", "response": {"output": "4"}, "id": "fc_1"}},
                {"functionResponse": {"name": "now", "response": {"output": "noon"}, "id": "fc_2"}},
            ],
        },
    ]
    assert body["tools"] == [
        {
            "functionDeclarations": [
                {"name": "sum", "description": "Adds.", "parametersJsonSchema": SUM.parameters},
                {"name": "now", "description": "Tells the time."},
            ]
        }
    ]


@pytest.mark.parametrize(
    ("model", "signature"),
    [("gemini-3.8-flash", "skip_thought_signature_validator"), ("gemini-2.5-pro", None)],
)
async def test_calls_that_nobody_signed_are_marked_for_models_that_want_a_signature(
    wire: Gemini, upstream: ScriptedGemini, model: str, signature: str | None
) -> None:
    past = (
        Message(role="user", content="Add"),
        Message(role="assistant", tool_calls=(ToolCall("past_1", "sum", "not json"), ToolCall("past_2", "sum", "{}"))),
        Message(role="tool", content="4", tool_call_id="past_1"),
        Message(role="tool", content="5", tool_call_id="past_2"),
    )
    body = await sent(wire, upstream, ask(*past), model)
    contents = body["contents"]
    assert isinstance(contents, list)
    assert isinstance(contents[1], dict)
    parts = contents[1]["parts"]
    assert isinstance(parts, list)
    assert [part.get("thoughtSignature") for part in parts if isinstance(part, dict)] == [signature, None]


async def test_calls_without_ids_get_ids(wire: Gemini, upstream: ScriptedGemini) -> None:
    upstream.gives_ids = False
    upstream.tool_calls([("now", {}), ("now", {})])
    calls = (await said(wire, target(upstream), ask(tools=(NOW,))))[-1].tool_calls
    assert len({call.id for call in calls}) == 2


async def test_a_whole_reply_is_the_same_as_a_streamed_one(wire: Gemini, upstream: ScriptedGemini) -> None:
    upstream.reply(Reply("Both", reasoning="Hm", tool_calls=(ScriptedCall("sum", {"x": 1}),)))
    whole = await wire.complete(target(upstream), ask(tools=(SUM,)))
    streamed = await said(wire, target(upstream), ask(tools=(SUM,)))
    assert (whole.text, whole.reasoning) == (text_of(streamed), reasoning_of(streamed)) == ("Both", "Hm")
    assert whole.finish_reason == streamed[-1].finish_reason == "tool_calls"
    assert [call.arguments for call in whole.tool_calls] == [call.arguments for call in streamed[-1].tool_calls]


async def test_system_messages_are_lifted_out_and_turns_alternate(wire: Gemini, upstream: ScriptedGemini) -> None:
    body = await sent(
        wire,
        upstream,
        ask(
            Message(role="system", content="Be kind."),
            Message(role="user", content="One"),
            Message(role="user", content=(Part(type="text", text="Two"),)),
            Message(role="assistant", content=""),
            Message(role="system", content="Be brief."),
            Message(role="user", content="Three"),
        ),
    )
    assert body == {
        "contents": [{"role": "user", "parts": [{"text": "One"}, {"text": "Two"}, {"text": "Three"}]}],
        "systemInstruction": {"parts": [{"text": "Be kind.\n\nBe brief."}]},
    }


async def test_a_prompt_of_nothing_but_a_system_message_is_the_question(wire: Gemini, upstream: ScriptedGemini) -> None:
    body = await sent(wire, upstream, ask(Message(role="system", content="Say hello.")))
    assert body == {"contents": [{"role": "user", "parts": [{"text": "Say hello."}]}]}


async def test_media_of_every_kind_go_as_data_or_address(wire: Gemini, upstream: ScriptedGemini) -> None:
    parts = (
        Part(type="image", data=PNG, mime_type="image/png"),
        Part(type="document", url="https://files.test/a.pdf", mime_type="application/pdf"),
        Part(type="audio", data="AAAA", mime_type="audio/wav", format="wav"),
        Part(type="video", url="https://files.test/a.mp4", mime_type="video/mp4"),
        Part(type="text", text="What is it?"),
    )
    body = await sent(wire, upstream, ask(Message(role="user", content=parts)))
    assert body["contents"] == [
        {
            "role": "user",
            "parts": [
                {"inlineData": {"mimeType": "image/png", "data": PNG}},
                {"fileData": {"mimeType": "application/pdf", "fileUri": "https://files.test/a.pdf"}},
                {"inlineData": {"mimeType": "audio/wav", "data": "AAAA"}},
                {"fileData": {"mimeType": "video/mp4", "fileUri": "https://files.test/a.mp4"}},
                {"text": "What is it?"},
            ],
        }
    ]
    unknown = ask(Message(role="user", content=(Part(type="image", url="https://files.test/a"),)))
    with pytest.raises(InvokeBadRequestError, match="type of the image is unknown"):
        await wire.complete(target(upstream), unknown)


async def test_parameters_find_their_names_on_the_wire(wire: Gemini, upstream: ScriptedGemini) -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}}
    request = ask(
        temperature=0.5,
        top_p=0.9,
        top_k=3,
        max_output_tokens=100,
        seed=7,
        include_thoughts=True,
        thinking_level="low",
        json_schema=json.dumps(schema),
        stop=("1", "2", "3", "4", "5", "6"),
    )
    assert (await sent(wire, upstream, request))["generationConfig"] == {
        "temperature": 0.5,
        "topP": 0.9,
        "topK": 3,
        "maxOutputTokens": 100,
        "seed": 7,
        "responseMimeType": "application/json",
        "responseJsonSchema": schema,
        "thinkingConfig": {"includeThoughts": True, "thinkingLevel": "LOW"},
        "stopSequences": ["1", "2", "3", "4", "5"],
    }


@pytest.mark.parametrize(
    ("parameters", "tools", "config"),
    [
        ({"response_format": "json_object"}, (), {"responseMimeType": "application/json"}),
        ({"response_format": "text", "json_schema": "{}"}, (), None),
        ({"response_format": "json_schema", "json_schema": '{"type": "object"}'}, (SUM,), None),
        (
            {"json_schema": {"name": "llm_response", "schema": {"type": "object"}}},
            (),
            {"responseMimeType": "application/json", "responseJsonSchema": {"type": "object"}},
        ),
        ({"thinking_budget": 0}, (), {"thinkingConfig": {"thinkingBudget": 0}}),
    ],
)
async def test_schemas_and_tools_exclude_each_other(
    wire: Gemini,
    upstream: ScriptedGemini,
    parameters: dict[str, JsonValue],
    tools: tuple[ToolSpec, ...],
    config: JsonValue,
) -> None:
    body = await sent(wire, upstream, ask(tools=tools, **parameters))
    assert body.get("generationConfig") == config


async def test_a_schema_that_is_none_is_refused(wire: Gemini, upstream: ScriptedGemini) -> None:
    with pytest.raises(InvokeBadRequestError, match="json_schema is not a JSON object"):
        await wire.complete(target(upstream), ask(json_schema="{"))


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, InvokeBadRequestError),
        (403, InvokeAuthorizationError),
        (404, InvokeBadRequestError),
        (429, InvokeRateLimitError),
        (500, InvokeServerUnavailableError),
        (503, InvokeServerUnavailableError),
    ],
)
async def test_refusals_become_the_taxonomy(
    wire: Gemini, upstream: ScriptedGemini, status: int, error: type[InvokeError]
) -> None:
    upstream.fail(status=status, retry_after=34, message="Because of AIza-scripted.")
    with pytest.raises(error) as caught:
        await said(wire, target(upstream), ask())
    assert str(caught.value).startswith("[google] gemini-3.8-flash: ")
    assert "AIza" not in str(caught.value)
    if isinstance(caught.value, InvokeRateLimitError):
        assert caught.value.retry_after == 34


async def test_a_wrong_key_is_told_as_such_though_the_status_is_400(wire: Gemini, upstream: ScriptedGemini) -> None:
    with pytest.raises(InvokeAuthorizationError, match="treadle model add --provider google"):
        await wire.complete(target(upstream, "AIza-wrong"), ask())
    assert [each.kind for each in upstream.take_violations()] == ["auth"]


async def test_a_blocked_prompt_is_an_error_that_says_why(wire: Gemini, upstream: ScriptedGemini) -> None:
    upstream.block_reason = "PROHIBITED_CONTENT"
    with pytest.raises(InvokeBadRequestError, match=r"does not answer this prompt \(PROHIBITED_CONTENT\)"):
        await said(wire, target(upstream), ask())
    with pytest.raises(InvokeBadRequestError, match="PROHIBITED_CONTENT"):
        await wire.complete(target(upstream), ask())


@pytest.mark.parametrize(("reason", "told"), [("length", "length"), ("content_filter", "content_filter")])
async def test_reasons_to_finish_have_the_names_of_the_interface(
    wire: Gemini, upstream: ScriptedGemini, reason: str, told: str
) -> None:
    upstream.reply(Reply("So far", finish_reason=reason))  # type: ignore[arg-type]
    assert (await said(wire, target(upstream), ask()))[-1].finish_reason == told


async def test_an_error_in_the_middle_comes_after_what_was_said(wire: Gemini, upstream: ScriptedGemini) -> None:
    upstream.stream_as(StreamStyle(error_after=2))
    upstream.reply("one two three four")
    heard: list[ChatDelta] = []
    with pytest.raises(InvokeServerUnavailableError, match="The model is overloaded"):
        await listen(wire, target(upstream), heard)
    assert text_of(heard) == "one two"


async def test_a_connection_that_breaks_is_no_reply(wire: Gemini, upstream: ScriptedGemini) -> None:
    upstream.stream_as(StreamStyle(cut_after=2))
    upstream.reply("one two three four")
    heard: list[ChatDelta] = []
    with pytest.raises(InvokeConnectionError):
        await listen(wire, target(upstream), heard)
    assert text_of(heard) == "one two"


async def test_a_stream_that_ends_without_a_reason_was_cut_off(wire: Gemini) -> None:
    chunk = {"candidates": [{"content": {"parts": [{"text": "one"}]}}], "usageMetadata": {"promptTokenCount": 1}}
    heard: list[ChatDelta] = []
    async with raw_server([f"data: {json.dumps(chunk)}\r\n\r\n".encode()]) as server:
        with pytest.raises(InvokeConnectionError, match="in the middle of the reply"):
            await listen(wire, target(server.url), heard)
    assert text_of(heard) == "one"


async def test_closing_the_iterator_closes_the_connection(wire: Gemini, upstream: ScriptedGemini) -> None:
    upstream.reply("one two three")
    upstream.hang(after_events=2)
    async with aclosing(wire.stream(target(upstream), ask())) as batches:
        async for batch in batches:
            if text_of(batch):
                break
    assert (await upstream.wait_client_closed(5)).path.endswith(":streamGenerateContent")


async def test_pictures_in_the_reply_are_kept_and_those_in_thoughts_are_not(wire: Gemini) -> None:
    parts = [
        {"inlineData": {"mimeType": "image/png", "data": "dGhvdWdodA=="}, "thought": True},
        {"text": "Here: "},
        {"inlineData": {"mimeType": "image/png", "data": PNG}, "thoughtSignature": "c2lnbmVk"},
        {"executableCode": {"code": "1"}},
    ]
    body = {"candidates": [{"content": {"parts": parts}, "finishReason": "STOP"}], "responseId": "r"}
    async with raw_server([json.dumps(body).encode()], content_type="application/json") as server:
        whole = await wire.complete(target(server.url), ask())
    assert (whole.text, whole.images) == (
        "Here: ",
        (Part(type="image", data=PNG, mime_type="image/png", format="png"),),
    )
    assert whole.usage is not None
    assert whole.usage.total_tokens > 0


@pytest.mark.parametrize("body", [b"<html>Welcome</html>", b'{"hello": 1}', b"[]"])
async def test_an_answer_that_is_no_reply_is_an_error(wire: Gemini, body: bytes) -> None:
    async with raw_server([body], content_type="application/json") as server:
        with pytest.raises(InvokeServerUnavailableError, match="cannot be read"):
            await wire.complete(target(server.url), ask())


async def test_a_refusal_that_comes_as_a_list_is_read(wire: Gemini) -> None:
    body = json.dumps([{"error": {"code": 404, "message": "No such model.", "status": "NOT_FOUND"}}]).encode()
    async with raw_server([body], content_type="application/json", status="404 Not Found") as server:
        with pytest.raises(InvokeBadRequestError, match=r"HTTP 404\): No such model"):
            await said(wire, target(server.url), ask())


async def test_texts_become_vectors_in_batches(wire: Gemini, upstream: ScriptedGemini) -> None:
    texts = [f"text {count}" for count in range(5)]
    found = await wire.embed(target(upstream, model="gemini-embedding-001", batch=2), texts, "query")
    assert found.vectors == [embed(text, 8) for text in texts]
    assert found.usage.total_tokens > 0
    assert sorted(len(request.json["requests"]) for request in upstream.requests) == [1, 2, 2]
    assert upstream.requests[0].json["requests"][0] == {
        "model": "models/gemini-embedding-001",
        "content": {"parts": [{"text": "text 0"}]},
        "taskType": "RETRIEVAL_QUERY",
    }
    await wire.embed(target(upstream, model="gemini-embedding-2", task_type=False), ["a"], "document")
    assert "taskType" not in upstream.requests[-1].json["requests"][0]


async def test_the_models_are_listed_page_by_page(wire: Gemini, upstream: ScriptedGemini) -> None:
    upstream.model_pages = [
        [{"name": "models/gemini-a", "displayName": "A", "inputTokenLimit": 1048576, "outputTokenLimit": 65536}],
        [{"name": "models/gemini-b"}],
    ]
    assert await wire.list_models(target(upstream)) == [
        RemoteModel("gemini-a", "A", 1048576, 65536),
        RemoteModel("gemini-b", "gemini-b"),
    ]
