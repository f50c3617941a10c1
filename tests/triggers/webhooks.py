"""Calls of webhooks of a running server."""

import json
from dataclasses import dataclass
from typing import Any

import httpx

from tests.server.harness import MadeApp, Workbench, eventually
from tests.triggers.apps import hooked


@dataclass
class Hook:
    """A published workflow that begins with a webhook."""

    bench: Workbench
    app: MadeApp
    url: str

    def send(self, method: str = "POST", *, query: str = "", **options: Any) -> httpx.Response:
        return self.bench.http.request(method, self.url + query, **options)

    def runs(self) -> list[dict[str, Any]]:
        """The runs that have ended, newest first, as the Service API shows them."""
        api = self.bench.api(self.app)
        logged = api.get("/workflows/logs").json()["data"]
        return [api.get(f"/workflows/run/{entry['workflow_run']['id']}").json() for entry in logged]

    def outputs(self, count: int = 1) -> dict[str, Any]:
        """The outputs of the last of `count` runs, once that many have ended."""
        eventually(lambda: len(self.runs()) == count, "the run ends")
        run = self.runs()[0]
        assert run["status"] == "succeeded", run["error"]
        return run["outputs"]

    def accepts(self, method: str = "POST", *, count: int = 1, query: str = "", **options: Any) -> dict[str, Any]:
        """The outputs of the run that a request starts."""
        answer = self.send(method, query=query, **options)
        assert answer.status_code == 200, answer.text
        return self.outputs(count)

    def refuses(self, method: str = "POST", *, query: str = "", **options: Any) -> str:
        """Why a request is refused; it has started nothing."""
        answer = self.send(method, query=query, **options)
        assert answer.status_code == 400, answer.text
        body = answer.json()
        assert body["error"] == "Bad Request"
        return str(body["message"])


def listed(bench: Workbench, app: MadeApp) -> list[dict[str, Any]]:
    """What `treadle trigger list` says of an app."""
    return [row for row in json.loads(bench.command("trigger", "list", "--json")) if row["app_id"] == app.id]


def address_of(bench: Workbench, app: MadeApp) -> str:
    """The webhook of an app, under the address that the server really has."""
    (row,) = [row for row in listed(bench, app) if row["kind"] == "webhook"]
    path = httpx.URL(row["webhook_url"]).path
    return f"{bench.server.url}{path}"


def hook(bench: Workbench, *outputs: str, **settings: Any) -> Hook:
    """A new published workflow."""
    app = bench.import_app(hooked(outputs, **settings))
    return Hook(bench, app, address_of(bench, app))
