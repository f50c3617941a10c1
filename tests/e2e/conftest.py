"""A real browser on a real server. Nothing here waits for a fixed time: locators wait for what they name."""

import os
import re
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, StorageState, expect, sync_playwright

from scripts.browser import find
from tests.e2e.accounts import sign_in
from tests.e2e.site import Site, running_site
from tests.e2e.witness import Witness, witnessing

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
]
PATIENCE = 20_000
"""Milliseconds that a locator waits at most: a busy machine is no failure."""

WIDE = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}

FAILED = pytest.StashKey[bool]()
HERE = Path(__file__).parent
RESULTS = HERE.parents[1] / "test-results"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here drives a browser; the tests of a file share one worker, and with it one server and browser."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.e2e)
            item.add_marker(pytest.mark.xdist_group(f"e2e-{item.path.stem}"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remembers failures for fixtures that keep pictures of them."""
    report = yield
    if report.when == "call":
        item.stash[FAILED] = report.failed
    return report


class Visitors:
    """People who come to the site, each with a browser profile of their own."""

    def __init__(self, browser: Browser, witness: Witness) -> None:
        self._browser = browser
        self._witness = witness
        self.contexts: list[BrowserContext] = []

    def arrive(self, **options: Any) -> Page:
        """The first tab of a new visitor, whose mishaps the witness notes."""
        settings: dict[str, Any] = {"viewport": WIDE, "locale": "en-US", "color_scheme": "light", **options}
        context = self._browser.new_context(**settings, service_workers="block")
        context.set_default_timeout(PATIENCE)
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        self._witness.watch(context)
        self.contexts.append(context)
        return context.new_page()

    def arrive_by_phone(self, **options: Any) -> Page:
        """The same with a small screen that is touched."""
        return self.arrive(**{"viewport": PHONE, "has_touch": True, "is_mobile": True, **options})


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The server that most tests share, with an account."""
    with running_site(tmp_path_factory.mktemp("site")) as site:
        site.create_account()
        yield site


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """A Chromium. Without one the tests are skipped, except in CI. Ends with the folder: its loop bars all others."""
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        path = find() or playwright.chromium.executable_path
        if not Path(path).exists():
            absent = "no Chromium was found: run scripts/browser.py, or name one in TREADLE_TEST_BROWSER"
            (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(absent)
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def witness() -> Iterator[Witness]:
    """Fails the test when anything went wrong in a browser that the test did not expect."""
    with witnessing() as witness:
        yield witness


@pytest.fixture
def visitors(browser: Browser, witness: Witness, request: pytest.FixtureRequest) -> Iterator[Visitors]:
    """Opens browsers; pictures of their pages stay in test-results/ when the test fails."""
    visitors = Visitors(browser, witness)
    with ExitStack() as stack:
        yield visitors
        for context in visitors.contexts:
            stack.callback(context.close)
        if request.node.stash.get(FAILED, False):
            RESULTS.mkdir(exist_ok=True)
            name = re.sub(r"\W+", "-", request.node.name)
            for number, page in enumerate(page for context in visitors.contexts for page in context.pages):
                page.screenshot(path=RESULTS / f"{name}-{number}.png")
        mishaps = len(witness.seen)
        # What closing a page interrupts is no mishap.
        stack.callback(lambda: witness.seen.__delitem__(slice(mishaps, None)))


@pytest.fixture(scope="package")
def session(browser: Browser, site: Site) -> StorageState:
    """The cookies of somebody who has signed in."""
    context = browser.new_context(locale="en-US")
    page = context.new_page()
    page.goto(f"{site.url}/signin")
    sign_in(page)
    expect(page.get_by_role("heading", name="Apps")).to_be_visible()
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def console(visitors: Visitors, session: StorageState) -> Page:
    """The page of somebody who is signed in."""
    return visitors.arrive(storage_state=session)


@pytest.fixture
def page(visitors: Visitors) -> Page:
    """The page of a visitor who was never here."""
    return visitors.arrive()
