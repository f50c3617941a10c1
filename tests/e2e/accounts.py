"""Setting up, signing in and signing out, as a person does it."""

from playwright.sync_api import Page

from tests.e2e.site import EMAIL, NAME, PASSWORD


def set_up(page: Page) -> None:
    """Fills in the form of the first account and sends it."""
    page.get_by_label("Name").press_sequentially(NAME)
    page.get_by_label("E-mail").press_sequentially(EMAIL)
    page.get_by_label("Password", exact=True).press_sequentially(PASSWORD)
    page.get_by_role("button", name="Create account").click()


def sign_in(page: Page, password: str = PASSWORD) -> None:
    """Fills in the form of the sign-in page and sends it."""
    for label, text in (("E-mail", EMAIL), ("Password", password)):
        field = page.get_by_label(label, exact=True)
        field.press("ControlOrMeta+a")
        field.press_sequentially(text)
    page.get_by_role("button", name="Sign in").click()


def sign_out(page: Page) -> None:
    page.get_by_role("button", name=f"Account menu of {NAME}").click()
    page.get_by_role("menuitem", name="Sign out").click()
