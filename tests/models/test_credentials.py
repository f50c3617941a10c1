"""Credential forms: what is kept, what is refused, how secrets are shown (spec models-and-tools §1.3, §1.12)."""

import re

import pytest

from treadle.engine.usage import Price
from treadle.models.administration import named
from treadle.models.catalogue import Condition, FormField, I18n, Model, ModelKind, Option, Provider, provider_of
from treadle.models.connection import target_of
from treadle.models.credentials import filtered, masked, with_hidden
from treadle.models.errors import CredentialFormError, ModelSetupError
from treadle.models.target import Target

LABEL = I18n("Label", "Label", "Label")


def field(variable: str, **members: object) -> FormField:
    return FormField(**{"variable": variable, "label": LABEL, "type": "text-input", **members})  # type: ignore[arg-type]


OPTIONS = (Option("a", LABEL), Option("b", LABEL, (Condition("mode", "x"),)))


def test_a_field_is_required_unless_it_says_otherwise() -> None:
    with pytest.raises(CredentialFormError, match=r"credential key .* is missing") as caught:
        filtered([field("key")], {"key": ""}, None)
    assert caught.value.variable == "key"


def test_defaults_fill_what_is_missing() -> None:
    form = [field("size", default="4096"), field("note", required=False), field("kind", required=False, default="a")]
    assert filtered(form, {"note": ""}, None) == {"size": "4096", "kind": "a"}


def test_fields_that_are_not_shown_are_dropped() -> None:
    form = [
        field("mode", required=False, show_on=(Condition("__model_type", "llm"),)),
        field("batch", required=False, show_on=(Condition("__model_type", "text-embedding"),)),
        field("extra", show_on=(Condition("mode", "x"),)),
    ]
    submitted = {"mode": "y", "batch": "8", "extra": "z", "stranger": "s"}
    assert filtered(form, submitted, ModelKind.LLM) == {"mode": "y"}
    assert filtered(form, submitted, ModelKind.EMBEDDING) == {"batch": "8"}
    assert filtered(form, {**submitted, "mode": "x"}, ModelKind.LLM) == {"mode": "x", "extra": "z"}


@pytest.mark.parametrize(
    ("submitted", "kept"),
    [("true", {"on": True}), ("TRUE", {"on": True}), (True, {"on": True}), ("false", {}), (False, {})],
)
def test_a_switch_that_is_off_is_not_stored(submitted: str | bool, kept: dict[str, bool]) -> None:
    assert filtered([field("on", type="switch")], {"on": submitted}, None) == kept


@pytest.mark.parametrize(
    ("form", "value", "reason"),
    [
        (field("f", max_length=3), "abcd", "longer than 3 characters"),
        (field("f", type="select", options=OPTIONS), "c", "choose one of a$"),
        (field("f", type="radio", options=OPTIONS), "b", "choose one of a"),
        (field("f", type="switch"), "maybe", "give true or false"),
    ],
)
def test_wrong_values_are_refused_with_what_may_be_given(form: FormField, value: str, reason: str) -> None:
    with pytest.raises(CredentialFormError, match=reason.replace("$", r"\.$")):
        filtered([form], {"f": value}, None)


@pytest.mark.parametrize(
    ("secret", "shown"), [("12345678", "*" * 20), ("123456789", "123456" + "*" * 12 + "89"), ("", "*" * 20)]
)
def test_secrets_are_masked(secret: str, shown: str) -> None:
    form = [field("key", type="secret-input"), field("url")]
    assert masked(form, {"key": secret, "url": "http://x"}) == {"key": shown, "url": "http://x"}


def test_a_hidden_secret_stays_as_it_is() -> None:
    form = [field("key", type="secret-input"), field("url")]
    submitted = {"key": "[__HIDDEN__]", "url": "[__HIDDEN__]"}
    assert with_hidden(form, submitted, {"key": "stored", "url": "old"}) == {"key": "stored", "url": "[__HIDDEN__]"}


def test_the_compatible_form_needs_no_more_than_an_address() -> None:
    form = provider_of("openai_api_compatible").model_form
    assert filtered(form, {"endpoint_url": "http://x/v1"}, ModelKind.EMBEDDING) == {
        "endpoint_url": "http://x/v1", "context_size": "4096", "encoding_format": "float", "max_chunks": "32",
    }  # fmt: skip


COMPATIBLE = provider_of("openai_api_compatible")


def target_with(provider: Provider, **fields: str) -> Target:
    return target_of(provider, Model(model="m"), fields, Price())


@pytest.mark.parametrize(
    "given",
    [
        "http://10.0.0.5:8000/v1",
        " http://10.0.0.5:8000/v1/ \n",
        "HTTP://10.0.0.5:8000/v1",
        "http://10.0.0.5:8000/v1/chat/completions",
        "http://10.0.0.5:8000/v1/embeddings/",
    ],
)
def test_an_address_is_taken_as_it_was_meant(given: str) -> None:
    assert target_with(COMPATIBLE, endpoint_url=given).base_url == "http://10.0.0.5:8000/v1"


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ("ftp://host/v1", "begin it with http:// or https://"),
        ("host:8000/v1", "begin it with http:// or https://"),
        ("http://", "begin it with http:// or https://"),
        ("http:///v1", "which is no address"),
        ("http://[::1/v1", "which is no address"),
        ("http://host:99999/v1", "which is no address"),
        ("http://host:port/v1", "which is no address"),
        ("https://my host/v1", "which is no address"),
        ("https://host/v1?key=1", "leave out what begins with"),
    ],
)
def test_an_address_that_is_none_is_told_in_the_form(given: str, reason: str) -> None:
    with pytest.raises(CredentialFormError, match=re.escape(reason)) as refused:
        target_with(COMPATIBLE, endpoint_url=given)
    assert refused.value.variable == "endpoint_url"


@pytest.mark.parametrize("name", ["openai_api_compatible", "anthropic", "google", "azure_openai"])
def test_a_key_is_trimmed_and_one_with_a_line_break_refused(name: str) -> None:
    provider = provider_of(name)
    connection = provider.connection
    field = connection.key_field or next(iter(connection.headers.values()))
    address = {connection.url_field or "": "https://host.test/v1"}
    target = target_with(provider, **address, **{field: " sk-key\n"})
    assert "sk-key" in {value.removeprefix("Bearer ") for value in target.headers.values()}
    for key in ("sk-\nkey", "sk-\x00key"):
        with pytest.raises(CredentialFormError, match="has a line break or another control character"):
            target_with(provider, **address, **{field: key})


@pytest.mark.parametrize("name", ["", " ", "a\nb", "a\u200bb", "m" * 256])
def test_a_model_needs_a_name_that_can_be_one(name: str) -> None:
    with pytest.raises(ModelSetupError, match=r"The name of the model is .*; give what the provider calls it"):
        named(name)
    assert named(" gpt-x\n") == "gpt-x"
