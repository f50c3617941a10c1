"""What models and tools write, without what no file and no stream can hold."""

import math
import re

from treadle.engine.values import JsonValue

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def sound_text(text: str) -> str:
    """`text` with a mark for each half of a surrogate pair."""
    return text if text.isascii() else _LONE_SURROGATE.sub("\ufffd", text)


def sound(value: JsonValue) -> JsonValue:
    """`value` with all its texts sound, and null for numbers that are none in JSON."""
    match value:
        case float() if not math.isfinite(value):
            return None
        case str():
            return sound_text(value)
        case list():
            return [sound(item) for item in value]
        case dict():
            return {sound_text(key): sound(item) for key, item in value.items()}
        case _:
            return value
