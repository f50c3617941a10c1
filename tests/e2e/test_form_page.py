"""The page of a form that a run waits for: filled by hand, over a restart, and by those who come too late."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.apps.asking import asking_chat, human
from tests.e2e.accessibility import expect_accessible
from tests.e2e.chat import open_chat
from tests.e2e.conftest import Visitors
from tests.e2e.site import Site, aside, running_site
from tests.e2e.test_phone import expect_no_sideways_scroll
from tests.e2e.witness import Witness
from tests.server.app_files import end, start, workflow
from treadle.apps.running.requests import StartRun
from treadle.apps.tables import CreatedFrom
from treadle.server.services import Services

TEAMS = {"type": "constant", "value": ["Sales", "Law"]}
INPUTS: list[dict[str, Any]] = [
    {"type": "paragraph", "output_variable_name": "reason"},
    {"type": "select", "output_variable_name": "team", "option_source": TEAMS},
    {"type": "file", "output_variable_name": "receipt", "allowed_file_types": ["image"],
     "allowed_file_upload_methods": ["local_file"]},
]  # fmt: skip
REFUND = workflow(
    start(to="ask"),
    human(
        to={"ok": "end", "no": "end"},
        inputs=INPUTS,
        content="## A refund\n\nKari wants **240 €**. Why?\n\n{{#$output.reason#}}\n\nWho is told? {{#$output.team#}}",
    ),
    end(reason="ask.reason", team="ask.team", receipt="ask.receipt", action="ask.__action_id"),
    name="Refunds",
)


@dataclass
class Waiting:
    """A run that waits, and the address of its form."""

    run_id: str
    address: str


@pytest.fixture(scope="module")
def mortal_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server whose power may be cut."""
    with running_site(tmp_path_factory.mktemp("forms")) as site:
        yield site


def outcome(page: Page) -> Locator:
    """What the page says in the place of the form."""
    return page.get_by_role("main").get_by_role("status")


def asked(site: Site) -> Waiting:
    """A new run of the refund workflow, as far as its form."""

    async def work(services: Services) -> Waiting:
        workspace = await services.accounts.only_workspace()
        app = (await services.apps.import_file(workspace.id, REFUND, publish=True)).app
        request = StartRun(app=app, created_from=CreatedFrom.SERVICE_API, user_id="u", user="u", inputs={})
        run = await services.host.start(request)
        paused = await run.finished()
        run.release()
        ((row, _),) = await services.forms.open_forms(workspace.id, app.id)
        return Waiting(paused.run_id, f"{site.url}/form/{services.forms.token(row.id)}")

    return site.with_services(work)


def outputs_of(site: Site, waiting: Waiting) -> dict[str, Any]:
    """What the run gave, once it is over."""

    async def work(services: Services) -> dict[str, Any]:
        import msgspec

        run = (await services.logs.run(waiting.run_id)).run
        return msgspec.json.decode(run.outputs or "{}") if run.status == "succeeded" else {}

    site.until(lambda: bool(site.with_services(work)), "the run is over")
    return site.with_services(work)


def test_a_form_is_filled_after_the_server_was_away(mortal_site: Site, page: Page) -> None:
    waiting = asked(mortal_site)
    page.goto(waiting.address)
    expect(page.get_by_role("heading", name="A refund")).to_be_visible()
    expect_accessible(page)
    page.get_by_label("Reason").fill("It broke")
    mortal_site.lose_power()
    mortal_site.come_back()
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_text("Fill in this field.")).to_have_count(2)
    expect(page.get_by_label("Team")).to_be_focused()
    page.get_by_label("Team").select_option("Law")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Attach a file").click()
    chooser.value.set_files({"name": "bill.png", "mimeType": "image/png", "buffer": mortal_site.picture()})
    expect(page.get_by_role("button", name="Remove bill.png")).to_be_visible()
    expect_accessible(page)
    page.get_by_role("button", name="Approve").click()
    expect(outcome(page)).to_contain_text("Your answer was sent")
    expect(outcome(page)).to_be_focused()
    outputs = outputs_of(mortal_site, waiting)
    assert (outputs["reason"], outputs["team"], outputs["action"]) == ("It broke", "Law", "ok")
    assert outputs["receipt"]["filename"] == "bill.png"


def test_by_phone_and_keyboard_somebody_else_was_faster(site: Site, visitors: Visitors, witness: Witness) -> None:
    waiting = asked(site)
    page = visitors.arrive_by_phone()
    page.goto(waiting.address)
    expect(page.get_by_role("button", name="Refuse")).to_be_visible()
    expect_no_sideways_scroll(page)
    expect_accessible(page)
    page.get_by_label("Team").select_option("Sales")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Attach a file").focus()
        page.keyboard.press("Enter")
    chooser.value.set_files({"name": "bill.png", "mimeType": "image/png", "buffer": site.picture()})
    expect(page.get_by_role("button", name="Remove bill.png")).to_be_visible()
    _answer_elsewhere(site, waiting)
    witness.expect(r"\b412\b")
    page.get_by_role("button", name="Refuse").focus()
    page.keyboard.press("Enter")
    expect(outcome(page)).to_contain_text("Already answered")
    page.reload()
    expect(outcome(page)).to_contain_text("Already answered")
    expect_accessible(page)


def test_a_wrong_link_and_one_whose_time_is_over(site: Site, page: Page, witness: Witness) -> None:
    witness.expect(r"\b404\b", r"\b412\b")
    page.goto(f"{site.url}/form/{'x' * 32}")
    expect(outcome(page)).to_contain_text("There is no such form")
    waiting = asked(site)
    site.expire_forms()
    page.goto(waiting.address)
    expect(outcome(page)).to_contain_text("Time is over")


def _answer_elsewhere(site: Site, waiting: Waiting) -> None:
    """Somebody with the same link answers."""
    path = waiting.address.replace("/form/", "/api/form/human_input/")

    def post() -> None:
        with httpx.Client(timeout=30) as client:
            files = {"file": ("a.png", site.picture(), "image/png")}
            file_id = client.post(f"{path}/upload", files=files).json()["id"]
            receipt = {"type": "image", "transfer_method": "local_file", "upload_file_id": file_id}
            answer = client.post(path, json={"action": "ok", "inputs": {"team": "Law", "receipt": receipt}})
            assert answer.status_code == 200, answer.text

    aside(post)


def test_a_chat_waits_and_goes_on_when_its_form_is_filled(site: Site, visitors: Visitors) -> None:
    page = visitors.arrive()
    chat = open_chat(page, site.page_of(asking_chat()))
    chat.ask("the plan")
    card = chat.messages.get_by_role("list", name="Waiting for an answer")
    expect(card).to_contain_text("Approval")
    expect_accessible(page)
    page.reload()
    expect(card).to_contain_text("Your answer is needed")
    with page.expect_popup() as opened:
        card.get_by_role("link", name="Open the form").click()
    form = opened.value
    expect(form.get_by_text("About the plan")).to_be_visible()
    form.get_by_label("Note").fill("good")
    form.get_by_role("button", name="Approve").click()
    expect(outcome(form)).to_contain_text("Your answer was sent")
    chat.expect_answer("Noted: good")
    expect(card).to_be_hidden()
