"""The HTTP application: service API, published pages, console API, web app."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount
from starlette.types import ASGIApp

from treadle import __version__
from treadle.platform.refusals import Refusal
from treadle.server.declared import Caller, DeclaredRoute
from treadle.server.errors import AnsweredCrashes, on_crash, on_http_error, on_refusal
from treadle.server.file_links import ROUTES as FILE_ROUTES
from treadle.server.headers import HeadersMiddleware
from treadle.server.late_app import LateApp
from treadle.server.mcp_server import ROUTES as MCP_ROUTES
from treadle.server.pages import page_routes
from treadle.server.responses import json_response
from treadle.server.service_api.routes import ROUTES as SERVICE_ROUTES
from treadle.server.services import Services
from treadle.server.triggers import ROUTES as TRIGGER_ROUTES
from treadle.server.web_api.routes import ROUTES as WEB_ROUTES

STATIC = Path(__file__).resolve().parent / "static"

_HANDLERS: dict[type[Exception], Callable[[Request, Exception], Awaitable[Response]]] = {
    Refusal: on_refusal,
    HTTPException: on_http_error,
    Exception: on_crash,
}
_ANY_ORIGIN = Middleware(
    CORSMiddleware,
    allow_origins=["*"],
    allow_methods=["GET", "PUT", "POST", "DELETE", "OPTIONS", "PATCH"],
    allow_headers=["Content-Type", "Authorization", "X-App-Code"],
    expose_headers=["X-Version", "X-Env"],
)
"""For routes whose callers carry a key of their own, so that any page may call them (spec service-api §1.1)."""


def create_app(services: Services, static: Path = STATIC) -> ASGIApp:
    """The whole application over opened services."""
    app = Starlette(
        routes=[
            DeclaredRoute("/health", health, method="GET", caller=Caller.ANYONE),
            Mount("/v1", routes=SERVICE_ROUTES, middleware=[_ANY_ORIGIN]),
            Mount("/api", routes=WEB_ROUTES, middleware=[_ANY_ORIGIN]),
            Mount("/console/api", app=LateApp(lambda: _console_api(services))),
            *FILE_ROUTES,
            *MCP_ROUTES,
            *TRIGGER_ROUTES,
            *page_routes(static),
        ],
        exception_handlers=_HANDLERS,  # type: ignore[arg-type]
    )
    app.state.services = services
    return HeadersMiddleware(AnsweredCrashes(app), {"X-Version": __version__, "X-Env": services.settings.environment})


def _console_api(services: Services) -> Starlette:
    """The console API. Its many models take as long to make as everything else of a start."""
    from treadle.server.console_api.app import create_console_api

    return create_console_api(services)


async def health(request: Request) -> ASGIApp:
    """GET /health: answers when requests can be served."""
    return json_response({"status": "ok", "version": __version__})
