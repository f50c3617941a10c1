"""Time as the records keep it: whole microseconds since the epoch."""

import time

SECOND = 1_000_000
"""Microseconds in a second."""


def now_us() -> int:
    """Microseconds since the epoch."""
    return time.time_ns() // 1000


def to_us(seconds: float) -> int:
    """Seconds since the epoch, as events carry them, in microseconds."""
    return round(seconds * SECOND)


def to_seconds(us: int) -> float:
    """The inverse of `to_us`."""
    return us / SECOND
