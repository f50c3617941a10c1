"""Whether the extensions that an app names are there, and accept its settings.

Source: spec models-and-tools §5.1, §5.5.
"""

from collections.abc import Mapping
from typing import Any

from treadle.apps.features.plan import API, KEYWORDS, OPENAI, Extras
from treadle.engine.values import JsonValue
from treadle.extensions.code import CodeExtension, CodeExtensions
from treadle.extensions.service import ExtensionService
from treadle.extensions.wire import ExtensionFailed


class FeatureCheck:
    """Checks the moderation and the external data of an app in its workspace."""

    def __init__(self, extensions: ExtensionService, code: CodeExtensions) -> None:
        self._extensions = extensions
        self._code = code

    async def problems(self, workspace_id: str, extras: Extras) -> list[str]:
        """A sentence for each extension that is missing or refuses its settings."""
        found: list[str | None] = []
        plan = extras.moderation
        if plan is not None and plan.type not in (KEYWORDS, OPENAI):
            found.append(await self._problem(workspace_id, "Moderation", plan.type, plan.config, self._code.moderation))
        for tool in extras.data_tools:
            about = f'The variable "{tool.variable}"'
            found.append(await self._problem(workspace_id, about, tool.type, tool.config, self._code.external_data))
        return [problem for problem in found if problem]

    async def _problem(
        self,
        workspace_id: str,
        about: str,
        kind: str,
        config: Mapping[str, JsonValue],
        loaded: Mapping[str, CodeExtension[Any]],
    ) -> str | None:
        if kind == API:
            try:
                await self._extensions.endpoint(workspace_id, str(config.get("api_based_extension_id") or ""))
            except ExtensionFailed:
                return f"{about} names an API extension that this workspace does not have; choose another one."
            return None
        extension = loaded.get(kind)
        if extension is None:
            return f'{about} is of the type "{kind}", which this server does not have; choose another one.'
        try:
            extension.check(workspace_id, config)
        except ValueError as error:
            return f"{about}: {error}"
        return None
