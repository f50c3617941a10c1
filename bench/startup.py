"""Start, memory and the command line: what a newcomer feels first."""

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator

from bench import Measurement
from bench.apps import three_nodes
from bench.served import free_port, process, resident_mib, served, wait_for


def _first_answer(folder: str) -> float:
    """Seconds from the start of the process to the first answered request on a data folder that exists."""
    port = free_port()
    began = time.perf_counter()
    with process("-m", "treadle", "serve", "--port", str(port), "--data-dir", folder, "--no-local-model") as running:
        wait_for(f"http://127.0.0.1:{port}/health", running)
        return time.perf_counter() - began


def _command_seconds(*arguments: str) -> float:
    before = os.times()
    subprocess.run([sys.executable, "-m", "treadle", *arguments], check=True, stdout=subprocess.DEVNULL)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def _first_word(folder: str) -> float:
    """Seconds from the start of `treadle run` to the first word of the built-in model."""
    command = [sys.executable, "-m", "treadle", "run", "examples/chat.yml", "-q", "Hello", "--data-dir", folder]
    began = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE) as running:
        assert running.stdout is not None
        running.stdout.read(1)
        seconds = time.perf_counter() - began
        running.communicate()
    return seconds


def run() -> Iterator[Measurement]:
    """Cold and warm start, the first word in a terminal, memory idle and after a thousand runs, and `--help`."""
    with tempfile.TemporaryDirectory() as folder:
        yield Measurement("start on an empty data folder to the first answer", _first_answer(folder), "s")
        yield Measurement("start to the first answered request", _first_answer(folder), "s", 2)
        yield Measurement("treadle run: the first word of the built-in model", _first_word(folder), "s", 3)
    with served() as server:
        time.sleep(1)
        yield Measurement("resident memory, idle, without the local model", resident_mib(server.pid), "MiB", 180)
        key = server.import_app(three_nodes())
        body = json.dumps({"inputs": {"name": "Bob"}, "user": "bench"}).encode()
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        for _ in range(1000):
            request = urllib.request.Request(f"{server.url}/v1/workflows/run", body, headers)
            with urllib.request.urlopen(request):
                pass
        yield Measurement("resident memory after a thousand runs", resident_mib(server.pid), "MiB")
    yield Measurement("treadle --help: processor time", _command_seconds("--help"), "s", 0.3)
