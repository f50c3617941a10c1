"""Who may call which route of the console: the matrix of roles (spec console §3), route by route."""

import re
from collections.abc import Iterator
from uuid import uuid4

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from tests.server.console_client import Console, console_of
from tests.server.harness import Workbench
from treadle.server.console_api.app import ROUTERS

READS = {"GET", "HEAD"}
OWN = (
    "/signout",
    "/account",
    "/workspaces/switch",
    "/activation/join",
    "/installed-apps/",
    "/files/upload",
    "/forms/",
)
"""What every member does for himself: his account, using apps, answering forms."""
KNOWLEDGE = ("/datasets", "/website/crawl")
"""Each base says who may work on it, so its routes ask themselves; tests/knowledge walks them."""
OPEN = ("/setup", "/signin", "/activation", "/password-reset")
PARTING = ("/apps/{app_id}/workflows/draft",)
"""A draft saved while its page closes: the editor's token is in the body."""


OF_APPS = (
    "/apps/{app_id}",
    "/explore/",
    "/installed-apps",
    "/triggers",
    "/agent-prompts",
    "/workspaces/current/tool",
)
"""What a member whose work is knowledge alone has no part in, not even by reading."""


def guards(dependant: Dependant) -> Iterator[str]:
    for each in dependant.dependencies:
        yield getattr(each.call, "__name__", "")
        yield from guards(each)


def routes() -> list[tuple[str, str, set[str]]]:
    """Method, path and the names of what asks who calls."""
    return [
        (method, route.path, set(guards(route.dependant)))
        for router in ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in route.methods
    ]


def guarded(*names: str) -> list[tuple[str, str]]:
    return [(method, path) for method, path, asked in routes() if method not in READS and asked & set(names)]


def test_every_write_is_for_editors_or_says_why_not() -> None:
    """A new route that changes something and lets every member in must be named here."""
    loose = [
        (method, path)
        for method, path, asked in routes()
        if method not in READS and not asked & {"editor", "administrator", "parting_editor"}
    ]
    loose.remove(("POST", "/workspaces"))  # a workspace of one's own, where the operator allows it
    assert [each for each in loose if not each[1].startswith((*OWN, *KNOWLEDGE, *OPEN))] == []
    assert [path for _, path, asked in routes() if "parting_editor" in asked] == list(PARTING)


def refusals(console: Console, wanted: list[tuple[str, str]]) -> list[str]:
    """The routes that answer anything but 403, with what they answer."""
    wrong: list[str] = []
    for method, path in wanted:
        filled = re.sub(r"{\w+(:\w+)?}", str(uuid4()), path)
        answer = console.call(method, filled, json=None if method in READS else {})
        if answer.status_code != 403:
            wrong.append(f"{method} {path}: {answer.status_code}")
    return wrong


@pytest.mark.parametrize("role", ["normal", "dataset_operator"])
def test_who_only_uses_apps_changes_none(workbench: Workbench, role: str) -> None:
    wanted = guarded("editor", "administrator")
    assert len(wanted) > 60
    assert refusals(console_of(workbench, role=role), wanted) == []


def test_editors_do_not_decide_for_the_workspace(workbench: Workbench) -> None:
    wanted = guarded("administrator")
    assert len(wanted) > 20
    assert refusals(console_of(workbench, role="editor"), wanted) == []


def test_who_keeps_knowledge_sees_neither_apps_nor_tools(workbench: Workbench) -> None:
    wanted = [
        (method, path)
        for method, path, asked in routes()
        if method == "GET" and path.startswith(OF_APPS) and "anyone" not in asked
    ]
    assert len(wanted) > 40
    keeper = console_of(workbench, role="dataset_operator")
    assert refusals(keeper, [*wanted, ("GET", "/apps"), ("GET", "/apps/imports/{app_id}/check-dependencies")]) == []
    assert keeper.get("/datasets").status_code == 200
