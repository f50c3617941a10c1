"""Ids of records: UUID version 7 as text, so that ids sort by the time of their making.

Source: RFC 9562 §5.7, with the sub-millisecond fraction of §6.2 method 3.
"""

import os
import re
import time

_VERSION_7 = re.compile(r"([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")

_last = 0
_tails: list[str] = []


def _refill() -> None:
    """Random halves of ids: variant bits and 62 random bits. One system call serves many ids."""
    digits = os.urandom(4096).hex()
    for start in range(0, len(digits), 16):
        tail = digits[start : start + 16]
        _tails.append(f"{'89ab'[int(tail[0], 16) & 3]}{tail[1:4]}-{tail[4:]}")


if hasattr(os, "register_at_fork"):
    # A child must not repeat the random numbers of its parent.
    os.register_at_fork(after_in_child=_tails.clear)


def new_id() -> str:
    """A new id of 36 characters, greater than every id made before by this process."""
    global _last
    # Milliseconds in the upper 48 bits, 1/4096 milliseconds below: both at once, in 60 bits.
    _last = stamp = max((time.time_ns() << 12) // 1_000_000, _last + 1)
    while True:
        try:
            tail = _tails.pop()
            break
        except IndexError:
            _refill()
    text = f"{stamp:015x}"
    return f"{text[:8]}-{text[8:12]}-7{text[12:]}-{tail}"


def made_at(text: str) -> float | None:
    """When an id was made, in seconds since the epoch; None for what is none of ours."""
    found = _VERSION_7.fullmatch(text)
    return int(found[1] + found[2], 16) / 1000 if found else None
