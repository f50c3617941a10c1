"""The fork server: a small interpreter with the usual modules loaded, which forks one jailed child for each run.

It never sees code or inputs: each child has its own socket to the server, and waits there, already jailed, for the
one run of its life. The first thing sent is a report of what isolation works on this machine. After that, messages
are fixed-size: the server asks for a child (`F`) or for its end (`K` and its number); it is told of a new child (`C`
and its number, with the child's socket) and of an end (`X`, number, wait status).
"""

import contextlib
import gc
import importlib
import json
import os
import select
import signal
import socket
import struct
import sys
from types import FrameType
from typing import NoReturn

from . import rootfs, runner, syscalls
from .config import Config, Feature
from .confine import Record, Surroundings, address_space, confine

REQUEST = struct.Struct(">cQ")
NOTICE = struct.Struct(">cQi")
REPORT_HEADER = struct.Struct(">I")
RUN_HEADER = struct.Struct(">II")
FORK, KILL, BORN, EXITED = b"F", b"K", b"C", b"X"

# Loaded once here, so that importing them costs a run nothing (and their shared libraries are found before the
# file system shrinks).
_PRELOADED = (
    "abc", "array", "asyncio", "base64", "bisect", "calendar", "cmath", "collections", "contextlib", "copy", "csv",
    "ctypes", "dataclasses", "datetime", "decimal", "difflib", "email.utils", "enum", "fractions", "functools",
    "hashlib", "heapq", "hmac", "html", "html.parser", "io", "ipaddress", "itertools", "json", "locale", "logging",
    "math", "operator", "os.path", "pathlib", "pickle", "pprint", "queue", "random", "re", "secrets", "shutil",
    "socket", "sqlite3", "ssl", "statistics", "string", "struct", "tempfile", "textwrap", "threading", "time",
    "traceback", "types", "typing", "unicodedata", "urllib.parse", "uuid", "warnings", "xml.etree.ElementTree",
    "zlib", "bz2", "lzma", "zoneinfo", "_strptime", "encodings.idna",
)  # fmt: skip


def main(config: Config) -> None:
    """Set up this process and serve until the server closes its end. Runs in a fresh interpreter."""
    control = socket.socket(fileno=config.control_fd)
    surroundings, record = Surroundings(config), Record()
    if sys.platform == "linux":
        syscalls.die_with_parent(signal.SIGKILL)
        if os.getppid() != config.server_pid:
            return
        if not config.unjailed:
            _leave_namespaces(surroundings, record, control)
    _load_modules()
    forker = _Forker(surroundings)
    if not config.unjailed:
        _lock_files(surroundings, record, forker)
        record.features += forker.rehearse()
    if surroundings.packages:
        sys.path.append(surroundings.packages)
        _preload(surroundings)
    forker.required = {feature.name for feature in record.features if feature.active}
    gc.collect()
    gc.freeze()
    report = json.dumps(record.features).encode()
    control.sendall(REPORT_HEADER.pack(len(report)) + report)
    with contextlib.suppress(ConnectionError):  # the server is gone, in the middle of a message
        forker.serve(control)


def _leave_namespaces(surroundings: Surroundings, record: Record, control: socket.socket) -> None:
    """Own namespaces for the fork server; its children share all but the pid and mount ones."""
    if surroundings.was_root:
        record.features.append(Feature("user namespace", False, "not needed: root, and code runs as nobody"))
    else:
        surroundings.user_namespace = record.attempt("user namespace", _own_users)
    if record.attempt("pid namespace", lambda: _own("processes, one namespace for each run", syscalls.CLONE_NEWPID)):
        _continue_as_first_process(control)
        surroundings.pid_namespace = True
    record.attempt("network namespace", lambda: _own("network, without devices", syscalls.CLONE_NEWNET))
    record.attempt("ipc namespace", lambda: _own("shared memory", syscalls.CLONE_NEWIPC))
    record.attempt("host name namespace", lambda: _own("host name", syscalls.CLONE_NEWUTS))


def _own(what: str, kind: int) -> str:
    syscalls.unshare(kind)
    return f"own {what}"


def _own_users() -> str:
    uid, gid = os.getuid(), os.getgid()
    syscalls.unshare(syscalls.CLONE_NEWUSER)
    for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)
    return "privileges in here mean nothing outside"


def _continue_as_first_process(control: socket.socket) -> None:
    """Fork: the child is pid 1 of the new namespace, and all in it die with it. The parent only waits for it."""
    child = os.fork()
    if child == 0:
        syscalls.die_with_parent(signal.SIGKILL)
        return
    control.close()
    _, status = os.waitpid(child, 0)
    os._exit(0 if status == 0 else 1)


def _load_modules() -> None:
    for name in _PRELOADED:
        try:
            importlib.import_module(name)
        except ImportError:  # an interpreter built without it
            continue
    sys.argv = [runner.FILE_NAME]
    sys.dont_write_bytecode = True
    os.environ.clear()
    syscalls.limit_malloc_arenas()


def _preload(surroundings: Surroundings) -> None:
    """Import what takes long once for all runs. Without threads, which a fork would lose."""
    if not surroundings.config.preload:
        return
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    for name in surroundings.config.preload:
        with contextlib.suppress(ImportError):  # the code that imports it says so, with its traceback
            importlib.import_module(name)
    del os.environ["OPENBLAS_NUM_THREADS"]
    surroundings.base_memory = address_space()


def _lock_files(surroundings: Surroundings, record: Record, forker: "_Forker") -> None:
    forker.own_pids = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
    surroundings.prepare()
    surroundings.own_files = record.attempt("mount namespace", lambda: _own_files(surroundings.config))
    if surroundings.own_files and surroundings.packages:
        surroundings.packages = rootfs.PACKAGES


def _own_files(config: Config) -> str:
    syscalls.unshare(syscalls.CLONE_NEWNS)
    rootfs.enter(config.root, config.packages)
    return "Python's library and nothing else, read-only"


def _wake(signal_number: int, frame: FrameType | None) -> None:
    """A child ended. Having a handler at all is what makes Python write to the wake-up pipe."""


class _Forker:
    """Children by run number, and how to start and end them."""

    def __init__(self, surroundings: Surroundings) -> None:
        self.surroundings = surroundings
        self.required: set[str] = set()
        self.own_pids = -1
        self._null = os.open(os.devnull, os.O_RDWR)
        self._children: dict[int, int] = {}  # process id -> number
        self._next = 0
        self._wake_read, self._wake_write = os.pipe()

    def serve(self, control: socket.socket) -> None:
        """Obey until end of file: the server is gone. Children die with this process."""
        os.set_blocking(self._wake_write, False)
        os.set_blocking(self._wake_read, False)
        signal.signal(signal.SIGCHLD, _wake)
        signal.set_wakeup_fd(self._wake_write)
        while True:
            ready, _, _ = select.select([control, self._wake_read], [], [])
            if self._wake_read in ready:
                os.read(self._wake_read, 4096)
                self._reap(control)
            if control in ready:
                message = control.recv(REQUEST.size)
                if len(message) < REQUEST.size:
                    return
                operation, number = REQUEST.unpack(message)
                if operation == FORK:
                    self._bear(control)
                elif operation == KILL:
                    self._kill(number)

    def rehearse(self) -> list[Feature]:
        """Jail a child that runs nothing, to learn what works here."""
        reading, writing = os.pipe()
        child = self._fork()
        if child == 0:
            try:
                os.write(writing, json.dumps(confine(self.surroundings)).encode())
            finally:
                os._exit(0)
        os.close(writing)
        with os.fdopen(reading, "rb") as pipe:
            text = pipe.read()
        os.waitpid(child, 0)
        return [Feature(*entry) for entry in json.loads(text)] if text else []

    def _fork(self) -> int:
        """Fork, into a pid namespace of its own where that works."""
        if self.surroundings.pid_namespace:
            # A process can only ever set this once, unless it first returns to its own.
            syscalls.setns(self.own_pids, syscalls.CLONE_NEWPID)
            syscalls.unshare(syscalls.CLONE_NEWPID)
        return os.fork()

    def _bear(self, control: socket.socket) -> None:
        """One more child, and its socket to the server."""
        theirs, ours = socket.socketpair()
        with theirs, ours:
            child = self._fork()
            if child == 0:
                self._become(ours.fileno())
            number = self._next
            self._next += 1
            self._children[child] = number
            socket.send_fds(control, [NOTICE.pack(BORN, number, 0)], [theirs.fileno()])

    def _become(self, descriptor: int) -> NoReturn:
        """In the child: jail, wait for the run, answer, end."""
        try:
            if not self.surroundings.pid_namespace and sys.platform == "linux":
                syscalls.die_with_parent(signal.SIGKILL)
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.setsid()
            for standard in (0, 1, 2):
                os.dup2(self._null, standard)
            os.dup2(descriptor, 3)
            syscalls.close_from(4)
            kind, payload = self._run_in_jail()
            runner.write_frame(3, kind, payload)
        finally:
            os._exit(0)

    def _run_in_jail(self) -> tuple[bytes, bytes]:
        config = self.surroundings.config
        if not config.unjailed:
            features = confine(self.surroundings)
            lost = [feature for feature in features if not feature.active and feature.name in self.required]
            if lost:
                return runner.ERROR, f"the sandbox could not be closed: {lost[0].name}: {lost[0].reason}".encode()
        code_size, inputs_size = RUN_HEADER.unpack(runner.read_exactly(3, RUN_HEADER.size))
        code = runner.read_exactly(3, code_size).decode()
        inputs = runner.read_exactly(3, inputs_size)
        return runner.run(code, inputs, result_limit=config.result_limit, memory_limit=config.memory_limit)

    def _reap(self, control: socket.socket) -> None:
        while self._children:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            number = self._children.pop(pid, None)
            if number is not None:
                control.sendall(NOTICE.pack(EXITED, number, status))

    def _kill(self, number: int) -> None:
        for pid, known in self._children.items():
            if known == number:
                os.kill(pid, signal.SIGKILL)  # pid 1 of its namespace: everything that it started dies too
