"""The published page of an app as its builders set it up: what it says, how it looks, under which address.

Source: spec console §12.1, §12.2.
"""

from collections.abc import Mapping

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from treadle.apps.repository import AppRepository
from treadle.apps.service import APPS_TOPIC, new_site_code
from treadle.apps.tables import App, Site
from treadle.platform.changes import bump
from treadle.platform.clock import now_us
from treadle.platform.db import Database
from treadle.platform.refusals import NotFound

SiteValue = str | bool | None


class SiteService:
    """The pages of the apps of all workspaces; callers name the workspace. All raise NotFound."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def of(self, workspace_id: str, app_id: str) -> tuple[App, Site]:
        """An app with its page."""
        async with self._db.session() as session:
            return await _found(session, workspace_id, app_id)

    async def change(
        self, workspace_id: str, app_id: str, changes: Mapping[str, SiteValue], *, answer_icon: bool | None = None
    ) -> tuple[App, Site]:
        """Change columns of a page, and whether the icon of the app stands beside its answers."""
        async with self._db.transaction() as session:
            await _found(session, workspace_id, app_id)
            await _write(session, app_id, changes)
            if answer_icon is not None:
                await session.execute(update(App).where(App.id == app_id).values(use_icon_as_answer_icon=answer_icon))
            return await _found(session, workspace_id, app_id)

    async def renew_code(self, workspace_id: str, app_id: str) -> tuple[App, Site]:
        """Give a page a new address. The old one, and everything that was opened by it, is dead."""
        return await self.change(workspace_id, app_id, {"code": new_site_code()})


async def _found(session: AsyncSession, workspace_id: str, app_id: str) -> tuple[App, Site]:
    repository = AppRepository(session)
    app = await repository.app(app_id, workspace_id)
    site = await repository.site(app_id) if app else None
    if app is None or site is None:
        raise NotFound("There is no such app.")
    return app, site


async def _write(session: AsyncSession, app_id: str, changes: Mapping[str, SiteValue]) -> None:
    await session.execute(update(Site).where(Site.app_id == app_id).values(**changes, updated_at=now_us()))
    await bump(session, APPS_TOPIC)
