"""The HTTP application: service API, published pages, console API, web app."""

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount
from starlette.types import ASGIApp

from treadle import __version__
from treadle.platform.refusals import Refusal
from treadle.server.console_api.app import create_console_api
from treadle.server.declared import Caller, DeclaredRoute
from treadle.server.errors import AnsweredCrashes, on_crash, on_http_error, on_refusal
from treadle.server.file_links import ROUTES as FILE_ROUTES
from treadle.server.headers import HeadersMiddleware
from treadle.server.pages import page_routes
from treadle.server.responses import json_response
from treadle.server.service_api.routes import ROUTES as SERVICE_ROUTES
from treadle.server.services import Services
from treadle.server.web_api.routes import ROUTES as WEB_ROUTES

STATIC = Path(__file__).resolve().parent / "static"

_HANDLERS: dict[type[Exception], Callable[[Request, Exception], Awaitable[Response]]] = {
    Refusal: on_refusal,
    HTTPException: on_http_error,
    Exception: on_crash,
}
_METHODS = ["GET", "PUT", "POST", "DELETE", "OPTIONS", "PATCH"]


def create_app(services: Services, static: Path = STATIC) -> ASGIApp:
    """The whole application over opened services."""
    app = Starlette(
        routes=[
            DeclaredRoute("/health", health, method="GET", caller=Caller.ANYONE),
            Mount("/v1", app=_open_to_all_origins(SERVICE_ROUTES, services)),
            Mount("/api", app=_open_to_all_origins(WEB_ROUTES, services)),
            Mount("/console/api", app=create_console_api(services)),
            *FILE_ROUTES,
            *page_routes(static),
        ],
        exception_handlers=_HANDLERS,  # type: ignore[arg-type]
    )
    app.state.services = services
    return HeadersMiddleware(AnsweredCrashes(app), {"X-Version": __version__, "X-Env": services.settings.environment})


def _open_to_all_origins(routes: Sequence[BaseRoute], services: Services) -> Starlette:
    """A group of routes that carry a key of their own, so that any page may call them (spec service-api §1.1)."""
    cors = Middleware(
        CORSMiddleware,
        allow_origins=["*"],
        allow_methods=_METHODS,
        allow_headers=["Content-Type", "Authorization", "X-App-Code"],
        expose_headers=["X-Version", "X-Env"],
    )
    group = Starlette(routes=routes, middleware=[cors], exception_handlers=_HANDLERS)  # type: ignore[arg-type]
    group.state.services = services
    return group


async def health(request: Request) -> ASGIApp:
    """GET /health: answers when requests can be served."""
    return json_response({"status": "ok", "version": __version__})
