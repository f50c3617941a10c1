"""The web app: one page for every address that is no API, and its hashed assets."""

import secrets
from collections.abc import Iterable
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from treadle.platform.refusals import NotFound
from treadle.server.declared import Caller, DeclaredRoute
from treadle.server.framing import framing, published_code
from treadle.server.services import Services

_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self' 'nonce-{nonce}'",
        "img-src 'self' data: blob: https: http:",
        "media-src 'self' data: blob: https: http:",
        "font-src 'self'",
        "connect-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
    )
)
_NONCE = b"__TREADLE_NONCE__"
"""What the build writes where the nonce of a page goes. Editors and dialogs add style elements that carry it."""
_ANY_PAGE = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}
"""Of files that other sites load: the script that embeds, and what a page in a sandboxed frame needs."""
_ASSET_HEADERS = {"Cache-Control": "public, max-age=31536000, immutable", **_ANY_PAGE}
_FILE_HEADERS = {"Cache-Control": "public, max-age=3600", **_ANY_PAGE}
_NOT_BUILT = (
    "<!doctype html><title>Treadle</title><p>The web app is not built here. "
    "Run <code>make install</code>; the API works already."
)


def page_routes(static: Path) -> list[BaseRoute]:
    """The routes of the built web app in `static`."""
    root = static.resolve()
    index = root / "index.html"

    async def asset(request: Request) -> ASGIApp:
        path = _file(root / "assets", request.path_params["path"])
        if path is None:
            raise NotFound("There is no such asset.")
        return FileResponse(path, headers=_ASSET_HEADERS)

    async def page(request: Request) -> ASGIApp:
        name = request.path_params["path"]
        plain = _file(root, name) if "/" not in name else None
        if plain is not None and plain != index:
            return FileResponse(plain, headers=_FILE_HEADERS)
        return _index(index, await _framing(request.app.state.services, name))

    return [
        DeclaredRoute("/assets/{path:path}", asset, method="GET", caller=Caller.ANYONE),
        DeclaredRoute("/{path:path}", page, method="GET", caller=Caller.ANYONE),
    ]


def _file(folder: Path, name: str) -> Path | None:
    """The file of this name, None when there is none inside the folder."""
    try:
        path = (folder / name).resolve()
        return path if path.is_relative_to(folder) and path.is_file() else None
    except (ValueError, OSError):  # names that no file can have
        return None


async def _framing(services: Services, path: str) -> Iterable[tuple[str, str]]:
    """The headers that say which web sites may show the page of this path in a frame."""
    code = published_code(path)
    if code is None:
        return framing(())
    operators = services.settings.embed_origins
    try:
        site = (await services.apps.by_code(code)).site
    except NotFound:  # the page says so
        site = None
    return framing(operators, site.embed_origins.split()) if site else framing(operators)


def _index(path: Path, framing_headers: Iterable[tuple[str, str]]) -> Response:
    nonce = secrets.token_urlsafe(16)
    headers = {
        "Content-Security-Policy": _POLICY.format(nonce=nonce),
        "Cache-Control": "no-cache",
    }
    try:
        response = HTMLResponse(path.read_bytes().replace(_NONCE, nonce.encode()), headers=headers)
    except FileNotFoundError:
        response = HTMLResponse(_NOT_BUILT, 503, headers=headers)
    for name, value in framing_headers:
        response.headers.append(name, value)
    return response
