"""The front end to begin with: its server holds the key, its page talks, and fills in forms."""

import shutil
import subprocess
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page, Request, Route, expect

from tests.cli.terminal import ROOT
from tests.e2e.apps import PACKING
from tests.e2e.conftest import Visitors
from tests.e2e.site import Site
from tests.e2e.witness import Witness
from tests.server.app_files import chat, completion, text_input
from treadle.server.services import Services

WEAVER = chat(text_input("craft", label="Craft", required=True), name="Weaver at work", prompt="You know {{craft}}.")
DESCRIBER = completion(text_input("product", label="Product"), name="Describes", prompt="Describe {{product}}.")

READ_TO_ITS_END = r"failed: POST .*/api/(ask|stop): net::ERR_ABORTED"
"""What Chromium says of a stream that a page has read to its end before the connection was seen to be done."""

pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="there is no Node here")


def key_of(site: Site, file: str) -> str:
    """A key of an app that is published for it."""
    app_id = site.app_id(site.publish(file))

    async def work(services: Services) -> str:
        workspace = await services.accounts.only_workspace()
        return (await services.keys.create(workspace.id, "app", app_id=app_id)).token

    return site.with_services(work)


@pytest.fixture(autouse=True)
def lenient(witness: Witness) -> None:
    """Streams that were read to their end are no mishaps."""
    witness.expect(READ_TO_ITS_END)


@contextmanager
def front_end(site: Site, folder: Path, file: str) -> Generator[tuple[str, str]]:
    """The address of a front end of an app, started as its page of instructions says, and the key that it holds."""
    place, key = folder / "front-end", key_of(site, file)
    shutil.copytree(ROOT / "examples/front-end", place)
    (place / ".env").write_text(f"TREADLE_API_URL={site.url}/v1\nTREADLE_API_KEY={key}\nPORT=0\n")
    with ExitStack() as stack:
        process = subprocess.Popen(["node", "server.mjs"], cwd=place, stdout=subprocess.PIPE, text=True)
        stack.callback(process.wait)
        stack.callback(process.terminate)
        assert process.stdout is not None
        stack.callback(process.stdout.close)
        yield process.stdout.readline().strip(), key


class Traffic:
    """What a browser sent, and the headers that it got."""

    def __init__(self, context: BrowserContext) -> None:
        self._requests: list[Request] = []
        context.on("requestfinished", lambda request: self._requests.append(request))

    def has(self, text: str) -> bool:
        return any(text in part for request in self._requests for part in self._parts(request))

    def __len__(self) -> int:
        return len(self._requests)

    def _parts(self, request: Request) -> list[str]:
        response = request.response()
        answered = "" if response is None else str(response.all_headers())
        return [request.url, request.post_data or "", str(request.all_headers()), answered]


def test_a_conversation_is_led_stopped_and_found_again(
    site: Site, page: Page, visitors: Visitors, tmp_path: Path
) -> None:
    tale = site.model.tell("Say it slowly here", "The warp", " and never this")
    with front_end(site, tmp_path, WEAVER) as (address, key):
        traffic = Traffic(page.context)
        unlisted: list[Route] = []
        page.route("**/api/conversations", lambda route: unlisted.append(route), times=1)
        page.goto(address)
        expect(page.get_by_role("heading", name="Weaver at work")).to_be_visible()
        page.get_by_label("Craft").fill("weaving")
        ask(page, "What is a loom?")
        expect(page.locator(".answer").last).to_have_text("You said: What is a loom?")
        unlisted[0].continue_()  # One need not wait for the list of conversations to ask.
        ask(page, "Say it slowly here")
        expect(page.locator(".answer").last).to_have_text("The warp")
        page.get_by_role("button", name="Stop").click()
        expect(page.get_by_role("button", name="Send")).to_be_visible()
        tale.go_on()
        talk = page.get_by_role("navigation", name="Conversations").get_by_role("button")
        expect(talk).to_have_count(1)
        page.reload()
        talk.click()
        expect(page.locator(".answer").first).to_have_text("You said: What is a loom?")
        assert len(traffic) > 6
        assert not traffic.has(key)
        for path in ("/", "/app.js"):
            assert key not in httpx.get(address + path).text
        other = visitors.arrive()
        other.goto(address)
        expect(other.get_by_label("Craft")).to_be_visible()
        expect(other.get_by_role("navigation", name="Conversations").get_by_role("button")).to_have_count(0)


def test_a_form_is_filled_in(site: Site, page: Page, tmp_path: Path) -> None:
    with front_end(site, tmp_path, DESCRIBER) as (address, _):
        page.goto(address)
        page.get_by_label("Product").fill("green tea")
        page.get_by_role("button", name="Run").click()
        expect(page.locator(".answer")).to_have_text("You said: Describe green tea.")
        expect(page.get_by_role("button", name="Run")).to_be_visible()


def test_a_workflow_gets_a_file(site: Site, page: Page, tmp_path: Path) -> None:
    with front_end(site, tmp_path, PACKING) as (address, _):
        page.goto(address)
        page.get_by_label("Report").set_input_files({"name": "r.txt", "mimeType": "text/plain", "buffer": b"Calm."})
        page.get_by_role("button", name="Run").click()
        expect(page.locator(".answer")).to_contain_text('"name": "r.txt"')
        expect(page.get_by_role("button", name="Run")).to_be_visible()


def test_it_says_what_is_wrong(site: Site, page: Page, witness: Witness, tmp_path: Path) -> None:
    witness.expect(r"\b40[01]\b.*/api/")
    with front_end(site, tmp_path, WEAVER) as (address, _):
        assert httpx.get(f"{address}/api/conversations").json() == {
            "message": "Open the page first: it gives you a name."
        }
        assert httpx.get(f"{address}/.env").status_code == 404
        page.goto(address)
        page.get_by_label("Craft").fill("weaving")
        page.get_by_label("Craft").evaluate("field => field.removeAttribute('required')")
        page.get_by_label("Craft").fill("")
        ask(page, "What is a loom?")
        expect(page.locator(".error")).to_contain_text("craft")
        expect(page.get_by_role("button", name="Send")).to_be_visible()


def ask(page: Page, question: str) -> None:
    expect(page.get_by_role("button", name="Send")).to_be_visible()
    page.get_by_label("Your message").fill(question)
    page.get_by_label("Your message").press("Enter")
