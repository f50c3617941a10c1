"""Making, copying and naming apps in the console. Source: spec console §4.2, §4.3."""

from collections.abc import Mapping

from sqlalchemy import update

from treadle.apps.editing.blank import blank_app
from treadle.apps.editing.imports import Looks
from treadle.apps.service import APPS_TOPIC, AppService
from treadle.apps.tables import App
from treadle.dsl import AppMode, parse
from treadle.models.service import ModelService
from treadle.platform.changes import bump
from treadle.platform.clock import now_us
from treadle.platform.db import Database
from treadle.platform.refusals import InvalidParam, NotFound


class AppMaking:
    """What people do to apps as a whole; callers name the workspace."""

    def __init__(self, db: Database, apps: AppService, models: ModelService) -> None:
        self._db = db
        self._apps = apps
        self._models = models

    async def blank(self, workspace_id: str, mode: AppMode, looks: Looks, *, account_id: str) -> App:
        """A new app with something small in it that asks the workspace's default model."""
        file = blank_app(mode, looks.name, await self._models.default_model(workspace_id))
        for name, value in looks.given().items():
            setattr(file, name, value)
        return await self._apps.create(workspace_id, file, account_id=account_id)

    async def copy(self, workspace_id: str, app_id: str, looks: Looks, *, account_id: str) -> App:
        """A new app from another one's draft, secrets included; what people left there stays. Raises NotFound."""
        app = await self._apps.of_workspace(workspace_id, app_id)
        parsed = parse(await self._apps.export(workspace_id, app_id, include_secrets=True))
        if parsed.app is None:
            raise InvalidParam(f"This app cannot be copied: {parsed.error}")
        parsed.app.icon_type, parsed.app.icon = app.icon_type, app.icon
        if app.icon_background:
            parsed.app.icon_background = app.icon_background
        for name, value in looks.given().items():
            setattr(parsed.app, name, value)
        return await self._apps.create(workspace_id, parsed.app, account_id=account_id)

    async def change(
        self, workspace_id: str, app_id: str, changes: Mapping[str, str | bool | int | None], *, account_id: str
    ) -> App:
        """Change columns of an app: its name, looks, switches and limits. Raises NotFound."""
        async with self._db.transaction() as session:
            mine = (App.id == app_id, App.workspace_id == workspace_id)
            values = {**changes, "updated_at": now_us(), "updated_by": account_id}
            found = (await session.execute(update(App).where(*mine).values(**values).returning(App.id))).first()
            if found is None:
                raise NotFound("There is no such app.")
            await bump(session, APPS_TOPIC)
        return await self._apps.of_workspace(workspace_id, app_id)
