"""Runs that wait for a person: through real servers, restarts, mails, and hands that race for one form."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.apps.asking import BY_PAGE, approval, asking_chat, by_mail, human
from tests.doubles.mail import MailSink
from tests.server.app_files import JsonMap, end, start, template, text_input, workflow
from tests.server.fixtures import running_workbench
from tests.server.harness import Workbench, eventually
from tests.server.http_client import Api, AppApi
from tests.server.matchers import refused
from tests.triggers.apps import webhook
from treadle.apps.forms.service import FormExpired, FormSubmitted
from treadle.apps.running.requests import StartRun
from treadle.apps.tables import CreatedFrom
from treadle.engine.events import RunPaused
from treadle.platform.refusals import NotFound
from treadle.server.services import Services, open_services
from treadle.settings import Settings

HOUR = 3600 * 1_000_000


@pytest.fixture(params=["sqlite", "postgresql"], scope="module")
def bench(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    """A server that nobody else uses, so that it may be killed."""
    environment = {"TREADLE_RUN_LEASE_SECONDS": "1"}
    if request.param == "postgresql":
        environment["TREADLE_DATABASE_URL"] = request.getfixturevalue("postgres_server").create_database(migrated=False)
    with running_workbench(tmp_path_factory.mktemp("forms"), environment) as made:
        yield made


@pytest.fixture(scope="module")
def sink() -> Iterator[MailSink]:
    with MailSink().in_thread() as made:
        yield made


@pytest.fixture(scope="module")
def mailing(tmp_path_factory: pytest.TempPathFactory, sink: MailSink) -> Iterator[Workbench]:
    """A server that can send mails."""
    environment = {
        "TREADLE_SMTP_HOST": sink.host,
        "TREADLE_SMTP_PORT": str(sink.port),
        "TREADLE_SMTP_SECURITY": "none",
        "TREADLE_SMTP_FROM": "treadle@example.com",
    }
    with running_workbench(tmp_path_factory.mktemp("mailing"), environment) as made:
        yield made


def waits(events: list[JsonMap]) -> JsonMap:
    """The form that a stream ended with."""
    names = [event["event"] for event in events]
    assert names[-2:] == ["human_input_required", "workflow_paused"], names
    paused = events[-1]["data"]
    assert (paused["status"], paused["paused_nodes"]) == ("paused", ["ask"])
    return dict(events[-2]["data"])


def form_path(form: JsonMap) -> str:
    return f"/form/human_input/{form['form_token']}"


def follow(api: AppApi, run_id: str, *, through: bool = False) -> list[JsonMap]:
    flag = "&continue_on_pause=true" if through else ""
    return api.events(f"/workflow/{run_id}/events?user={api.user}{flag}", method="GET")


def until_over(api: AppApi, run_id: str) -> JsonMap:
    """The detail of a run once it neither runs nor waits."""
    path = f"/workflows/run/{run_id}"
    eventually(lambda: api.get(path).json()["status"] not in ("running", "paused"), "the run ends")
    return dict(api.get(path).json())


def test_a_chatflow_waits_over_a_restart(bench: Workbench) -> None:
    app = bench.import_app(asking_chat())
    api = bench.api(app)
    events = api.chat_events("the plan")
    form = waits(events)
    conversation_id, run_id = events[0]["conversation_id"], events[0]["workflow_run_id"]
    assert form["form_content"] == "About the plan"
    bench.server.kill()
    bench.server.start()
    api = bench.api(app, api.user)
    assert api.get(f"/workflows/run/{run_id}").json()["status"] == "paused"
    again = follow(api, run_id)
    assert [event["event"] for event in again] == ["human_input_required", "workflow_paused"]
    assert again[0]["data"] == form
    (message,) = api.get("/messages", user=api.user, conversation_id=conversation_id).json()["data"]
    assert (message["query"], message["answer"], message["status"]) == ("the plan", "", "normal")
    body = {"inputs": {"note": "fine"}, "action": "ok", "user": api.user}
    assert api.post(form_path(form), body).json() == {}
    detail = until_over(api, run_id)
    assert (detail["status"], detail["outputs"]["answer"]) == ("succeeded", "Noted: fine")
    (message,) = api.get("/messages", user=api.user, conversation_id=conversation_id).json()["data"]
    assert message["answer"] == "Noted: fine"
    assert [event["event"] for event in follow(api, run_id)] == ["workflow_finished", "message_end"]
    refused(api.post(form_path(form), body), 412, "human_input_form_submitted")
    refused(api.get(form_path(form)), 412, "human_input_form_submitted")


def test_a_follower_is_told_how_the_run_goes_on(bench: Workbench) -> None:
    api = bench.api(bench.import_app(approval()))
    events = api.run_events({"what": "it"})
    form, run_id = waits(events), events[0]["workflow_run_id"]
    told: list[JsonMap] = []
    ready = threading.Event()

    def read() -> None:
        path = f"/workflow/{run_id}/events?user={api.user}&continue_on_pause=true"
        with (
            httpx.Client(timeout=60) as client,
            AppApi(client, api.base, api.key, api.user).stream(path, method="GET") as stream,
        ):
            for frame in stream:
                if frame.data is not None:
                    told.append(frame.data)
                    if frame.event == "workflow_paused":
                        ready.set()

    reader = threading.Thread(target=read)
    reader.start()
    assert ready.wait(20)
    assert api.post(form_path(form), {"inputs": {"note": "n"}, "action": "ok", "user": api.user}).status_code == 200
    reader.join(20)
    names = [event["event"] for event in told]
    assert names[:2] == ["human_input_required", "workflow_paused"]
    assert names[-1] == "workflow_finished"
    assert told[-1]["data"]["outputs"]["good"] == "approved: n"


def test_a_blocking_call_is_told_that_the_run_waits(bench: Workbench) -> None:
    api = bench.api(bench.import_app(approval()))
    answer = api.run({"what": "it"}).json()
    assert (answer["data"]["status"], answer["data"]["paused_nodes"]) == ("paused", ["ask"])
    (reason,) = answer["data"]["reasons"]
    assert reason["form_content"] == "Approve it? {{#$output.note#}}"
    assert "token" not in str(reason).lower()


def test_nobody_else_reaches_a_form(bench: Workbench) -> None:
    api = bench.api(bench.import_app(approval()))
    form = waits(api.run_events({"what": "it"}))
    body = {"inputs": {}, "action": "ok"}
    refused(api.post(form_path(form), {**body, "user": "another"}), 404, "not_found")
    refused(api.post(form_path(form), body), 400, "invalid_param", params="user")
    other = bench.api(bench.import_app(approval()))
    refused(other.get(form_path(form)), 404, "not_found")
    refused(other.post(form_path(form), {**body, "user": api.user}), 404, "not_found")
    refused(api.get("/form/human_input/x"), 404, "not_found")
    assert api.get(form_path(form)).status_code == 200
    hashes = bench.rows("SELECT token_hash FROM form_links")
    assert all(form["form_token"] not in row[0] for row in hashes)


def test_one_of_many_hands_wins(bench: Workbench) -> None:
    api = bench.api(bench.import_app(approval()))
    events = api.run_events({"what": "it"})
    form = waits(events)
    codes: list[int] = []

    def press(action: str) -> None:
        url = f"{bench.server.url}/api{form_path(form)}"
        codes.append(httpx.post(url, json={"inputs": {"note": action}, "action": action}, timeout=30).status_code)

    hands = [threading.Thread(target=press, args=(action,)) for action in ["ok", "no"] * 6]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()
    assert sorted(codes) == [200] + [412] * 11
    outputs = until_over(api, events[0]["workflow_run_id"])["outputs"]
    assert (outputs["good"] is None) != (outputs["bad"] is None)


def test_files_come_through_the_form_alone(bench: Workbench) -> None:
    inputs: list[JsonMap] = [
        {"type": "file", "output_variable_name": "doc", "allowed_file_types": ["document"],
         "allowed_file_upload_methods": ["local_file"]},
        {"type": "select", "output_variable_name": "pick", "option_source": {"type": "constant", "value": ["a", "b"]}},
    ]  # fmt: skip
    app = bench.import_app(
        workflow(
            start(to="ask"),
            human(to={"ok": "end"}, inputs=inputs, content="{{#$output.doc#}} {{#$output.pick#}}"),
            end(doc="ask.doc", text="ask.__rendered_content"),
        )
    )
    api = bench.api(app)
    events = api.run_events()
    form = waits(events)
    page = bench.raw()

    def answered(**entered: Any) -> httpx.Response:
        return page.post(f"/api{form_path(form)}", {"inputs": entered, "action": "ok"})

    def upload(name: str, data: bytes, kind: str) -> str:
        answer = page.call("POST", f"/api{form_path(form)}/upload", files={"file": (name, data, kind)})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def sent(file_id: str) -> JsonMap:
        return {"type": "document", "transfer_method": "local_file", "upload_file_id": file_id}

    foreign = api.upload("note.txt", b"hello").json()["id"]
    refused(answered(doc=sent(foreign), pick="a"), 400, "invalid_form_data", params="doc")
    refused(answered(doc=sent(upload("a.png", bench.png(), "image/png")), pick="a"), 400, "invalid_form_data")
    own = upload("note.txt", b"hello", "text/plain")
    refused(answered(doc=sent(own), pick="c"), 400, "invalid_form_data", params="pick")
    refused(answered(doc=sent(own)), 400, "invalid_form_data", params="pick")
    refused(answered(pick="a"), 400, "invalid_form_data", params="doc")
    assert answered(doc=sent(own), pick="b").status_code == 200
    outputs = until_over(api, events[0]["workflow_run_id"])["outputs"]
    assert (outputs["doc"]["filename"], outputs["text"]) == ("note.txt", "[file] b")
    refused(page.call("POST", f"/api{form_path(form)}/upload", files={"file": ("a.txt", b"x")}), 412,
            "human_input_form_submitted")  # fmt: skip


def test_members_see_open_forms_and_may_answer(mailing: Workbench) -> None:
    account = {"email": "owner@example.com", "password": "correct horse 1"}
    mailing.command("admin", "create", "--email", account["email"], "--password", account["password"])
    console = Api(httpx.Client(timeout=30), f"{mailing.server.url}/console/api")
    refused(console.get("/forms"), 401, "unauthorized")
    assert console.post("/signin", account).status_code == 200
    app = mailing.import_app(approval(delivery=[by_mail(whole_workspace=True), BY_PAGE]))
    api = mailing.api(app)
    events = api.run_events({"what": "it"})
    form = waits(events)
    (listed,) = console.get("/forms", app_id=app.id).json()["data"]
    assert (listed["id"], listed["title"], listed["app_name"]) == (form["form_id"], "Approval", "Approval")
    assert listed["url"] == f"{mailing.server.url}/form/{form['form_token']}"
    assert console.get(f"/forms/{listed['id']}").json()["form_content"] == "Approve it? {{#$output.note#}}"
    body = {"action": "ok", "inputs": {"note": "seen"}}
    refused(console.post(f"/forms/{listed['id']}", body), 403, "csrf")
    console.headers["X-CSRF-Token"] = console.http.cookies["treadle_csrf"]
    assert console.post(f"/forms/{listed['id']}", body).status_code == 200
    refused(console.post(f"/forms/{listed['id']}", body), 412, "human_input_form_submitted")
    assert until_over(api, events[0]["workflow_run_id"])["outputs"]["good"] == "approved: seen"
    assert console.get("/forms", app_id=app.id).json()["data"] == []
    refused(console.get(f"/forms/{uuid4()}"), 404, "not_found")


# ---- mail ----


def test_a_mail_carries_a_link_of_its_own(mailing: Workbench, sink: MailSink) -> None:
    first, second = (f"{uuid4().hex}@example.com" for _ in range(2))
    mail = by_mail(first, second, subject="About {{#start.what#}}", body="Go to {{#url#}} <now>\nThanks")
    api = mailing.api(mailing.import_app(approval(delivery=[mail])))
    events = api.run_events({"what": "it"})
    form = waits(events)
    assert (form["form_token"], form["display_in_ui"]) == (None, False)
    letters = [asyncio.run(sink.wait_mail(address)) for address in (first, second)]
    links = [letter.text.split()[2] for letter in letters]
    assert links[0] != links[1]
    assert [(letter.subject, letter.sender) for letter in letters] == [("About it", "treadle@example.com")] * 2
    assert letters[0].text == f"Go to {links[0]} <now>\nThanks\n"
    assert f'<a href="{links[0]}">' in letters[0].html
    assert "&lt;now&gt;" in letters[0].html
    token = links[1].rpartition("/form/")[2]
    page = mailing.raw()
    assert page.get(f"/api/form/human_input/{token}").json()["title"] == "Approval"
    assert page.post(f"/api/form/human_input/{token}", {"inputs": {}, "action": "no"}).status_code == 200
    other = links[0].rpartition("/form/")[2]
    refused(page.get(f"/api/form/human_input/{other}"), 412, "human_input_form_submitted")
    assert until_over(api, events[0]["workflow_run_id"])["outputs"]["bad"] == "refused"
    assert mailing.rows("SELECT answered_by FROM forms WHERE answered_by = :to", to=second) == [(second,)]
    assert len(sink.mails_to(first)) == 1


def test_a_trigger_has_nobody_to_show_a_form_to(mailing: Workbench, sink: MailSink) -> None:
    address = f"{uuid4().hex}@example.com"
    text = workflow(
        webhook(to="ask"),
        human(to={"ok": "end"}, content="Event", delivery=[BY_PAGE, by_mail(address)]),
        end(note="ask.note"),
    )
    from tests.triggers.webhooks import Hook, address_of

    app = mailing.import_app(text)
    hook = Hook(mailing, app, address_of(mailing, app))
    assert hook.send(json={}).status_code == 200
    letter = asyncio.run(sink.wait_mail(address))
    assert mailing.rows("SELECT recipient FROM form_links WHERE recipient = 'page' AND form_id IN "
                        "(SELECT id FROM forms WHERE app_id = :app)", app=app.id) == []  # fmt: skip
    token = letter.text.strip().rpartition("/form/")[2]
    answer = mailing.raw().post(f"/api/form/human_input/{token}", {"inputs": {"note": "seen"}, "action": "ok"})
    assert answer.status_code == 200
    assert hook.outputs() == {"note": "seen"}


# ---- within this process, by a clock in hand ----


class Clock:
    def __init__(self) -> None:
        self.ahead = 0

    def __call__(self) -> int:
        from treadle.platform.clock import now_us

        return now_us() + self.ahead


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def services(tmp_path: Path, migrated_url: str, clock: Clock) -> AsyncIterator[Services]:
    settings = Settings(data_dir=tmp_path / "data", local_model=False, database_url=migrated_url)
    async with open_services(settings=settings) as opened:
        opened.forms.go_by(clock)
        yield opened


async def paused(services: Services, text: str) -> tuple[str, str, str]:
    """A run that waits: the ids of its workspace and itself, and the id of its form."""
    workspace = await services.accounts.only_workspace()
    app = (await services.apps.import_file(workspace.id, text, publish=True)).app
    run = await services.host.start(
        StartRun(app=app, created_from=CreatedFrom.SERVICE_API, user_id="u", user="u", inputs={"what": "it"})
    )
    end_event = await run.finished()
    run.release()
    assert isinstance(end_event, RunPaused)
    return workspace.id, end_event.run_id, str(end_event.reasons[0]["form_id"])


async def outputs_of(services: Services, run_id: str) -> dict[str, Any]:
    import msgspec

    while True:
        run = (await services.logs.run(run_id)).run
        if run.status not in ("running", "paused"):
            assert run.status == "succeeded", run.error
            return msgspec.json.decode(run.outputs or "{}")
        await asyncio.sleep(0.02)


async def test_time_runs_out_once(services: Services, clock: Clock) -> None:
    workspace_id, run_id, form_id = await paused(services, approval())
    assert await services.forms.expire_due() == 0
    clock.ahead = HOUR
    with pytest.raises(FormExpired):
        await services.forms.of_workspace(workspace_id, form_id)
    counts = await asyncio.gather(*(services.forms.expire_due() for _ in range(4)))
    assert sum(counts) == 1
    outputs = await outputs_of(services, run_id)
    assert (outputs["late"], outputs["action"], outputs["text"]) == ("nobody answered", None, "Approve it? ")


async def test_a_late_answer_is_refused(services: Services, clock: Clock) -> None:
    workspace_id, _, form_id = await paused(services, approval())
    form = await services.forms.of_workspace(workspace_id, form_id)
    clock.ahead = HOUR
    files = services.uploads.for_caller(workspace_id, "u")
    with pytest.raises(FormExpired):
        await services.forms.submit(form, inputs={}, action="ok", files=files, by="u")


async def test_an_answer_that_its_run_has_not_taken_is_brought_again(services: Services, clock: Clock) -> None:
    workspace_id, run_id, form_id = await paused(services, approval())
    form = await services.forms.of_workspace(workspace_id, form_id)
    files = services.uploads.for_caller(workspace_id, "u")
    go_on = services.forms.go_on

    async def nobody(*_: object) -> bool:
        return False

    services.forms.go_on = nobody
    await services.forms.submit(form, inputs={"note": "n"}, action="ok", files=files, by="u")
    with pytest.raises(FormSubmitted):
        await services.forms.of_workspace(workspace_id, form_id)
    services.forms.go_on = go_on
    await services.forms.bring_answers()
    assert (await services.logs.run(run_id)).run.status == "paused"
    clock.ahead = 3_000_000
    await services.forms.bring_answers()
    assert (await outputs_of(services, run_id))["good"] == "approved: n"


async def test_open_forms_are_listed_for_their_workspace(services: Services) -> None:
    workspace_id, _, form_id = await paused(services, approval())
    listed = await services.forms.open_forms(workspace_id)
    assert [(row.id, row.title, name) for row, name in listed] == [(form_id, "Approval", "Approval")]
    assert await services.forms.open_forms("another") == []
    with pytest.raises(NotFound):
        await services.forms.of_workspace("another", form_id)


async def test_each_form_has_secret_links_of_its_own(services: Services) -> None:
    _, _, form_id = await paused(services, approval())
    token = services.forms.token(form_id)
    assert len(token) == 32
    assert token != services.forms.token(form_id, "a@example.com")
    assert (await services.forms.by_token(token)).row.id == form_id
    for wrong in ("", "x", token[:-1], token + "A", form_id):
        with pytest.raises(NotFound):
            await services.forms.by_token(wrong)


async def test_two_forms_of_one_run_are_answered_one_after_the_other(services: Services) -> None:
    text = workflow(
        start(text_input("what"), to=["ask", "other"]),
        human(to={"ok": "join"}, content="First"),
        human("other", to={"ok": "join"}, content="Second"),
        template("join", "{{ a }} {{ b }}", a="ask.note", b="other.note", to="end"),
        end(text="join.output"),
    )
    workspace_id, run_id, _ = await paused(services, text)
    files = services.uploads.for_caller(workspace_id, "u")
    rows = await services.forms.open_forms(workspace_id)
    assert len(rows) == 2
    for row, _ in rows:
        form = await services.forms.of_workspace(workspace_id, row.id)
        note = "1" if form.request.content == "First" else "2"
        await services.forms.submit(form, inputs={"note": note}, action="ok", files=files, by="u")
    assert await outputs_of(services, run_id) == {"text": "1 2"}
