"""The Service API, case by case (spec service-api §12): runs after the fact, and following one that goes on."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from tests.server import sample_apps
from tests.server.harness import Workbench, eventually
from tests.server.matchers import COUNT, ID, NOW, SECONDS, TEXT, refused


def test_case_84_details_of_runs(any_workbench: Workbench) -> None:
    api = any_workbench.of(sample_apps.ECHO)
    run = api.run({"word": "tide", "count": 2}).json()["data"]
    detail = api.get(f"/workflows/run/{run['id']}")
    assert detail.status_code == 200
    body = detail.json()
    assert body == {
        "id": run["id"],
        "workflow_id": run["workflow_id"],
        "status": "succeeded",
        "inputs": TEXT,
        "outputs": {"text": "tide x 2"},
        "error": None,
        "total_steps": 3,
        "total_tokens": 0,
        "created_at": NOW,
        "finished_at": NOW,
        "elapsed_time": SECONDS,
    }
    assert '"word":"tide"' in body["inputs"].replace('": ', '":')
    assert f'"sys.user_id":"{api.user}"' in body["inputs"].replace('": ', '":')
    refused(api.get(f"/workflows/run/{uuid4()}"), 404, "not_found")
    refused(api.get("/workflows/run/no-uuid"), 404, "not_found")
    refused(any_workbench.of(sample_apps.ROUTER).get(f"/workflows/run/{run['id']}"), 404, "not_found")
    failing = any_workbench.of(sample_apps.FAILING_WORKFLOW)
    failed = failing.get(f"/workflows/run/{failing.run().json()['workflow_run_id']}").json()
    assert (failed["status"], failed["error"], failed["outputs"]) == ("failed", TEXT, {})


def test_a_run_in_progress_has_a_detail(workbench: Workbench) -> None:
    gate = uuid4().hex
    api = workbench.api(workbench.import_app(sample_apps.held_workflow(workbench.gate.held(gate))))
    with api.stream("/workflows/run", api.run_body()) as stream:
        run_id = stream.until("workflow_started")["workflow_run_id"]
        workbench.gate.wait(gate)
        path = f"/workflows/run/{run_id}"
        eventually(lambda: api.get(path).status_code == 200, "a run that goes on can be read")
        detail = api.get(path).json()
        assert (detail["status"], detail["finished_at"], detail["outputs"]) == ("running", None, {})
        workbench.gate.open(gate)
        stream.rest()


def test_the_events_of_a_run_can_be_read_again(workbench: Workbench) -> None:
    api = workbench.of(sample_apps.ECHO)
    run = api.run({"word": "tide", "count": 2}).json()
    path = f"/workflow/{run['workflow_run_id']}/events?user={api.user}"
    (last,) = api.events(path, method="GET")
    assert (last["event"], last["workflow_run_id"], last["task_id"]) == (
        "workflow_finished",
        run["workflow_run_id"],
        run["task_id"],
    )
    assert last["data"]["outputs"] == {"text": "tide x 2"}
    stranger = workbench.of(sample_apps.ECHO)
    path = f"/workflow/{run['workflow_run_id']}/events"
    refused(stranger.get(path, user=stranger.user), 404, "not_found")
    refused(stranger.get(path), 400, "invalid_param", params="user")


def test_a_run_in_progress_is_followed_from_its_beginning(workbench: Workbench) -> None:
    gate = uuid4().hex
    api = workbench.api(workbench.import_app(sample_apps.held_workflow(workbench.gate.held(gate))))
    with api.stream("/workflows/run", api.run_body()) as stream:
        first = stream.until("workflow_started")
        workbench.gate.wait(gate)
        path = f"/workflow/{first['workflow_run_id']}/events?user={api.user}"
        with api.stream(path, method="GET") as second:
            assert second.until("workflow_started") == first
            workbench.gate.open(gate)
            assert second.rest() == stream.rest()


def test_case_85_the_log_of_runs(any_workbench: Workbench) -> None:
    app = any_workbench.import_app(sample_apps.ROUTER)
    api = any_workbench.api(app)
    runs = [api.run({"ticket": f"ticket {number}"}).json()["workflow_run_id"] for number in range(3)]
    log = api.get("/workflows/logs").json()
    assert (log["page"], log["limit"], log["total"], log["has_more"]) == (1, 20, 3, False)
    assert [row["workflow_run"]["id"] for row in log["data"]] == runs[::-1]
    assert log["data"][0] == {
        "id": ID,
        "workflow_run": {
            "id": runs[2],
            "version": TEXT,
            "status": "succeeded",
            "triggered_from": "app-run",
            "error": None,
            "elapsed_time": SECONDS,
            "total_tokens": 0,
            "total_steps": 4,
            "created_at": NOW,
            "finished_at": NOW,
            "exceptions_count": 0,
        },
        "details": None,
        "created_from": "service-api",
        "created_by_role": "end_user",
        "created_by_account": None,
        "created_by_end_user": {"id": ID, "type": "service_api", "is_anonymous": False, "session_id": api.user},
        "created_at": NOW,
    }

    def found(**query: Any) -> list[str]:
        answer = api.get("/workflows/logs", **query)
        assert answer.status_code == 200, answer.text
        return [row["workflow_run"]["id"] for row in answer.json()["data"]]

    assert found(keyword=runs[1]) == [runs[1]]
    assert found(keyword="ticket 2") == [runs[2]]
    assert found(keyword="General: ticket 0") == [runs[0]]
    assert found(keyword=api.user) == runs[::-1]
    assert found(keyword="100%") == found(keyword="_icket 2") == []
    assert found(status="succeeded") == runs[::-1]
    assert found(status="failed") == found(status="stopped") == []
    assert found(page=2, limit=2) == [runs[0]]
    assert found(page=9) == []
    assert found(created_by_end_user_session_id=api.user) == runs[::-1]
    assert found(created_by_end_user_session_id="somebody else") == []
    now = datetime.now(UTC)
    assert found(created_at__after=(now - timedelta(hours=1)).isoformat()) == runs[::-1]
    assert found(created_at__before=(now - timedelta(hours=1)).isoformat()) == []
    first = api.get("/workflows/logs", page=1, limit=2).json()
    assert (first["has_more"], first["total"], len(first["data"])) == (True, 3, 2)
    for query in (
        {"status": "foo"}, {"page": 0}, {"page": 100000}, {"limit": 0}, {"limit": 101}, {"page": "x"},
        {"created_at__after": "yesterday"}, {"created_by_account": "nobody@example.com"},
    ):  # fmt: skip
        refused(api.get("/workflows/logs", **query), 400, "invalid_param", params=next(iter(query)))

    failing = any_workbench.of(sample_apps.FAILING_WORKFLOW)
    failed = failing.run().json()["workflow_run_id"]
    log = failing.get("/workflows/logs", status="failed").json()
    assert failed in [row["workflow_run"]["id"] for row in log["data"]]
    assert {row["workflow_run"]["status"] for row in log["data"]} == {"failed"}
    assert log["data"][0]["workflow_run"]["error"] == TEXT
    assert log["data"][0]["workflow_run"]["total_steps"] == COUNT
