"""How a freshly forked process gives up everything but computing, step by step.

The order matters: mounts need privileges, uid and capabilities go next, then the doors are locked from inside. Each
step reports what it achieved, so that the same code runs user code and tells the operator what is active.
"""

import contextlib
import os
import resource
import signal
from collections.abc import Callable
from math import ceil

from . import landlock, rootfs, seccomp, syscalls
from .config import Config, Feature

NOBODY = 65534
_MAX_FILES, _MAX_THREADS, _SHARED_UID_THREADS = 128, 128, 4096
_RELIEF = 16 << 20


class Surroundings:
    """What the fork server already arranged for its children, and what they must know to finish the work."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.was_root = os.geteuid() == 0
        self.user_namespace = False
        self.pid_namespace = False
        self.own_files = False
        self.base_memory = address_space()
        self.packages = config.packages
        self.linked = [*rootfs.linked_packages(config.packages).values()] if config.packages else []
        self.readable = rootfs.readable_paths()
        self.devices = rootfs.device_paths()
        self.landlock_version: int | None = None
        self.filter: bytes | None = None

    def prepare(self) -> None:
        """Work out what is the same for all children, once."""
        self.base_memory = address_space()
        with contextlib.suppress(OSError):
            self.landlock_version = landlock.version()
        with contextlib.suppress(KeyError):
            self.filter = seccomp.build(own_pid=1 if self.pid_namespace else None)


class Record:
    """The steps taken so far, each with its outcome."""

    def __init__(self) -> None:
        self.features: list[Feature] = []

    def attempt(self, name: str, step: Callable[[], str]) -> bool:
        """Take one step; note whether it worked. `step` returns what to tell the operator."""
        try:
            self.features.append(Feature(name, True, step()))
        except (OSError, ValueError, KeyError) as problem:
            self.features.append(Feature(name, False, str(problem)))
        return self.features[-1].active


def confine(own: Surroundings) -> list[Feature]:
    """Jail this process for good; what was achieved is returned, and what failed with its reason."""
    record = Record()
    record.attempt("scratch folder", lambda: _scratch(own))
    record.attempt("resource limits", lambda: _limit_resources(own))
    record.attempt("unprivileged user", lambda: _drop_privileges(own))
    record.attempt("no new privileges", _no_new_privileges)
    record.attempt("Landlock", lambda: _landlock(own))
    # Changing uid cleared this; without pid namespaces it is what ends the code when the fork server dies.
    syscalls.die_with_parent(signal.SIGKILL)
    record.attempt("seccomp", lambda: _seccomp(own))
    return record.features


def relieve_memory() -> None:
    """Let a process that ran into its memory limit have the little more that telling so takes."""
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (hard, hard))


def _scratch(own: Surroundings) -> str:
    if not own.own_files:
        raise OSError("needs a mount namespace; code has no writable folder here")
    syscalls.unshare(syscalls.CLONE_NEWNS)
    owner = NOBODY if _becomes_nobody(own) else os.getuid()
    rootfs.mount_scratch(own.config.scratch_limit, owner, NOBODY if _becomes_nobody(own) else os.getgid())
    os.chdir(rootfs.SCRATCH)
    return f"{rootfs.SCRATCH}, in memory, {own.config.scratch_limit >> 20} MiB, one for each run"


def _limit_resources(own: Surroundings) -> str:
    config = own.config
    processor_seconds = ceil(config.time_limit) * 2 + 1
    addresses = own.base_memory + config.memory_limit
    threads = _MAX_THREADS if _becomes_nobody(own) or own.user_namespace else _SHARED_UID_THREADS
    for kind, soft, hard in (
        (resource.RLIMIT_AS, addresses, addresses + _RELIEF),
        (resource.RLIMIT_CPU, processor_seconds, processor_seconds),
        (resource.RLIMIT_FSIZE, config.scratch_limit, config.scratch_limit),
        (resource.RLIMIT_NOFILE, _MAX_FILES, _MAX_FILES),
        (resource.RLIMIT_NPROC, threads, threads),
        (resource.RLIMIT_CORE, 0, 0),
    ):
        highest = resource.getrlimit(kind)[1]
        if highest != resource.RLIM_INFINITY:
            soft, hard = min(soft, highest), min(hard, highest)
        resource.setrlimit(kind, (soft, hard))
    return f"memory {config.memory_limit >> 20} MiB, processor {processor_seconds} s, {_MAX_FILES} open files"


def _becomes_nobody(own: Surroundings) -> bool:
    """Root becomes nobody, but only where nobody can still read Python's library."""
    return own.was_root and not own.user_namespace and (own.own_files or reachable_by_all(own.readable[0]))


def reachable_by_all(path: str) -> bool:
    """Whether every folder on the way lets any user through."""
    while path != "/":
        if not os.stat(path).st_mode & 0o001:
            return False
        path = os.path.dirname(path)
    return True


def _drop_privileges(own: Surroundings) -> str:
    if _becomes_nobody(own):
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
        return f"uid {NOBODY}, no capabilities"
    syscalls.drop_capabilities()
    if own.was_root:
        raise OSError(f"capabilities dropped, but still root: others cannot read {own.readable[0]}")
    return f"the server's own uid {os.getuid()}, no capabilities"


def _no_new_privileges() -> str:
    syscalls.forbid_new_privileges()
    return "set-user-id programs gain nothing"


def _landlock(own: Surroundings) -> str:
    if own.landlock_version is None:
        raise OSError("this kernel offers no Landlock (Linux 5.13 with it enabled is needed)")
    writable = [rootfs.SCRATCH, *own.devices] if own.own_files else own.devices
    readable = [*own.readable, own.packages, *own.linked] if own.packages else own.readable
    landlock.restrict(readable, writable, offered=own.landlock_version)
    return f"version {own.landlock_version}, {len(readable)} readable places"


def _seccomp(own: Surroundings) -> str:
    if own.filter is None:
        raise OSError(f"no system call table for {os.uname().machine}")
    syscalls.install_filter(own.filter)
    return "no sockets, processes, tracing or mounts"


def address_space() -> int:
    """Bytes of address space in use: what the interpreter had before the code's own memory is counted."""
    try:
        with open("/proc/self/statm") as statm:
            return int(statm.read().split()[0]) * resource.getpagesize()
    except OSError:
        return 256 << 20
