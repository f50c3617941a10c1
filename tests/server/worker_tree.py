"""A server with several workers, seen from outside: its processes, and connections to the one that a test wants."""

import os
import signal
import socket
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.server.harness import Workbench, eventually
from tests.server.http_client import Api, AppApi


def alive(pid: int) -> bool:
    """Whether a process is there and has not ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def command_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except FileNotFoundError:
        return ""


def children(pid: int) -> list[int]:
    """The processes that `pid` has started, oldest first."""
    found: list[int] = []
    for thread in Path(f"/proc/{pid}/task").iterdir():
        found += [int(child) for child in (thread / "children").read_text().split()]
    return sorted(child for child in found if alive(child))


def workers(supervisor: int) -> list[int]:
    return [pid for pid in children(supervisor) if "treadle.cli.worker" in command_of(pid)]


def tree(pid: int) -> list[int]:
    """A process and everything below it."""
    return [pid, *(below for child in children(pid) for below in tree(child))]


def sockets(pid: int) -> set[str]:
    """The inodes of the sockets that a process has open."""
    found: set[str] = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = os.readlink(descriptor)
        except FileNotFoundError:
            continue
        if target.startswith("socket:["):
            found.add(target[8:-1])
    return found


def _tcp() -> Iterator[tuple[str, str, str, str]]:
    """Local address, remote address, state and inode of each TCP socket."""
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        yield fields[1], fields[2], fields[3], fields[9]


def listens(pid: int, port: int) -> bool:
    """Whether a process has the listening socket of `port`."""
    inodes = {inode for local, _, state, inode in _tcp() if state == "0A" and local.endswith(f":{port:04X}")}
    return bool(inodes & sockets(pid))


def server_of(client_port: int, server_port: int, pids: list[int]) -> int:
    """The process at the other end of a connection from `client_port`."""
    ends = (f":{server_port:04X}", f":{client_port:04X}")
    inodes = {inode for local, remote, _, inode in _tcp() if local.endswith(ends[0]) and remote.endswith(ends[1])}
    (pid,) = [pid for pid in pids if inodes & sockets(pid)]
    return pid


class WorkerTree:
    """The processes of one workbench's server."""

    def __init__(self, bench: Workbench) -> None:
        self.bench = bench

    @property
    def supervisor(self) -> int:
        return self.bench.server.pid

    @property
    def port(self) -> int:
        return int(self.bench.server.url.rpartition(":")[2])

    def workers(self, count: int = 2) -> list[int]:
        """The workers, once there are so many and all of them answer."""
        eventually(lambda: len(self._serving()) == count == len(workers(self.supervisor)), f"{count} workers serve", 60)
        return self._serving()

    def _serving(self) -> list[int]:
        # A worker has the listening socket from its birth: it serves once it answers.
        return [pid for pid in workers(self.supervisor) if listens(pid, self.port) and self._answers(pid)]

    def _answers(self, pid: int) -> bool:
        try:
            with self.connected(pid, timeout=2):
                return True
        except (httpx.TransportError, ProcessLookupError):
            return False

    @contextmanager
    def connected(self, pid: int, timeout: float = 30) -> Generator[httpx.Client]:
        """A client whose one connection goes to this worker: the others stand still while it connects."""
        others = [other for other in workers(self.supervisor) if other != pid]
        with httpx.Client(
            timeout=timeout, limits=httpx.Limits(max_connections=1, max_keepalive_connections=1)
        ) as client:
            for other in others:
                os.kill(other, signal.SIGSTOP)
            try:
                client.get(f"{self.bench.server.url}/health")
            finally:
                for other in others:
                    os.kill(other, signal.SIGCONT)
            yield client

    def local_port(self, client: httpx.Client) -> int:
        """The port that the next request of `client` comes from."""
        with client.stream("GET", f"{self.bench.server.url}/health") as response:
            stream = response.extensions["network_stream"]
            connection: socket.socket = stream.get_extra_info("socket")
            response.read()
            return int(connection.getsockname()[1])


def through(client: httpx.Client, api: AppApi) -> AppApi:
    """The same calls over another connection."""
    return AppApi(client, api.base, api.key, api.user)


def page_through(client: httpx.Client, visitor: Api) -> Api:
    return Api(client, visitor.base, visitor.headers)
