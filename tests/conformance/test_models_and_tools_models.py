"""The numbered cases of spec models-and-tools §9 about models: credentials, parameters, prices, providers."""

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.doubles.script import StreamStyle
from tests.doubles.scripted_model import ScriptedModel
from tests.nodes.harness import node, play
from tests.nodes.ports import ScriptedModels, a_world, turns
from treadle.dsl.providers import normalise_provider
from treadle.engine.errors import InvokeAuthorizationError, InvokeRateLimitError
from treadle.engine.ports import ChatDelta, ChatRequest, Message, ModelProfile, ModelRef
from treadle.engine.usage import NO_USAGE, Price, Usage
from treadle.engine.values import JsonValue
from treadle.models.catalogue import Condition, FormField, I18n, ModelKind, ParameterRule, provider_of
from treadle.models.credentials import HIDDEN, filtered, masked, with_hidden
from treadle.models.parameters import ParameterError, accepted
from treadle.models.service import ModelService
from treadle.models.state import INHERIT, Owner
from treadle.models.tables import ModelCredential
from treadle.nodes.basic import BASIC_KIND
from treadle.platform.crypto import Crypto
from treadle.platform.db import Database, table_of

WORKSPACE = "workspace-1"
KEY = "sk-scripted"
LABEL = I18n("Label", "Label", "Label")
SECRET = FormField(variable="key", label=LABEL, type="secret-input")


@pytest.fixture
async def service(db: Database, tmp_path: Path) -> AsyncIterator[ModelService]:
    models = ModelService(db, Crypto.open(tmp_path / "key"))
    yield models
    await models.close()


@pytest.fixture
async def upstream() -> AsyncIterator[ScriptedModel]:
    async with ScriptedModel() as model:
        yield model


def rule(kind: str, **members: object) -> ParameterRule:
    return ParameterRule(**{"name": "p", "label": LABEL, "type": kind, **members})  # type: ignore[arg-type]


def test_case_01_a_field_is_required_unless_it_says_otherwise() -> None:
    assert FormField(variable="key", label=LABEL, type="text-input").required


def test_case_02_a_switch_that_is_off_is_not_stored() -> None:
    switch = FormField(variable="on", label=LABEL, type="switch")
    assert filtered([switch], {"on": "false"}, None) == {}


def test_case_03_a_field_that_is_not_shown_is_dropped() -> None:
    hidden = FormField(variable="x", label=LABEL, type="text-input", show_on=(Condition("mode", "a"),))
    mode = FormField(variable="mode", label=LABEL, type="text-input")
    assert filtered([mode, hidden], {"mode": "b", "x": "given"}, None) == {"mode": "b"}


async def test_case_04_a_secret_is_stored_sealed_and_other_fields_plain(
    service: ModelService, upstream: ScriptedModel, db: Database
) -> None:
    """Sealed by a form of its own: what another product wrote is never read."""
    await add_stub(service, upstream)
    async with db.connect() as connection:
        stored = (await connection.execute(select(table_of(ModelCredential).c.config))).scalar_one()
    assert upstream.url in stored
    assert KEY not in stored


def test_case_05_secrets_are_masked_by_their_length() -> None:
    shown = [masked([SECRET], {"key": secret})["key"] for secret in ("12345678", "123456789")]
    assert shown == ["*" * 20, "123456" + "*" * 12 + "89"]


def test_case_06_a_hidden_secret_stays_as_it_is() -> None:
    assert with_hidden([SECRET], {"key": HIDDEN}, {"key": "sk-1"}) == {"key": "sk-1"}


def test_case_07_a_price_has_seven_decimals() -> None:
    price = Price(input=Decimal("0.15"), unit=Decimal("0.000001"))
    assert Usage.priced(1000, 0, price).to_map()["prompt_price"] == "0.0001500"
    assert Usage.priced(1, 0, Price(input=Decimal("0.25"))).to_map()["prompt_price"] == "0.0000003"


def test_case_08_without_prices_all_is_free() -> None:
    usage = Usage.priced(1000, 1000, Price()).to_map()
    assert {Decimal(str(value)) for name, value in usage.items() if name.endswith("_price")} == {Decimal(0)}
    assert usage["currency"] == "USD"


def test_case_09_a_parameter_without_a_rule_is_not_sent() -> None:
    assert accepted([rule("int")], {"p": 1, "mystery": 2}) == {"p": 1}


def test_case_10_only_required_defaults_are_sent() -> None:
    assert accepted([rule("int", default=5)], {}) == {}
    assert accepted([rule("int", default=5, required=True)], {}) == {"p": 5}


async def test_case_11_a_limit_of_the_reply_gives_way_to_the_prompt() -> None:
    """A word is a token: four of the prompt, and the ten of the last answer, which is always kept."""
    models = ScriptedModels(model=ModelProfile(context_size=100))
    completion_params: JsonValue = {"max_output_tokens": 90}
    model: JsonValue = {"provider": "p", "name": "m", "mode": "chat", "completion_params": completion_params}
    await play(
        [node("llm", BASIC_KIND, {"model_config": {"model": model, "pre_prompt": "Be kind"}})],
        "start -> llm",
        scopes={"sys": {"query": "who there"}},
        ports=a_world(models=models, memory=turns(("q", "a " * 10))),
    )
    assert models.requests[0].parameters == {"max_output_tokens": 86}


def test_case_12_numbers_must_be_numbers_of_their_kind() -> None:
    with pytest.raises(ParameterError, match="must be a whole number"):
        accepted([rule("int")], {"p": "5"})
    with pytest.raises(ParameterError, match="at most 2 decimals"):
        accepted([rule("float", precision=2)], {"p": 0.123})


async def add_stub(service: ModelService, upstream: ScriptedModel) -> None:
    credentials = {"endpoint_url": upstream.url, "api_key": KEY}
    await service.add_model(WORKSPACE, "openai_api_compatible", "llm", "stub-chat", credentials)


OWNER: Owner = ("openai_api_compatible", "stub-chat", ModelKind.LLM)


async def two_keys(service: ModelService, upstream: ScriptedModel) -> list[str]:
    """The ids of two credentials of a balanced model; their keys are KEY and another one."""
    ids = [
        await service.administration.add_credential(
            WORKSPACE, OWNER, {"endpoint_url": upstream.url, "api_key": key}, validate=False
        )
        for key in (KEY, "sk-other")
    ]
    await service.administration.decide(WORKSPACE, OWNER, balanced=True)
    return ids


async def bearers(service: ModelService, upstream: ScriptedModel, calls: int) -> list[str | None]:
    """The keys of so many calls."""
    before = len(upstream.requests)
    stub = ModelRef("openai_api_compatible", "stub-chat")
    request = ChatRequest(model=stub, messages=(Message(role="user", content="Hi"),))
    for _ in range(calls):
        async for _ in service.for_workspace(WORKSPACE).chat(request):
            pass
    return [each.bearer for each in upstream.requests[before:]]


@pytest.fixture
async def open_upstream() -> AsyncIterator[ScriptedModel]:
    async with ScriptedModel(keys=[KEY, "sk-other"]) as model:
        yield model


async def test_case_13_two_credentials_alternate_and_a_refused_one_rests(
    service: ModelService, open_upstream: ScriptedModel
) -> None:
    await two_keys(service, open_upstream)
    assert await bearers(service, open_upstream, 4) == [KEY, "sk-other", KEY, "sk-other"]
    open_upstream.fail(status=429, key=KEY)
    assert await bearers(service, open_upstream, 1) == [KEY, "sk-other"]
    assert await bearers(service, open_upstream, 2) == ["sk-other", "sk-other"]
    resting = [each.ttl for each in await service.administration.credentials(WORKSPACE, OWNER)]
    assert (55 < resting[0] <= 60, resting[1]) == (True, 0)
    open_upstream.fail(status=401, key="sk-other")
    with pytest.raises(InvokeAuthorizationError):
        await bearers(service, open_upstream, 1)
    resting = [each.ttl for each in await service.administration.credentials(WORKSPACE, OWNER)]
    assert 5 < resting[1] <= 10


async def test_case_14_one_enabled_credential_is_no_balance(
    service: ModelService, open_upstream: ScriptedModel
) -> None:
    _, second = await two_keys(service, open_upstream)
    await service.administration.change_credential(WORKSPACE, second, enabled=False)
    assert await bearers(service, open_upstream, 3) == [KEY, KEY, KEY]


async def test_case_15_when_all_rest_nobody_is_asked(service: ModelService, open_upstream: ScriptedModel) -> None:
    await two_keys(service, open_upstream)
    open_upstream.fail(times=2, status=429, message="Slow down")
    for sent in (2, 2):
        with pytest.raises(InvokeRateLimitError, match="Slow down"):
            await bearers(service, open_upstream, 1)
        assert len(open_upstream.requests) == sent


async def test_case_16_without_a_providers_credential_its_row_is_skipped(
    service: ModelService, open_upstream: ScriptedModel
) -> None:
    provider: Owner = ("openai", None, None)
    model: Owner = ("openai", "gpt-4o-mini", ModelKind.LLM)
    fields: dict[str, str | bool] = {"openai_api_key": KEY, "openai_api_base": open_upstream.url}
    administration = service.administration
    await administration.add_credential(WORKSPACE, provider, fields, validate=False)
    await administration.add_credential(WORKSPACE, model, {**fields, "openai_api_key": "sk-other"}, validate=False)
    await administration.decide(WORKSPACE, model, balanced=True)
    assert [each.name for each in await administration.credentials(WORKSPACE, model)] == [INHERIT, "API KEY 1"]
    await administration.remove_all(WORKSPACE, provider)
    request = ChatRequest(model=ModelRef("openai", "gpt-4o-mini"), messages=(Message(role="user", content="Hi"),))
    for _ in range(2):
        async for _ in service.for_workspace(WORKSPACE).chat(request):
            pass
    assert [each.bearer for each in open_upstream.requests] == ["sk-other", "sk-other"]


async def test_case_17_gpt_4_is_the_default_where_none_was_chosen(
    service: ModelService, upstream: ScriptedModel
) -> None:
    await add_stub(service, upstream)
    credentials = {"openai_api_key": KEY, "openai_api_base": upstream.url}
    await service.add_model(WORKSPACE, "openai", "llm", "gpt-4o-mini", credentials)
    assert await service.default_model(WORKSPACE) == ModelRef("openai", "gpt-4", "chat")


def test_case_18_nothing_and_a_usage_are_that_usage() -> None:
    usage = Usage.priced(3, 4, Price(input=Decimal(1), currency="EUR"))
    assert NO_USAGE + usage == usage
    assert (usage + usage).total_tokens == 14


async def test_case_19_one_document_of_a_generic_reranker_scores_0(
    service: ModelService, upstream: ScriptedModel
) -> None:
    credentials = {"endpoint_url": upstream.url, "api_key": KEY}
    await service.add_model(WORKSPACE, "openai_api_compatible", "reranking", "stub-rerank", credentials)
    models, model = service.for_workspace(WORKSPACE), ModelRef("openai_api_compatible", "stub-rerank")
    alone = await models.rerank(model, "Where is Paris?", ["Paris lies in France."])
    assert [(each.index, each.text, each.score) for each in alone.documents] == [(0, "Paris lies in France.", 0.0)]
    assert (await models.rerank(model, "Where is Paris?", ["Paris lies in France."], threshold=0.5)).documents == []


def test_case_20_a_provider_has_one_id_however_it_is_spelled() -> None:
    assert normalise_provider("openai") == normalise_provider("langgenius/openai/openai")
    assert normalise_provider("google") == "langgenius/gemini/google"
    assert provider_of("openai") is provider_of("langgenius/openai/openai")
    assert provider_of("google") is provider_of("langgenius/gemini/google")


async def test_case_21_a_stream_without_usage_is_counted_here(service: ModelService, upstream: ScriptedModel) -> None:
    await add_stub(service, upstream)
    upstream.stream_as(StreamStyle(usage="omit"))
    upstream.reply("one two three")
    request = ChatRequest(
        model=ModelRef("openai_api_compatible", "stub-chat"), messages=(Message(role="user", content="Hi"),)
    )
    deltas: list[ChatDelta] = [delta async for delta in service.for_workspace(WORKSPACE).chat(request)]
    usage = next(delta.usage for delta in deltas if delta.usage is not None)
    assert usage.prompt_tokens > 0
    assert usage.completion_tokens > 0
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens


def test_kinds_of_models_have_older_names() -> None:
    assert ModelKind("text-generation") is ModelKind.LLM
