"""A server that is killed while somebody tries a draft."""

from uuid import uuid4

import httpx
import pytest

from tests.server import sample_apps
from tests.server.console_client import console_of
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
