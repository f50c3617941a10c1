"""One's own account over HTTP: profile, picture, password, and the places where one is signed in."""

import httpx
import pytest

from tests.server.console_client import PASSWORD, Console, console_of
from tests.server.harness import Workbench
from tests.server.http_client import Api

OTHER = "another horse 2"


@pytest.fixture
def person(workbench: Workbench) -> Console:
    """A member of a workspace of their own."""
    return console_of(workbench, workspace_id=workbench.second_workspace("Harbour").id, role="normal")


def again(workbench: Workbench, person: Console, password: str = PASSWORD) -> httpx.Response:
    """What a further sign-in of this person answers."""
    api = Api(httpx.Client(timeout=60), f"{workbench.server.url}/console/api")
    return api.post("/signin", {"email": person.email, "password": password})


def send_picture(console: Console, data: bytes) -> str:
    answer = console.http.post(
        f"{console.base}/files/upload", files={"file": ("me.png", data, "image/png")}, headers=console.headers
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def test_the_profile_is_changed_piece_by_piece(person: Console) -> None:
    before = person.get("/account/profile").json()
    assert before == {
        "id": person.account_id,
        "name": "Member",
        "email": person.email,
        "avatar_url": None,
        "interface_language": "en-US",
        "interface_theme": "system",
        "timezone": "UTC",
        "has_password": True,
    }
    changes = {"name": "  空 ", "interface_language": "ja-JP", "interface_theme": "dark", "timezone": "Asia/Tokyo"}
    for name, value in changes.items():
        assert person.change("/account/profile", {name: value}).status_code == 200
    assert person.get("/account/profile").json() == {**before, **changes, "name": "空"}
    assert person.get("/account").json()["name"] == "空"


@pytest.mark.parametrize(
    "change",
    [
        {"name": " "},
        {"name": "x" * 31},
        {"name": 4},
        {"interface_language": "tlh"},
        {"interface_theme": "pink"},
        {"timezone": "Moon/Sea"},
        {"timezone": ""},
    ],
)
def test_a_change_that_makes_no_sense_is_refused(person: Console, change: dict[str, object]) -> None:
    before = person.get("/account/profile").json()
    answer = person.change("/account/profile", change)
    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid_param"
    assert person.get("/account/profile").json() == before


def test_a_picture_is_seen_by_people_of_the_same_workspace(workbench: Workbench, person: Console) -> None:
    workspace = person.get("/account").json()["workspace"]["id"]
    colleague = console_of(workbench, workspace_id=workspace, role="normal")
    stranger = console_of(workbench, workspace_id=workbench.second_workspace("Reef").id)
    data = workbench.png()
    file_id = send_picture(person, data)
    url = person.call("PUT", "/account/avatar", json={"file_id": file_id}).json()["avatar_url"]
    row = next(
        row for row in colleague.get("/workspaces/current/members").json()["members"] if row["id"] == person.account_id
    )
    assert row["avatar_url"] == url
    path = url.removeprefix("/console/api")
    for viewer in (person, colleague):
        answer = viewer.get(path)
        assert (answer.status_code, answer.content) == (200, data)
    assert stranger.get(path).status_code == 404
    assert stranger.call("PUT", "/account/avatar", json={"file_id": file_id}).status_code == 400
    assert person.call("DELETE", "/account/avatar").json()["avatar_url"] is None
    assert colleague.get(path).status_code == 404


def test_a_new_password_needs_the_old_one_and_ends_other_sessions(workbench: Workbench, person: Console) -> None:
    elsewhere = Console(workbench, person.account_id, person.email)
    wrong = person.call("PUT", "/account/password", json={"password": "guess", "new_password": OTHER})
    assert (wrong.status_code, wrong.json()["code"]) == (400, "wrong_password")
    weak = person.call("PUT", "/account/password", json={"password": PASSWORD, "new_password": "short"})
    assert (weak.status_code, weak.json()["code"]) == (400, "invalid_param")
    assert elsewhere.get("/account").status_code == 200
    assert (
        person.call("PUT", "/account/password", json={"password": PASSWORD, "new_password": OTHER}).status_code == 200
    )
    assert person.get("/account").status_code == 200
    assert elsewhere.get("/account").status_code == 401
    assert again(workbench, person).status_code == 401
    assert again(workbench, person, OTHER).status_code == 200


def test_guessing_the_password_of_an_open_session_is_locked(person: Console) -> None:
    guess = {"password": "guess", "new_password": OTHER}
    answers = [person.call("PUT", "/account/password", json=guess).status_code for _ in range(8)]
    assert answers[0] == 400
    assert answers[-1] == 429


def test_sessions_are_listed_and_ended(workbench: Workbench, person: Console) -> None:
    second, third = (Console(workbench, person.account_id, person.email) for _ in range(2))
    rows = person.get("/account/sessions").json()["sessions"]
    assert [row["current"] for row in rows] == [False, False, True]
    assert person.call("DELETE", f"/account/sessions/{rows[0]['id']}").status_code == 200
    assert third.get("/account").status_code == 401
    assert person.call("DELETE", f"/account/sessions/{rows[0]['id']}").status_code == 404
    assert person.call("DELETE", "/account/sessions").status_code == 200
    assert second.get("/account").status_code == 401
    assert [row["current"] for row in person.get("/account/sessions").json()["sessions"]] == [True]


def test_the_session_of_somebody_else_is_unknown(workbench: Workbench, person: Console) -> None:
    other = console_of(workbench)
    session_id = other.get("/account/sessions").json()["sessions"][0]["id"]
    assert person.call("DELETE", f"/account/sessions/{session_id}").status_code == 404
    assert other.get("/account").status_code == 200
