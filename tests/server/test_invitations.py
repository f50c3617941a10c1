"""Invitations over HTTP: who is asked, what the link opens and for how long, and who comes out as a member."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import httpx
import pytest

from tests.doubles.mail import MailSink
from tests.server.console_client import PASSWORD, Console, console_of
from tests.server.fixtures import running_workbench
from tests.server.harness import Workbench
from tests.server.http_client import Api, JsonMap

INVITATIONS = "/workspaces/current/invitations"
MEMBERS = "/workspaces/current/members"


@pytest.fixture
def owner(workbench: Workbench) -> Console:
    """The owner of a workspace of their own."""
    return console_of(workbench, workspace_id=workbench.second_workspace("Harbour").id, role="owner")


def somebody() -> str:
    return f"{uuid4().hex}@example.com"


def invite(console: Console, *emails: str, role: str = "editor") -> list[JsonMap]:
    answer = console.post(INVITATIONS, {"emails": list(emails), "role": role})
    assert answer.status_code == 201, answer.text
    return list(answer.json()["results"])


def token_of(link: str) -> str:
    return parse_qs(urlsplit(link).query)["token"][0]


def link_for(console: Console, email: str, role: str = "editor") -> str:
    (result,) = invite(console, email, role=role)
    return str(result["link"])


def nobody(bench: Workbench) -> Api:
    """A caller without a session."""
    return Api(httpx.Client(timeout=60), f"{bench.server.url}/console/api")


def accept(bench: Workbench, token: str, **members: object) -> httpx.Response:
    body = {"token": token, "name": "Mira", "password": PASSWORD, **members}
    return nobody(bench).post("/activation", body)


def role_of(console: Console, email: str) -> str | None:
    rows = console.get(MEMBERS).json()["members"]
    return next((row["role"] for row in rows if row["email"] == email), None)


def test_each_address_is_told_what_became_of_it(workbench: Workbench, owner: Console) -> None:
    fresh = somebody()
    results = invite(owner, f"  {fresh.upper()} ", fresh, owner.email, "no address", "x" * 300 + "@example.com", "")
    assert [(row["email"], row["result"]) for row in results] == [
        (fresh, "invited"),
        (owner.email, "member"),
        ("no address", "failed"),
        ("x" * 300 + "@example.com", "failed"),
    ]
    link = urlsplit(str(results[0]["link"]))
    assert link.path == "/activate"
    assert parse_qs(link.query)["email"] == [fresh]
    assert [row["link"] for row in results[1:]] == [None, None, None]
    (pending,) = owner.get(INVITATIONS).json()["invitations"]
    assert (pending["email"], pending["role"], pending["expired"]) == (fresh, "editor", False)
    assert pending["expires_at"] - pending["created_at"] == 72 * 3600


@pytest.mark.parametrize(
    "body",
    [
        {"emails": [], "role": "editor"},
        {"emails": [" "], "role": "editor"},
        {"emails": ["a@example.com"], "role": "owner"},
        {"emails": ["a@example.com"], "role": "king"},
        {"emails": ["a@example.com"]},
        {"emails": "a@example.com", "role": "editor"},
        {"emails": [f"{n}@example.com" for n in range(51)], "role": "editor"},
    ],
)
def test_a_call_that_makes_no_sense_invites_nobody(owner: Console, body: JsonMap) -> None:
    answer = owner.post(INVITATIONS, body)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_param")
    assert owner.get(INVITATIONS).json()["invitations"] == []


@pytest.mark.parametrize("role", ["editor", "normal", "dataset_operator"])
def test_only_administrators_invite(workbench: Workbench, owner: Console, role: str) -> None:
    workspace = owner.get("/account").json()["workspace"]["id"]
    asking = console_of(workbench, workspace_id=workspace, role=role)
    assert asking.post(INVITATIONS, {"emails": [somebody()], "role": "normal"}).status_code == 403
    assert asking.get(INVITATIONS).status_code == 403
    assert asking.call("DELETE", f"{INVITATIONS}/x").status_code == 403


def test_a_new_person_gets_an_account_and_joins(workbench: Workbench, owner: Console) -> None:
    email = somebody()
    token = token_of(link_for(owner, email))
    seen = nobody(workbench).post("/activation/validity", {"token": token})
    assert seen.json() == {
        "email": email,
        "workspace_name": "Harbour",
        "role": "editor",
        "inviter_name": "Member",
        "inviter_language": "en-US",
        "has_account": False,
    }
    answer = accept(workbench, token, name="美羅", interface_language="ja-JP", timezone="Asia/Tokyo")
    assert (answer.status_code, answer.json()) == (200, {"email": email})
    assert role_of(owner, email) == "editor"
    assert owner.get(INVITATIONS).json()["invitations"] == []
    guest = Console(workbench, "", email)
    profile = guest.get("/account/profile").json()
    assert (profile["name"], profile["interface_language"], profile["timezone"]) == ("美羅", "ja-JP", "Asia/Tokyo")


def test_a_person_without_a_zone_gets_that_of_the_language(workbench: Workbench, owner: Console) -> None:
    email = somebody()
    assert accept(workbench, token_of(link_for(owner, email)), interface_language="zh-Hans").status_code == 200
    assert Console(workbench, "", email).get("/account/profile").json()["timezone"] == "Asia/Shanghai"


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": " "},
        {"name": None},
        {"name": "x" * 31},
        {"password": "short"},
        {"password": ""},
        {"timezone": "Moon/Sea"},
        {"interface_language": "tlh"},
    ],
)
def test_a_form_that_is_wrong_leaves_the_invitation_open(workbench: Workbench, owner: Console, wrong: JsonMap) -> None:
    email = somebody()
    token = token_of(link_for(owner, email))
    answer = accept(workbench, token, **wrong)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_param")
    assert role_of(owner, email) is None
    assert accept(workbench, token).status_code == 200


def test_a_link_opens_once(workbench: Workbench, owner: Console) -> None:
    email = somebody()
    token = token_of(link_for(owner, email))
    with ThreadPoolExecutor() as pool:
        answers = list(pool.map(lambda _: accept(workbench, token), range(3)))
    assert sorted(answer.status_code for answer in answers)[0] == 200
    assert [answer.status_code for answer in answers].count(200) == 1
    late = accept(workbench, token)
    assert (late.status_code, late.json()["code"]) == (400, "invalid_or_expired_token")
    assert [row["email"] for row in owner.get(MEMBERS).json()["members"]].count(email) == 1


def test_asking_again_makes_a_fresh_link(workbench: Workbench, owner: Console) -> None:
    email = somebody()
    old = token_of(link_for(owner, email))
    new = token_of(link_for(owner, email, role="normal"))
    assert len(owner.get(INVITATIONS).json()["invitations"]) == 1
    assert accept(workbench, old).json()["code"] == "invalid_or_expired_token"
    assert accept(workbench, new).status_code == 200
    assert role_of(owner, email) == "normal"


def test_a_link_that_was_taken_back_or_is_late_opens_nothing(workbench: Workbench, owner: Console) -> None:
    late, gone = somebody(), somebody()
    links = {email: token_of(link_for(owner, email)) for email in (late, gone)}
    workbench.change("UPDATE invitations SET expires_at = 1 WHERE email = :email", email=late)
    rows = {row["email"]: row for row in owner.get(INVITATIONS).json()["invitations"]}
    assert rows[late]["expired"]
    assert owner.call("DELETE", f"{INVITATIONS}/{rows[gone]['id']}").status_code == 200
    assert owner.call("DELETE", f"{INVITATIONS}/{rows[gone]['id']}").status_code == 404
    for token in (*links.values(), "made up", ""):
        for path in ("/activation", "/activation/validity"):
            answer = nobody(workbench).post(path, {"token": token, "name": "Mira", "password": PASSWORD})
            assert (answer.status_code, answer.json()["code"]) == (400, "invalid_or_expired_token")


def test_an_account_that_exists_joins_with_its_password(workbench: Workbench, owner: Console) -> None:
    guest = console_of(workbench, workspace_id=workbench.second_workspace("Reef").id, role="owner")
    token = token_of(link_for(owner, guest.email, role="normal"))
    assert nobody(workbench).post("/activation/validity", {"token": token}).json()["has_account"] is True
    wrong = accept(workbench, token, password="wrong horse 9")
    assert (wrong.status_code, wrong.json()["code"]) == (401, "authentication_failed")
    assert accept(workbench, token, name=None).status_code == 200
    assert role_of(owner, guest.email) == "normal"
    assert guest.get("/account/profile").json()["name"] == "Member"
    assert [row["name"] for row in guest.get("/workspaces").json()["workspaces"]] == ["Reef", "Harbour"]


def test_whoever_is_signed_in_joins_at_once(workbench: Workbench, owner: Console) -> None:
    guest = console_of(workbench, workspace_id=workbench.second_workspace("Reef").id, role="owner")
    stranger = console_of(workbench, workspace_id=workbench.second_workspace("Lagoon").id, role="owner")
    token = token_of(link_for(owner, guest.email))
    assert stranger.post("/activation/join", {"token": token}).status_code == 403
    assert guest.post("/activation/join", {"token": token}).status_code == 200
    assert guest.get("/account").json()["workspace"]["name"] == "Harbour"
    assert guest.get("/account").json()["role"] == "editor"
    assert guest.post("/activation/join", {"token": token}).status_code == 400


def test_a_removed_person_signs_in_again_after_an_invitation(workbench: Workbench, owner: Console) -> None:
    workspace = owner.get("/account").json()["workspace"]["id"]
    leaver = console_of(workbench, workspace_id=workspace, role="normal")
    assert owner.call("DELETE", f"{MEMBERS}/{leaver.account_id}").status_code == 200
    refused = nobody(workbench).post("/signin", {"email": leaver.email, "password": PASSWORD})
    assert (refused.status_code, refused.json()["code"]) == (403, "account_not_link_tenant")
    assert accept(workbench, token_of(link_for(owner, leaver.email)), name=None).status_code == 200
    assert Console(workbench, leaver.account_id, leaver.email).get("/account").json()["role"] == "editor"


def test_invitations_of_another_workspace_are_unknown(workbench: Workbench, owner: Console) -> None:
    stranger = console_of(workbench, workspace_id=workbench.second_workspace("Reef").id, role="owner")
    link_for(owner, somebody())
    invitation_id = owner.get(INVITATIONS).json()["invitations"][0]["id"]
    assert stranger.get(INVITATIONS).json()["invitations"] == []
    assert stranger.call("DELETE", f"{INVITATIONS}/{invitation_id}").status_code == 404
    assert len(owner.get(INVITATIONS).json()["invitations"]) == 1


def test_tokens_are_not_kept(workbench: Workbench, owner: Console) -> None:
    token = token_of(link_for(owner, somebody()))
    assert all(token not in str(row) for row in workbench.rows("SELECT * FROM invitations"))
    assert token not in workbench.server.log.read_text()


# ---- with a mail server ----


@pytest.fixture(scope="module")
def sink() -> Iterator[MailSink]:
    with MailSink().in_thread() as made:
        yield made


@pytest.fixture(scope="module")
def mailing(tmp_path_factory: pytest.TempPathFactory, sink: MailSink) -> Iterator[Workbench]:
    """A server that can send mails."""
    environment = {
        "TREADLE_SMTP_HOST": "127.0.0.1",
        "TREADLE_SMTP_PORT": str(sink.port),
        "TREADLE_SMTP_SECURITY": "none",
    }
    with running_workbench(tmp_path_factory.mktemp("inviting"), environment) as made:
        yield made


@pytest.mark.parametrize(
    ("language", "subject"),
    [
        ("en-US", "Member invites you to <Harbour> & {co}"),
        ("zh-Hans", "Member 邀请你加入 <Harbour> & {co}"),
        ("ja-JP", "Member さんから <Harbour> & {co} への招待"),
    ],
)
def test_a_mail_carries_the_link(mailing: Workbench, sink: MailSink, language: str, subject: str) -> None:
    workspace = mailing.second_workspace("<Harbour> & {co}").id
    owner = console_of(mailing, workspace_id=workspace, role="owner")
    assert owner.change("/account/profile", {"interface_language": language}).status_code == 200
    email = somebody()
    assert invite(owner, email) == [{"email": email, "result": "invited", "link": None, "reason": None}]
    (mail,) = sink.mails_to(email)
    assert mail.subject == subject
    assert "72" in mail.text
    assert "&lt;Harbour&gt; &amp; {co}" in mail.html
    link = next(line for line in mail.text.splitlines() if line.startswith("http"))
    assert accept(mailing, token_of(link)).status_code == 200


def test_a_mail_that_is_refused_leaves_the_link_to_pass_on(mailing: Workbench, sink: MailSink) -> None:
    owner = console_of(mailing, workspace_id=mailing.second_workspace("Harbour").id, role="owner")
    email = somebody()
    sink.refuse(email)
    (result,) = invite(owner, email)
    assert result["result"] == "invited"
    assert result["reason"] == "The mail could not be sent; pass the link on yourself."
    assert accept(mailing, token_of(str(result["link"]))).status_code == 200
