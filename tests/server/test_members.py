"""Members and workspaces over HTTP: who may do what to whom, and what stops at once."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import httpx
import pytest

from tests.server.console_client import Console, console_of
from tests.server.harness import Workbench

MEMBERS = "/workspaces/current/members"


@pytest.fixture
def workspace(workbench: Workbench) -> str:
    """The id of a workspace without members."""
    return workbench.second_workspace("Harbour").id


def roles_of(console: Console) -> dict[str, str]:
    return {row["id"]: row["role"] for row in console.get(MEMBERS).json()["members"]}


def give(console: Console, account_id: str, role: str) -> httpx.Response:
    return console.call("PUT", f"{MEMBERS}/{account_id}/role", json={"role": role})


def remove(console: Console, account_id: str) -> httpx.Response:
    return console.call("DELETE", f"{MEMBERS}/{account_id}")


def test_members_are_listed_with_their_roles(workbench: Workbench, workspace: str) -> None:
    owner = console_of(workbench, workspace_id=workspace, role="owner")
    reader = console_of(workbench, workspace_id=workspace, role="normal")
    rows = reader.get(MEMBERS).json()["members"]
    assert [(row["id"], row["email"], row["role"], row["status"]) for row in rows] == [
        (owner.account_id, owner.email, "owner", "active"),
        (reader.account_id, reader.email, "normal", "active"),
    ]
    assert all(row["last_login_at"] is not None for row in rows)


def test_ownership_is_handed_over_in_one_step(workbench: Workbench, workspace: str) -> None:
    owner = console_of(workbench, workspace_id=workspace, role="owner")
    editor = console_of(workbench, workspace_id=workspace, role="editor")
    assert give(owner, editor.account_id, "owner").status_code == 200
    assert roles_of(editor) == {owner.account_id: "admin", editor.account_id: "owner"}
    assert give(owner, editor.account_id, "normal").status_code == 403


def test_of_two_transfers_at_once_one_is_made(workbench: Workbench, workspace: str) -> None:
    owner = console_of(workbench, workspace_id=workspace, role="owner")
    heirs = [console_of(workbench, workspace_id=workspace, role="editor") for _ in range(2)]
    with ThreadPoolExecutor() as pool:
        answers = list(pool.map(lambda heir: give(owner, heir.account_id, "owner").status_code, heirs))
    assert sorted(answers) == [200, 403]
    assert sorted(roles_of(owner).values()) == ["admin", "editor", "owner"]


def test_an_admin_manages_all_but_the_owner(workbench: Workbench, workspace: str) -> None:
    owner = console_of(workbench, workspace_id=workspace, role="owner")
    admin = console_of(workbench, workspace_id=workspace, role="admin")
    other = console_of(workbench, workspace_id=workspace, role="normal")
    assert give(admin, other.account_id, "dataset_operator").status_code == 200
    assert give(admin, other.account_id, "dataset_operator").status_code == 409
    assert give(admin, other.account_id, "owner").status_code == 403
    assert give(admin, owner.account_id, "normal").status_code == 403
    assert remove(admin, owner.account_id).status_code == 403
    assert roles_of(owner)[other.account_id] == "dataset_operator"


@pytest.mark.parametrize("role", ["editor", "normal", "dataset_operator"])
def test_others_manage_nobody(workbench: Workbench, workspace: str, role: str) -> None:
    asking = console_of(workbench, workspace_id=workspace, role=role)
    other = console_of(workbench, workspace_id=workspace, role="normal")
    before = roles_of(asking)
    assert give(asking, other.account_id, "admin").status_code == 403
    assert remove(asking, other.account_id).status_code == 403
    assert asking.change("/workspaces/current", {"name": "Taken"}).status_code == 403
    assert roles_of(asking) == before


def test_nobody_changes_or_removes_himself(workbench: Workbench, workspace: str) -> None:
    owner = console_of(workbench, workspace_id=workspace, role="owner")
    assert give(owner, owner.account_id, "admin").status_code == 400
    assert remove(owner, owner.account_id).status_code == 400
    assert roles_of(owner) == {owner.account_id: "owner"}


def test_a_removed_member_is_signed_out_at_once(workbench: Workbench, workspace: str) -> None:
    owner = console_of(workbench, workspace_id=workspace, role="owner")
    leaver = console_of(workbench, workspace_id=workspace, role="editor")
    assert leaver.get("/account").status_code == 200
    assert remove(owner, leaver.account_id).status_code == 200
    assert leaver.get("/account").status_code == 401
    assert remove(owner, leaver.account_id).status_code == 404


def test_members_of_another_workspace_are_unknown(workbench: Workbench, workspace: str) -> None:
    owner = console_of(workbench, workspace_id=workspace, role="owner")
    stranger = console_of(workbench, workspace_id=workbench.second_workspace("Lagoon").id, role="normal")
    for account_id in (stranger.account_id, str(uuid4()), "nobody"):
        assert give(owner, account_id, "admin").status_code == 404
        assert remove(owner, account_id).status_code == 404
    assert list(roles_of(stranger).values()) == ["normal"]


def test_a_person_switches_between_their_workspaces_only(workbench: Workbench, workspace: str) -> None:
    person = console_of(workbench, workspace_id=workspace, role="normal")
    second, foreign = workbench.second_workspace("Lagoon").id, workbench.second_workspace("Reef").id
    workbench.change(
        "INSERT INTO members (workspace_id, account_id, role, created_at)"
        " VALUES (:workspace, :account, 'owner', 9000000000000000)",
        workspace=second,
        account=person.account_id,
    )
    assert person.post("/workspaces/switch", {"workspace_id": foreign}).status_code == 404
    assert person.post("/workspaces/switch", {"workspace_id": second}).status_code == 200
    assert person.get("/workspaces").json() == {
        "workspaces": [
            {"id": workspace, "name": "Harbour", "role": "normal", "current": False},
            {"id": second, "name": "Lagoon", "role": "owner", "current": True},
        ]
    }
    assert person.get("/account").json()["role"] == "owner"


def test_a_workspace_is_renamed(workbench: Workbench, workspace: str) -> None:
    admin = console_of(workbench, workspace_id=workspace, role="admin")
    for name in ("", "  ", "x" * 101):
        assert admin.change("/workspaces/current", {"name": name}).status_code in (400, 422)
    assert admin.change("/workspaces/current", {"name": " 港の部屋 "}).status_code == 200
    assert admin.get("/account").json()["workspace"] == {"id": workspace, "name": "港の部屋"}
