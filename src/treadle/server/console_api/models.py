"""The console API: model providers, their credentials, and what the workspace decides about models.

Source: spec models-and-tools §1.2 to §1.4, §1.13, §1.14, §1.16 to §1.18.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from fastapi import Request, Response

from treadle.engine.usage import Price as ListPrice
from treadle.models.administration import CredentialInfo, ModelStatus
from treadle.models.catalogue import FormField, I18n, ModelKind, Pricing, Provider, provider_of
from treadle.models.credentials import Credentials
from treadle.models.errors import (
    CredentialFormError,
    CredentialsValidateFailedError,
    ModelSetupError,
    UnknownCredentialError,
    UnknownModelError,
    UnknownProviderError,
)
from treadle.models.state import INHERIT, Owner
from treadle.platform.refusals import InvalidParam, NotFound
from treadle.server.console_api.access import ADMINISTRATORS, AdministratorDep, MemberDep, ServicesDep, console_router
from treadle.server.console_api.answers import Done
from treadle.server.console_api.model_shapes import (
    AddedModel,
    Balance,
    BalanceBody,
    CheckBody,
    Checked,
    Configuration,
    CredentialBody,
    CredentialChange,
    CredentialChoice,
    CredentialsOf,
    DefaultAnswer,
    DefaultModel,
    DefaultsBody,
    Fallback,
    Fields,
    Form,
    FormEntry,
    HelpLink,
    Key,
    LocalFiles,
    ModelBody,
    ModelChoice,
    ModelEntry,
    ModelForm,
    ModelList,
    ModelSettings,
    NameEntry,
    NewId,
    Offered,
    OfferedList,
    Picker,
    Price,
    PricedModel,
    PriceList,
    ProviderEntry,
    ProviderList,
    ProviderModels,
    ProviderSettings,
    RefusedFile,
    Resting,
    Rule,
    Rules,
    Translated,
)
from treadle.server.errors import on_refusal
from treadle.server.services import Services

router = console_router("Models")

_ROOT = "/workspaces/current"
_PROVIDERS = f"{_ROOT}/model-providers"
_PROVIDER = f"{_PROVIDERS}/{{provider:path}}"


async def on_model_setup(request: Request, error: Exception) -> Response:
    """Exception handler: what cannot be set up is the caller's mistake, and what another workspace has is not there."""
    message = str(error)
    if isinstance(error, UnknownProviderError | UnknownModelError | UnknownCredentialError):
        return await on_refusal(request, NotFound(message))
    param = error.variable if isinstance(error, CredentialFormError) else None
    return await on_refusal(request, InvalidParam(message, param=param))


@router.get(_PROVIDERS)
async def list_providers(
    services: ServicesDep, signed_in: MemberDep, model_type: ModelKind | None = None
) -> ProviderList:
    """The providers, and what is set up of each."""
    return ProviderList(
        data=[
            await _provider_entry(services, signed_in.workspace_id, each)
            for each in services.models.providers()
            if model_type is None or model_type in each.kinds
        ]
    )


@router.get(f"{_ROOT}/models/model-types/{{model_type}}")
async def pick_models(model_type: ModelKind, services: ServicesDep, signed_in: MemberDep) -> Picker:
    """The models of a type that apps can use, by provider."""
    found: list[ProviderModels] = []
    for provider in services.models.providers():
        rows = await services.models.administration.models(signed_in.workspace_id, provider.provider)
        active = [
            _model_entry(each)
            for each in rows
            if each.key.kind is model_type and each.status == "active" and not each.schema.deprecated
        ]
        if active:
            found.append(
                ProviderModels(
                    provider=provider.provider, label=_text(provider.label), icon=provider.icon, models=active
                )
            )
    return Picker(data=found)


@router.get(f"{_ROOT}/default-model")
async def read_default(model_type: ModelKind, services: ServicesDep, signed_in: MemberDep) -> DefaultAnswer:
    """The default model of a type."""
    found = await services.models.default_model(signed_in.workspace_id, model_type)
    if found is None:
        return DefaultAnswer(data=None)
    return DefaultAnswer(data=DefaultModel(model=found.name, model_type=model_type.value, provider=found.provider))


@router.post(f"{_ROOT}/default-model")
async def choose_defaults(body: DefaultsBody, services: ServicesDep, signed_in: AdministratorDep) -> Done:
    """Choose default models."""
    for each in body.model_settings:
        if each.provider and each.model:
            await services.models.set_default(signed_in.workspace_id, each.model_type, each.provider, each.model)
    return Done()


@router.get(f"{_ROOT}/model-prices")
async def list_prices(services: ServicesDep, signed_in: MemberDep) -> PriceList:
    """What the models cost that are set up: as the workspace states it, and as lists do."""
    return PriceList(
        data=[
            PricedModel(
                provider=each.status.key.provider,
                provider_label=_text(provider_of(each.status.key.provider).label),
                model=each.status.key.name,
                label=_label(each.status),
                model_type=each.status.key.kind.value,
                price=_price(each.own),
                list_price=_price(each.listed),
            )
            for each in await services.models.administration.prices(signed_in.workspace_id)
        ]
    )


@router.get(f"{_PROVIDER}/models/credentials")
async def read_model_credentials(
    provider: str, model: str, services: ServicesDep, signed_in: MemberDep, model_type: str = "llm"
) -> CredentialsOf:
    """The credentials of a model, masked, and how long each rests."""
    return await _credentials_of(services, signed_in.workspace_id, await _owner(services, provider, model, model_type))


@router.post(f"{_PROVIDER}/models/credentials/validate")
@router.post(f"{_PROVIDER}/models/load-balancing-configs/credentials-validate")
async def check_model_credentials(
    provider: str, body: CheckBody, services: ServicesDep, signed_in: AdministratorDep
) -> Checked:
    """Try a filled-in form of a model with a real call."""
    if body.model is None:
        raise InvalidParam("Name the model.", param="model")
    owner = await _owner(services, provider, body.model, body.model_type)
    return await _checked(services, signed_in.workspace_id, owner, body.credentials, body.credential_id)


@router.post(f"{_PROVIDER}/models/load-balancing-configs/{{config_id}}/credentials-validate")
async def check_balanced_credentials(
    provider: str, config_id: str, body: CheckBody, services: ServicesDep, signed_in: AdministratorDep
) -> Checked:
    """Try a changed credential of a model with a real call."""
    owner = await _owner(services, provider, body.model, body.model_type)
    return await _checked(services, signed_in.workspace_id, owner, body.credentials, config_id)


@router.patch(f"{_PROVIDER}/models/enable")
async def enable_model(provider: str, body: ModelChoice, services: ServicesDep, signed_in: AdministratorDep) -> Done:
    """Switch a model on."""
    owner = await _owner(services, provider, body.model, body.model_type)
    await services.models.administration.decide(signed_in.workspace_id, owner, enabled=True)
    return Done()


@router.patch(f"{_PROVIDER}/models/disable")
async def disable_model(provider: str, body: ModelChoice, services: ServicesDep, signed_in: AdministratorDep) -> Done:
    """Switch a model off: apps that name it fail until it is on again."""
    owner = await _owner(services, provider, body.model, body.model_type)
    await services.models.administration.decide(signed_in.workspace_id, owner, enabled=False)
    return Done()


@router.patch(f"{_PROVIDER}/models/settings")
async def change_model_settings(
    provider: str, body: ModelSettings, services: ServicesDep, signed_in: AdministratorDep
) -> Done:
    """Decide about turns, models that stand behind, and the price of a model."""
    owner = await _owner(services, provider, body.model, body.model_type)
    price = None if body.price is None else msgspec.convert(body.price.model_dump(), Pricing)
    await services.models.administration.decide(
        signed_in.workspace_id,
        owner,
        balanced=body.load_balancing_enabled,
        fallbacks=None if body.fallbacks is None else [(each.provider, each.model) for each in body.fallbacks],
        pricing="listed" if body.list_price else price,
    )
    return Done()


@router.get(f"{_PROVIDER}/models/parameter-rules")
async def read_parameter_rules(provider: str, model: str, services: ServicesDep, signed_in: MemberDep) -> Rules:
    """The parameters of a chat model; none when nothing opens it."""
    rules = await services.models.administration.parameter_rules(signed_in.workspace_id, provider, model)
    return Rules(data=[Rule(**msgspec.to_builtins(each)) for each in rules])


@router.get(f"{_PROVIDER}/models")
async def list_models(provider: str, services: ServicesDep, signed_in: MemberDep) -> ModelList:
    """The models of a provider: those that it is known for, and those that were added."""
    rows = await services.models.administration.models(signed_in.workspace_id, provider)
    told = provider_of(provider).connection.embedded and signed_in.role in ADMINISTRATORS
    return ModelList(data=[_model_entry(each) for each in rows], local=_local_files(services) if told else None)


@router.post(f"{_PROVIDER}/models")
async def save_model(provider: str, body: ModelBody, services: ServicesDep, signed_in: AdministratorDep) -> Done:
    """Store a model's own credentials once a real call was made, or which credentials take turns."""
    workspace_id, administration = signed_in.workspace_id, services.models.administration
    if body.credentials is not None:
        await services.models.add_model(workspace_id, provider, body.model_type, body.model, body.credentials)
    if body.load_balancing is not None:
        owner = await _owner(services, provider, body.model, body.model_type)
        await _balance(services, workspace_id, owner, body.load_balancing)
        await administration.decide(workspace_id, owner, balanced=body.load_balancing.enabled)
    return Done()


@router.delete(f"{_PROVIDER}/models")
async def remove_model(provider: str, body: ModelChoice, services: ServicesDep, signed_in: AdministratorDep) -> Done:
    """Forget every credential of a model's own."""
    owner = await _owner(services, provider, body.model, body.model_type)
    await services.models.administration.remove_all(signed_in.workspace_id, owner)
    return Done()


@router.get(f"{_PROVIDER}/remote-models")
async def list_remote_models(provider: str, services: ServicesDep, signed_in: AdministratorDep) -> OfferedList:
    """Ask the provider itself for its models, with what is stored."""
    found = await services.models.administration.remote_models(signed_in.workspace_id, provider)
    return OfferedList(data=[Offered(**msgspec.structs.asdict(each)) for each in found])


@router.get(f"{_PROVIDER}/credentials")
async def read_credentials(provider: str, services: ServicesDep, signed_in: MemberDep) -> CredentialsOf:
    """The credentials of a provider, masked."""
    return await _credentials_of(services, signed_in.workspace_id, await _owner(services, provider))


@router.post(f"{_PROVIDER}/credentials", status_code=201)
async def add_credentials(
    provider: str, body: CredentialBody, services: ServicesDep, signed_in: AdministratorDep
) -> NewId:
    """Store one more credential of a provider or model, once a real call was made with it."""
    owner = await _owner(services, provider, body.model, body.model_type)
    made = await services.models.administration.add_credential(
        signed_in.workspace_id, owner, body.credentials, name=body.name, limits=body.limits.limits()
    )
    return NewId(id=made)


@router.put(f"{_PROVIDER}/credentials")
async def change_credentials(
    provider: str, body: CredentialChange, services: ServicesDep, signed_in: AdministratorDep
) -> Done:
    """Change a credential; a changed form is tried first."""
    provider_of(provider)
    await services.models.administration.change_credential(
        signed_in.workspace_id,
        body.credential_id,
        name=body.name,
        submitted=body.credentials,
        enabled=body.enabled,
        limits=None if body.limits is None else body.limits.limits(),
    )
    return Done()


@router.delete(f"{_PROVIDER}/credentials")
async def remove_credentials(
    provider: str, body: CredentialChoice, services: ServicesDep, signed_in: AdministratorDep
) -> Done:
    """Forget a credential."""
    provider_of(provider)
    await services.models.administration.remove_credential(signed_in.workspace_id, body.credential_id)
    return Done()


@router.post(f"{_PROVIDER}/credentials/switch")
async def switch_credentials(
    provider: str, body: CredentialChoice, services: ServicesDep, signed_in: AdministratorDep
) -> Done:
    """Use another credential from now on."""
    provider_of(provider)
    await services.models.administration.activate(signed_in.workspace_id, body.credential_id)
    return Done()


@router.post(f"{_PROVIDER}/credentials/validate")
async def check_credentials(
    provider: str, body: CheckBody, services: ServicesDep, signed_in: AdministratorDep
) -> Checked:
    """Try a filled-in form of a provider with a real call."""
    owner = await _owner(services, provider)
    return await _checked(services, signed_in.workspace_id, owner, body.credentials, body.credential_id)


@router.post(f"{_PROVIDER}/preferred-provider-type")
async def prefer_provider_type(provider: str, _: AdministratorDep) -> Done:
    """Nothing to choose: there are no hosted quotas here."""
    provider_of(provider)
    return Done()


@router.patch(f"{_PROVIDER}/settings")
async def change_provider_settings(
    provider: str, body: ProviderSettings, services: ServicesDep, signed_in: AdministratorDep
) -> Done:
    """Switch a provider on or off, and let its credentials take turns."""
    owner = await _owner(services, provider)
    await services.models.administration.decide(
        signed_in.workspace_id, owner, enabled=body.enabled, balanced=body.load_balancing_enabled
    )
    return Done()


@router.get(_PROVIDER)
async def read_provider(provider: str, services: ServicesDep, signed_in: MemberDep) -> ProviderEntry:
    """A provider, and what is set up of it."""
    return await _provider_entry(services, signed_in.workspace_id, provider_of(provider))


@router.delete(_PROVIDER)
async def remove_provider(provider: str, services: ServicesDep, signed_in: AdministratorDep) -> Done:
    """Forget every credential of a provider's own."""
    owner = await _owner(services, provider)
    await services.models.administration.remove_all(signed_in.workspace_id, owner)
    return Done()


async def _owner(services: Services, provider: str, model: str | None = None, kind: str = "llm") -> Owner:
    return await services.models.administration.owner(provider, model, kind)


async def _checked(
    services: Services, workspace_id: str, owner: Owner, fields: Fields, credential_id: str | None
) -> Checked:
    try:
        await services.models.administration.validate(workspace_id, owner, fields, credential_id=credential_id)
    except UnknownCredentialError:
        raise
    except (CredentialsValidateFailedError, ModelSetupError) as error:
        return Checked(result="error", error=str(error))
    return Checked(result="success")


async def _balance(services: Services, workspace_id: str, owner: Owner, body: BalanceBody) -> None:
    """Brings the credentials that take turns to those that are named."""
    administration = services.models.administration
    stored = {each.id: each for each in await administration.credentials(workspace_id, owner)}
    named = {each.id for each in body.configs if each.id}
    if unknown := named - stored.keys():
        raise NotFound(f"There is no credential {min(unknown)!r} of this model.")
    for each in body.configs:
        if each.id:
            await administration.change_credential(
                workspace_id, each.id, submitted=each.credentials or None, enabled=each.enabled
            )
        elif each.name != INHERIT:
            made = await administration.add_credential(
                workspace_id, owner, each.credentials, name=each.name or None, active=False
            )
            if not each.enabled:
                await administration.change_credential(workspace_id, made, enabled=False)
    for gone in stored.keys() - named:
        if not stored[gone].active:
            await administration.remove_credential(workspace_id, gone)


async def _credentials_of(services: Services, workspace_id: str, owner: Owner) -> CredentialsOf:
    rows = await services.models.administration.credentials(workspace_id, owner)
    setting = await services.models.administration.setting(workspace_id, owner)
    used = next((each.credentials for each in rows if each.active), Credentials())
    return CredentialsOf(
        credentials=used,
        load_balancing=Balance(enabled=setting.balanced, configs=[_resting(each) for each in rows]),
    )


async def _provider_entry(services: Services, workspace_id: str, provider: Provider) -> ProviderEntry:
    administration = services.models.administration
    owner: Owner = (provider.provider, None, None)
    rows = await administration.credentials(workspace_id, owner)
    setting = await administration.setting(workspace_id, owner)
    used = next((each for each in rows if each.active), None)
    added = [
        AddedModel(model=each.key.name, model_type=each.key.kind.value)
        for each in await administration.models(workspace_id, provider.provider)
        if not each.listed
    ]
    return ProviderEntry(
        provider=provider.provider,
        label=_text(provider.label),
        description=_text(provider.description),
        icon=provider.icon,
        help=None if provider.help is None else HelpLink(title=_text(provider.help.title), url=provider.help.url),
        supported_model_types=[kind.value for kind in provider.kinds],
        configurate_methods=list(provider.configure),
        provider_credential_schema=_form(provider.provider_form),
        model_credential_schema=_model_form(provider),
        custom_configuration=Configuration(
            status="active" if used is not None or added or provider.connection.embedded else "no-configure",
            current_credential_id=None if used is None else used.id,
            current_credential_name=None if used is None else used.name,
            available_credentials=[Key(credential_id=each.id, credential_name=each.name) for each in rows],
            custom_models=added,
        ),
        enabled=setting.enabled,
        load_balancing_enabled=setting.balanced,
    )


def _model_entry(status: ModelStatus) -> ModelEntry:
    schema, setting = status.schema, status.setting
    properties: dict[str, Any] = {"context_size": schema.context_size}
    if status.key.kind is ModelKind.LLM:
        properties["mode"] = schema.mode
    if status.key.kind is ModelKind.EMBEDDING:
        properties["max_chunks"] = schema.max_chunks
    if status.key.kind is ModelKind.TTS:
        properties |= {"voices": [each.mode for each in schema.voices], "default_voice": schema.default_voice}
    return ModelEntry(
        model=status.key.name,
        label=_label(status),
        model_type=status.key.kind.value,
        features=sorted(schema.features),
        fetch_from="predefined-model" if status.listed else "customizable-model",
        model_properties={name: value for name, value in properties.items() if value is not None},
        deprecated=schema.deprecated,
        status=status.status,
        load_balancing_enabled=setting.balanced,
        fallbacks=[Fallback(provider=provider, model=model) for provider, model in setting.fallbacks],
        price=_price(setting.pricing),
    )


def _label(status: ModelStatus) -> Translated:
    name = status.schema.model
    return _text(status.schema.label or I18n(name, name, name))


def _price(price: Pricing | ListPrice | None) -> Price | None:
    return None if price is None else Price(**msgspec.to_builtins(price))


def _local_files(services: Services) -> LocalFiles | None:
    local = services.models.local
    if local is None:
        return None
    refused = [RefusedFile(name=name, reason=reason) for name, reason in local.refused.items()]
    folder = str(services.settings.data_dir / "models")
    return LocalFiles(folder=folder, refused=refused, unavailable=local.unavailable_reason)


def _form(fields: Sequence[FormField]) -> Form:
    return Form(credential_form_schemas=[FormEntry(**msgspec.to_builtins(each)) for each in fields])


def _model_form(provider: Provider) -> ModelForm:
    name = provider.model_name
    placeholder = None if name.placeholder is None else _text(name.placeholder)
    return ModelForm(
        credential_form_schemas=_form(provider.model_form).credential_form_schemas,
        model=NameEntry(label=_text(name.label), placeholder=placeholder),
    )


def _text(text: I18n) -> Translated:
    return Translated(**msgspec.structs.asdict(text))


def _resting(info: CredentialInfo) -> Resting:
    return Resting(**msgspec.structs.asdict(info))
