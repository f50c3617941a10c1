"""The error envelope: every failure of an HTTP request, put into words once.

Source: spec service-api §1.5. All three members are always sent, `params` when one argument is at fault.
"""

import logging
import re

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from treadle.platform.refusals import InvalidParam, Refusal

_log = logging.getLogger(__name__)

_CODES = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "request_too_large",
    415: "unsupported_media_type",
}
_PATH = re.compile(r" - at `\$\.?(?:\[\.\.\.\])?([^`]*)`$")
_MISSING = re.compile(r"^Object missing required field `([^`]+)`")


def envelope(
    code: str, message: str, status: int, *, param: str | None = None, retry_after: int | None = None
) -> Response:
    """An error as JSON."""
    body: dict[str, object] = {"code": code, "message": message, "status": status}
    if param is not None:
        body["params"] = param
    headers: dict[str, str] = {}
    if retry_after is not None:
        headers["Retry-After"] = str(retry_after)
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="api"'
    return Response(msgspec.json.encode(body), status, headers, media_type="application/json")


def refusal_response(refusal: Refusal) -> Response:
    """The envelope of a refused request."""
    return envelope(refusal.code, refusal.message, refusal.status, param=refusal.param, retry_after=refusal.retry_after)


def invalid_argument(error: msgspec.ValidationError) -> InvalidParam:
    """A refusal that names the first bad argument of a body or query."""
    text = str(error)
    missing = _MISSING.match(text)
    path = _PATH.search(text)
    place = path.group(1) if path else ""
    if missing:
        name = f"{place}.{missing.group(1)}" if place else missing.group(1)
        return InvalidParam(f"`{name}` is required.", param=name)
    reason = _PATH.sub("", text)
    if not place:
        return InvalidParam(f"The request is not an object of arguments: {reason}.")
    return InvalidParam(f"`{place}` is not valid: {reason[:1].lower()}{reason[1:]}.", param=place)


class AnsweredCrashes:
    """Ends requests that crashed but were answered in full (`on_crash` wrote the log).

    Were the exception to reach the HTTP server, it would close the connection, and with it break the next request of a
    caller that keeps its connections.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answered = False

        async def watched(message: Message) -> None:
            nonlocal answered
            answered = message["type"] == "http.response.body" and not message.get("more_body", False)
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception:
            if not answered:
                raise


async def on_refusal(_: Request, error: Exception) -> Response:
    """Exception handler for Refusal."""
    assert isinstance(error, Refusal)
    return refusal_response(error)


async def on_http_error(_: Request, error: Exception) -> Response:
    """Exception handler for what the router itself refuses: unknown routes, wrong verbs."""
    status = getattr(error, "status_code", 500)
    message = {404: "There is nothing at this address.", 405: "This address does not take that method."}.get(
        status, str(getattr(error, "detail", "")) or "The request was refused."
    )
    return envelope(_CODES.get(status, "unknown"), message, status)


async def on_crash(request: Request, error: Exception) -> Response:
    """Exception handler for everything unforeseen."""
    _log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return envelope("internal_server_error", "The server failed to answer this request; its log says why.", 500)
