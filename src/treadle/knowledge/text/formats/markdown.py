"""Markdown files: a piece for every heading. Source: spec knowledge §5."""

import re
from collections.abc import Iterator
from typing import Final

from treadle.documents.text import decode
from treadle.knowledge.text.pieces import Piece

from .reading import Reading

_HEADING = re.compile(r"(#+)\s+(\S.*)")
_FENCES: Final = ("```", "~~~")
_TAG = re.compile(r"</?[A-Za-z][^<>]*>|<!--[^<>]*-->")
_ADDRESS = re.compile(r"<(https?://[^<>\s]+|[^<>\s@]+@[^<>\s@]+)>")


def markdown_pieces(data: bytes, reading: Reading) -> Iterator[Piece]:
    """A piece for every heading with what stands below it, without tags; text above the first heading is one, too."""
    return reading.counted(sections(decode(data)))


def sections(text: str) -> Iterator[Piece]:
    """The pieces of a Markdown text."""
    above: list[tuple[int, str]] = []
    heading = ""
    body: list[str] = []
    fence = ""
    for line in text.split("\n"):
        stripped = line.strip()
        found = None if fence else _HEADING.match(line)
        if found is None:
            if stripped.startswith(fence or _FENCES):
                fence = "" if fence else stripped[:3]
                body.append(line)
            else:
                body.append(line if fence else _without_tags(line))
            continue
        yield from _section(heading, body, above)
        level, heading = len(found.group(1)), found.group(2).strip()
        above = [*(entry for entry in above if entry[0] < level), (level, _closed(heading))]
        body = []
    yield from _section(heading, body, above)


def _section(heading: str, body: list[str], above: list[tuple[int, str]]) -> Iterator[Piece]:
    below = "\n".join(body)
    path = tuple(name for _, name in above) or None
    if heading:
        yield Piece(f"\n\n{heading.replace('#', '').strip()}\n{below}", heading=path)
    elif below.strip():
        yield Piece(below, heading=path)


def _closed(heading: str) -> str:
    """The heading without the marks that may close it."""
    bare = heading.rstrip("#")
    return bare.rstrip() if bare.endswith((" ", "\t")) else heading


def _without_tags(line: str) -> str:
    return _TAG.sub("", _ADDRESS.sub(r"\1", line)) if "<" in line else line
