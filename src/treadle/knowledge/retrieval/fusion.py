"""One order out of two, where neither a model nor weights are set."""

from collections.abc import Mapping

MEANING = 0.85
"""How much nearness of meaning counts; shared words count for the rest. Tuned by bench/retrieval_quality.py."""

_HALF = 8.0
"""The text rank that counts as 0.5."""


def fused(near: Mapping[str, float], words: Mapping[str, float], *, meaning: float = MEANING) -> dict[str, float]:
    """Scores from 0 to 1 by key, best first: nearness of meaning and the text rank, the best of which counts as 1.

    `near` has the cosine of every key, also of those that were found by their words alone.
    """
    most = max(words.values(), default=0.0) or 1.0
    scores = {
        key: meaning * max(near.get(key, 0.0), 0.0) + (1 - meaning) * words.get(key, 0.0) / most
        for key in {**near, **words}
    }
    return dict(sorted(scores.items(), key=lambda each: -each[1]))


def text_score(rank: float) -> float:
    """The text rank as a score from 0 to 1, so that it can stand beside others."""
    return rank / (rank + _HALF)
