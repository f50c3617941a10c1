"""Who may call a console route, and what every route asks for: the services, and the member who is signed in.

A session is an HttpOnly cookie; every write carries the CSRF token of the session in `X-CSRF-Token`.
"""

import hmac
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.routing import APIRoute

from treadle.accounts.service import SignedIn
from treadle.platform.refusals import Forbidden, Unauthorized
from treadle.server.declared import Caller
from treadle.server.services import Services

SESSION_COOKIE = "treadle_session"
CSRF_COOKIE = "treadle_csrf"
CSRF_HEADER = "x-csrf-token"


class DeclaredAPIRoute(APIRoute):
    """A route whose caller is read from its dependencies: `member` or nothing but `anyone` and `first_run`."""

    @property
    def caller(self) -> Caller | None:
        """Who may call it; None when the route does not say."""
        for dependency in self.dependant.dependencies:
            if dependency.call in _CALLERS:
                return _CALLERS[dependency.call]
        return None


def console_router(tag: str) -> APIRouter:
    """A router of the console API. `tag` names its domain in the description of the API."""
    return APIRouter(route_class=DeclaredAPIRoute, tags=[tag])


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
