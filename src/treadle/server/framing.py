"""Which pages other web sites may show in a frame.

A page that is framed unseen can be made to click on things (clickjacking). So the console and forms are never framed,
and published apps only by web sites that are allowed to.
"""

import re
from collections.abc import Sequence

_PUBLISHED = re.compile(r"(?:chat|chatbot|completion|workflow)/(?P<code>[^/]+)/?")

NEVER = {"Content-Security-Policy": "frame-ancestors 'none'", "X-Frame-Options": "DENY"}
"""The headers of whatever no other page may show. The second is for programs that do not know the first."""


def published_code(path: str) -> str | None:
    """The code of the published app that a path (without its first slash) shows; None for all other pages."""
    found = _PUBLISHED.fullmatch(path)
    return found["code"] if found else None


def framing(*allowed: Sequence[str]) -> list[tuple[str, str]]:
    """The headers that let only those web sites show a page which every one of these lists names.

    Each list is a policy of its own, and browsers keep to all of them. `*` is not put into words: it would shut out
    pages that are not from the web, such as those of desktop apps.
    """
    if not all(allowed):
        return list(NEVER.items())
    return [
        ("Content-Security-Policy", f"frame-ancestors 'self' {' '.join(origins)}")
        for origins in allowed
        if "*" not in origins
    ]
