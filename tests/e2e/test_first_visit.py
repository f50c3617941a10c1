"""A server nobody has set up yet: the examples, the first account, and what its owner sees."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.accessibility import expect_accessible
from tests.e2e.accounts import set_up, sign_in, sign_out
from tests.e2e.chat import Chat
from tests.e2e.conftest import Visitors
from tests.e2e.site import Site, running_site
from tests.e2e.witness import SIGNED_OUT, Witness

EXAMPLES = [
    "Pocket guide", "Study companion", "Three translations", "Ticket router", "Weather report",
]  # fmt: skip


@pytest.fixture
def new_site(tmp_path_factory: pytest.TempPathFactory, witness: Witness) -> Iterator[Site]:
    """A server on an empty folder."""
    witness.expect(SIGNED_OUT)
    with running_site(tmp_path_factory.mktemp("new")) as site:
        yield site


def example(page: Page, name: str) -> Locator:
    return page.get_by_role("article").filter(has=page.get_by_role("heading", name=name, exact=True))


def test_from_the_first_visit_to_the_trace_of_the_first_run(new_site: Site, page: Page) -> None:
    page.goto(new_site.url)
    expect(page.get_by_role("heading", name="Treadle is running")).to_be_visible()
    for name in EXAMPLES:
        expect(example(page, name).get_by_role("link", name="Open")).to_be_visible()
    expect_accessible(page)

    example(page, "Pocket guide").get_by_role("link", name="Open").click()
    chat = Chat(page)
    expect(page.get_by_role("main")).to_contain_text("without leaving this machine")
    page.get_by_role("button", name="Why is the sky blue?").click()
    chat.expect_answer("You said: Why is the sky blue?")

    page.goto(new_site.url)
    page.get_by_role("link", name="Create the first account").click()
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_text("Enter your name.")).to_be_visible()
    expect(page.get_by_text("Enter a password.")).to_be_visible()
    expect_accessible(page)
    page.get_by_label("Password", exact=True).press_sequentially("short")
    expect(page.get_by_text("Use at least 8 characters")).to_be_visible()
    page.get_by_label("Password", exact=True).press("ControlOrMeta+a")
    set_up(page)

    expect(page.get_by_role("heading", name="Apps")).to_be_visible()
    page.get_by_role("button", name="What to do with Pocket guide").click()
    page.get_by_role("menuitem", name="Logs").click()
    expect(page.get_by_role("table", name="Conversations").get_by_role("row")).to_have_count(2)
    page.get_by_role("navigation").get_by_role("link", name="Runs").click()
    row = page.get_by_role("row").filter(has_text="Why is the sky blue?")
    expect(row).to_contain_text("You said: Why is the sky blue?")
    row.get_by_role("link").click()
    expect(page.get_by_role("main")).to_contain_text("You said: Why is the sky blue?")
    expect(page.get_by_role("main")).to_contain_text("Succeeded")


def test_accounts_are_left_and_entered_again(new_site: Site, visitors: Visitors, witness: Witness) -> None:
    page = visitors.arrive()
    page.goto(f"{new_site.url}/setup")
    set_up(page)
    expect(page.get_by_role("heading", name="Apps")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Apps")).to_be_visible()

    sign_out(page)
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    page.goto(f"{new_site.url}/logs?status=failed")
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    witness.expect(r"\b401\b.*/console/api/signin")
    sign_in(page, "wrong-horse-1")
    expect(page.get_by_role("alert")).to_have_text("The e-mail address or the password is wrong.")
    sign_in(page)
    expect(page.get_by_role("heading", name="Runs")).to_be_visible()
    expect(page.get_by_label("Filter by status")).to_have_value("failed")
    page.go_back()

    stranger = visitors.arrive()
    stranger.goto(f"{new_site.url}/setup")
    expect(stranger.get_by_role("button", name="Sign in")).to_be_visible()
