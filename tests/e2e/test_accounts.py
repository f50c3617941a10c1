"""People of a workspace: asked in, let in, given a role that holds, and their own account."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.accessibility import expect_accessible
from tests.e2e.accounts import set_up, sign_in
from tests.e2e.conftest import PHONE, Visitors
from tests.e2e.site import EMAIL, NAME, Site, running_site
from tests.e2e.witness import SIGNED_OUT, Witness

GUEST, GUEST_NAME = "mira@example.com", "Mira"
GUEST_PASSWORD = "quiet-harbour-2"


@pytest.fixture(scope="module")
def new_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server on an empty folder."""
    with running_site(tmp_path_factory.mktemp("people")) as site:
        yield site


@pytest.fixture
def owner(new_site: Site, visitors: Visitors, witness: Witness) -> Page:
    """The console of the first account, which is made when it is first asked for."""
    witness.expect(SIGNED_OUT)
    page = visitors.arrive(timezone_id="Asia/Tokyo")
    page.goto(f"{new_site.url}/setup")
    heading = page.get_by_role("heading", name="Create the first account")
    expect(heading.or_(page.get_by_role("heading", name="Sign in"))).to_be_visible()
    if heading.is_visible():
        set_up(page)
    else:
        sign_in(page)
    expect(page.get_by_role("heading", name="Apps")).to_be_visible()
    return page


def invite(page: Page, site: Site, email: str, role: str) -> str:
    """Invites from the members page, and gives the link."""
    page.goto(f"{site.url}/settings/members")
    page.get_by_role("button", name="Invite").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("E-mail addresses").press_sequentially(f"{email},")
    dialog.get_by_label("Role").click()
    page.get_by_role("option", name=role).click()
    dialog.get_by_role("button", name="Invite").click()
    link = page.get_by_label(f"Link for {email}", exact=True).input_value()
    page.get_by_role("dialog").get_by_role("button", name="Close").last.click()
    return link


def activate(page: Page, link: str, name: str) -> None:
    """Fills in the form of a new account."""
    page.goto(link)
    page.get_by_label("Name", exact=True).press_sequentially(name)
    page.get_by_label("Password", exact=True).press_sequentially(GUEST_PASSWORD)
    page.get_by_role("button", name="Create account").click()


def row(page: Page, text: str) -> Locator:
    return page.get_by_role("table", name="Members").get_by_role("row").filter(has_text=text)


def test_a_guest_is_invited_and_gets_in(new_site: Site, owner: Page, visitors: Visitors, witness: Witness) -> None:
    owner.goto(f"{new_site.url}/settings/members")
    expect(row(owner, EMAIL)).to_contain_text("Owner")
    owner.get_by_role("button", name="Invite").click()
    dialog = owner.get_by_role("dialog")
    dialog.get_by_role("button", name="Invite").click()
    expect(dialog.get_by_text("Enter at least one address.")).to_be_visible()
    dialog.get_by_label("E-mail addresses").press_sequentially("no-address,")
    expect(dialog.get_by_text("Mend or remove the address that is marked.")).to_be_visible()
    expect_accessible(owner)
    owner.keyboard.press("Escape")

    link = invite(owner, new_site, GUEST, "Member")
    expect(row(owner, GUEST)).to_contain_text("Invited")
    expect_accessible(owner)

    guest = visitors.arrive()
    guest.goto(link)
    expect(guest.get_by_role("heading", name="Join My workspace")).to_be_visible()
    expect(guest.get_by_label("E-mail", exact=True)).to_have_value(GUEST)
    guest.get_by_role("button", name="Create account").click()
    expect(guest.get_by_text("Enter your name.")).to_be_visible()
    expect_accessible(guest)
    activate(guest, link, GUEST_NAME)
    expect(guest.get_by_role("heading", name="Apps")).to_be_visible()

    witness.expect(r"\b400\b.*/console/api/activation")
    late = visitors.arrive()
    late.goto(link)
    expect(late.get_by_role("alert")).to_contain_text("This link was used already")
    expect(late.get_by_role("link", name="Go to the sign-in page")).to_be_visible()


def test_a_role_is_seen_and_holds(new_site: Site, owner: Page, visitors: Visitors) -> None:
    keeper = "kim@example.com"
    link = invite(owner, new_site, keeper, "Member")
    guest = visitors.arrive()
    activate(guest, link, "Kim")
    expect(guest.get_by_role("heading", name="Apps")).to_be_visible()
    guest.goto(f"{new_site.url}/settings/members")
    expect(row(guest, keeper)).to_contain_text("Member")
    expect(guest.get_by_role("button", name="Invite")).to_have_count(0)
    expect(guest.get_by_label("Role of Kim")).to_have_count(0)

    app = new_site.app_id(new_site.address_of("Pocket guide"))
    guest.goto(f"{new_site.url}/app/{app}")
    guest.wait_for_url("**/overview")
    tabs = guest.get_by_role("navigation").filter(has_text="API reference").get_by_role("link")
    expect(tabs).to_have_text(["Publish", "API reference"])
    for closed in ("datasets", f"app/{app}/configuration", f"app/{app}/logs", "logs"):
        guest.goto(f"{new_site.url}/{closed}")
        guest.wait_for_url("**/apps")
    canvas = new_site.app_id(new_site.address_of("Ticket router"))
    guest.goto(f"{new_site.url}/app/{canvas}/workflow")
    expect(guest.get_by_role("button", name="Versions")).to_be_visible()

    owner.goto(f"{new_site.url}/settings/members")
    owner.get_by_label("Role of Kim").click()
    expect(owner.get_by_role("option", name="Knowledge keeper")).to_contain_text("Looks after knowledge")
    owner.get_by_role("option", name="Knowledge keeper").click()
    expect(owner.get_by_text("Kim is now: Knowledge keeper")).to_be_visible()

    for closed in ("apps", f"app/{app}/logs", "explore/apps", f"explore/installed/{app}", "tools"):
        guest.goto(f"{new_site.url}/{closed}")
        guest.wait_for_url("**/datasets")
    expect(guest.get_by_role("link", name="Apps", exact=True)).to_have_count(0)

    owner.get_by_role("button", name="What to do with Kim").click()
    owner.get_by_role("menuitem", name="Remove").click()
    owner.get_by_role("button", name="Remove").click()
    expect(row(owner, keeper)).to_have_count(0)
    guest.goto(f"{new_site.url}/settings/account")
    expect(guest.get_by_role("button", name="Sign in")).to_be_visible()


def test_an_account_is_kept_by_its_person(new_site: Site, owner: Page, visitors: Visitors, witness: Witness) -> None:
    email, changed = "noor@example.com", "louder-harbour-3"
    page = visitors.arrive()
    activate(page, invite(owner, new_site, email, "Editor"), "Noor")
    expect(page.get_by_role("heading", name="Apps")).to_be_visible()
    page.get_by_role("button", name="Account menu of Noor").click()
    page.get_by_role("menuitem", name="Account", exact=True).click()
    expect(page.get_by_role("heading", name="Where you are signed in")).to_be_visible()
    expect(page.get_by_text("This browser")).to_be_visible()
    expect_accessible(page)

    page.get_by_label("Name", exact=True).fill("Noor Harbour")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("button", name="Account menu of Noor Harbour")).to_be_visible()

    page.get_by_label("Choose a picture").set_input_files(
        {"name": "me.png", "mimeType": "image/png", "buffer": new_site.picture()}
    )
    page.get_by_role("dialog").get_by_role("button", name="Use picture").click()
    expect(page.get_by_role("button", name="Remove the picture")).to_be_visible()

    witness.expect(r"\b400\b.*/console/api/account/password")
    page.get_by_label("Current password", exact=True).fill("wrong")
    page.get_by_label("New password", exact=True).fill(changed)
    page.get_by_label("New password once more", exact=True).fill(changed)
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_text("The current password is wrong.")).to_be_visible()
    page.get_by_label("Current password", exact=True).fill(GUEST_PASSWORD)
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_text("The password is changed.")).to_be_visible()

    again = visitors.arrive()
    again.goto(f"{new_site.url}/signin")
    again.get_by_label("E-mail", exact=True).fill(email)
    again.get_by_label("Password", exact=True).fill(changed)
    again.get_by_role("button", name="Sign in").click()
    expect(again.get_by_role("heading", name="Apps")).to_be_visible()


def test_the_pages_fit_a_phone(new_site: Site, owner: Page) -> None:
    owner.set_viewport_size(PHONE)
    for section in ("members", "account"):
        owner.goto(f"{new_site.url}/settings/{section}")
        expect(owner.get_by_role("heading", name=section.capitalize())).to_be_visible()
        width = owner.evaluate("document.documentElement.scrollWidth")
        assert width <= PHONE["width"], f"{section} is {width} pixels wide"
    owner.get_by_role("button", name=f"Account menu of {NAME}").click()
    owner.get_by_role("menuitem", name="My workspace").click()
    expect(owner.get_by_role("menuitemradio", name="My workspace")).to_be_visible()
