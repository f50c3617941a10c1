"""The published versions of an app: listed, named, deleted. Source: spec workflow-engine §21, console §7.12."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from treadle.accounts.tables import Account
from treadle.apps.definition import Definition, definition_mode
from treadle.apps.repository import AppRepository
from treadle.apps.tables import App, AppMode, AppVersion, VersionKind
from treadle.platform.clock import now_us
from treadle.platform.crypto import Crypto
from treadle.platform.db import Database
from treadle.platform.refusals import NotFound, Refusal
from treadle.tools.tables import WorkflowTool


@dataclass(frozen=True, slots=True)
class Version:
    """A published version, and who published it."""

    row: AppVersion
    author: Account | None
    current: bool
    """It is the one that runs."""


class Versions:
    """The versions of all apps; callers name the workspace."""

    def __init__(self, db: Database, crypto: Crypto) -> None:
        self._db = db
        self._crypto = crypto

    async def page(
        self,
        workspace_id: str,
        app_id: str,
        *,
        page: int,
        limit: int,
        account_id: str | None = None,
        named_only: bool = False,
    ) -> tuple[list[Version], int]:
        """Versions, newest first, and how many there are. Raises NotFound."""
        async with self._db.session() as session:
            app = await _app(session, workspace_id, app_id)
            conditions = [AppVersion.app_id == app_id, AppVersion.kind == VersionKind.PUBLISHED]
            if account_id is not None:
                conditions.append(AppVersion.created_by == account_id)
            if named_only:
                conditions.append(AppVersion.marked_name != "")
            total = (
                await session.execute(select(func.count()).select_from(AppVersion).where(*conditions))
            ).scalar_one()
            query = (
                select(AppVersion, Account)
                .outerjoin(Account, Account.id == AppVersion.created_by)
                .where(*conditions)
                .order_by(AppVersion.created_at.desc(), AppVersion.id.desc())
                .offset((page - 1) * limit)
                .limit(limit)
            )
            found: Sequence[tuple[AppVersion, Account | None]] = [
                (row, who) for row, who in await session.execute(query)
            ]
        return [Version(row, author, row.id == app.published_version_id) for row, author in found], total

    async def read(self, workspace_id: str, app_id: str, version_id: str) -> tuple[Version, Definition]:
        """One version whole. Raises NotFound."""
        async with self._db.session() as session:
            app = await _app(session, workspace_id, app_id)
            row = await _published(session, app_id, version_id)
            author = await session.get(Account, row.created_by) if row.created_by else None
        definition = Definition.from_row(row, definition_mode(app), self._crypto)
        return Version(row, author, row.id == app.published_version_id), definition

    async def current(self, workspace_id: str, app_id: str) -> tuple[Version, Definition] | None:
        """The version that runs; None when nothing is published. Raises NotFound."""
        async with self._db.session() as session:
            app = await _app(session, workspace_id, app_id)
        if app.published_version_id is None:
            return None
        return await self.read(workspace_id, app_id, app.published_version_id)

    async def describe(
        self, workspace_id: str, app_id: str, version_id: str, *, name: str | None, comment: str | None
    ) -> None:
        """Change the name or the notes of a version; None leaves what is there. Raises NotFound."""
        changes = {"marked_name": name, "marked_comment": comment}
        given = {column: value for column, value in changes.items() if value is not None}
        async with self._db.transaction() as session:
            await _app(session, workspace_id, app_id)
            await _published(session, app_id, version_id)
            if given:
                await session.execute(
                    update(AppVersion).where(AppVersion.id == version_id).values(**given, updated_at=now_us())
                )

    async def delete(self, workspace_id: str, app_id: str, version_id: str) -> None:
        """Delete a version that nothing uses. Raises NotFound, and Refusal for one in use."""
        async with self._db.transaction(lock=f"draft of {app_id}") as session:
            app = await _app(session, workspace_id, app_id)
            await _published(session, app_id, version_id)
            if app.published_version_id == version_id:
                raise Refusal("This version is the one that runs; publish another one first.", code="version_in_use")
            if app.mode not in (AppMode.WORKFLOW, AppMode.ADVANCED_CHAT):
                raise Refusal("Conversations go on with this version; it stays.", code="version_in_use")
            bound = select(WorkflowTool.id).where(WorkflowTool.app_id == app_id, WorkflowTool.version_id == version_id)
            if (await session.execute(bound)).first() is not None:
                raise Refusal("A tool is bound to this version; update the tool first.", code="version_in_use")
            await session.execute(delete(AppVersion).where(AppVersion.id == version_id))


async def _app(session: AsyncSession, workspace_id: str, app_id: str) -> App:
    app = await AppRepository(session).app(app_id, workspace_id)
    if app is None:
        raise NotFound("There is no such app.")
    return app


async def _published(session: AsyncSession, app_id: str, version_id: str) -> AppVersion:
    row = await AppRepository(session).version(app_id, version_id)
    if row is None or row.kind != VersionKind.PUBLISHED:
        raise NotFound("The app has no such version.")
    return row
