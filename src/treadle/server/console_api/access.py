"""Who may call a console route, and what every route asks for: the services, and the member who is signed in.

A session is an HttpOnly cookie; every write carries the CSRF token of the session in `X-CSRF-Token`.
"""

import hmac
from collections.abc import Callable, Coroutine
from dataclasses import replace
from json import JSONDecodeError
from typing import Annotated, Any, cast

import msgspec
from fastapi import APIRouter, Depends, Request, Response
from fastapi.routing import APIRoute
from pydantic import JsonValue
from starlette.types import Message, Receive

from treadle.accounts.service import SignedIn
from treadle.accounts.tables import Role
from treadle.apps.passed_headers import passed_headers
from treadle.knowledge.access import Asker
from treadle.platform.refusals import BadRequest, Forbidden, InvalidParam, NotFound, TooLarge, Unauthorized
from treadle.server.arguments import decode_json, read_body
from treadle.server.declared import Caller
from treadle.server.services import Services

SESSION_COOKIE = "treadle_session"
CSRF_COOKIE = "treadle_csrf"
CSRF_HEADER = "x-csrf-token"
ADMINISTRATORS = frozenset({Role.OWNER, Role.ADMIN})
EDITORS = ADMINISTRATORS | {Role.EDITOR}
APP_USERS = EDITORS | {Role.NORMAL}
_CANVAS = frozenset({"workflows", "workflow-runs"})
"""What a canvas asks for, below the address of its app."""


class DeclaredAPIRoute(APIRoute):
    """A route whose caller is read from its dependencies: `member` or nothing but `anyone` and `first_run`."""

    @property
    def caller(self) -> Caller | None:
        """Who may call it; None when the route does not say."""
        for dependency in self.dependant.dependencies:
            if dependency.call in _CALLERS:
                return _CALLERS[dependency.call]
        return None

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler behind a bound on the body, which is read before anybody is asked who calls, and behind a look at
        the address."""
        handler = super().get_route_handler()

        async def bounded(request: Request) -> Response:
            settings = services_of(request).settings
            form = request.headers.get("content-type", "").startswith("multipart/form-data")
            limit = settings.max_upload_body if form else settings.max_request_body
            declared = request.headers.get("content-length", "")
            if declared.isdigit() and int(declared) > limit:
                raise _too_large(limit)
            if any("\x00" in str(value) for value in request.path_params.values()):
                raise NotFound("There is nothing at this address.")
            if any("\x00" in value for _, value in request.query_params.multi_items()):
                raise InvalidParam("The address holds a letter that no record has.")
            return await handler(_StrictRequest(request.scope, _counted(request.receive, limit)))

        return bounded


def console_router(tag: str) -> APIRouter:
    """A router of the console API. `tag` names its domain in the description of the API."""
    return APIRouter(route_class=DeclaredAPIRoute, tags=[tag])


class _StrictRequest(Request):
    """A request whose body is strict JSON: halves of letters, which no stream can carry, are none."""

    async def json(self) -> Any:
        """Raises JSONDecodeError."""
        body = await self.body()
        try:
            return decode_json(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise JSONDecodeError(str(error), "", 0) from error


def _counted(receive: Receive, limit: int) -> Receive:
    """`receive` up to `limit` bytes of a body. Raises TooLarge behind them."""
    size = 0

    async def counted() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > limit:
            raise _too_large(limit)
        return message

    return counted


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"The body is larger than {limit:,} bytes.", code="request_too_large")


def services_of(request: Request) -> Services:
    """The services of this process."""
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
    signed_in = await _signed_in(request, services)
    if request.method not in ("GET", "HEAD", "OPTIONS"):
        _check_token(services, signed_in, request.headers.get(CSRF_HEADER, ""))
    return signed_in


async def app_user(request: Request, services: ServicesDep) -> SignedIn:
    """A member whose work is not knowledge alone. Raises as `member` does, and Forbidden for one whose work it is."""
    return _with_role(await member(request, services), APP_USERS)


async def editor(request: Request, services: ServicesDep) -> SignedIn:
    """A member who may edit apps. Raises as `member` does, and Forbidden for one who may not."""
    return _with_role(await member(request, services), EDITORS)


async def administrator(request: Request, services: ServicesDep) -> SignedIn:
    """A member who may decide for the workspace. Raises as `member` does, and Forbidden for one who may not."""
    return _with_role(await member(request, services), ADMINISTRATORS)


async def parting_editor(request: Request, services: ServicesDep) -> SignedIn:
    """As `editor`, also for what a page sends while it closes: such a request has no headers of its own, and carries
    the CSRF token as `csrf_token` of its JSON body."""
    signed_in = await _signed_in(request, services)
    token = request.headers.get(CSRF_HEADER, "")
    if not token and request.headers.get("content-type", "").startswith("text/plain"):
        body = await body_of(request, services.settings.max_request_body)
        token = str(body.get("csrf_token", ""))
    _check_token(services, signed_in, token)
    return _with_role(signed_in, EDITORS)


async def body_of(request: Request, limit: int) -> dict[str, JsonValue]:
    """The JSON object of a body, whatever type it declares; read once. Raises TooLarge, BadRequest or InvalidParam."""
    if not hasattr(request.state, "json"):
        text = await read_body(request, limit)
        try:
            value = decode_json(text)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise BadRequest(f"The body is not valid JSON: {error}.") from error
        if not isinstance(value, dict):
            raise InvalidParam("The body must be a JSON object.")
        request.state.json = cast(dict[str, JsonValue], value)
    return request.state.json


async def _signed_in(request: Request, services: Services) -> SignedIn:
    signed_in = await services.accounts.session_account(request.cookies.get(SESSION_COOKIE, ""))
    if signed_in is None:
        raise Unauthorized("Sign in first.")
    app_id = request.path_params.get("app_id")
    if app_id is not None and await services.apps.is_pipeline(app_id):
        await _check_pipeline(request, services, signed_in, app_id)
    return replace(signed_in, headers=passed_headers(request.headers.items(), signed_in=True))


async def _check_pipeline(request: Request, services: Services, signed_in: SignedIn, app_id: str) -> None:
    """The pipeline of a knowledge base is an app on its canvas alone, to editors who may use the base."""
    inside = request.url.path.partition(f"/apps/{app_id}/")[2].partition("/")[0]
    asker = Asker(workspace_id=signed_in.workspace_id, account_id=signed_in.account_id, role=signed_in.role)
    if inside not in _CANVAS or not await services.pipelines.is_edited_by(asker, app_id):
        raise NotFound("There is no such app.")


def _check_token(services: Services, signed_in: SignedIn, sent: str) -> None:
    if not hmac.compare_digest(sent.encode(), services.accounts.csrf_token(signed_in).encode()):
        raise Forbidden("The CSRF token is missing or wrong; reload the page.", code="csrf")


def _with_role(signed_in: SignedIn, roles: frozenset[Role]) -> SignedIn:
    if signed_in.role not in roles:
        raise Forbidden("Your role in this workspace does not allow this; ask an administrator.")
    return signed_in


_CALLERS: dict[Callable[..., Any] | None, Caller] = {
    anyone: Caller.ANYONE,
    first_run: Caller.FIRST_RUN,
    member: Caller.MEMBER,
    app_user: Caller.MEMBER,
    editor: Caller.MEMBER,
    administrator: Caller.MEMBER,
    parting_editor: Caller.MEMBER,
}
MemberDep = Annotated[SignedIn, Depends(member)]
AppUserDep = Annotated[SignedIn, Depends(app_user)]
EditorDep = Annotated[SignedIn, Depends(editor)]
AdministratorDep = Annotated[SignedIn, Depends(administrator)]
PartingEditorDep = Annotated[SignedIn, Depends(parting_editor)]
