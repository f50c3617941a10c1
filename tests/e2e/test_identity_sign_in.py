"""Signing in by a service that says who one is: a button, there and back, linked with one's account."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.doubles.identity import CLIENT, SECRET, IdentityDouble, Someone
from tests.e2e.accessibility import expect_accessible
from tests.e2e.accounts import sign_out
from tests.e2e.conftest import Visitors
from tests.e2e.site import Site, running_site


@pytest.fixture(scope="module")
def service() -> Iterator[IdentityDouble]:
    with IdentityDouble().in_thread() as service:
        yield service


@pytest.fixture(scope="module")
def known_site(tmp_path_factory: pytest.TempPathFactory, service: IdentityDouble) -> Iterator[Site]:
    """A server with an account, whose people may sign in by a service."""
    environment = {
        "TREADLE_OIDC_ISSUER": service.issuer,
        "TREADLE_OIDC_CLIENT_ID": CLIENT,
        "TREADLE_OIDC_CLIENT_SECRET": SECRET,
        "TREADLE_OIDC_NAME": "Harbour login",
    }
    with running_site(tmp_path_factory.mktemp("known"), environment) as site:
        site.create_account()
        yield site


def test_one_signs_in_by_a_service_and_comes_back(
    known_site: Site, service: IdentityDouble, visitors: Visitors
) -> None:
    page = visitors.arrive()
    page.goto(f"{known_site.url}/explore/apps")
    button = page.get_by_role("link", name="Sign in with Harbour login")
    expect(button).to_be_visible()
    expect_accessible(page)
    button.click()
    page.wait_for_url("**/explore/apps")
    page.goto(f"{known_site.url}/settings/account")
    linked = page.get_by_role("list", name="Ways to sign in").get_by_role("listitem")
    expect(linked).to_contain_text("linked")
    page.get_by_role("button", name="Unlink Harbour login").click()
    page.get_by_role("link", name="Link Harbour login").click()
    page.wait_for_url("**/settings/account")
    expect(linked).to_contain_text("linked")

    sign_out(page)
    service.someone = Someone("2002", "stranger@example.com")
    come_in(page)
    expect(page.get_by_role("alert")).to_contain_text("There is no account with your address here.")
    service.wrong.denies = True
    come_in(page)
    expect(page.get_by_role("alert")).to_contain_text("cancelled at the service")


def come_in(page: Page) -> None:
    page.get_by_role("link", name="Sign in with Harbour login").click()
