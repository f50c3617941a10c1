"""An API extension endpoint: moderation and external data by HTTP (service-api.md §7), and strict about the calls."""

from collections.abc import Callable
from typing import Literal

from aiohttp import web

from tests.doubles.http_double import RECORDED, HttpDouble, Refused
from tests.doubles.recording import JsonValue, Request

Point = Literal["ping", "app.moderation.input", "app.moderation.output", "app.external_data_tool.query"]
Answer = JsonValue | Callable[[dict[str, JsonValue]], JsonValue]


class ApiExtension(HttpDouble):
    """The endpoint at `url`. Unless told otherwise it flags nothing and knows `known <variable>` for every variable."""

    def __init__(self, *, key: str = "extension-key") -> None:
        super().__init__()
        self.key = key
        self._answers: dict[str, Answer] = {
            "ping": {"result": "pong"},
            "app.moderation.input": {"flagged": False, "action": "direct_output"},
            "app.moderation.output": {"flagged": False, "action": "direct_output"},
            "app.external_data_tool.query": lambda params: {"result": f"known {params['tool_variable']}"},
        }
        self._status = 200

    @property
    def url(self) -> str:
        return f"{self.origin}/extension"

    def answer(self, point: Point, answer: Answer) -> None:
        """Answers a point with this JSON, or with what the function makes of the params."""
        self._answers[point] = answer

    def fail(self, status: int) -> None:
        """Answers every call with this status from now on."""
        self._status = status

    def calls(self, point: Point) -> list[dict[str, JsonValue]]:
        """The params of the calls of a point so far, in order."""
        return [request.json["params"] for request in self.requests if request.json["point"] == point]

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/extension", self._call)]

    def admit(self, recorded: Request) -> None:
        if recorded.bearer != self.key:
            raise Refused(401, "The Authorization header does not carry this extension's key.", kind="auth")

    def error_body(self, refused: Refused) -> JsonValue:
        return {"error": refused.message}

    async def _call(self, request: web.Request) -> web.StreamResponse:
        body = self.json_body(request[RECORDED], "extension/call")
        if self._status != 200:
            raise Refused(self._status, "The extension was told to fail.", kind=None)
        answer = self._answers[str(body["point"])]
        params = body["params"]
        return web.json_response(answer(params if isinstance(params, dict) else {}) if callable(answer) else answer)
