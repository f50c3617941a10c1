"""Codes by mail over HTTP: a forgotten password, signing in and up, another address, the end of an account."""

import re
from collections.abc import Iterator
from uuid import uuid4

import httpx
import pytest

from tests.doubles.mail import MailSink
from tests.server.app_files import end, start, workflow
from tests.server.console_client import PASSWORD, Console, console_of
from tests.server.fixtures import running_workbench
from tests.server.harness import Workbench, eventually
from tests.server.http_client import Api


@pytest.fixture(scope="module")
def sink() -> Iterator[MailSink]:
    with MailSink().in_thread() as made:
        yield made


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory, sink: MailSink) -> Iterator[Workbench]:
    """A server that sends mail and lets everybody in."""
    environment = {
        "TREADLE_SMTP_HOST": "127.0.0.1",
        "TREADLE_SMTP_PORT": str(sink.port),
        "TREADLE_SMTP_SECURITY": "none",
        "ENABLE_EMAIL_CODE_LOGIN": "true",
        "ALLOW_REGISTER": "true",
        "ALLOW_CREATE_WORKSPACE": "true",
    }
    with running_workbench(tmp_path_factory.mktemp("proofs"), environment) as made:
        yield made


def nobody(bench: Workbench) -> Api:
    return Api(httpx.Client(timeout=60), f"{bench.server.url}/console/api")


def somebody() -> str:
    return f"{uuid4().hex}@example.com"


def code_for(sink: MailSink, email: str, count: int = 1) -> str:
    eventually(lambda: len(sink.mails_to(email)) >= count, "the mail is there")
    found = re.search(r"^\d{6}$", sink.mails_to(email)[count - 1].text, re.M)
    assert found
    return found.group()


def owner_of(bench: Workbench, name: str) -> Console:
    return console_of(bench, workspace_id=bench.second_workspace(name).id, role="owner")


def test_a_forgotten_password_is_set_anew(bench: Workbench, sink: MailSink) -> None:
    person, stranger = owner_of(bench, "Forgetful"), nobody(bench)
    begun = stranger.post("/password-reset", {"email": f" {person.email.upper()} ", "interface_language": "ja-JP"})
    assert begun.status_code == 200
    token, code = begun.json()["token"], code_for(sink, person.email)
    wrong = stranger.post("/password-reset/validity", {"token": token, "code": "12345"})
    assert (wrong.status_code, wrong.json()["code"]) == (400, "invalid_or_expired_code")
    early = stranger.call("PUT", "/password-reset", json={"token": token, "password": "another horse 2"})
    assert early.json()["code"] == "invalid_or_expired_code"
    assert stranger.post("/password-reset/validity", {"token": token, "code": code}).status_code == 200
    weak = stranger.call("PUT", "/password-reset", json={"token": token, "password": "short"})
    assert (weak.status_code, weak.json()["params"]) == (400, "password")
    assert (
        stranger.call("PUT", "/password-reset", json={"token": token, "password": "another horse 2"}).status_code == 200
    )
    assert person.get("/account").status_code == 401
    assert stranger.post("/signin", {"email": person.email, "password": PASSWORD}).status_code == 401
    assert stranger.post("/signin", {"email": person.email, "password": "another horse 2"}).status_code == 200


def test_an_unknown_address_is_answered_alike(bench: Workbench, sink: MailSink) -> None:
    email = somebody()
    answer = nobody(bench).post("/password-reset", {"email": email})
    assert answer.status_code == 200
    assert set(answer.json()) == {"token"}
    assert sink.mails_to(email) == []
    assert nobody(bench).post("/password-reset", {"email": "no address"}).status_code == 400


def test_a_code_signs_a_newcomer_up_and_in_again(bench: Workbench, sink: MailSink) -> None:
    email, stranger = somebody(), nobody(bench)
    token = stranger.post("/signin/code", {"email": email}).json()["token"]
    given = {"token": token, "code": code_for(sink, email), "name": "Nia", "interface_language": "zh-Hans"}
    assert stranger.post("/signin/code/validity", given).json()["name"] == "Nia"
    myself = stranger.get("/account").json()
    assert (myself["role"], myself["workspace"]["name"]) == ("owner", "Nia's workspace")
    profile = stranger.get("/account/profile").json()
    assert (profile["has_password"], profile["interface_language"]) == (False, "zh-Hans")
    again = stranger.post("/signin/code/validity", given)
    assert again.json()["code"] == "invalid_or_expired_code"
    assert bench.rows(f"SELECT count(*) FROM accounts WHERE email = '{email}'") == [(1,)]


def test_another_address_needs_both_mailboxes(bench: Workbench, sink: MailSink) -> None:
    person, email = owner_of(bench, "Moving"), somebody()
    token = person.post("/account/code", {"purpose": "old_address"}).json()["token"]
    taken = person.post("/account/address", {"token": token, "email": owner_of(bench, "Taken").email})
    assert taken.status_code == 409
    assert person.post("/account/address", {"token": token, "email": email}).status_code == 400
    confirmed = {"purpose": "old_address", "token": token, "code": code_for(sink, person.email)}
    other = owner_of(bench, "Other")
    assert other.post("/account/code/validity", confirmed).status_code == 403
    assert person.post("/account/code/validity", confirmed).status_code == 200
    fresh = person.post("/account/address", {"token": token, "email": email}).json()["token"]
    changed = person.call("PUT", "/account/address", json={"token": fresh, "code": code_for(sink, email)})
    assert changed.json() == {"email": email}
    assert person.get("/account").status_code == 401
    assert nobody(bench).post("/signin", {"email": email, "password": PASSWORD}).status_code == 200


def test_an_account_ends_with_the_workspaces_that_it_owns(bench: Workbench, sink: MailSink) -> None:
    person = owner_of(bench, "Doomed")
    workspace = person.get("/account").json()["workspace"]["id"]
    guest = console_of(bench, workspace_id=workspace, role="editor")
    app = person.new_app(workflow(start(to="end"), end(), name="Doomed too"))
    key = person.post(f"/apps/{app}/api-keys", {}).json()["token"]
    assert person.post("/datasets", {"name": "Doomed base"}).status_code in (200, 201)
    assert person.get("/account/owned-workspaces").json() == {"names": ["Doomed"]}
    token = person.post("/account/code", {"purpose": "delete_account"}).json()["token"]
    code = code_for(sink, person.email)
    wanted = {"token": token, "code": code, "email": person.email, "feedback": "Too good."}
    assert person.call("DELETE", "/account", json={**wanted, "email": guest.email}).json()["params"] == "email"
    assert person.call("DELETE", "/account", json=wanted).status_code == 200
    assert person.get("/account").status_code == 401
    assert guest.get("/account").status_code == 401
    assert nobody(bench).post("/signin", {"email": person.email, "password": PASSWORD}).status_code == 401
    answer = httpx.get(f"{bench.server.url}/v1/info", headers={"Authorization": f"Bearer {key}"})
    assert answer.status_code == 401
    kept = "SELECT count(*) FROM {} WHERE workspace_id = '" + workspace + "'"
    assert [bench.rows(kept.format(table)) for table in ("apps", "api_keys", "members")] == [[(0,)]] * 3


def test_a_person_makes_a_workspace_and_looks_at_it(bench: Workbench) -> None:
    person = owner_of(bench, "First")
    assert person.post("/workspaces", {"name": " "}).status_code == 400
    made = person.post("/workspaces", {"name": " Second "})
    assert (made.status_code, made.json()["name"]) == (201, "Second")
    assert person.get("/account").json()["workspace"]["name"] == "Second"
    assert [row["name"] for row in person.get("/workspaces").json()["workspaces"]] == ["First", "Second"]


def test_when_somebody_was_here_last_is_seen(bench: Workbench) -> None:
    person = owner_of(bench, "Active")
    (row,) = person.get("/workspaces/current/members").json()["members"]
    assert row["last_active_at"] >= row["created_at"] - 1


def test_the_ways_in_are_told_to_anybody(bench: Workbench, workbench: Workbench) -> None:
    assert nobody(bench).get("/system-features").json() == {
        "enable_email_password_login": True,
        "enable_email_code_login": True,
        "is_allow_register": True,
        "is_allow_create_workspace": True,
        "is_email_setup": True,
        "sign_in_services": [],
    }
    closed = nobody(workbench).get("/system-features").json()
    assert [name for name, on in closed.items() if on] == ["enable_email_password_login"]
    assert nobody(workbench).post("/signin/code", {"email": somebody()}).status_code == 403
    refused = nobody(workbench).post("/password-reset", {"email": somebody()})
    assert refused.json()["code"] == "mail_not_configured"
    assert owner_of(workbench, "Closed").post("/workspaces", {"name": "More"}).status_code == 403


def test_the_operators_password_guards_the_first_set_up(tmp_path_factory: pytest.TempPathFactory) -> None:
    environment = {"INIT_PASSWORD": "open sesame", "ENABLE_EMAIL_PASSWORD_LOGIN": "true"}
    with running_workbench(tmp_path_factory.mktemp("guarded"), environment) as guarded:
        stranger = nobody(guarded)
        assert stranger.get("/setup").json() == {"completed": False, "init_password": True}
        account = {"email": "ada@example.com", "name": "Ada", "password": PASSWORD}
        refused = stranger.post("/setup", account)
        assert (refused.status_code, refused.json()["code"]) == (403, "init_password")
        assert stranger.post("/setup", {**account, "init_password": "open sesame"}).status_code == 201
        assert stranger.get("/setup").json() == {"completed": True, "init_password": False}
