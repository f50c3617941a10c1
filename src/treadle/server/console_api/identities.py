"""The console API: signing in by GitHub, Google or OpenID Connect, and linking one's account with them."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel

from treadle.accounts.identity_sign_in import PATIENCE_SECONDS, SignInRefused
from treadle.server.console_api.access import SESSION_COOKIE, MemberDep, ServicesDep, anyone, console_router
from treadle.server.console_api.answers import Done
from treadle.server.console_api.sessions import begun
from treadle.server.services import Services

router = console_router("Sign-in services")

COOKIE = "treadle_sign_in"
_PATH = "/console/api/oauth"
_ACCOUNT = "/settings/account"

Text = Annotated[str, Query(max_length=4096)]


class Integration(BaseModel):
    """A service that can say who one is, and whether it is linked with one's account."""

    provider: str
    name: str
    is_bound: bool


class Integrations(BaseModel):
    """The services of this server."""

    data: list[Integration]


@router.get("/oauth/login/{provider}", dependencies=[Depends(anyone)], response_class=RedirectResponse)
async def begin_sign_in(
    provider: str, request: Request, services: ServicesDep, back: Text = "", link: bool = False
) -> Response:
    """Send the browser to a service; with `link`, to link it with the account that is signed in."""
    account_id = await _account_id(request, services) if link else ""
    if link and not account_id:
        return _led("/signin", back=_ACCOUNT)
    try:
        begin = await services.identity_sign_in.begin(
            provider, redirect=_redirect(services, provider), back=back, account_id=account_id
        )
    except SignInRefused as error:
        return _refused(error, link=link)
    answer = RedirectResponse(begin.address, status_code=302)
    secure = services.links.base.startswith("https://")
    answer.set_cookie(
        COOKIE, begin.cookie, max_age=PATIENCE_SECONDS, path=_PATH, httponly=True, samesite="lax", secure=secure
    )
    return answer


@router.get("/oauth/authorize/{provider}", dependencies=[Depends(anyone)], response_class=RedirectResponse)
async def end_sign_in(
    provider: str, request: Request, services: ServicesDep, code: Text = "", state: Text = ""
) -> Response:
    """Where a service sends the browser back to."""
    account_id = await _account_id(request, services)
    try:
        ended = await services.identity_sign_in.end(
            provider,
            request.cookies.get(COOKIE, ""),
            code=code,
            state=state,
            redirect=_redirect(services, provider),
            user_agent=request.headers.get("user-agent", ""),
            account_id=account_id,
        )
    except SignInRefused as error:
        answer = _refused(error, link=bool(account_id))
    else:
        answer = RedirectResponse(ended.back or (_ACCOUNT if ended.session is None else "/"), status_code=302)
        if ended.session is not None:
            begun(*ended.session, answer, services)
    answer.delete_cookie(COOKIE, path=_PATH)
    return answer


@router.get("/account/integrates")
async def list_integrations(services: ServicesDep, signed_in: MemberDep) -> Integrations:
    """The services that one may sign in by, and which of them know one's account."""
    linked = await services.identity_sign_in.linked(signed_in.account_id)
    return Integrations(
        data=[
            Integration(provider=each.id, name=each.name, is_bound=each.id in linked)
            for each in services.identity_sign_in.services.values()
        ]
    )


@router.delete("/account/integrates/{provider}")
async def remove_integration(provider: str, services: ServicesDep, signed_in: MemberDep) -> Done:
    """No longer sign in by a service."""
    await services.identity_sign_in.unlink(signed_in.account_id, provider)
    return Done()


async def _account_id(request: Request, services: Services) -> str:
    signed_in = await services.accounts.session_account(request.cookies.get(SESSION_COOKIE, ""))
    return signed_in.account_id if signed_in else ""


def _redirect(services: Services, provider: str) -> str:
    return services.links.sign_in_callback(provider)


def _refused(error: SignInRefused, *, link: bool) -> RedirectResponse:
    return _led(_ACCOUNT if link else "/signin", problem=error.problem)


def _led(path: str, *, problem: str = "", back: str = "") -> RedirectResponse:
    query = {name: value for name, value in (("problem", problem), ("return", back)) if value}
    return RedirectResponse(f"{path}?{urlencode(query)}", status_code=302)
