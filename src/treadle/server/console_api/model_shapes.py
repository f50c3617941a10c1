"""What the console API tells and takes about models.

Source: spec models-and-tools §1.2 to §1.5, §1.16 and §1.18.
"""

from decimal import Decimal
from typing import Any, Literal

from pydantic import BaseModel, Field, field_validator

from treadle.models.policy import Limits

Fields = dict[str, str | bool]


class Translated(BaseModel):
    """A text in the console's languages."""

    en_US: str  # noqa: N815 - the wire's names
    zh_Hans: str  # noqa: N815
    ja_JP: str  # noqa: N815


class Shown(BaseModel):
    """Shows a field while another one has this value."""

    variable: str
    value: str


class Choice(BaseModel):
    """One choice of a field."""

    label: Translated
    value: str
    show_on: list[Shown]


class FormEntry(BaseModel):
    """One field of a credential form."""

    variable: str
    label: Translated
    type: Literal["text-input", "secret-input", "select", "radio", "switch"]
    required: bool
    default: str | None
    options: list[Choice]
    placeholder: Translated | None
    max_length: int
    show_on: list[Shown]


class Form(BaseModel):
    """A credential form."""

    credential_form_schemas: list[FormEntry]


class NameEntry(BaseModel):
    """What the name of a model is called at this provider, and what to fill in."""

    label: Translated
    placeholder: Translated | None


class ModelForm(Form):
    """The form of a model that is added by its name."""

    model: NameEntry


class Key(BaseModel):
    """A named credential of a provider."""

    credential_id: str
    credential_name: str


class AddedModel(BaseModel):
    """A model with credentials of its own."""

    model: str
    model_type: str


class Configuration(BaseModel):
    """What the workspace has set up of a provider."""

    status: Literal["active", "no-configure"]
    current_credential_id: str | None
    current_credential_name: str | None
    available_credentials: list[Key]
    custom_models: list[AddedModel]


class Hosted(BaseModel):
    """Quotas of a hosting party; there is none here."""

    enabled: bool = False
    current_quota_type: None = None
    quota_configurations: list[dict[str, Any]] = []


class HelpLink(BaseModel):
    """Where to get a key."""

    title: Translated
    url: str


class ProviderEntry(BaseModel):
    """A provider as the console lists it."""

    provider: str
    label: Translated
    description: Translated
    icon: str
    help: HelpLink | None
    supported_model_types: list[str]
    configurate_methods: list[str]
    provider_credential_schema: Form
    model_credential_schema: ModelForm
    preferred_provider_type: Literal["custom"] = "custom"
    custom_configuration: Configuration
    system_configuration: Hosted = Hosted()
    enabled: bool
    load_balancing_enabled: bool


class ProviderList(BaseModel):
    """Providers in the console's order."""

    data: list[ProviderEntry]


class Fallback(BaseModel):
    """A model that stands behind another one."""

    provider: str
    model: str


class PriceTier(BaseModel):
    """What all tokens of a call cost whose prompt has more than `above` tokens."""

    above: int = Field(gt=0)
    input: Decimal = Field(ge=0)
    output: Decimal = Field(default=Decimal(0), ge=0)
    cached_input: Decimal | None = Field(default=None, ge=0)
    cache_write: Decimal | None = Field(default=None, ge=0)


class SoundPrice(BaseModel):
    """What sound costs: tokens and characters for `unit` of them, recordings by the hour."""

    input: Decimal | None = Field(default=None, ge=0)
    cached_input: Decimal | None = Field(default=None, ge=0)
    output: Decimal | None = Field(default=None, ge=0)
    characters: Decimal | None = Field(default=None, ge=0)
    hour: Decimal | None = Field(default=None, ge=0)


class Price(BaseModel):
    """What tokens cost, for `unit` tokens; `tiers`, by ascending bounds, for long prompts."""

    input: Decimal = Field(default=Decimal(0), ge=0)
    output: Decimal = Field(default=Decimal(0), ge=0)
    cached_input: Decimal | None = Field(default=None, ge=0)
    cache_write: Decimal | None = Field(default=None, ge=0)
    sound: SoundPrice | None = None
    unit: Decimal = Field(default=Decimal("0.000001"), gt=0)
    currency: Literal["USD", "RMB"] = "USD"
    tiers: list[PriceTier] = Field(default=[], max_length=10)

    @field_validator("tiers")
    @classmethod
    def in_order(cls, tiers: list[PriceTier]) -> list[PriceTier]:
        """By their bounds, however they came."""
        return sorted(tiers, key=lambda tier: tier.above)


class ModelEntry(BaseModel):
    """A model of a provider. `price` is what the workspace states, null for the list price."""

    model: str
    label: Translated
    model_type: str
    features: list[str]
    fetch_from: Literal["predefined-model", "customizable-model"]
    model_properties: dict[str, Any]
    deprecated: bool
    status: Literal["active", "no-configure", "disabled"]
    load_balancing_enabled: bool
    fallbacks: list[Fallback]
    price: Price | None


class RefusedFile(BaseModel):
    """A model's file that cannot be used, and why."""

    name: str
    reason: str


class LocalFiles(BaseModel):
    """Where the files of models that run here lie, which of them cannot be used, and what is not installed."""

    folder: str
    refused: list[RefusedFile]
    unavailable: str | None


class ModelList(BaseModel):
    """Models of a provider. `local`: about models that run beside the server, for administrators."""

    data: list[ModelEntry]
    local: LocalFiles | None = None


class PricedModel(BaseModel):
    """A model that is set up, what the workspace states that it costs, and what lists say; null where nobody does."""

    provider: str
    provider_label: Translated
    model: str
    label: Translated
    model_type: str
    price: Price | None
    list_price: Price | None


class PriceList(BaseModel):
    """What models cost."""

    data: list[PricedModel]


class ProviderModels(BaseModel):
    """Models of one type that can be picked, of one provider."""

    provider: str
    label: Translated
    icon: str
    status: Literal["active"] = "active"
    models: list[ModelEntry]


class Picker(BaseModel):
    """Models of one type that can be picked."""

    data: list[ProviderModels]


class Resting(BaseModel):
    """A credential of a model. `ttl` is for how many seconds it rests, `reason` why."""

    id: str
    name: str
    credentials: dict[str, str | bool]
    active: bool
    enabled: bool
    in_cooldown: bool
    ttl: int
    reason: str
    concurrency: int | None
    requests_per_minute: int | None
    timeout: float | None


class Balance(BaseModel):
    """Whether credentials take turns, and which."""

    enabled: bool
    configs: list[Resting]


class CredentialsOf(BaseModel):
    """The credential in use, masked, and all of them."""

    credentials: dict[str, str | bool]
    load_balancing: Balance


class NewId(BaseModel):
    """What was made."""

    result: Literal["success"] = "success"
    id: str


class Checked(BaseModel):
    """Whether a filled-in form works."""

    result: Literal["success", "error"]
    error: str | None = None


class Rule(BaseModel):
    """A parameter that a model accepts."""

    name: str
    use_template: str | None
    label: Translated
    type: Literal["float", "int", "string", "boolean", "text"]
    help: Translated | None
    required: bool
    default: bool | int | float | str | None
    min: float | None
    max: float | None
    precision: int | None
    options: list[str]


class Rules(BaseModel):
    """The parameters of a model."""

    data: list[Rule]


class Offered(BaseModel):
    """A model that the provider itself names."""

    name: str
    label: str
    context_size: int | None
    max_output: int | None


class OfferedList(BaseModel):
    """The models that the provider itself names."""

    data: list[Offered]


class DefaultModel(BaseModel):
    """The default model of a type."""

    model: str
    model_type: str
    provider: str


class DefaultAnswer(BaseModel):
    """The default model of a type, null when there is none."""

    data: DefaultModel | None


class LimitsBody(BaseModel):
    """What a credential bears; null for no bound."""

    concurrency: int | None = Field(default=None, ge=1, le=10_000)
    requests_per_minute: int | None = Field(default=None, ge=1, le=1_000_000)
    timeout: float | None = Field(default=None, gt=0, le=3600)

    def limits(self) -> Limits:
        """The same as the model layer's type."""
        return Limits(self.concurrency, self.requests_per_minute, self.timeout)


class CredentialBody(BaseModel):
    """A filled-in form, and whose: a provider's own without a model."""

    credentials: Fields
    name: str | None = Field(default=None, max_length=64)
    model: str | None = None
    model_type: str = "llm"
    limits: LimitsBody = LimitsBody()


class CredentialChange(BaseModel):
    """Changes to a credential; what is absent stays. A secret sent as `[__HIDDEN__]` stays too."""

    credential_id: str
    name: str | None = Field(default=None, max_length=64)
    credentials: Fields | None = None
    enabled: bool | None = None
    limits: LimitsBody | None = None


class CredentialChoice(BaseModel):
    """Which credential."""

    credential_id: str


class CheckBody(BaseModel):
    """A filled-in form to be tried; hidden secrets are those of `credential_id`, or of the one in use."""

    credentials: Fields
    credential_id: str | None = None
    model: str | None = None
    model_type: str = "llm"


class ModelChoice(BaseModel):
    """Which model."""

    model: str
    model_type: str


class BalanceConfig(BaseModel):
    """A credential that takes turns: a stored one by its id, or a new one."""

    id: str | None = None
    name: str = ""
    credentials: Fields = {}
    enabled: bool = True


class BalanceBody(BaseModel):
    """Whether credentials take turns, and which; stored ones that are not named are removed."""

    enabled: bool
    configs: list[BalanceConfig] = Field(default=[], max_length=100)


class ModelBody(ModelChoice):
    """A model with credentials of its own, or turns of it."""

    credentials: Fields | None = None
    load_balancing: BalanceBody | None = None


class ModelSettings(ModelChoice):
    """Decisions about a model; what is absent stays. `list_price` true forgets the workspace's own price."""

    load_balancing_enabled: bool | None = None
    fallbacks: list[Fallback] | None = None
    price: Price | None = None
    list_price: bool = False


class ProviderSettings(BaseModel):
    """Decisions about a provider; what is absent stays."""

    enabled: bool | None = None
    load_balancing_enabled: bool | None = None


class DefaultChoice(BaseModel):
    """The default model of a type; without a provider it is left as it is."""

    model_type: str
    provider: str | None = None
    model: str | None = None


class DefaultsBody(BaseModel):
    """Default models."""

    model_settings: list[DefaultChoice] = Field(max_length=20)
