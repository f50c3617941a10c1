"""Apps, versions and sites in the database. Every query is scoped by workspace, or by a secret that implies one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from treadle.accounts.tables import Account
from treadle.apps.tables import (
    App,
    AppMode,
    AppVersion,
    Conversation,
    ConversationVariable,
    Message,
    MessageFile,
    NodeExecution,
    PinnedConversation,
    Run,
    SavedMessage,
    Site,
    SpeechCall,
    Tag,
    TagBinding,
    VersionKind,
)

_LEFT_BEHIND = (
    SpeechCall, SavedMessage, PinnedConversation, MessageFile, Message, ConversationVariable, Conversation,
    NodeExecution, Run,
)  # fmt: skip
"""What an app's users and runs leave, in the order in which it can be deleted."""

NO_PIPELINE = App.mode != AppMode.RAG_PIPELINE
"""Pipelines of knowledge bases are no apps to anybody who looks at a list."""


@dataclass(frozen=True, slots=True)
class AppWithSite:
    """An app and its published page. `author` is the name of who made it, where the caller wants to know."""

    app: App
    site: Site | None
    author: str | None = None


AppOrder = Literal["changed", "created", "name"]
"""Last changed first, last made first, or by name."""

_ORDERS = {
    "changed": (App.updated_at.desc(), App.id.desc()),
    "created": (App.created_at.desc(), App.id.desc()),
    "name": (func.lower(App.name), App.id),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AppFilter:
    """Which apps of a workspace are wanted, and in which order. `tag_ids`: those that have any of them."""

    name: str = ""
    modes: tuple[str, ...] = ()
    tag_ids: tuple[str, ...] = ()
    created_by: str | None = None
    order: AppOrder = "changed"


class AppRepository:
    """The SQL of apps, within the session of a caller."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    def add(self, row: App | AppVersion | Site) -> None:
        self._session.add(row)

    async def flush(self) -> None:
        await self._session.flush()

    async def app(self, app_id: str, workspace_id: str | None = None) -> App | None:
        """One app; without a workspace only for callers that hold a key or code of the app."""
        query = select(App).where(App.id == app_id)
        if workspace_id is not None:
            query = query.where(App.workspace_id == workspace_id)
        return (await self._session.execute(query)).scalar_one_or_none()

    async def apps(self, workspace_id: str) -> Sequence[AppWithSite]:
        """All apps of a workspace, last changed first."""
        query = (
            select(App, Site)
            .outerjoin(Site, Site.app_id == App.id)
            .where(App.workspace_id == workspace_id, NO_PIPELINE)
            .order_by(App.updated_at.desc(), App.id.desc())
        )
        return [AppWithSite(app, site) for app, site in (await self._session.execute(query)).all()]

    async def page(
        self, workspace_id: str, wanted: AppFilter, *, offset: int, limit: int
    ) -> tuple[Sequence[AppWithSite], int]:
        """Those wanted, and how many they are in all."""
        conditions = [App.workspace_id == workspace_id, NO_PIPELINE]
        if wanted.name:
            conditions.append(App.name.icontains(wanted.name, autoescape=True))
        if wanted.modes:
            conditions.append(App.mode.in_(wanted.modes))
        if wanted.created_by is not None:
            conditions.append(App.created_by == wanted.created_by)
        if wanted.tag_ids:
            tagged = select(TagBinding.target_id).where(
                TagBinding.workspace_id == workspace_id, TagBinding.tag_id.in_(wanted.tag_ids)
            )
            conditions.append(App.id.in_(tagged))
        query = (
            select(App, Site, Account.name)
            .outerjoin(Site, Site.app_id == App.id)
            .outerjoin(Account, Account.id == App.created_by)
            .where(*conditions)
            .order_by(*_ORDERS[wanted.order])
            .offset(offset)
            .limit(limit)
        )
        found = [AppWithSite(*row) for row in (await self._session.execute(query)).all()]
        total = await self._session.scalar(select(func.count()).select_from(App).where(*conditions))
        return found, total or 0

    async def app_by_site(self, code: str) -> AppWithSite | None:
        query = select(App, Site).join(Site, Site.app_id == App.id).where(Site.code == code)
        found = (await self._session.execute(query)).one_or_none()
        return AppWithSite(*found) if found else None

    async def site(self, app_id: str) -> Site | None:
        return await self._session.get(Site, app_id)

    async def draft(self, app_id: str) -> AppVersion | None:
        query = select(AppVersion).where(AppVersion.app_id == app_id, AppVersion.kind == VersionKind.DRAFT)
        return (await self._session.execute(query)).scalar_one_or_none()

    async def version(self, app_id: str, version_id: str) -> AppVersion | None:
        query = select(AppVersion).where(AppVersion.app_id == app_id, AppVersion.id == version_id)
        return (await self._session.execute(query)).scalar_one_or_none()

    async def tags(self, app_id: str) -> list[str]:
        query = (
            select(Tag.name).join(TagBinding, TagBinding.tag_id == Tag.id).where(TagBinding.target_id == app_id)
        ).order_by(Tag.name)
        return list((await self._session.execute(query)).scalars())

    async def point_to(self, app_id: str, version_id: str, now: int) -> None:
        """Make a version the one that runs."""
        await self._session.execute(
            update(App).where(App.id == app_id).values(published_version_id=version_id, updated_at=now)
        )

    async def delete(self, app_id: str) -> None:
        """Delete an app with everything that its users and runs left."""
        for table in _LEFT_BEHIND:
            await self._session.execute(delete(table).where(table.app_id == app_id))
        await self._session.execute(delete(TagBinding).where(TagBinding.target_id == app_id))
        await self._session.execute(delete(App).where(App.id == app_id))
