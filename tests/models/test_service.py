"""Setting models up, finding them again, and what runs get (spec models-and-tools §1.3, §1.12 to §1.14)."""

import logging
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import select

from tests.doubles.script import StreamStyle
from tests.doubles.scripted_model import ScriptedModel
from treadle.engine.errors import (
    InvokeBadRequestError,
    InvokeConnectionError,
    ModelNotExistError,
    ProviderNotInitializeError,
)
from treadle.engine.ports import ChatDelta, ChatRequest, Message, ModelRef, ToolSpec
from treadle.engine.values import JsonValue
from treadle.models.catalogue import ModelKind
from treadle.models.errors import (
    CredentialFormError,
    CredentialsValidateFailedError,
    ModelSetupError,
    UnknownModelError,
    UnknownProviderError,
)
from treadle.models.local import MODEL_NAME, LocalModel
from treadle.models.service import ModelService
from treadle.models.tables import ModelCredential
from treadle.models.workspace import WorkspaceModels
from treadle.platform.changes import ChangeWatcher
from treadle.platform.crypto import Crypto
from treadle.platform.db import Database, table_of

HERE, THERE = "workspace-1", "workspace-2"
KEY = "sk-scripted"


@pytest.fixture
def crypto(tmp_path: Path) -> Crypto:
    return Crypto.open(tmp_path / "key")


@pytest.fixture
async def service(db: Database, crypto: Crypto) -> AsyncIterator[ModelService]:
    models = ModelService(db, crypto)
    yield models
    await models.close()


def compatible(upstream: ScriptedModel, **more: str) -> dict[str, str]:
    return {"endpoint_url": upstream.url, "api_key": KEY, **more}


async def add_openai(service: ModelService, upstream: ScriptedModel, model: str = "gpt-4o-mini") -> None:
    await service.add_model(HERE, "openai", "llm", model, {"openai_api_key": KEY, "openai_api_base": upstream.url})


def ask(provider: str, name: str, *, tools: tuple[ToolSpec, ...] = (), **parameters: JsonValue) -> ChatRequest:
    return ChatRequest(
        model=ModelRef(provider, name),
        messages=(Message(role="user", content="Hi"),),
        parameters=parameters,
        tools=tools,
    )


async def said(models: WorkspaceModels, request: ChatRequest) -> list[ChatDelta]:
    return [delta async for delta in models.chat(request)]


async def test_a_model_is_checked_stored_listed_and_called(service: ModelService, upstream: ScriptedModel) -> None:
    info = await service.add_model(
        HERE, "openai_api_compatible", "llm", "stub-chat", compatible(upstream), default=True
    )
    assert info == (await service.list_models(HERE))[0]
    assert (info.provider, info.model, info.kind, info.scope, info.default, info.context_size) == (
        "openai_api_compatible", "stub-chat", ModelKind.LLM, "model", True, 4096,
    )  # fmt: skip
    assert upstream.requests[0].json["max_tokens"] == 16
    upstream.reply("Good day.")
    models = service.for_workspace(HERE)
    deltas = await said(models, ask("langgenius/openai_api_compatible/openai_api_compatible", "stub-chat"))
    assert "".join(delta.text for delta in deltas) == "Good day."
    profile = await models.profile(ModelRef("openai_api_compatible", "stub-chat"))
    assert (profile.mode, profile.context_size, "temperature" in profile.parameters) == ("chat", 4096, True)


async def test_one_key_opens_every_listed_model_of_a_provider(service: ModelService, upstream: ScriptedModel) -> None:
    await add_openai(service, upstream)
    listed = await service.list_models(HERE)
    assert {info.scope for info in listed} == {"provider"}
    assert {"gpt-4o", "text-embedding-3-small"} <= {info.model for info in listed}
    models = service.for_workspace(HERE)
    await said(models, ask("openai", "gpt-4o"))
    await said(models, ask("openai", "gpt-77-not-listed", temperature=0.1))
    assert [request.json["model"] for request in upstream.requests[1:]] == ["gpt-4o", "gpt-77-not-listed"]
    assert upstream.requests[2].json["temperature"] == 0.1


async def test_a_models_own_credential_beats_its_providers(service: ModelService, upstream: ScriptedModel) -> None:
    async with ScriptedModel(keys=["sk-own"]) as other:
        await add_openai(service, upstream)
        own = {"openai_api_key": "sk-own", "openai_api_base": other.url}
        await service.add_model(HERE, "openai", "llm", "my-tuned-model", own)
        other.reply("from the other")
        deltas = await said(service.for_workspace(HERE), ask("openai", "my-tuned-model"))
        assert deltas[0].text == "from"
        await service.remove(HERE, "openai", "llm", "my-tuned-model")
        await said(service.for_workspace(HERE), ask("openai", "my-tuned-model"))
        assert upstream.requests[-1].json["model"] == "my-tuned-model"


async def test_secrets_are_sealed_in_the_database_and_masked_outside(
    service: ModelService, upstream: ScriptedModel, db: Database
) -> None:
    await service.add_model(HERE, "openai_api_compatible", "llm", "stub-chat", compatible(upstream))
    async with db.connect() as connection:
        config = (await connection.execute(select(table_of(ModelCredential).c.config))).scalar_one()
    assert KEY not in config
    assert upstream.url in config
    shown = await service.credentials(HERE, "openai_api_compatible", "stub-chat")
    assert shown["api_key"] == "sk-scr************ed"
    hidden = compatible(upstream, api_key="[__HIDDEN__]", context_size="8192")
    info = await service.add_model(HERE, "openai_api_compatible", "llm", "stub-chat", hidden)
    assert info.context_size == 8192
    assert upstream.requests[-1].bearer == KEY


async def test_a_sealed_secret_does_not_open_in_another_row(
    service: ModelService, upstream: ScriptedModel, db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    await service.add_model(HERE, "openai_api_compatible", "llm", "stub-chat", compatible(upstream))
    table = table_of(ModelCredential)
    async with db.begin() as connection:
        await connection.execute(table.update().values(id="another-row"))
    service.forget()
    assert "api_key" not in await service.credentials(HERE, "openai_api_compatible", "stub-chat")
    assert "api_key" in caplog.text
    assert KEY not in caplog.text


async def test_nothing_is_stored_when_the_check_fails(service: ModelService, upstream: ScriptedModel) -> None:
    with pytest.raises(
        CredentialsValidateFailedError, match=r"^\[openai_api_compatible\] m: the provider refused the API key"
    ):
        await service.add_model(HERE, "openai_api_compatible", "llm", "m", compatible(upstream, api_key="sk-wrong"))
    upstream.take_violations()
    assert await service.list_models(HERE) == []
    info = await service.add_model(
        HERE, "openai_api_compatible", "llm", "m", compatible(upstream, api_key="sk-wrong"), validate=False
    )
    assert info.model == "m"


@pytest.mark.parametrize(
    ("provider", "kind", "model", "credentials", "error", "text"),
    [
        ("nobody", "llm", "m", {}, UnknownProviderError, "no model provider 'nobody'"),
        ("openai", "rerank", "m", {}, ModelSetupError,
         "has no models of type rerank; its types are llm, text-embedding, speech2text"),
        ("openai", "llm", "gpt-4o", {}, CredentialFormError, "openai_api_key .* is missing"),
        ("openai", "llm", " ", {"openai_api_key": "k"}, ModelSetupError, "The name of the model is"),
        ("ollama", "llm", "m", {"base_url": "host:11434"}, CredentialFormError, "begin it with http://"),
        ("openai_api_compatible", "llm", "m", {"endpoint_url": "http://x", "context_size": "big"}, CredentialFormError,
         "context_size is 'big'; give a whole number"),
        ("local", "llm", MODEL_NAME, {}, UnknownModelError, "switched off"),
    ],
)  # fmt: skip
async def test_what_cannot_be_set_up_is_explained(
    service: ModelService,
    provider: str,
    kind: str,
    model: str,
    credentials: dict[str, str],
    error: type[Exception],
    text: str,
) -> None:
    with pytest.raises(error, match=text):
        await service.add_model(HERE, provider, kind, model, credentials, validate=False)


async def test_workspaces_do_not_see_each_others_models(service: ModelService, upstream: ScriptedModel) -> None:
    await add_openai(service, upstream)
    assert await service.list_models(THERE) == []
    with pytest.raises(ProviderNotInitializeError):
        await service.for_workspace(THERE).profile(ModelRef("openai", "gpt-4o"))
    with pytest.raises(UnknownModelError):
        await service.remove(THERE, "openai", "llm", "gpt-4o")


async def test_the_default_is_the_chosen_one_else_gpt_4_else_the_first(
    service: ModelService, upstream: ScriptedModel
) -> None:
    assert await service.default_model(HERE) is None
    await service.add_model(HERE, "openai_api_compatible", "llm", "stub-chat", compatible(upstream))
    assert await service.default_model(HERE) == ModelRef("openai_api_compatible", "stub-chat", "chat")
    await add_openai(service, upstream)
    assert await service.default_model(HERE) == ModelRef("openai", "gpt-4", "chat")
    await service.set_default(HERE, "text-generation", "openai", "gpt-4o")
    assert await service.default_model(HERE) == ModelRef("openai", "gpt-4o", "chat")
    await service.set_default(HERE, "llm", "openai", "gpt-4o-mini")
    assert [info.model for info in await service.list_models(HERE) if info.default] == [
        "gpt-4o-mini",
        "text-embedding-3-small",
        "gpt-4o-mini-transcribe",
        "gpt-4o-mini-tts",
        "omni-moderation-latest",
    ]
    await service.remove(HERE, "openai", "llm", "gpt-4o-mini")
    assert await service.default_model(HERE) == ModelRef("openai_api_compatible", "stub-chat", "chat")
    with pytest.raises(UnknownModelError, match="treadle model add --provider openai --type llm --model gpt-4o"):
        await service.set_default(HERE, "llm", "openai", "gpt-4o")


async def test_an_empty_provider_means_the_default(service: ModelService, upstream: ScriptedModel) -> None:
    with pytest.raises(ProviderNotInitializeError, match=r"no default. Add one: treadle model add"):
        await service.for_workspace(HERE).resolve(ModelRef("", ""))
    await service.add_model(HERE, "openai_api_compatible", "llm", "stub-chat", compatible(upstream))
    assert await service.for_workspace(HERE).resolve(ModelRef("", "")) == ModelRef("openai_api_compatible", "stub-chat")


async def test_the_default_stands_in_for_a_provider_without_credentials(
    service: ModelService, upstream: ScriptedModel, caplog: pytest.LogCaptureFixture
) -> None:
    await service.add_model(
        HERE,
        "openai_api_compatible",
        "llm",
        "stub-chat",
        compatible(upstream, max_tokens_to_sample="100"),
        default=True,
    )
    models = service.for_workspace(HERE)
    claude = ModelRef("langgenius/anthropic/anthropic", "claude-sonnet-4")
    with caplog.at_level(logging.WARNING):
        assert await models.resolve(claude) == ModelRef("openai_api_compatible", "stub-chat")
        await said(models, ask(claude.provider, claude.name, max_tokens=64000, temperature=0.123, thinking=True))
    assert [record.message for record in caplog.records] == [
        "claude-sonnet-4 of langgenius/anthropic/anthropic has no credentials; "
        "stub-chat of openai_api_compatible stands in"
    ]
    body = upstream.requests[-1].json
    assert (body["max_tokens"], body["temperature"], "thinking" in body) == (100, 0.12, False)


async def test_no_embedding_model_stands_in_for_another(service: ModelService, upstream: ScriptedModel) -> None:
    kind, name = "text-embedding", "stub-embed"
    await service.add_model(HERE, "openai_api_compatible", kind, name, compatible(upstream), default=True)
    with pytest.raises(ProviderNotInitializeError, match="no credentials are stored"):
        await service.for_workspace(HERE).embed(ModelRef("cohere", "embed-v4.0"), ["a"], "document")


async def test_without_the_fallback_a_missing_credential_is_an_error(
    db: Database, crypto: Crypto, upstream: ScriptedModel
) -> None:
    service = ModelService(db, crypto, fallback_to_default=False)
    await service.add_model(HERE, "openai_api_compatible", "llm", "stub-chat", compatible(upstream), default=True)
    with pytest.raises(ProviderNotInitializeError) as caught:
        await said(service.for_workspace(HERE), ask("openai", "gpt-4o"))
    assert str(caught.value) == (
        "[openai] gpt-4o: no credentials are stored for this provider. Add them: "
        "treadle model add --provider openai --type llm --model gpt-4o --credential ..."
    )
    with pytest.raises(ProviderNotInitializeError, match="there is no such provider here"):
        await service.for_workspace(HERE).profile(ModelRef("nobody", "m"))
    await service.close()


async def test_a_parameter_out_of_bounds_is_refused_before_the_call(
    service: ModelService, upstream: ScriptedModel
) -> None:
    await add_openai(service, upstream)
    with pytest.raises(
        InvokeBadRequestError, match=r"^\[openai\] gpt-4o: parameter temperature is 3; .* between 0 and 2"
    ):
        await said(service.for_workspace(HERE), ask("openai", "gpt-4o", temperature=3))
    assert len(upstream.requests) == 1


async def test_a_model_without_streamed_tool_calls_answers_tools_in_one_piece(
    service: ModelService, upstream: ScriptedModel
) -> None:
    credentials = compatible(upstream, function_calling_type="tool_call", stream_function_calling="not_supported")
    await service.add_model(HERE, "openai_api_compatible", "llm", "stub-chat", credentials)
    upstream.tool_call("now", {}, text="Let me see.")
    deltas = await said(
        service.for_workspace(HERE), ask("openai_api_compatible", "stub-chat", tools=(ToolSpec("now", "", {}),))
    )
    assert [delta.text for delta in deltas] == ["Let me see.", ""]
    assert [call.name for call in deltas[1].tool_calls] == ["now"]
    assert "stream" not in upstream.requests[-1].json


async def test_stop_sequences_are_left_out_for_models_that_refuse_them(
    service: ModelService, upstream: ScriptedModel
) -> None:
    await add_openai(service, upstream)
    request = msgspec.structs.replace(ask("openai", "gpt-5", max_tokens=99, temperature=1), stop=("x",))
    await said(service.for_workspace(HERE), request)
    body = upstream.requests[-1].json
    assert "stop" not in body
    assert "temperature" not in body
    assert body["max_completion_tokens"] == 99


async def test_usage_carries_the_list_price(service: ModelService, upstream: ScriptedModel) -> None:
    await add_openai(service, upstream)
    upstream.reply("one two")
    usage = (await said(service.for_workspace(HERE), ask("openai", "gpt-4o-mini")))[-1].usage
    assert usage is not None
    assert usage.to_map() | {"latency": 0, "time_to_first_token": 0, "time_to_generate": 0} == {
        "prompt_tokens": 1, "prompt_unit_price": "0.15", "prompt_price_unit": "0.000001", "prompt_price": "0.0000002",
        "completion_tokens": 2, "completion_unit_price": "0.6", "completion_price_unit": "0.000001",
        "completion_price": "0.0000012", "total_tokens": 3, "total_price": "0.0000014", "currency": "USD",
        "latency": 0, "time_to_first_token": 0, "time_to_generate": 0,
    }  # fmt: skip


async def test_embedding_models_are_checked_and_called(service: ModelService, upstream: ScriptedModel) -> None:
    await service.add_model(HERE, "openai_api_compatible", "text-embedding", "stub-embedding", compatible(upstream))
    check = await service.test_model(HERE, "openai_api_compatible", "embeddings", "stub-embedding")
    assert check.reply == "64 dimensions"
    model = ModelRef("openai_api_compatible", "stub-embedding")
    found = await service.for_workspace(HERE).embed(model, ["a", "b"])
    assert [len(vector) for vector in found.vectors] == [64, 64]


async def test_a_test_call_gives_the_reply_and_its_time(service: ModelService, upstream: ScriptedModel) -> None:
    await add_openai(service, upstream)
    upstream.reply("Hello!")
    check = await service.test_model(HERE, "openai", "llm", "gpt-4o")
    assert (check.model, check.reply, 0 < check.latency < 5) == ("gpt-4o", "Hello!", True)
    upstream.fail(status=500, message="Down")
    with pytest.raises(CredentialsValidateFailedError, match="has a fault"):
        await service.test_model(HERE, "openai", "llm", "gpt-4o")


async def test_what_another_process_stores_is_seen_when_it_says_so(
    db: Database, crypto: Crypto, service: ModelService, upstream: ScriptedModel
) -> None:
    assert await service.list_models(HERE) == []
    watcher = ChangeWatcher(db, interval=0.01)
    await watcher.start(service.on_change)
    other = ModelService(db, crypto)
    await add_openai(other, upstream)
    assert await service.default_model(HERE) == ModelRef("openai", "gpt-4", "chat")
    await watcher.close()
    await other.close()


async def test_closing_a_chat_hangs_up_at_once(service: ModelService, upstream: ScriptedModel) -> None:
    await add_openai(service, upstream)
    upstream.hang(after_events=3)
    chat = service.for_workspace(HERE).chat(ask("openai", "gpt-4o"))
    await anext(chat)
    await chat.aclose()
    await upstream.wait_client_closed(timeout=2)


async def test_the_connection_may_break_without_harm_to_the_next_call(
    service: ModelService, upstream: ScriptedModel
) -> None:
    await add_openai(service, upstream)
    models = service.for_workspace(HERE)
    upstream.stream_as(StreamStyle(cut_after=2))
    with pytest.raises(InvokeConnectionError):
        await said(models, ask("openai", "gpt-4o"))
    upstream.stream_as(StreamStyle())
    upstream.reply("back")
    assert (await said(models, ask("openai", "gpt-4o")))[0].text == "back"


async def test_the_built_in_model_needs_no_credentials_and_comes_last(
    db: Database, crypto: Crypto, upstream: ScriptedModel
) -> None:
    service = ModelService(db, crypto, LocalModel())
    if not LocalModel().available():
        pytest.skip("the built-in model is not installed")
    assert await service.default_model(HERE) == ModelRef("local", MODEL_NAME, "chat")
    assert {(info.provider, info.scope) for info in await service.list_models(HERE)} == {("local", "built-in")}
    assert await service.for_workspace(HERE).resolve(ModelRef("openai", "gpt-4")) == ModelRef(
        "local", MODEL_NAME, "chat"
    )
    with pytest.raises(ModelNotExistError, match="offers no such model"):
        await service.for_workspace(HERE).profile(ModelRef("local", "gigantic"))
    await service.add_model(HERE, "openai_api_compatible", "llm", "stub-chat", compatible(upstream))
    assert await service.default_model(HERE) == ModelRef("openai_api_compatible", "stub-chat", "chat")
    await service.close()
