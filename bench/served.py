"""A Treadle server to be measured, in a process of its own on an empty data folder."""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_TICKS = os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    """A port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def cpu_seconds(pid: int) -> float:
    """Processor time that a process has used, its threads included."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def resident_mib(pid: int) -> float:
    """Memory of a process that is in RAM and its own or shared, in MiB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def wait_for(url: str, process: "subprocess.Popen[Any]", seconds: float = 60.0) -> None:
    """Return when `url` answers. Raises RuntimeError when the process ends first or takes too long."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with {process.returncode}")
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except OSError:
            time.sleep(0.005)
    raise RuntimeError(f"{url} did not answer within {seconds:g} s")


@contextmanager
def process(*command: str, **environment: str) -> "Iterator[subprocess.Popen[bytes]]":
    """A process that ends with the block; what it prints is kept from the table."""
    running = subprocess.Popen(
        [sys.executable, *command],
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield running
    finally:
        running.terminate()
        try:
            running.wait(10)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()


@dataclass(frozen=True, slots=True)
class Served:
    """A running server."""

    url: str
    pid: int
    data_dir: Path

    def cli(self, *arguments: str) -> str:
        """What a command on the same data folder prints."""
        return subprocess.run(
            [sys.executable, "-m", "treadle", *arguments, "--data-dir", str(self.data_dir)],
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    def import_app(self, file: dict[str, Any]) -> str:
        """Publish an app; gives its API key. JSON is YAML, so the file is written as JSON."""
        path = self.data_dir / f"bench-{time.monotonic_ns()}.yml"
        path.write_text(json.dumps(file, ensure_ascii=False))
        answer = json.loads(self.cli("app", "import", str(path), "--publish", "--api-key", "--json"))
        return str(answer["api_key"])


@contextmanager
def served(**environment: str) -> Iterator[Served]:
    """A server on an empty data folder, without the local model."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        command = ("-m", "treadle", "serve", "--port", str(port), "--data-dir", folder, "--no-local-model")
        with process(*command, **environment) as running:
            url = f"http://127.0.0.1:{port}"
            wait_for(f"{url}/health", running)
            yield Served(url, running.pid, Path(folder))
