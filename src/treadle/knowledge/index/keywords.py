"""The most telling words of a text, by which an economy base is searched and by which scores are weighted.

Words are weighed by how often they occur and how rare they are (TF-IDF over the table that jieba brings). Words of
scripts with spaces are found without a dictionary, so that the one for Chinese (about 180 MB in memory, 2 s to load) is
read only once Chinese is met. Source: spec knowledge §9.2.
"""

import re
from collections import Counter
from collections.abc import Callable
from functools import lru_cache
from threading import Lock
from typing import Any

from .stop_words import STOP_WORDS

_HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff]+")
_PIECES = re.compile("[\u3400-\u9fff\uf900-\ufaff]+|[^\\W_\u3400-\u9fff\uf900-\ufaff]+(?:\\.\\d+)?")
_PARTS = re.compile(r"\w+")
_SHORTEST = 2
_loading = Lock()


def keywords_of(text: str, limit: int | None = 10) -> tuple[str, ...]:
    """At most `limit` words, best first (None: all), then the parts of those that consist of several."""
    counts = Counter(word for word in _words(text) if _tells(word))
    if not counts:
        return ()
    weigh = _weigher() if _HAN.search(text) else None
    if weigh is not None:
        weights = {word: count * weigh(word) for word, count in counts.items()}
        ranked = sorted(weights, key=lambda word: -weights[word])
    else:
        ranked = [word for word, _ in counts.most_common()]
    chosen = dict.fromkeys(ranked[:limit])
    for word in tuple(chosen):
        parts = _PARTS.findall(word)
        if len(parts) > 1:
            chosen |= dict.fromkeys(part for part in parts if _tells(part))
    return tuple(chosen)


def _tells(word: str) -> bool:
    return len(word) >= _SHORTEST and word.lower() not in STOP_WORDS


def _words(text: str) -> list[str]:
    found: list[str] = []
    for piece in _PIECES.findall(text):
        if _HAN.match(piece):
            found += _chinese().cut(piece)
        else:
            found.append(piece)
    return found


@lru_cache(maxsize=1)
def _extractor() -> Any:
    import logging

    import jieba
    from jieba.analyse.tfidf import TFIDF

    jieba.setLogLevel(logging.WARNING)
    tokenizer = jieba.Tokenizer()
    tokenizer.initialize()
    extractor: Any = TFIDF()
    extractor.tokenizer = tokenizer
    return extractor


def _chinese() -> Any:
    with _loading:
        return _extractor().tokenizer


def _weigher() -> Callable[[str], float]:
    """How rare a word is."""
    with _loading:
        extractor = _extractor()
    rarity: dict[str, float] = extractor.idf_freq
    usual: float = extractor.median_idf
    return lambda word: rarity.get(word, usual)
