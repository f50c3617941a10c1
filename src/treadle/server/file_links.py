"""Signed links to files, outside every API (spec service-api §1.9)."""

from starlette.requests import Request
from starlette.types import ASGIApp

from treadle.server.declared import Caller, DeclaredRoute
from treadle.server.file_responses import file_response
from treadle.server.services import Services


async def uploaded_file(request: Request) -> ASGIApp:
    """GET /files/{id}/file-preview."""
    return await _answer(request, "upload", str(request.path_params["file_id"]))


async def made_file(request: Request) -> ASGIApp:
    """GET /files/tools/{id}.{ext}."""
    return await _answer(request, "tool", str(request.path_params["file_id"]))


async def _answer(request: Request, kind: str, file_id: str) -> ASGIApp:
    services: Services = request.app.state.services
    row, data = await services.uploads.behind_link(kind, file_id, request.query_params)
    download = request.query_params.get("as_attachment", "").lower() in ("true", "1", "yes")
    return file_response(row, data, download=download)


ROUTES = [
    DeclaredRoute("/files/{file_id:uuid}/file-preview", uploaded_file, method="GET", caller=Caller.SIGNATURE),
    DeclaredRoute("/files/tools/{file_id:uuid}.{extension}", made_file, method="GET", caller=Caller.SIGNATURE),
]
