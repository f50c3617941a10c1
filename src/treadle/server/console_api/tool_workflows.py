"""The console API: workflows as tools (spec models-and-tools §4.5, §4.8)."""

from pydantic import BaseModel, Field, JsonValue

from treadle.platform.refusals import InvalidParam
from treadle.server.console_api.access import AdministratorDep, AppUserDep, ServicesDep, console_router
from treadle.server.console_api.answers import Done
from treadle.server.console_api.tool_shapes import DONE, Icon, Made, ToolShown, tools_shown
from treadle.tools.workflow.forms import DeclaredParameter
from treadle.tools.workflow.service import WorkflowToolDraft

router = console_router("Tools")

_WORKFLOW = "/workspaces/current/tool-provider/workflow"


class WorkflowBody(BaseModel):
    """A workflow that is to be a tool. The id of the workflow counts when it is made, that of the tool afterwards."""

    workflow_app_id: str = ""
    workflow_tool_id: str = ""
    name: str = Field(max_length=255)
    label: str = Field(default="", max_length=255)
    description: str = ""
    icon: Icon | None = None
    parameters: list[DeclaredParameter] = []
    privacy_policy: str | None = None
    labels: list[str] = []

    def draft(self) -> WorkflowToolDraft:
        """As the service takes it."""
        return WorkflowToolDraft(
            name=self.name,
            label=self.label,
            description=self.description,
            icon=self.icon.model_dump() if self.icon else None,
            parameters=tuple(self.parameters),
            labels=tuple(self.labels),
            privacy_policy=self.privacy_policy or "",
        )


class WorkflowChoice(BaseModel):
    """Which tool."""

    workflow_tool_id: str


class WorkflowToolShown(BaseModel):
    """A workflow that is a tool; `synced`: it is bound to the version that is published now."""

    workflow_tool_id: str
    workflow_app_id: str
    name: str
    label: str
    icon: Icon | None
    description: str
    parameters: list[DeclaredParameter]
    output_schema: dict[str, JsonValue]
    tool: ToolShown
    synced: bool
    privacy_policy: str
    labels: list[str]


@router.post(f"{_WORKFLOW}/create")
async def create_workflow_tool(body: WorkflowBody, services: ServicesDep, signed_in: AdministratorDep) -> Made:
    """Make the published version of a workflow a tool."""
    made = await services.tools.workflows.create(
        signed_in.workspace_id, body.workflow_app_id, body.draft(), account_id=signed_in.account_id
    )
    return Made(id=made.id)


@router.post(f"{_WORKFLOW}/update")
async def update_workflow_tool(body: WorkflowBody, services: ServicesDep, signed_in: AdministratorDep) -> Made:
    """Change a tool, and bind it to the version of its workflow that is published now."""
    if not body.workflow_tool_id:
        raise InvalidParam("workflow_tool_id is missing.", param="workflow_tool_id")
    made = await services.tools.workflows.update(signed_in.workspace_id, body.workflow_tool_id, body.draft())
    return Made(id=made.id)


@router.post(f"{_WORKFLOW}/delete")
async def delete_workflow_tool(body: WorkflowChoice, services: ServicesDep, signed_in: AdministratorDep) -> Done:
    """Delete a tool; its workflow stays."""
    await services.tools.workflows.delete(signed_in.workspace_id, body.workflow_tool_id)
    return DONE


@router.get(f"{_WORKFLOW}/get")
async def get_workflow_tool(
    services: ServicesDep,
    signed_in: AppUserDep,
    workflow_tool_id: str | None = None,
    workflow_app_id: str | None = None,
) -> WorkflowToolShown:
    """A tool by its own id or by that of its workflow."""
    if not workflow_tool_id and not workflow_app_id:
        raise InvalidParam("Give workflow_tool_id or workflow_app_id.", param="workflow_tool_id")
    found = await services.tools.workflows.get(
        signed_in.workspace_id, tool_id=workflow_tool_id or None, app_id=workflow_app_id or None
    )
    return WorkflowToolShown.model_validate(found)


@router.get(f"{_WORKFLOW}/tools")
async def workflow_tools(workflow_tool_id: str, services: ServicesDep, signed_in: AppUserDep) -> list[ToolShown]:
    """The one tool of a workflow."""
    return tools_shown(await services.tools.workflows.provider(signed_in.workspace_id, workflow_tool_id))
