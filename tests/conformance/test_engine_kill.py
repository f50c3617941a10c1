"""The numbered case of spec workflow-engine §25 about a process that dies."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from tests.server import sample_apps
from tests.server.fixtures import running_workbench
from tests.server.harness import Workbench, eventually


@pytest.fixture
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    """A server that nobody else uses, and that takes up abandoned runs soon."""
    with running_workbench(tmp_path_factory.mktemp("killed"), {"TREADLE_RUN_LEASE_SECONDS": "1"}) as made:
        yield made


def test_case_75_a_run_whose_process_died_does_not_stay_running(bench: Workbench) -> None:
    """Better than the case asks: the run is not failed after the restart but taken up and ended."""
    gate = uuid4().hex
    app = bench.import_app(sample_apps.held_workflow(bench.gate.held(gate)))
    api = bench.api(app)
    with api.stream("/workflows/run", api.run_body()) as stream:
        run_id = stream.until("workflow_started")["workflow_run_id"]
        bench.gate.wait(gate)
        recorded = "SELECT status FROM node_executions WHERE run_id = :id AND node_id = 'start'"
        eventually(lambda: bench.rows(recorded, id=run_id) == [("succeeded",)], "the first node is on disk")
        bench.server.kill()
    bench.server.start()
    bench.gate.wait(gate, 2, timeout=30)
    bench.gate.open(gate)
    again = bench.api(app, api.user)
    eventually(lambda: again.get(f"/workflows/run/{run_id}").json()["status"] == "succeeded", "the run ends")
