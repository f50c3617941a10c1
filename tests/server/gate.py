"""A web service that answers only when the test lets it, so that a run stands still where the test wants it."""

import asyncio

from aiohttp import web

from tests.doubles.http_double import RECORDED, HttpDouble, Refused
from tests.doubles.recording import JsonValue


class Gate(HttpDouble):
    """`/held/{name}` waits for `open(name)`; `/free/{name}` answers at once. All requests are kept."""

    def __init__(self) -> None:
        super().__init__()
        self._opened: dict[str, asyncio.Event] = {}

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/held/{name}", self._held),
            web.get("/free/{name}", self._free),
            web.route("*", "/status/{status:\\d+}/{name}", self._status),
        ]

    def error_body(self, refused: Refused) -> JsonValue:
        return {"error": refused.message}

    def held(self, name: str) -> str:
        """The address that stands still."""
        return f"{self.origin}/held/{name}"

    def free(self, name: str) -> str:
        """The address that answers at once."""
        return f"{self.origin}/free/{name}"

    def calls(self, name: str) -> int:
        """How often an address was asked for."""
        return len(self.requests_to(f"/{name}"))

    def wait(self, name: str, count: int = 1, timeout: float = 15) -> None:
        """Blocks until an address was asked for `count` times."""
        self.wait_until_now(lambda: self.calls(name) >= count, f"{count} calls of {name}", timeout)

    def open(self, name: str) -> None:
        """Lets everybody through who waits at `name`, and who comes later."""
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._event(name).set)

    def _event(self, name: str) -> asyncio.Event:
        return self._opened.setdefault(name, asyncio.Event())

    async def _held(self, request: web.Request) -> web.StreamResponse:
        await self._event(request.match_info["name"]).wait()
        return web.json_response({"passed": request.match_info["name"]})

    async def _free(self, request: web.Request) -> web.StreamResponse:
        return web.json_response({"passed": request.match_info["name"], "query": dict(request[RECORDED].query)})

    async def _status(self, request: web.Request) -> web.StreamResponse:
        return web.json_response({"status": request.match_info["status"]}, status=int(request.match_info["status"]))
