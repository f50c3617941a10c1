"""How many tokens a text is about, from what its letters are: no vocabulary, no memory, tens of microseconds.

The text becomes one letter per character that says its class; counts of classes and of pairs, times weights, are the
estimate. The weights were fitted to OpenAI's vocabularies over documentation, program text, data and messages in twelve
languages (docs/decisions/0014-local-models.md has the errors: 5 % for English, Chinese, Japanese and Korean on average,
6 % for program text, at most 13 % for any language tried; a single short text of ideographs may be a third off).
"""

from collections.abc import Callable
from typing import Literal, TypeAlias

Vocabulary: TypeAlias = Literal["o200k_base", "cl100k_base"]
"""`o200k_base` is that of OpenAI's models since GPT-4o, `cl100k_base` that of those before."""

_WEIGHTS: dict[Vocabulary, dict[bytes, float]] = {
    "o200k_base": {
        b" a": 0.64, b".a": 0.64, b"na": 0.64, b"aaaaaaa": 1.54, b".": 0.78, b"..": -0.52, b"0": 0.56, b"n": 0.35,
        b"n ": 0.79, b"l": 1.41, b"y": 0.27, b"o": 1.49, b"k": 0.7, b"c": 0.76, b"h": 0.72, b"e": 2.0,
    },
    "cl100k_base": {
        b" a": 0.62, b".a": 0.62, b"na": 0.62, b"aaaaaaa": 1.96, b".": 0.69, b"..": -0.28, b"0": 0.56, b"n": 0.05,
        b"n ": 0.93, b"l": 2.28, b"y": 0.43, b"o": 1.29, b"k": 0.98, b"c": 1.05, b"h": 1.06, b"e": 2.5,
    },
}  # fmt: skip
"""Tokens for each occurrence of a class, or of classes side by side.

`a` letters of ASCII, `0` digits, `.` other signs, `n` line ends, ` ` blanks; `l` other Latin letters, `y` Greek and
Cyrillic, `c` ideographs, `k` kana and wide signs, `h` hangul, `e` emoji and rare ideographs, `o` everything else.
"""

_FIRST_WORD = 0.63
_PLAIN = b" a.n0"


def estimated(text: str, vocabulary: Vocabulary) -> int:
    """About how many tokens of `vocabulary` the text is; at least 1 for a text that is not empty."""
    plain, others = _PARTS[vocabulary]
    classes = text.encode("utf-8", "surrogatepass").translate(_CLASSES, _INNER_BYTES)
    count = classes.count
    total = _FIRST_WORD if classes.startswith(b"a") else 0.0
    for pattern, weight in plain:
        total += count(pattern) * weight
    if not text.isascii():
        for pattern, weight in others:
            total += count(pattern) * weight
    return max(round(total), 1 if text else 0)


def _class_of(byte: int) -> bytes:
    """The class of the character that begins with this byte in UTF-8."""
    if byte < 0x80:
        ascii_letter = chr(byte)
        if ascii_letter in "\r\n":
            return b"n"
        if ascii_letter.isspace():
            return b" "
        return b"0" if ascii_letter.isdigit() else b"a" if ascii_letter.isalpha() else b"."
    for end, name in ((0xCC, b"l"), (0xD5, b"y"), (0xE3, b"o"), (0xE4, b"k"), (0xEA, b"c"), (0xEE, b"h"), (0xF0, b"k")):
        if byte < end:
            return name
    return b"e"


_CLASSES = b"".join(map(_class_of, range(256)))
_INNER_BYTES = bytes(range(0x80, 0xC0))

_Part: TypeAlias = list[tuple[bytes, float]]


def _parts(keep: Callable[[bytes], bool], weights: dict[bytes, float]) -> _Part:
    return [(pattern, weight) for pattern, weight in weights.items() if keep(pattern)]


_PARTS: dict[Vocabulary, tuple[_Part, _Part]] = {
    name: (
        _parts(lambda pattern: pattern[0] in _PLAIN, weights),
        _parts(lambda pattern: pattern[0] not in _PLAIN, weights),
    )
    for name, weights in _WEIGHTS.items()
}
