"""The server is killed while a workflow waits for one that it called."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from tests.server.console_client import console_of
from tests.server.fixtures import running_workbench
from tests.server.harness import Workbench, eventually
from tests.server.sample_apps import held_workflow
from tests.tools.test_workflow_tools import caller_of, make_tool


@pytest.fixture
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    """A server of its own, which takes up abandoned runs soon."""
    with running_workbench(tmp_path_factory.mktemp("killed"), {"TREADLE_RUN_LEASE_SECONDS": "1"}) as made:
        yield made


def test_the_call_is_made_again_and_the_lost_run_is_given_up(bench: Workbench) -> None:
    gate = uuid4().hex
    inner = bench.import_app(held_workflow(bench.gate.held(gate)))
    tool = make_tool(console_of(bench), inner.id, "name")
    app = bench.import_app(caller_of(tool["workflow_tool_id"], tool["name"], name="x"))
    api = bench.api(app)
    with api.stream("/workflows/run", api.run_body()) as stream:
        run_id = stream.until("workflow_started")["workflow_run_id"]
        bench.gate.wait(gate)
        running = "SELECT count(*) FROM runs WHERE status = 'running'"
        eventually(lambda: bench.rows(running) == [(2,)], "both runs are on disk")
        bench.server.kill()
        bench.server.start()
    bench.gate.wait(gate, 2, timeout=30)
    bench.gate.open(gate)
    api = bench.api(app, api.user)
    eventually(lambda: api.get(f"/workflows/run/{run_id}").json()["status"] == "succeeded", "the calling run ends")
    called = bench.rows("SELECT status, error, parent_run_id FROM runs WHERE app_id = :id ORDER BY id", id=inner.id)
    assert called == [
        (
            "failed",
            "The run cannot be taken up: it was called as a tool, and the run that called it calls it again.",
            run_id,
        ),
        ("succeeded", None, run_id),
    ]
    assert bench.gate.calls(gate) == 2
