"""One generation of an index in memory, made from its rows: vectors and words in arrays that are searched whole.

It consists of parts that never change; new rows make another part, and small parts are merged. Rows that are gone are
marked. So a search goes on with what it began with while the next state is made.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .coarse import Coarse, quantise
from .postings import Postings, bm25, counted

QUANTISED_ABOVE = 10_000
"""Vectors in a part above which they are kept coarsely; the best are then looked at exactly."""
_CANDIDATES = 2
_MORE = 32
_MERGED = 4
"""A part is merged into the one before unless that has so many times its rows."""

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows as they were read. `vectors` and `keywords` are None where there are none."""

    seqs: NDArray[np.int64]
    node_ids: list[str]
    document_ids: list[str]
    words: Postings
    vectors: Floats | None
    keywords: Postings | None


@dataclass(frozen=True, slots=True)
class Part:
    """Rows with what is needed to search them. `alive` says which are still there."""

    seqs: NDArray[np.int64]
    node_ids: list[str]
    document_ids: list[str]
    """Of each row; texts are shared between rows."""
    words: Postings
    keywords: Postings | None
    vectors: Floats | None
    coarse: Coarse | None
    alive: Mask
    norms: Floats
    """Words of each row."""

    def __len__(self) -> int:
        return len(self.node_ids)

    @property
    def bytes(self) -> int:
        """About how much memory it takes."""
        arrays = (self.vectors, self.seqs, self.alive, self.norms)
        return (
            sum(array.nbytes for array in arrays if array is not None)
            + (self.coarse.bytes if self.coarse else 0)
            + self.words.bytes
            + (self.keywords.bytes if self.keywords else 0)
            + 150 * len(self)
        )

    def mask(self, document_ids: frozenset[str] | None) -> Mask:
        """The rows that are there and belong to these documents."""
        if document_ids is None:
            return self.alive
        wanted = np.fromiter((each in document_ids for each in self.document_ids), dtype=np.bool_, count=len(self))
        return self.alive & wanted


@dataclass(frozen=True, slots=True)
class Candidate:
    """A row that may be among the best. `exact`: its score is final."""

    seq: int
    node_id: str
    document_id: str
    score: float
    exact: bool = True


@dataclass(frozen=True, slots=True)
class Memory:
    """The rows up to the one numbered `last`, as of `version`."""

    version: int = 0
    last: int = 0
    parts: tuple[Part, ...] = ()

    @property
    def count(self) -> int:
        return sum(int(part.alive.sum()) for part in self.parts)

    @property
    def bytes(self) -> int:
        return sum(part.bytes for part in self.parts)

    def with_rows(self, batches: Sequence[Rows], version: int) -> "Memory":
        """New rows added, in the order of their numbers."""
        parts = [*self.parts, *(_part(each) for each in batches if each.node_ids)]
        last = int(parts[-1].seqs[-1]) if parts else self.last
        while len(parts) > 1 and len(parts[-2]) < _MERGED * len(parts[-1]):
            end = len(parts) - 2
            while end > 0 and len(parts[end - 1]) < _MERGED * sum(len(part) for part in parts[end:]):
                end -= 1
            parts[end:] = [_merged(parts[end:])]
        return Memory(version, max(last, self.last), tuple(parts))

    def only(self, seqs: NDArray[np.int64]) -> "Memory":
        """Without the rows that are not among `seqs`."""
        parts = tuple(replace(part, alive=part.alive & np.isin(part.seqs, seqs)) for part in self.parts)
        return replace(self, parts=tuple(part for part in parts if part.alive.any()))

    def by_vector(self, vector: Floats, top_k: int, document_ids: frozenset[str] | None) -> list[Candidate]:
        """At least the `top_k` nearest, best first; those whose score is not exact are to be looked at again."""
        found: list[Candidate] = []
        wanted = _CANDIDATES * top_k + _MORE
        for part in self.parts:
            mask = part.mask(document_ids)
            if part.coarse is not None and part.coarse.width == len(vector):
                rows, scores = part.coarse.nearest(vector, mask, wanted)
            elif part.vectors is not None and part.vectors.shape[1] == len(vector):
                rows, scores = _best(_cosines(part.vectors, vector), mask, top_k)
            else:
                continue
            found += _candidates(part, rows, scores, exact=part.coarse is None)
        return sorted(found, key=lambda each: (-each.score, each.seq))[:wanted]

    def by_words(self, terms: Sequence[int], top_k: int, document_ids: frozenset[str] | None) -> list[Candidate]:
        """The best by BM25, over the statistics of the whole base."""
        total = sum(len(part) for part in self.parts)
        if not total:
            return []
        frequency = {term: sum(part.words.frequency(term) for part in self.parts) for term in terms}
        length = sum(float(part.norms.sum()) for part in self.parts) / total
        return self._scored(lambda part: bm25(part.words, part.norms, frequency, total, length), top_k, document_ids)

    def by_keywords(self, keywords: Sequence[int], top_k: int, document_ids: frozenset[str] | None) -> list[Candidate]:
        """Those that hold most keywords; ties in the order of their numbers."""
        return self._scored(
            lambda part: counted(part.keywords, keywords, len(part)) if part.keywords else None, top_k, document_ids
        )

    def _scored(
        self, score: Callable[[Part], Floats | None], top_k: int, document_ids: frozenset[str] | None
    ) -> list[Candidate]:
        found: list[Candidate] = []
        for part in self.parts:
            scores = score(part)
            if scores is not None:
                found += _candidates(part, *_best(scores, part.mask(document_ids) & (scores > 0), top_k))
        return sorted(found, key=lambda each: (-each.score, each.seq))[:top_k]


def _best(scores: Floats, mask: Mask, top_k: int) -> tuple[NDArray[np.intp], Floats]:
    """The rows of the `top_k` highest scores under `mask`; of equal ones the first."""
    rows = np.flatnonzero(mask)
    chosen = scores[rows]
    if len(rows) > top_k:
        least = np.partition(chosen, len(rows) - top_k)[len(rows) - top_k]
        kept = np.concatenate([np.flatnonzero(chosen > least), np.flatnonzero(chosen == least)])[:top_k]
        rows, chosen = rows[kept], chosen[kept]
    return rows, chosen


def _cosines(vectors: Floats, vector: Floats) -> Floats:
    return np.einsum("ij,j->i", vectors, vector)  # quicker than to wake the threads of the linear algebra library


def _candidates(part: Part, rows: NDArray[np.intp], scores: Floats, *, exact: bool = True) -> list[Candidate]:
    return [
        Candidate(int(part.seqs[row]), part.node_ids[row], part.document_ids[row], score, exact)
        for row, score in zip(_ints(rows), _floats(scores), strict=True)
    ]


def _ints(array: NDArray[Any]) -> list[int]:
    return array.tolist()


def _floats(array: NDArray[Any]) -> list[float]:
    return array.tolist()


def _part(rows: Rows) -> Part:
    vectors, coarse = rows.vectors, None
    if vectors is not None and len(vectors) > QUANTISED_ABOVE:
        vectors, coarse = None, Coarse(quantise(vectors))
    return Part(
        seqs=rows.seqs,
        node_ids=rows.node_ids,
        document_ids=rows.document_ids,
        words=rows.words,
        keywords=rows.keywords,
        vectors=vectors,
        coarse=coarse,
        alive=np.ones(len(rows.node_ids), dtype=np.bool_),
        norms=rows.words.lengths(len(rows.node_ids)),
    )


def _merged(parts: Sequence[Part]) -> Part:
    """One part of several, without the rows that are gone."""
    kept = [np.flatnonzero(part.alive) for part in parts]
    node_ids = [part.node_ids[row] for part, rows in zip(parts, kept, strict=True) for row in rows.tolist()]
    vectors, coarse = _merged_vectors(parts, kept)
    with_keywords = any(part.keywords is not None for part in parts)
    words = Postings.merged([part.words for part in parts], [part.alive for part in parts])
    empty = Postings.empty()
    return Part(
        seqs=np.concatenate([part.seqs[rows] for part, rows in zip(parts, kept, strict=True)]),
        node_ids=node_ids,
        document_ids=[part.document_ids[row] for part, rows in zip(parts, kept, strict=True) for row in rows.tolist()],
        words=words,
        keywords=Postings.merged([part.keywords or empty for part in parts], [part.alive for part in parts])
        if with_keywords
        else None,
        vectors=vectors,
        coarse=coarse,
        alive=np.ones(len(node_ids), dtype=np.bool_),
        norms=np.concatenate([part.norms[rows] for part, rows in zip(parts, kept, strict=True)]),
    )


def _merged_vectors(parts: Sequence[Part], kept: Sequence[NDArray[np.intp]]) -> tuple[Floats | None, Coarse | None]:
    if all(part.vectors is None and part.coarse is None for part in parts):
        return None, None
    count = sum(len(rows) for rows in kept)
    if count <= QUANTISED_ABOVE and all(part.vectors is not None for part in parts):
        exact = [part.vectors[rows] for part, rows in zip(parts, kept, strict=True) if part.vectors is not None]
        return np.concatenate(exact), None
    small: list[NDArray[np.int8]] = []
    for part, rows in zip(parts, kept, strict=True):
        if part.coarse is not None:
            small.append(part.coarse.values[rows])
        elif part.vectors is not None:
            small.append(quantise(part.vectors[rows]))
    return None, Coarse(np.concatenate(small))
