"""Processes that end with the one that started them."""

import ctypes
import signal
import sys

_PR_SET_PDEATHSIG = 1


def end_with_parent(wanted: signal.Signals) -> None:
    """Ask the kernel to send this process `wanted` when its parent dies, where there is such a thing (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(wanted))
