"""Several workers on one port, over one data folder: whoever answers, it is one server."""

import asyncio
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.server import sample_apps
from tests.server.app_files import answer, chatflow, end, http, llm, start, text_input, workflow
from tests.server.fixtures import running_workbench
from tests.server.harness import Server, Workbench, eventually
from tests.server.http_client import AppApi, names_of, text_of
from tests.server.worker_tree import WorkerTree, alive, command_of, page_through, server_of, through, tree
from treadle.server import workers as supervision
from treadle.server.workers import FirstWorkerFailed, WorkersKeepDying, supervise
from treadle.settings import Settings

JsonMap = dict[str, Any]

LEASE_SECONDS = 2


def two_workers(request: pytest.FixtureRequest) -> dict[str, str]:
    """The environment of a server with two workers, over the kind of database that the test is run for."""
    environment = {"TREADLE_WORKERS": "2", "TREADLE_RUN_LEASE_SECONDS": str(LEASE_SECONDS)}
    if request.param == "postgresql":
        postgres = request.getfixturevalue("postgres_server")
        environment["TREADLE_DATABASE_URL"] = postgres.create_database(migrated=False)
    return environment


@pytest.fixture(params=["sqlite", "postgresql"], scope="module")
def bench(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    """A server of two workers that nobody else uses."""
    with running_workbench(tmp_path_factory.mktemp("workers"), two_workers(request)) as made:
        WorkerTree(made).workers()
        yield made


@pytest.fixture
def processes(bench: Workbench) -> WorkerTree:
    return WorkerTree(bench)


def owner_of(bench: Workbench, run_id: str) -> int:
    """The process that holds a run."""
    rows = bench.rows("SELECT lease_owner FROM runs WHERE id = :id AND status = 'running'", id=run_id)
    return int(rows[0][0].split(":")[1]) if rows and rows[0][0] else 0


def status_of(bench: Workbench, run_id: str) -> str:
    rows = bench.rows("SELECT status FROM runs WHERE id = :id", id=run_id)
    return str(rows[0][0]) if rows else ""


def topics(bench: Workbench) -> list[str]:
    return [row[0] for row in bench.rows("SELECT topic FROM changes WHERE topic LIKE 'stop:%'")]


def held_chatflow(bench: Workbench, gate: str) -> str:
    return chatflow(
        start(to="wait"),
        http("wait", bench.gate.held(gate), to="reply"),
        llm("reply", "Answer.", memory={"window": {"enabled": False}, "query_prompt_template": ""}, to="answer"),
        answer("Status {{#wait.status_code#}}. {{#reply.text#}}"),
        name="Held answer",
    )


def test_200_requests_are_spread_over_both_workers(bench: Workbench, processes: WorkerTree) -> None:
    pids = processes.workers()
    api = bench.of(sample_apps.ECHO)
    api.run({"word": "first"})

    def ask_five_times(number: int) -> int:
        with httpx.Client(timeout=60) as client:
            for turn in range(5):
                word = f"{number}-{turn}"
                said = through(client, api).run({"word": word, "count": turn}).json()
                assert said["data"]["outputs"] == {"text": f"{word} x {turn}"}
            return server_of(processes.local_port(client), processes.port, pids)

    with ThreadPoolExecutor(8) as askers:
        served = Counter(askers.map(ask_five_times, range(40)))
    assert served.total() == 40
    assert set(served) == set(pids)
    assert len(bench.rows("SELECT id FROM runs WHERE app_id = :id", id=bench.shared_app(sample_apps.ECHO).id)) == 201


def test_what_one_worker_writes_the_other_reads_at_once(bench: Workbench, processes: WorkerTree) -> None:
    one, other = processes.workers()
    api = bench.of(sample_apps.CHATFLOW)
    with processes.connected(one) as first, processes.connected(other) as second:
        conversation: JsonMap = {}
        for turn, client in enumerate((first, second, first, second), 1):
            said = through(client, api).chat("hi", **conversation, inputs={"name": "Bob"}).json()
            assert said["answer"].endswith(f"(turn {turn})")
            conversation = {"conversation_id": said["conversation_id"]}


def test_a_killed_workers_run_is_taken_up_while_the_server_goes_on(bench: Workbench, processes: WorkerTree) -> None:
    one, other = processes.workers()
    gate = uuid4().hex
    api = bench.api(bench.import_app(sample_apps.held_workflow(bench.gate.held(gate))))
    echo = bench.of(sample_apps.ECHO)
    echo.run({"word": "ready"})
    with processes.connected(one) as client, through(client, api).stream("/workflows/run", api.run_body()) as stream:
        run_id = stream.until("workflow_started")["workflow_run_id"]
        bench.gate.wait(gate)
        eventually(lambda: owner_of(bench, run_id) == one, "the run has its row")
        os.kill(one, signal.SIGKILL)
    slowest = 0.0
    for number in range(40):
        began = time.monotonic()
        with httpx.Client(timeout=30) as client:
            said = through(client, echo).run({"word": f"{number}", "count": 1})
        assert said.json()["data"]["outputs"] == {"text": f"{number} x 1"}
        slowest = max(slowest, time.monotonic() - began)
    assert slowest < 5
    bench.gate.wait(gate, 2, timeout=30)
    eventually(lambda: owner_of(bench, run_id) != one, "another worker has the run")
    bench.gate.open(gate)
    eventually(lambda: status_of(bench, run_id) == "succeeded", "the run ends")
    new = processes.workers()
    assert (one in new, other in new, len(new)) == (False, True, 2)


@pytest.mark.parametrize("surface", ["service", "page"])
def test_a_run_is_stopped_wherever_it_goes_on(bench: Workbench, processes: WorkerTree, surface: str) -> None:
    one, other = processes.workers()
    gate = uuid4().hex
    app = bench.import_app(held_chatflow(bench, gate))
    api = bench.api(app) if surface == "service" else bench.visitor(app)
    user = {"user": api.user} if isinstance(api, AppApi) else {}
    body = {"inputs": {}, "query": "hi", "response_mode": "streaming", **user}
    with (
        processes.connected(one) as here,
        processes.connected(other) as there,
        page_through(here, api).stream("/chat-messages", body) as stream,
    ):
        started = stream.until("workflow_started")
        task_id = started["task_id"]
        if surface == "service":
            stranger = {"user": "somebody else"}
            said = page_through(there, api).post(f"/chat-messages/{task_id}/stop", stranger)
            assert said.json() == {"result": "success"}
        bench.gate.wait(gate)
        began = time.monotonic()
        said = page_through(there, api).post(f"/chat-messages/{task_id}/stop", user)
        answered = time.monotonic() - began
        events = stream.rest()
        ended = time.monotonic() - began
    assert (said.status_code, said.json()) == (200, {"result": "success"})
    assert events[-2]["event"] == "workflow_finished"
    assert events[-2]["data"]["status"] == "stopped"
    assert status_of(bench, started["workflow_run_id"]) == "stopped"
    assert answered < 0.5
    assert ended < 2
    eventually(lambda: topics(bench) == [], "the wish is gone")


def test_nobody_else_stops_a_run_through_another_worker(bench: Workbench, processes: WorkerTree) -> None:
    one, other = processes.workers()
    gate = uuid4().hex
    app = bench.import_app(sample_apps.held_workflow(bench.gate.held(gate)))
    api, stranger = bench.api(app), bench.api(app)
    foreign = bench.api(bench.import_app(sample_apps.held_workflow(bench.gate.held(gate))), api.user)
    with (
        processes.connected(one) as here,
        processes.connected(other) as there,
        through(here, api).stream("/workflows/run", api.run_body()) as stream,
    ):
        started = stream.until("workflow_started")
        eventually(lambda: owner_of(bench, started["workflow_run_id"]) == one, "the run has its row")
        for caller in (stranger, foreign):
            path = f"/workflows/tasks/{started['task_id']}/stop"
            assert through(there, caller).post(path, {"user": caller.user}).json() == {"result": "success"}
        time.sleep(1.5)  # nothing must happen: no event tells of it
        assert topics(bench) == []
        bench.gate.open(gate)
        assert stream.until("workflow_finished")["data"]["status"] == "succeeded"


def test_an_answer_is_followed_through_another_worker(bench: Workbench, processes: WorkerTree) -> None:
    one, other = processes.workers()
    gate = uuid4().hex
    visitor = bench.visitor(bench.import_app(held_chatflow(bench, gate)))
    stranger = bench.visitor(bench.import_app(held_chatflow(bench, gate)))
    body = {"inputs": {}, "query": "hi", "response_mode": "streaming"}
    with processes.connected(one) as here, processes.connected(other) as there:
        page = page_through(there, visitor)
        with page_through(here, visitor).stream("/chat-messages", body) as stream:
            started = stream.until("workflow_started")
            run_id, task_id = started["workflow_run_id"], started["task_id"]
            eventually(lambda: owner_of(bench, run_id) == one, "the run has its row")
            (message,) = page.get("/messages", conversation_id=started["conversation_id"]).json()["data"]
            assert (message["status"], message["task_id"], message["answer"]) == ("running", task_id, "")
            assert page_through(there, stranger).get(f"/tasks/{task_id}/events").status_code == 404
            with page.stream(f"/tasks/{task_id}/events", method="GET") as followed:
                assert followed.until("workflow_started")["task_id"] == task_id
                bench.gate.open(gate)
                seen = stream.rest()
                told = followed.rest()
            assert page.get(f"/tasks/{task_id}/events").status_code == 404
            (message,) = page.get("/messages", conversation_id=started["conversation_id"]).json()["data"]
    assert names_of(told) == ["message", "workflow_finished", "message_end"]
    assert text_of(told) == text_of(seen) == "Status 200. You said: hi" == message["answer"]
    assert len([event for event in told if event["event"] == "message"]) == 1
    for event in ("workflow_finished", "message_end"):
        (as_it_was,) = [data for data in seen if data["event"] == event]
        (as_told,) = [data for data in told if data["event"] == event]
        assert _steady(as_told) == _steady(as_it_was)
    assert message["status"] == "normal"


def _steady(event: JsonMap) -> JsonMap:
    """An event without the digits of times that the record rounds."""
    data = {name: value for name, value in event.get("data", {}).items() if name not in ("elapsed_time", "finished_at")}
    return {**event, "data": data} if data else event


def test_who_has_read_a_part_gets_the_whole_in_its_place(bench: Workbench, processes: WorkerTree) -> None:
    one, other = processes.workers()
    gate = uuid4().hex
    visitor = bench.visitor(bench.import_app(held_chatflow(bench, gate)))
    body = {"inputs": {}, "query": "hi", "response_mode": "streaming"}
    with (
        processes.connected(one) as here,
        processes.connected(other) as there,
        page_through(here, visitor).stream("/chat-messages", body) as stream,
    ):
        started = stream.until("workflow_started")
        eventually(lambda: owner_of(bench, started["workflow_run_id"]) == one, "the run has its row")
        path = f"/tasks/{started['task_id']}/events?after=7"
        with page_through(there, visitor).stream(path, method="GET") as followed:
            bench.gate.open(gate)
            frames = [frame for frame in followed if frame.data is not None]
        stream.rest()
    told = [frame.data for frame in frames if frame.data]
    assert names_of(told) == ["message_replace", "workflow_finished", "message_end"]
    assert told[0]["answer"] == "Status 200. You said: hi"
    assert [frame.id for frame in frames] == [8, None, 9]  # both frames of the last event are one step


def test_a_workflow_is_followed_through_another_worker(bench: Workbench, processes: WorkerTree) -> None:
    one, other = processes.workers()
    gate = uuid4().hex
    api = bench.api(bench.import_app(sample_apps.held_workflow(bench.gate.held(gate))))
    with (
        processes.connected(one) as here,
        processes.connected(other) as there,
        through(here, api).stream("/workflows/run", api.run_body({"name": "x"})) as stream,
    ):
        started = stream.until("workflow_started")
        run_id = started["workflow_run_id"]
        eventually(lambda: owner_of(bench, run_id) == one, "the run has its row")
        path = f"/workflow/{run_id}/events"
        assert through(there, bench.api(bench.shared_app(sample_apps.ECHO))).get(path).status_code in (400, 404)
        with through(there, api).stream(f"{path}?user={api.user}", method="GET") as followed:
            began = followed.until("workflow_started")
            bench.gate.open(gate)
            told = followed.rest()
        seen = stream.rest()
    assert began["data"] == started["data"]
    assert [_steady(event) for event in told] == [_steady(seen[-1])]


def test_each_worker_serves_its_part_of_an_apps_ceiling(bench: Workbench, processes: WorkerTree) -> None:
    pids = processes.workers()
    gate = uuid4().hex
    app = bench.import_app(sample_apps.held_workflow(bench.gate.held(gate)))
    bench.change("UPDATE apps SET max_active_requests = 3 WHERE id = :id", "apps", id=app.id)
    api = bench.api(app)
    with ExitStack() as stack:
        for pid in pids:
            for _ in range(2):
                client = stack.enter_context(processes.connected(pid))
                stack.enter_context(through(client, api).stream("/workflows/run", api.run_body()))
        for pid in pids:
            client = stack.enter_context(processes.connected(pid))
            assert through(client, api).run().status_code == 429
        bench.gate.open(gate)


@pytest.fixture(params=["sqlite", "postgresql"])
def environment(request: pytest.FixtureRequest) -> dict[str, str]:
    """For a server that the test itself starts and ends."""
    return two_workers(request)


def serve(folder: Path, environment: dict[str, str]) -> Server:
    server = Server(folder / "data", environment)
    server.start()
    return server


def test_sigterm_ends_everything_within_five_seconds(tmp_path: Path, environment: dict[str, str]) -> None:
    gate = uuid4().hex
    with running_workbench(tmp_path, environment) as own:
        processes = WorkerTree(own)
        processes.workers()
        api = own.api(own.import_app(sample_apps.held_workflow(own.gate.held(gate))))
        with api.stream("/workflows/run", api.run_body()) as stream:
            stream.until("workflow_started")
            own.gate.wait(gate)
            everybody = tree(own.server.pid)
            began = time.monotonic()
            os.kill(own.server.pid, signal.SIGTERM)
            eventually(lambda: not any(map(alive, everybody)), "all processes end", 10)
            assert time.monotonic() - began < 5.5
        own.server.stop()
        assert "Traceback" not in own.server.log.read_text()
        (row,) = own.rows("SELECT status, lease_until FROM runs WHERE app_id IS NOT NULL AND status = 'running'")
        assert row[1] <= time.time() * 1e6, "the lease has ended, so that the next start takes the run up at once"


def test_ctrl_c_ends_everything_quietly(tmp_path: Path) -> None:
    server = serve(tmp_path, {"TREADLE_WORKERS": "2"})
    everybody = tree(server.pid)
    os.kill(server.pid, signal.SIGINT)
    eventually(lambda: not any(map(alive, everybody)), "all processes end", 10)
    server.stop()
    assert "Traceback" not in server.log.read_text()


def test_the_workers_end_with_a_killed_supervisor(tmp_path: Path, environment: dict[str, str]) -> None:
    server = serve(tmp_path, environment)
    made = Workbench(server, None, None, httpx.Client())  # type: ignore[arg-type]
    WorkerTree(made).workers()
    everybody = tree(server.pid)
    server.kill()
    eventually(lambda: not any(map(alive, everybody)), "all processes end", 10)


@pytest.mark.local_model
def test_the_built_in_model_runs_once_for_all_workers(tmp_path: Path) -> None:
    pytest.importorskip("xllamacpp")
    file = workflow(
        start(text_input("topic"), to="write"),
        llm(
            "write",
            "Say hi.",
            model={
                "provider": "local",
                "name": "smollm2-135m-instruct",
                "mode": "chat",
                "completion_params": {"max_tokens": 4},
            },
            to="end",
        ),
        end(text="write.text"),
    )
    server = Server(tmp_path / "data", {"TREADLE_WORKERS": "2"})
    server.start(local_model=True)
    try:
        bench = Workbench(server, None, None, httpx.Client())  # type: ignore[arg-type]
        processes = WorkerTree(bench)
        pids = processes.workers()
        api = bench.api(bench.import_app(file))
        assert _models(server.pid) == []
        for pid in (*pids, *pids):
            with processes.connected(pid, timeout=120) as client:
                said = through(client, api).run({"topic": "x"}).json()
                assert said.get("data", {}).get("status") == "succeeded", said
        (model,) = _models(server.pid)
        os.kill(model, signal.SIGKILL)
        with processes.connected(pids[0], timeout=120) as client:
            eventually(
                lambda: through(client, api).run({"topic": "x"}).json()["data"]["status"] == "succeeded",
                "the model comes back",
            )
        everybody = tree(server.pid)
        assert len(_models(server.pid)) == 1
        server.kill()
        eventually(lambda: not any(map(alive, everybody)), "all processes end", 10)
    finally:
        server.stop()


def _models(supervisor: int) -> list[int]:
    return [pid for pid in tree(supervisor) if "models.local_server" in command_of(pid)]


def settings(folder: Path) -> Settings:
    return Settings(data_dir=folder, port=0, workers=2, local_model=False)


READY = 'import socket, sys; socket.socket(fileno=int(sys.argv[1])).sendall(b\'{"type": "Ready"}\\n\'); '


async def test_workers_that_die_at_once_again_and_again_end_the_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervision, "_LONGEST_PAUSE", 0.01)
    with pytest.raises(WorkersKeepDying, match="A worker ended 5 times as soon as it had started, at last with exit"):
        await supervise(settings(tmp_path), [sys.executable, "-c", f"{READY} sys.exit(3)"])


async def test_a_server_that_cannot_start_ends_with_its_workers_exit_code(tmp_path: Path) -> None:
    with pytest.raises(FirstWorkerFailed) as failed:
        await supervise(settings(tmp_path), [sys.executable, "-c", "import sys; sys.exit(7)"])
    assert failed.value.exit_code == 7


async def test_a_worker_that_does_not_end_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervision, "_GRACE", 0.2)
    stubborn = f"import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); {READY} time.sleep(600)"
    supervising = asyncio.create_task(supervise(settings(tmp_path), [sys.executable, "-c", stubborn]))
    async with asyncio.timeout(30):
        while len(children := _python_children(stubborn)) < 2:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.5)
        os.kill(os.getpid(), signal.SIGTERM)
        assert await supervising == 0
    assert not any(map(alive, children))


def _python_children(code: str) -> list[int]:
    return [pid for pid in tree(os.getpid())[1:] if code in command_of(pid)]
