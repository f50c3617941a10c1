"""What administrators decide about models: named credentials, turns, limits, switches, fallbacks and prices.

Source: spec models-and-tools §1.3, §1.12 to §1.18.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Literal

import msgspec

from treadle.engine.errors import InvokeError
from treadle.engine.usage import Price
from treadle.platform.changes import bump
from treadle.platform.db import Database
from treadle.platform.ids import new_id

from .catalogue import FormField, Model, ModelKind, ParameterRule, Pricing, Provider, catalogue, provider_of
from .connection import target_of
from .credentials import Credentials, filtered, masked, with_hidden
from .errors import CredentialsValidateFailedError, ModelSetupError, UnknownCredentialError, UnknownModelError
from .http import ModelHttp
from .policy import UNLIMITED, Limits, Policy
from .pricing import list_price
from .protocols.listing import RemoteModel, listing_protocol
from .repository import CredentialRow, ModelRepository, SettingRow
from .rests import SharedRests
from .schema import model_schema
from .state import INHERIT, Credential, ModelKey, Owner, Setting, Usable, WorkspaceState, owner_of
from .vault import Vault

TOPIC = "models:"
"""The topic of `platform.changes` that is bumped when a workspace's models change: this and the workspace's id."""

MAX_NAME = 64
MAX_MODEL_NAME = 255
MAX_FALLBACKS = 10

Status = Literal["active", "no-configure", "disabled"]


class CredentialInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A stored credential, its secrets masked. `ttl` is for how many seconds it rests yet, `reason` why."""

    id: str
    name: str
    credentials: Credentials
    active: bool
    enabled: bool
    in_cooldown: bool
    ttl: int
    reason: str
    concurrency: int | None
    requests_per_minute: int | None
    timeout: float | None


class ModelStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A model of a provider as administrators see it."""

    key: ModelKey
    schema: Model
    status: Status
    listed: bool
    setting: Setting
    balanced: bool
    """Whether calls really go to several credentials in turn."""


class ModelPrice(msgspec.Struct, frozen=True, kw_only=True):
    """What a model costs: by the workspace's `own` word, and as `listed`; None where nobody says."""

    status: ModelStatus
    own: Pricing | None
    listed: Price | None


class ModelAdministration:
    """Changes to what workspaces have set up. Every method is for one workspace and raises ModelSetupError."""

    def __init__(
        self,
        db: Database,
        vault: Vault,
        policy: Policy,
        rests: SharedRests,
        http: ModelHttp,
        *,
        state: Callable[[str], Awaitable[WorkspaceState]],
        check: Callable[[Usable], Awaitable[object]],
        changed: Callable[[str], None],
    ) -> None:
        """`check` makes a real call with a model; `changed` drops what is kept of a workspace."""
        self._db = db
        self._vault = vault
        self._policy = policy
        self._rests = rests
        self._http = http
        self._state = state
        self._check = check
        self._changed = changed

    async def owner(self, provider: str, model: str | None = None, kind: ModelKind | str | None = None) -> Owner:
        """Whom credentials belong to: a provider, or one model of it."""
        found = provider_of(provider)
        return (found.provider, None, None) if model is None else (found.provider, named(model), _kind(found, kind))

    async def credentials(self, workspace_id: str, owner: Owner) -> list[CredentialInfo]:
        """The credentials of a provider or model, oldest first; the provider's own stands first where it has a turn."""
        state = await self._state(workspace_id)
        rows = sorted(state.stored.get(owner, ()), key=lambda each: each.name != INHERIT)
        form = form_of(owner)
        inherited = state.active((owner[0], None, None))
        return [
            self._info(form, replace(row, fields=inherited.fields), owner, inherited.id)
            if row.name == INHERIT and inherited is not None
            else self._info(form, row, owner)
            for row in rows
        ]

    async def setting(self, workspace_id: str, owner: Owner) -> Setting:
        """What the workspace decides about a provider or model."""
        return (await self._state(workspace_id)).setting(owner)

    async def add_credential(
        self,
        workspace_id: str,
        owner: Owner,
        submitted: Mapping[str, str | bool],
        *,
        name: str | None = None,
        limits: Limits = UNLIMITED,
        active: bool | None = None,
        validate: bool = True,
    ) -> str:
        """Stores one more credential, once a real call was made with it, and returns its id.

        `active` None: it is used if the owner has no other one; a credential of a listed model only takes turns.
        """
        state = await self._state(workspace_id)
        rows = state.stored.get(owner, ())
        chosen = _free_name(rows) if name is None or not name.strip() else _fitting_name(rows, name)
        kept = filtered(form_of(owner), submitted, owner[2])
        if validate:
            await self.validate(workspace_id, owner, kept)
        if active is None:
            active = state.active(owner) is None and not _listed(owner)
        row_id = new_id()
        row = CredentialRow(
            id=row_id,
            provider=owner[0],
            model=owner[1],
            kind=owner[2],
            config=self._vault.seal(form_of(owner), kept, workspace_id, row_id),
            name=chosen,
            active=active,
            concurrency=limits.concurrency,
            requests_per_minute=limits.requests_per_minute,
            timeout=limits.timeout,
        )
        async with self._db.transaction() as session:
            await ModelRepository(self._db, session, workspace_id).save_credential(row)
            await bump(session, TOPIC + workspace_id)
        self._changed(workspace_id)
        return row_id

    async def change_credential(
        self,
        workspace_id: str,
        credential_id: str,
        *,
        name: str | None = None,
        submitted: Mapping[str, str | bool] | None = None,
        enabled: bool | None = None,
        limits: Limits | None = None,
        validate: bool = True,
    ) -> None:
        """Changes a credential; what is None stays. A secret sent as `[__HIDDEN__]` stays as stored."""
        owner, found = await self._credential(workspace_id, credential_id)
        form, kept = form_of(owner), found.fields
        if name is not None and name.strip() != found.name:
            if found.name == INHERIT or not name.strip():
                raise ModelSetupError("Give the credential a name; the one that is the provider's keeps its own.")
            others = [each for each in (await self._state(workspace_id)).stored[owner] if each.id != credential_id]
            name = _fitting_name(others, name)
        if submitted is not None and found.name != INHERIT:
            kept = filtered(form, with_hidden(form, submitted, found.fields), owner[2])
            if validate:
                await self.validate(workspace_id, owner, kept)
        bounds = found.limits if limits is None else limits
        row = CredentialRow(
            id=credential_id,
            provider=owner[0],
            model=owner[1],
            kind=owner[2],
            config=self._vault.seal(form, kept, workspace_id, credential_id),
            name=name or found.name,
            active=found.active,
            enabled=found.enabled if enabled is None else enabled,
            concurrency=bounds.concurrency,
            requests_per_minute=bounds.requests_per_minute,
            timeout=bounds.timeout,
        )
        async with self._db.transaction() as session:
            await ModelRepository(self._db, session, workspace_id).save_credential(row)
            await bump(session, TOPIC + workspace_id)
        self._rests.forget(credential_id)
        self._changed(workspace_id)

    async def activate(self, workspace_id: str, credential_id: str) -> None:
        """Makes a credential the one that its owner uses."""
        owner, found = await self._credential(workspace_id, credential_id)
        if found.name == INHERIT:
            raise ModelSetupError("The provider's credential is used where the model has no active one of its own.")
        async with self._db.transaction() as session:
            models = ModelRepository(self._db, session, workspace_id)
            await models.activate(CredentialRow(credential_id, owner[0], owner[1], owner[2], ""))
            await bump(session, TOPIC + workspace_id)
        self._changed(workspace_id)

    async def remove_credential(self, workspace_id: str, credential_id: str) -> None:
        """Removes a credential; the oldest other one is used from now on if it was the active one."""
        owner, found = await self._credential(workspace_id, credential_id)
        state = await self._state(workspace_id)
        rest = [each for each in state.stored[owner] if each.id != credential_id and each.name != INHERIT]
        async with self._db.transaction() as session:
            models = ModelRepository(self._db, session, workspace_id)
            await models.delete_credential(credential_id)
            if found.active and rest:
                await models.activate(CredentialRow(rest[0].id, owner[0], owner[1], owner[2], ""))
            await bump(session, TOPIC + workspace_id)
        self._rests.forget(credential_id)
        self._changed(workspace_id)

    async def remove_all(self, workspace_id: str, owner: Owner) -> None:
        """Removes every credential of a provider or model, and the defaults that it opened."""
        state = await self._state(workspace_id)
        if not state.stored.get(owner):
            raise UnknownModelError(f"Nothing is stored for {owner[1] or owner[0]}.")
        async with self._db.transaction() as session:
            models = ModelRepository(self._db, session, workspace_id)
            await models.delete_credentials(*owner)
            await models.delete_defaults(*owner)
            await bump(session, TOPIC + workspace_id)
        for each in state.stored[owner]:
            self._rests.forget(each.id)
        self._changed(workspace_id)

    async def decide(
        self,
        workspace_id: str,
        owner: Owner,
        *,
        enabled: bool | None = None,
        balanced: bool | None = None,
        fallbacks: Sequence[tuple[str, str]] | None = None,
        pricing: Pricing | Literal["listed"] | None = None,
    ) -> Setting:
        """Decides about a model or a whole provider; what is None stays. `pricing` "listed": the list price again.

        Turns need two credentials; fallbacks are for chat and rerank models, whose answers are comparable.
        """
        state = await self._state(workspace_id)
        before = state.setting(owner)
        inherit = balanced is True and owner[1] is not None and state.active((owner[0], None, None)) is not None
        rows = state.stored.get(owner, ())
        inherit = inherit and all(each.name != INHERIT for each in rows)
        if balanced and len(rows) + inherit < 2:
            raise ModelSetupError("Taking turns needs two credentials; add another one first.")
        decided = Setting(
            enabled=before.enabled if enabled is None else enabled,
            balanced=before.balanced if balanced is None else balanced,
            fallbacks=before.fallbacks if fallbacks is None else _fallbacks(owner, fallbacks),
            pricing=before.pricing if pricing is None else None if pricing == "listed" else pricing,
        )
        row = SettingRow(
            *owner,
            enabled=decided.enabled,
            balanced=decided.balanced,
            fallbacks=msgspec.json.encode(decided.fallbacks).decode(),
            pricing=None if decided.pricing is None else msgspec.json.encode(decided.pricing).decode(),
        )
        async with self._db.transaction() as session:
            models = ModelRepository(self._db, session, workspace_id)
            await models.save_setting(row)
            if inherit:
                await models.save_credential(CredentialRow(new_id(), *owner, "{}", INHERIT, active=False))
            await bump(session, TOPIC + workspace_id)
        self._changed(workspace_id)
        return decided

    async def validate(
        self,
        workspace_id: str,
        owner: Owner,
        submitted: Mapping[str, str | bool],
        *,
        credential_id: str | None = None,
    ) -> None:
        """Makes a real call with a filled-in form, or with the list of models where that is all one can ask (§1.12).

        `credential_id` names the stored one whose hidden secrets are meant. Raises CredentialsValidateFailedError.
        """
        provider, form = provider_of(owner[0]), form_of(owner)
        state = await self._state(workspace_id)
        stored = state.active(owner)
        if credential_id is not None:
            stored = (await self._credential(workspace_id, credential_id))[1]
        kept = filtered(form, with_hidden(form, submitted, stored.fields if stored else {}), owner[2])
        key = _to_check(provider, kept) if owner[1] is None else ModelKey(owner[0], owner[1], owner[2] or ModelKind.LLM)
        if key is None:
            await self._listed_by(provider, kept)
            return
        schema = model_schema(provider, key.name, key.kind, kept)
        if schema is None:
            raise UnknownModelError(f"{provider.label.en_US} offers no {key.kind.value} model {key.name!r}.")
        try:
            await self._check(Usable(key, provider, schema, kept, "provider" if owner[1] is None else "model"))
        except CredentialsValidateFailedError as refused:
            if owner[1] is not None or "HTTP 404" not in str(refused):
                raise
            await self._listed_by(provider, kept)

    async def models(self, workspace_id: str, provider: str) -> list[ModelStatus]:
        """The models of a provider: those that it lists, and those that were added."""
        state = await self._state(workspace_id)
        found = provider_of(provider)
        if found.connection.embedded:
            found = msgspec.structs.replace(found, models=state.local)
        keys = [ModelKey(found.provider, each.model, each.kind) for each in found.models]
        keys += [
            ModelKey(name, model, kind)
            for name, model, kind in state.stored
            if name == found.provider and model is not None and kind is not None
        ]
        return [status for key in dict.fromkeys(keys) if (status := _status(state, found, key)) is not None]

    async def prices(self, workspace_id: str) -> list[ModelPrice]:
        """What every model costs that the workspace has set up, by provider in the console's order."""
        found: list[ModelPrice] = []
        for provider in catalogue().values():
            for status in await self.models(workspace_id, provider.provider):
                if status.status != "no-configure":
                    listed = await list_price(provider, status.schema)
                    found.append(ModelPrice(status=status, own=status.setting.pricing, listed=listed))
        return found

    async def parameter_rules(self, workspace_id: str, provider: str, model: str) -> tuple[ParameterRule, ...]:
        """The parameters of a chat model; none when nothing opens it."""
        state = await self._state(workspace_id)
        usable = state.usable(ModelKey(provider_of(provider).provider, model, ModelKind.LLM), even_disabled=True)
        return () if usable is None else usable.schema.rules

    async def remote_models(
        self, workspace_id: str, provider: str, submitted: Mapping[str, str | bool] | None = None
    ) -> list[RemoteModel]:
        """The models that the provider says it offers, asked with what is stored, or with a filled-in form."""
        found = provider_of(provider)
        if submitted is None:
            state = await self._state(workspace_id)
            stored = next((each for owner in _owners(state, found) if (each := state.active(owner)) is not None), None)
            if stored is None and not found.connection.embedded:
                raise ModelSetupError(f"No credential is stored for {found.provider}; add one first.")
            submitted = {} if stored is None else stored.fields
        return await self._listed_by(found, submitted)

    async def _listed_by(self, provider: Provider, fields: Mapping[str, str | bool]) -> list[RemoteModel]:
        listing = provider.connection.listing
        wire = listing_protocol(provider.protocol, self._http, listing) if provider.listed_by_provider else None
        if wire is None:
            raise ModelSetupError(f"{provider.label.en_US} cannot be asked for its models; name the model.")
        try:
            return await wire.list_models(target_of(provider, Model(model=""), fields, Price()))
        except InvokeError as error:
            raise CredentialsValidateFailedError(str(error)) from error

    async def _credential(self, workspace_id: str, credential_id: str) -> tuple[Owner, Credential]:
        for owner, rows in (await self._state(workspace_id)).stored.items():
            for row in rows:
                if row.id == credential_id:
                    return owner, row
        raise UnknownCredentialError("There is no such credential.")

    def _info(
        self, form: Sequence[FormField], row: Credential, owner: Owner, inherited: str | None = None
    ) -> CredentialInfo:
        """`inherited`: the id of the provider's credential for which the row stands."""
        models = provider_of(owner[0]).models if owner[1] is None else ()
        named = [(each.kind, each.model) for each in models]
        if owner[1] is not None and owner[2] is not None:
            named.append((owner[2], owner[1]))
        # A turn of the provider's credential is counted under the id of the provider's row.
        used = row.id if inherited is None else inherited
        rests = [self._policy.resting(used, kind.value, model) for kind, model in named]
        ttl, reason = max(rests, default=(0.0, ""))
        return CredentialInfo(
            id=row.id,
            name=row.name,
            credentials=masked(form, row.fields),
            active=row.active,
            enabled=row.enabled,
            in_cooldown=ttl > 0,
            ttl=-int(-ttl // 1) if ttl > 0 else 0,
            reason=reason,
            concurrency=row.limits.concurrency,
            requests_per_minute=row.limits.requests_per_minute,
            timeout=row.limits.timeout,
        )


def named(model: str) -> str:
    """The name of a model as it was meant. Raises ModelSetupError for none, or for one that cannot be."""
    name = model.strip()
    if not name or len(name) > MAX_MODEL_NAME or not name.isprintable():
        raise ModelSetupError(
            f"The name of the model is {name[:60]!r}; give what the provider calls it, "
            f"in at most {MAX_MODEL_NAME} characters of one line."
        )
    return name


def form_of(owner: Owner) -> tuple[FormField, ...]:
    """The form of a provider, or of one model; a listed model takes its provider's."""
    provider = provider_of(owner[0])
    return provider.provider_form if owner[1] is None or _listed(owner) else provider.model_form


def _listed(owner: Owner) -> bool:
    provider, name, kind = provider_of(owner[0]), owner[1], owner[2]
    return name is not None and kind is not None and provider.model(name, kind) is not None


def _kind(provider: Provider, kind: ModelKind | str | None) -> ModelKind:
    try:
        wanted = ModelKind(kind or "llm")
    except ValueError:
        wanted = None
    if wanted is None or wanted not in provider.kinds:
        raise ModelSetupError(
            f"{provider.provider} has no models of type {kind!s}; its types are {', '.join(provider.kinds)}."
        )
    return wanted


def _free_name(rows: Sequence[Credential]) -> str:
    taken = {each.name for each in rows}
    return next(name for number in range(1, len(taken) + 2) if (name := f"API KEY {number}") not in taken)


def _fitting_name(rows: Sequence[Credential], name: str) -> str:
    name = name.strip()
    if name == INHERIT:
        raise ModelSetupError(f"{INHERIT} stands for the provider's credential; choose another name.")
    if len(name) > MAX_NAME:
        raise ModelSetupError(f"The name of a credential has at most {MAX_NAME} characters.")
    if any(each.name == name for each in rows):
        raise ModelSetupError(f"There is a credential named {name!r} already; choose another name.")
    return name


def _fallbacks(owner: Owner, wanted: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    if not wanted:
        return ()
    if owner[2] not in (ModelKind.LLM, ModelKind.RERANK):
        raise ModelSetupError("Only chat and rerank models can stand in for each other.")
    if len(wanted) > MAX_FALLBACKS:
        raise ModelSetupError(f"At most {MAX_FALLBACKS} models may stand behind one.")
    found = tuple(dict.fromkeys((provider_of(provider).provider, name.strip()) for provider, name in wanted))
    if (owner[0], owner[1]) in found:
        raise ModelSetupError("A model cannot stand in for itself.")
    return found


def _to_check(provider: Provider, fields: Mapping[str, str | bool]) -> ModelKey | None:
    """The model that a provider's credential is checked with: the form's, the file's, else the first one."""
    named = fields.get("validate_model") or fields.get("model_for_validation") or provider.validation_model
    listed = [each for each in provider.models if each.model == named]
    if named and not listed and provider.custom is not None:
        return ModelKey(provider.provider, str(named), ModelKind.LLM)
    current = listed or [each for each in provider.models if not each.deprecated]
    return ModelKey(provider.provider, current[0].model, current[0].kind) if current else None


def _owners(state: WorkspaceState, provider: Provider) -> list[Owner]:
    """The provider itself, then its models."""
    return [(provider.provider, None, None), *(owner for owner in state.stored if owner[0] == provider.provider)]


def _status(state: WorkspaceState, provider: Provider, key: ModelKey) -> ModelStatus | None:
    try:
        usable = state.usable(key, even_disabled=True)
    except ModelSetupError:
        usable = None
    schema = usable.schema if usable is not None else provider.model(key.name, key.kind)
    if schema is None:
        return None
    status: Status = "no-configure" if usable is None else "active" if state.enabled(key) else "disabled"
    return ModelStatus(
        key=key,
        schema=schema,
        status=status,
        listed=provider.model(key.name, key.kind) is not None,
        setting=state.setting(owner_of(key)),
        balanced=usable is not None and len(usable.pool) > 1,
    )
