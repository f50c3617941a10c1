"""The console API: the draft of an app while it is edited."""

from typing import Any, Literal

from fastapi import Request
from pydantic import BaseModel, Field, JsonValue, ValidationError

from treadle.apps.editing.basic import checked_config
from treadle.apps.editing.blocks import Block, blocks
from treadle.apps.editing.drafts import Draft, DraftEdit, masked_secret
from treadle.apps.tool_secrets import masked
from treadle.dsl import (
    PARALLEL_DEPTH_LIMIT,
    ConversationVariable,
    EnvironmentType,
    EnvironmentVariable,
)
from treadle.platform.refusals import InvalidParam, NotFound
from treadle.server.console_api.access import (
    AppUserDep,
    EditorDep,
    PartingEditorDep,
    ServicesDep,
    body_of,
    console_router,
)
from treadle.server.services import Services

router = console_router("Workflows")

JsonObject = dict[str, JsonValue]
_COMPONENT = "#/components/schemas/{model}"
"""Where the description of the API holds its models."""


class VariableShown(BaseModel):
    """An environment or conversation variable. The value of a secret is masked."""

    id: str
    name: str
    description: str
    value_type: str
    value: JsonValue
    selector: list[str]


class VariableList(BaseModel):
    items: list[VariableShown]


class DraftShown(BaseModel):
    """A draft. A save names `hash`, and `variables_hash` when it carries variables."""

    id: str
    graph: JsonObject
    features: JsonObject
    hash: str
    variables_hash: str
    version: str
    environment_variables: list[VariableShown]
    conversation_variables: list[VariableShown]
    rag_pipeline_variables: list[JsonObject] = Field(description="What a knowledge pipeline asks for; empty for apps.")
    created_at: float
    updated_by: str | None
    updated_at: float


class DraftToSave(BaseModel):
    """What an editor saves. Left out, features and variables stay as they are.

    `csrf_token` is only for a closing page, which cannot send the header.
    """

    graph: JsonObject
    features: JsonObject | None = None
    environment_variables: list[JsonObject] | None = None
    conversation_variables: list[JsonObject] | None = None
    rag_pipeline_variables: list[JsonObject] | None = None
    hash: str | None = None
    variables_hash: str | None = None
    csrf_token: str | None = None


class DraftSaved(BaseModel):
    """The state that the next save must name."""

    result: Literal["success"] = "success"
    hash: str
    variables_hash: str
    updated_at: float


class FeaturesToSave(BaseModel):
    features: JsonObject
    hash: str


class ConfigToSave(BaseModel):
    """The configuration of an app without a canvas, and the draft that it was made from."""

    configuration: JsonObject
    hash: str


class ConfigSaved(BaseModel):
    result: Literal["success"] = "success"
    hash: str
    updated_at: float


class Finding(BaseModel):
    """An item of the checklist. An `error` keeps the draft from being published."""

    kind: str
    severity: Literal["error", "warning"]
    message: str
    node_id: str | None
    node_title: str | None
    field: str | None


class Checklist(BaseModel):
    """`publishable` is false while there are errors."""

    publishable: bool
    data: list[Finding]


class BlockShown(BaseModel):
    """A node type: the `data` of a new node, and the JSON Schema of its settings with hints for forms."""

    type: str
    title: str
    config: JsonObject
    form: JsonObject


class BlockList(BaseModel):
    data: list[BlockShown]


class EditorSettings(BaseModel):
    """Bounds that an editor keeps to."""

    parallel_depth_limit: int


@router.get("/apps/{app_id}/workflows/draft")
async def read_draft(app_id: str, services: ServicesDep, signed_in: AppUserDep) -> DraftShown:
    """The draft of an app with a canvas."""
    return await _shown(services, await _draft(services, signed_in.workspace_id, app_id))


@router.post(
    "/apps/{app_id}/workflows/draft",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                kind: {"schema": DraftToSave.model_json_schema(ref_template=_COMPONENT)}
                for kind in ("application/json", "text/plain")
            },
        }
    },
)
async def save_draft(app_id: str, request: Request, services: ServicesDep, signed_in: PartingEditorDep) -> DraftSaved:
    """Save the draft, unless somebody else has since: then 400 `draft_workflow_not_sync`. Nothing is validated."""
    body = _read(await body_of(request, services.settings.max_request_body))
    await _draft(services, signed_in.workspace_id, app_id)
    edit = DraftEdit(
        graph=body.graph,
        features=body.features,
        environment_variables=body.environment_variables,
        conversation_variables=body.conversation_variables,
        pipeline_variables=body.rag_pipeline_variables,
        hash=body.hash,
        variables_hash=body.variables_hash,
    )
    draft = await services.editing.drafts.save(signed_in.workspace_id, app_id, edit, account_id=signed_in.account_id)
    return _saved(draft)


@router.post("/apps/{app_id}/workflows/draft/features")
async def save_features(app_id: str, body: FeaturesToSave, services: ServicesDep, signed_in: EditorDep) -> DraftSaved:
    """Save the features alone."""
    draft = await _draft(services, signed_in.workspace_id, app_id)
    edit = DraftEdit(graph=draft.workflow.graph, features=body.features, hash=body.hash)
    saved = await services.editing.drafts.save(signed_in.workspace_id, app_id, edit, account_id=signed_in.account_id)
    return _saved(saved)


@router.get("/apps/{app_id}/workflows/draft/environment-variables")
async def list_environment_variables(app_id: str, services: ServicesDep, signed_in: AppUserDep) -> VariableList:
    """The environment variables of the draft, secrets masked."""
    draft = await _draft(services, signed_in.workspace_id, app_id)
    return VariableList(items=[variable_shown(each) for each in draft.workflow.environment_variables])


@router.get("/apps/{app_id}/workflows/draft/check")
async def check_draft(app_id: str, services: ServicesDep, signed_in: AppUserDep) -> Checklist:
    """What is wrong with the draft: node, field and reason of each problem, errors first."""
    found = await services.editing.check.findings(signed_in.workspace_id, app_id)
    return Checklist(
        publishable=not any(finding.severity == "error" for finding in found),
        data=[
            Finding(
                kind=finding.kind,
                severity=finding.severity,
                message=finding.message,
                node_id=finding.node_id,
                node_title=finding.node_title,
                field=finding.field,
            )
            for finding in found
        ],
    )


@router.get("/apps/{app_id}/workflows/draft/config")
async def editor_settings(app_id: str, services: ServicesDep, signed_in: AppUserDep) -> EditorSettings:
    """Bounds that an editor keeps to."""
    await services.apps.of_workspace(signed_in.workspace_id, app_id)
    return EditorSettings(parallel_depth_limit=PARALLEL_DEPTH_LIMIT)


@router.get("/apps/{app_id}/workflows/default-workflow-block-configs")
async def list_blocks(app_id: str, services: ServicesDep, signed_in: AppUserDep) -> BlockList:
    """Every node type that can be put on this app's canvas."""
    app = await services.apps.of_workspace(signed_in.workspace_id, app_id)
    model = await services.models.default_model(signed_in.workspace_id)
    return BlockList(data=[_block(block) for block in blocks(app.mode, model)])


@router.get("/apps/{app_id}/workflows/default-workflow-block-configs/{block_type}")
async def read_block(app_id: str, block_type: str, services: ServicesDep, signed_in: AppUserDep) -> BlockShown:
    """One node type."""
    app = await services.apps.of_workspace(signed_in.workspace_id, app_id)
    model = await services.models.default_model(signed_in.workspace_id)
    found = next((block for block in blocks(app.mode, model) if block.type == block_type), None)
    if found is None:
        raise NotFound(f"This app has no nodes of type {block_type}.")
    return _block(found)


@router.post("/apps/{app_id}/model-config")
async def save_model_config(
    app_id: str, body: ConfigToSave, services: ServicesDep, signed_in: EditorDep
) -> ConfigSaved:
    """Save the configuration of an app without a canvas; it is live at once."""
    draft = await services.editing.drafts.read(signed_in.workspace_id, app_id)
    config = checked_config(body.configuration, draft.definition.mode)
    saved = await services.editing.drafts.save_model_config(
        signed_in.workspace_id, app_id, config, known_hash=body.hash, account_id=signed_in.account_id
    )
    return ConfigSaved(hash=saved.row.hash, updated_at=saved.row.updated_at / 1e6)


def variable_shown(variable: EnvironmentVariable | ConversationVariable) -> VariableShown:
    """A variable with the value of a secret masked."""
    secret = variable.value_type is EnvironmentType.SECRET and isinstance(variable.value, str) and variable.value
    return VariableShown(
        id=variable.id,
        name=variable.name,
        description=variable.description,
        value_type=variable.value_type.value,
        value=masked_secret(str(variable.value)) if secret else variable.value,
        selector=variable.selector,
    )


async def _draft(services: Services, workspace_id: str, app_id: str) -> Draft:
    """The draft of an app with a canvas. Raises NotFound, also (`draft_workflow_not_exist`) for one without."""
    draft = await services.editing.drafts.read(workspace_id, app_id)
    if draft.definition.workflow is None:
        raise NotFound("This app has no canvas.", code="draft_workflow_not_exist")
    return draft


def _read(body: dict[str, Any]) -> DraftToSave:
    try:
        return DraftToSave.model_validate(body)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = ".".join(str(part) for part in first["loc"]) or "body"
        raise InvalidParam(f"`{name}` is not valid: {first['msg']}.", param=name) from error


async def _shown(services: Services, draft: Draft) -> DraftShown:
    row, workflow = draft.row, draft.workflow
    return DraftShown(
        id=row.id,
        graph=masked(workflow.graph),
        features=workflow.features,
        hash=row.hash,
        variables_hash=draft.variables_hash,
        version=row.version,
        environment_variables=[variable_shown(each) for each in workflow.environment_variables],
        conversation_variables=[variable_shown(each) for each in workflow.conversation_variables],
        rag_pipeline_variables=workflow.pipeline_variables,
        created_at=row.created_at / 1e6,
        updated_by=await services.accounts.name_of(row.updated_by),
        updated_at=row.updated_at / 1e6,
    )


def _saved(draft: Draft) -> DraftSaved:
    return DraftSaved(hash=draft.row.hash, variables_hash=draft.variables_hash, updated_at=draft.row.updated_at / 1e6)


def _block(block: Block) -> BlockShown:
    return BlockShown(type=block.type, title=block.title, config=block.data, form=block.form)
