"""Routes that say who may call them. A test walks the application and finds no other kind."""

from collections.abc import Awaitable, Callable
from enum import StrEnum

from starlette.requests import Request
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Scope


class Caller(StrEnum):
    """Who a route lets in."""

    ANYONE = "anyone"
    SIGNATURE = "whoever holds a signed link"
    APP_KEY = "holders of an app key"
    KNOWLEDGE_KEY = "holders of a knowledge key"
    SECRET_ADDRESS = "whoever knows its secret address"
    VISITOR = "visitors of a published page"
    MEMBER = "signed-in members of the workspace"
    FIRST_RUN = "anyone, until the first account exists"


Endpoint = Callable[[Request], Awaitable[ASGIApp]]


class DeclaredRoute(Route):
    """A route with its caller."""

    def __init__(self, path: str, endpoint: Endpoint, *, method: str, caller: Caller) -> None:
        super().__init__(path, endpoint, methods=[method])
        self.caller = caller

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """An address with NUL, which no record holds, is none."""
        return (Match.NONE, {}) if "\x00" in scope["path"] else super().matches(scope)
