"""Addresses of webhooks, outside every API. Their errors are `{"error", "message"}` (spec service-api §8)."""

import logging
from collections.abc import Awaitable, Callable

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from treadle.nodes.trigger_webhook import WebhookConfig
from treadle.platform.refusals import Refusal, TooLarge
from treadle.server.arguments import read_body
from treadle.server.declared import Caller, DeclaredRoute
from treadle.server.services import Services
from treadle.triggers.tables import Trigger
from treadle.triggers.webhook_request import Request as Sent
from treadle.triggers.webhook_request import WebhookRefused
from treadle.triggers.webhooks import Webhooks

_log = logging.getLogger(__name__)

_ERRORS = {400: "Bad Request", 404: "Not Found", 413: "Request Entity Too Large", 429: "Too Many Requests"}
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD")

Open = Callable[[str], Awaitable[tuple[Trigger, WebhookConfig]]]
Receive = Callable[[Trigger, WebhookConfig, Sent], Awaitable[tuple[int, bytes]]]


async def webhook(request: Request) -> ASGIApp:
    """Any method on /triggers/webhook/{id}: starts a run of the published workflow, and does not wait for it."""
    hooks = _hooks(request)
    return await _answered(request, hooks.open, hooks.receive)


async def webhook_for_draft(request: Request) -> ASGIApp:
    """Any method on /triggers/webhook-debug/{id}: feeds an editor that listens."""
    hooks = _hooks(request)
    return await _answered(request, hooks.open_draft, hooks.receive_for_draft)


def _hooks(request: Request) -> Webhooks:
    services: Services = request.app.state.services
    return services.webhooks


async def _answered(request: Request, open: Open, receive: Receive) -> Response:
    services: Services = request.app.state.services
    try:
        row, config = await open(str(request.path_params["webhook_id"]))
        body = await read_body(request, services.settings.webhook_request_body_max_size)
        sent = Sent(request.method, dict(request.headers), request.url.query, body)
        status, answer = await receive(row, config, sent)
    except WebhookRefused as refused:
        return _error(refused.status, refused.message)
    except TooLarge as refused:
        return _error(413, refused.message)
    except Refusal as refused:
        if refused.status == 429:
            return _error(429, refused.message)
        _log.warning("a webhook started nothing: %s", refused.message)
        return _error(500, refused.message)
    return Response(answer, status, media_type="application/json")


def _error(status: int, message: str) -> Response:
    body = {"error": _ERRORS.get(status, "Internal server error"), "message": message}
    return Response(msgspec.json.encode(body), status, media_type="application/json")


ROUTES = [
    DeclaredRoute(path, endpoint, method=method, caller=Caller.SECRET_ADDRESS)
    for path, endpoint in (
        ("/triggers/webhook/{webhook_id}", webhook),
        ("/triggers/webhook-debug/{webhook_id}", webhook_for_draft),
    )
    for method in _METHODS
]
