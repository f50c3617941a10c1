"""Every provider of the catalogue that can be asked for its models is asked, each at a strict double of its API."""

import dataclasses
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

import pytest
from aiohttp import web

from tests.doubles.anthropic_wire import ScriptedClaude
from tests.doubles.bedrock_wire import ScriptedBedrock
from tests.doubles.cohere_wire import ScriptedCohere
from tests.doubles.gemini_wire import ScriptedGemini, ScriptedVertex
from tests.doubles.http_double import HttpDouble, Refused
from tests.doubles.oci_wire import ScriptedOracleCloud
from tests.doubles.ollama_wire import ScriptedOllama
from tests.doubles.recording import JsonValue, Request
from tests.doubles.replicate_wire import ScriptedReplicate
from tests.doubles.sagemaker_wire import ScriptedSageMaker
from tests.doubles.scripted_model import ScriptedModel
from tests.models.test_catalogue import PROVIDERS, filled
from treadle.engine.errors import InvokeServerUnavailableError
from treadle.engine.usage import Price
from treadle.models.catalogue import Model, ModelKind, Provider
from treadle.models.connection import target_of
from treadle.models.http import ModelHttp
from treadle.models.protocols import LISTED, ProtocolName
from treadle.models.protocols.listing import RemoteModel, listing_protocol

KEY = "sk-scripted"
LISTING = [each for each in PROVIDERS if each.listed_by_provider]
ASKED = [each for each in LISTING if each.protocol != "openai"]
OF_ONE_MODEL = [each for each in LISTING if isinstance(each.connection.listing, str)]
COMPATIBLE = [each for each in LISTING if each.protocol == "openai" and each not in OF_ONE_MODEL]


class ScriptedResource(ScriptedModel):
    """A resource of Azure OpenAI, which tells what it can deploy."""

    def __init__(self) -> None:
        super().__init__(prefix="/openai")

    def admit(self, recorded: Request) -> None:
        if recorded.headers.get("api-key") != KEY or not dict(recorded.query)["api-version"][:2] == "20":
            raise Refused(401, "Access denied due to invalid subscription key.", kind="auth")

    def _described(self, model: str) -> dict[str, JsonValue]:
        able: dict[str, JsonValue] = {"inference": model == "stub-chat", "fine_tune": False}
        return {"id": model, "object": "model", "status": "succeeded", "capabilities": able}


class OpenServer(ScriptedModel):
    """A server of one's own that asks for no key."""

    def admit(self, recorded: Request) -> None:
        if recorded.bearer:
            raise Refused(400, "this server expects no key")


class ScriptedTogether(ScriptedModel):
    """Together AI, whose list has no envelope."""

    async def _list_models(self, request: web.Request) -> web.StreamResponse:
        return web.json_response([{"id": "meta-llama/Llama-3", "type": "chat", "object": "model"}])


class ServerOfOne(HttpDouble):
    """A server that has one model and describes it."""

    def __init__(self, described: JsonValue, query: dict[str, str]) -> None:
        super().__init__()
        self.described = described
        self.query = query

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/info", self._info)]

    def admit(self, recorded: Request) -> None:
        if recorded.bearer != KEY:
            raise Refused(401, "invalid token", kind="auth")
        if dict(recorded.query) != self.query:
            raise Refused(400, f"the query is {recorded.query}")

    def error_body(self, refused: Refused) -> JsonValue:
        return {"message": refused.message}

    async def _info(self, request: web.Request) -> web.StreamResponse:
        return web.json_response(self.described)


DESCRIBED: Mapping[str, tuple[JsonValue, dict[str, str], RemoteModel]] = {
    "huggingface_tei": (
        {"model_id": "BAAI/bge-m3", "model_type": {"reranker": {"id2label": {}}}, "max_input_length": 8192},
        {},
        RemoteModel("BAAI/bge-m3", "BAAI/bge-m3", 8192),
    ),
    "azure_ai_studio": (
        {"model_name": "phi3-mini", "model_type": "chat-completions", "model_provider_name": "Microsoft"},
        {"api-version": "2024-05-01-preview"},
        RemoteModel("phi3-mini", "phi3-mini"),
    ),
}


def cohere() -> ScriptedCohere:
    double = ScriptedCohere(key=KEY)
    double.model_pages = [[{"name": "command-a", "endpoints": ["chat"]}]]
    return double


def oracle() -> ScriptedOracleCloud:
    double = ScriptedOracleCloud()
    double.model_pages = [[{"displayName": "meta.llama", "capabilities": ["CHAT"]}]]
    return double


def bedrock() -> ScriptedBedrock:
    double = ScriptedBedrock()
    double.models = [{"modelId": "amazon.nova", "inferenceTypesSupported": ["ON_DEMAND"], "outputModalities": ["TEXT"]}]
    return double


DOUBLES: Mapping[ProtocolName, tuple[Callable[[], HttpDouble], list[str]]] = {
    "anthropic": (lambda: ScriptedClaude(key=KEY), ["claude-a"]),
    "gemini": (lambda: ScriptedGemini(key=KEY), ["gemini-a"]),
    "cohere": (cohere, ["command-a"]),
    "bedrock": (bedrock, ["amazon.nova"]),
    "oci": (oracle, ["meta.llama"]),
    "ollama": (lambda: ScriptedOllama(models=("llama3.2",)), ["llama3.2"]),
    "azure": (ScriptedResource, ["stub-chat"]),
    "vertex": (ScriptedVertex, ["gemini-3.8-flash", "text-embedding-005", "claude-opus-5-5"]),
    "replicate": (ScriptedReplicate, ["meta/meta-llama-3-8b-instruct"]),
    "sagemaker": (ScriptedSageMaker, ["chat", "vectors", "whisper"]),
}


def access_to(double: HttpDouble, provider: Provider) -> dict[str, str | bool]:
    """The provider's form filled in, with what opens the double."""
    form = provider.provider_form or provider.model_form
    kind = None if provider.provider_form else ModelKind.LLM
    known: dict[str, str] = {each.variable: KEY for each in form if each.type == "secret-input"}
    match double:
        case ScriptedBedrock() | ScriptedSageMaker():
            key = double.key if isinstance(double, ScriptedBedrock) else "AKIASCRIPTED"
            known = {"aws_access_key_id": key, "aws_secret_access_key": double.secret}
            known["auth_method"] = "Access_Secret_Key"
        case ScriptedOracleCloud():
            known = {"tenancy_ocid": "ocid1.tenancy.1", "user_ocid": "ocid1.user.1", "fingerprint": "aa:bb"}
            known["key_content"] = double.pem
        case ScriptedVertex():
            known = {"vertex_service_account_key": double.account, "vertex_project_id": "p-1"}
        case _:
            pass
    return {**filled(provider, kind), **known}


@pytest.mark.parametrize("provider", ASKED, ids=lambda provider: provider.provider)
async def test_a_provider_with_a_list_of_its_own_is_asked(provider: Provider, http: ModelHttp) -> None:
    make, names = DOUBLES[provider.protocol]
    async with make() as double:
        found = await listed(http, provider, access_to(double, provider), double.url)
    assert [each.name for each in found] == names


@pytest.mark.parametrize("provider", COMPATIBLE, ids=lambda provider: provider.provider)
async def test_a_compatible_provider_is_asked_under_its_own_path(provider: Provider, http: ModelHttp) -> None:
    form = provider.provider_form or provider.model_form
    kind = None if provider.provider_form else provider.kinds[0]
    secrets = {each.variable: KEY for each in form if each.type == "secret-input" and "url" not in each.variable}
    fields = {**filled(provider, kind), **secrets}
    target = target_of(provider, Model(model="-"), fields, Price())
    path = urlsplit(target.base_url).path.rstrip("/")
    kind_of_server = ScriptedModel if target.headers else OpenServer
    async with kind_of_server(keys=(KEY,), prefix=path) as double:
        double.models = ("one", "two")
        found = await listed(http, provider, fields, f"{double.origin}{path}")
        assert [request.path for request in double.requests] == [f"{path}/models"]
    assert found == [RemoteModel("one", "one"), RemoteModel("two", "two")]


@pytest.mark.parametrize("provider", OF_ONE_MODEL, ids=lambda provider: provider.provider)
async def test_a_server_of_one_model_names_it(provider: Provider, http: ModelHttp) -> None:
    described, query, expected = DESCRIBED[provider.provider]
    silent: JsonValue = {"status": "ok"}
    fields = {**filled(provider, provider.kinds[0]), "api_key": KEY}
    async with ServerOfOne(described, query) as server:
        for base in (f"{server.origin}/v1", server.origin, f"{server.origin}/"):
            assert await listed(http, provider, fields, base) == [expected]
        server.described = silent
        with pytest.raises(InvokeServerUnavailableError, match=provider.provider):
            await listed(http, provider, fields, server.origin)


async def test_a_list_that_stands_alone_is_read_too(http: ModelHttp) -> None:
    wire = listing_protocol("openai", http)
    assert wire is not None
    together = next(each for each in PROVIDERS if each.provider == "togetherai")
    async with ScriptedTogether(keys=(KEY,)) as server:
        target = target_of(together, Model(model="-"), {"api_key": KEY}, Price())
        found = await wire.list_models(dataclasses.replace(target, base_url=server.url))
    assert found == [RemoteModel("meta-llama/Llama-3", "meta-llama/Llama-3")]


def test_what_cannot_be_asked_is_meant() -> None:
    silent = {each.provider for each in PROVIDERS if not each.listed_by_provider}
    assert silent == {
        *("jina", "voyage", "nomic", "mixedbread", "tencent", "fishaudio", "local"),
        *("baichuan", "perfxcloud", "spark", "volcengine_maas", "zhinao"),
    }
    assert {each.protocol for each in PROVIDERS if each.listed_by_provider} == LISTED


async def listed(
    http: ModelHttp, provider: Provider, fields: Mapping[str, str | bool], address: str
) -> list[RemoteModel]:
    """What the provider at this address offers."""
    wire = listing_protocol(provider.protocol, http, provider.connection.listing)
    assert wire is not None
    target = target_of(provider, Model(model="-"), fields, Price())
    return await wire.list_models(dataclasses.replace(target, base_url=address))
