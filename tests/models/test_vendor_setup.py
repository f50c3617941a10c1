"""Providers with protocols of their own, from the credential form to the answer."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.doubles.bedrock_wire import ScriptedBedrock
from tests.doubles.cohere_wire import ScriptedCohere
from tests.doubles.ollama_wire import ScriptedOllama
from tests.doubles.rerank_wire import ScriptedRetrieval
from tests.doubles.responses_wire import ScriptedResponses
from tests.doubles.vendor import ScriptedVendor
from treadle.engine.ports import ChatRequest, Message, ModelRef
from treadle.models.service import ModelService
from treadle.platform.crypto import Crypto
from treadle.platform.db import Database

WORKSPACE = "workspace-1"

Kinds = dict[str, str]

SETUPS: dict[str, tuple[type[ScriptedVendor], Kinds]] = {
    "cohere": (
        ScriptedCohere,
        {"llm": "command-r7b-12-2024", "text-embedding": "embed-v4.0", "rerank": "rerank-v3.5"},
    ),
    "ollama": (ScriptedOllama, {"llm": "llama3.2", "text-embedding": "nomic-embed-text"}),
    "bedrock": (
        ScriptedBedrock,
        {
            "llm": "amazon.nova-micro-v1:0",
            "text-embedding": "amazon.titan-embed-text-v2:0",
            "rerank": "cohere.rerank-v3-5:0",
        },
    ),
    "openai": (ScriptedResponses, {"llm": "gpt-5-mini"}),
    "huggingface_tei": (ScriptedVendor, {"text-embedding": "bge", "rerank": "bge-reranker"}),
    "jina": (ScriptedVendor, {"text-embedding": "my-embedder", "rerank": "my-reranker"}),
}


def credentials(provider: str, server: ScriptedVendor) -> dict[str, str | bool]:
    """The form of the provider, filled in."""
    match provider:
        case "cohere":
            return {"api_key": server.key, "base_url": server.origin}
        case "ollama":
            return {"base_url": server.origin, "mode": "chat", "context_size": "2048"}
        case "bedrock":
            keys: dict[str, str | bool] = {"aws_access_key_id": server.key, "aws_secret_access_key": "secret/key"}
            return {**keys, "aws_region": "eu-west-1", "bedrock_endpoint_url": server.origin}
        case "openai":
            base = f"{server.origin}/v1"
            return {"openai_api_key": server.key, "openai_api_base": base, "api_protocol": "responses"}
        case "jina":
            return {"api_key": server.key, "base_url": f"{server.origin}/v1"}
        case _:
            return {"api_key": server.key, "server_url": server.origin}


@pytest.fixture
async def service(db: Database, tmp_path: Path) -> AsyncIterator[ModelService]:
    models = ModelService(db, Crypto.open(tmp_path / "key"))
    yield models
    await models.close()


@pytest.mark.parametrize("provider", SETUPS)
async def test_a_provider_is_checked_stored_and_called(service: ModelService, provider: str) -> None:
    make, kinds = SETUPS[provider]
    server: ScriptedVendor
    if provider == "jina":
        server = ScriptedRetrieval("jina")
    elif provider == "huggingface_tei":
        server = ScriptedRetrieval("tei")
    else:
        server = make()
    async with server:
        for kind, name in kinds.items():
            await service.add_model(WORKSPACE, provider, kind, name, credentials(provider, server))
        models = service.for_workspace(WORKSPACE)
        checks = len(server.requests)
        assert checks == len(kinds)
        for kind, name in kinds.items():
            ref = ModelRef(provider, name)
            match kind:
                case "llm":
                    request = ChatRequest(model=ref, messages=(Message(role="user", content="Hi"),))
                    assert "".join([delta.text async for delta in models.chat(request)]) == "Hello"
                case "rerank":
                    ranking = await models.rerank(ref, "red apple", ["blue sky", "red apple"], 1)
                    assert [(each.index, each.text) for each in ranking.documents] == [(1, "red apple")]
                case _:
                    assert len((await models.embed(ref, ["one", "two"])).vectors) == 2
        infos = {(each.provider, each.model) for each in await service.list_models(WORKSPACE)}
        assert {(provider, name) for name in kinds.values()} <= infos
