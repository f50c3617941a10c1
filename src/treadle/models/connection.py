"""From a provider, a model and a credential to the Target that a protocol calls."""

import math
import re
from collections.abc import Mapping
from urllib.parse import quote, urlsplit

from treadle.engine.ports import ModelProfile
from treadle.engine.usage import Price

from .catalogue import Model, ModelKind, Provider
from .credentials import secret_fields
from .errors import CredentialFormError
from .target import Target

_FIELD = re.compile(r"\{(\w+)\}")
_UNFIT = re.compile(r"[\s\x00-\x1f\x7f]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_CALLS = ("/chat/completions", "/completions", "/embeddings", "/rerank", "/responses", "/messages")
"""What vendors' examples show behind the base URL."""


def target_of(provider: Provider, model: Model, credentials: Mapping[str, str | bool], price: Price) -> Target:
    """Where and how to call `model`. Raises CredentialFormError when no address comes out."""
    connection = provider.connection
    texts = {name: value for name, value in credentials.items() if isinstance(value, str) and value}
    headers = {
        header: value for header, field in connection.headers.items() if (value := _in_header(field, texts.get(field)))
    }
    key_field = connection.key_fields.get(model.kind, connection.key_field) or ""
    if key := _in_header(key_field, texts.get(key_field)):
        headers["Authorization"] = f"Bearer {key}"
    secret = secret_fields(provider.provider_form) | secret_fields(provider.model_form)
    return Target(
        provider=provider.provider,
        name=model.model,
        kind=model.kind.value,
        upstream=texts.get(connection.model_field or "", model.model),
        base_url="" if connection.embedded else base_url(provider, {"model": model.model, **texts}, model.kind),
        headers=headers,
        secrets=tuple(value for name, value in texts.items() if name in secret and name != connection.url_field),
        settings={**connection.settings, **model.settings, **credentials},
        profile=ModelProfile(
            mode=model.mode,
            features=frozenset(model.features),
            context_size=model.context_size,
            price=price,
            parameters=frozenset(rule.name for rule in model.rules),
        ),
        read_timeout=_seconds(connection.timeout_field, texts),
        batch=model.max_chunks,
    )


def base_url(provider: Provider, credentials: Mapping[str, str], kind: ModelKind = ModelKind.LLM) -> str:
    """The base URL: the form's, completed, else that of the alternative the form chose, else the provider's own for
    models of this kind."""
    connection = provider.connection
    given = credentials.get(connection.url_field or "", "").strip().rstrip("/")
    if given:
        given = _address(connection.url_field or "", given)
        return given if given.endswith(connection.suffix) else given + connection.suffix
    for alternative in connection.alternatives:
        if credentials.get(alternative.variable) == alternative.value:
            return alternative.url
    own = connection.urls.get(kind, connection.url)
    if own is None:
        raise CredentialFormError(
            connection.url_field or "", f"The credential {connection.url_field} is missing; give the address."
        )
    return _filled(own, credentials)


def _address(field: str, given: str) -> str:
    """`given` as a base URL: without the path of a call that was copied along. Raises CredentialFormError."""
    scheme, separator, rest = given.partition("://")
    if not separator or scheme.lower() not in ("http", "https"):
        raise CredentialFormError(field, f"The credential {field} is {given!r}; begin it with http:// or https://.")
    try:
        parts = urlsplit(given)
        whole = bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is none, an IPv6 address without its end
        whole = False
    if not whole or _UNFIT.search(given):
        raise CredentialFormError(
            field, f"The credential {field} is {given!r}, which is no address; give one such as https://host:8000/v1."
        )
    if "?" in rest or "#" in rest:
        raise CredentialFormError(
            field, f"The credential {field} is {given!r}; leave out what begins with ? or #: calls add their own."
        )
    for call in _CALLS:
        if rest.endswith(call):
            rest = rest.removesuffix(call)
            break
    return f"{scheme.lower()}://{rest}"


def _in_header(field: str, value: str | None) -> str:
    """`value` as a header takes it: "" for none. Raises CredentialFormError."""
    value = (value or "").strip()
    if _CONTROL.search(value):
        raise CredentialFormError(
            field, f"The credential {field} has a line break or another control character in it; copy it once more."
        )
    return value


def _filled(url: str, credentials: Mapping[str, str]) -> str:
    """`url` with the value of the form field, or the model's name, in place of each `{field}`."""
    return _FIELD.sub(lambda found: quote(credentials.get(found[1], ""), safe=""), url)


def _seconds(field: str | None, credentials: Mapping[str, str]) -> float | None:
    text = credentials.get(field or "")
    if text is None:
        return None
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise CredentialFormError(field or "", f"The credential {field} is {text!r}; give seconds above 0.")
    return seconds
