"""From a request to a call: who calls which app, for which user, with which arguments.

The order of checks is contract (spec service-api §1.2): route, key, app, `user`, mode, arguments.
"""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.types import ASGIApp

from treadle.accounts.tables import EndUserType, KeyType
from treadle.apps.tables import App, CreatedFrom
from treadle.platform.refusals import Forbidden, InvalidParam, Refusal, Unauthorized
from treadle.server.app_call import ANY_MODE, AppCall, From, ModeRule
from treadle.server.declared import Caller, DeclaredRoute
from treadle.server.services import Services

ANONYMOUS = "DEFAULT-USER"
MAX_USER = 255


Handler = Callable[[AppCall], Awaitable[ASGIApp]]


def app_route(
    method: str,
    path: str,
    handler: Handler,
    *,
    modes: ModeRule = ANY_MODE,
    user: From = From.NOWHERE,
    user_required: bool = False,
) -> DeclaredRoute:
    """A route that serves holders of an app key."""

    async def endpoint(request: Request) -> ASGIApp:
        services: Services = request.app.state.services
        app, key_id = await _app_of(request, services)
        call = AppCall(services, request, app, CreatedFrom.SERVICE_API, api_key_id=key_id)
        given = await _given_user(call, user)
        if user_required and not given:
            raise InvalidParam("`user` is required: name the end user this call is made for.", param="user")
        if app.mode not in modes.modes:
            raise Refusal(modes.message, code=modes.code)
        if user is not From.NOWHERE:
            call.user = given or ANONYMOUS
            end_user = await services.end_users.get_or_create(
                workspace_id=app.workspace_id,
                app_id=app.id,
                type=EndUserType.SERVICE_API,
                session_id=call.user,
                is_anonymous=not given,
            )
            call.end_user_id = end_user.id
        return await handler(call)

    return DeclaredRoute(path, endpoint, method=method, caller=Caller.APP_KEY)


def bearer_token(request: Request) -> str:
    """The token of the Authorization header. Raises Unauthorized."""
    scheme, _, token = request.headers.get("authorization", "").strip().partition(" ")
    if not token.strip() or scheme.lower() != "bearer":
        raise Unauthorized("Send the API key in the header `Authorization: Bearer <key>`.")
    return token.strip()


async def _app_of(request: Request, services: Services) -> tuple[App, str]:
    """The app that is called, and the key that opens it."""
    owner = await services.keys.resolve(bearer_token(request), KeyType.APP)
    if owner is None or owner.app_id is None:
        raise Unauthorized("This API key is not valid.")
    if owner.workspace_archived:
        raise Forbidden("The workspace of this app is archived.")
    app = await services.apps.app(owner.app_id)
    if app.status != "normal":
        raise Forbidden("This app is not available.")
    if not app.enable_api:
        raise Forbidden("The API of this app is switched off.")
    return app, owner.key_id


async def _given_user(call: AppCall, place: From) -> str:
    """The caller's name for its end user, empty when there is none."""
    await call.read(place)
    value: object = {
        From.JSON: call.json.get("user"),
        From.FORM: call.form.get("user"),
        From.QUERY: call.request.query_params.get("user"),
        From.NOWHERE: None,
    }[place]
    user = value if isinstance(value, str) else "" if value is None else str(value)
    if len(user) > MAX_USER:
        raise InvalidParam(f"`user` is longer than {MAX_USER} characters.", param="user")
    return user
