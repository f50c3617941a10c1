"""Ways in and out by mail: a newcomer registers, changes the address, forgets the password, and leaves."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.doubles.mail import MailSink
from tests.e2e.accessibility import expect_accessible
from tests.e2e.conftest import Visitors
from tests.e2e.site import EMAIL, Site, open_to_everybody, running_site
from tests.e2e.witness import SIGNED_OUT, Witness


@pytest.fixture(scope="module")
def sink() -> Iterator[MailSink]:
    with MailSink().in_thread() as made:
        yield made


@pytest.fixture(scope="module")
def open_site(tmp_path_factory: pytest.TempPathFactory, sink: MailSink) -> Iterator[Site]:
    """A server that sends mail and lets everybody in."""
    with running_site(tmp_path_factory.mktemp("open"), open_to_everybody(sink)) as site:
        site.create_account()
        yield site


def code(site: Site, sink: MailSink, email: str, count: int) -> str:
    """What the mail with number `count` to this address carries."""
    site.until(lambda: len(sink.mails_to(email)) >= count, "the mail is there")
    found = re.search(r"^\d{6}$", sink.mails_to(email)[count - 1].text, re.M)
    assert found
    return found.group()


def give(page: Page, digits: str, action: str) -> None:
    page.get_by_label("Code", exact=True).fill(digits)
    page.get_by_role("button", name=action, exact=True).click()


def test_a_newcomer_registers_moves_forgets_and_leaves(
    open_site: Site, sink: MailSink, visitors: Visitors, witness: Witness
) -> None:
    witness.expect(SIGNED_OUT)
    page = visitors.arrive()
    page.goto(f"{open_site.url}/signin")
    expect(page.get_by_role("link", name="Sign in with a code by mail")).to_be_visible()
    page.get_by_role("link", name="Create an account").click()
    page.get_by_role("button", name="Send code").click()
    expect(page.get_by_text("Enter your e-mail address.")).to_be_visible()
    page.get_by_label("E-mail").fill("Nia@Example.com")
    page.get_by_label("Your name").fill("Nia")
    expect_accessible(page)
    page.get_by_role("button", name="Send code").click()
    expect(page.get_by_role("button", name=re.compile(r"Another code in \d+ s"))).to_be_disabled()
    expect_accessible(page)
    give(page, code(open_site, sink, "nia@example.com", 1), "Create account")
    expect(page.get_by_role("heading", name="Apps", exact=True)).to_be_visible()

    page.get_by_role("button", name="Workspace Nia's workspace").click()
    page.get_by_role("menuitem", name="New workspace").click()
    page.get_by_label("Name of the workspace").fill("Studio Nia")
    page.get_by_role("button", name="Create", exact=True).click()
    expect(page.get_by_role("button", name="Workspace Studio Nia")).to_be_visible()

    page.goto(f"{open_site.url}/settings/account")
    page.get_by_role("button", name="Change", exact=True).click()
    dialog = page.get_by_role("dialog", name="Change your address")
    dialog.get_by_role("button", name="Send code").click()
    give(page, code(open_site, sink, "nia@example.com", 2), "Continue")
    dialog.get_by_label("New address").fill(EMAIL)
    dialog.get_by_role("button", name="Send code").click()
    expect(dialog).to_contain_text("There is an account with this address already.")
    dialog.get_by_label("New address").fill("nia@harbour.example")
    dialog.get_by_role("button", name="Send code").click()
    witness.expect(r"409.*/account/address")
    give(page, code(open_site, sink, "nia@harbour.example", 1), "Change the address")
    expect(page.get_by_text("Your address is now nia@harbour.example.")).to_be_visible()

    page.get_by_role("link", name="Forgot your password?").click()
    page.get_by_label("E-mail").fill("nia@harbour.example")
    page.get_by_role("button", name="Send code").click()
    give(page, code(open_site, sink, "nia@harbour.example", 2), "Continue")
    page.get_by_label("New password", exact=True).fill("right horse 2")
    page.get_by_label("New password once more").fill("right horse 2")
    expect_accessible(page)
    page.get_by_role("button", name="Set the password").click()
    expect(page.get_by_text("The password is set.")).to_be_visible()
    page.get_by_label("E-mail", exact=True).fill("nia@harbour.example")
    page.get_by_label("Password", exact=True).fill("right horse 2")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="Apps", exact=True)).to_be_visible()

    page.goto(f"{open_site.url}/settings/account")
    page.get_by_role("button", name="Delete the account").click()
    dialog = page.get_by_role("dialog", name="Delete your account")
    expect(dialog).to_contain_text("Nia's workspace, Studio Nia")
    dialog.get_by_role("button", name="Send code").click()
    expect(dialog.get_by_role("button", name="Delete for good")).to_be_disabled()
    dialog.get_by_label("Type nia@harbour.example to confirm").fill("nia@harbour.example")
    expect_accessible(page)
    give(page, code(open_site, sink, "nia@harbour.example", 3), "Delete for good")
    expect(page).to_have_url(re.compile("/signin"))
