"""Starts a Monty worker inside a jail of its own: should Monty's interpreter be broken into, there is nothing to take.

Weaker than the jail of CPython (no namespaces, and the worker lives on), since Monty itself offers code no system.
Each step that this machine does not allow is left out; the report of the CPython jail says which those are.
"""

import os
import platform
import resource
from contextlib import suppress

from . import landlock, rootfs, seccomp, syscalls
from .confine import NOBODY, reachable_by_all

_LOADERS = ("/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1", "/lib/ld-musl-x86_64.so.1")
_TO_START = {"x86_64": {"execve": 59, "arch_prctl": 158}, "aarch64": {"execve": 221}}
_MAX_FILES = 64


def main(arguments: list[str]) -> None:
    """Replace this process by the program `arguments`, jailed."""
    program = os.path.realpath(arguments[0])
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
        landlock.restrict(rootfs.system_paths(), rootfs.device_paths(), [program, *_LOADERS])
    with suppress(OSError, KeyError):
        machine = platform.machine()
        syscalls.install_filter(seccomp.build(machine, own_pid=os.getpid(), also=_TO_START[machine]))
    os.execve(program, [program, *arguments[1:]], {})
