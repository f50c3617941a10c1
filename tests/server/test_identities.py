"""Signing in by OpenID Connect and by GitHub, against a double of both (spec console §1.4, §2.1)."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.doubles.identity import CLIENT, SECRET, IdentityDouble, Someone
from tests.server.console_client import Console, console_of
from tests.server.fixtures import ENVIRONMENT
from tests.server.harness import Server, Workbench


@pytest.fixture(scope="module")
def service() -> Iterator[IdentityDouble]:
    with IdentityDouble().in_thread() as service:
        yield service
        service.take_violations()


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory, service: IdentityDouble) -> Iterator[Workbench]:
    """A server whose people may sign in by both; newcomers may register."""
    yield from running(tmp_path_factory.mktemp("open") / "data", service, TREADLE_ALLOW_REGISTER="true")


def running(folder: Path, service: IdentityDouble, **more: str) -> Iterator[Workbench]:
    server = Server(
        folder,
        {
            **ENVIRONMENT,
            "TREADLE_OIDC_ISSUER": service.issuer,
            "TREADLE_OIDC_CLIENT_ID": CLIENT,
            "TREADLE_OIDC_CLIENT_SECRET": SECRET,
            "TREADLE_OIDC_NAME": "Harbour login",
            "GITHUB_CLIENT_ID": CLIENT,
            "GITHUB_CLIENT_SECRET": SECRET,
            "TREADLE_GITHUB_URL": service.origin,
            **more,
        },
    )
    server.start()
    try:
        yield Workbench(server, None, None, httpx.Client(timeout=60))  # type: ignore[arg-type]
    finally:
        server.stop()


@pytest.fixture(autouse=True)
def clean(service: IdentityDouble) -> None:
    service.someone = Someone()
    service.wrong = type(service.wrong)()


class Browser:
    """Somebody's browser: it keeps cookies and follows nothing by itself. The server's own address is its base."""

    def __init__(self, bench: Workbench, http: httpx.Client | None = None) -> None:
        self.http = http or httpx.Client(timeout=60)
        self.base = bench.server.url

    def go(self, address: str) -> httpx.Response:
        return self.http.get(address if "://" in address else self.base + address, follow_redirects=False)

    def sign_in(self, provider: str = "oidc", **query: str) -> str:
        """Where the browser is in the end, as a path with its query."""
        began = self.go(f"/console/api/oauth/login/{provider}?{httpx.QueryParams(query)}")
        assert began.status_code == 302, began.text
        if began.headers["location"].startswith("/"):
            return str(began.headers["location"])
        back = urlsplit(self.go(began.headers["location"]).headers["location"])
        return str(self.go(f"{back.path}?{back.query}").headers["location"])

    def account(self) -> str:
        """The address that is signed in, empty for nobody."""
        answer = self.go("/console/api/account")
        return str(answer.json()["email"]) if answer.status_code == 200 else ""


def member(bench: Workbench, service: IdentityDouble, **more: object) -> Console:
    """A member whose address the service knows."""
    console = console_of(bench)
    service.someone = replace(Someone(subject=console.account_id[:4].encode().hex(), email=console.email), **more)
    return console


def test_the_ways_in_are_named(bench: Workbench) -> None:
    features = Browser(bench).go("/console/api/system-features").json()
    assert features["sign_in_services"] == [
        {"id": "github", "name": "GitHub"},
        {"id": "oidc", "name": "Harbour login"},
    ]


@pytest.mark.parametrize("provider", ["oidc", "github"])
def test_somebody_is_known_by_a_verified_address_and_later_by_the_link(
    bench: Workbench, service: IdentityDouble, provider: str
) -> None:
    known = member(bench, service, subject="71" if provider == "oidc" else "72")
    browser = Browser(bench)
    assert browser.sign_in(provider, back="/explore/apps?mode=chat") == "/explore/apps?mode=chat"
    assert browser.account() == known.email
    service.someone = replace(service.someone, email="renamed@example.com")
    again = Browser(bench)
    assert again.sign_in(provider) == "/"
    assert again.account() == known.email


def test_claims_may_come_from_the_service_itself(bench: Workbench, service: IdentityDouble) -> None:
    known = member(bench, service)
    service.wrong.claims_from_userinfo = True
    browser = Browser(bench)
    browser.sign_in()
    assert browser.account() == known.email


@pytest.mark.parametrize("verified", [False, None])
@pytest.mark.parametrize("provider", ["oidc", "github"])
def test_an_address_that_nobody_vouches_for_opens_nothing(
    bench: Workbench, service: IdentityDouble, provider: str, verified: bool | None
) -> None:
    member(bench, service, verified=verified, subject="81")
    browser = Browser(bench)
    assert browser.sign_in(provider) == "/signin?problem=no_address"
    assert browser.account() == ""


def test_a_newcomer_gets_an_account_and_a_workspace(bench: Workbench, service: IdentityDouble) -> None:
    console_of(bench)
    service.someone = Someone("91", "Newcomer@Example.com", True, "Nia Newcomer")
    browser = Browser(bench)
    assert browser.sign_in() == "/"
    who = browser.go("/console/api/account").json()
    assert (who["email"], who["name"], who["role"]) == ("newcomer@example.com", "Nia Newcomer", "owner")
    assert who["workspace"]["name"] == "Nia Newcomer's workspace"


def test_newcomers_stay_out_where_nobody_registers(tmp_path: Path, service: IdentityDouble) -> None:
    for bench in running(tmp_path / "data", service):
        console_of(bench)
        service.someone = Someone("92", "stranger@example.com")
        assert Browser(bench).sign_in() == "/signin?problem=not_registered"


@pytest.mark.parametrize(
    "wrong",
    [
        {"issuer": "https://elsewhere.example.com"},
        {"audience": "another-client"},
        {"nonce": "of another sign-in"},
        {"foreign_key": True},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_a_token_that_is_not_for_us_opens_nothing(
    tmp_path: Path, bench: Workbench, service: IdentityDouble, wrong: dict[str, object]
) -> None:
    member(bench, service)
    service.wrong = replace(service.wrong, **wrong)
    if "issuer" in wrong:  # what was discovered is kept for an hour
        for fresh in running(tmp_path / "data", service):
            assert Browser(fresh).sign_in() == "/signin?problem=service_failed"
        return
    browser = Browser(bench)
    assert browser.sign_in() == "/signin?problem=service_failed"
    assert browser.account() == ""


def test_who_does_not_agree_is_told_so(bench: Workbench, service: IdentityDouble) -> None:
    service.wrong.denies = True
    assert Browser(bench).sign_in() == "/signin?problem=denied"


def test_only_the_browser_that_began_can_end_it(bench: Workbench, service: IdentityDouble) -> None:
    member(bench, service)
    began = Browser(bench)
    address = began.go("/console/api/oauth/login/oidc").headers["location"]
    back = urlsplit(began.go(address).headers["location"])
    other = Browser(bench)
    assert other.go(f"{back.path}?{back.query}").headers["location"] == "/signin?problem=expired"
    code = parse_qs(back.query)["code"][0]
    assert began.go(f"{back.path}?code={code}&state=other").headers["location"] == "/signin?problem=expired"
    assert (began.account(), other.account()) == ("", "")


@pytest.mark.parametrize("back", ["https://evil.test", "//evil.test", "/\\evil.test", "javascript:x"])
def test_nobody_is_led_away(bench: Workbench, service: IdentityDouble, back: str) -> None:
    member(bench, service)
    assert Browser(bench).sign_in(back=back) == "/"


def test_an_account_is_linked_and_unlinked_by_its_person(bench: Workbench, service: IdentityDouble) -> None:
    console = member(bench, service, email="at-github@example.com", subject="95")
    browser = Browser(bench, console.http)
    assert browser.sign_in("github", link="true") == "/settings/account"
    assert {each["provider"]: each["is_bound"] for each in console.get("/account/integrates").json()["data"]} == {
        "github": True,
        "oidc": False,
    }
    by_link = Browser(bench)
    by_link.sign_in("github")
    assert by_link.account() == console.email
    other = console_of(bench)
    assert Browser(bench, other.http).sign_in("github", link="true") == "/settings/account?problem=of_another"
    assert console.call("DELETE", "/account/integrates/github").json() == {"result": "success"}
    assert console.call("DELETE", "/account/integrates/elsewhere").status_code == 404
    assert Browser(bench).sign_in("github", link="true") == "/signin?return=%2Fsettings%2Faccount"


def test_whose_only_way_in_it_is_keeps_it(bench: Workbench, service: IdentityDouble) -> None:
    service.someone = Someone("97", "only@example.com")
    browser = Browser(bench)
    browser.sign_in()
    headers = {"X-CSRF-Token": browser.http.cookies["treadle_csrf"]}
    refused = browser.http.delete(f"{browser.base}/console/api/account/integrates/oidc", headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")


def test_a_closed_account_stays_closed(bench: Workbench, service: IdentityDouble) -> None:
    console = member(bench, service)
    bench.change("UPDATE accounts SET status = 'banned' WHERE id = :id", id=console.account_id)
    assert Browser(bench).sign_in() == "/signin?problem=closed"


def test_an_unknown_service_is_not_there(bench: Workbench) -> None:
    assert Browser(bench).go("/console/api/oauth/login/elsewhere").status_code == 404
