"""The figures of a search over questions whose answers are known.

Source of the measures: Manning, Raghavan, Schütze, *Introduction to Information Retrieval*, chapter 8.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import log2

import numpy as np
from numpy.typing import NDArray

DEPTH = 10
"""How many chunks of each answer are looked at."""
CUTS = (1, 3, 5, 10)
"""The k of recall@k."""

_SHINGLE = 8
_SAME = 0.5
_RESAMPLED = 1_000
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Figure:
    """A mean over questions, with the interval in which it lies with 95 % (bootstrap over questions)."""

    value: float
    low: float
    high: float


def shingles(text: str) -> frozenset[str]:
    """Runs of characters of a text, whatever its language, its case and its white space."""
    flat = _SPACE.sub(" ", text).strip().casefold()
    places = range(max(1, len(flat) - _SHINGLE + 1))
    return frozenset(flat[at : at + _SHINGLE] for at in places) if flat else frozenset()


def is_same_passage(expected: frozenset[str], found: frozenset[str]) -> bool:
    """Whether one text lies in the other for at least a half of the shorter one.

    So a chunk counts that holds the passage, and one that the passage was cut into: sets hold for other chunk settings.
    """
    shorter = min(len(expected), len(found))
    return shorter > 0 and len(expected & found) >= _SAME * shorter


def first_places(matches: Sequence[Sequence[int]], expected: int) -> list[int]:
    """Where each expected passage was found first: places from 1, 0 for never.

    `matches[i]` are the numbers, from 0, of the expected passages that the result at place i + 1 matches.
    """
    places = [0] * expected
    for place, numbers in enumerate(matches[:DEPTH], 1):
        for number in numbers:
            places[number] = places[number] or place
    return places


def figures(found: Sequence[Sequence[int]]) -> dict[str, Figure]:
    """`recall@k`, `mrr` and `ndcg` over questions, each given by the places of its expected passages."""
    values = {f"recall@{cut}": [_recall(places, cut) for places in found] for cut in CUTS}
    values["mrr"] = [_reciprocal(places) for places in found]
    values["ndcg"] = [_gain(places) for places in found]
    return {name: _figure(np.array(each, dtype=np.float64)) for name, each in values.items()}


def _recall(places: Sequence[int], cut: int) -> float:
    return sum(0 < place <= cut for place in places) / len(places) if places else 0.0


def _reciprocal(places: Sequence[int]) -> float:
    return max((1 / place for place in places if place), default=0.0)


def _gain(places: Sequence[int]) -> float:
    """Passages that one chunk holds together stand at one place: no more than the best order can give counts."""
    gained = sum(1 / log2(place + 1) for place in places if place)
    ideal = sum(1 / log2(place + 1) for place in range(1, min(len(places), DEPTH) + 1))
    return min(1.0, gained / ideal) if ideal else 0.0


def _figure(values: NDArray[np.float64]) -> Figure:
    if not len(values):
        return Figure(0.0, 0.0, 0.0)
    chosen = np.random.default_rng(0).integers(0, len(values), (_RESAMPLED, len(values)))
    low, high = np.quantile(values[chosen].mean(axis=1), [0.025, 0.975])
    return Figure(float(values.mean()), float(low), float(high))
