"""Which rows hold which words, as sorted arrays. Ranking is BM25 (Robertson and Zaragoza, 2009)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Hashes: TypeAlias = NDArray[np.uint32 | np.uint64]
"""Of 32 bits for words, of 64 for keywords."""

_K1 = 1.2
_B = 0.75
_COMMON = 0.4
_MANY = 1_000
"""Words that more of the rows hold than this part, and than this many, tell nothing, as long as the question has
others."""
_MOST = 255
_AT_ONCE = 500_000


@dataclass(frozen=True, slots=True)
class Postings:
    """`words` are sorted hashes; the rows that hold `words[i]` are `rows[starts[i]:starts[i + 1]]`, ascending."""

    words: Hashes
    starts: NDArray[np.int64]
    rows: NDArray[np.int32]
    counts: NDArray[np.uint8]

    @classmethod
    def empty(cls) -> "Postings":
        return cls.of(np.zeros(0, dtype=np.uint64), np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.uint8))

    @classmethod
    def of(cls, hashes: Hashes, rows: NDArray[np.int32], counts: NDArray[np.uint8]) -> "Postings":
        """From pairs of a word and a row, the rows ascending."""
        order = np.argsort(hashes, kind="stable")
        hashes = hashes[order]
        first = np.flatnonzero(np.concatenate([[True], hashes[1:] != hashes[:-1]])) if len(hashes) else hashes[:0]
        starts = np.concatenate([first, [len(hashes)]]).astype(np.int64)
        return cls(hashes[first.astype(np.intp)], starts, rows[order], counts[order])

    @classmethod
    def merged(cls, given: Sequence["Postings"], alive: Sequence[NDArray[np.bool_]]) -> "Postings":
        """Those of several parts, one behind the other, without the rows that are gone.

        Each entry is written to its place once, a block at a time: besides what is given and what comes out of it,
        next to no memory is needed.
        """
        words = np.unique(np.concatenate([postings.words for postings in given]))
        held = [postings._held(there) for postings, there in zip(given, alive, strict=True)]
        places = [np.searchsorted(words, postings.words) for postings in given]
        sizes = np.zeros(len(words), dtype=np.int64)
        for place, count in zip(places, held, strict=True):
            sizes[place] += count
        starts = np.concatenate([[0], np.cumsum(sizes)])
        rows, counts = np.empty(starts[-1], dtype=np.int32), np.empty(starts[-1], dtype=np.uint8)
        free, before = starts[:-1].copy(), 0
        for postings, there, place, count in zip(given, alive, places, held, strict=True):
            numbers = (np.cumsum(there, dtype=np.int32) - 1 + before).astype(np.int32)
            for first, last in postings._blocks():
                some, some_counts = postings._within(first, last)
                kept, each = there[some], count[first:last]
                begin: NDArray[np.int64] = free[place[first:last]] - (np.cumsum(each) - each)
                to: NDArray[np.int64] = np.repeat(begin, each) + np.arange(len(np.flatnonzero(kept)), dtype=np.int64)
                rows[to], counts[to] = numbers[some[kept]], some_counts[kept]
            free[place] += count
            before += int(there.sum())
        left = sizes > 0
        return cls(words[left], np.concatenate([starts[:-1][left], starts[-1:]]), rows, counts)

    def _held(self, there: NDArray[np.bool_]) -> NDArray[np.int64]:
        """How many of the rows that are `there` hold each word."""
        if there.all():
            return np.diff(self.starts)
        return np.concatenate(
            [
                np.add.reduceat(
                    there[self._within(first, last)[0]], self.starts[first:last] - self.starts[first], dtype=np.int64
                )
                for first, last in self._blocks()
            ]
            or [np.zeros(0, dtype=np.int64)]
        )

    def _blocks(self) -> Iterator[tuple[int, int]]:
        """Words from one place to another, so that a block has about `_AT_ONCE` entries; at least one word."""
        first = 0
        while first < len(self.words):
            last = int(np.searchsorted(self.starts, int(self.starts[first]) + _AT_ONCE, side="right")) - 1
            last = min(max(last, first + 1), len(self.words))
            yield first, last
            first = last

    def _within(self, first: int, last: int) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
        """The entries of words from one place to another."""
        entries = slice(int(self.starts[first]), int(self.starts[last]))
        return self.rows[entries], self.counts[entries]

    @property
    def bytes(self) -> int:
        return self.words.nbytes + self.starts.nbytes + self.rows.nbytes + self.counts.nbytes

    def lengths(self, count: int) -> NDArray[np.float32]:
        """How many words each of `count` rows has."""
        return np.bincount(self.rows, weights=self.counts, minlength=count).astype(np.float32)

    def frequency(self, word: int) -> int:
        """How many rows hold a word."""
        start, end = self._place(word)
        return end - start

    def holding(self, word: int) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
        """The rows that hold a word, and how often."""
        start, end = self._place(word)
        return self.rows[start:end], self.counts[start:end]

    def _place(self, word: int) -> tuple[int, int]:
        place = int(np.searchsorted(self.words, self.words.dtype.type(word)))
        if place == len(self.words) or int(self.words[place]) != word:
            return 0, 0
        return int(self.starts[place]), int(self.starts[place + 1])


def bm25(
    postings: Postings, lengths: NDArray[np.float32], frequency: Mapping[int, int], total: int, mean: float
) -> NDArray[np.float32]:
    """The score of every row for the words in `frequency`, which says how many of all `total` rows hold each; `mean`
    is the mean number of words of a row."""
    scores = np.zeros(len(lengths), dtype=np.float32)
    held = {word: count for word, count in frequency.items() if count}
    telling = {word: count for word, count in held.items() if count <= max(_COMMON * total, _MANY)}
    for word, count in (telling or held).items():
        rows, times = postings.holding(word)
        weight = np.float32(np.log(1 + (total - count + 0.5) / (count + 0.5)))
        often = times.astype(np.float32)
        norm = np.float32(_K1) * (np.float32(1 - _B) + np.float32(_B / max(mean, 1e-9)) * lengths[rows])
        scores[rows] += weight * (often * np.float32(_K1 + 1)) / (often + norm)
    return scores


def counted(postings: Postings, words: Sequence[int], count: int) -> NDArray[np.float32]:
    """How many of the words each of `count` rows holds."""
    scores = np.zeros(count, dtype=np.float32)
    for word in words:
        scores[postings.holding(word)[0]] += 1
    return scores


def clipped(counts: NDArray[np.uint32]) -> NDArray[np.uint8]:
    """Counts as postings hold them."""
    return np.minimum(counts, _MOST).astype(np.uint8)
