"""The SQL of models. Every query is scoped by workspace."""

from dataclasses import dataclass

from sqlalchemy import delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from treadle.platform.clock import now_us
from treadle.platform.db import Database, table_of

from .tables import DefaultModel, ModelCredential, ModelSetting

FIRST_NAME = "API KEY 1"

_credentials = table_of(ModelCredential)
_defaults = table_of(DefaultModel)
_settings = table_of(ModelSetting)


@dataclass(frozen=True, slots=True)
class CredentialRow:
    """A stored form; `model` and `kind` are None for a provider's own. `config` is JSON text with sealed secrets."""

    id: str
    provider: str
    model: str | None
    kind: str | None
    config: str
    name: str = FIRST_NAME
    active: bool = True
    enabled: bool = True
    concurrency: int | None = None
    requests_per_minute: int | None = None
    timeout: float | None = None


@dataclass(frozen=True, slots=True)
class DefaultRow:
    """The default model of a kind."""

    kind: str
    provider: str
    model: str


@dataclass(frozen=True, slots=True)
class SettingRow:
    """What a workspace decides about a model; `model` and `kind` are None for its whole provider."""

    provider: str
    model: str | None
    kind: str | None
    enabled: bool
    balanced: bool
    fallbacks: str
    pricing: str | None


@dataclass(frozen=True, slots=True)
class Stored:
    """All that a workspace has set up, oldest first."""

    credentials: list[CredentialRow]
    defaults: list[DefaultRow]
    settings: list[SettingRow]


async def load(db: Database, workspace_id: str) -> Stored:
    """All that a workspace has set up."""
    async with db.connect() as connection:
        credentials = await connection.execute(
            select(_credentials)
            .where(_credentials.c.workspace_id == workspace_id)
            .order_by(_credentials.c.created_at, _credentials.c.id)
        )
        defaults = await connection.execute(select(_defaults).where(_defaults.c.workspace_id == workspace_id))
        settings = await connection.execute(select(_settings).where(_settings.c.workspace_id == workspace_id))
        return Stored(
            [
                CredentialRow(
                    id=row.id,
                    provider=row.provider,
                    model=row.model,
                    kind=row.model_type,
                    config=row.config,
                    name=row.name,
                    active=row.active,
                    enabled=row.enabled,
                    concurrency=row.concurrency,
                    requests_per_minute=row.requests_per_minute,
                    timeout=row.timeout,
                )
                for row in credentials
            ],
            [DefaultRow(row.model_type, row.provider, row.model) for row in defaults],
            [
                SettingRow(
                    row.provider,
                    row.model or None,
                    row.model_type or None,
                    row.enabled,
                    row.balanced,
                    row.fallbacks,
                    row.pricing,
                )
                for row in settings
            ],
        )


class ModelRepository:
    """Changes, within the transaction of a caller."""

    def __init__(self, db: Database, session: AsyncSession, workspace_id: str) -> None:
        self._db = db
        self._session = session
        self._workspace_id = workspace_id

    async def save_credential(self, row: CredentialRow) -> None:
        """Stores `row` in place of the one of the same id or name for the same provider and model."""
        replaced = or_(_credentials.c.name == row.name, _credentials.c.id == row.id)
        of_owner = self._of_owner(row.provider, row.model, row.kind)
        made = (
            await self._session.execute(select(_credentials.c.created_at).where(*of_owner, replaced))
        ).scalar_one_or_none()
        await self._session.execute(delete(ModelCredential).where(*of_owner, replaced))
        now = now_us()
        self._session.add(
            ModelCredential(
                id=row.id,
                workspace_id=self._workspace_id,
                provider=row.provider,
                model=row.model,
                model_type=row.kind,
                name=row.name,
                config=row.config,
                active=row.active,
                enabled=row.enabled,
                concurrency=row.concurrency,
                requests_per_minute=row.requests_per_minute,
                timeout=row.timeout,
                created_at=made or now,
                updated_at=now,
            )
        )
        await self._session.flush()
        if row.active:
            await self.activate(row)

    async def activate(self, row: CredentialRow) -> None:
        """Makes `row` the one of its owner's credentials that is used."""
        await self._session.execute(
            update(ModelCredential)
            .where(*self._of_owner(row.provider, row.model, row.kind))
            .values(active=_credentials.c.id == row.id, updated_at=now_us())
        )

    async def delete_credentials(self, provider: str, model: str | None, kind: str | None) -> None:
        """Removes the credentials of a model, or a provider's own."""
        await self._session.execute(delete(ModelCredential).where(*self._of_owner(provider, model, kind)))

    async def delete_credential(self, credential_id: str) -> None:
        """Removes one credential."""
        await self._session.execute(
            delete(ModelCredential).where(
                ModelCredential.workspace_id == self._workspace_id, ModelCredential.id == credential_id
            )
        )

    async def save_setting(self, row: SettingRow) -> None:
        """Stores what the workspace decides about a model or provider."""
        now = now_us()
        values = {
            "enabled": row.enabled,
            "balanced": row.balanced,
            "fallbacks": row.fallbacks,
            "pricing": row.pricing,
            "updated_at": now,
        }
        insert = self._db.insert(ModelSetting).values(
            workspace_id=self._workspace_id,
            provider=row.provider,
            model=row.model or "",
            model_type=row.kind or "",
            created_at=now,
            **values,
        )
        await self._session.execute(
            insert.on_conflict_do_update(
                index_elements=["workspace_id", "provider", "model", "model_type"], set_=values
            )
        )

    async def save_default(self, row: DefaultRow) -> None:
        """Makes a model the default of its kind."""
        now = now_us()
        insert = self._db.insert(DefaultModel).values(
            workspace_id=self._workspace_id,
            model_type=row.kind,
            provider=row.provider,
            model=row.model,
            created_at=now,
            updated_at=now,
        )
        await self._session.execute(
            insert.on_conflict_do_update(
                index_elements=["workspace_id", "model_type"],
                set_={"provider": row.provider, "model": row.model, "updated_at": now},
            )
        )

    async def delete_defaults(self, provider: str, model: str | None, kind: str | None = None) -> None:
        """Forgets defaults that name this model, or any model of the provider; of one kind, where it is named."""
        query = delete(DefaultModel).where(
            DefaultModel.workspace_id == self._workspace_id, DefaultModel.provider == provider
        )
        if model is not None:
            query = query.where(DefaultModel.model == model)
        if kind is not None:
            query = query.where(DefaultModel.model_type == kind)
        await self._session.execute(query)

    def _of_owner(self, provider: str, model: str | None, kind: str | None):
        return (
            ModelCredential.workspace_id == self._workspace_id,
            ModelCredential.provider == provider,
            ModelCredential.model.is_(None) if model is None else ModelCredential.model == model,
            ModelCredential.model_type.is_(None) if kind is None else ModelCredential.model_type == kind,
        )
