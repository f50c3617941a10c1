"""Converting apps of a workspace (spec workflow-engine §22)."""

from treadle.apps.editing.convert import DataEndpoint, converted, extension_ids
from treadle.apps.editing.imports import Looks
from treadle.apps.service import AppService
from treadle.apps.tables import App
from treadle.dsl import AppFile, parse
from treadle.extensions.service import ExtensionService
from treadle.extensions.wire import ExtensionFailed
from treadle.platform.refusals import InvalidParam


class AppConversion:
    """Makes graph apps of basic ones."""

    def __init__(self, apps: AppService, extensions: ExtensionService) -> None:
        self._apps = apps
        self._extensions = extensions

    async def convert(
        self, workspace_id: str, app_id: str, looks: Looks | None = None, *, account_id: str | None = None
    ) -> App:
        """A new app from the draft of a chat or completion app, which stays as it is.

        Raises NotFound, and CannotConvert for an app that has no such graph.
        """
        file = await self.file(workspace_id, app_id)
        for name, value in looks.given().items() if looks else ():
            setattr(file, name, value)
        return await self._apps.create(workspace_id, file, account_id=account_id)

    async def file(self, workspace_id: str, app_id: str) -> AppFile:
        """What `convert` creates. Raises NotFound and CannotConvert."""
        app = await self._apps.of_workspace(workspace_id, app_id)
        parsed = parse(await self._apps.export(workspace_id, app_id, include_secrets=True))
        if parsed.app is None:
            raise InvalidParam(f"This app cannot be converted: {parsed.error}")
        parsed.app.icon_type, parsed.app.icon = app.icon_type, app.icon
        if app.icon_background:
            parsed.app.icon_background = app.icon_background
        return converted(parsed.app, endpoints=await self._endpoints(workspace_id, parsed.app))

    async def _endpoints(self, workspace_id: str, app: AppFile) -> dict[str, DataEndpoint]:
        found: dict[str, DataEndpoint] = {}
        for extension_id in extension_ids(app.model_config) if app.model_config else ():
            try:
                endpoint = await self._extensions.endpoint(workspace_id, extension_id)
            except ExtensionFailed:
                continue  # the conversion says which variable it belongs to
            found[extension_id] = DataEndpoint(endpoint.url, endpoint.key)
        return found
