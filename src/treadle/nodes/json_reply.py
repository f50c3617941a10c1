"""A JSON object out of what a model said: fenced, after some words, or amid thinking."""

import json
import math
import re
from typing import Final, NoReturn, cast

from treadle.engine.values import FILE_MARK, JsonValue

from .reasoning import without_thinking

_BRACKET = re.compile(r"[{\[]")
_MOST_STARTS: Final = 1000
"""Brackets from which reading is tried. A reply with more of them that lead nowhere is no answer in JSON."""
_DEPTH: Final = 100
"""Levels of a value that other parts can still walk through."""


def first_object(text: str) -> dict[str, JsonValue] | None:
    """The first JSON object in `text`, or the only item of a list if that is an object; None when there is none.

    Thinking does not count, and neither do brackets inside of JSON strings.
    """
    text = without_thinking(text)
    for number, bracket in enumerate(_BRACKET.finditer(text)):
        if number == _MOST_STARTS:
            return None
        found = _read(text, bracket.start())
        if isinstance(found, list) and len(found) == 1:
            found = found[0]
        if isinstance(found, dict):
            return found
    return None


def _read(text: str, position: int) -> JsonValue:
    """The JSON value that begins at `position`; None when there is none that can be read."""
    try:
        return _sound(cast("JsonValue", _DECODER.raw_decode(text, position)[0]), 0)
    except (ValueError, RecursionError):
        return None


def _sound(value: JsonValue, depth: int) -> JsonValue:
    """`value` as a variable may hold it: no mark of a file, no characters that cannot be stored, not too deep."""
    if depth > _DEPTH:
        raise ValueError("nested too deeply")
    match value:
        case str():
            return _storable(value)
        case list():
            return [_sound(item, depth + 1) for item in value]
        case dict():
            return {_storable(name): _sound(item, depth + 1) for name, item in value.items() if name != FILE_MARK}
        case _:
            return value


def _storable(text: str) -> str:
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _finite(number: str) -> float:
    value = float(number)
    if not math.isfinite(value):
        raise ValueError(f"{number} is too large")
    return value


_DECODER = json.JSONDecoder(strict=False, parse_float=_finite, parse_constant=_refuse)
