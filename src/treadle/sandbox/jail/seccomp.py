"""The system-call filter of jailed code: an allow-list, assembled to classic BPF.

Calls that are allowed only with certain arguments carry conditions. Everything else fails with "Operation not
permitted" (spec workflow-nodes §8), so user code gets an ordinary PermissionError; another architecture's calls kill.
"""

import errno
import platform
import struct
from typing import NamedTuple

from .numbers import ALLOWED, AUDIT_ARCH, CLONE3

_LOAD, _AND, _RETURN = 0x20, 0x54, 0x06
_JUMP_EQUAL, _JUMP_GREATER_EQUAL = 0x15, 0x35

_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_NUMBER_OFFSET, _ARCH_OFFSET, _ARGUMENTS_OFFSET = 0, 4, 16
_X32_BIT = 0x40000000

_CLONE_THREAD = 0x00010000
_AF_UNIX, _SOCK_STREAM = 1, 1
_PR_SET_NAME, _PR_GET_NAME = 15, 16
_TCGETS, _TIOCGWINSZ, _FIONREAD, _FIONBIO, _FIONCLEX, _FIOCLEX = 0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451


class Instruction(NamedTuple):
    code: int
    value: int
    if_true: int = 0
    if_false: int = 0


class Condition(NamedTuple):
    """Argument `argument`, masked, must equal `value`. The kernel reads these arguments as 32-bit values."""

    argument: int
    value: int
    mask: int = 0xFFFFFFFF


Alternatives = tuple[tuple[Condition, ...], ...]


def _one_of(argument: int, *values: int) -> Alternatives:
    return tuple((Condition(argument, value),) for value in values)


def build(machine: str | None = None, *, own_pid: int | None = None, also: dict[str, int] | None = None) -> bytes:
    """The filter as packed instructions for `machine` (default: this one).

    `own_pid` is the one process that code may signal (pid 1 of its own pid namespace; None forbids it). `also` are
    further calls to allow, by name and number. Raises KeyError for an architecture without a table.
    """
    machine = machine or platform.machine()
    conditions = _conditions(own_pid)
    program = [
        Instruction(_LOAD, _ARCH_OFFSET),
        Instruction(_JUMP_EQUAL, AUDIT_ARCH[machine], if_true=1),
        Instruction(_RETURN, _KILL),
        Instruction(_LOAD, _NUMBER_OFFSET),
        Instruction(_JUMP_GREATER_EQUAL, _X32_BIT, if_false=1),
        Instruction(_RETURN, _KILL),
    ]
    for name, number in (ALLOWED[machine] | (also or {})).items():
        verdict = _judge(conditions[name]) if name in conditions else [Instruction(_RETURN, _ALLOW)]
        program += [Instruction(_JUMP_EQUAL, number, if_false=len(verdict)), *verdict]
    program += [
        Instruction(_JUMP_EQUAL, CLONE3, if_false=1),
        Instruction(_RETURN, _ERRNO | errno.ENOSYS),
        Instruction(_RETURN, _ERRNO | errno.EPERM),
    ]
    return b"".join(struct.pack("HBBI", code, yes, no, value) for code, value, yes, no in program)


def _conditions(own_pid: int | None) -> dict[str, Alternatives]:
    return {
        "clone": ((Condition(0, _CLONE_THREAD, _CLONE_THREAD),),),  # threads, never processes
        "socketpair": ((Condition(0, _AF_UNIX), Condition(1, _SOCK_STREAM, 0xF)),),  # asyncio's own wake-up pair
        "prctl": _one_of(0, _PR_SET_NAME, _PR_GET_NAME),
        "ioctl": _one_of(1, _TCGETS, _TIOCGWINSZ, _FIONREAD, _FIONBIO, _FIONCLEX, _FIOCLEX),
        "prlimit64": _one_of(0, 0),
        "tgkill": () if own_pid is None else _one_of(0, own_pid),
    }


def _judge(alternatives: Alternatives) -> list[Instruction]:
    """Allow when every condition of one alternative holds, refuse otherwise."""
    body: list[Instruction] = []
    for conditions in alternatives:
        body += _all_hold(conditions)
    return [*body, Instruction(_RETURN, _ERRNO | errno.EPERM)]


def _all_hold(conditions: tuple[Condition, ...]) -> list[Instruction]:
    """Return "allow" if all conditions hold, else fall through past the end."""
    steps: list[Instruction] = []
    for index, condition in enumerate(conditions):
        following = 3 * (len(conditions) - index - 1) + 1
        steps += [
            Instruction(_LOAD, _ARGUMENTS_OFFSET + 8 * condition.argument),
            Instruction(_AND, condition.mask),
            Instruction(_JUMP_EQUAL, condition.value, if_false=following),
        ]
    return [*steps, Instruction(_RETURN, _ALLOW)]
