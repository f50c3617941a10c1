"""Deterministic text vectors: the same words give the same direction, shared words bring texts closer."""

import base64
import re
import struct
from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b
from math import sqrt

WORD = re.compile(r"[^\W_]+")
CJK = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


def features(text: str) -> list[str]:
    """The lower-case words of a text; of scripts without spaces, the single characters."""
    found: list[str] = []
    for word in WORD.findall(text.lower()):
        found.extend(CJK.findall(word) or [word])
    return found


@lru_cache(maxsize=65536)
def direction(feature: str, dimensions: int) -> tuple[float, ...]:
    """The pseudo-random direction of one word, each component in [-1, 1]."""
    stream = b"".join(
        blake2b(feature.encode(), salt=block.to_bytes(8, "little")).digest() for block in range((dimensions + 31) // 32)
    )
    return tuple(value / 32768 for value in struct.unpack(f"<{dimensions}h", stream[: 2 * dimensions]))


def embed(text: str, dimensions: int) -> list[float]:
    """The unit vector of a text: the normalised sum of its words' directions."""
    words = features(text) or [text]
    sums = [sum(column) for column in zip(*(direction(word, dimensions) for word in words), strict=True)]
    return unit(sums)


def unit(vector: Sequence[float]) -> list[float]:
    """The vector of length one in the same direction."""
    length = sqrt(sum(value * value for value in vector)) or 1.0
    return [value / length for value in vector]


def as_base64(vector: Sequence[float]) -> str:
    """The vector as base64 of little-endian 32-bit floats, the vendor's compact encoding."""
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
