"""The Service API, case by case (spec service-api §12): who waits, who leaves, and what is kept alive."""

from collections.abc import Callable

from tests.server import sample_apps
from tests.server.harness import Workbench, eventually
from tests.server.matchers import refused
from tests.server.payloads import unique


def test_case_41_over_the_ceiling_callers_wait(workbench: Workbench) -> None:
    gate = unique("ceiling").replace(" ", "-")
    app = workbench.import_app(sample_apps.held_workflow(workbench.gate.held(gate)))
    workbench.change("UPDATE apps SET max_active_requests = 1 WHERE id = :id", "apps", id=app.id)
    api = workbench.api(app)
    with api.stream("/workflows/run", api.run_body()) as stream:
        stream.until("node_started")
        answer = api.run()
        refused(answer, 429, "too_many_requests")
        assert int(answer.headers["retry-after"]) >= 1
        refused(api.run(response_mode="streaming"), 429, "too_many_requests")
        workbench.gate.open(gate)
        assert stream.rest()[-1]["event"] == "workflow_finished"
    assert api.run().status_code == 200


def test_case_42_a_dropped_stream_frees_its_slot(workbench: Workbench) -> None:
    gate = unique("dropped").replace(" ", "-")
    app = workbench.import_app(sample_apps.held_workflow(workbench.gate.held(gate)))
    workbench.change("UPDATE apps SET max_active_requests = 1 WHERE id = :id", "apps", id=app.id)
    api = workbench.api(app)
    with api.stream("/workflows/run", api.run_body()) as stream:
        run_id = stream.until("workflow_started")["workflow_run_id"]
    workbench.gate.wait(gate)

    def free() -> bool:
        address = f"{api.base}/workflows/run"
        with api.http.stream("POST", address, headers=api.headers, json=api.run_body()) as answer:
            return answer.status_code == 200

    eventually(free, "the slot is given back")
    workbench.gate.open(gate)
    eventually(lambda: api.get(f"/workflows/run/{run_id}").json()["status"] == "succeeded", "the run ends")


def test_case_43_a_silent_stream_is_kept_alive(quiet_stream: Callable[[], list[str]]) -> None:
    events = quiet_stream()
    assert events.count("ping") >= 2
    first_ping = events.index("ping")
    assert events[:first_ping] == ["workflow_started", "node_started", "node_finished", "node_started"]
    assert events[-1] == "workflow_finished"
