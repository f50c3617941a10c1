"""Scores from nearness of meaning and shared words together. Source: spec knowledge §11.1."""

from collections.abc import Iterable, Sequence
from math import log, sqrt

from treadle.knowledge.index.keywords import keywords_of


def keyword_scores(query: str, texts: Sequence[str]) -> list[float]:
    """How much each text shares with the question: the cosine of their keywords, weighed by how rare each is among
    `texts`. May take long for long texts: call it in a thread."""
    return shared_keywords(keywords_of(query, None), [keywords_of(text, None) for text in texts])


def shared_keywords(query: Iterable[str], candidates: Sequence[Iterable[str]]) -> list[float]:
    """The same for keywords that were found already. A word of the question that no candidate has counts for nothing.
    Between 0 and 1."""
    asked, sets = frozenset(query), [frozenset(candidate) for candidate in candidates]
    holding: dict[str, int] = {}
    for each in sets:
        for word in each:
            holding[word] = holding.get(word, 0) + 1
    weight = {word: log((1 + len(sets)) / (1 + count)) + 1 for word, count in holding.items()}
    length = sqrt(sum(weight.get(word, 0.0) ** 2 for word in asked))
    return [_cosine(asked, each, weight, length) for each in sets]


def _cosine(asked: frozenset[str], held: frozenset[str], weight: dict[str, float], length: float) -> float:
    own = sqrt(sum(weight[word] ** 2 for word in held))
    if not length or not own:
        return 0.0
    return sum(weight[word] ** 2 for word in asked & held) / (length * own)


def weighted(
    vector_scores: Sequence[float],
    shared: Sequence[float],
    *,
    vector_weight: float,
    keyword_weight: float,
    threshold: float,
    top_n: int,
) -> list[tuple[int, float]]:
    """The places of the best candidates with their scores, best first. A threshold above 0 drops what is below it."""
    scores = [vector_weight * near + keyword_weight * words for near, words in zip(vector_scores, shared, strict=True)]
    kept = [(place, score) for place, score in enumerate(scores) if threshold <= 0 or score >= threshold]
    return sorted(kept, key=lambda each: -each[1])[:top_n]
