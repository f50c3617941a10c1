"""The SQL of models. Every query is scoped by workspace."""

from dataclasses import dataclass

from sqlalchemy import String, delete, literal, literal_column, null, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from treadle.platform.clock import now_us
from treadle.platform.db import Database, table_of

from .tables import DefaultModel, ModelCredential

_credentials = table_of(ModelCredential)
_defaults = table_of(DefaultModel)


@dataclass(frozen=True, slots=True)
class CredentialRow:
    """A stored form; `model` and `kind` are None for a provider's own. `config` is JSON text with sealed secrets."""

    id: str
    provider: str
    model: str | None
    kind: str | None
    config: str


@dataclass(frozen=True, slots=True)
class DefaultRow:
    """The default model of a kind."""

    kind: str
    provider: str
    model: str


async def load(db: Database, workspace_id: str) -> tuple[list[CredentialRow], list[DefaultRow]]:
    """All that a workspace has set up, oldest first, in one statement."""
    credentials = select(
        literal("credential", String).label("what"),
        _credentials.c.id,
        _credentials.c.provider,
        _credentials.c.model,
        _credentials.c.model_type,
        _credentials.c.config,
        _credentials.c.created_at,
    ).where(_credentials.c.workspace_id == workspace_id)
    defaults = select(
        literal("default", String),
        null(),
        _defaults.c.provider,
        _defaults.c.model,
        _defaults.c.model_type,
        null(),
        _defaults.c.created_at,
    ).where(_defaults.c.workspace_id == workspace_id)
    query = union_all(credentials, defaults).order_by(literal_column("created_at"), literal_column("id"))
    async with db.connect() as connection:
        rows = (await connection.execute(query)).all()
    return (
        [
            CredentialRow(id, provider, model, kind, config)
            for what, id, provider, model, kind, config, _ in rows
            if what == "credential"
        ],
        [DefaultRow(kind, provider, model) for what, _, provider, model, kind, _, _ in rows if what == "default"],
    )


class ModelRepository:
    """Changes, within the transaction of a caller."""

    def __init__(self, db: Database, session: AsyncSession, workspace_id: str) -> None:
        self._db = db
        self._session = session
        self._workspace_id = workspace_id

    async def save_credential(self, row: CredentialRow) -> None:
        """Stores `row` in place of the one for the same provider and model."""
        await self.delete_credential(row.provider, row.model, row.kind)
        now = now_us()
        self._session.add(
            ModelCredential(
                id=row.id,
                workspace_id=self._workspace_id,
                provider=row.provider,
                model=row.model,
                model_type=row.kind,
                config=row.config,
                created_at=now,
                updated_at=now,
            )
        )
        await self._session.flush()

    async def delete_credential(self, provider: str, model: str | None, kind: str | None) -> None:
        """Removes the credential of a model, or a provider's own."""
        await self._session.execute(
            delete(ModelCredential).where(
                ModelCredential.workspace_id == self._workspace_id,
                ModelCredential.provider == provider,
                ModelCredential.model.is_(None) if model is None else ModelCredential.model == model,
                ModelCredential.model_type.is_(None) if kind is None else ModelCredential.model_type == kind,
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

    async def delete_defaults(self, provider: str, model: str | None) -> None:
        """Forgets defaults that name this model, or any model of the provider."""
        query = delete(DefaultModel).where(
            DefaultModel.workspace_id == self._workspace_id, DefaultModel.provider == provider
        )
        await self._session.execute(query if model is None else query.where(DefaultModel.model == model))
