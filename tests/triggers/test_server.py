"""Triggers of real servers: what survives a power cut, who is told while building, and what a switch does."""

import threading
import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.server.app_files import end, http, template, workflow
from tests.server.fixtures import running_workbench
from tests.server.harness import Workbench, eventually
from tests.server.http_client import Api
from tests.server.matchers import refused
from tests.triggers.apps import hooked, parameter, schedule, webhook
from tests.triggers.webhooks import Hook, address_of, hook, listed

ACCOUNT = {"email": "owner@example.com", "password": "correct horse 1"}


@pytest.fixture(params=["sqlite", "postgresql"], scope="module")
def bench(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    """A server with an account that nobody else uses, so that it may be killed."""
    environment = {"TREADLE_RUN_LEASE_SECONDS": "1", "TREADLE_WEBHOOK_RATE_LIMIT": "60"}
    if request.param == "postgresql":
        environment["TREADLE_DATABASE_URL"] = request.getfixturevalue("postgres_server").create_database(migrated=False)
    with running_workbench(tmp_path_factory.mktemp("triggers"), environment) as made:
        made.command("admin", "create", "--email", ACCOUNT["email"], "--password", ACCOUNT["password"])
        yield made


class Console(Api):
    """The console API as its signed-in member."""

    def __init__(self, bench: Workbench) -> None:
        super().__init__(httpx.Client(timeout=60), f"{bench.server.url}/console/api")
        assert self.post("/signin", ACCOUNT).status_code == 200
        self.headers["X-CSRF-Token"] = self.http.cookies["treadle_csrf"]


def test_a_run_that_was_promised_survives_a_power_cut(bench: Workbench) -> None:
    gate = uuid4().hex
    text = workflow(
        webhook("first", to="end"),
        webhook("hook", to="wait", body=[parameter("n", "number")]),
        http("wait", bench.gate.held(gate), to="join"),
        template("join", "{{ n }} {{ body }}", n="hook.n", body="wait.body", to="end"),
        end(text="join.output"),
    )
    app = bench.import_app(text)
    (row,) = [row for row in listed(bench, app) if row["node_id"] == "hook"]
    made = Hook(bench, app, bench.server.url + httpx.URL(row["webhook_url"]).path)
    assert made.send(json={"n": 7}).status_code == 200
    bench.server.kill()
    bench.server.start()
    bench.gate.wait(gate, 1, timeout=30)
    bench.gate.open(gate)
    assert made.outputs()["text"].startswith("7 ")


def test_a_schedule_of_a_running_server_fires(bench: Workbench) -> None:
    app = bench.import_app(workflow(schedule(cron_expression="0 0 1 1 *"), end(at="clock.sys.timestamp")))
    assert listed(bench, app)[0]["next_at"] > time.time()
    due = int(time.time() * 1e6) - 1_000_000
    bench.change("UPDATE triggers SET next_at = :due WHERE app_id = :app", "triggers", due=due, app=app.id)
    runs = "SELECT triggered_from, status FROM runs WHERE app_id = :app"
    eventually(lambda: bench.rows(runs, app=app.id) == [("schedule", "succeeded")], "the schedule fires")
    assert listed(bench, app)[0]["next_at"] > time.time()


def test_a_switch_turns_a_webhook_off_and_on(bench: Workbench) -> None:
    console = Console(bench)
    app = bench.import_app(hooked())
    made = Hook(bench, app, address_of(bench, app))
    (row,) = console.get(f"/apps/{app.id}/triggers").json()["data"]
    assert (row["enabled"], row["published"], row["webhook_url"]) == (True, True, made.url)
    assert console.call("PUT", f"/triggers/{row['id']}", json={"enabled": False}).json()["enabled"] is False
    assert made.send(json={}).status_code == 404
    assert console.call("PUT", f"/triggers/{row['id']}", json={"enabled": True}).status_code == 200
    assert made.send(json={}).status_code == 200
    assert [each["app_name"] for each in console.get("/triggers").json()["data"] if each["app_id"] == app.id] == [
        "Hooked"
    ]
    refused(console.call("PUT", f"/triggers/{uuid4()}", json={"enabled": False}), 404, "not_found")


def test_a_draft_has_an_address_before_it_is_published(bench: Workbench) -> None:
    console = Console(bench)
    app = bench.import_app(hooked(["n"], body=[parameter("n", "number")]), publish=False)
    (row,) = console.get(f"/apps/{app.id}/triggers").json()["data"]
    assert row["published"] is False
    live, debug = (bench.server.url + httpx.URL(row[name]).path for name in ("webhook_url", "webhook_debug_url"))
    assert httpx.post(live, json={"n": 3}).status_code == 404
    assert "No editor listens" in httpx.post(debug, json={"n": 3}).json()["message"]
    caught: list[Any] = []

    def listen() -> None:
        caught.append(Console(bench).post(f"/apps/{app.id}/triggers/hook/listen", {"seconds": 30}).json()["caught"])

    listener = threading.Thread(target=listen)
    listener.start()
    waiting = "SELECT count(*) FROM trigger_listeners WHERE app_id = :app AND inputs IS NULL"
    eventually(lambda: bench.rows(waiting, app=app.id) == [(1,)], "the editor listens")
    assert httpx.post(debug, json={"n": "x"}).status_code == 400
    answer = httpx.post(debug, json={"n": 3})
    assert (answer.status_code, answer.json()["status"]) == (200, "success")
    listener.join(30)
    assert (caught[0]["node_id"], caught[0]["inputs"]["webhook_body"]) == ("hook", {"n": 3})
    assert bench.rows("SELECT count(*) FROM runs WHERE app_id = :app", app=app.id) == [(0,)]
    events = console.events(f"/apps/{app.id}/triggers/caught/{caught[0]['id']}/run")
    assert events[-1]["data"]["outputs"] == {"n": 3}
    refused(console.post(f"/apps/{app.id}/triggers/caught/{uuid4()}/run"), 404, "not_found")
    other = bench.import_app(hooked(), publish=False)
    refused(console.post(f"/apps/{other.id}/triggers/caught/{caught[0]['id']}/run"), 404, "not_found")
    assert httpx.post(debug, json={"n": 3}).status_code == 404
    refused(console.post(f"/apps/{app.id}/triggers/end/listen", {"seconds": 1}), 404, "not_found")


def test_the_end_user_is_the_trigger(bench: Workbench) -> None:
    app = bench.import_app(workflow(webhook(), end(who="sys.user_id")))
    made = Hook(bench, app, address_of(bench, app))
    (row,) = listed(bench, app)
    assert made.accepts(json={}) == {"who": row["id"]}
    query = "SELECT type, session_id FROM end_users WHERE app_id = :app"
    assert bench.rows(query, app=made.app.id) == [("trigger", row["id"])]


def test_every_method_is_routed(bench: Workbench) -> None:
    made = hook(bench)
    for method in ("GET", "PUT", "PATCH", "DELETE", "OPTIONS"):
        assert f"Expected POST, got {method}" in made.refuses(method)
    assert made.send("HEAD").status_code == 400


def test_too_many_requests_find_nothing(bench: Workbench) -> None:
    """The last test here: it uses up the workspace's minute."""
    made = hook(bench)
    codes = {made.send("GET").status_code for _ in range(130)}
    assert codes == {400, 404}
