"""Workflows that are called as tools: each call is a run of its own, for the same person, and waited for.

Source: spec workflow-engine §23.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import cast

from sqlalchemy import select

from treadle.apps.running.records import CreatorRole
from treadle.apps.running.requests import Called, StartRun
from treadle.apps.running.runs import RunHost
from treadle.apps.service import AppService
from treadle.apps.tables import App, AppMode, CreatedFrom
from treadle.engine.errors import ToolInvokeError, ToolParameterError
from treadle.engine.events import RunPaused, RunStatus
from treadle.engine.values import File, JsonValue, Value, plain
from treadle.nodes.end import EndConfig
from treadle.platform.db import Database
from treadle.platform.refusals import InvalidParam, NotFound, Refusal
from treadle.tools.sources import Caller, PublishedWorkflow, WorkflowOutcome

_PASSED = "passed"
_CALLER_STOPPED = "The run that called this workflow was stopped."


class WorkflowCalls:
    """Implements `tools.sources.Workflows`."""

    def __init__(self, db: Database, apps: AppService, host: RunHost) -> None:
        self._db = db
        self._apps = apps
        self._host = host

    async def published(self, workspace_id: str, app_id: str) -> PublishedWorkflow:
        """Raises NotFound, and Refusal for an app that is no workflow, is not published, or waits for people."""
        app = await self._app(workspace_id, app_id)
        if app.mode != AppMode.WORKFLOW:
            raise InvalidParam("Only workflows can be tools; this app is of another kind.", param="workflow_app_id")
        version = await self._apps.published(app)
        if any(node.kind == "human-input" for node in version.graph.nodes):
            raise InvalidParam(
                "A workflow that waits for people cannot be a tool: whoever calls it cannot wait.",
                param="workflow_app_id",
            )
        outputs: dict[str, str] = {}
        for node in version.graph.nodes:
            if isinstance(node.config, EndConfig):
                outputs.update({each.variable: each.value_type for each in node.config.outputs})
        upload = version.features.file_upload
        return PublishedWorkflow(
            app_id=app.id,
            version_id=version.version_id,
            name=app.name,
            description=app.description,
            icon=app.icon or "",
            icon_background=app.icon_background or "",
            variables=version.form,
            takes_files=upload.enabled or upload.image.enabled,
            outputs=outputs,
        )

    async def versions(self, workspace_id: str, app_ids: Sequence[str]) -> Mapping[str, str]:
        """The version of each app that runs now."""
        query = select(App.id, App.published_version_id).where(App.workspace_id == workspace_id, App.id.in_(app_ids))
        async with self._db.connect() as connection:
            rows = (await connection.execute(query)).all()
        return {app_id: version_id for app_id, version_id in rows if version_id is not None}

    async def call(
        self,
        app_id: str,
        version_id: str,
        *,
        inputs: Mapping[str, Value],
        files: Sequence[File],
        caller: Caller,
    ) -> WorkflowOutcome:
        """Raises ToolParameterError for inputs that the form refuses, ToolInvokeError when the run cannot begin."""
        passed = PassedFiles()
        try:
            app = await self._app(caller.workspace_id, app_id)
            active = await self._host.call(
                StartRun(
                    app=app,
                    created_from=CreatedFrom(caller.created_from),
                    user_id=caller.user_id,
                    user=caller.user,
                    inputs={name: passed.told(value) for name, value in inputs.items()},
                    files=[passed.mapping(file) for file in files],
                    version_id=version_id,
                    called=Called(
                        run_id=caller.run_id,
                        role=cast("CreatorRole", caller.role),
                        depth=caller.depth,
                        files=passed,
                    ),
                    headers=caller.headers,
                )
            )
        except InvalidParam as error:
            raise ToolParameterError(f"The workflow does not take what it was given: {error.message}") from error
        except Refusal as error:
            raise ToolInvokeError(f"The workflow cannot be run: {error.message}") from error
        try:
            finished = await active.finished()
        except asyncio.CancelledError:
            active.stop(_CALLER_STOPPED)
            raise
        if isinstance(finished, RunPaused):
            return WorkflowOutcome(outputs={}, error="it waits for a person, which a tool cannot do.")
        ended_well = finished.status in (RunStatus.SUCCEEDED, RunStatus.PARTIAL)
        error = None if ended_well else finished.error or "it was stopped."
        return WorkflowOutcome(outputs=finished.outputs, usage=finished.usage, error=error)

    async def _app(self, workspace_id: str, app_id: str) -> App:
        try:
            app = await self._apps.app(app_id)
        except Refusal as error:
            raise NotFound("There is no such workflow.") from error
        if app.workspace_id != workspace_id:
            raise NotFound("There is no such workflow.")
        return app


class PassedFiles:
    """Files that one run hands to another one, as they are. Implements `nodes.inputs.FileResolver`."""

    def __init__(self) -> None:
        self._files: list[File] = []

    def told(self, value: Value) -> JsonValue:
        """An input as a request tells it, files by their place here."""
        if isinstance(value, File):
            return self.mapping(value)
        if isinstance(value, list) and value and all(isinstance(item, File) for item in value):
            return [self.mapping(item) for item in value if isinstance(item, File)]
        return plain(value)

    def mapping(self, file: File) -> dict[str, JsonValue]:
        """What stands for `file` in a request."""
        self._files.append(file)
        return {
            "type": file.type,
            "transfer_method": file.transfer_method,
            "url": file.remote_url or "",
            _PASSED: len(self._files) - 1,
        }

    async def resolve(self, mapping: Mapping[str, JsonValue]) -> File:
        """Raises ValueError for anything that was not passed."""
        place = mapping.get(_PASSED)
        if not isinstance(place, int) or not 0 <= place < len(self._files):
            raise ValueError("this is no file that was passed on.")
        return self._files[place]
