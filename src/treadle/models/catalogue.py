"""The catalogue: which providers there are, as data. A file per provider lies in `catalogue/`.

Source: spec models-and-tools §1.1 to §1.6 and §1.20.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Literal

import msgspec

from treadle.engine.ports import Feature
from treadle.engine.usage import Price, PriceTier, SoundPrice

from .errors import UnknownProviderError
from .protocols import LISTED, ProtocolName
from .providers import provider_id

_FOLDER = files("treadle.models") / "catalogue"
_own_folder: list[Path] = []
_PROVIDER_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,99}")


class ModelKind(StrEnum):
    """What a model is for."""

    LLM = "llm"
    EMBEDDING = "text-embedding"
    RERANK = "rerank"
    SPEECH_TO_TEXT = "speech2text"
    TTS = "tts"
    MODERATION = "moderation"

    @classmethod
    def _missing_(cls, value: object) -> "ModelKind | None":
        aliases = {"text-generation": cls.LLM, "embeddings": cls.EMBEDDING, "reranking": cls.RERANK}
        return aliases.get(value) if isinstance(value, str) else None


class I18n(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A text in the console's languages."""

    en_US: str  # noqa: N815 - the wire's names
    zh_Hans: str  # noqa: N815
    ja_JP: str  # noqa: N815


class Condition(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Shows a field while another one has this value."""

    variable: str
    value: str


class Option(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One choice of a select or radio field."""

    value: str
    label: I18n
    show_on: tuple[Condition, ...] = ()


class FormField(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One field of a credential form (§1.3)."""

    variable: str
    label: I18n
    type: Literal["text-input", "secret-input", "select", "radio", "switch"]
    required: bool = True
    default: str | None = None
    options: tuple[Option, ...] = ()
    placeholder: I18n | None = None
    max_length: int = 0
    show_on: tuple[Condition, ...] = ()


class ParameterRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A parameter that a model accepts (§1.5), after its template has been filled in."""

    name: str
    use_template: str | None = None
    label: I18n
    type: Literal["float", "int", "string", "boolean", "text"]
    help: I18n | None = None
    required: bool = False
    default: bool | int | float | str | None = None
    min: float | None = None
    max: float | None = None
    precision: int | None = None
    options: tuple[str, ...] = ()


class Pricing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """List prices that the file states itself, where no price list carries them or carries another currency."""

    input: Decimal = Decimal(0)
    output: Decimal = Decimal(0)
    cached_input: Decimal | None = None
    cache_write: Decimal | None = None
    sound: SoundPrice | None = None
    unit: Decimal = Decimal("0.000001")
    currency: Literal["USD", "RMB"] = "USD"
    tiers: tuple[PriceTier, ...] = ()

    def price(self) -> Price:
        """The same as the engine's type."""
        return Price(
            input=self.input,
            output=self.output,
            cached_input=self.cached_input,
            cache_write=self.cache_write,
            sound=self.sound,
            unit=self.unit,
            currency=self.currency,
            tiers=self.tiers,
        )


class Voice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A voice of a speech model; `mode` is its id. No `language`: it speaks all of them."""

    mode: str
    name: str
    language: tuple[str, ...] = ()

    def speaks(self, language: str) -> bool:
        """Whether it is one for this language (`en-US`)."""
        return not self.language or language in self.language or language.partition("-")[0] in self.language


class Model(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A predefined model (§1.4). `settings` differ from the provider's for this model alone."""

    model: str
    label: I18n | None = None
    kind: ModelKind = ModelKind.LLM
    mode: Literal["chat", "completion"] = "chat"
    features: frozenset[Feature] = frozenset()
    context_size: int | None = None
    max_chunks: int = 1
    rules: tuple[ParameterRule, ...] = ()
    pricing: Pricing | None = None
    deprecated: bool = False
    settings: Mapping[str, str | bool | int] = {}
    stop: bool = True
    """Whether the model takes stop sequences."""
    max_characters: int = 2000
    """Of one piece of a text to be moderated."""
    voices: tuple[Voice, ...] = ()
    default_voice: str = ""
    word_limit: int = 3500
    """Characters that one speech request takes."""
    audio_type: str = "mp3"


class Grant(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Features that a model has when a form field holds one of these values (`absent` counts the missing field)."""

    variable: str
    values: tuple[str, ...]
    features: frozenset[Feature]
    absent: bool = False


class Likeness(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A model that is like one that another provider lists, by the name in a form field."""

    provider: str
    field: str


class CustomModel(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the schema of a model that the file does not list follows from its credential's fields."""

    rules: tuple[ParameterRule, ...]
    structured_rules: tuple[ParameterRule, ...] = ()
    """Rules that come on top when the model has structured output."""
    context_size: str | None = None
    max_output: str | None = None
    mode: str | None = None
    max_chunks: str | None = None
    voices: str | None = None
    features: frozenset[Feature] = frozenset()
    grants: tuple[Grant, ...] = ()
    like: Likeness | None = None
    """Where its schema is taken from, instead of the members above."""


class Alternative(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Another base URL, taken while a form field has this value."""

    variable: str
    value: str
    url: str


class Connection(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which form field says what about reaching the provider. Names of fields, but for `url` and `suffix`."""

    url: str | None = None
    urls: Mapping[ModelKind, str] = {}
    """Base URLs of the kinds of models that lie elsewhere than `url`."""
    url_field: str | None = None
    suffix: str = ""
    """Appended to an address from the form unless it ends so."""
    alternatives: tuple[Alternative, ...] = ()
    key_field: str | None = None
    key_fields: Mapping[ModelKind, str] = {}
    """The fields of the kinds of models that are opened by another key."""
    headers: Mapping[str, str] = {}
    model_field: str | None = None
    timeout_field: str | None = None
    completion_field: str | None = None
    """A select whose value `completion` makes a model a completion model, as `mode` does."""
    settings: Mapping[str, str | bool | int] = {}
    listing: bool | str = True
    """Whether the provider can be asked for its models; false where its protocol has a list that it lacks. A text is
    the path, beside the version of the base URL, at which a server of one model names it."""
    embedded: bool = False
    """The model runs beside the server; nobody needs to enter anything."""


class Help(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where to get a key."""

    title: I18n
    url: str


class ModelName(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the name of a model that is added is called, and what to fill in (§1.2, `model_credential_schema.model`)."""

    label: I18n
    placeholder: I18n | None = None


class Provider(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A model provider (§1.2)."""

    provider: str
    position: int
    label: I18n
    description: I18n
    icon: str
    help: Help | None = None
    kinds: tuple[ModelKind, ...]
    configure: tuple[Literal["predefined-model", "customizable-model"], ...]
    protocol: ProtocolName
    protocols: Mapping[ModelKind, ProtocolName] = {}
    """What models of these kinds speak instead of `protocol`."""
    connection: Connection
    prices: str | None = None
    """The provider's id in the price list."""
    provider_form: tuple[FormField, ...] = ()
    model_form: tuple[FormField, ...] = ()
    model_name: ModelName = ModelName(I18n("Name of the model", "模型名称", "モデル名"))
    custom: CustomModel | None = None
    models: tuple[Model, ...] = ()
    validation_model: str | None = None

    @property
    def listed_by_provider(self) -> bool:
        """Whether the provider can be asked which models it offers."""
        return bool(self.connection.listing) and not self.connection.embedded and self.protocol in LISTED

    def protocol_for(self, kind: ModelKind) -> ProtocolName:
        """What models of this kind speak."""
        return self.protocols.get(kind, self.protocol)

    def model(self, name: str, kind: ModelKind) -> Model | None:
        """The predefined model of this name, if there is one."""
        return next((model for model in self.models if model.model == name and model.kind == kind), None)


def use_folder(folder: Path | None) -> None:
    """From now on the catalogue also has the operator's own files; one that is named as one of ours replaces it.

    Reads them at once. Raises CatalogueError for a wrong one, OSError for a folder that cannot be read.
    """
    wanted = [] if folder is None else [folder]
    if wanted != _own_folder:
        _own_folder[:] = wanted
        catalogue.cache_clear()
        _provider.cache_clear()
        if wanted:
            catalogue()


@cache
def catalogue() -> Mapping[str, Provider]:
    """Every provider by id, in the console's order. Reads the files once. Raises CatalogueError for a wrong one."""
    names = {
        entry.name.removesuffix(".yaml")
        for folder in (_FOLDER, *_own_folder)
        for entry in folder.iterdir()
        if entry.name.endswith(".yaml")
    }
    for folder in _own_folder:
        _check_names(folder)
    found = [provider for provider in map(_provider, names) if provider is not None]
    return {each.provider: each for each in sorted(found, key=lambda each: (each.position, each.provider))}


def _check_names(folder: Path) -> None:
    from .catalogue_file import CatalogueError

    for entry in folder.iterdir():
        fits = entry.suffix == ".yaml" and _PROVIDER_NAME.fullmatch(entry.stem)
        if entry.suffix in (".yaml", ".yml") and not fits:
            raise CatalogueError(
                f"{entry}: name it as its provider, in lower-case letters, digits, - and _, with .yaml behind"
            )


def provider_of(name: str) -> Provider:
    """The provider that `name`, in any spelling, means. Raises UnknownProviderError."""
    found = _provider(provider_id(name))
    if found is None:
        raise UnknownProviderError(
            f"There is no model provider {name!r}. `treadle model providers` lists them: {', '.join(catalogue())}."
        )
    return found


@cache
def _provider(name: str) -> Provider | None:
    from .catalogue_file import read_provider

    if not _PROVIDER_NAME.fullmatch(name):
        return None
    for folder in (*_own_folder, _FOLDER):
        file = folder / f"{name}.yaml"
        if file.is_file():
            return read_provider(file.name if folder is _FOLDER else str(file), file.read_bytes())
    return None
