"""The web app: one page for every address that is no API, and its hashed assets."""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from treadle.platform.refusals import NotFound
from treadle.server.declared import Caller, DeclaredRoute

_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob: https: http:",
        "media-src 'self' data: blob: https: http:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
    )
)
_PAGE_HEADERS = {"Content-Security-Policy": _POLICY, "Cache-Control": "no-cache", "Referrer-Policy": "same-origin"}
_ASSET_HEADERS = {"Cache-Control": "public, max-age=31536000, immutable"}
_NOT_BUILT = (
    "<!doctype html><title>Treadle</title><p>The web app is not built here. "
    "Run <code>make install</code>; the API works already."
)


def page_routes(static: Path) -> list[BaseRoute]:
    """The routes of the built web app in `static`."""
    root = static.resolve()
    index = root / "index.html"

    async def asset(request: Request) -> ASGIApp:
        path = (root / "assets" / request.path_params["path"]).resolve()
        if not path.is_relative_to(root / "assets") or not path.is_file():
            raise NotFound("There is no such asset.")
        return FileResponse(path, headers=_ASSET_HEADERS)

    async def page(request: Request) -> ASGIApp:
        name = request.path_params["path"]
        plain = (root / name).resolve()
        if name and "/" not in name and plain.is_relative_to(root) and plain.is_file() and plain != index:
            return FileResponse(plain)
        return _index(index)

    return [
        DeclaredRoute("/assets/{path:path}", asset, method="GET", caller=Caller.ANYONE),
        DeclaredRoute("/{path:path}", page, method="GET", caller=Caller.ANYONE),
    ]


def _index(path: Path) -> Response:
    try:
        return HTMLResponse(path.read_bytes(), headers=_PAGE_HEADERS)
    except FileNotFoundError:
        return HTMLResponse(_NOT_BUILT, 503, headers=_PAGE_HEADERS)
