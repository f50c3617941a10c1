"""LangSmith's API as far as tracing needs it: projects, runs in all three forms of upload, and OpenTelemetry."""

import itertools
import json
from collections.abc import Iterable

from aiohttp import web

from tests.doubles.http_double import RECORDED, HttpDouble, Refused
from tests.doubles.otlp import Span, accepted, spans_of
from tests.doubles.recording import Form, JsonValue, Request, objects

Json = dict[str, JsonValue]


class LangSmith(HttpDouble):
    """A workspace that keeps what it is sent: `runs` and `projects` by id, runs merged from post and patch.

    multipart: whether `/info` tells clients to upload runs as multipart bodies, or as JSON batches.
    """

    def __init__(self, *, key: str = "lsv2_double", multipart: bool = True) -> None:
        super().__init__()
        self.key = key
        self.multipart = multipart
        self.runs: dict[str, Json] = {}
        self.projects: dict[str, Json] = {}
        self.spans: list[Span] = []
        self._ids = itertools.count(1)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/info", self._info),
            web.get("/sessions", self._list_projects),
            web.post("/sessions", self._create_project),
            web.delete("/sessions/{id}", self._delete_project),
            web.post("/runs", self._post_run),
            web.patch("/runs/{id}", self._patch_run),
            web.post("/runs/batch", self._batch),
            web.post("/runs/multipart", self._multipart),
            web.post("/otel/v1/traces", self._export),
        ]

    def admit(self, recorded: Request) -> None:
        if recorded.path != "/info" and recorded.headers.get("x-api-key") != self.key:
            raise Refused(401, "Invalid API key", kind="auth")

    def error_body(self, refused: Refused) -> JsonValue:
        return {"detail": refused.message}

    def children(self, parent_id: str | None) -> list[Json]:
        """The runs directly under a run (None: the roots), in order of arrival."""
        return [run for run in self.runs.values() if run.get("parent_run_id") == parent_id]

    async def _info(self, request: web.Request) -> web.StreamResponse:
        limits: Json = {"size_limit": 100, "size_limit_bytes": 20971520, "scale_up_nthreads_limit": 1}
        limits |= {
            "scale_up_qsize_trigger": 1000,
            "scale_down_nempty_trigger": 4,
            "use_multipart_endpoint": self.multipart,
        }
        return web.json_response(
            {"version": "0.12.0", "batch_ingest_config": limits, "instance_flags": {"zstd_compression_enabled": False}}
        )

    async def _list_projects(self, request: web.Request) -> web.StreamResponse:
        name = request.query.get("name")
        return web.json_response([project for project in self.projects.values() if name in (None, project["name"])])

    async def _create_project(self, request: web.Request) -> web.StreamResponse:
        body = self.json_body(request[RECORDED], "langsmith/session")
        known = [project for project in self.projects.values() if project["name"] == body["name"]]
        if known and request.query.get("upsert") != "true":
            raise Refused(409, "Session already exists.", kind=None)
        project = known[0] if known else self._new_project(str(body["name"]), body.get("id"))
        return web.json_response(project)

    def _new_project(self, name: str, project_id: JsonValue = None) -> Json:
        project: Json = {
            "id": str(project_id or f"00000000-0000-4000-9000-{next(self._ids):012d}"),
            "name": name,
            "tenant_id": "00000000-0000-4000-9000-000000000000",
            "start_time": "2024-05-01T09:00:00+00:00",
            "end_time": None,
            "description": None,
            "default_dataset_id": None,
            "reference_dataset_id": None,
            "extra": {},
        }
        self.projects[str(project["id"])] = project
        return project

    async def _delete_project(self, request: web.Request) -> web.StreamResponse:
        if self.projects.pop(request.match_info["id"], None) is None:
            raise Refused(404, "Session not found", kind=None)
        return web.json_response({"message": "Session deletion queued"}, status=202)

    async def _post_run(self, request: web.Request) -> web.StreamResponse:
        self.json_body(request[RECORDED], "langsmith/run")
        self._create(request[RECORDED].json)
        return web.json_response({}, status=202)

    async def _patch_run(self, request: web.Request) -> web.StreamResponse:
        body = self.json_body(request[RECORDED], "langsmith/run_update")
        self._update({**body, "id": request.match_info["id"]})
        return web.json_response({}, status=202)

    async def _batch(self, request: web.Request) -> web.StreamResponse:
        body = self.json_body(request[RECORDED], "langsmith/batch")
        self._keep(objects(body.get("post")), objects(body.get("patch")))
        return web.json_response({}, status=202)

    async def _multipart(self, request: web.Request) -> web.StreamResponse:
        form = request[RECORDED].body
        if not isinstance(form, Form):
            raise Refused(422, "The body must be multipart/form-data.")
        created: dict[str, Json] = {}
        updated: dict[str, Json] = {}
        for name, text in form.fields:
            event, run_id, *member = name.split(".", 2)
            if event not in ("post", "patch"):
                raise Refused(422, f"Unknown part {name!r}.")
            run = (created if event == "post" else updated).setdefault(run_id, {"id": run_id})
            run.update({member[0]: json.loads(text)} if member else json.loads(text))
        self._keep(created.values(), updated.values())
        return web.json_response({}, status=202)

    def _keep(self, created: Iterable[Json], updated: Iterable[Json]) -> None:
        for run in created:
            self.check("langsmith/run", run)
            self._create(run)
        for run in updated:
            self.check("langsmith/run_update", run)
            self._update(run)

    async def _export(self, request: web.Request) -> web.StreamResponse:
        self.spans.extend(spans_of(request[RECORDED]))
        self.changed()
        return accepted(request[RECORDED])

    def _create(self, run: Json) -> None:
        check_order(run)
        project = run.get("session_name")
        if isinstance(project, str) and all(known["name"] != project for known in self.projects.values()):
            self._new_project(project)
        self.runs.setdefault(str(run["id"]), {}).update(run)
        self.changed()

    def _update(self, run: Json) -> None:
        check_order(run)
        self.runs.setdefault(str(run["id"]), {}).update({k: v for k, v in run.items() if v is not None})
        self.changed()


def check_order(run: Json) -> None:
    """The dotted order ends with the run itself, names its parent before it and starts with its trace."""
    order = run.get("dotted_order")
    if order is None:
        return
    ids = [step.rpartition("Z")[2] for step in str(order).split(".")]
    parent = run.get("parent_run_id")
    wrong = (
        ids[-1] != run["id"]
        or ids[0] != run.get("trace_id")
        or (parent is not None and (len(ids) < 2 or ids[-2] != parent))
        or (parent is None and "run_type" in run and len(ids) > 1)
    )
    if wrong:
        raise Refused(422, f"dotted_order {order!r} does not fit id, parent_run_id and trace_id.", param="dotted_order")
