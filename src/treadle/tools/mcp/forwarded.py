"""Header settings of MCP servers that name headers of the caller: `{{request.headers.X-User-Token}}`.

Source: spec models-and-tools §4.6.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from treadle.tools.secret_values import mask

_REFERENCE = re.compile(r"\{\{\s*request\.headers\.([A-Za-z0-9_-]+)\s*\}\}", re.IGNORECASE)
_NO_SECRETS = frozenset({"", "basic", "bearer", "token"})


@dataclass(frozen=True, slots=True)
class Filled:
    """Headers as they are sent, and the names of those of the caller that are missing."""

    headers: tuple[tuple[str, str], ...]
    missing: tuple[str, ...] = ()


def filled(headers: tuple[tuple[str, str], ...], given: Mapping[str, str]) -> Filled:
    """`headers` with those of the caller in their places; one that names what the caller did not send is left out.

    `given` is by lower-case names.
    """
    sent: list[tuple[str, str]] = []
    missing: list[str] = []
    for name, value in headers:
        lacking = [each for each in _REFERENCE.findall(value) if each.lower() not in given]
        if lacking:
            missing += lacking
        else:
            sent.append((name, _REFERENCE.sub(lambda found: given[found[1].lower()], value)))
    return Filled(tuple(sent), tuple(dict.fromkeys(missing)))


def named(headers: Iterable[str]) -> frozenset[str]:
    """The lower-case names of headers of the caller that these values name."""
    return frozenset(name.lower() for value in headers for name in _REFERENCE.findall(value))


def shown(value: str) -> str:
    """A header's value as people see it: what only names headers of the caller is no secret."""
    rest = _REFERENCE.sub("", value)
    return value if rest != value and rest.strip().lower() in _NO_SECRETS else mask(value)
