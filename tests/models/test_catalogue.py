"""Every catalogue file follows the schema and means something that can be called."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from importlib.resources import files
from pathlib import Path

import pytest

from treadle.engine.usage import Price, Usage
from treadle.models import local
from treadle.models.catalogue import Condition, FormField, ModelKind, Provider, catalogue, provider_of, use_folder
from treadle.models.catalogue_file import CatalogueError, read_provider
from treadle.models.connection import target_of
from treadle.models.credentials import filtered
from treadle.models.errors import UnknownProviderError
from treadle.models.pricing import listed_price
from treadle.models.protocols.openai_request import dialect_of
from treadle.models.schema import model_schema, output_limit

PROVIDERS = list(catalogue().values())

HEAD = [
    "openai", "deepseek", "anthropic", "azure_openai", "google", "vertex_ai", "nvidia", "nvidia_nim", "cohere",
    "upstage", "bedrock", "togetherai", "openrouter", "ollama", "mistralai", "groq", "replicate", "huggingface_hub",
    "xinference", "triton_inference_server", "zhipuai", "baichuan", "spark", "minimax", "tongyi", "wenxin",
    "moonshot", "tencent", "chatglm", "yi", "openllm", "localai", "volcengine_maas", "openai_api_compatible",
    "hunyuan", "siliconflow", "perfxcloud", "zhinao", "fireworks",
]  # fmt: skip
"""The order of the interface (spec models-and-tools §1.2), of providers that can be called here."""


def test_the_providers_come_in_the_order_of_the_console() -> None:
    ids = [provider.provider for provider in PROVIDERS]
    assert [name for name in ids if name in HEAD] == HEAD
    assert ids[-1] == "local"


def filling(field: FormField, kind: ModelKind | None) -> str:
    """Something that the field takes."""
    if field.options:
        shown = [Condition("__model_type", kind.value if kind else "")]
        return next((each.value for each in field.options if list(each.show_on) in ([], shown)), "none")
    address = "url" in field.variable or field.variable in ("api_base", "endpoint", "openai_api_base")
    return "https://example.test" if address else "a-value"


def filled(provider: Provider, kind: ModelKind | None) -> dict[str, str | bool]:
    """The form filled in with as little as it demands."""
    form = provider.provider_form if kind is None else provider.model_form
    demanded = {field.variable: filling(field, kind) for field in form if field.required and not field.default}
    return filtered(form, demanded, kind)


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.provider)
def test_every_listed_model_can_be_called_with_what_the_form_demands(provider: Provider) -> None:
    credentials = filled(provider, None)
    for model in provider.models:
        schema = model_schema(provider, model.model, model.kind, credentials)
        assert schema is not None
        target = target_of(provider, schema, credentials, Price())
        assert target.base_url.startswith("https://") or provider.connection.embedded
        dialect_of(target)
        if model.kind is ModelKind.LLM:
            assert schema.context_size
            limit = output_limit(schema)
            assert limit is not None
            assert isinstance(limit.default, int)
            assert limit.min is not None
            assert limit.max is not None
            assert limit.min <= limit.default <= limit.max


@pytest.mark.parametrize(
    "provider", [each for each in PROVIDERS if each.custom], ids=lambda provider: provider.provider
)
@pytest.mark.parametrize("kind", [ModelKind.LLM, ModelKind.EMBEDDING, ModelKind.RERANK])
def test_a_model_that_is_not_listed_gets_its_schema_from_the_form(provider: Provider, kind: ModelKind) -> None:
    credentials = filled(provider, kind) if kind in provider.kinds else {}
    schema = model_schema(provider, "anything", kind, credentials)
    assert (schema is not None) == (kind in provider.kinds)
    if schema is not None:
        assert target_of(provider, schema, credentials, Price()).base_url


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.provider)
def test_forms_ask_only_for_what_the_connection_knows(provider: Provider) -> None:
    known = {field.variable for field in (*provider.provider_form, *provider.model_form)}
    connection = provider.connection
    used = {connection.key_field, connection.url_field, connection.model_field, connection.timeout_field}
    used |= set(connection.headers.values()) | {each.variable for each in connection.alternatives}
    if provider.custom:
        used |= {grant.variable for grant in provider.custom.grants}
        used |= {provider.custom.context_size, provider.custom.max_output, provider.custom.mode}
    assert used - {None} <= known


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.provider)
def test_prices_in_dollars_agree_with_the_price_list(provider: Provider) -> None:
    for model in provider.models:
        if model.pricing is None or model.pricing.currency != "USD" or provider.prices is None:
            continue
        listed = listed_price(provider.prices, model.model, datetime(2026, 11, 1, tzinfo=UTC))
        if listed is not None or model.kind is ModelKind.LLM:
            assert listed == model.pricing.price(), model.model


def test_the_form_of_the_compatible_provider_has_the_fields_of_the_interface() -> None:
    fields = {field.variable: field for field in provider_of("openai_api_compatible").model_form}
    assert {"endpoint_url", "api_key", "mode", "context_size", "max_tokens_to_sample", "function_calling_type",
            "stream_function_calling", "vision_support", "structured_output_support", "stream_mode_delimiter",
            "display_name", "endpoint_model_name", "agent_thought_support", "token_param_name",
            "stream_include_usage", "encoding_format", "max_chunks"} <= fields.keys()  # fmt: skip
    assert (fields["endpoint_url"].required, fields["api_key"].required) == (True, False)
    assert fields["stream_mode_delimiter"].default == r"\n\n"
    assert [option.value for option in fields["function_calling_type"].options] == [
        "function_call",
        "tool_call",
        "no_call",
    ]


def test_the_embedded_model_is_as_large_as_its_slots() -> None:
    provider = provider_of("local")
    sizes = {model.model: model.context_size for model in provider.models if model.kind is ModelKind.LLM}
    assert sizes == {local.MODEL_NAME: local.CONTEXT}


@pytest.mark.parametrize("name", ["openai", " openai ", "langgenius/openai/openai", "langgenius/openai"])
def test_a_provider_has_one_id_however_it_is_spelled(name: str) -> None:
    assert provider_of(name).provider == "openai"


@pytest.mark.parametrize("name", ["", "nobody", "../openai", "someone/openai/openai"])
def test_an_unknown_provider_is_named_with_those_there_are(name: str) -> None:
    with pytest.raises(UnknownProviderError, match=r"no model provider .* openai, deepseek"):
        provider_of(name)


def test_a_fine_tuned_model_is_like_its_base() -> None:
    schema = model_schema(provider_of("openai"), "ft:gpt-4o-mini:acme::1", ModelKind.LLM, {})
    assert schema is not None
    assert (schema.model, schema.context_size) == ("ft:gpt-4o-mini:acme::1", 128000)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"provider: x\nsurprise: 1", "unknown field `surprise`"),
        (b"- a", "expected a mapping"),
        (b"provider: [", "while parsing"),
    ],
)
def test_a_wrong_file_is_named_with_the_place(text: bytes, reason: str) -> None:
    with pytest.raises(CatalogueError, match=r"^x\.yaml: .*" + reason):
        read_provider("x.yaml", text)


def test_a_listed_price_is_per_million_tokens() -> None:
    price = listed_price("openai", "gpt-4o-mini")
    assert price is not None
    assert (price.input, price.output, price.cached_input, price.unit, price.currency) == (
        Decimal("0.15"), Decimal("0.6"), Decimal("0.075"), Decimal("0.000001"), "USD",
    )  # fmt: skip
    assert listed_price("openai", "no-such-model") is None


def test_a_long_prompt_costs_what_its_tier_says() -> None:
    price = listed_price("google", "gemini-2.5-pro")
    assert price is not None
    (tier,) = price.tiers
    assert (tier.above, tier.input, tier.output, tier.cached_input) == (
        200_000, Decimal("2.5"), Decimal("15"), Decimal("0.25"),
    )  # fmt: skip
    short, long = Usage.priced(200_000, 1000, price), Usage.priced(200_001, 1000, price, cached_tokens=100_000)
    assert (short.prompt_unit_price, short.prompt_price, short.completion_price) == (
        Decimal("1.25"), Decimal("0.25"), Decimal("0.01"),
    )  # fmt: skip
    assert (long.prompt_unit_price, long.prompt_price, long.completion_price) == (
        Decimal("2.5"), Decimal("0.2750025"), Decimal("0.015"),
    )  # fmt: skip


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.provider)
def test_a_provider_is_consistent_in_itself(provider: Provider) -> None:
    names = [(model.model, model.kind) for model in provider.models]
    assert len(names) == len(set(names))
    assert {model.kind for model in provider.models} <= set(provider.kinds)
    assert bool(provider.models) == ("predefined-model" in provider.configure)
    assert bool(provider.custom) == ("customizable-model" in provider.configure)
    rules = [rule for model in provider.models for rule in model.rules]
    for rule in [*rules, *(provider.custom.rules if provider.custom else ())]:
        if isinstance(rule.default, int | float) and not isinstance(rule.default, bool):
            assert rule.min is None or rule.min <= rule.default
            assert rule.max is None or rule.default <= rule.max
        assert not rule.options or rule.default is None or rule.default in rule.options
    for field in (*provider.provider_form, *provider.model_form):
        values = [option.value for option in field.options]
        assert bool(values) == (field.type in ("select", "radio"))
        assert len(values) == len(set(values))
        assert not values or field.default is None or field.default in values
        assert field.type != "secret-input" or field.default is None


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.provider)
def test_a_provider_speaks_every_language(provider: Provider) -> None:
    texts = [provider.label, provider.description]
    texts += [provider.help.title] if provider.help else []
    for field in (*provider.provider_form, *provider.model_form):
        texts += [field.label, *(option.label for option in field.options)]
        texts += [field.placeholder] if field.placeholder else []
    for rule in (rule for model in provider.models for rule in model.rules):
        texts += [rule.label]
    assert all(text.en_US and text.zh_Hans and text.ja_JP for text in texts)
    assert provider.help is None or provider.help.url.startswith("https://")


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.provider)
def test_what_calls_cost_is_known_or_the_file_says_why_not(provider: Provider) -> None:
    priced = {ModelKind.LLM, ModelKind.EMBEDDING}
    silent = [model for model in provider.models if model.kind in priced and model.pricing is None]
    text = (files("treadle.models") / "catalogue" / f"{provider.provider}.yaml").read_text(encoding="utf-8")
    comments = " ".join(line for line in text.splitlines() if line.startswith("#"))
    assert not silent or provider.prices is not None or "price" in comments


MODELS = b"configure: [predefined-model, customizable-model]\nmodels:\n"


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (b"use: api_key", b"use: apikey", "there is no 'apikey' to take; there are api_key"),
        (b"rules: []", b"rules: chat", "rules names the set 'chat'; rule_sets has none"),
        (b"rules: []", b"rules: [temprature]", "there is no 'temprature' to take; there are temperature"),
        (
            b"rules: []",
            b"rules: [{use_template: top_k, name: k, default: 500}]",
            "k has the default 500, which",
        ),
        (b"rules: []", b"rules: []\n  voices: sound", "custom.voices names the field 'sound', which no form has"),
        (b"url: 'https://ai.acme.test/v1', ", b"", "connection has neither url nor url_field"),
        (b"key_field: api_key", b"key_field: key", "connection.key_field names the field 'key', which no form has"),
        (b"[customizable-model]", b"[predefined-model]", "configure has predefined-model, but no models are listed"),
        (b"custom:\n  rules: []\n", b"", "configure has customizable-model, but custom is missing"),
        (b"custom:", b"models: [{model: m}]\ncustom:", "models are listed, but configure has no predefined-model"),
        (b"configure: [customizable-model]\n", MODELS + b"  - {model: m, kind: tts}\n", "m is of the kind tts"),
        (b"configure: [customizable-model]\n", MODELS + b"  - {model: m}\n  - {model: m}\n", "is listed twice"),
        (b"configure: [customizable-model]\n", MODELS + b"  - {model: m, max_output: [5]}\n", "[DEFAULT, MAX], not"),
        (b"- use: api_key", b"- {use: api_key, type: select}", "api_key is a select without options"),
        (b"- use: api_key", b"- {use: api_key, show_on: [{variable: x, value: y}]}", "is shown on the field 'x'"),
        (b"", b"", "name it as its provider, in lower-case letters"),
    ],
)
def test_a_file_that_does_not_hold_together_is_told_where(
    own_folder: Path, old: bytes, new: bytes, reason: str
) -> None:
    name = "acme.yaml" if old else "acme.yml"
    (own_folder / name).write_bytes(OWN.replace(old, new) if old else OWN)
    with pytest.raises(CatalogueError, match=re.escape(reason)) as refused:
        use_folder(own_folder)
    assert name in str(refused.value)
    assert "\n" not in str(refused.value)


OWN = b"""provider: acme
position: 5
label: Acme
description: A gateway of ours.
icon: acme
kinds: [llm]
configure: [customizable-model]
protocol: openai
connection: {url: 'https://ai.acme.test/v1', key_field: api_key}
model_form:
  - use: api_key
custom:
  rules: []
"""


@pytest.fixture
def own_folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    use_folder(None)


def test_an_operator_adds_providers_of_their_own(own_folder: Path) -> None:
    (own_folder / "acme.yaml").write_bytes(OWN)
    (own_folder / "openai.yaml").write_bytes(OWN.replace(b"provider: acme", b"provider: openai"))
    use_folder(own_folder)
    assert list(catalogue())[:2] == ["acme", "openai"]
    assert provider_of("openai").label.en_US == "Acme"
    use_folder(None)
    assert "acme" not in catalogue()
    assert provider_of("openai").label.en_US == "OpenAI"


def test_a_wrong_file_of_an_operator_is_named_with_the_field(own_folder: Path) -> None:
    (own_folder / "acme.yaml").write_bytes(OWN.replace(b"kinds: [llm]", b"kinds: [song]"))
    with pytest.raises(CatalogueError, match=r"acme\.yaml: .*song.*kinds"):
        use_folder(own_folder)
