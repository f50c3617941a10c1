"""Azure: the address of a deployment, its key, and tokens of a service principal."""

import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from openai import AsyncAzureOpenAI

from tests.doubles.http_double import RECORDED, HttpDouble, Refused
from tests.doubles.recording import Form, JsonValue, Request
from tests.doubles.scripted_model import ScriptedModel
from tests.models.vendors import ask, said, text_of
from treadle.engine.errors import InvokeAuthorizationError, InvokeBadRequestError
from treadle.engine.usage import Price
from treadle.models.catalogue import ModelKind, provider_of
from treadle.models.connection import target_of
from treadle.models.credentials import filtered
from treadle.models.errors import CredentialFormError
from treadle.models.http import ModelHttp
from treadle.models.protocols import azure_token
from treadle.models.protocols.azure import Azure, AzureMedia
from treadle.models.protocols.media import Recording
from treadle.models.schema import model_schema
from treadle.models.target import Target

VERSION = "2024-10-21"
PRINCIPAL = {
    "auth_method": "entra_id_service_principal",
    "azure_tenant_id": "tenant-1",
    "azure_client_id": "client-1",
    "azure_client_secret": "secret-1",
}


class ScriptedAzure(ScriptedModel):
    """A deployment `my-gpt` that knows the key `azure-key` and the token `entra-token`."""

    def __init__(self) -> None:
        super().__init__(keys=("entra-token",), prefix="/openai/deployments/my-gpt")

    def admit(self, recorded: Request) -> None:
        if dict(recorded.query) != {"api-version": VERSION}:
            raise Refused(404, "Resource not found", kind="route")
        if recorded.headers.get("api-key") != "azure-key":
            super().admit(recorded)


class ScriptedEntra(HttpDouble):
    """The token endpoint of one tenant."""

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/tenant-1/oauth2/v2.0/token", self._token)]

    def error_body(self, refused: Refused) -> JsonValue:
        return {"error": "invalid_client", "error_description": refused.message}

    async def _token(self, request: web.Request) -> web.StreamResponse:
        form = request[RECORDED].body
        assert isinstance(form, Form)
        given = dict(form.fields)
        if given.pop("client_secret") != "secret-1":
            raise Refused(401, "Invalid client secret provided.", kind=None)
        if given != {"grant_type": "client_credentials", "client_id": "client-1", "scope": azure_token.SCOPE}:
            raise Refused(400, f"unexpected {given}")
        return web.json_response({"token_type": "Bearer", "expires_in": 3599, "access_token": "entra-token"})


@pytest.fixture
async def azure() -> AsyncIterator[ScriptedAzure]:
    async with ScriptedAzure() as double:
        yield double


@pytest.fixture
async def entra(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[ScriptedEntra]:
    async with ScriptedEntra() as double:
        monkeypatch.setattr(azure_token, "AUTHORITY", double.url)
        monkeypatch.setattr(azure_token, "_kept", {})
        yield double


def target(server: ScriptedAzure, kind: ModelKind = ModelKind.LLM, **fields: str) -> Target:
    provider = provider_of("azure_openai")
    base = {ModelKind.LLM: "gpt-4o", ModelKind.EMBEDDING: "text-embedding-3-small"}.get(kind, "whisper-1")
    given: dict[str, Any] = {"openai_api_base": server.origin, "base_model_name": base, **fields}
    credentials = filtered(provider.model_form, given, kind)
    schema = model_schema(provider, "my-gpt", kind, credentials)
    assert schema is not None
    return target_of(provider, schema, credentials, Price())


async def test_a_deployment_is_called_with_its_key(http: ModelHttp, azure: ScriptedAzure) -> None:
    to = target(azure, openai_api_key="azure-key")
    assert to.profile.context_size == 128000
    azure.reply("From Azure")
    assert text_of(await said(Azure(http), to, ask())) == "From Azure"
    assert azure.requests[0].path == "/openai/deployments/my-gpt/chat/completions"
    assert "authorization" not in azure.requests[0].headers


async def test_the_sdk_and_we_send_the_same(http: ModelHttp, azure: ScriptedAzure) -> None:
    sdk = AsyncAzureOpenAI(azure_endpoint=azure.origin, api_key="azure-key", api_version=VERSION, max_retries=0)
    async with sdk:
        stream = await sdk.chat.completions.create(
            model="my-gpt",
            messages=[{"role": "user", "content": "Hi"}],
            temperature=0.5,
            stream=True,
            stream_options={"include_usage": True},
        )
        async for _ in stream:
            pass
    await said(Azure(http), target(azure, openai_api_key="azure-key"), ask(temperature=0.5))
    theirs, ours = azure.requests
    assert (ours.path, ours.query, ours.json) == (theirs.path, theirs.query, theirs.json)
    assert ours.headers["api-key"] == theirs.headers["api-key"]


async def test_an_address_with_more_than_the_host_is_understood(http: ModelHttp, azure: ScriptedAzure) -> None:
    for rest in ("/", "/openai", "/openai/v1/"):
        to = target(azure, openai_api_key="azure-key", openai_api_base=azure.origin + rest)
        assert (await Azure(http).complete(to, ask())).text


async def test_embeddings_and_speech_of_deployments(http: ModelHttp, azure: ScriptedAzure) -> None:
    to = target(azure, ModelKind.EMBEDDING, openai_api_key="azure-key")
    assert len((await Azure(http).embed(to, ["a", "b"], "document")).vectors) == 2
    heard = target(azure, ModelKind.SPEECH_TO_TEXT, openai_api_key="azure-key")
    recording = Recording(data=b"RIFF\x24\0\0\0WAVEfmt " + b"\0" * 24, filename="a.wav", mime_type="audio/wav")
    assert (await AzureMedia(http).transcribe(heard, recording)).text == azure.transcript


async def test_a_wrong_version_is_told(http: ModelHttp, azure: ScriptedAzure) -> None:
    to = target(azure, openai_api_key="azure-key", openai_api_version="2024-06-01")
    with pytest.raises(InvokeBadRequestError, match="Resource not found"):
        await said(Azure(http), to, ask())
    azure.take_violations()


async def test_a_service_principals_token_is_kept(http: ModelHttp, azure: ScriptedAzure, entra: ScriptedEntra) -> None:
    to = target(azure, **PRINCIPAL)
    for _ in range(3):
        assert (await Azure(http).complete(to, ask())).text
    assert (len(azure.requests), len(entra.requests)) == (3, 1)
    assert azure.requests[0].bearer == "entra-token"
    kept = azure_token._kept
    for digest, token in list(kept.items()):
        kept[digest] = azure_token.Token(token.text, time.time() - 1)
    assert (await Azure(http).complete(to, ask())).text
    assert len(entra.requests) == 2


async def test_a_wrong_secret_is_told_without_it(http: ModelHttp, azure: ScriptedAzure, entra: ScriptedEntra) -> None:
    to = target(azure, **{**PRINCIPAL, "azure_client_secret": "s3cret-wrong"})
    with pytest.raises(InvokeAuthorizationError, match=r"Entra ID did not accept.*Invalid client secret") as failure:
        await said(Azure(http), to, ask())
    assert "s3cret-wrong" not in str(failure.value)


def test_the_model_behind_must_be_one_that_is_known() -> None:
    provider = provider_of("azure_openai")
    with pytest.raises(CredentialFormError, match="base_model_name"):
        model_schema(provider, "my-gpt", ModelKind.LLM, {"base_model_name": "text-embedding-3-small"})
