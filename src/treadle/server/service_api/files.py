"""Uploads, and previews of files that messages show (spec service-api §3.11)."""

from typing import Any

from starlette.datastructures import FormData, UploadFile
from starlette.types import ASGIApp

from treadle.apps.tables import StoredFile
from treadle.apps.uploads import FileOrigin
from treadle.platform.refusals import Refusal
from treadle.server.app_call import AppCall, From
from treadle.server.file_responses import file_response
from treadle.server.responses import json_response
from treadle.server.service_api.calls import app_route
from treadle.server.service_api.shapes import seconds
from treadle.server.services import Services


async def upload_file(call: AppCall) -> ASGIApp:
    """POST /files/upload."""
    part = the_file(call.form)
    origin = FileOrigin(call.app.workspace_id, call.app.id, "end_user", call.end_user_id, None)
    row = await call.services.uploads.upload(
        origin, name=part.filename or "", declared_type=part.content_type or "", data=await part.read()
    )
    return json_response(upload_map(row, call.services), 201)


async def preview_file(call: AppCall) -> ASGIApp:
    """GET /files/{file_id}/preview."""
    row, data = await call.services.uploads.of_app(call.app.workspace_id, call.app.id, call.path("file_id"))
    download = call.request.query_params.get("as_attachment", "").lower() in ("true", "1", "yes")
    return file_response(row, data, download=download, cache="public, max-age=3600")


def the_file(form: FormData) -> UploadFile:
    """The one file part of a form. Raises Refusal."""
    parts = [(name, part) for name, part in form.multi_items() if isinstance(part, UploadFile)]
    if not any(name == "file" for name, _ in parts):
        raise Refusal("Send the file in the part `file`.", code="no_file_uploaded")
    if len(parts) > 1:
        raise Refusal("Send one file at a time.", code="too_many_files")
    if not parts[0][1].filename:
        raise Refusal("The file has no name.", code="filename_not_exists_error")
    return parts[0][1]


def upload_map(row: StoredFile, services: Services) -> dict[str, Any]:
    """An uploaded file as its sender is told of it."""
    return {
        "id": row.id,
        "name": row.name,
        "size": row.size,
        "extension": row.extension,
        "mime_type": row.mime_type,
        "created_by": row.created_by,
        "created_at": seconds(row.created_at),
        "preview_url": None,
        "source_url": services.uploads.descriptor(row).url,
    }


ROUTES = [
    app_route("POST", "/files/upload", upload_file, user=From.FORM),
    app_route("GET", "/files/{file_id:uuid}/preview", preview_file),
]
