"""The console API: values that runs of a draft left, for the member who ran them."""

from typing import Annotated

from fastapi import Query, Response
from pydantic import BaseModel, JsonValue

from treadle.apps.editing.debug_values import resolved, with_links
from treadle.apps.editing.drafts import Draft
from treadle.apps.editing.variables import CONVERSATION, SYSTEM, Debugger, Inspected
from treadle.dsl import ConversationVariable, EnvironmentType
from treadle.engine.values import plain, revive, unmarked
from treadle.nodes.config import as_value
from treadle.server.console_api.access import EditorDep, ServicesDep, console_router
from treadle.server.console_api.answers import Done, person_of

router = console_router("Variables")


class ValueShown(BaseModel):
    """A value. Of one that is `value_truncated`, `value` is the beginning of its JSON; read it alone for all of it.

    `edited`: a person has changed it since the last run. Times are seconds since the epoch.
    """

    id: str
    selector: list[str]
    name: str
    value_type: str
    value: JsonValue
    value_truncated: bool
    size: int
    edited: bool
    updated_at: float | None


class ValueList(BaseModel):
    items: list[ValueShown]


class ValuePage(ValueList):
    total: int


class ValueChange(BaseModel):
    """The new value; a file is named as in inputs."""

    value: JsonValue


@router.get("/apps/{app_id}/workflows/draft/variables")
async def list_values(
    app_id: str,
    services: ServicesDep,
    signed_in: EditorDep,
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> ValuePage:
    """What nodes gave, by node and name."""
    who = await _who(services, signed_in, app_id)
    found, total = await services.editing.variables.page(who, page=page, limit=limit)
    return ValuePage(items=[_shown(value) for value in found], total=total)


@router.delete("/apps/{app_id}/workflows/draft/variables", status_code=204)
async def delete_values(app_id: str, services: ServicesDep, signed_in: EditorDep) -> None:
    """Forget every value."""
    await services.editing.variables.forget(await _who(services, signed_in, app_id))


@router.get("/apps/{app_id}/workflows/draft/nodes/{node_id}/variables")
async def list_node_values(app_id: str, node_id: str, services: ServicesDep, signed_in: EditorDep) -> ValueList:
    """What one node gave."""
    who = await _who(services, signed_in, app_id)
    return ValueList(items=[_shown(value) for value in await services.editing.variables.of_scope(who, node_id)])


@router.delete("/apps/{app_id}/workflows/draft/nodes/{node_id}/variables", status_code=204)
async def delete_node_values(app_id: str, node_id: str, services: ServicesDep, signed_in: EditorDep) -> None:
    """Forget what one node gave."""
    await services.editing.variables.forget(await _who(services, signed_in, app_id), scope=node_id)


@router.get("/apps/{app_id}/workflows/draft/system-variables")
async def list_system_values(app_id: str, services: ServicesDep, signed_in: EditorDep) -> ValueList:
    """The system variables of the last run."""
    who = await _who(services, signed_in, app_id)
    return ValueList(items=[_shown(value) for value in await services.editing.variables.of_scope(who, SYSTEM)])


@router.get("/apps/{app_id}/workflows/draft/conversation-variables")
async def list_conversation_values(app_id: str, services: ServicesDep, signed_in: EditorDep) -> ValueList:
    """The conversation variables of the draft: what the last run left, else their defaults."""
    who = await _who(services, signed_in, app_id)
    draft = await services.editing.drafts.read(signed_in.workspace_id, app_id)
    saved = {value.name: value for value in await services.editing.variables.of_scope(who, CONVERSATION)}
    return ValueList(
        items=[
            _shown(saved[variable.name]) if variable.name in saved else _default(variable)
            for variable in draft.workflow.conversation_variables
        ]
    )


@router.get("/apps/{app_id}/workflows/draft/variables/{variable_id}")
async def read_value(app_id: str, variable_id: str, services: ServicesDep, signed_in: EditorDep) -> ValueShown:
    """One value whole, links to files made anew."""
    who = await _who(services, signed_in, app_id)
    shown = _shown(await services.editing.variables.read(who, variable_id))
    if "file" in shown.value_type:
        shown.value = plain(await with_links(revive(shown.value), services.uploads, signed_in.workspace_id))
    return shown


@router.patch("/apps/{app_id}/workflows/draft/variables/{variable_id}")
async def change_value(
    app_id: str, variable_id: str, body: ValueChange, services: ServicesDep, signed_in: EditorDep
) -> ValueShown:
    """Put another value of the same type in its place, for the steps that follow."""
    who = await _who(services, signed_in, app_id)
    draft = await services.editing.drafts.read(signed_in.workspace_id, app_id)
    files = services.uploads.for_caller(signed_in.workspace_id, signed_in.account_id)
    value, variables = await resolved(body.value, files, "value"), services.editing.variables
    declared = next((each for each in draft.workflow.conversation_variables if each.id == variable_id), None)
    if declared is not None:
        changed = await variables.put(
            who,
            declared.name,
            declared.value_type.value,
            value,
            default=as_value(unmarked(declared.value)),
            secrets=_secrets(draft),
        )
    else:
        changed = await variables.change(who, variable_id, value, secrets=_secrets(draft))
    return _shown(changed)


@router.put(
    "/apps/{app_id}/workflows/draft/variables/{variable_id}/reset",
    responses={204: {"description": "No run has left a value, so there is none any more."}},
)
async def reset_value(
    app_id: str, variable_id: str, response: Response, services: ServicesDep, signed_in: EditorDep
) -> ValueShown | None:
    """Go back to what the last run left."""
    who = await _who(services, signed_in, app_id)
    value = await services.editing.variables.reset(who, variable_id)
    if value is None:
        response.status_code = 204
        return None
    return _shown(value)


@router.delete("/apps/{app_id}/workflows/draft/variables/{variable_id}")
async def delete_value(app_id: str, variable_id: str, services: ServicesDep, signed_in: EditorDep) -> Done:
    """Forget one value."""
    who = await _who(services, signed_in, app_id)
    await services.editing.variables.forget(who, variable_id=variable_id)
    return Done()


async def _who(services: ServicesDep, signed_in: EditorDep, app_id: str) -> Debugger:
    """Whose values. Raises NotFound for an app that is not of this workspace."""
    await services.apps.of_workspace(signed_in.workspace_id, app_id)
    return person_of(signed_in).in_app(app_id)


def _secrets(draft: Draft) -> list[str]:
    variables = draft.workflow.environment_variables
    return [str(each.value) for each in variables if each.value_type is EnvironmentType.SECRET]


def _shown(value: Inspected) -> ValueShown:
    return ValueShown(
        id=value.id,
        selector=[value.scope, value.name],
        name=value.name,
        value_type=value.value_type,
        value=value.value,
        value_truncated=value.truncated,
        size=value.size,
        edited=value.edited,
        updated_at=value.updated_at / 1e6,
    )


def _default(variable: ConversationVariable) -> ValueShown:
    return ValueShown(
        id=variable.id,
        selector=variable.selector,
        name=variable.name,
        value_type=variable.value_type.value,
        value=variable.value,
        value_truncated=False,
        size=0,
        edited=False,
        updated_at=None,
    )
