"""Visitors of published pages: a passport gives a browser an identity, and calls carry it.

Members who use an app inside the console carry one too: it names the app alone, since the page may be switched off.

The passport names an end user and an app, nothing else: a visitor can ask the published version, never define one.
"""

import secrets
import time
from collections.abc import Awaitable, Callable

import jwt
from starlette.requests import Request
from starlette.types import ASGIApp

from treadle.accounts.tables import EndUserType
from treadle.apps.tables import App, CreatedFrom
from treadle.platform.refusals import BadRequest, InvalidParam, NotFound, Refusal, Unauthorized
from treadle.server.app_call import ANY_MODE, AppCall, From, ModeRule
from treadle.server.declared import Caller, DeclaredRoute
from treadle.server.responses import json_response
from treadle.server.service_api.calls import bearer_token
from treadle.server.services import Services

_ALGORITHM = "HS256"
_ISSUER = "treadle published page"
_MEMBER_SECONDS = 3600
_LONGEST_USER = 200

Handler = Callable[[AppCall], Awaitable[ASGIApp]]


async def passport(request: Request) -> ASGIApp:
    """GET /api/passport: a new visitor of the page whose code is in `X-App-Code`.

    `user_id` is how a page that embeds this one calls them. Nobody has proved it: runs and logs are told, but it opens
    no conversation that was led under the same name before.
    """
    services: Services = request.app.state.services
    code = request.headers.get("x-app-code", "")
    if not code:
        raise Unauthorized("Send the code of the page in the header `X-App-Code`.")
    app = (await services.apps.by_code(code)).app
    user = _named(request)
    session = f"{user}:{secrets.token_urlsafe(8)}" if user else secrets.token_urlsafe(16)
    visitor = await services.end_users.get_or_create(
        workspace_id=app.workspace_id,
        app_id=app.id,
        type=EndUserType.BROWSER,
        session_id=session,
        is_anonymous=not user,
    )
    claims = {"iss": _ISSUER, "sub": visitor.id, "app": app.id, "code": code, "session": user or session}
    return json_response({"access_token": jwt.encode(claims, services.visitor_key, _ALGORITHM)})


def _named(request: Request) -> str:
    user = request.query_params.get("user_id", "").replace("\x00", "").strip()
    if len(user) > _LONGEST_USER:
        raise InvalidParam(f"`user_id` has at most {_LONGEST_USER} characters.", param="user_id")
    return user


async def member_passport(services: Services, app: App, account_id: str) -> str:
    """The passport of a member who uses `app` inside the console, valid for an hour."""
    visitor = await services.end_users.get_or_create(
        workspace_id=app.workspace_id,
        app_id=app.id,
        type=EndUserType.EXPLORE,
        session_id=account_id,
        is_anonymous=False,
    )
    claims = {
        "iss": _ISSUER,
        "sub": visitor.id,
        "app": app.id,
        "code": "",
        "session": account_id,
        "workspace": app.workspace_id,
        "exp": int(time.time()) + _MEMBER_SECONDS,
    }
    return jwt.encode(claims, services.visitor_key, _ALGORITHM)


def visitor_route(
    method: str, path: str, handler: Handler, *, modes: ModeRule = ANY_MODE, read: From = From.NOWHERE
) -> DeclaredRoute:
    """A route that serves visitors of a published page."""

    async def endpoint(request: Request) -> ASGIApp:
        services: Services = request.app.state.services
        claims = _claims(bearer_token(request), services)
        app = await _app_of(claims, services)
        if app.mode not in modes.modes:
            raise Refusal(modes.message, code=modes.code)
        channel = CreatedFrom.WEB_APP if claims["code"] else CreatedFrom.INSTALLED_APP
        call = AppCall(services, request, app, channel, end_user_id=str(claims["sub"]), user=str(claims["session"]))
        await call.read(read)
        return await handler(call)

    return DeclaredRoute(path, endpoint, method=method, caller=Caller.VISITOR)


async def _app_of(claims: dict[str, object], services: Services) -> App:
    """The app that a passport is for. Raises BadRequest when it cannot be used any more."""
    if not claims["code"]:
        workspace_id = str(claims.get("workspace"))
        if not await services.accounts.is_member(workspace_id, str(claims["session"])):
            raise Unauthorized("You are no member of this app's workspace any more.")
        try:
            return (await services.explore.one(workspace_id, str(claims["app"]))).app
        except NotFound as error:
            raise BadRequest(error.message) from error
    try:
        app = (await services.apps.by_code(str(claims["code"]))).app
    except NotFound as error:
        raise BadRequest(error.message) from error
    if app.id != claims["app"]:
        raise BadRequest("This page has got another address.")
    return app


def _claims(token: str, services: Services) -> dict[str, object]:
    try:
        return jwt.decode(
            token,
            services.visitor_key,
            [_ALGORITHM],
            issuer=_ISSUER,
            options={"require": ["sub", "app", "code", "session"]},
        )
    except jwt.InvalidTokenError as error:
        raise Unauthorized("This passport is not valid; get a new one from /api/passport.") from error
