"""Explore: the apps of a workspace as people use them, pinned ones first. Source: spec console §5."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from treadle.apps.repository import NO_PIPELINE
from treadle.apps.tables import App, InstalledApp, Site
from treadle.platform.clock import now_us
from treadle.platform.db import Database
from treadle.platform.refusals import NotFound


@dataclass(frozen=True, slots=True)
class AppAtHand:
    """An app that can be used. `last_used_at` is in microseconds since the epoch."""

    app: App
    site: Site | None
    is_pinned: bool
    last_used_at: int | None


class ExploreService:
    """What the members of a workspace can use; every app that was published is at hand by itself."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def at_hand(self, workspace_id: str, app_id: str | None = None) -> Sequence[AppAtHand]:
        """Pinned ones first, then those used last, then those changed last. `app_id`: that one alone."""
        query = (
            select(App, Site, InstalledApp)
            .outerjoin(Site, Site.app_id == App.id)
            .outerjoin(InstalledApp, InstalledApp.app_id == App.id)
            .where(App.workspace_id == workspace_id, App.published_version_id.is_not(None), NO_PIPELINE)
            .order_by(App.updated_at.desc(), App.id.desc())
        )
        if app_id is not None:
            query = query.where(App.id == app_id)
        async with self._db.session() as session:
            rows = (await session.execute(query)).all()
        apps = [
            AppAtHand(app, site, bool(kept and kept.is_pinned), kept.last_used_at if kept else None)
            for app, site, kept in rows
        ]
        return sorted(apps, key=lambda each: (not each.is_pinned, -(each.last_used_at or 0)))

    async def templates(self, workspace_id: str) -> Sequence[App]:
        """What the workspace offers in its catalogue: published apps that somebody marked so, by name."""
        query = (
            select(App)
            .where(App.workspace_id == workspace_id, App.is_template, App.published_version_id.is_not(None))
            .order_by(App.name, App.id)
        )
        async with self._db.session() as session:
            return (await session.scalars(query)).all()

    async def one(self, workspace_id: str, app_id: str) -> AppAtHand:
        """Raises NotFound for an app that is not there or was never published."""
        found = await self.at_hand(workspace_id, app_id)
        if not found:
            raise NotFound("There is no such app to use; publish it first.")
        return found[0]

    async def pin(self, workspace_id: str, app_id: str, pinned: bool) -> None:
        """Raises NotFound."""
        await self._keep(workspace_id, app_id, is_pinned=pinned)

    async def used(self, workspace_id: str, app_id: str) -> None:
        """Note that somebody uses the app now. Raises NotFound."""
        await self._keep(workspace_id, app_id, last_used_at=now_us())

    async def _keep(self, workspace_id: str, app_id: str, **values: bool | int) -> None:
        await self.one(workspace_id, app_id)
        row = self._db.insert(InstalledApp).values(
            app_id=app_id, workspace_id=workspace_id, **{"is_pinned": False, **values}
        )
        async with self._db.transaction() as session:
            await session.execute(row.on_conflict_do_update(index_elements=["app_id"], set_=values))
