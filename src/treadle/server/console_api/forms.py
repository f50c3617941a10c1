"""The console API: forms that people of the workspace are waited for."""

from typing import Any

from pydantic import BaseModel

from treadle.apps.forms.service import OpenForm
from treadle.apps.tables import Form
from treadle.server.console_api.access import MemberDep, ServicesDep, console_router
from treadle.server.services import Services

router = console_router("Forms")


class Submission(BaseModel):
    """What was entered, and the button."""

    action: str
    inputs: dict[str, Any] = {}


@router.get("/forms")
async def forms(services: ServicesDep, signed_in: MemberDep, app_id: str | None = None) -> dict[str, Any]:
    """Open forms of the workspace, newest first."""
    rows = await services.forms.open_forms(signed_in.workspace_id, app_id)
    return {"data": [{**_row_map(row, services), "app_name": name} for row, name in rows]}


@router.get("/forms/{form_id}")
async def form(form_id: str, services: ServicesDep, signed_in: MemberDep) -> dict[str, Any]:
    """An open form with its fields."""
    opened = await services.forms.of_workspace(signed_in.workspace_id, form_id)
    return {**_row_map(opened.row, services), **opened.shown()}


@router.post("/forms/{form_id}")
async def answer_form(form_id: str, body: Submission, services: ServicesDep, signed_in: MemberDep) -> dict[str, str]:
    """Answer a form; the first answer closes it for everybody."""
    opened: OpenForm = await services.forms.of_workspace(signed_in.workspace_id, form_id)
    files = services.uploads.for_caller(signed_in.workspace_id, signed_in.account_id)
    await services.forms.submit(opened, inputs=body.inputs, action=body.action, files=files, by=signed_in.email)
    return {"result": "success"}


def _row_map(row: Form, services: Services) -> dict[str, Any]:
    return {
        "id": row.id,
        "app_id": row.app_id,
        "run_id": row.run_id,
        "node_id": row.node_id,
        "title": row.title,
        "url": services.links.form(services.forms.token(row.id)) if row.shown else None,
        "created_at": row.created_at / 1e6,
        "expires_at": row.expires_at / 1e6,
    }
