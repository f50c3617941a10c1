"""What is Ollama's own: options, lines, images as data, tools by name, and the models that it holds."""

from collections.abc import AsyncIterator

import pytest

from tests.doubles.ollama_wire import ScriptedOllama
from tests.doubles.script import Reply
from tests.models.vendors import SUM, ask, said, target_at, text_of, thoughts_of
from treadle.engine.errors import InvokeBadRequestError
from treadle.engine.ports import Message, ModelProfile, Part, ToolCall
from treadle.models.http import ModelHttp
from treadle.models.protocols.listing import RemoteModel, listing_protocol
from treadle.models.protocols.ollama import Ollama
from treadle.models.protocols.ollama_request import chat_body


@pytest.fixture
async def server() -> AsyncIterator[ScriptedOllama]:
    async with ScriptedOllama(models=("a-model", "another:7b")) as double:
        yield double


async def test_parameters_are_options_but_for_a_few(http: ModelHttp, server: ScriptedOllama) -> None:
    profile = ModelProfile(context_size=8192)
    request = ask(tools=(SUM,), stop=("END",), temperature=0.5, max_tokens=9, think=True, keep_alive="5m")
    await said(Ollama(http), target_at(server.url, profile=profile), request)
    body = server.requests[0].json
    assert body["options"] == {"temperature": 0.5, "num_predict": 9, "num_ctx": 8192, "stop": ["END"]}
    assert (body["think"], body["keep_alive"], body["stream"]) == (True, "5m", True)
    assert body["tools"][0]["function"]["name"] == "sum"


async def test_an_address_with_a_version_is_understood(http: ModelHttp, server: ScriptedOllama) -> None:
    for path in ("/v1", "/v1/", "/api", "/"):
        assert text_of(await said(Ollama(http), target_at(f"{server.url}{path}"), ask())) == "Hello"


async def test_a_completion_model_is_asked_to_generate(http: ModelHttp, server: ScriptedOllama) -> None:
    server.reply(Reply("over the moon", reasoning="A cow?"))
    target = target_at(server.url, profile=ModelProfile(mode="completion"))
    request = ask(Message(role="user", content=(Part(type="text", text="The cow"), Part(type="image", data="aW1n"))))
    deltas = await said(Ollama(http), target, request)
    assert (text_of(deltas), thoughts_of(deltas)) == ("over the moon", "A cow?")
    assert server.requests[0].path == "/api/generate"
    assert (server.requests[0].json["prompt"], server.requests[0].json["images"]) == ("The cow", ["aW1n"])
    assert (await Ollama(http).complete(target, request)).text == "over the moon"


def test_images_are_data_and_nothing_else_is_sent() -> None:
    image = Part(type="image", data="aW1n", mime_type="image/png")
    body = chat_body(target_at(""), ask(Message(role="user", content=(image,))), stream=True)
    assert body["messages"] == [{"role": "user", "content": "", "images": ["aW1n"]}]
    for part in (Part(type="image", url="https://x.test/a.png"), Part(type="document", data="cGRm")):
        with pytest.raises(InvokeBadRequestError):
            chat_body(target_at(""), ask(Message(role="user", content=(part,))), stream=True)


def test_results_name_their_tool() -> None:
    call = ToolCall("call_1", "sum", '{"x": 1}')
    request = ask(
        Message(role="user", content="1?"),
        Message(role="assistant", tool_calls=(call,)),
        Message(role="tool", content="1", tool_call_id="call_1"),
    )
    assert chat_body(target_at(""), request, stream=True)["messages"] == [
        {"role": "user", "content": "1?"},
        {"role": "assistant", "content": "", "tool_calls": [{"function": {"name": "sum", "arguments": {"x": 1}}}]},
        {"role": "tool", "content": "1", "tool_name": "sum"},
    ]


@pytest.mark.parametrize(
    ("parameters", "form"),
    [
        ({"response_format": "json_object"}, "json"),
        ({"response_format": "json_schema", "json_schema": '{"type": "object"}'}, {"type": "object"}),
        ({"response_format": "text"}, None),
        ({"format": "json"}, "json"),
    ],
)
def test_forms_of_replies(parameters: dict[str, str], form: object) -> None:
    assert chat_body(target_at(""), ask(**parameters), stream=True).get("format") == form


async def test_a_model_that_is_not_held_is_told_how_to_get_it(http: ModelHttp, server: ScriptedOllama) -> None:
    with pytest.raises(InvokeBadRequestError, match="ollama pull missing"):
        await said(Ollama(http), target_at(server.url, model="missing"), ask())


async def test_embeddings(http: ModelHttp, server: ScriptedOllama) -> None:
    found = await Ollama(http).embed(target_at(server.url), ["a", "b c", "d"], "document")
    assert (len(found.vectors), found.usage.prompt_tokens, len(server.requests)) == (3, 4, 2)


async def test_the_server_tells_its_models(http: ModelHttp, server: ScriptedOllama) -> None:
    listing = listing_protocol("ollama", http)
    assert listing is not None
    found = await listing.list_models(target_at(server.url))
    assert found == [RemoteModel("a-model", "a-model"), RemoteModel("another:7b", "another:7b")]
