"""Landlock: the kernel's own file-system allow-list for an unprivileged process. Needs Linux 5.13.

Source: the kernel's Documentation/userspace-api/landlock.rst.
"""

import os
import struct
from collections.abc import Sequence

from . import syscalls

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION_FLAG, _PATH_BENEATH = 1, 1

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_REMOVE_DIR, _REMOVE_FILE, _MAKE_DIR, _MAKE_REGULAR, _MAKE_SYMLINK = 0x10, 0x20, 0x80, 0x100, 0x1000
_TRUNCATE = 0x4000

# How many file-system rights each version of the interface knows.
_RIGHTS_BY_VERSION = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
_NEWEST_RIGHTS = 16
_TCP_BIND_AND_CONNECT = 3
_SCOPE_ABSTRACT_SOCKETS_AND_SIGNALS = 3

_READ = _READ_FILE | _READ_DIR
_WRITE = (
    _READ | _WRITE_FILE | _REMOVE_DIR | _REMOVE_FILE | _MAKE_DIR | _MAKE_REGULAR | _MAKE_SYMLINK | _TRUNCATE
)  # fmt: skip
_OF_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE


def version() -> int:
    """The version of the interface that this kernel offers. Raises OSError when it offers none."""
    return syscalls.call("landlock_create_ruleset", _CREATE_RULESET, 0, 0, _VERSION_FLAG)


def restrict(
    readable: Sequence[str], writable: Sequence[str], executable: Sequence[str] = (), *, offered: int | None = None
) -> None:
    """Leave this process only these paths and what is beneath them; missing ones are skipped.

    TCP, abstract sockets and signals to the outside are given up as well where the kernel can. `offered` is what
    `version()` said, if known. Raises OSError; needs no_new_privs.
    """
    offered = version() if offered is None else offered
    handled = (1 << _RIGHTS_BY_VERSION.get(offered, _NEWEST_RIGHTS)) - 1
    record = struct.pack("Q", handled)
    if offered >= 4:
        record += struct.pack("Q", _TCP_BIND_AND_CONNECT)
    if offered >= 6:
        record += struct.pack("Q", _SCOPE_ABSTRACT_SOCKETS_AND_SIGNALS)
    ruleset = syscalls.call("landlock_create_ruleset", _CREATE_RULESET, record, len(record), 0)
    try:
        for paths, rights in ((readable, _READ), (writable, _WRITE), (executable, _READ_FILE | _EXECUTE)):
            for path in paths:
                _allow(ruleset, path, rights & handled)
        syscalls.call("landlock_restrict_self", _RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        if not os.path.isdir(path):
            rights &= _OF_FILES
        syscalls.call("landlock_add_rule", _ADD_RULE, ruleset, _PATH_BENEATH, struct.pack("=Qi", rights, place), 0)
    finally:
        os.close(place)
