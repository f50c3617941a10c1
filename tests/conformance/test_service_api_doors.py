"""Numbered cases of service-api §12 about rounds in a stream, webhooks, and apps as MCP servers."""

from uuid import uuid4

from tests.conformance.test_engine_containers import LETTER, app, items, iteration
from tests.server.app_files import answer, chatflow, end, start, workflow
from tests.server.harness import Workbench
from tests.server.matchers import refused
from tests.server.test_mcp import here, served_app
from tests.triggers.apps import parameter
from tests.triggers.webhooks import hook


def test_case_57_each_round_is_told_once(workbench: Workbench) -> None:
    events = workbench.of(app(items("[1, 2, 3]"), *iteration("body.r"), LETTER)).run_events()
    told = [event for event in events if event["event"].startswith("iteration_")]
    assert [event["event"] for event in told] == ["iteration_started", *["iteration_next"] * 3, "iteration_completed"]
    assert [event["data"]["index"] for event in told[1:4]] == [0, 1, 2]
    inner = [event["data"] for event in events if event["data"].get("node_id") == "body"]
    assert [data["iteration_id"] for data in inner] == ["it"] * 6


def test_case_115_a_webhook_takes_what_it_declares_and_nothing_else(workbench: Workbench) -> None:
    made = hook(
        workbench,
        headers=[{"name": "X-Sig", "required": True}],
        body=[parameter("n", "number")],
        status_code=201,
        response_body='{"ok": 1}',
    )
    wrong = made.send("GET")
    assert (wrong.status_code, wrong.json()["error"]) == (400, "Bad Request")
    assert made.send(json={"n": 1}).status_code == 400
    unknown = made.url.rsplit("/", 1)[0] + "/" + uuid4().hex[:24]
    assert workbench.http.post(unknown, json={}).status_code == 404
    large = made.send(headers={"X-Sig": "s", "Content-Type": "application/json"}, content=b"[" + b" " * (11 << 20))
    assert large.status_code == 413
    good = made.send(json={"n": 1}, headers={"X-Sig": "s"})
    assert (good.status_code, good.json()) == (201, {"ok": 1})


def test_case_116_an_app_speaks_mcp(workbench: Workbench) -> None:
    """Without sessions, a call before `initialize` is as good as one after it."""
    _, _, told = served_app(workbench, chatflow(start(to="answer"), answer("hi"), name="App"))
    http, address = workbench.raw().http, here(workbench, told)

    def ask(method: str, **params: object) -> dict[str, object]:
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        return dict(http.post(address, json=body).json())

    assert ask("initialize", protocolVersion="2024-11-05")["result"]["protocolVersion"] == "2024-11-05"  # type: ignore[index]
    noted = http.post(address, json={"jsonrpc": "2.0", "method": "notifications/initialized"})
    assert (noted.status_code, noted.content) == (202, b"")
    assert [tool["name"] for tool in ask("tools/list")["result"]["tools"]] == ["App"]  # type: ignore[index]
    assert ask("resources/list")["error"]["code"] == -32601  # type: ignore[index]


def test_case_87_end_users_are_read_by_the_app_they_belong_to(workbench: Workbench) -> None:
    flow = workflow(start(to="end"), end())
    mine, other = workbench.import_app(flow), workbench.import_app(flow)
    workbench.api(mine, "ann").run()
    [(row_id,)] = workbench.rows("SELECT id FROM end_users WHERE app_id = :app", app=mine.id)
    told = workbench.api(mine).get(f"/end-users/{row_id}").json()
    assert (told["id"], told["app_id"], told["type"], told["session_id"], told["external_user_id"]) == (
        row_id, mine.id, "service-api", "ann", "ann",
    )  # fmt: skip
    assert told["is_anonymous"] is False
    refused(workbench.api(other).get(f"/end-users/{row_id}"), 404, "end_user_not_found")
    refused(workbench.api(mine).get(f"/end-users/{uuid4()}"), 404, "end_user_not_found")
