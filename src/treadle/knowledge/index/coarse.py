"""Many vectors in little memory, searched in two passes: by a bit a dimension among all of them, then by a byte a
dimension among the likeliest. Reading memory is what takes the time, and the first pass reads an eighth of it.

Before the first pass vectors are turned, so that no dimension says more than another. A bit says whether a value is
above the mean of its dimension: vectors of language models lean to one side, and the plain sign would say little. What
the bits of a vector say of its cosine with a question is put right by its distance from the mean, and the question is
compared in three bits a dimension (after RaBitQ, Gao and Long, 2024).
"""

from dataclasses import dataclass
from functools import cache, reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.int8]
Bits = NDArray[np.uint64]
Floats = NDArray[np.float32]

_LIKELY = 0.05
_FEWEST = 1_000
_PER_WANTED = 16
"""How many the second pass looks at: this part of all rows, at least so many, and more where more are wanted."""
_SCANNED, _MADE = 20_000, 4_000
"""Rows that are compared at once, so that they stay in the processor's cache, and that are made into bits at once."""
_NARROW = 146
"""Words of a vector up to which what it loses, at most seven a dimension, fits 16 bits."""
_IN_A_BYTE = 3
"""Words whose bits a byte can count."""
_STEP = 0.7
"""A level of a question's values, in their mean size; there are four levels for either sign."""
_BLOCK = 64
_MIXED: Floats = (reduce(np.kron, [np.array([[1, 1], [1, -1]])] * 6) / 8).astype(np.float32)
"""A Hadamard matrix: each of 64 dimensions goes into all of them."""


class Coarse:
    """Vectors of length 1 and of the same width, from what `quantise` makes of them.

    The bits are made when they are first searched: while a base is read its parts are merged again and again.
    """

    def __init__(self, values: Bytes) -> None:
        self.values = values
        self._signs: _Signs | None = None

    @property
    def width(self) -> int:
        return self.values.shape[1]

    @property
    def bytes(self) -> int:
        return self.values.nbytes + len(self.values) * (self.width // 8 + 8)

    def nearest(self, vector: Floats, mask: NDArray[np.bool_], wanted: int) -> tuple[NDArray[np.intp], Floats]:
        """The rows under `mask` that are probably the `wanted` nearest, with about their cosine; best first."""
        from usearch.compiled import MetricKind
        from usearch.index import search

        rows = self._likely(vector, mask, max(_PER_WANTED * wanted, _FEWEST, round(_LIKELY * len(self.values))))
        if not len(rows):
            return rows, np.zeros(0, dtype=np.float32)
        asked = quantise(vector[None])[0]
        found: Any = search(self.values[rows], asked, min(wanted, len(rows)), MetricKind.Cos, exact=True, threads=1)
        return rows[np.asarray(found.keys, dtype=np.intp)], 1 - np.asarray(found.distances, dtype=np.float32)

    def _likely(self, vector: Floats, mask: NDArray[np.bool_], count: int) -> NDArray[np.intp]:
        """The `count` rows under `mask` whose bits promise the greatest cosine; all of them where there are fewer."""
        if int(mask.sum()) <= count:
            return np.flatnonzero(mask)
        if self._signs is None:
            self._signs = _Signs.of(self.values)
        promise = self._signs.promised(_turned(vector[None])[0])
        promise[~mask] = -np.inf
        return np.sort(np.argpartition(promise, -count)[-count:])


@dataclass(frozen=True, slots=True)
class _Signs:
    """Vectors in a bit a dimension. All are turned."""

    mean: Floats
    """Of all vectors."""
    bits: Bits
    """64 dimensions a word, of shape (words, rows): so each pass reads memory in its order."""
    weight: Floats
    """Of each row: what a matching bit adds to the cosine."""
    least: Floats
    """Of each row: the cosine with the mean, times the mean's length."""

    @classmethod
    def of(cls, values: Bytes) -> "_Signs":
        parts = [values[at : at + _MADE] for at in range(0, len(values), _MADE)]
        total = sum((_unit(part).sum(axis=0) for part in parts), np.zeros(values.shape[1], dtype=np.float32))
        mean = _turned((total / max(len(values), 1)).astype(np.float32)[None])[0]
        bits, weights, least = list[Bits](), list[Floats](), list[Floats]()
        for part in parts:
            turned = _turned(_unit(part))
            least.append(turned @ mean)
            turned -= mean
            bits.append(_words(turned > 0))
            size = np.maximum(np.abs(turned).sum(axis=1), np.float32(1e-12))
            weights.append(np.einsum("ij,ij->i", turned, turned) / size)
        words = np.ascontiguousarray(np.hstack(bits))
        return cls(mean, words, np.concatenate(weights), np.concatenate(least))

    def promised(self, vector: Floats) -> Floats:
        """Of every row about its cosine with a question, less what all rows share."""
        asked = vector - self.mean
        levels = np.minimum(np.abs(asked) / (np.float32(_STEP) * max(_mean_size(asked), 1e-12)), 3).astype(np.uint8)
        against = np.where(asked > 0, 1, -1) * (2.0 * levels + 1)
        scale = float(asked @ against) / float(against @ against)
        planes = [_words((levels & bit)[None] > 0)[:, 0] for bit in (1, 2)]
        sign = _words(asked[None] > 0)[:, 0]
        best = float(np.abs(against).sum())
        promise = np.empty(self.bits.shape[1], dtype=np.float32)
        for at in range(0, len(promise), _SCANNED):
            lost = _lost(self.bits[:, at : at + _SCANNED], sign, planes)
            promise[at : at + _SCANNED] = np.float32(scale) * (np.float32(best) - np.float32(2) * lost)
        return promise * self.weight + self.least


def _lost(bits: Bits, sign: Bits, planes: list[Bits]) -> NDArray[np.uint16 | np.uint32]:
    """The sum, over the dimensions where a row's bit is not the question's, of the question's value."""
    count = bits.shape[1]
    differing, masked = np.empty_like(bits[0]), np.empty_like(bits[0])
    ones, few = np.empty(count, dtype=np.uint8), np.empty((1 + len(planes), count), dtype=np.uint8)
    kind = np.uint16 if bits.shape[0] <= _NARROW else np.uint32
    sums: list[NDArray[np.uint16 | np.uint32]] = [np.zeros(count, dtype=kind) for _ in few]
    for word, words in enumerate(bits):
        np.bitwise_xor(words, sign[word], out=differing)
        for place, plane in enumerate((None, *planes)):
            held = differing if plane is None else np.bitwise_and(differing, plane[word], out=masked)
            if word % _IN_A_BYTE == 0:
                np.bitwise_count(held, out=few[place])
            else:
                few[place] += np.bitwise_count(held, out=ones)
        if word % _IN_A_BYTE == _IN_A_BYTE - 1 or word == len(bits) - 1:
            for total, some in zip(sums, few, strict=True):
                total += some
    for shift, total in enumerate(sums[1:], 1):
        sums[0] += total << shift
    return sums[0]


def quantise(vectors: Floats) -> Bytes:
    """Vectors of shape (n, d) in a byte a dimension, each scaled by its own greatest value."""
    greatest = np.maximum(np.abs(vectors).max(axis=1, keepdims=True), np.float32(1e-12))
    return np.rint(vectors * (127 / greatest)).astype(np.int8)


def _unit(values: Bytes) -> Floats:
    floats = values.astype(np.float32)
    return floats / np.maximum(np.linalg.norm(floats, axis=1, keepdims=True), np.float32(1e-12))


def _turned(vectors: Floats) -> Floats:
    """Vectors of shape (n, d), turned alike at random, with zeros up to the next multiple of 64: angles stay."""
    found = np.zeros((len(vectors), vectors.shape[1] + -vectors.shape[1] % _BLOCK), dtype=np.float32)
    found[:, : vectors.shape[1]] = vectors
    for signs, order in _turns(found.shape[1]):
        mixed = (found * signs).reshape(len(found), -1, _BLOCK) @ _MIXED
        found[:] = mixed.reshape(found.shape)[:, order]
    return found


@cache
def _turns(width: int) -> list[tuple[Floats, NDArray[np.intp]]]:
    """Signs and an order of dimensions, the same ones in every process."""
    random = np.random.default_rng(width)
    return [(random.choice(np.array([-1, 1], dtype=np.float32), width), random.permutation(width)) for _ in range(2)]


def _mean_size(values: Floats) -> float:
    return float(np.sqrt(np.mean(values * values)))


def _words(above: NDArray[np.bool_]) -> Bits:
    """Bits of shape (n, d) as words of shape (words, n)."""
    return np.packbits(above, axis=1).view(np.uint64).T
