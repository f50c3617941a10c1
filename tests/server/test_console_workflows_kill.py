"""A server that is killed while somebody tries a draft."""

from uuid import uuid4

import httpx
import pytest

from tests.apps.asking import approval
from tests.server import sample_apps
from tests.server.console_client import Console, console_of
from tests.server.fixtures import running_workbench
from tests.server.harness import eventually


def test_a_run_of_a_draft_ends_with_its_process_and_says_so(tmp_path_factory: pytest.TempPathFactory) -> None:
    environment = {"TREADLE_RUN_LEASE_SECONDS": "1"}
    with running_workbench(tmp_path_factory.mktemp("killed-draft"), environment) as bench:
        console, gate = console_of(bench), uuid4().hex
        app_id = console.new_app(sample_apps.held_workflow(bench.gate.held(gate)))
        path = f"/apps/{app_id}/workflows/draft/run"
        with console.stream(path, {"inputs": {"name": "x"}}) as stream:
            run_id = stream.until("workflow_started")["workflow_run_id"]
            bench.gate.wait(gate)
            eventually(lambda: bool(bench.rows("SELECT id FROM runs WHERE id = :id", id=run_id)), "the run is on disk")
            bench.server.kill()
            with pytest.raises(httpx.HTTPError):
                stream.rest()
        bench.server.start()
        eventually(
            lambda: bench.rows("SELECT status FROM runs WHERE id = :id", id=run_id) == [("failed",)], "the run ends"
        )
        ((error,),) = bench.rows("SELECT error FROM runs WHERE id = :id", id=run_id)
        assert error == "The run cannot be taken up: a run of a draft ends with its process; run the draft again."


def test_a_run_of_a_draft_that_waits_for_a_person_goes_on_after_a_restart(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """With the graph that it began with, whatever became of the draft."""
    with running_workbench(tmp_path_factory.mktemp("waiting-draft"), {"TREADLE_RUN_LEASE_SECONDS": "1"}) as bench:
        console = console_of(bench)
        app_id = console.new_app(approval())
        with console.stream(f"/apps/{app_id}/workflows/draft/run", {"inputs": {"what": "it"}}) as stream:
            form = stream.until("human_input_required")["data"]
            run_id = stream.until("workflow_paused")["workflow_run_id"]
        bench.change(
            "UPDATE app_versions SET graph = replace(graph, 'approved: ', 'changed: ') WHERE app_id = :a", a=app_id
        )
        bench.server.kill()
        bench.server.start()
        console = Console(bench, console.account_id, console.email)
        page = bench.raw().call(
            "POST", f"/api/form/human_input/{form['form_token']}", json={"inputs": {"note": "fine"}, "action": "ok"}
        )
        assert page.status_code == 200, page.text
        status = "SELECT status, error FROM runs WHERE id = :id"
        eventually(lambda: bench.rows(status, id=run_id)[0][0] not in ("paused", "running"), "the run ends")
        assert [tuple(row) for row in bench.rows(status, id=run_id)] == [("succeeded", None)]
        shown = console.get(f"/apps/{app_id}/workflow-runs/{run_id}").json()
        assert shown["outputs"]["good"] == "approved: fine"
        for node_id, name, value in (("good", "output", "approved: fine"), ("start", "what", "it")):
            left = console.get(f"/apps/{app_id}/workflows/draft/nodes/{node_id}/variables").json()["items"]
            assert [(each["name"], each["value"]) for each in left] == [(name, value)]
