"""The doubles of Cohere, Ollama, Bedrock, Responses and the rerankers refuse what the vendors would."""

from collections.abc import Callable
from typing import Any

import aiohttp
import pytest

from tests.doubles.bedrock_wire import ScriptedBedrock
from tests.doubles.cohere_wire import ScriptedCohere
from tests.doubles.ollama_wire import ScriptedOllama
from tests.doubles.rerank_wire import ScriptedRetrieval
from tests.doubles.responses_wire import ScriptedResponses
from tests.doubles.vendor import ScriptedVendor

HI = [{"role": "user", "content": "Hi"}]
BLOCKS = [{"role": "user", "content": [{"text": "Hi"}]}]
RESULT = {"toolResult": {"toolUseId": "a", "content": [{"text": "b"}]}}

RANK: dict[str, Any] = {"model": "m", "query": "q", "documents": ["a"]}

Make = Callable[[], ScriptedVendor]

REFUSED: list[tuple[str, Make, str, dict[str, Any]]] = [
    ("an unknown member", ScriptedCohere, "/v2/chat", {"model": "m", "messages": HI, "stream": True, "top_p": 1}),
    ("no stream member", ScriptedCohere, "/v2/chat", {"model": "m", "messages": HI}),
    (
        "a result without a call",
        ScriptedCohere,
        "/v2/chat",
        {"model": "m", "messages": [{"role": "tool", "tool_call_id": "x", "content": "1"}], "stream": False},
    ),
    ("no purpose", ScriptedCohere, "/v2/embed", {"model": "m", "texts": ["a"]}),
    ("an unknown option", ScriptedOllama, "/api/chat", {"model": "m", "messages": HI, "options": {"max_tokens": 1}}),
    (
        "arguments as text",
        ScriptedOllama,
        "/api/chat",
        {
            "model": "m",
            "messages": [
                {"role": "assistant", "content": "", "tool_calls": [{"function": {"name": "a", "arguments": "{}"}}]}
            ],
        },
    ),
    (
        "an address of an image",
        ScriptedOllama,
        "/api/chat",
        {"model": "m", "messages": [{"role": "user", "content": "", "images": ["https://x.test/a.png"]}]},
    ),
    ("blank text", ScriptedBedrock, "/model/m/converse", {"messages": [{"role": "user", "content": [{"text": " "}]}]}),
    ("two turns of one", ScriptedBedrock, "/model/m/converse", {"messages": BLOCKS + BLOCKS}),
    ("a wrong name", ScriptedBedrock, "/model/m/converse", {"messages": BLOCKS, "inferenceConfig": {"max_tokens": 1}}),
    ("an empty union", ScriptedBedrock, "/model/m/converse", {"messages": [{"role": "user", "content": [{}]}]}),
    ("a stray result", ScriptedBedrock, "/model/m/converse", {"messages": [{"role": "user", "content": [RESULT]}]}),
    ("a chat's member", ScriptedResponses, "/v1/responses", {"model": "m", "input": HI, "messages": HI}),
    (
        "a chat's tool",
        ScriptedResponses,
        "/v1/responses",
        {"model": "m", "input": HI, "tools": [{"type": "function", "function": {"name": "a"}}]},
    ),
    (
        "a stray output",
        ScriptedResponses,
        "/v1/responses",
        {"model": "m", "input": [{"type": "function_call_output", "call_id": "a", "output": "b"}]},
    ),
    ("top_n", lambda: ScriptedRetrieval("voyage"), "/v1/rerank", {**RANK, "top_n": 1}),
    ("documents", lambda: ScriptedRetrieval("mixedbread"), "/v1/reranking", RANK),
    ("a model", lambda: ScriptedRetrieval("tei"), "/rerank", {"model": "m", "query": "q", "texts": ["a"]}),
    ("too many", lambda: ScriptedRetrieval("jina", most=1), "/v1/embeddings", {"model": "m", "input": ["a", "b"]}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("make", "path", "body"), [case[1:] for case in REFUSED], ids=[f"{case[2]}: {case[0]}" for case in REFUSED]
)
async def test_what_the_vendor_would_refuse_is_refused(make: Make, path: str, body: dict[str, Any]) -> None:
    async with make() as server, aiohttp.ClientSession() as client:
        headers = {"Authorization": f"Bearer {server.key}"}
        async with client.post(server.origin + path, json=body, headers=headers) as answer:
            assert answer.status in (400, 422), await answer.text()
        assert len(server.take_violations()) == 1


@pytest.mark.parametrize("make", [ScriptedCohere, ScriptedBedrock, ScriptedResponses])
async def test_a_call_without_a_key_is_refused(make: Make) -> None:
    path = {"ScriptedCohere": "/v2/chat", "ScriptedBedrock": "/model/m/converse"}.get(make.__name__, "/v1/responses")
    async with make() as server, aiohttp.ClientSession() as client:
        async with client.post(server.origin + path, json={}) as answer:
            assert answer.status in (401, 403)
        assert [each.kind for each in server.take_violations()] == ["auth"]
