"""From a provider, a model and a credential to the Target that a protocol calls."""

import math
import re
from collections.abc import Mapping
from urllib.parse import quote

from treadle.engine.ports import ModelProfile
from treadle.engine.usage import Price

from .catalogue import Model, ModelKind, Provider
from .credentials import secret_fields
from .errors import CredentialFormError
from .target import Target

_FIELD = re.compile(r"\{(\w+)\}")


def target_of(provider: Provider, model: Model, credentials: Mapping[str, str | bool], price: Price) -> Target:
    """Where and how to call `model`. Raises CredentialFormError when no address comes out."""
    connection = provider.connection
    texts = {name: value for name, value in credentials.items() if isinstance(value, str) and value}
    headers = {header: texts[field] for header, field in connection.headers.items() if field in texts}
    key = texts.get(connection.key_fields.get(model.kind, connection.key_field) or "", "").strip()
    if key:
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
        if not given.startswith(("http://", "https://")):
            raise CredentialFormError(
                connection.url_field or "",
                f"The credential {connection.url_field} is {given!r}; begin it with http:// or https://.",
            )
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
