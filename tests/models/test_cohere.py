"""What is Cohere's own: names, citations, thoughts, and the usage of its cache."""

from collections.abc import AsyncIterator

import pytest

from tests.doubles.cohere_wire import ScriptedCohere
from tests.doubles.script import Reply
from tests.doubles.script import ToolCall as ScriptedCall
from tests.models.vendors import SUM, ask, said, target_at, text_of
from treadle.engine.errors import InvokeAuthorizationError, InvokeBadRequestError, InvokeServerUnavailableError
from treadle.engine.ports import Message, Part
from treadle.models.http import ModelHttp
from treadle.models.protocols.cohere import Cohere
from treadle.models.protocols.cohere_reply import ReplyReader
from treadle.models.protocols.cohere_request import chat_body
from treadle.models.protocols.listing import RemoteModel
from treadle.models.target import Target


@pytest.fixture
async def server() -> AsyncIterator[ScriptedCohere]:
    async with ScriptedCohere() as double:
        yield double


def at(server: ScriptedCohere, model: str = "command-r-plus-chat") -> Target:
    return target_at(server.url, server.key, model=model)


async def test_a_local_suffix_stays_here(http: ModelHttp, server: ScriptedCohere) -> None:
    assert text_of(await said(Cohere(http), at(server), ask(top_p=0.5, top_k=4))) == "Hello"
    assert server.requests[0].json == {
        "model": "command-r-plus",
        "messages": [{"role": "user", "content": "Hi"}],
        "stream": True,
        "p": 0.5,
        "k": 4,
    }


async def test_citations_stay_out_of_the_text(http: ModelHttp, server: ScriptedCohere) -> None:
    server.citations = True
    server.cached_tokens = 2
    server.reply("Paris lies in France.")
    deltas = await said(Cohere(http), at(server), ask())
    assert text_of(deltas) == "Paris lies in France."
    assert deltas[-1].usage is not None
    assert deltas[-1].usage.cached_tokens == 2


async def test_arguments_come_in_ten_pieces(http: ModelHttp, server: ScriptedCohere) -> None:
    arguments = '{"x": 123456789, "why": "because — ünï"}'
    server.reply(Reply(tool_calls=(ScriptedCall("sum", arguments), ScriptedCall("now", "{}"))))
    calls = (await said(Cohere(http), at(server), ask(tools=(SUM,))))[-1].tool_calls
    assert [(call.name, call.arguments) for call in calls] == [("sum", arguments), ("now", "{}")]
    assert len({call.id for call in calls}) == 2


def test_thinking_and_schemas_have_their_shapes() -> None:
    wanted = {"type": "object", "properties": {"a": {"type": "string"}}}
    body = chat_body(
        target_at(""),
        ask(
            thinking=True,
            thinking_budget=99,
            response_format="json_schema",
            json_schema={"name": "n", "schema": wanted},
        ),
        stream=False,
    )
    assert body["thinking"] == {"type": "enabled", "token_budget": 99}
    assert body["response_format"] == {"type": "json_object", "json_schema": wanted}
    assert chat_body(target_at(""), ask(thinking=False), stream=False)["thinking"] == {"type": "disabled"}


def test_what_is_no_text_and_no_image_is_refused_here() -> None:
    sound = Part(type="audio", data="UklGRg==", format="wav")
    with pytest.raises(InvokeBadRequestError, match="no audio"):
        chat_body(target_at(""), ask(Message(role="user", content=(sound,))), stream=True)


async def test_embeddings_come_in_batches(http: ModelHttp, server: ScriptedCohere) -> None:
    found = await Cohere(http).embed(at(server, "embed-v4.0"), ["a", "b c", "d"], "query")
    assert (len(found.vectors), found.usage.prompt_tokens) == (3, 4)
    assert sorted(request.json["texts"] for request in server.requests) == [["a", "b c"], ["d"]]
    assert {request.json["input_type"] for request in server.requests} == {"search_query"}


def test_something_else_is_unreadable() -> None:
    with pytest.raises(InvokeServerUnavailableError, match="cannot be read"):
        ReplyReader(target_at(""), ask()).whole(b'{"surprise": 1}')


async def test_the_models_are_listed_page_by_page(http: ModelHttp, server: ScriptedCohere) -> None:
    server.model_pages = [
        [
            {"name": "command-a", "endpoints": ["chat", "generate"], "context_length": 256000.0},
            {"name": "old", "endpoints": ["chat"], "is_deprecated": True},
            {"name": "sorter", "endpoints": ["classify"]},
        ],
        [{"name": "embed-v4", "endpoints": ["embed"]}],
    ]
    assert await Cohere(http).list_models(at(server)) == [
        RemoteModel("command-a", "command-a", 256000),
        RemoteModel("embed-v4", "embed-v4"),
    ]
    with pytest.raises(InvokeAuthorizationError, match="command-r"):
        await Cohere(http).list_models(target_at(server.url, "wrong", model="command-r"))
    assert [each.kind for each in server.take_violations()] == ["auth"]
