"""Vertex AI against a double of it: tokens for a service account, Gemini's protocol and Claude's."""

import base64
import json
from collections.abc import AsyncIterator

import pytest

from tests.doubles.gemini_wire import ScriptedVertex
from tests.doubles.script import Reply
from tests.doubles.vectors import embed
from treadle.engine.errors import InvokeAuthorizationError, InvokeBadRequestError, InvokeRateLimitError
from treadle.engine.ports import ChatDelta, ChatRequest, Message, ModelRef, ToolSpec
from treadle.engine.values import JsonValue
from treadle.models.http import ModelHttp
from treadle.models.protocols.gemini_vertex import PUBLIC, Vertex, model_address
from treadle.models.target import Target

NOW = ToolSpec("now", "Tells the time.", {})


@pytest.fixture
async def upstream() -> AsyncIterator[ScriptedVertex]:
    async with ScriptedVertex() as model:
        yield model


@pytest.fixture
def wire(http: ModelHttp) -> Vertex:
    return Vertex(http)


def target(
    url: str, model: str = "gemini-3.8-flash", key: str = "", *, batch: int = 1, location: str = "eu", **more: str
) -> Target:
    return Target(
        provider="vertex_ai",
        name=model,
        upstream=model,
        base_url=url,
        secrets=(key,) if key else (),
        settings={
            "vertex_project_id": "p-1",
            "vertex_location": location,
            "vertex_service_account_key": key,
            **more,
        },
        batch=batch,
    )


def ask(tools: tuple[ToolSpec, ...] = (), **parameters: JsonValue) -> ChatRequest:
    return ChatRequest(
        model=ModelRef("vertex_ai", "any"),
        messages=(Message(role="system", content="Be kind."), Message(role="user", content="Hi")),
        parameters=parameters,
        tools=tools,
    )


async def said(wire: Vertex, to: Target, request: ChatRequest) -> list[ChatDelta]:
    return [delta async for batch in wire.stream(to, request) for delta in batch]


def text_of(deltas: list[ChatDelta]) -> str:
    return "".join(delta.text for delta in deltas)


async def test_a_token_is_asked_for_once_and_gemini_answers(wire: Vertex, upstream: ScriptedVertex) -> None:
    upstream.reply(Reply("Grüße!", reasoning="Hm"))
    to = target(upstream.url, key=upstream.account)
    assert text_of(await said(wire, to, ask(max_output_tokens=9))) == "Grüße!"
    assert (await wire.complete(to, ask())).text == "Grüße!"
    encoded = base64.b64encode(upstream.account.encode()).decode()
    assert [request.path for request in upstream.requests] == [
        "/token",
        "/v1/projects/p-1/locations/eu/publishers/google/models/gemini-3.8-flash:streamGenerateContent",
        "/v1/projects/p-1/locations/eu/publishers/google/models/gemini-3.8-flash:generateContent",
    ]
    assert upstream.requests[1].json == {
        "contents": [{"role": "user", "parts": [{"text": "Hi"}]}],
        "systemInstruction": {"parts": [{"text": "Be kind."}]},
        "generationConfig": {"maxOutputTokens": 9},
    }
    assert (await wire.complete(target(upstream.url, key=encoded), ask())).text == "Grüße!"
    assert upstream.tokens == 2


async def test_claude_speaks_its_own_protocol_in_its_own_location(wire: Vertex, upstream: ScriptedVertex) -> None:
    upstream.claude.reply_sequence(["Bonjour!", "Salut!"])
    upstream.claude.tool_call("now")
    to = target(upstream.url, "claude-sonnet-4-5@20250929", upstream.account, vertex_anthropic_location="us-east5")
    assert text_of(await said(wire, to, ask(max_tokens=9))) == "Bonjour!"
    at = "/v1/projects/p-1/locations/us-east5/publishers/anthropic/models/claude-sonnet-4-5@20250929"
    assert [request.path for request in upstream.requests] == ["/token", f"{at}:streamRawPredict"]
    assert upstream.requests[-1].json == {
        "max_tokens": 9,
        "messages": [{"role": "user", "content": "Hi"}],
        "system": "Be kind.",
        "stream": True,
        "anthropic_version": "2026-10-21",
    }
    assert (await wire.complete(to, ask(max_tokens=9, temperature=0.5))).text == "Salut!"
    assert upstream.requests[-1].path == f"{at}:rawPredict"
    assert upstream.requests[-1].json["anthropic_version"] == "vertex-2023-10-16"
    calls = (await said(wire, to, ask((NOW,), max_tokens=9)))[-1].tool_calls
    assert [(call.name, call.arguments) for call in calls] == [("now", "{}")]


@pytest.mark.parametrize("model", ["gemini-embedding-001", "text-embedding-005"])
async def test_texts_become_vectors(wire: Vertex, upstream: ScriptedVertex, model: str) -> None:
    batch = 1 if model == "gemini-embedding-001" else 5
    found = await wire.embed(target(upstream.url, model, upstream.account, batch=batch), ["a", "b", "c"], "document")
    assert found.vectors == [embed(text, 8) for text in ("a", "b", "c")]
    assert found.usage.total_tokens == 6


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("", "no service account's key is stored"),
        ("not base64!", "no JSON key file, nor base64 of one"),
        ("{}", "no JSON key file"),
        (json.dumps({"client_email": "a@b", "private_key": "nonsense"}), "private key .* cannot be read"),
    ],
)
async def test_a_key_that_is_none_is_told(wire: Vertex, upstream: ScriptedVertex, key: str, reason: str) -> None:
    with pytest.raises(InvokeAuthorizationError, match=reason):
        await wire.complete(target(upstream.url, key=key), ask())
    assert upstream.requests == []


async def test_a_key_that_google_does_not_accept_is_told(wire: Vertex, upstream: ScriptedVertex) -> None:
    async with ScriptedVertex() as other:
        foreign = {**json.loads(other.account), "token_uri": f"{upstream.origin}/token"}
    with pytest.raises(InvokeAuthorizationError, match=r"did not accept .*: Invalid JWT Signature\. Make a new key"):
        await wire.complete(target(upstream.url, key=json.dumps(foreign)), ask())


async def test_the_platform_refuses_in_its_own_form(wire: Vertex, upstream: ScriptedVertex) -> None:
    upstream.fail(status=429, retry_after=3, path=":streamRawPredict", message="Quota exceeded")
    to = target(upstream.url, "claude-opus-5-5", upstream.account)
    with pytest.raises(InvokeRateLimitError, match="Quota exceeded") as caught:
        await said(wire, to, ask(max_tokens=9))
    assert caught.value.retry_after == 3


@pytest.mark.parametrize(
    ("location", "more", "host"),
    [
        ("global", {}, "https://aiplatform.googleapis.com/v1/projects/p-1/locations/global/"),
        ("eu", {}, "https://aiplatform.eu.rep.googleapis.com/v1/projects/p-1/locations/eu/"),
        ("us-central1", {}, "https://us-central1-aiplatform.googleapis.com/v1/projects/p-1/locations/us-central1/"),
        (
            "us-central1",
            {"vertex_global_models": "gemini-x, gemini-3.8-flash"},
            "https://aiplatform.googleapis.com/v1/projects/p-1/locations/global/",
        ),
    ],
)
def test_each_location_has_its_address(location: str, more: dict[str, str], host: str) -> None:
    address = model_address(target(PUBLIC, location=location, **more))
    assert address == f"{host}publishers/google/models/gemini-3.8-flash"


def test_without_a_location_there_is_no_address() -> None:
    with pytest.raises(InvokeBadRequestError, match="project or location is missing"):
        model_address(target(PUBLIC, location=""))
