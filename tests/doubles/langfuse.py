"""Langfuse's public API as far as tracing needs it: ingestion, OpenTelemetry, and the check of credentials."""

import base64
from collections.abc import Mapping

from aiohttp import web

from tests.doubles.http_double import RECORDED, HttpDouble, Refused
from tests.doubles.otlp import Span, accepted, spans_of
from tests.doubles.recording import JsonValue, Request, Violation
from tests.doubles.schema import problem

Json = dict[str, JsonValue]


class Langfuse(HttpDouble):
    """A project that keeps what it is sent: `traces` and `observations` by id, merged from create and update."""

    def __init__(self, *, public_key: str = "pk-lf-double", secret_key: str = "sk-lf-double") -> None:
        super().__init__()
        self.public_key = public_key
        self.secret_key = secret_key
        self.traces: dict[str, Json] = {}
        self.observations: dict[str, Json] = {}
        self.scores: list[Json] = []
        self.spans: list[Span] = []

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/api/public/health", self._health),
            web.get("/api/public/projects", self._projects),
            web.post("/api/public/ingestion", self._ingest),
            web.post("/api/public/otel/v1/traces", self._export),
        ]

    def admit(self, recorded: Request) -> None:
        if recorded.path == "/api/public/health":
            return
        login = base64.b64encode(f"{self.public_key}:{self.secret_key}".encode()).decode()
        if recorded.headers.get("authorization") != f"Basic {login}":
            raise Refused(401, "Invalid credentials. Confirm that you use the right host and keys.", kind="auth")

    def error_body(self, refused: Refused) -> JsonValue:
        return {"error": "UnauthorizedError" if refused.status == 401 else "InvalidRequest", "message": refused.message}

    def children(self, parent_id: str) -> list[Json]:
        """The observations directly under a trace or an observation, in order of arrival."""
        return [
            observation
            for observation in self.observations.values()
            if (observation.get("parentObservationId") or observation.get("traceId")) == parent_id
        ]

    async def _health(self, request: web.Request) -> web.StreamResponse:
        return web.json_response({"status": "OK", "version": "3.0.0"})

    async def _projects(self, request: web.Request) -> web.StreamResponse:
        return web.json_response({"data": [{"id": "project-double", "name": "Double", "metadata": {}}]})

    async def _export(self, request: web.Request) -> web.StreamResponse:
        self.spans.extend(spans_of(request[RECORDED]))
        self.changed()
        return accepted(request[RECORDED])

    async def _ingest(self, request: web.Request) -> web.StreamResponse:
        recorded = request[RECORDED]
        self.json_body(recorded, "langfuse/ingestion")
        successes: list[JsonValue] = []
        errors: list[JsonValue] = []
        for event in recorded.json["batch"]:
            found = problem("langfuse/event", event)
            if found is None:
                self._store(event["type"], event["body"])
                successes.append({"id": event["id"], "status": 201})
            else:
                message = f"{event['type']} {found[0]}: {found[1]}"
                self.violate(Violation("schema", f"POST {recorded.path}", message))
                errors.append({"id": event["id"], "status": 400, "message": "Invalid request data", "error": message})
        self.changed()
        return web.json_response({"successes": successes, "errors": errors}, status=207)

    def _store(self, kind: str, body: Json) -> None:
        if kind == "trace-create":
            merge(self.traces, body)
        elif kind == "score-create":
            self.scores.append(body)
        elif kind != "sdk-log":
            merge(self.observations, {**body, "type": kind.partition("-")[0].upper()})


def merge(store: dict[str, Json], body: Mapping[str, JsonValue]) -> None:
    """Adds what is new about an object, as the service merges create and update."""
    known = store.setdefault(str(body["id"]), {})
    known.update({name: value for name, value in body.items() if value is not None})
