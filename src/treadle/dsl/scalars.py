"""Which JSON value a plain (unquoted) YAML scalar stands for."""

import math
import re

_WORDS: dict[str, bool | None] = {
    "null": None,
    "true": True,
    "yes": True,
    "on": True,
    "false": False,
    "no": False,
    "off": False,
}
_CONSTANTS: dict[str, bool | None] = {"": None, "~": None} | {
    spelling: value for word, value in _WORDS.items() for spelling in (word, word.capitalize(), word.upper())
}

_INTEGER = re.compile(r"[-+]?(?:0b[01][01_]*|0x[0-9a-fA-F][0-9a-fA-F_]*|0|[1-9][0-9_]*)")
_FLOAT = re.compile(r"[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|[-+]?\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?")
_STARTS = frozenset("-+.0123456789~nNtTyYfFoO")
_LONGEST_NUMBER = 1000


def plain_value(text: str) -> bool | int | float | str | None:
    """The value of a plain scalar by YAML 1.1, as the files' usual writer (PyYAML) understands it.

    Whatever that writer reads as text is text here too, since it leaves such text unquoted. What JSON cannot
    hold (dates, infinities), what people do not mean (times as base-60 numbers, leading zeros as octal) and
    numbers of over 1,000 characters stay the text that was typed.
    """
    if text and text[0] not in _STARTS:
        return text
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if len(text) > _LONGEST_NUMBER:
        return text
    if _INTEGER.fullmatch(text):
        digits = text.replace("_", "")
        base = 2 if "0b" in digits else 16 if "0x" in digits else 10
        return int(digits, base)
    if _FLOAT.fullmatch(text):
        number = float(text.replace("_", ""))
        return number if math.isfinite(number) else text
    return text
