"""Fixtures: one server for most tests, and one more on PostgreSQL for those that ask for both databases."""

import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from tests.doubles.scripted_model import ScriptedModel
from tests.server.gate import Gate
from tests.server.harness import Server, Workbench
from tests.server.sample_apps import held_workflow

ENVIRONMENT = {
    "TREADLE_EGRESS_ALLOW": "127.0.0.1",
    "UPLOAD_FILE_EXTENSION_BLACKLIST": "exe,scr",
}
"""Doubles listen on loopback, which apps may not reach by default."""


@contextmanager
def running_workbench(folder: Path, environment: dict[str, str] | None = None) -> Generator[Workbench]:
    """A server over `folder` with its doubles; all end with the block."""
    with ExitStack() as stack:
        model = stack.enter_context(ScriptedModel().in_thread())
        gate = stack.enter_context(Gate().in_thread())
        http = stack.enter_context(httpx.Client(timeout=60))
        server = Server(folder / "data", {**ENVIRONMENT, **(environment or {})})
        bench = Workbench(server, model, gate, http)
        server.start()
        stack.callback(server.stop)
        bench.add_model()
        yield bench


@pytest.fixture(scope="session")
def workbench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    """A server on SQLite that lives as long as the test session."""
    with running_workbench(tmp_path_factory.mktemp("server")) as bench:
        yield bench


@pytest.fixture(scope="session")
def postgres_workbench(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Workbench]:
    """The same on PostgreSQL."""
    url = request.getfixturevalue("postgres_server").create_database(migrated=False)
    with running_workbench(tmp_path_factory.mktemp("server-pg"), {"TREADLE_DATABASE_URL": url}) as bench:
        yield bench


@pytest.fixture(params=["sqlite", "postgresql"])
def any_workbench(request: pytest.FixtureRequest) -> Workbench:
    """Both servers, one after the other."""
    bench: Workbench = request.getfixturevalue("workbench" if request.param == "sqlite" else "postgres_workbench")
    return bench


@pytest.fixture(scope="session")
def quiet_stream(workbench: Workbench) -> Iterator[Callable[[], list[str]]]:
    """A stream that says nothing for 21 seconds, read while other tests run; gives what to wait with for its events."""
    gate = uuid4().hex
    api = workbench.api(workbench.import_app(held_workflow(workbench.gate.held(gate))))
    found: list[str] = []

    def read() -> None:
        with api.stream("/workflows/run", api.run_body()) as stream:
            found.extend(frame.event for frame in stream)

    def events() -> list[str]:
        reader.join(60)
        return found

    reader = threading.Thread(target=read)
    opener = threading.Timer(21, workbench.gate.open, [gate])
    reader.start()
    opener.start()
    yield events
    opener.cancel()
    workbench.gate.open(gate)
    reader.join(20)
