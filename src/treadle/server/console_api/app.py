"""The console API: set-up, sign-in, apps and run logs.

A session is an HttpOnly cookie; every write carries the CSRF token of the session in `X-CSRF-Token`.
"""

import hmac
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from treadle.accounts.service import SignedIn
from treadle.logs.repository import RunFilter
from treadle.logs.shapes import detail_map, run_map
from treadle.platform.refusals import Forbidden, InvalidParam, Refusal, Unauthorized
from treadle.server.declared import Caller
from treadle.server.errors import on_crash, on_http_error, on_refusal, refusal_response
from treadle.server.services import Services

SESSION_COOKIE = "treadle_session"
CSRF_COOKIE = "treadle_csrf"
CSRF_HEADER = "x-csrf-token"


class SetUp(BaseModel):
    """The first account."""

    email: str = Field(min_length=3, max_length=255)
    name: str = Field(min_length=1, max_length=30)
    password: str = Field(max_length=256)


class SignIn(BaseModel):
    """Who signs in."""

    email: str = Field(max_length=255)
    password: str = Field(max_length=256)


class DeclaredAPIRoute(APIRoute):
    """A route whose caller is read from its dependencies: `member` or nothing but `anyone` and `first_run`."""

    @property
    def caller(self) -> Caller | None:
        """Who may call it; None when the route does not say."""
        for dependency in self.dependant.dependencies:
            if dependency.call in _CALLERS:
                return _CALLERS[dependency.call]
        return None


def services_of(request: Request) -> Services:
    return request.app.state.services


ServicesDep = Annotated[Services, Depends(services_of)]


async def anyone() -> None:
    """Open to anyone."""


async def first_run(services: ServicesDep) -> None:
    """Open until the first account exists."""
    if await services.accounts.set_up():
        raise Forbidden("Treadle is set up already; sign in.", code="already_setup")


async def member(request: Request, services: ServicesDep) -> SignedIn:
    """The signed-in member. Raises Unauthorized, and Forbidden for a write without its CSRF token."""
    signed_in = await services.accounts.session_account(request.cookies.get(SESSION_COOKIE, ""))
    if signed_in is None:
        raise Unauthorized("Sign in first.")
    if request.method not in ("GET", "HEAD", "OPTIONS"):
        sent = request.headers.get(CSRF_HEADER, "")
        if not hmac.compare_digest(sent.encode(), services.accounts.csrf_token(signed_in).encode()):
            raise Forbidden("The CSRF token is missing or wrong; reload the page.", code="csrf")
    return signed_in


_CALLERS: dict[Callable[..., Any] | None, Caller] = {
    anyone: Caller.ANYONE,
    first_run: Caller.FIRST_RUN,
    member: Caller.MEMBER,
}
MemberDep = Annotated[SignedIn, Depends(member)]

router = APIRouter(route_class=DeclaredAPIRoute)


@router.get("/setup", dependencies=[Depends(anyone)])
async def setup_state(services: ServicesDep) -> dict[str, bool]:
    """Whether the first account exists."""
    return {"completed": await services.accounts.set_up()}


@router.post("/setup", dependencies=[Depends(first_run)], status_code=201)
async def set_up(body: SetUp, request: Request, response: Response, services: ServicesDep) -> dict[str, str]:
    """Create the first account and sign it in."""
    await services.accounts.create_first(email=body.email, name=body.name, password=body.password)
    return await _sign_in(body.email, body.password, request, response, services)


@router.post("/signin", dependencies=[Depends(anyone)])
async def sign_in(body: SignIn, request: Request, response: Response, services: ServicesDep) -> dict[str, str]:
    """Begin a session."""
    return await _sign_in(body.email, body.password, request, response, services)


@router.post("/signout")
async def sign_out(request: Request, response: Response, services: ServicesDep, _: MemberDep) -> dict[str, str]:
    """End the session."""
    await services.accounts.end_session(request.cookies.get(SESSION_COOKIE, ""))
    response.delete_cookie(SESSION_COOKIE)
    response.delete_cookie(CSRF_COOKIE)
    return {"result": "success"}


@router.get("/account")
async def account(signed_in: MemberDep) -> dict[str, str]:
    """Who is signed in."""
    return _account_map(signed_in)


@router.get("/apps", dependencies=[Depends(anyone)])
async def apps(request: Request, services: ServicesDep) -> dict[str, Any]:
    """The apps of the workspace; before set-up, the examples, for whoever is at the machine."""
    if await services.accounts.set_up():
        workspace_id = (await member(request, services)).workspace_id
    else:
        workspace_id = (await services.accounts.only_workspace()).id
    return {
        "data": [
            {
                "id": entry.app.id,
                "name": entry.app.name,
                "mode": entry.app.mode,
                "icon": entry.app.icon,
                "icon_background": entry.app.icon_background,
                "description": entry.app.description,
                "published": entry.app.published_version_id is not None,
                "site_code": entry.site.code if entry.site else None,
                "site_enabled": entry.app.enable_site and entry.app.published_version_id is not None,
                "updated_at": entry.app.updated_at / 1e6,
            }
            for entry in await services.apps.list_apps(workspace_id)
        ]
    }


@router.get("/runs")
async def runs(
    services: ServicesDep,
    signed_in: MemberDep,
    app_id: str | None = None,
    status: str | None = None,
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> dict[str, Any]:
    """Runs of the workspace, newest first."""
    wanted = RunFilter(
        workspace_id=signed_in.workspace_id,
        app_id=app_id or None,
        statuses=(status,) if status else (),
        with_debugging=True,
    )
    rows, following = await services.logs.newest(wanted, cursor=cursor, limit=limit)
    return {"data": [run_map(row) for row in rows], "next_cursor": following or None}


@router.get("/runs/{run_id}")
async def run_detail(run_id: str, services: ServicesDep, signed_in: MemberDep) -> dict[str, Any]:
    """One run, node by node."""
    return detail_map(await services.logs.detail(run_id, workspace_id=signed_in.workspace_id))


async def _sign_in(
    email: str, password: str, request: Request, response: Response, services: Services
) -> dict[str, str]:
    signed_in, token = await services.accounts.sign_in(
        email, password, user_agent=request.headers.get("user-agent", "")
    )
    secure = services.links.base.startswith("https://")
    age = services.settings.session_days * 86_400
    response.set_cookie(SESSION_COOKIE, token, max_age=age, httponly=True, samesite="lax", secure=secure)
    response.set_cookie(
        CSRF_COOKIE, services.accounts.csrf_token(signed_in), max_age=age, samesite="lax", secure=secure
    )
    return _account_map(signed_in)


def _account_map(signed_in: SignedIn) -> dict[str, str]:
    return {"id": signed_in.account_id, "name": signed_in.name, "email": signed_in.email}


async def on_invalid(_: Request, error: Exception) -> Response:
    """Exception handler: arguments that do not fit their model."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    name = ".".join(str(part) for part in first["loc"][1:]) or "body"
    return refusal_response(InvalidParam(f"`{name}` is not valid: {first['msg']}.", param=name))


def create_console_api(services: Services) -> FastAPI:
    """The console API over opened services."""
    handlers: dict[type[Exception], Callable[[Request, Exception], Awaitable[Response]]] = {
        Refusal: on_refusal,
        HTTPException: on_http_error,
        RequestValidationError: on_invalid,
        Exception: on_crash,
    }
    app = FastAPI(title="Treadle console", openapi_url=None, docs_url=None, redoc_url=None, exception_handlers=handlers)  # type: ignore[arg-type]
    app.include_router(router)
    app.state.services = services
    return app
