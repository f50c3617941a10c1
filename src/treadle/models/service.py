"""Models of workspaces: set up, check, list, choose defaults, and hand to runs.

Source: spec models-and-tools §1.3, §1.12 to §1.14.
"""

import asyncio
import logging
import time
from collections.abc import Mapping

import msgspec

from treadle.engine.errors import (
    InvokeError,
    ModelCurrentlyNotSupportError,
    ModelNotExistError,
    ProviderNotInitializeError,
)
from treadle.engine.ports import ChatRequest, Message, ModelRef
from treadle.platform.changes import bump
from treadle.platform.crypto import Crypto
from treadle.platform.db import Database
from treadle.platform.ids import new_id

from .administration import TOPIC, ModelAdministration, named
from .catalogue import FormField, Model, ModelKind, Provider, catalogue, provider_of
from .connection import target_of
from .credentials import Credentials, filtered, masked, with_hidden
from .errors import CredentialsValidateFailedError, ModelSetupError, UnknownModelError
from .http import ModelHttp
from .local import EmbeddedModel
from .media import MediaModels
from .media_check import media_reply
from .policy import Policy, Pool
from .pricing import price_of
from .repository import FIRST_NAME, CredentialRow, DefaultRow, ModelRepository, load
from .rests import SharedRests
from .schema import model_schema, output_limit
from .state import (
    Credential,
    ModelInfo,
    ModelKey,
    Resolved,
    Setting,
    Usable,
    WorkspaceState,
    key_of,
    owner_of,
    stored_key,
)
from .vault import Vault, setting_of
from .workspace import WorkspaceModels

_log = logging.getLogger(__name__)

_AS_LISTED = Setting()
_CHECK_SECONDS = 60
_CHECK_TOKENS = 16
_TWO_DOCUMENTS = ("Paris lies in France.", "Bread is made of flour.")
_CHECK_TOKENS_OF_THINKERS = 1024


class ModelCheck(msgspec.Struct, frozen=True, kw_only=True):
    """A call that worked: its seconds, and the reply (of an embedding model, the length of the vector)."""

    provider: str
    model: str
    kind: ModelKind
    latency: float
    reply: str


class ModelService:
    """Everything about models. One for the whole process: it owns the connections to providers."""

    def __init__(
        self,
        db: Database,
        crypto: Crypto,
        local: EmbeddedModel | None = None,
        *,
        fallback_to_default: bool = True,
        http: ModelHttp | None = None,
        policy: Policy | None = None,
        processes: int = 1,
    ) -> None:
        """`local` None switches the embedded model off. `processes` share what a credential bears.

        `fallback_to_default`: an app that names a provider without credentials gets the workspace's default model, so
        that imported apps run at once; `WorkspaceModels.resolve` tells which.
        """
        self._db = db
        self._vault = Vault(crypto)
        self._local = local
        self._fallback = fallback_to_default
        self._http = http or ModelHttp()
        self._policy = policy or Policy()
        self._processes = processes
        self.rests = SharedRests(db, self._policy)
        self.administration = ModelAdministration(
            db,
            self._vault,
            self._policy,
            self.rests,
            self._http,
            state=self._state,
            check=self._check_usable,
            changed=self.forget,
        )
        self._states: dict[str, WorkspaceState] = {}
        self._generation = 0

    def providers(self) -> list[Provider]:
        """The catalogue in the console's order, without the embedded model where that is switched off."""
        return [each for each in catalogue().values() if self._local is not None or not each.connection.embedded]

    @property
    def local(self) -> EmbeddedModel | None:
        """The models that run beside the server, None where they are switched off."""
        return self._local

    def for_workspace(self, workspace_id: str) -> WorkspaceModels:
        """The models port of the workspace's runs. Cheap: make one per run."""

        async def resolve(model: ModelRef, kind: ModelKind) -> Resolved:
            return await self._resolved(workspace_id, model, kind)

        return WorkspaceModels(resolve, self._http, self._local, self._policy)

    def media_for(self, workspace_id: str) -> MediaModels:
        """The workspace's models for moderation, transcription and speech. Cheap: make one where it is used."""

        async def resolve(model: ModelRef, kind: ModelKind) -> Resolved:
            return await self._resolved(workspace_id, model, kind)

        return MediaModels(resolve, self._http, self._policy)

    async def list_models(self, workspace_id: str) -> list[ModelInfo]:
        """The models that the workspace can use."""
        return (await self._state(workspace_id)).models()

    async def add_model(
        self,
        workspace_id: str,
        provider: str,
        kind: ModelKind | str,
        model: str,
        credentials: Mapping[str, str | bool],
        *,
        default: bool = False,
        validate: bool = True,
    ) -> ModelInfo:
        """Stores `credentials`, once they pass the form and, if `validate`, a real call, and returns the model.

        A model that the catalogue lists takes the provider's form, which opens every listed model; any other takes the
        form of its own. A secret sent as `[__HIDDEN__]` stays as stored. Raises ModelSetupError.
        """
        found = provider_of(provider)
        key = ModelKey(found.provider, named(model), _kind(found, kind))
        if found.connection.embedded:
            return await self._choose(workspace_id, key, default=default)
        state = await self._state(workspace_id)
        form, owner = _form_for(found, key)
        before = state.active((found.provider, *owner))
        stored = {} if before is None else before.fields
        kept = filtered(form, with_hidden(form, credentials or stored, stored), owner[1])
        schema = model_schema(found, key.name, key.kind, kept)
        if schema is None:
            raise UnknownModelError(
                f"{found.label.en_US} offers no {key.kind.value} model {key.name!r}; check its name."
            )
        usable = Usable(key, found, schema, kept, "provider" if owner[0] is None else "model")
        resolved = await self._opened(usable, None)
        if validate:
            await self._check(resolved)
        row_id = new_id()
        config = self._vault.seal(form, kept, workspace_id, row_id)
        async with self._db.transaction() as session:
            models = ModelRepository(self._db, session, workspace_id)
            owner_kind = None if owner[1] is None else owner[1].value
            name = FIRST_NAME if before is None else before.name
            await models.save_credential(CredentialRow(row_id, found.provider, owner[0], owner_kind, config, name))
            if default:
                await models.save_default(DefaultRow(key.kind.value, key.provider, key.name))
            await bump(session, TOPIC + workspace_id)
        self.forget(workspace_id)
        return (await self._state(workspace_id)).info(usable)

    async def set_default(self, workspace_id: str, kind: ModelKind | str, provider: str, model: str) -> ModelInfo:
        """Makes a usable model the default of its kind. Raises ModelSetupError."""
        found = provider_of(provider)
        return await self._choose(workspace_id, ModelKey(found.provider, model, _kind(found, kind)), default=True)

    async def default_model(self, workspace_id: str, kind: ModelKind | str = ModelKind.LLM) -> ModelRef | None:
        """The workspace's default model of this kind, None when it can use none."""
        state = await self._state(workspace_id)
        key = state.default(ModelKind(kind))
        usable = state.usable(key) if key is not None else None
        return None if usable is None else ModelRef(usable.key.provider, usable.key.name, usable.schema.mode)

    async def remove(self, workspace_id: str, provider: str, kind: ModelKind | str, model: str) -> None:
        """Removes the credential that opens this model: its own, else its provider's, which opens the others too.

        Raises UnknownModelError.
        """
        found = provider_of(provider)
        key = ModelKey(found.provider, model, _kind(found, kind))
        state = await self._state(workspace_id)
        usable = state.usable(key, even_disabled=True)
        if usable is None or usable.scope == "built-in":
            raise UnknownModelError(
                f"Nothing is stored for {model!r} of {found.provider}; `treadle model list` shows what is."
            )
        own = usable.scope == "model"
        async with self._db.transaction() as session:
            models = ModelRepository(self._db, session, workspace_id)
            await models.delete_credentials(found.provider, model if own else None, key.kind.value if own else None)
            await models.delete_defaults(found.provider, model if own else None)
            await bump(session, TOPIC + workspace_id)
        self.forget(workspace_id)

    async def test_model(self, workspace_id: str, provider: str, kind: ModelKind | str, model: str) -> ModelCheck:
        """Makes a real call with what is stored. Raises UnknownModelError and CredentialsValidateFailedError."""
        found = provider_of(provider)
        usable = await self._usable(workspace_id, ModelKey(found.provider, model, _kind(found, kind)))
        return await self._check(await self._opened(usable, None))

    async def credentials(
        self, workspace_id: str, provider: str, model: str | None = None, kind: ModelKind | str = "llm"
    ) -> Credentials:
        """What is stored for a model, or for the provider itself when `model` is None; secrets are masked."""
        found = provider_of(provider)
        owner = (found.provider, model, None if model is None else ModelKind(kind))
        stored = (await self._state(workspace_id)).active(owner)
        return masked(
            found.provider_form if model is None else found.model_form, {} if stored is None else stored.fields
        )

    def forget(self, workspace_id: str | None = None) -> None:
        """Drops what is kept in memory about one workspace, or about all."""
        self._generation += 1
        if workspace_id is None:
            self._states.clear()
        else:
            self._states.pop(workspace_id, None)

    def on_change(self, topic: str) -> None:
        """For `platform.changes.ChangeWatcher`: forgets the workspace, and hears of the rests, of another process."""
        self.rests.on_change(topic)
        if topic.startswith(TOPIC):
            self.forget(topic.removeprefix(TOPIC))

    async def close(self) -> None:
        """Closes the connections to providers. The embedded model belongs to who made it."""
        await self.rests.close()
        await self._http.close()

    async def _choose(self, workspace_id: str, key: ModelKey, *, default: bool) -> ModelInfo:
        usable = await self._usable(workspace_id, key)
        if default:
            async with self._db.transaction() as session:
                models = ModelRepository(self._db, session, workspace_id)
                await models.save_default(DefaultRow(key.kind.value, key.provider, key.name))
                await bump(session, TOPIC + workspace_id)
            self.forget(workspace_id)
        return (await self._state(workspace_id)).info(usable)

    async def _usable(self, workspace_id: str, key: ModelKey) -> Usable:
        usable = (await self._state(workspace_id)).usable(key)
        if usable is not None:
            return usable
        found = provider_of(key.provider)
        if found.connection.embedded:
            raise UnknownModelError(self._not_here(key.name))
        raise UnknownModelError(f"No credential is stored for {key.name!r} of {key.provider}; add it: {_command(key)}")

    def _not_here(self, name: str) -> str:
        """Why no model of this name runs here."""
        if self._local is None:
            return "The built-in model is switched off."
        here = ", ".join(each.model for each in self._local.models())
        reason = self._local.refused.get(name) or (None if here else self._local.unavailable_reason)
        return reason or f"There is no local model {name!r}; those that can run are {here}."

    async def _resolved(self, workspace_id: str, ref: ModelRef, kind: ModelKind) -> Resolved:
        state = await self._state(workspace_id)
        known = state.resolved.get((ref, kind))
        if known is None:
            known = state.resolved[ref, kind] = await self._found(state, ref, kind)
        return known

    async def _found(self, state: WorkspaceState, ref: ModelRef, kind: ModelKind) -> Resolved:
        """The model itself, else the default. Raises ModelNotExistError and ProviderNotInitializeError."""
        key = key_of(ref, kind) if ref.provider else state.default(kind)
        try:
            usable = state.usable(key) if key is not None else None
            if usable is not None:
                return await self._opened(usable, None, state.setting(owner_of(usable.key)))
            if key is not None and not state.enabled(key):
                raise ModelCurrentlyNotSupportError(
                    f"[{key.provider}] {ref.name}: the model is switched off in this workspace. "
                    "Switch it on among the model providers, or choose another one."
                )
            if key is not None and state.opened(provider := provider_of(key.provider)) and not provider.model_form:
                raise ModelNotExistError(
                    f"[{key.provider}] {ref.name}: the provider offers no such model. Choose another one."
                )
            # Another model's vectors mean nothing beside those that are stored.
            stands_in = self._fallback and kind is not ModelKind.EMBEDDING
            substitute = state.default(kind) if stands_in else None
            usable = state.usable(substitute) if substitute is not None else None
            if usable is None:
                raise _nothing_stored(ref, key, kind)
            _log.warning(
                "%s of %s has no credentials; %s of %s stands in",
                ref.name,
                ref.provider,
                usable.key.name,
                usable.key.provider,
            )
            return await self._opened(usable, ref, state.setting(owner_of(usable.key)))
        except ModelSetupError as error:
            raise ProviderNotInitializeError(f"[{ref.provider}] {ref.name}: {error}") from error

    async def _opened(self, usable: Usable, asked: ModelRef | None, setting: Setting = _AS_LISTED) -> Resolved:
        own = setting.pricing
        price = await price_of(usable.provider, usable.schema) if own is None else own.price()
        lanes = tuple(
            self._policy.lane(
                each.id,
                usable.key.kind.value,
                target_of(usable.provider, usable.schema, each.fields, price),
                each.limits.share(self._processes),
            )
            for each in usable.pool or (Credential("", "", usable.credentials),)
        )
        first = lanes[0]
        spread = len(lanes) > 1 or first.limits.bounded or setting.fallbacks
        fallbacks = tuple(ModelRef(provider, name) for provider, name in setting.fallbacks)
        return Resolved(usable, first.target, asked, Pool(lanes) if spread else None, fallbacks)

    async def _check_usable(self, usable: Usable) -> ModelCheck:
        return await self._check(await self._opened(usable, None))

    async def _check(self, resolved: Resolved) -> ModelCheck:
        """A call of one word (§1.12). Raises CredentialsValidateFailedError."""

        async def same(model: ModelRef, kind: ModelKind) -> Resolved:
            return resolved

        models = WorkspaceModels(same, self._http, self._local, Policy(retries=0))
        key, schema = resolved.usable.key, resolved.usable.schema
        started = time.perf_counter()
        try:
            async with asyncio.timeout(_CHECK_SECONDS):
                if key.kind in (ModelKind.MODERATION, ModelKind.SPEECH_TO_TEXT, ModelKind.TTS):
                    reply = await media_reply(MediaModels(same, self._http), resolved.ref, key.kind)
                elif key.kind is ModelKind.EMBEDDING:
                    reply = f"{len((await models.embed(resolved.ref, ['ping'], 'query')).vectors[0])} dimensions"
                elif key.kind is ModelKind.RERANK:
                    best = (await models.rerank(resolved.ref, "Where is Paris?", _TWO_DOCUMENTS)).documents
                    reply = f"{len(best)} documents ranked"
                else:
                    said = await models.complete(_short_question(resolved.ref, schema))
                    reply = said.text or said.reasoning
        except InvokeError as error:
            raise CredentialsValidateFailedError(str(error)) from error
        except TimeoutError as error:
            silent = f"no answer within {_CHECK_SECONDS} s from {resolved.target.base_url}. Check that it is up."
            raise CredentialsValidateFailedError(resolved.target.says(silent)) from error
        latency = time.perf_counter() - started
        return ModelCheck(provider=key.provider, model=key.name, kind=key.kind, latency=latency, reply=reply.strip())

    async def _state(self, workspace_id: str) -> WorkspaceState:
        state = self._states.get(workspace_id)
        local = self._local.models() if self._local is not None else ()
        if state is not None and state.local == local:
            return state
        generation = self._generation
        stored = await load(self._db, workspace_id)
        state = WorkspaceState(
            stored=self._vault.open_all(stored.credentials, workspace_id),
            settings={
                (row.provider, row.model, None if row.kind is None else ModelKind(row.kind)): setting_of(row)
                for row in stored.settings
            },
            defaults={
                ModelKind(row.kind): stored_key(row.provider, row.model, ModelKind(row.kind)) for row in stored.defaults
            },
            local=local,
        )
        if generation == self._generation:
            self._states[workspace_id] = state
        return state


def _kind(provider: Provider, kind: ModelKind | str) -> ModelKind:
    try:
        wanted = ModelKind(kind)
    except ValueError:
        wanted = None
    if wanted is None or wanted not in provider.kinds:
        offered = ", ".join(each.value for each in provider.kinds)
        raise ModelSetupError(f"{provider.provider} has no models of type {kind!s}; its types are {offered}.")
    return wanted


def _form_for(provider: Provider, key: ModelKey) -> tuple[tuple[FormField, ...], tuple[str | None, ModelKind | None]]:
    """The form that opens the model, and the owner it is stored under: nobody in particular, or the model."""
    if provider.model(key.name, key.kind) is not None and "predefined-model" in provider.configure:
        return provider.provider_form, (None, None)
    if "customizable-model" in provider.configure:
        return provider.model_form, (key.name, key.kind)
    listed = ", ".join(model.model for model in provider.models if model.kind is key.kind)
    raise UnknownModelError(f"{provider.provider} offers no {key.kind.value} model {key.name!r}; it offers {listed}.")


def _short_question(ref: ModelRef, schema: Model) -> ChatRequest:
    limit = output_limit(schema)
    tokens = _CHECK_TOKENS if schema.stop else _CHECK_TOKENS_OF_THINKERS
    parameters = {} if limit is None else {limit.name: min(tokens, int(limit.max or tokens))}
    return ChatRequest(
        model=ref, messages=(Message(role="user", content="Say hello in one word."),), parameters=parameters
    )


def _command(key: ModelKey) -> str:
    return f"treadle model add --provider {key.provider} --type {key.kind.value} --model {key.name} --credential ..."


def _nothing_stored(ref: ModelRef, key: ModelKey | None, kind: ModelKind) -> ProviderNotInitializeError:
    if not ref.provider:
        return ProviderNotInitializeError(
            f"No {kind.value} model is set up, so there is no default. Add one: "
            f"treadle model add --provider PROVIDER --type {kind.value} --model MODEL --credential ... --default"
        )
    if key is None:
        return ProviderNotInitializeError(
            f"[{ref.provider}] {ref.name}: there is no such provider here. `treadle model providers` lists all."
        )
    return ProviderNotInitializeError(
        f"[{ref.provider}] {ref.name}: no credentials are stored for this provider. Add them: {_command(key)}"
    )
