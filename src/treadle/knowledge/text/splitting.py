"""Cutting text into spans of bounded length. Source: spec knowledge §7.2.

Every chunk is a stretch of the text as it stands, so that nothing between its words is lost or glued. Lengths are in
characters, or in whatever a given function counts (tokens of a model). Time is linear in the text.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple, TypeAlias

Length: TypeAlias = Callable[[str], int]
"""How long a text is; None in its place stands for characters."""

SEPARATORS: Final = ("\n\n", "。", ". ", " ", "")
"""What an over-long text is cut at, the best first; the empty one is between any two characters."""


class Span(NamedTuple):
    """A stretch of a text."""

    start: int
    end: int


class _Part(NamedTuple):
    """A stretch between two separators. `end` is behind what of the separator ends a sentence, `stop` behind all."""

    start: int
    end: int
    stop: int


def split_fixed(text: str, separator: str, size: int, overlap: int = 0, length: Length | None = None) -> Iterator[Span]:
    """The spans between separators, each of at most `size`: a longer one is cut on. Short ones are not merged.

    The separator is taken literally and is in no span; an empty one parts nothing.
    """
    for part in _parts(text, separator, 0, len(text), kept=0):
        if _measured(text, part.start, part.end, length) <= size:
            yield Span(part.start, part.end)
        else:
            yield from _split(text, part.start, part.end, size, overlap, length, SEPARATORS)


def split_recursive(text: str, size: int, overlap: int = 0, length: Length | None = None) -> Iterator[Span]:
    """Spans of at most `size` cut at the best separators that are there; short neighbours come together."""
    return _split(text, 0, len(text), size, overlap, length, SEPARATORS)


def _split(
    text: str, start: int, end: int, size: int, overlap: int, length: Length | None, separators: Sequence[str]
) -> Iterator[Span]:
    """`start` to `end` by the first of `separators` in it, merged up to `size`; what is still too long by the rest."""
    overlap = min(overlap, size)
    for at, separator in enumerate(separators):
        if not separator:
            break
        if text.find(separator, start, end) >= 0:
            rest = separators[at + 1 :]
            if length is None:
                yield from _by_characters(text, start, end, separator, size, overlap, rest)
            else:
                yield from _by_length(text, start, end, separator, size, overlap, length, rest)
            return
    if length is None:
        yield from _windows(start, end, size, overlap)
    else:
        yield from _measured_windows(text, start, end, size, overlap, length)


def _by_characters(
    text: str, start: int, end: int, separator: str, size: int, overlap: int, rest: Sequence[str]
) -> Iterator[Span]:
    """As `_by_length` would give for characters; it looks for the last separator that fits instead of going through
    all parts."""
    wide, kept = len(separator), len(separator.rstrip())
    fresh = start  # from here on nothing is in a chunk yet
    while start < end:
        if end - start <= size:
            if not _is_blank(text, fresh, end):
                yield Span(start, end)
            return
        found = text.rfind(separator, start, min(start + size - kept + wide, end))
        if found < 0:
            found = text.find(separator, start, end)
            part_end, stop = (found + kept, found + wide) if found >= 0 else (end, end)
            yield from _split(text, start, part_end, size, overlap, None, rest)
            start = fresh = stop
            continue
        if not _is_blank(text, fresh, found + kept):
            yield Span(start, found + kept)
        fresh = found + wide
        start = _overlap_start(text, start, found, separator, size, overlap, end)


def _overlap_start(text: str, start: int, found: int, separator: str, size: int, overlap: int, end: int) -> int:
    """Where the chunk behind the one from `start` to the separator at `found` begins: with as many of its last parts as
    fit into `overlap` and, together with the part that follows, into `size`."""
    wide, kept = len(separator), len(separator.rstrip())
    following = found + wide
    if not overlap:
        return following
    after = text.find(separator, following, min(following + size + wide, end))
    next_end = after + kept if after >= 0 else min(end, following + size + 1)
    if next_end - following >= size:
        return following
    least = max(found + kept - overlap, next_end - size, start + 1)
    at = text.find(separator, max(least - wide, start), following)
    return following if at < 0 else min(at + wide, following)


def _windows(start: int, end: int, size: int, overlap: int) -> Iterator[Span]:
    """Stretches of `size` characters, each beginning `overlap` before the end of the one ahead."""
    step = max(size - overlap, 1)
    while start < end:
        yield Span(start, min(start + size, end))
        if start + size >= end:
            return
        start += step


def _by_length(
    text: str, start: int, end: int, separator: str, size: int, overlap: int, length: Length, rest: Sequence[str]
) -> Iterator[Span]:
    kept = len(separator.rstrip())
    gap = length(separator[kept:]) if len(separator) > kept else 0
    held: deque[tuple[_Part, int]] = deque()
    total, fresh = 0, start  # before `fresh` everything is in a chunk
    for part in _parts(text, separator, start, end, kept=kept):
        own = length(text[part.start : part.end])
        if own >= size:
            if held and not _is_blank(text, fresh, held[-1][0].end):
                yield Span(held[0][0].start, held[-1][0].end)
            held.clear()
            total, fresh = 0, part.stop
            yield from _split(text, part.start, part.end, size, overlap, length, rest)
            continue
        if held and total + gap + own > size:
            if not _is_blank(text, fresh, held[-1][0].end):
                yield Span(held[0][0].start, held[-1][0].end)
            fresh = held[-1][0].stop
            while held and (total > overlap or total + gap + own > size):
                total -= held.popleft()[1] + (gap if held else 0)
        total += own + (gap if held else 0)
        held.append((part, own))
    if held and not _is_blank(text, fresh, held[-1][0].end):
        yield Span(held[0][0].start, held[-1][0].end)


def _is_blank(text: str, start: int, end: int) -> bool:
    """True when a chunk that is new from `start` to `end` would repeat what another one says."""
    return start >= end or text[start:end].isspace()


def _measured_windows(text: str, start: int, end: int, size: int, overlap: int, length: Length) -> Iterator[Span]:
    """Stretches that are as long as `size` allows, each beginning about `overlap` before the end of the one ahead."""
    while start < end:
        stop = _reach(text, start, end, size, length)
        yield Span(start, stop)
        if stop >= end:
            return
        back = stop - round((stop - start) * overlap / size) if overlap else stop
        start = max(back, start + 1)


def _reach(text: str, start: int, end: int, size: int, length: Length) -> int:
    """The furthest end of a stretch from `start` that is no longer than `size`; at least one character on."""
    reach = size
    while start + reach < end and length(text[start : start + reach]) <= size:
        reach *= 2
    low, high = 1, min(reach, end - start)
    if length(text[start : start + high]) <= size:
        return start + high
    while low < high - 1:
        middle = (low + high) // 2
        if length(text[start : start + middle]) <= size:
            low = middle
        else:
            high = middle
    return start + low


def _parts(text: str, separator: str, start: int, end: int, *, kept: int) -> Iterator[_Part]:
    """The stretches that `separator` parts; each keeps the first `kept` characters of the separator behind it."""
    while separator and (found := text.find(separator, start, end)) >= 0:
        yield _Part(start, found + kept, found + len(separator))
        start = found + len(separator)
    if start < end:
        yield _Part(start, end, end)


def _measured(text: str, start: int, end: int, length: Length | None) -> int:
    return end - start if length is None else length(text[start:end])
