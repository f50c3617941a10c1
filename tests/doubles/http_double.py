"""A double that speaks HTTP: every request recorded, every refusal in the service's own error form."""

import asyncio
from abc import abstractmethod
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from tests.doubles.double import Double
from tests.doubles.recording import JsonValue, Request, Unreadable, Violation, ViolationKind, parse_body
from tests.doubles.schema import problem

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

RECORDED = web.RequestKey("recorded", Request)

MAX_BODY = 64 * 2**20


class Refused(Exception):
    """A request that the real service would refuse, and how.

    `kind` None means that the refusal is part of normal service, such as a scripted failure, and no violation.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: ViolationKind | None = "protocol",
        code: str | None = None,
        param: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.kind: ViolationKind | None = kind
        self.code = code
        self.param = param
        self.headers = dict(headers or {})


class HttpDouble(Double):
    """An HTTP/1.1 server on a free loopback port that keeps every request."""

    def __init__(self) -> None:
        super().__init__()
        self.requests: list[Request] = []
        self.origin = ""
        self._runner: web.AppRunner | None = None

    @abstractmethod
    def routes(self) -> list[web.RouteDef]:
        """The service's endpoints."""

    @abstractmethod
    def error_body(self, refused: Refused) -> JsonValue:
        """The service's published error body for a refusal."""

    def admit(self, recorded: Request) -> None:
        """Checks what every endpoint demands, such as a key. Raises Refused."""

    @property
    def url(self) -> str:
        """The base URL that a client of this service is configured with."""
        return self.origin

    async def start(self) -> None:
        app = web.Application(middlewares=[self._serve], client_max_size=MAX_BODY)
        app.add_routes(self.routes())
        self._runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.origin = f"http://{host}:{port}"

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    def requests_to(self, path: str) -> list[Request]:
        """The requests so far whose path ends with `path`, in order of arrival."""
        return [request for request in self.requests if request.path.endswith(path)]

    async def wait_requests(self, count: int = 1, path: str = "", timeout: float = 10) -> list[Request]:
        """Awaits `count` requests whose path ends with `path` and returns all such. Raises TimeoutError."""
        await self.wait_until(lambda: len(self.requests_to(path)) >= count, f"{count} requests to {path!r}", timeout)
        return self.requests_to(path)

    async def wait_client_closed(self, timeout: float = 10) -> Request:
        """Awaits a client that hangs up in the middle of an answer and returns its request. Raises TimeoutError."""
        await self.wait_until(lambda: any(r.client_closed for r in self.requests), "a client to hang up", timeout)
        return next(request for request in self.requests if request.client_closed)

    def json_body(self, recorded: Request, schema: str, allow: frozenset[str] = frozenset()) -> dict[str, JsonValue]:
        """The JSON object of a request, its members but those in `allow` checked against `schemas/<schema>.json`.

        Raises Refused with status 400.
        """
        if recorded.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            raise Refused(400, "The request body must be sent as Content-Type: application/json.")
        if isinstance(recorded.body, Unreadable):
            raise Refused(400, f"The request body is {recorded.body.reason}.")
        body = recorded.body
        if not isinstance(body, dict):
            raise Refused(400, "The request body must be a JSON object.", kind="schema")
        self.check(schema, {name: value for name, value in body.items() if name not in allow})
        return body

    def check(self, schema: str, value: JsonValue) -> None:
        """Raises Refused with status 400 when `value` breaks `schemas/<schema>.json`."""
        found = problem(schema, value)
        if found is not None:
            param, message = found
            raise Refused(400, f"{param}: {message}" if param else message, kind="schema", param=param or None)

    @web.middleware
    async def _serve(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        recorded = await self._record(request)
        try:
            self.admit(recorded)
            return await handler(request)
        except (web.HTTPNotFound, web.HTTPMethodNotAllowed):
            return self._refuse(recorded, Refused(404, f"Unknown route {request.path}.", kind="route"))
        except Refused as refused:
            return self._refuse(recorded, refused)
        except asyncio.CancelledError:
            if not self._stopping:
                recorded.client_closed = True
                self.changed()
            raise

    async def _record(self, request: web.Request) -> Request:
        raw = await request.read()
        recorded = Request(
            method=request.method,
            path=request.path,
            query=tuple(request.query.items()),
            headers={name.lower(): value for name, value in request.headers.items()},
            body=parse_body(request.headers.get("content-type", ""), raw),
            raw=raw,
        )
        request[RECORDED] = recorded
        with self._changed:
            self.requests.append(recorded)
            self._changed.notify_all()
        return recorded

    def _refuse(self, recorded: Request, refused: Refused) -> web.Response:
        if refused.kind is not None:
            self.violate(Violation(refused.kind, f"{recorded.method} {recorded.path}", refused.message))
        return web.json_response(self.error_body(refused), status=refused.status, headers=refused.headers)
