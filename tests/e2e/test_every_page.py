"""Every page of the product: nothing keeps anybody out, it fits a phone, and its pictures are those of docs/pages.md.

`TREADLE_SCREENSHOTS=1` puts the pictures into docs/images/pages and writes docs/pages.md anew.
"""

import base64
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, StorageState, expect

from tests.e2e.accessibility import THEMES, violations, wear
from tests.e2e.accounts import sign_in
from tests.e2e.conftest import Visitors
from tests.e2e.pages import ADDRESSES_WITHOUT_PAGE, PAGES, Sight
from tests.e2e.site import running_site
from tests.e2e.test_phone import expect_no_sideways_scroll
from tests.e2e.town import Town, lived_in
from tests.e2e.witness import SIGNED_OUT, Witness

DOCS = Path(__file__).parents[2] / "docs"
PICTURES = DOCS / "images" / "pages"
KEPT = os.environ.get("TREADLE_SCREENSHOTS") == "1"
LARGEST = 120_000
"""Bytes of a picture in the repository."""


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with lived_in(tmp_path_factory.mktemp("town")) as town:
        yield town


@pytest.fixture(scope="module")
def owner(town: Town, browser: Browser) -> StorageState:
    """The cookies of the one who set the town up."""
    context = browser.new_context(locale="en-US")
    page = context.new_page()
    page.goto(f"{town.site.url}/signin")
    sign_in(page)
    expect(page.get_by_role("heading", name="Apps")).to_be_visible()
    state = context.storage_state()
    context.close()
    return state


def take(page: Page, name: str) -> None:
    """A picture of the window. WebP, which only the browser's own protocol writes."""
    page.evaluate("async () => { document.activeElement?.blur(); await document.fonts.ready; }")
    session = page.context.new_cdp_session(page)
    data = base64.b64decode(session.send("Page.captureScreenshot", {"format": "webp", "quality": 80})["data"])
    session.detach()
    assert len(data) < LARGEST, f"the picture {name} has {len(data)} bytes"
    if KEPT:
        PICTURES.mkdir(parents=True, exist_ok=True)
        (PICTURES / f"{name}.webp").write_bytes(data)


def look(page: Page, name: str) -> None:
    """Whether the page fits its window and keeps nobody out, with a picture of it, in both themes."""
    expect(page.locator("[aria-busy=true]")).to_have_count(0)
    expect_no_sideways_scroll(page)
    for theme in THEMES:
        wear(page, theme)
        found = violations(page)
        assert not found, f"{theme}: " + "\n".join(found)
        take(page, f"{name}-{theme}")


@pytest.mark.parametrize("sight", PAGES, ids=lambda sight: sight.name)
def test_a_page(sight: Sight, town: Town, visitors: Visitors, owner: StorageState, witness: Witness) -> None:
    witness.expect(SIGNED_OUT)
    for size, arrive in (("wide", visitors.arrive), ("phone", visitors.arrive_by_phone)):
        page = arrive(**({"storage_state": owner} if sight.signed_in else {}))
        page.goto(town.site.url + sight.address(town.ids))
        expect(page.get_by_text(sight.sees).filter(visible=True).first).to_be_visible()
        look(page, f"{sight.name}-{size}")


def test_the_first_page_of_all(tmp_path: Path, visitors: Visitors, witness: Witness) -> None:
    witness.expect(SIGNED_OUT)
    with running_site(tmp_path) as site:
        for size, arrive in (("wide", visitors.arrive), ("phone", visitors.arrive_by_phone)):
            page = arrive()
            page.goto(f"{site.url}/setup")
            expect(page.get_by_role("button", name="Create account")).to_be_visible()
            look(page, f"setup-{size}")


def test_no_page_is_left_out(town: Town, visitors: Visitors, owner: StorageState) -> None:
    page = visitors.arrive(storage_state=owner)
    page.goto(f"{town.site.url}/apps")
    expect(page.get_by_role("heading", name="Apps")).to_be_visible()
    routes = page.evaluate("Object.keys(window.__TSR_ROUTER__.routesByPath)")
    seen = {sight.route for sight in PAGES} | set(ADDRESSES_WITHOUT_PAGE)
    assert {route for route in routes if route not in seen} == set()
    links = page.get_by_role("navigation").get_by_role("link")
    page.goto(f"{town.site.url}/settings")
    expect(page.get_by_role("link", name="Members")).to_be_visible()
    sections = {str(link.get_attribute("href")) for link in links.all()}
    addresses = {sight.address(town.ids) for sight in PAGES}
    assert {each for each in sections if re.match("/settings/", each)} <= addresses


def test_the_gallery_shows_every_page() -> None:
    text = gallery()
    if KEPT:
        (DOCS / "pages.md").write_text(text)
    assert (DOCS / "pages.md").read_text() == text
    for sight in PAGES:
        for size in ("wide", "phone"):
            for theme in THEMES:
                assert (PICTURES / f"{sight.name}-{size}-{theme}.webp").exists()


def gallery() -> str:
    """docs/pages.md: each page in the theme of its reader."""
    parts = ["# Every page\n\nTaken by the browser tests, in the theme that you read in: at a desk and on a phone.\n"]
    for sight in PAGES:
        parts.append(f"\n## {sight.title}\n\n{sight.about}\n\n")
        for size, width in (("wide", 640), ("phone", 195)):
            path = f"images/pages/{sight.name}-{size}"
            parts.append(
                f'<picture><source media="(prefers-color-scheme: dark)" srcset="{path}-dark.webp">'
                f'<img src="{path}-light.webp" width="{width}" alt="{sight.title}, {size}"></picture>\n'
            )
    return "".join(parts)
