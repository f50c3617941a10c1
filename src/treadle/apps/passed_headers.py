"""Which headers of a request the tools of its run may pass on, where somebody set them up to.

Source: spec models-and-tools §4.6.
"""

from collections.abc import Iterable
from typing import Final

_OURS: Final = frozenset(
    {
        "connection", "content-encoding", "content-length", "content-type", "cookie", "expect", "forwarded", "host",
        "keep-alive", "proxy-authorization", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
        "x-app-code", "x-app-passport", "x-csrf-token",
    }
)  # fmt: skip
"""What belongs to the connection, or signs somebody in here."""
_SIGNS_IN: Final = "authorization"


def passed_headers(sent: Iterable[tuple[str, str]], *, signed_in: bool = False) -> dict[str, str]:
    """Headers by their lower-case names; of several of a name the first. `signed_in`: Authorization is a visitor's or a
    member's sign-in, which no tool may get, rather than the key of a program."""
    found: dict[str, str] = {}
    for name, value in sent:
        lower = name.lower()
        if lower not in _OURS and not (signed_in and lower == _SIGNS_IN):
            found.setdefault(lower, value)
    return found
