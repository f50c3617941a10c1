"""Workflows of workspaces made into tools. Source: spec models-and-tools §4.5, workflow-engine §23."""

import re
from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

from treadle.engine.ports import Tool, ToolRef
from treadle.engine.values import JsonValue
from treadle.platform.changes import bump
from treadle.platform.clock import now_us
from treadle.platform.db import Database
from treadle.platform.ids import new_id
from treadle.platform.refusals import Conflict, InvalidParam, NotFound
from treadle.tools.json_text import read_map, read_texts, write_json
from treadle.tools.kept import Kept
from treadle.tools.providers import ProviderInfo, known_labels, tool_map
from treadle.tools.repository import ToolRepository
from treadle.tools.sources import PublishedWorkflow, Workflows
from treadle.tools.tables import WorkflowTool
from treadle.tools.topic import TOOLS_TOPIC

from .forms import DECLARED, DeclaredParameter, PinnedForm, check_declared, outputs_schema, parameters_of
from .source import PinnedWorkflow

_NAME: Final = re.compile(r"[A-Za-z0-9_]+")


class WorkflowToolDraft(msgspec.Struct, frozen=True, kw_only=True):
    """What a person says of a workflow that is to be a tool. `name` is what models call it by."""

    name: str
    label: str = ""
    description: str = ""
    icon: dict[str, Any] | None = None
    parameters: tuple[DeclaredParameter, ...] = ()
    labels: tuple[str, ...] = ()
    privacy_policy: str = ""


class WorkflowToolService:
    """The workflows of all workspaces that are tools; every call names the workspace."""

    def __init__(self, db: Database, workflows: Callable[[], Workflows]) -> None:
        self._db = db
        self._workflows = workflows
        self._kept: Kept[tuple[str, str, str], PinnedWorkflow] = Kept()

    def forget(self) -> None:
        """Drop what is kept in memory: tools have changed."""
        self._kept.forget()

    async def create(
        self, workspace_id: str, app_id: str, draft: WorkflowToolDraft, *, account_id: str | None = None
    ) -> ProviderInfo:
        """Make the published version of a workflow a tool. Raises NotFound, Refusal, InvalidParam and Conflict."""
        now = now_us()
        row = WorkflowTool(id=new_id(), workspace_id=workspace_id, app_id=app_id, created_by=account_id, created_at=now)
        await self._fill(row, draft)
        async with self._db.transaction() as session:
            repository = ToolRepository(session, workspace_id)
            if await repository.workflow(app_id=app_id) is not None:
                raise Conflict("This workflow is a tool already; change that one instead.")
            if await repository.workflow(name=row.name) is not None:
                raise _taken(row.name)
            await repository.add(row, _taken(row.name))
            await bump(session, TOOLS_TOPIC)
        self.forget()
        return self._info(row)

    async def update(self, workspace_id: str, tool_id: str, draft: WorkflowToolDraft) -> ProviderInfo:
        """Change a tool, and bind it to the version that is published now.

        Raises NotFound, Refusal, InvalidParam and Conflict.
        """
        stored = await self._row(workspace_id, tool_id)
        filled = WorkflowTool(id=tool_id, workspace_id=workspace_id, app_id=stored.app_id)
        await self._fill(filled, draft)
        async with self._db.transaction() as session:
            repository = ToolRepository(session, workspace_id)
            other = await repository.workflow(name=filled.name)
            if other is not None and other.id != tool_id:
                raise _taken(filled.name)
            row = await repository.workflow(id=tool_id)
            if row is None:
                raise _missing()
            for column in _FILLED:
                setattr(row, column, getattr(filled, column))
            await bump(session, TOOLS_TOPIC)
        self.forget()
        return self._info(row)

    async def delete(self, workspace_id: str, tool_id: str) -> None:
        """Raises NotFound."""
        await self._row(workspace_id, tool_id)
        async with self._db.transaction() as session:
            await ToolRepository(session, workspace_id).delete_workflow(tool_id)
            await bump(session, TOOLS_TOPIC)
        self.forget()

    async def get(
        self, workspace_id: str, *, tool_id: str | None = None, app_id: str | None = None
    ) -> dict[str, JsonValue]:
        """A tool as the console API shows it, by its own id or its workflow's. Raises NotFound."""
        row = await self._row(workspace_id, tool_id, app_id=app_id)
        info = self._info(row)
        versions = await self._workflows().versions(workspace_id, [row.app_id])
        return {
            "workflow_tool_id": row.id,
            "workflow_app_id": row.app_id,
            "name": row.name,
            "label": row.label,
            "icon": read_map(row.icon),
            "description": row.description,
            "parameters": [each.model_dump() for each in _declared(row)],
            "output_schema": read_map(row.outputs),
            "tool": tool_map(info.tools[0], info),
            "synced": versions.get(row.app_id) == row.version_id,
            "privacy_policy": row.privacy_policy,
            "labels": list(read_texts(row.labels)),
        }

    async def provider(self, workspace_id: str, tool_id: str) -> ProviderInfo:
        """A tool with its provider. Raises NotFound."""
        return self._info(await self._row(workspace_id, tool_id))

    async def published(self, workspace_id: str, app_id: str) -> PublishedWorkflow:
        """The version of a workflow that a tool would be bound to now. Raises NotFound and Refusal."""
        return await self._workflows().published(workspace_id, app_id)

    async def providers(self, workspace_id: str) -> Sequence[ProviderInfo]:
        """All workflows of a workspace that are tools, newest first."""
        async with self._db.session() as session:
            rows = await ToolRepository(session, workspace_id).workflows()
        return [self._info(row) for row in rows]

    async def find(self, workspace_id: str, ref: ToolRef) -> PinnedWorkflow | None:
        """The tool of an app file's `provider_id`, or by its name where that id is of another installation."""

        async def read() -> PinnedWorkflow | None:
            async with self._db.session() as session:
                repository = ToolRepository(session, workspace_id)
                row = await repository.workflow(id=ref.provider_id) or await repository.workflow(name=ref.tool_name)
            return None if row is None else PinnedWorkflow(row.app_id, row.version_id, self._tool(row))

        return await self._kept.get((workspace_id, ref.provider_id, ref.tool_name), read)

    async def _fill(self, row: WorkflowTool, draft: WorkflowToolDraft) -> None:
        """Write a draft and the published version into a row that has its app. Raises Refusal and InvalidParam."""
        if not _NAME.fullmatch(draft.name):
            raise InvalidParam("The name of the tool must be of letters, digits and _ alone.", param="name")
        published = await self._workflows().published(row.workspace_id, row.app_id)
        form = PinnedForm(variables=published.variables, takes_files=published.takes_files)
        check_declared(draft.parameters, form)
        row.version_id = published.version_id
        row.name = draft.name
        row.label = draft.label.strip()[:255] or published.name
        row.icon = write_json(
            draft.icon or {"background": published.icon_background or "#FFEAD5", "content": published.icon or "🔀"}
        )
        row.description = draft.description or published.description
        row.parameters = DECLARED.dump_json(draft.parameters).decode()
        row.form = form.model_dump_json()
        row.outputs = write_json(outputs_schema(published.outputs))
        row.labels = write_json(known_labels(draft.labels))
        row.privacy_policy = draft.privacy_policy
        row.updated_at = now_us()

    async def _row(self, workspace_id: str, tool_id: str | None, *, app_id: str | None = None) -> WorkflowTool:
        async with self._db.session() as session:
            row = await ToolRepository(session, workspace_id).workflow(id=tool_id, app_id=app_id)
        if row is None:
            raise _missing()
        return row

    def _tool(self, row: WorkflowTool) -> Tool:
        texts = {"en_US": row.label, "zh_Hans": row.label}
        return Tool(
            ref=ToolRef(provider_type="workflow", provider_id=row.id, tool_name=row.name),
            name=row.name,
            description=row.description,
            human_description={"en_US": row.description, "zh_Hans": row.description},
            label=texts,
            provider_name=row.label,
            icon=read_map(row.icon),
            parameters=parameters_of(_declared(row), PinnedForm.model_validate_json(row.form)),
            output_schema=read_map(row.outputs),
        )

    def _info(self, row: WorkflowTool) -> ProviderInfo:
        tool = self._tool(row)
        return ProviderInfo(
            id=row.id,
            type="workflow",
            name=row.label,
            label=tool.label,
            description=tool.human_description,
            icon=tool.icon,
            labels=read_texts(row.labels),
            tools=(tool,),
            deletable=True,
            more={"workflow_app_id": row.app_id},
        )


_FILLED: Final = (
    "version_id", "name", "label", "icon", "description", "parameters", "form", "outputs", "labels", "privacy_policy",
    "updated_at",
)  # fmt: skip


def _declared(row: WorkflowTool) -> tuple[DeclaredParameter, ...]:
    return DECLARED.validate_json(row.parameters)


def _taken(name: str) -> Conflict:
    return Conflict(f"There is a workflow tool called {name} already; choose another name.")


def _missing() -> NotFound:
    return NotFound("There is no such workflow among the tools.")
