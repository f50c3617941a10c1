"""Every provider of the catalogue, every kind of model that it has: its credential is checked by a real call.

The strict double of its API stands where the provider would: requests keep the path that the catalogue gives them.
"""

import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, NamedTuple, get_args
from urllib.parse import quote, urlsplit

import aiohttp
import pytest
from aiohttp import web

from tests.doubles.anthropic_wire import ScriptedClaude
from tests.doubles.bedrock_wire import ScriptedBedrock
from tests.doubles.cohere_wire import ScriptedCohere
from tests.doubles.gemini_wire import ScriptedGemini, ScriptedVertex
from tests.doubles.http_double import HttpDouble, Refused
from tests.doubles.oci_wire import ScriptedOracleCloud
from tests.doubles.ollama_wire import ScriptedOllama
from tests.doubles.recording import Request
from tests.doubles.replicate_wire import ScriptedReplicate
from tests.doubles.rerank_wire import ScriptedRetrieval, VendorName
from tests.doubles.responses_wire import ScriptedResponses
from tests.doubles.sagemaker_wire import ScriptedSageMaker
from tests.doubles.scripted_model import ScriptedModel
from tests.doubles.speech_wire import ScriptedDashScope, ScriptedFishAudio, ScriptedMiniMax, ScriptedTencent
from tests.models.test_catalogue import PROVIDERS, filled
from tests.models.test_listings import OpenServer
from treadle.engine.usage import Price
from treadle.models.catalogue import FormField, ModelKind, Provider
from treadle.models.connection import target_of
from treadle.models.errors import CredentialsValidateFailedError
from treadle.models.http import ModelHttp
from treadle.models.schema import model_schema
from treadle.models.service import ModelService
from treadle.platform.crypto import Crypto
from treadle.platform.db import Database

WORKSPACE = "workspace-1"
WRONG = "sk-wrong-key"
ASKED = [each for each in PROVIDERS if not each.connection.embedded]
ENDPOINTS = {
    ModelKind.LLM: "chat",
    ModelKind.EMBEDDING: "vectors",
    ModelKind.RERANK: "scores",
    ModelKind.SPEECH_TO_TEXT: "whisper",
    ModelKind.TTS: "voice",
}
"""Those of the double of SageMaker."""


UNLISTED = {"replicate": "acme/model"}
"""Names of models that the catalogue does not know, where not every name will do."""


class Case(NamedTuple):
    """A model to be added."""

    provider: Provider
    kind: ModelKind
    model: str
    listed: bool


def cases(provider: Provider) -> list[Case]:
    """Of each kind the first listed model, and one that the catalogue does not know."""
    found: list[Case] = []
    for kind in provider.kinds:
        listed = [each.model for each in provider.models if each.kind is kind and not each.deprecated]
        if listed:
            found.append(Case(provider, kind, listed[0], True))
        if provider.custom is not None and (provider.provider, kind) != ("minimax", ModelKind.EMBEDDING):  # it has one
            found.append(Case(provider, kind, UNLISTED.get(provider.provider, "made-by-acme"), False))
    return found


class Redirected(ModelHttp):
    """Connections that end at a double, whatever the host; the header `Host` stays as it was signed."""

    double: HttpDouble

    async def post(self, url: str, *, headers: dict[str, str], **rest: Any) -> aiohttp.ClientResponse:
        return await super().post(self._here(url), headers=_for(url, headers), **rest)

    async def get(self, url: str, *, headers: dict[str, str], **rest: Any) -> aiohttp.ClientResponse:
        return await super().get(self._here(url), headers=_for(url, headers), **rest)

    def _here(self, url: str) -> str:
        parts = urlsplit(url)
        return f"{self.double.origin}{parts.path}" + (f"?{parts.query}" if parts.query else "")


def _for(url: str, headers: dict[str, str]) -> dict[str, str]:
    return {"Host": urlsplit(url).netloc, **headers}


class ScriptedAzure(ScriptedModel):
    """A deployment of Azure OpenAI."""

    def admit(self, recorded: Request) -> None:
        if recorded.headers.get("api-key") != self.key or set(dict(recorded.query)) != {"api-version"}:
            raise Refused(401, "Access denied due to invalid subscription key.", kind="auth")


class ScriptedHub(ScriptedRetrieval):
    """Hugging Face's router, which has the path of its inference before its own."""

    def __init__(self) -> None:
        super().__init__("huggingface")

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/hf-inference/models/{model:.+}/pipeline/feature-extraction", self._embed)]


class OpenRanker(ScriptedRetrieval):
    """Lemonade, which asks for no key."""

    def __init__(self) -> None:
        super().__init__("lemonade")

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/api/v1/reranking", self._rerank)]

    def check_key(self, recorded: Request) -> None:
        assert recorded.bearer is None


def form_of(case: Case) -> tuple[FormField, ...]:
    return case.provider.provider_form if case.listed else case.provider.model_form


def vendor(provider: Provider) -> VendorName:
    return next(each for each in get_args(VendorName) if each == provider.provider)


def takes_keys(double: HttpDouble) -> bool:
    return not isinstance(double, OpenServer | OpenRanker | ScriptedOllama)


def double_of(case: Case) -> HttpDouble:
    """The strict double of what the model speaks."""
    provider, kind = case.provider, case.kind
    fields = filled(provider, None if case.listed else kind)
    schema = model_schema(provider, case.model, kind, fields)
    assert schema is not None
    target = target_of(provider, schema, fields, Price())
    path = urlsplit(target.base_url).path.rstrip("/")
    dialect = str(target.settings.get("rerank", "openai"))
    compatible = ScriptedModel if any(each.type == "secret-input" for each in form_of(case)) else OpenServer
    match provider.protocol_for(kind):
        case "openai" if provider.provider == "openai" and kind is ModelKind.LLM:
            return ScriptedResponses()
        case "openai" if kind is ModelKind.RERANK and dialect == "tei":
            return ScriptedRetrieval("tei")
        case "openai" if kind is ModelKind.RERANK and dialect == "lemonade":
            return OpenRanker()
        case "openai" if kind is ModelKind.RERANK and dialect == "localai":
            return compatible(prefix=path.removesuffix("/v1"))
        case "openai":
            return compatible(prefix=path)
        case "azure":
            return ScriptedAzure(prefix=f"/openai/deployments/{quote(case.model)}")
        case "retrieval":
            return ScriptedHub() if provider.provider == "huggingface_hub" else ScriptedRetrieval(vendor(provider))
        case own:
            return OWN[own]()


OWN: dict[str, Callable[[], HttpDouble]] = {
    "anthropic": ScriptedClaude,
    "gemini": ScriptedGemini,
    "vertex": ScriptedVertex,
    "cohere": ScriptedCohere,
    "ollama": ScriptedOllama,
    "bedrock": ScriptedBedrock,
    "sagemaker": ScriptedSageMaker,
    "oci": ScriptedOracleCloud,
    "replicate": ScriptedReplicate,
    "minimax": ScriptedMiniMax,
    "dashscope": ScriptedDashScope,
    "fishaudio": ScriptedFishAudio,
    "tencent": ScriptedTencent,
}


def access(case: Case, double: HttpDouble, *, right: bool = True) -> dict[str, str | bool]:
    """The form filled in as sparsely as it may be, with what opens the double."""
    kind = None if case.listed else case.kind
    form = form_of(case)
    key = getattr(double, "key", "") if right else WRONG
    names = {each.variable for each in form}
    known: dict[str, str] = {
        each.variable: key for each in form if each.type == "secret-input" and "url" not in each.variable
    }
    match double:
        case ScriptedBedrock() | ScriptedSageMaker():
            own = double.key if isinstance(double, ScriptedBedrock) else "AKIASCRIPTED"
            secret = double.secret if right else WRONG
            known = {"aws_access_key_id": own, "aws_secret_access_key": secret, "auth_method": "Access_Secret_Key"}
            known |= {
                "aws_region": "eu-west-1",
                "inference_profile_id": "amazon.titan-embed-text-v9",
                "sagemaker_endpoint": ENDPOINTS.get(case.kind, ""),
            }
        case ScriptedOracleCloud():
            known = {"tenancy_ocid": "ocid1.tenancy.1", "user_ocid": "ocid1.user.1", "fingerprint": "aa:bb"}
            known["key_content"] = double.pem if right else ScriptedOracleCloud().pem
        case ScriptedVertex():
            known = {"vertex_service_account_key": double.account if right else ScriptedVertex().account}
            known["vertex_project_id"] = "p-1"
        case ScriptedTencent():
            known = {"app_id": "app-1", "secret_id": double.key, "secret_key": double.secret if right else WRONG}
        case ScriptedMiniMax():
            known |= {"minimax_group_id": double.group, "voices": "female-shaonv"}
        case _:
            pass
    if case.provider.provider == "siliconflow":
        known["voices"] = "acme:alex"
    return {**filled(case.provider, kind), **{name: value for name, value in known.items() if name in names}}


@pytest.fixture
async def http() -> AsyncIterator[Redirected]:
    client = Redirected()
    yield client
    await client.close()


@pytest.fixture
def migrated_url(migrated_sqlite_file: Path, tmp_path: Path) -> str:
    """One database: what is stored is not the matter here."""
    shutil.copy(migrated_sqlite_file, tmp_path / "treadle.db")
    return f"sqlite:///{tmp_path / 'treadle.db'}"


@pytest.fixture
async def service(db: Database, tmp_path: Path, http: Redirected) -> ModelService:
    return ModelService(db, Crypto.open(tmp_path / "key"), http=http)


@pytest.mark.parametrize("provider", ASKED, ids=lambda provider: provider.provider)
async def test_a_credential_is_checked_by_a_call_of_the_kind_that_it_opens(
    provider: Provider, service: ModelService, http: Redirected
) -> None:
    for case in cases(provider):
        double = http.double = double_of(case)
        async with double:
            added = await service.add_model(WORKSPACE, provider.provider, case.kind, case.model, access(case, double))
            assert (added.model, added.kind) == (case.model, case.kind)
            calls = [each for each in double.requests if each.method == "POST" and each.path != "/token"]
            assert len(calls) == 1


@pytest.mark.parametrize("provider", ASKED, ids=lambda provider: provider.provider)
async def test_a_wrong_credential_is_refused_by_the_name_of_provider_and_model(
    provider: Provider, service: ModelService, http: Redirected
) -> None:
    for case in cases(provider):
        double = http.double = double_of(case)
        async with double:
            if not takes_keys(double):
                continue
            wrong = access(case, double, right=False)
            with pytest.raises(CredentialsValidateFailedError) as refused:
                await service.add_model(WORKSPACE, provider.provider, case.kind, case.model, wrong)
            double.take_violations()
        text = str(refused.value)
        assert text.startswith(f"[{provider.provider}] {case.model}: "), text
        assert not any(value in text for name, value in wrong.items() if "key" in name and isinstance(value, str))
        assert "--type" not in text or f"--type {case.kind.value} " in text
    assert await service.list_models(WORKSPACE) == []


@pytest.mark.parametrize(
    "provider", [each for each in ASKED if each.provider_form], ids=lambda provider: provider.provider
)
async def test_a_provider_s_own_credential_is_checked_with_its_cheapest_model(
    provider: Provider, service: ModelService, http: Redirected
) -> None:
    checked = provider.validation_model or provider.models[0].model
    kind = next(each.kind for each in provider.models if each.model == checked)
    case = Case(provider, kind, checked, True)
    owner = (provider.provider, None, None)
    double = http.double = double_of(case)
    async with double:
        await service.administration.validate(WORKSPACE, owner, access(case, double))
        assert len([each for each in double.requests if each.path != "/token"]) == 1
        if takes_keys(double):
            with pytest.raises(CredentialsValidateFailedError) as refused:
                await service.administration.validate(WORKSPACE, owner, access(case, double, right=False))
            assert str(refused.value).startswith(f"[{provider.provider}] {checked}: ")
            double.take_violations()
