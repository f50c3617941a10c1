"""What one workspace has set up, read and decrypted once, and what model names come to in it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

import msgspec

from treadle.engine.ports import ModelRef

from .catalogue import Model, ModelKind, Provider, catalogue, provider_of
from .credentials import Credentials
from .errors import CredentialFormError, UnknownProviderError
from .providers import provider_id
from .schema import model_schema
from .target import Target

Scope = Literal["provider", "model", "built-in"]
"""Whose credential opens a model: its provider's, its own, or none because it runs here."""

_PREFERRED_DEFAULT = "gpt-4"


class ModelInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A model that a workspace can use."""

    provider: str
    model: str
    kind: ModelKind
    label: str
    mode: str
    features: tuple[str, ...]
    context_size: int | None
    scope: Scope
    deprecated: bool
    default: bool


@dataclass(frozen=True, slots=True)
class ModelKey:
    """A model within a workspace; `provider` is the catalogue's id."""

    provider: str
    name: str
    kind: ModelKind


@dataclass(frozen=True, slots=True)
class Usable:
    """A model with the credential that opens it."""

    key: ModelKey
    provider: Provider
    schema: Model
    credentials: Credentials
    scope: Scope


@dataclass(frozen=True, slots=True)
class Resolved:
    """A model ready to be called. `asked` is the name it was asked for by, when it stands in for another one."""

    usable: Usable
    target: Target
    asked: ModelRef | None

    @property
    def ref(self) -> ModelRef:
        """The model by the names under which the workspace knows it."""
        key = self.usable.key
        return ModelRef(key.provider, key.name, self.usable.schema.mode)


@dataclass(slots=True)
class WorkspaceState:
    """Credentials (a provider's own under the name None), defaults, and what was resolved from them so far."""

    credentials: Mapping[tuple[str, str | None, ModelKind | None], Credentials]
    defaults: Mapping[ModelKind, ModelKey]
    local: bool
    """Whether the embedded model can be used."""
    resolved: dict[tuple[ModelRef, ModelKind], Resolved] = field(
        default_factory=dict[tuple[ModelRef, ModelKind], Resolved]
    )

    def usable(self, key: ModelKey) -> Usable | None:
        """The model with its own credential, else its provider's; None without either, or where there is no such model.

        Raises UnknownProviderError.
        """
        provider = provider_of(key.provider)
        own = self.credentials.get((key.provider, key.name, key.kind))
        credentials, scope = (own, "model") if own is not None else self._of_provider(provider)
        if credentials is None:
            return None
        schema = model_schema(provider, key.name, key.kind, credentials)
        return None if schema is None else Usable(key, provider, schema, credentials, scope)

    def opened(self, provider: Provider) -> bool:
        """Whether anything of this provider can be used."""
        return self._of_provider(provider)[0] is not None or any(
            name == provider.provider for name, _, _ in self.credentials
        )

    def models(self) -> list[ModelInfo]:
        """Every model that can be used, by provider in the console's order; default first within the flag only."""
        return [self.info(usable) for usable in self._all()]

    def info(self, usable: Usable) -> ModelInfo:
        """How the model is listed."""
        key, schema = usable.key, usable.schema
        name = usable.credentials.get("display_name")
        return ModelInfo(
            provider=key.provider,
            model=key.name,
            kind=key.kind,
            label=name if isinstance(name, str) else schema.label.en_US if schema.label else key.name,
            mode=schema.mode,
            features=tuple(sorted(schema.features)),
            context_size=schema.context_size,
            scope=usable.scope,
            deprecated=schema.deprecated,
            default=self.default(key.kind) == key,
        )

    def default(self, kind: ModelKind) -> ModelKey | None:
        """The default of this kind: the stored one while it can be used, else the first active one, gpt-4 preferred.

        The embedded model comes last (§1.14).
        """
        stored = self.defaults.get(kind)
        if stored is not None and self.usable(stored) is not None:
            return stored
        active = [each.key for each in self._all() if each.key.kind is kind and not each.schema.deprecated]
        preferred = (key for key in active if key.name == _PREFERRED_DEFAULT)
        return next(preferred, active[0] if active else None)

    def _of_provider(self, provider: Provider) -> tuple[Credentials | None, Scope]:
        if provider.connection.embedded:
            return ({} if self.local else None), "built-in"
        return self.credentials.get((provider.provider, None, None)), "provider"

    def _all(self) -> Iterator[Usable]:
        for provider in catalogue().values():
            keys = [ModelKey(provider.provider, model.model, model.kind) for model in provider.models]
            keys += [
                ModelKey(name, model, kind)
                for name, model, kind in self.credentials
                if name == provider.provider and model is not None and kind is not None
            ]
            for key in dict.fromkeys(keys):
                try:
                    usable = self.usable(key)
                except CredentialFormError:
                    continue  # stored before its form changed; it is reported when it is used
                if usable is not None:
                    yield usable


def key_of(ref: ModelRef, kind: ModelKind) -> ModelKey | None:
    """The key that an app's reference means, None for a provider that the catalogue does not know."""
    try:
        return ModelKey(provider_of(ref.provider).provider, ref.name, kind)
    except UnknownProviderError:
        return None


def stored_key(provider: str, model: str, kind: ModelKind) -> ModelKey:
    """The key of a stored row."""
    return ModelKey(provider_id(provider), model, kind)
