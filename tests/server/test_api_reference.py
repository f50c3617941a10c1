"""The page that tells programs how to call an app: it lists the routes that there are, with what they take."""

import re
from pathlib import Path

from tests.server.console_client import console_of
from tests.server.harness import Workbench
from tests.server.sample_apps import CHAT, ECHO
from treadle.server.declared import Caller
from treadle.server.service_api.routes import ROUTES

ENDPOINTS = Path(__file__).parents[2] / "web/src/features/api-reference/endpoints.ts"
LISTED = re.compile(r'method: "(\w+)", path: "([^"]+)", modes: (\[[^\]]*\]|\w+)')
OLD_NAMES = {("POST", "/workflows/{task_id}/stop")}
"""Answered for clients written long ago, and not what anybody should call now."""


def listed() -> list[tuple[str, str]]:
    return [(method, path) for method, path, _ in LISTED.findall(ENDPOINTS.read_text())]


def test_the_page_knows_every_code_of_the_documents() -> None:
    root = ENDPOINTS.parents[4]
    documented = re.findall(r"^\| (\d{3}) \| `(\w+)` \|", (root / "docs/api.md").read_text(), re.MULTILINE)
    known = re.findall(r"^  (\w+): (\d{3}),$", ENDPOINTS.with_name("codes.ts").read_text(), re.MULTILINE)
    assert len(documented) > 20
    assert {(code, status) for status, code in documented} - set(known) == set()


def app_of(bench: Workbench) -> str:
    return str(bench.rows("SELECT app_id FROM api_keys ORDER BY created_at DESC LIMIT 1")[0][0])


def test_the_page_lists_every_route_of_apps() -> None:
    served = {
        (method, re.sub(r":\w+}", "}", route.path))
        for route in ROUTES
        if route.caller is Caller.APP_KEY
        for method in (route.methods or set()) - {"HEAD"}
    }
    assert len(listed()) == len(set(listed()))
    assert set(listed()) == served - OLD_NAMES


def test_the_parameters_of_a_published_app_are_read(workbench: Workbench) -> None:
    key = workbench.import_app(CHAT)
    app = app_of(workbench)
    published = workbench.api(key, "mira").get("/parameters").json()
    assert console_of(workbench, role="normal").get(f"/apps/{app}/parameters").json() == {"data": published}
    stranger = console_of(workbench, workspace_id=workbench.second_workspace("Elsewhere").id, role="owner")
    assert stranger.get(f"/apps/{app}/parameters").status_code == 404
    assert console_of(workbench, role="dataset_operator").get(f"/apps/{app}/parameters").status_code == 403


def test_an_app_that_is_not_published_has_none(workbench: Workbench) -> None:
    console = console_of(workbench, role="editor")
    answer = console.get(f"/apps/{console.new_app(ECHO)}/parameters")
    assert (answer.status_code, answer.json()["code"]) == (400, "app_unavailable")
