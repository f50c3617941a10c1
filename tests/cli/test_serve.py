"""`treadle serve`, and commands on a folder that a server has open."""

import json
import signal
import socket
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.cli.terminal import QUIET, Terminal
from tests.doubles.scripted_model import ScriptedModel
from tests.server.app_files import STUB, answer, chatflow, end, llm, start, template, workflow
from tests.server.harness import Server

SEEN_WITHIN = 1.0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that every test of this file works beside."""
    server = Server(tmp_path_factory.mktemp("serve") / "data", QUIET)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def beside(server: Server) -> Terminal:
    """Commands on the server's folder."""
    return Terminal(server.data_dir)


def write(folder: Path, text: str) -> Path:
    path = folder / "app.yml"
    path.write_text(text)
    return path


def echo(text: str) -> str:
    return workflow(start(to="t"), template("t", text, to="end"), end(said="t.output"), name=text)


def run(server: Server, key: str) -> httpx.Response:
    body = {"inputs": {}, "user": "tester", "response_mode": "blocking"}
    return httpx.post(f"{server.url}/v1/workflows/run", json=body, headers={"Authorization": f"Bearer {key}"})


def seconds_until(holds: Callable[[], bool]) -> float:
    """How long it takes until `holds()`, asked again and again for at most ten times the promise."""
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < 10 * SEEN_WITHIN, "the server never saw the change"
        time.sleep(0.02)  # a poll of the server's state, which sends no event of its own
    return time.monotonic() - began


def test_health_answers_and_the_address_is_printed(server: Server):
    assert server.url.startswith("http://127.0.0.1:")
    answer = httpx.get(f"{server.url}/health")
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")


def test_the_server_sees_an_import_and_a_delete_within_a_second(server: Server, beside: Terminal, tmp_path: Path):
    path = write(tmp_path, echo("first"))
    made = beside("app", "import", path, "--publish", "--api-key", "--json").json
    assert seconds_until(lambda: run(server, made["api_key"]).status_code == 200) < SEEN_WITHIN
    assert run(server, made["api_key"]).json()["data"]["outputs"] == {"said": "first"}
    beside("app", "delete", made["app_id"])
    assert seconds_until(lambda: run(server, made["api_key"]).status_code in (401, 403)) < SEEN_WITHIN


def test_the_server_sees_a_new_model_within_a_second(server: Server, beside: Terminal, tmp_path: Path):
    flow = chatflow(start(to="m"), llm("m", "{{#sys.query#}}", to="answer"), answer("{{#m.text#}}"))
    key = beside("app", "import", write(tmp_path, flow), "--publish", "--api-key", "--json").json["api_key"]
    body = {"inputs": {}, "query": "hi", "user": "tester", "response_mode": "blocking"}

    def ask() -> httpx.Response:
        return httpx.post(f"{server.url}/v1/chat-messages", json=body, headers={"Authorization": f"Bearer {key}"})

    assert ask().status_code == 400
    with ScriptedModel().in_thread() as model:
        beside.add_model(model, STUB["name"], "--no-validate")
        assert seconds_until(lambda: ask().status_code == 200) < SEEN_WITHIN
        assert ask().json()["answer"] == "You said: hi"


def test_commands_read_what_the_server_wrote(server: Server, beside: Terminal, tmp_path: Path):
    path = write(tmp_path, echo("seen"))
    made = beside("app", "import", path, "--publish", "--api-key", "--json").json
    seconds_until(lambda: run(server, made["api_key"]).status_code == 200)
    (row,) = beside("logs", "--app", made["app_id"], "--json").json[:1]
    assert (row["status"], row["end_user"]) == ("succeeded", "tester")


def test_every_command_works_beside_the_server(server: Server, beside: Terminal, tmp_path: Path):
    path = write(tmp_path, echo("third"))
    made = beside("app", "import", path, "--publish", "--json").json
    for command in (
        ("check", path), ("run", path), ("run", made["app_id"]), ("app", "list"), ("app", "export", made["app_id"]),
        ("model", "list"), ("model", "providers"), ("logs",), ("migrate",), ("doctor",),
    ):  # fmt: skip
        said = beside(*command)
        assert said.code == 0, (command, said)


def test_a_taken_port_is_said_and_nothing_else_happens(treadle: Terminal):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = treadle.process("serve", "--port", str(port))
    assert (said.code, said.out) == (1, "")
    assert said.complaint.startswith(f"Cannot listen on 127.0.0.1:{port}: ")
    assert said.complaint.endswith("Choose another port with --port.")
    assert not treadle.data_dir.exists()


def test_an_address_that_is_not_ours_is_said(treadle: Terminal):
    said = treadle.process("serve", "--host", "192.0.2.1", "--port", "0")
    assert said.code == 1
    assert said.complaint.startswith("Cannot listen on 192.0.2.1:0: ")


@pytest.mark.parametrize("option", [("--port", "99999"), ("--port", "x"), ("--workers", "0")])
def test_options_out_of_range_are_a_usage_error(treadle: Terminal, option: tuple[str, str]):
    said = treadle("serve", *option)
    assert (said.code, said.out) == (2, "")


def test_a_second_server_on_the_same_data_serves_the_same_apps(server: Server, beside: Terminal, tmp_path: Path):
    made = beside("app", "import", write(tmp_path, echo("both")), "--publish", "--api-key", "--json").json
    second = Server(server.data_dir, QUIET)
    second.start()
    try:
        seconds_until(lambda: run(server, made["api_key"]).status_code == 200)
        for each in (server, second):
            assert run(each, made["api_key"]).json()["data"]["outputs"] == {"said": "both"}
        third = beside("app", "import", write(tmp_path, echo("seen by both")), "--publish", "--api-key", "--json").json
        assert seconds_until(lambda: run(server, third["api_key"]).status_code == 200) < SEEN_WITHIN
        assert seconds_until(lambda: run(second, third["api_key"]).status_code == 200) < SEEN_WITHIN
    finally:
        second.stop()


def test_sigterm_and_ctrl_c_end_a_server_cleanly(treadle: Terminal):
    for wanted in (signal.SIGTERM, signal.SIGINT):
        process = treadle.start("serve", "--port", "0")
        assert process.stdout is not None
        lines = iter(process.stdout.readline, b"")
        assert any(b"ready at" in line for line in lines)
        process.send_signal(wanted)
        _, err = process.communicate(timeout=30)
        assert b"Traceback" not in err
        assert process.returncode in (0, 130, -wanted)
    with sqlite3.connect(treadle.data_dir / "treadle.db") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()


def test_a_server_prints_nothing_but_its_addresses_on_stdout(treadle: Terminal):
    process = treadle.start("serve", "--port", "0")
    assert process.stdout is not None
    read = [process.stdout.readline() for _ in range(3)]
    process.terminate()
    rest, _ = process.communicate(timeout=30)
    assert read[0] == b"\n"
    assert read[1].startswith(b"Treadle is ready at http://127.0.0.1:")
    assert read[2].startswith(b"Chat with an example: http://127.0.0.1:")
    assert rest == b""


def test_json_of_import_is_one_line(beside: Terminal, tmp_path: Path):
    said = beside("app", "import", write(tmp_path, echo("line")), "--json")
    assert said.out.count("\n") == 1
    assert json.loads(said.out)["mode"] == "workflow"
