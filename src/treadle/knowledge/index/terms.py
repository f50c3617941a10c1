"""The words by which full text is found, the same in every index.

Scripts that part words by spaces give words, lower-case, without accents and without the commonest English endings.
Chinese, Japanese, Korean and Thai give characters and pairs of neighbours: pairs need no dictionary, cost no memory,
and find what a dictionary would have cut differently in the question than in the text.
"""

import re
import unicodedata
from collections import Counter
from functools import lru_cache
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

_WORDS = re.compile(
    "[\u0e00-\u0e7f\u3005\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]+"
    "|[^\\W_\u0e00-\u0e7f\u3005\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]+"
)
_DENSE = "\u0e00"
_LONGEST = 64
_VOWEL = re.compile("[aeiouy]")

Terms = NDArray[np.uint32]
"""Of shape (n, 2): the hash of a word and how often it occurs."""


def terms_of(text: str) -> Terms:
    """The words of a chunk, counted."""
    counted = Counter(map(_hashed, _words(text, query=False)))
    if not counted:
        return np.zeros((0, 2), dtype=np.uint32)
    found = np.empty((len(counted), 2), dtype=np.uint32)
    found[:, 0] = np.fromiter(counted.keys(), dtype=np.uint32, count=len(counted))
    found[:, 1] = np.fromiter(counted.values(), dtype=np.uint32, count=len(counted))
    return found


def query_terms(text: str) -> list[int]:
    """The hashes of the words of a question, each once. Of scripts without spaces, pairs where there are any."""
    return list(dict.fromkeys(map(_hashed, _words(text, query=True))))


def _words(text: str, *, query: bool) -> list[str]:
    found: list[str] = []
    for word in _WORDS.findall(unicodedata.normalize("NFKC", text).lower()):
        if _is_dense(word):
            pairs = [word[at : at + 2] for at in range(len(word) - 1)]
            if not query or not pairs:
                found.extend(word)
            found.extend(pairs)
        else:
            found.append(word)
    return found


def _is_dense(word: str) -> bool:
    first = word[0]
    return first >= _DENSE and bool(
        "\u0e00" <= first <= "\u0e7f"
        or "\u3005" <= first <= "\u9fff"
        or "\uac00" <= first <= "\ud7af"
        or "\uf900" <= first <= "\ufaff"
        or first >= "\U00020000"
    )


@lru_cache(maxsize=200_000)
def _hashed(word: str) -> int:
    return crc32(stem(word).encode("utf-8", "replace"))


def stem(word: str) -> str:
    """A lower-case word without accents and without the endings of English plurals, participles and adverbs."""
    word = word[:_LONGEST]
    if not word.isascii():
        word = "".join(each for each in unicodedata.normalize("NFKD", word) if not unicodedata.combining(each))
        if not word.isascii():
            return word
    if len(word) < 4 or not word.isalpha():
        return word
    word = _without_plural(word)
    for ending in ("ingly", "edly", "ing", "ed", "ly"):
        rest = word.removesuffix(ending)
        if rest != word and len(rest) >= 3 and _VOWEL.search(rest):
            word = rest[:-1] if ending != "ly" and rest[-1] == rest[-2] and rest[-1] not in "lsz" else rest
            break
    if len(word) > 3 and word.endswith("e"):
        word = word[:-1]
    return f"{word[:-1]}i" if len(word) > 3 and word.endswith("y") else word


def _without_plural(word: str) -> str:
    if word.endswith("sses"):
        return word[:-2]
    if word.endswith("ies"):
        return f"{word[:-3]}y" if len(word) > 4 else word[:-1]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word
