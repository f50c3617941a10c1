"""Forms that runs wait for, answered by programs (spec service-api §3.15)."""

from typing import Any

import msgspec
from starlette.types import ASGIApp

from treadle.server.app_call import GRAPH_ONLY, AppCall, From
from treadle.server.responses import json_response
from treadle.server.service_api.calls import app_route


class Submission(msgspec.Struct):
    """What was entered, and the button."""

    action: str
    inputs: dict[str, Any] = {}


async def show_form(call: AppCall) -> ASGIApp:
    """GET /form/human_input/{form_token}."""
    form = await call.services.forms.by_token(call.path("form_token"), app_id=call.app.id)
    return json_response(form.shown())


async def submit_form(call: AppCall) -> ASGIApp:
    """POST /form/human_input/{form_token}: the first answer closes the form."""
    forms = call.services.forms
    form = await forms.by_token(call.path("form_token"), app_id=call.app.id, created_by=call.end_user_id)
    body = call.body(Submission)
    files = call.services.uploads.for_caller(call.app.workspace_id, call.end_user_id)
    await forms.submit(form, inputs=body.inputs, action=body.action, files=files, by=call.user)
    return json_response({})


_PATH = "/form/human_input/{form_token}"

ROUTES = [
    app_route("GET", _PATH, show_form, modes=GRAPH_ONLY),
    app_route("POST", _PATH, submit_form, modes=GRAPH_ONLY, user=From.JSON, user_required=True),
]
