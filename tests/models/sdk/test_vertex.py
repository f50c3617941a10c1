"""What we send to Vertex AI is what the vendors' SDKs send there."""

from typing import Any

import pytest

from tests.doubles.gemini_wire import ScriptedVertex, spelled
from tests.models.sdk.conversations import CONVERSATIONS, Conversation
from tests.models.sdk.speakers import through_claude_on_vertex, through_gemini_on_vertex
from tests.models.sdk.test_requests import MEANT, differences
from treadle.engine.ports import ChatRequest
from treadle.models.http import ModelHttp
from treadle.models.protocols.gemini_vertex import Vertex
from treadle.models.target import Target

NAMES = frozenset({
    "plain", "system and turns", "unicode", "an image", "parallel calls", "a schema", "a stop word",
    "a document", "thinking", "signed thoughts", "a signed call",
})  # fmt: skip
CHOSEN = [each for each in CONVERSATIONS if each.name in NAMES]
UNSIGNED = frozenset({"parallel calls"})
"""What the SDK is refused at Gemini, and we are not: calls that nobody signed."""


async def ours(http: ModelHttp, vertex: ScriptedVertex, request: ChatRequest) -> None:
    """Sends a request through our adapter."""
    target = Target(
        provider="vertex_ai",
        name=request.model.name,
        upstream=request.model.name,
        base_url=vertex.url,
        settings={
            "vertex_project_id": "p-1",
            "vertex_location": "eu",
            "vertex_anthropic_location": "us-east5",
            "vertex_service_account_key": vertex.account,
        },
    )
    async for _ in Vertex(http).stream(target, request):
        pass


@pytest.mark.parametrize("each", [each for each in CHOSEN if "anthropic" in each.vendors], ids=lambda each: each.name)
async def test_of_claude(http: ModelHttp, each: Conversation) -> None:
    async with ScriptedVertex() as vertex:
        try:
            await through_claude_on_vertex(vertex.url, "ya29.0", each.request("anthropic"))
        finally:
            refused = vertex.take_violations()
        await ours(http, vertex, each.request("anthropic"))
    unmeant(vertex, "anthropic", each, refused)


@pytest.mark.parametrize(
    "each",
    [each for each in CHOSEN if "gemini" in each.vendors and each.name not in UNSIGNED],
    ids=lambda each: each.name,
)
async def test_of_gemini(http: ModelHttp, each: Conversation) -> None:
    async with ScriptedVertex() as vertex:
        try:
            await through_gemini_on_vertex(vertex.url, "ya29.0", each.request("gemini"))
        finally:
            refused = vertex.take_violations()
        await ours(http, vertex, each.request("gemini"))
    unmeant(vertex, "gemini", each, refused)


def unmeant(vertex: ScriptedVertex, vendor: Any, each: Conversation, refused: object) -> None:
    """Asserts that the two requests to the model are the same but for what is meant."""
    assert refused == []
    sdk, own = (request for request in vertex.requests if request.path != "/token")
    assert (sdk.path, sdk.query) == (own.path, own.query)
    found = differences(*(spelled(request.json) if vendor == "gemini" else request.json for request in (sdk, own)))
    assert [path for path in found if not any(row.covers(vendor, each.name, path) for row in MEANT)] == []
