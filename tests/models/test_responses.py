"""What is OpenAI's Responses' own: items, sealed thoughts, and what goes to the older protocol."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from tests.doubles.responses_wire import ScriptedResponses
from tests.doubles.script import Reply
from tests.doubles.script import ToolCall as ScriptedCall
from tests.doubles.scripted_model import ScriptedModel
from tests.models.vendors import SUM, ask, said, target_at, text_of, thoughts_of
from treadle.engine.ports import Message, ModelProfile, Part
from treadle.models.http import ModelHttp
from treadle.models.protocols import chat_protocol
from treadle.models.protocols.openai import OpenAI
from treadle.models.protocols.openai_responses import Responses
from treadle.models.protocols.openai_responses_reply import ReplyReader
from treadle.models.protocols.openai_responses_request import response_body
from treadle.models.target import Target


@pytest.fixture
async def server() -> AsyncIterator[ScriptedResponses]:
    async with ScriptedResponses() as double:
        yield double


def at(server: ScriptedResponses, model: str = "gpt-5") -> Target:
    return target_at(server.url, server.key, model=model, api_protocol="responses")


async def test_the_credential_chooses_the_protocol(http: ModelHttp, server: ScriptedResponses) -> None:
    assert isinstance(chat_protocol("openai", at(server), http), Responses)
    assert isinstance(chat_protocol("openai", target_at(server.url, api_protocol="chat"), http), OpenAI)
    itself = replace(target_at("https://api.openai.com/v1"), provider="openai")
    assert isinstance(chat_protocol("openai", itself, http), Responses)
    assert isinstance(chat_protocol("openai", replace(itself, settings={"api_protocol": "chat"}), http), OpenAI)
    assert isinstance(chat_protocol("openai", replace(itself, base_url=server.url), http), OpenAI)
    assert isinstance(chat_protocol("openai", replace(itself, provider="elsewhere"), http), OpenAI)
    old = target_at(server.url, api_protocol="responses", profile=ModelProfile(mode="completion"))
    assert isinstance(chat_protocol("openai", old, http), OpenAI)


async def test_nothing_is_stored_at_the_vendor(http: ModelHttp, server: ScriptedResponses) -> None:
    await said(Responses(http), at(server, "gpt-4o"), ask(max_tokens=5, temperature=0.5))
    assert server.requests[0].json == {
        "model": "gpt-4o",
        "input": [{"role": "user", "content": "Hi"}],
        "store": False,
        "max_output_tokens": 16,
        "temperature": 0.5,
        "stream": True,
    }


async def test_sealed_thoughts_go_back_with_their_calls(http: ModelHttp, server: ScriptedResponses) -> None:
    server.cached_tokens = 2
    server.reply_sequence([Reply(reasoning="Hm", tool_calls=(ScriptedCall("sum", {"x": 1}),))])
    first = await said(Responses(http), at(server), ask(tools=(SUM,), reasoning_effort="high"))
    assert thoughts_of(first) == "Hm"
    assert first[-1].usage is not None
    assert first[-1].usage.cached_tokens == 2
    assert server.requests[0].json["reasoning"] == {"effort": "high", "summary": "auto"}
    calls = first[-1].tool_calls
    again = ask(
        Message(role="user", content="Hi"),
        Message(role="assistant", tool_calls=calls),
        Message(role="tool", content="1", tool_call_id=calls[0].id),
        tools=(SUM,),
    )
    assert text_of(await said(Responses(http), at(server), again)) == "Hello"
    assert server.requests[1].json["input"][1:] == [
        {
            "type": "reasoning",
            "id": "rs_1",
            "encrypted_content": "c2VhbGVk",
            "summary": [{"type": "summary_text", "text": "Hm"}],
        },
        {"type": "function_call", "call_id": calls[0].id, "name": "sum", "arguments": '{"x": 1}'},
        {"type": "function_call_output", "call_id": calls[0].id, "output": "1"},
    ]


def test_files_and_schemas_have_their_shapes() -> None:
    parts = (
        Part(type="image", url="https://x.test/a.png"),
        Part(type="document", data="cGRm", mime_type="application/pdf", filename="a.pdf"),
    )
    wanted = {"name": "n", "schema": {"type": "object"}, "strict": True}
    request = ask(Message(role="user", content=parts), response_format="json_schema", json_schema=wanted)
    body = response_body(target_at("", model="gpt-4o"), request, stream=False)
    assert body["input"] == [
        {
            "role": "user",
            "content": [
                {"type": "input_image", "image_url": "https://x.test/a.png", "detail": "high"},
                {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,cGRm"},
            ],
        }
    ]
    assert body["text"] == {"format": {"type": "json_schema", **wanted}}


@pytest.mark.parametrize("parameters", [{"seed": 7}, {"presence_penalty": 0.5}])
async def test_what_only_the_older_protocol_knows_goes_there(
    http: ModelHttp, upstream: ScriptedModel, parameters: dict[str, float]
) -> None:
    target = target_at(upstream.url, upstream.key, model="gpt-4o")
    assert text_of(await said(Responses(http), target, ask(**parameters)))
    assert (await Responses(http).complete(target, ask(stop=("END",)))).text
    assert {request.path for request in upstream.requests} == {"/v1/chat/completions"}


async def test_embeddings_are_the_older_protocols(http: ModelHttp, upstream: ScriptedModel) -> None:
    found = await Responses(http).embed(target_at(upstream.url, upstream.key), ["a", "b"], "document")
    assert len(found.vectors) == 2


def test_a_failed_response_is_an_error() -> None:
    reply = ReplyReader(target_at(""), ask())
    reply.read([b'{"type":"response.failed","response":{"error":{"code":"rate_limit_exceeded","message":"slow"}}}'])
    assert reply.failure is not None
    assert "slow" in str(reply.failure)
    assert not reply.complete
