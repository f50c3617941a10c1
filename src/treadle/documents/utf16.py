"""Whether bytes without a byte order mark are UTF-16.

No byte tells: any even number of bytes is some UTF-16. What tells is that one of the two orders reads as letters that
people use, all of one script, where the other order, and noise, give rare letters of all scripts.
"""

import codecs
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Final, Literal, TypeAlias

Utf16: TypeAlias = Literal["utf-16-le", "utf-16-be"]

CONTROL: Final = bytes({*range(32)} - {9, 10, 12, 13, 27})
"""Bytes that no text of one byte a letter, and no UTF-8, has."""
_SAMPLE: Final = 16 * 1024
_MOSTLY: Final = 0.75
"""Share of usual letters where the bytes are UTF-16 or no text at all."""
_ALMOST_ALL: Final = 0.95
"""The same where they may be text of an older encoding as well."""
_ENOUGH: Final = 4
"""Letters that make chance unlikely: one in five of the Chinese and Korean ones is usual."""

_ASCII: Final = frozenset({*range(0x20, 0x7F), 9, 10, 12, 13})
_ALPHABETS: Final = (
    (0xA0, 0x250), (0x1E00, 0x1F00),  # Latin, and that of Vietnamese
    (0x370, 0x400), (0x400, 0x530), (0x530, 0x590), (0x590, 0x600), (0x600, 0x700),  # Greek to Arabic
    (0x900, 0x980), (0x980, 0xA00), (0xA00, 0xA80), (0xA80, 0xB00), (0xB00, 0xB80), (0xB80, 0xC00),  # of India
    (0xC00, 0xC80), (0xC80, 0xD00), (0xD00, 0xD80), (0xD80, 0xE00),
    (0xE00, 0xE80), (0xE80, 0xF00), (0x1000, 0x10A0), (0x10A0, 0x1100), (0x1780, 0x1800),  # Thai to Khmer
)  # fmt: skip
_USUAL: Final = (
    ("gb2312", range(0xB0, 0xD8), range(0xA1, 0xFF)),
    ("big5", range(0xA4, 0xC7), (*range(0x40, 0x7F), *range(0xA1, 0xFF))),
    ("euc_jp", range(0xB0, 0xD0), range(0xA1, 0xFF)),
    ("euc_kr", range(0xB0, 0xC9), range(0xA1, 0xFF)),
)
"""Where the older encodings keep the letters that are in daily use, apart from the rare ones."""
_KANA: Final = range(0x3041, 0x3100)
_MARKS: Final = (range(0x2000, 0x2070), range(0x20A0, 0x27C0), range(0x3000, 0x3040), range(0xFF00, 0xFF66))
"""Punctuation and signs, which belong to every script."""


def utf16_order(data: bytes) -> Utf16 | None:
    """The byte order in which `data`, or the beginning of it, is UTF-16; None where it is more likely something else.

    Bytes that are UTF-8 without control characters are that: a word of two Chinese letters can look like it.
    """
    if not data or len(data) % 2:
        return None
    head = data[:_SAMPLE]
    little, big = _usual(head, "utf-16-le"), _usual(head, "utf-16-be")
    share, order = (little, "utf-16-le") if little >= big else (big, "utf-16-be")
    if len(head.translate(None, CONTROL)) < len(head):
        return order if share >= _MOSTLY else None
    if share < _ALMOST_ALL or len(head) < 2 * _ENOUGH or _reads(head, "utf-8"):
        return None
    return None if any(_usual(head, encoding) >= share for encoding, _, _ in _USUAL) else order


def _reads(head: bytes, encoding: str) -> str | None:
    """The text, whose last letter may be cut off."""
    try:
        return codecs.getincrementaldecoder(encoding)().decode(head)
    except UnicodeDecodeError:
        return None


def _usual(head: bytes, encoding: str) -> float:
    """The share of usual letters, of the script that has most of them; 0 for what is no text in `encoding`."""
    text = _reads(head, encoding)
    if not text:
        return 0
    counts = Counter(map(ord, text))
    if any(letter < 0x20 and letter not in _ASCII for letter in counts) or 0xFFFE in counts:
        return 0
    signs = sum(count for letter, count in counts.items() if _is_sign(letter))
    usual = max(sum(count for letter, count in counts.items() if letter in script) for script in _scripts())
    return usual / (len(text) - signs) if usual >= signs and usual else 0


def _is_sign(letter: int) -> bool:
    return letter > 0xFFFF or any(letter in marks for marks in _MARKS)


@cache
def _scripts() -> tuple[frozenset[int], ...]:
    """The letters of every script, each with those of ASCII."""
    alphabets = (_ASCII.union(range(*bounds)) for bounds in _ALPHABETS)
    return (*alphabets, *(_ASCII.union(_KANA, _letters(*rows)) for rows in _USUAL))


def _letters(encoding: str, rows: range, cells: range | tuple[int, ...]) -> Iterator[int]:
    for row in rows:
        yield from map(ord, b"".join(bytes((row, cell)) for cell in cells).decode(encoding, "ignore"))
