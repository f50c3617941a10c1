"""The few Linux system calls that the jail needs and Python does not offer, through ctypes.

Every function raises OSError with the call's name when the kernel says no. Constants are those of the kernel's uapi
headers.
"""

import ctypes
import os
import platform
import struct
import sys

CLONE_NEWNS = 0x00020000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

MS_NOSUID, MS_NODEV, MS_NOEXEC = 2, 4, 8
MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 0x40000
MNT_DETACH = 2
MOUNT_ATTR_RDONLY, MOUNT_ATTR_NOSUID, MOUNT_ATTR_NODEV = 1, 2, 4

_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP = 1, 38, 22
_SECCOMP_MODE_FILTER = 2
_AT_FDCWD, _AT_RECURSIVE = -100, 0x8000
_CAPABILITY_VERSION_3 = 0x20080522

_NUMBERS = {
    "x86_64": {"pivot_root": 155, "capset": 126},
    "aarch64": {"pivot_root": 41, "capset": 91},
}
# Calls added since 2019 have the same number everywhere.
_CLOSE_RANGE, _MOUNT_SETATTR = 436, 442

_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long


def call(name: str, number: int, *arguments: object) -> int:
    """Make system call `number`; ints, bytes and ctypes pointers are accepted as arguments."""
    converted = [ctypes.c_long(value) if isinstance(value, int) else value for value in arguments]
    return _checked(name, _libc.syscall(ctypes.c_long(number), *converted))


def unshare(flags: int) -> None:
    _checked("unshare", _libc.unshare(flags))


def setns(fd: int, kind: int) -> None:
    _checked("setns", _libc.setns(fd, kind))


def mount(source: str | None, target: str, kind: str | None, flags: int, options: str | None = None) -> None:
    encoded = [None if text is None else os.fsencode(text) for text in (source, target, kind, options)]
    done = _libc.mount(encoded[0], encoded[1], encoded[2], ctypes.c_ulong(flags), encoded[3])
    _checked(f"mount {target}", done)


def unmount(target: str) -> None:
    """Detach `target` now; the kernel frees it when nothing uses it any more."""
    _checked(f"umount {target}", _libc.umount2(os.fsencode(target), MNT_DETACH))


def set_mount_attributes(target: str, attributes: int, *, recursive: bool) -> None:
    """Add attributes to a mount (Linux 5.12)."""
    flags = _AT_RECURSIVE if recursive else 0
    record = struct.pack("QQQQ", attributes, 0, 0, 0)
    call(f"mount_setattr {target}", _MOUNT_SETATTR, _AT_FDCWD, os.fsencode(target), flags, record, len(record))


def pivot_root(new_root: str, old_root: str) -> None:
    call("pivot_root", _number("pivot_root"), os.fsencode(new_root), os.fsencode(old_root))


def die_with_parent(signal_number: int) -> None:
    """Have the kernel send `signal_number` to this process when its parent dies. Changing uid clears it."""
    _checked("prctl", _libc.prctl(_PR_SET_PDEATHSIG, signal_number, 0, 0, 0))


def forbid_new_privileges() -> None:
    _checked("prctl", _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))


def drop_capabilities() -> None:
    header = struct.pack("Ii", _CAPABILITY_VERSION_3, 0)
    call("capset", _number("capset"), header, bytes(24))


def install_filter(program: bytes) -> None:
    """Put a seccomp filter (packed BPF instructions) on this thread and all that it starts."""
    buffer = ctypes.create_string_buffer(program, len(program))
    record = struct.pack("HxxxxxxQ", len(program) // 8, ctypes.addressof(buffer))
    _checked("seccomp", _libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, record, 0, 0))


def close_from(first: int) -> None:
    """Close every descriptor from `first` up."""
    if sys.platform == "linux":
        try:
            call("close_range", _CLOSE_RANGE, first, 0xFFFFFFFF, 0)
            return
        except OSError:  # before Linux 5.9
            pass
    os.closerange(first, 4096)


def limit_malloc_arenas() -> None:
    """One malloc arena: each further one reserves 64 MiB of addresses, which would count as memory of the code."""
    if hasattr(_libc, "mallopt"):
        _libc.mallopt(-8, 1)


def _number(name: str) -> int:
    try:
        return _NUMBERS[platform.machine()][name]
    except KeyError:
        raise OSError(f"{name}: no system call table for {platform.machine()}") from None


def _checked(name: str, result: int) -> int:
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{name}: {os.strerror(error)}")
    return result
