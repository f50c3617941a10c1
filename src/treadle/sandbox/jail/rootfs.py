"""A file system of its own for the jail: Python's library, shared libraries and nothing else, read-only.

The paths inside are those outside, so an interpreter that is already running keeps finding its modules. Directories
above them are made fresh, so a library below somebody's private home folder is reachable for an unprivileged user.
The folder of packages is at a path of its own, wherever it is outside.
"""

import os
import sysconfig

from . import syscalls

SCRATCH = "/tmp"
PACKAGES = "/packages"
_DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom", "/dev/random")
_SYSTEM = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/etc/ld.so.cache", "/usr/share/zoneinfo")


def readable_paths() -> list[str]:
    """What jailed code may read besides packages: Python's own library, shared libraries, time zones."""
    own = [sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")]
    return [*dict.fromkeys(path for path in own if os.path.exists(path)), *system_paths()]


def system_paths() -> list[str]:
    """Shared libraries and time zones."""
    return [path for path in _SYSTEM if os.path.exists(path)]


def device_paths() -> list[str]:
    return [path for path in _DEVICES if os.path.exists(path)]


def enter(root: str, packages: str | None) -> None:
    """Move this process, in its own mount namespace, into the new file system. Raises OSError.

    `root` is an empty folder to build it on; nothing is left there, since the mounts die with the namespace.
    """
    syscalls.mount(None, "/", None, syscalls.MS_REC | syscalls.MS_PRIVATE)
    plain = syscalls.MS_NOSUID | syscalls.MS_NODEV
    syscalls.mount("jail", root, "tmpfs", plain, "mode=755,size=1m")
    read_only = syscalls.MOUNT_ATTR_RDONLY | syscalls.MOUNT_ATTR_NOSUID
    for path in _outermost(readable_paths()):
        _graft(path, root + path, read_only | syscalls.MOUNT_ATTR_NODEV)
    if packages:
        _graft_packages(packages, root, read_only | syscalls.MOUNT_ATTR_NODEV)
    for path in device_paths():
        _graft(path, root + path, None)
    os.makedirs(root + SCRATCH, exist_ok=True)
    old = root + "/.old"
    os.mkdir(old)
    syscalls.pivot_root(root, old)
    os.chdir("/")
    syscalls.unmount("/.old")
    os.rmdir("/.old")
    syscalls.set_mount_attributes("/", syscalls.MOUNT_ATTR_RDONLY, recursive=False)


def mount_scratch(limit: int, uid: int, gid: int) -> None:
    """Mount an empty folder of at most `limit` bytes, in memory, that vanishes with this mount namespace."""
    flags = syscalls.MS_NOSUID | syscalls.MS_NODEV | syscalls.MS_NOEXEC
    options = f"mode=700,size={limit},nr_inodes=4096,uid={uid},gid={gid}"
    syscalls.mount("scratch", SCRATCH, "tmpfs", flags, options)


def linked_packages(packages: str) -> dict[str, str]:
    """The folder's entries by name, links as what they lead to; empty when it has no links."""
    with os.scandir(packages) as scanned:
        entries = list(scanned)
    linked = any(entry.is_symlink() for entry in entries)
    return {entry.name: os.path.realpath(entry.path) for entry in entries} if linked else {}


def _graft_packages(packages: str, root: str, attributes: int) -> None:
    """Show the folder as PACKAGES; one of links as what they lead to."""
    links = linked_packages(packages)
    if not links:
        _graft(os.path.realpath(packages), root + PACKAGES, attributes)
    for name, path in links.items():
        _graft(path, f"{root}{PACKAGES}/{name}", attributes)


def _outermost(paths: list[str]) -> list[str]:
    """Without the paths that lie inside others of the list."""
    return [path for path in paths if not any(path.startswith(other + "/") for other in paths if other != path)]


def _graft(source: str, target: str, attributes: int | None) -> None:
    """Show `source` at `target`: a symbolic link as the same link, anything else by a bind mount."""
    os.makedirs(os.path.dirname(target), exist_ok=True)
    if os.path.islink(source):
        os.symlink(os.readlink(source), target)
        return
    if os.path.isdir(source):
        os.makedirs(target, exist_ok=True)
    else:
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o644))
    syscalls.mount(source, target, None, syscalls.MS_BIND | syscalls.MS_REC)
    if attributes is not None:
        syscalls.set_mount_attributes(target, attributes, recursive=True)
