"""Form variables whose values come from outside: from an endpoint of the workspace's own, or from code.

Source: spec models-and-tools §5.4.
"""

import asyncio
from collections.abc import Mapping, Sequence

from treadle.apps.features.plan import API, DataTool
from treadle.engine.values import Value
from treadle.extensions.code import CodeExtensions, called
from treadle.extensions.service import ExtensionService
from treadle.extensions.wire import ExtensionFailed


class ExternalDataError(Exception):
    """A value could not be fetched. The message is a sentence that names the variable."""


class ExternalData:
    """Asks all tools of an app at once."""

    def __init__(self, extensions: ExtensionService, code: CodeExtensions) -> None:
        self._extensions = extensions
        self._code = code

    async def values(
        self, tools: Sequence[DataTool], *, workspace_id: str, app_id: str, inputs: Mapping[str, Value], query: str
    ) -> dict[str, Value]:
        """The values by variable. Raises ExternalDataError for the first tool that fails; the others are given up."""
        try:
            async with asyncio.TaskGroup() as group:
                asked = {
                    tool.variable: group.create_task(self._value(tool, workspace_id, app_id, inputs, query))
                    for tool in tools
                }
        except* ExternalDataError as failures:
            raise failures.exceptions[0] from None
        return {variable: task.result() for variable, task in asked.items()}

    async def _value(
        self, tool: DataTool, workspace_id: str, app_id: str, inputs: Mapping[str, Value], query: str
    ) -> str:
        if tool.type != API:
            return await self._from_code(tool, workspace_id, app_id, inputs, query)
        extension_id = str(tool.config.get("api_based_extension_id") or "")
        params = {"app_id": app_id, "tool_variable": tool.variable, "inputs": inputs, "query": query}
        try:
            answer = await self._extensions.ask(workspace_id, extension_id, "app.external_data_tool.query", params)
        except ExtensionFailed as error:
            raise ExternalDataError(f'No value for "{tool.variable}": {error.message}') from error
        result = answer.get("result")
        if not isinstance(result, str):
            raise ExternalDataError(f'No value for "{tool.variable}": the endpoint answered no text in "result".')
        return result

    async def _from_code(
        self, tool: DataTool, workspace_id: str, app_id: str, inputs: Mapping[str, Value], query: str
    ) -> str:
        found = self._code.external_data.get(tool.type)
        if found is None:
            raise ExternalDataError(
                f'No value for "{tool.variable}": this server has no external data tool "{tool.type}".'
            )
        try:
            made = found.kind(workspace_id, app_id, tool.variable, tool.config)
            result = await called(made.query, dict(inputs), query)
        except Exception as error:  # whatever an operator's code raises
            raise ExternalDataError(f'No value for "{tool.variable}": {error or type(error).__name__}') from error
        if not isinstance(result, str):
            raise ExternalDataError(f'No value for "{tool.variable}": "{tool.type}" returned no text.')
        return result
