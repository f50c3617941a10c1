"""Starts an interpreter of another kind inside a jail: should it be broken into, there is nothing to take.

Weaker than the jail of CPython (no namespaces), since these interpreters themselves offer code no system: Monty has
none, and Deno gets no permission. Each step that this machine does not allow is left out; the report of the CPython
jail says which those are.
"""

import os
import platform
import resource
from collections.abc import Mapping, Sequence
from contextlib import suppress

from . import landlock, rootfs, seccomp, syscalls
from .confine import NOBODY, reachable_by_all

_LOADERS = ("/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1", "/lib/ld-musl-x86_64.so.1")
_TO_START = {"x86_64": {"execve": 59, "arch_prctl": 158}, "aarch64": {"execve": 221}}
_FOR_V8 = {"x86_64": {"pkey_alloc": 330, "pkey_mprotect": 329}, "aarch64": {"pkey_alloc": 289, "pkey_mprotect": 288}}
_V8_FACTS = ("/proc/self", "/sys/fs/cgroup")
_V8_OWN_MEMORY = 640 << 20
_MAX_FILES = 64


def main(arguments: list[str]) -> None:
    """Replace this process by the Monty worker `arguments`, jailed."""
    program = os.path.realpath(arguments[0])
    _confine(program, {}, ())
    os.execve(program, [program, *arguments[1:]], {})


def deno(memory: int, arguments: list[str]) -> None:
    """Replace this process by Deno with `arguments`, jailed, its data bounded by `memory` bytes above V8's own."""
    program = os.path.realpath(arguments[0])
    data = memory + _V8_OWN_MEMORY
    resource.setrlimit(resource.RLIMIT_DATA, (data, data))
    _confine(program, _FOR_V8.get(platform.machine(), {}), _V8_FACTS)
    # Without a folder of its own, and without looks at the network.
    environment = {"DENO_DIR": "/nonexistent", "DENO_NO_UPDATE_CHECK": "1", "NO_COLOR": "1"}
    os.execve(program, [program, *arguments[1:]], environment)


def _confine(program: str, calls: Mapping[str, int], readable: Sequence[str]) -> None:
    for kind, limit in ((resource.RLIMIT_CORE, 0), (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_NOFILE, _MAX_FILES)):
        resource.setrlimit(kind, (limit, limit))
    if os.geteuid() == 0 and reachable_by_all(program):
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    with suppress(OSError):
        syscalls.drop_capabilities()
    with suppress(OSError):
        syscalls.forbid_new_privileges()
        landlock.restrict([*rootfs.system_paths(), *readable], rootfs.device_paths(), [program, *_LOADERS])
    with suppress(OSError, KeyError):
        machine = platform.machine()
        also = {**_TO_START[machine], **calls}
        syscalls.install_filter(seccomp.build(machine, own_pid=os.getpid(), also=also))
