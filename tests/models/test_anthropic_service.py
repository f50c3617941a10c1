"""Claude, Gemini and Vertex AI as a workspace sets them up and calls them."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.doubles.anthropic_wire import ScriptedClaude
from tests.doubles.gemini_wire import ScriptedGemini, ScriptedVertex
from tests.doubles.script import Reply
from tests.doubles.script import ToolCall as ScriptedCall
from tests.doubles.scripted_model import ScriptedModel
from treadle.engine.errors import InvokeBadRequestError
from treadle.engine.ports import ChatDelta, ChatRequest, Message, ModelRef, ToolSpec
from treadle.engine.values import JsonValue
from treadle.models.errors import CredentialsValidateFailedError
from treadle.models.http import ModelHttp
from treadle.models.protocols.listing import RemoteModel, listing_protocol
from treadle.models.service import ModelService
from treadle.models.target import Target
from treadle.platform.crypto import Crypto
from treadle.platform.db import Database

HERE = "workspace-1"
NOW = ToolSpec("now", "Tells the time.", {})


@pytest.fixture
async def service(db: Database, tmp_path: Path) -> AsyncIterator[ModelService]:
    models = ModelService(db, Crypto.open(tmp_path / "key"))
    yield models
    await models.close()


@pytest.fixture
async def claude() -> AsyncIterator[ScriptedClaude]:
    async with ScriptedClaude() as double:
        yield double


@pytest.fixture
async def gemini() -> AsyncIterator[ScriptedGemini]:
    async with ScriptedGemini() as double:
        yield double


def ask(provider: str, name: str, *, tools: tuple[ToolSpec, ...] = (), **parameters: JsonValue) -> ChatRequest:
    return ChatRequest(
        model=ModelRef(provider, name),
        messages=(Message(role="user", content="Hi"),),
        parameters=parameters,
        tools=tools,
    )


async def said(service: ModelService, request: ChatRequest) -> list[ChatDelta]:
    return [delta async for delta in service.for_workspace(HERE).chat(request)]


async def test_one_key_opens_every_claude(service: ModelService, claude: ScriptedClaude) -> None:
    credentials = {"anthropic_api_key": claude.key, "anthropic_api_url": claude.origin}
    info = await service.add_model(HERE, "anthropic", "llm", "claude-haiku-4-5-20251001", credentials, default=True)
    assert (info.scope, info.default) == ("provider", True)
    assert {"vision", "document", "structured-output", "stream-tool-call"} <= set(info.features)
    assert claude.requests[0].json["max_tokens"] == 16
    names = [each.model for each in await service.list_models(HERE) if not each.deprecated]
    assert "claude-opus-5-5" in names
    claude.reply(Reply("Yes.", tool_calls=(ScriptedCall("now"),)))
    deltas = await said(
        service, ask("langgenius/anthropic/anthropic", "claude-opus-5-5", tools=(NOW,), temperature=0.5)
    )
    assert "".join(delta.text for delta in deltas) == "Yes."
    assert [call.name for call in deltas[-1].tool_calls] == ["now"]
    assert deltas[-1].usage is not None
    assert deltas[-1].usage.total_price > 0
    body = claude.requests[-1].json
    assert (body["max_tokens"], body.get("temperature")) == (16384, None)
    await said(service, ask("anthropic", "claude-sonnet-4-6", temperature=0.5, response_format="JSON"))
    assert claude.requests[-1].json["system"] == "Answer with a JSON object."
    assert claude.requests[-1].json["temperature"] == 0.5
    with pytest.raises(InvokeBadRequestError, match="choose one of low, medium, high, xhigh, max"):
        await said(service, ask("anthropic", "claude-opus-5-5", effort="huge"))


async def test_a_claude_that_is_not_listed_takes_the_same_key(service: ModelService, claude: ScriptedClaude) -> None:
    credentials = {"anthropic_api_key": claude.key, "anthropic_api_url": f"{claude.origin}/v1"}
    await service.add_model(HERE, "anthropic", "llm", "claude-of-tomorrow", credentials)
    claude.reply("Good morning.")
    deltas = await said(service, ask("anthropic", "claude-of-tomorrow", thinking=True))
    assert "".join(delta.text for delta in deltas) == "Good morning."
    assert claude.requests[-1].json["thinking"] == {"type": "adaptive", "display": "summarized"}


async def test_a_wrong_key_is_not_stored(service: ModelService, claude: ScriptedClaude, gemini: ScriptedGemini) -> None:
    wrong = {"anthropic_api_key": "sk-ant-wrong", "anthropic_api_url": claude.origin}
    with pytest.raises(CredentialsValidateFailedError, match="refused the API key"):
        await service.add_model(HERE, "anthropic", "llm", "claude-haiku-4-5-20251001", wrong)
    wrong = {"google_api_key": "AIza-wrong", "google_base_url": gemini.origin}
    with pytest.raises(CredentialsValidateFailedError, match="refused the API key"):
        await service.add_model(HERE, "google", "llm", "gemini-3.8-flash", wrong)
    assert await service.list_models(HERE) == []
    assert len(claude.take_violations()) == len(gemini.take_violations()) == 1


async def test_one_key_opens_every_gemini(service: ModelService, gemini: ScriptedGemini) -> None:
    credentials = {"google_api_key": gemini.key, "google_base_url": gemini.origin}
    info = await service.add_model(HERE, "langgenius/gemini/google", "llm", "gemini-3.8-flash", credentials)
    assert (info.provider, info.context_size) == ("google", 1048576)
    assert gemini.requests[0].json["generationConfig"] == {"maxOutputTokens": 16}
    await service.add_model(HERE, "google", "text-embedding", "gemini-embedding-001", credentials)
    models = service.for_workspace(HERE)
    found = await models.embed(ModelRef("google", "gemini-embedding-001"), ["one", "two"])
    assert len(found.vectors) == 2
    gemini.reply("Hello!")
    deltas = await said(service, ask("google", "gemini-2.5-pro", max_tokens=50, temperature=2.0, thinking_budget=128))
    assert "".join(delta.text for delta in deltas) == "Hello!"
    assert gemini.requests[-1].json["generationConfig"] == {
        "temperature": 2.0,
        "maxOutputTokens": 50,
        "thinkingConfig": {"thinkingBudget": 128},
    }


async def test_a_service_account_opens_vertex_ai(service: ModelService) -> None:
    async with ScriptedVertex() as vertex:
        credentials = {
            "vertex_project_id": "p-1",
            "vertex_service_account_key": vertex.account,
            "vertex_base_url": vertex.origin,
        }
        await service.add_model(HERE, "vertex_ai", "llm", "claude-haiku-4-5@20251001", credentials)
        assert vertex.requests[-1].path.endswith(
            "/locations/global/publishers/anthropic/models/claude-haiku-4-5@20251001:rawPredict"
        )
        shown = await service.credentials(HERE, "vertex_ai")
        assert "PRIVATE" not in str(shown["vertex_service_account_key"])
        vertex.reply("Hello!")
        deltas = await said(service, ask("vertex_ai", "gemini-3.8-flash"))
        assert "".join(delta.text for delta in deltas) == "Hello!"


async def test_each_provider_lists_its_models(http: ModelHttp, claude: ScriptedClaude, gemini: ScriptedGemini) -> None:
    at_claude = Target(
        provider="anthropic", name="", upstream="", base_url=claude.url, headers={"x-api-key": claude.key}
    )
    async with ScriptedModel() as openai:
        lister = listing_protocol("openai", http)
        assert lister is not None
        at_openai = Target(
            provider="openai",
            name="",
            upstream="",
            base_url=openai.url,
            headers={"Authorization": f"Bearer {openai.key}"},
        )
        assert RemoteModel("stub-chat", "stub-chat") in await lister.list_models(at_openai)
    at_gemini = Target(
        provider="google", name="", upstream="", base_url=gemini.url, headers={"x-goog-api-key": gemini.key}
    )
    found: list[list[RemoteModel]] = []
    for name, target in (("anthropic", at_claude), ("gemini", at_gemini)):
        lister = listing_protocol(name, http)  # type: ignore[arg-type]
        assert lister is not None
        found.append(await lister.list_models(target))
    assert found == [[RemoteModel("claude-a", "Claude A")], [RemoteModel("gemini-a", "Gemini A")]]
    assert listing_protocol("tencent", http) is None
