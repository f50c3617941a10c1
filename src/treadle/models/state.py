"""What one workspace has set up, read and decrypted once, and what model names come to in it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import msgspec

from treadle.engine.ports import ModelRef

from .catalogue import Model, ModelKind, Pricing, Provider, catalogue, provider_of
from .credentials import Credentials
from .errors import CredentialFormError, UnknownProviderError
from .policy import UNLIMITED, Limits, Pool
from .providers import provider_id
from .schema import model_schema
from .target import Target

Scope = Literal["provider", "model", "built-in"]
"""Whose credential opens a model: its provider's, its own, or none because it runs here."""

Owner: TypeAlias = tuple[str, str | None, ModelKind | None]
"""Whom a credential opens: a provider (and two times None), or one model of it."""

INHERIT = "__inherit__"
"""The name of the row that stands for the provider's credential among those of a model."""

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
class Credential:
    """A filled-in form. `active`: it is used; `enabled`: it takes its turn where its owner is balanced."""

    id: str
    name: str
    fields: Credentials
    active: bool = True
    enabled: bool = True
    limits: Limits = UNLIMITED


@dataclass(frozen=True, slots=True)
class Setting:
    """What a workspace decides about a model or provider. `fallbacks` are providers and models, in order."""

    enabled: bool = True
    balanced: bool = False
    fallbacks: tuple[tuple[str, str], ...] = ()
    pricing: Pricing | None = None


_UNDECIDED = Setting()
_BUILT_IN = Credential("", "", {})


@dataclass(frozen=True, slots=True)
class Usable:
    """A model with the credential that opens it; `pool` holds all that are used in turn."""

    key: ModelKey
    provider: Provider
    schema: Model
    credentials: Credentials
    scope: Scope
    pool: tuple[Credential, ...] = ()


@dataclass(frozen=True, slots=True)
class Resolved:
    """A model ready to be called. `asked` is the name it was asked for by, when it stands in for another one.

    `pool` is there when calls are to be spread, counted or caught; `fallbacks` are models that answer when it fails.
    """

    usable: Usable
    target: Target
    asked: ModelRef | None
    pool: Pool | None = None
    fallbacks: tuple[ModelRef, ...] = ()

    @property
    def ref(self) -> ModelRef:
        """The model by the names under which the workspace knows it."""
        key = self.usable.key
        return ModelRef(key.provider, key.name, self.usable.schema.mode)


@dataclass(slots=True)
class WorkspaceState:
    """Credentials, decisions, defaults, and what was resolved from them so far."""

    stored: Mapping[Owner, tuple[Credential, ...]]
    settings: Mapping[Owner, Setting]
    defaults: Mapping[ModelKind, ModelKey]
    local: tuple[Model, ...]
    """The models that run here."""
    resolved: dict[tuple[ModelRef, ModelKind], Resolved] = field(
        default_factory=dict[tuple[ModelRef, ModelKind], Resolved]
    )

    def active(self, owner: Owner) -> Credential | None:
        """The credential of an owner that is used."""
        return next((each for each in self.stored.get(owner, ()) if each.active and each.name != INHERIT), None)

    def setting(self, owner: Owner) -> Setting:
        """What the workspace decides about a model or provider."""
        return self.settings.get(owner, _UNDECIDED)

    def enabled(self, key: ModelKey) -> bool:
        """Whether neither the model nor its provider is switched off."""
        return self.setting((key.provider, None, None)).enabled and self.setting(owner_of(key)).enabled

    def usable(self, key: ModelKey, *, even_disabled: bool = False) -> Usable | None:
        """The model with its own credential, else its provider's.

        None without either, where there is no such model, and where it is switched off. Raises UnknownProviderError.
        """
        provider = self._offering(provider_of(key.provider))
        if not even_disabled and not self.enabled(key):
            return None
        pool, scope = self._pool(key, provider)
        if not pool:
            return None
        schema = model_schema(provider, key.name, key.kind, pool[0].fields)
        return None if schema is None else Usable(key, provider, schema, pool[0].fields, scope, pool)

    def opened(self, provider: Provider) -> bool:
        """Whether anything of this provider can be used."""
        return bool(self._of_provider(provider)[0]) or any(
            name == provider.provider and rows for (name, _, _), rows in self.stored.items()
        )

    def models(self) -> list[ModelInfo]:
        """Every model that can be used, by provider in the console's order; default first within the flag only."""
        return [self.info(usable) for usable in self.all_usable()]

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
        active = [each.key for each in self.all_usable() if each.key.kind is kind and not each.schema.deprecated]
        preferred = (key for key in active if key.name == _PREFERRED_DEFAULT)
        return next(preferred, active[0] if active else None)

    def _pool(self, key: ModelKey, provider: Provider) -> tuple[tuple[Credential, ...], Scope]:
        """The credentials that calls of a model use, and whose they are (§1.13, §1.16)."""
        owner = owner_of(key)
        if own := self.stored.get(owner):
            turns = [each for each in own if each.enabled] if self.setting(owner).balanced else []
            inherited = self.active((key.provider, None, None))
            pool = [inherited if each.name == INHERIT else each for each in turns]
            known = tuple(each for each in pool if each is not None)
            if len(turns) > 1 and known:
                return known, "model"
            if active := self.active(owner):
                return (active,), "model"
        return self._of_provider(provider)

    def _of_provider(self, provider: Provider) -> tuple[tuple[Credential, ...], Scope]:
        if provider.connection.embedded:
            return ((_BUILT_IN,) if self.local else ()), "built-in"
        owner = (provider.provider, None, None)
        if self.setting(owner).balanced:
            turns = tuple(each for each in self.stored.get(owner, ()) if each.enabled)
            if len(turns) > 1:
                return turns, "provider"
        active = self.active(owner)
        return (() if active is None else (active,)), "provider"

    def _offering(self, provider: Provider) -> Provider:
        """The provider; that of this machine's models with those that can run."""
        return msgspec.structs.replace(provider, models=self.local) if provider.connection.embedded else provider

    def all_usable(self, *, even_disabled: bool = False) -> Iterator[Usable]:
        """Every model that can be used, by provider in the console's order."""
        for provider in map(self._offering, catalogue().values()):
            keys = [ModelKey(provider.provider, model.model, model.kind) for model in provider.models]
            keys += [
                ModelKey(name, model, kind)
                for name, model, kind in self.stored
                if name == provider.provider and model is not None and kind is not None
            ]
            for key in dict.fromkeys(keys):
                try:
                    usable = self.usable(key, even_disabled=even_disabled)
                except CredentialFormError:
                    continue  # stored before its form changed; it is reported when it is used
                if usable is not None:
                    yield usable


def owner_of(key: ModelKey) -> Owner:
    """Whom the credentials of a model's own belong to."""
    return key.provider, key.name, key.kind


def key_of(ref: ModelRef, kind: ModelKind) -> ModelKey | None:
    """The key that an app's reference means, None for a provider that the catalogue does not know."""
    try:
        return ModelKey(provider_of(ref.provider).provider, ref.name, kind)
    except UnknownProviderError:
        return None


def stored_key(provider: str, model: str, kind: ModelKind) -> ModelKey:
    """The key of a stored row."""
    return ModelKey(provider_id(provider), model, kind)
