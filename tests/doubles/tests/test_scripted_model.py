"""What the scripted model refuses, and how its script decides."""

import asyncio
import json
import urllib.request
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.doubles.double import DoubleViolated
from tests.doubles.recording import FilePart, Form
from tests.doubles.script import Reply, StreamStyle
from tests.doubles.scripted_model import ScriptedModel

Json = dict[str, Any]
USER: Json = {"role": "user", "content": "hi"}
CHAT: Json = {"model": "m", "messages": [USER]}
BAD_IMAGE: Json = {"type": "image_url", "image_url": {"url": "data:image/png;base64,@@"}}
OPEN_SCHEMA: Json = {"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": False}
STRICT: Json = {"type": "json_schema", "json_schema": {"name": "n", "strict": True, "schema": OPEN_SCHEMA}}


def tool(name: str, parameters: Json | None = None) -> Json:
    return {"type": "function", "function": {"name": name, "parameters": parameters or {"type": "object"}}}


TOOL = tool("add")
CALL: Json = {
    "role": "assistant",
    "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "add", "arguments": "{}"}}],
}


@pytest.fixture
async def stub() -> AsyncIterator[ScriptedModel]:
    async with ScriptedModel() as model:
        yield model


@pytest.fixture
async def http(stub: ScriptedModel) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {stub.key}"}) as session:
        yield session


async def post(http: aiohttp.ClientSession, stub: ScriptedModel, path: str, body: Json) -> tuple[int, Json]:
    async with http.post(stub.url + path, json=body) as response:
        return response.status, await response.json()


async def say(http: aiohttp.ClientSession, stub: ScriptedModel, text: str = "hi", **more: Any) -> Json:
    status, body = await post(
        http, stub, "/chat/completions", {"model": "m", "messages": [{"role": "user", "content": text}], **more}
    )
    assert status == 200, body
    return body["choices"][0]


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"model": None}, "model"),
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "bot", "content": "hi"}]}, "messages[0].role"),
        ({"messages": [{"role": "user"}]}, "messages[0]"),
        ({"messages": [{"role": "user", "content": [{"type": "image", "url": "x"}]}]}, "messages[0].content[0].type"),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": 7}]}]}, "messages[0].content[0].text"),
        ({"messages": [{**USER, "files": []}]}, "messages[0]"),
        ({"messages": [{"role": "assistant", "content": None}]}, "messages[0].content"),
        ({"messages": [USER, {"role": "tool", "tool_call_id": "c9", "content": "1"}]}, "messages[1].tool_call_id"),
        ({"messages": [USER, CALL, USER]}, "messages[2].role"),
        ({"messages": [USER, CALL]}, "messages"),
        ({"messages": [{"role": "user", "content": [BAD_IMAGE]}]}, "messages[0].content[0].image_url.url"),
        ({"temperature": "0.7"}, "temperature"),
        ({"temperature": 2.1}, "temperature"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_tokens": 5, "max_completion_tokens": 5}, "max_tokens"),
        ({"stop": ["a", "b", "c", "d", "e"]}, "stop"),
        ({"stream_options": {"include_usage": True}}, "stream_options"),
        ({"tools": []}, "tools"),
        ({"tools": [tool("has space")]}, "tools[0].function.name"),
        ({"tools": [tool("x", {"type": "objekt"})]}, "tools[0].function.parameters.type"),
        ({"tools": [TOOL, TOOL]}, "tools"),
        ({"tool_choice": "auto"}, "tool_choice"),
        ({"tools": [TOOL], "tool_choice": {"type": "function", "function": {"name": "sub"}}}, "tool_choice"),
        ({"response_format": "json"}, "response_format"),
        ({"response_format": {"type": "json_object"}}, "messages"),
        ({"response_format": {"type": "json_schema", "json_schema": {"schema": {}}}}, "response_format.json_schema"),
        ({"response_format": STRICT}, "response_format.json_schema.schema"),
    ],
)  # fmt: skip
async def test_what_the_vendor_refuses_is_refused_and_recorded(
    http: aiohttp.ClientSession, stub: ScriptedModel, change: Json, param: str
) -> None:
    body = {name: value for name, value in {**CHAT, **change}.items() if value is not None}
    if "model" in change:
        param = ""

    status, answer = await post(http, stub, "/chat/completions", body)

    error = answer["error"]
    assert (status, error["type"], error["param"] or "") == (400, "invalid_request_error", param)
    assert [violation.message for violation in stub.take_violations()] == [error["message"]]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/chat/completions", {**CHAT, "top_k": 3}),
        ("/embeddings", {"model": "e", "input": [""]}),
        ("/embeddings", {"model": "e", "input": []}),
        ("/embeddings", {"model": "e", "input": "x", "encoding_format": "int8"}),
        ("/rerank", {"model": "r", "query": "q", "documents": []}),
        ("/moderations", {"text": "x"}),
        ("/audio/speech", {"model": "t", "input": "x"}),
        ("/audio/speech", {"model": "t", "input": "x", "voice": "v", "speed": 9}),
        ("/audio/transcriptions", {"model": "w", "file": "x"}),
        ("/images/generations", {"prompt": "x", "size": "3x3"}),
        ("/completions", {"model": "c", "messages": []}),
    ],
)
async def test_every_endpoint_checks_its_own_schema(
    http: aiohttp.ClientSession, stub: ScriptedModel, path: str, body: Json
) -> None:
    status, answer = await post(http, stub, path, body)

    assert (status, answer["error"]["type"]) == (400, "invalid_request_error")
    assert len(stub.take_violations()) == 1


@pytest.mark.parametrize(
    ("authorization", "code"),
    [(None, None), ("sk-scripted", None), ("Basic abc", None), ("Bearer sk-other", "invalid_api_key")],
)
async def test_a_missing_or_wrong_key_is_refused(
    stub: ScriptedModel, authorization: str | None, code: str | None
) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    async with aiohttp.ClientSession(headers=headers) as session:
        status, answer = await post(session, stub, "/chat/completions", CHAT)

    assert (status, answer["error"]["code"]) == (401, code)
    assert [violation.kind for violation in stub.take_violations()] == ["auth"]


async def test_unknown_routes_and_models_are_not_found() -> None:
    async with (
        ScriptedModel(models=["only"], allow=["top_k"]) as stub,
        aiohttp.ClientSession(headers={"Authorization": f"Bearer {stub.key}"}) as http,
    ):
        assert (await post(http, stub, "/chat/completion", CHAT))[0] == 404
        status, answer = await post(http, stub, "/chat/completions", CHAT)
        assert (status, answer["error"]["code"]) == (404, "model_not_found")
        assert len(stub.take_violations()) == 2
        assert (await post(http, stub, "/chat/completions", {**CHAT, "model": "only", "top_k": 3}))[0] == 200


async def send_without_messages() -> None:
    async with ScriptedModel() as stub, aiohttp.ClientSession() as http:
        http.headers["Authorization"] = f"Bearer {stub.key}"
        await post(http, stub, "/chat/completions", {"model": "m"})


async def send_without_key_and_fail() -> None:
    async with ScriptedModel() as stub, aiohttp.ClientSession() as http:
        await post(http, stub, "/chat/completions", CHAT)
        raise KeyError("mine")


async def test_leaving_a_double_with_violations_raises() -> None:
    with pytest.raises(DoubleViolated, match=r"POST /v1/chat/completions \[schema\] .*'messages' is a required"):
        await send_without_messages()


async def test_a_failing_test_keeps_its_own_error_and_gains_a_note() -> None:
    with pytest.raises(KeyError) as caught:
        await send_without_key_and_fail()
    assert "No API key" in caught.value.__notes__[0]


async def test_rules_come_before_the_queue_and_the_queue_before_the_standing_reply(
    http: aiohttp.ClientSession, stub: ScriptedModel
) -> None:
    stub.reply("standing")
    stub.reply_sequence(["first", "second"])
    stub.reply_when("magic", "by rule")
    stub.reply_when(lambda request: request.json.get("temperature") == 0, "by predicate")

    said = [await say(http, stub, text) for text in ("a", "magic", "b", "c", "d")]
    said.append(await say(http, stub, "e", temperature=0))

    assert [choice["message"]["content"] for choice in said] == [
        "first", "by rule", "second", "standing", "standing", "by predicate",
    ]  # fmt: skip


async def test_echo_repeats_the_last_user_message(http: aiohttp.ClientSession, stub: ScriptedModel) -> None:
    stub.echo_last_user()
    assert (await say(http, stub, "word for word"))["message"]["content"] == "word for word"


async def test_stop_and_token_limits_cut_the_reply(http: aiohttp.ClientSession, stub: ScriptedModel) -> None:
    stub.reply("one two three four")

    stopped = await say(http, stub, stop=["three"])
    limited = await say(http, stub, max_tokens=2)
    filtered = await say(http, stub, n=2)
    stub.reply(Reply("no", finish_reason="content_filter", reasoning="thinking hard"))
    refused = await say(http, stub)

    assert (stopped["message"]["content"], stopped["finish_reason"]) == ("one two ", "stop")
    assert (limited["message"]["content"], limited["finish_reason"]) == ("one two", "length")
    assert filtered["index"] == 0
    assert refused["finish_reason"] == "content_filter"
    assert refused["message"]["reasoning_content"] == "thinking hard"


async def test_a_forced_tool_is_called_with_arguments_of_its_schema(
    http: aiohttp.ClientSession, stub: ScriptedModel
) -> None:
    parameters = {
        "type": "object",
        "properties": {
            "city": {"type": "string"},
            "unit": {"enum": ["C", "F"]},
            "days": {"type": "integer", "minimum": 3},
            "places": {"type": "array", "items": {"$ref": "#/$defs/place"}},
        },
        "$defs": {"place": {"type": "object", "properties": {"open": {"type": "boolean"}}}},
    }

    choice = await say(http, stub, "Oslo", tools=[tool("weather", parameters)], tool_choice="required")

    call = choice["message"]["tool_calls"][0]["function"]
    assert (call["name"], json.loads(call["arguments"])) == (
        "weather",
        {"city": "Oslo", "unit": "C", "days": 3, "places": [{"open": True}]},
    )


async def test_older_functions_are_answered_with_a_function_call(
    http: aiohttp.ClientSession, stub: ScriptedModel
) -> None:
    stub.tool_call("add", {"a": 1})
    choice = await say(http, stub, functions=[{"name": "add", "parameters": {"type": "object", "properties": {}}}])

    assert choice["finish_reason"] == "function_call"
    assert choice["message"]["function_call"] == {"name": "add", "arguments": '{"a": 1}'}


async def test_a_script_that_calls_a_tool_nobody_offers_is_reported(
    http: aiohttp.ClientSession, stub: ScriptedModel
) -> None:
    stub.tool_call("add", {})
    status, _ = await post(http, stub, "/chat/completions", CHAT)
    assert (status, len(stub.take_violations())) == (400, 1)

    stub.tool_call("add", "not json", offered=False)
    choice = await say(http, stub)
    assert choice["message"]["tool_calls"][0]["function"]["arguments"] == "not json"


async def test_failures_can_be_bound_to_one_key() -> None:
    async with ScriptedModel(keys=["sk-a", "sk-b"]) as stub, aiohttp.ClientSession() as http:
        stub.fail(times=1, status=429, key="sk-b")
        statuses = []
        for key in ("sk-a", "sk-b", "sk-b"):
            async with http.post(
                f"{stub.url}/chat/completions", json=CHAT, headers={"Authorization": f"Bearer {key}"}
            ) as response:
                statuses.append(response.status)
    assert statuses == [200, 429, 200]


@pytest.mark.parametrize("stream", [False, True])
async def test_a_hanging_model_notices_that_its_client_hung_up(stub: ScriptedModel, stream: bool) -> None:
    stub.hang(times=1)
    headers = {"Authorization": f"Bearer {stub.key}"}
    async with aiohttp.ClientSession(headers=headers, timeout=aiohttp.ClientTimeout(total=0.2)) as http:
        with pytest.raises(TimeoutError):
            await post(http, stub, "/chat/completions", {**CHAT, "stream": stream})

    closed = await stub.wait_client_closed()

    assert closed.json["stream"] is stream


async def test_a_model_that_falls_silent_in_mid_stream(http: aiohttp.ClientSession, stub: ScriptedModel) -> None:
    stub.hang(times=1, after_events=2)
    response = await http.post(f"{stub.url}/chat/completions", json={**CHAT, "stream": True})
    assert await response.content.readuntil(b"\n\n")
    assert await response.content.readuntil(b"\n\n")
    assert not stub.requests[0].client_closed

    response.close()

    assert await stub.wait_client_closed() is stub.requests[0]


async def test_split_bytes_really_arrive_apart(http: aiohttp.ClientSession, stub: ScriptedModel) -> None:
    stub.reply(Reply("東京", chunks=("東京",)))
    stub.stream_as(StreamStyle(split_bytes=True, role_first=False))
    async with http.post(f"{stub.url}/chat/completions", json={**CHAT, "stream": True}) as response:
        first = await response.content.readany()
    with pytest.raises(UnicodeDecodeError):
        first.decode()


async def test_rerank_prefers_shared_words_and_obeys_a_script(http: aiohttp.ClientSession, stub: ScriptedModel) -> None:
    body: Json = {"model": "r", "query": "red boat", "documents": ["blue car", {"text": "a red boat"}], "top_n": 1}

    _, by_words = await post(http, stub, "/rerank", body)
    stub.rerank_by(lambda query, documents: [0.9, 0.1])
    _, by_script = await post(http, stub, "/rerank", {**body, "top_n": None, "return_documents": False})

    assert by_words["results"] == [{"index": 1, "relevance_score": 1.0, "document": {"text": "a red boat"}}]
    assert by_script["results"] == [{"index": 0, "relevance_score": 0.9}, {"index": 1, "relevance_score": 0.1}]


async def test_uploads_are_recorded_byte_for_byte(http: aiohttp.ClientSession, stub: ScriptedModel) -> None:
    content = bytes(range(256)) * 3 + b"\r\n--\r\n"
    form = aiohttp.FormData()
    form.add_field("model", "w")
    form.add_field("file", content, filename="Grüße.wav", content_type="audio/wav")

    async with http.post(f"{stub.url}/audio/transcriptions", data=form) as response:
        assert response.status == 200

    recorded = stub.requests[0].body
    assert isinstance(recorded, Form)
    assert recorded.fields == (("model", "w"),)
    assert [part.content for part in recorded.files] == [content]
    assert isinstance(recorded.files[0], FilePart)
    assert recorded.files[0].content_type == "audio/wav"


def test_a_model_in_a_thread_serves_blocking_clients() -> None:
    with ScriptedModel().in_thread() as stub:
        stub.reply("from the thread")
        request = urllib.request.Request(
            f"{stub.url}/chat/completions",
            data=json.dumps(CHAT).encode(),
            headers={"Authorization": f"Bearer {stub.key}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=5) as response:
            answer = json.load(response)
    assert answer["choices"][0]["message"]["content"] == "from the thread"
    assert stub.requests[0].json == CHAT


async def test_waiting_for_a_request_works_across_threads() -> None:
    with ScriptedModel().in_thread() as stub:
        waiting = asyncio.create_task(stub.wait_requests(1, "/models"))
        async with (
            aiohttp.ClientSession(headers={"Authorization": f"Bearer {stub.key}"}) as http,
            http.get(f"{stub.url}/models") as response,
        ):
            assert response.status == 200
        assert [request.method for request in await waiting] == ["GET"]


async def test_delays_hold_back_the_answer_and_each_event(http: aiohttp.ClientSession, stub: ScriptedModel) -> None:
    stub.reply(Reply("abc", chunks=("a", "b", "c")))
    stub.delay(0.1)
    stub.chunk_delay(0.05)
    clock = asyncio.get_running_loop().time

    began = clock()
    async with http.post(f"{stub.url}/chat/completions", json={**CHAT, "stream": True}) as response:
        first = clock() - began
        await response.read()

    assert first >= 0.1
    assert clock() - began >= 0.1 + 4 * 0.05
