"""Forms that runs wait for, as their pages ask for them: whoever has the link may read and answer."""

from starlette.requests import Request
from starlette.types import ASGIApp

from treadle.apps.forms.service import OpenForm
from treadle.apps.uploads import FileOrigin
from treadle.server.arguments import convert, read_form, read_json
from treadle.server.declared import Caller, DeclaredRoute
from treadle.server.responses import json_response
from treadle.server.service_api.description import upload_limits
from treadle.server.service_api.files import the_file, upload_map
from treadle.server.service_api.forms import Submission
from treadle.server.services import Services


async def show_form(request: Request) -> ASGIApp:
    """GET /api/form/human_input/{form_token}."""
    services, form = await _form(request)
    app = await services.apps.app(form.row.app_id)
    site = await services.apps.site(app.id)
    look = site or app
    return json_response(
        {
            **form.shown(),
            "title": form.request.title,
            "site": {
                "title": site.title if site else app.name,
                "icon_type": look.icon_type,
                "icon": look.icon,
                "icon_background": look.icon_background,
                "default_language": site.default_language if site else "en-US",
            },
            "system_parameters": upload_limits(services.settings),
        }
    )


async def submit_form(request: Request) -> ASGIApp:
    """POST /api/form/human_input/{form_token}: the first answer closes the form."""
    services, form = await _form(request)
    body = convert(await read_json(request, services.settings.max_request_body), Submission)
    files = services.uploads.for_caller(form.row.workspace_id, form.row.id)
    by = form.row.created_by if form.recipient == "page" else form.recipient
    await services.forms.submit(form, inputs=body.inputs, action=body.action, files=files, by=by)
    return json_response({})


async def upload_file(request: Request) -> ASGIApp:
    """POST /api/form/human_input/{form_token}/upload: a file for a field of the form."""
    services, form = await _form(request)
    part = the_file(await read_form(request, services.settings.max_upload_body))
    origin = FileOrigin(form.row.workspace_id, form.row.app_id, "end_user", form.row.id, form.row.run_id)
    row = await services.uploads.upload(
        origin, name=part.filename or "", declared_type=part.content_type or "", data=await part.read()
    )
    return json_response(upload_map(row, services), 201)


async def _form(request: Request) -> tuple[Services, OpenForm]:
    services: Services = request.app.state.services
    return services, await services.forms.by_token(str(request.path_params["form_token"]))


_PATH = "/form/human_input/{form_token}"

ROUTES = [
    DeclaredRoute(_PATH, show_form, method="GET", caller=Caller.SECRET_ADDRESS),
    DeclaredRoute(_PATH, submit_form, method="POST", caller=Caller.SECRET_ADDRESS),
    DeclaredRoute(f"{_PATH}/upload", upload_file, method="POST", caller=Caller.SECRET_ADDRESS),
]
