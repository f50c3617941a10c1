"""What an index must do. One conformance suite tests every index against it.

An index holds what can be found now: chunks of documents that are enabled and not archived, and that are enabled
themselves. It is derived from the records and can be built again from them. Source: spec knowledge §20.
"""

from collections.abc import Sequence
from typing import Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray


class IndexRef(msgspec.Struct, frozen=True, kw_only=True):
    """One generation of the index of one base."""

    workspace_id: str
    base_id: str
    generation: int = 0
    dimensions: int | None = None
    """Of its vectors; None for a base without embeddings."""


class IndexedChunk(msgspec.Struct, frozen=True, kw_only=True):
    node_id: str
    """Of the segment, or of the child chunk."""
    document_id: str
    text: str
    vector: NDArray[np.float32] | None = None
    """Of unit length; None in a base without embeddings."""
    keywords: tuple[str, ...] = ()
    """Of an economy base."""


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    node_id: str
    document_id: str
    score: float
    """Cosine similarity, the engine's own text rank, or the number of keywords found."""


class ChunkIndex(Protocol):
    """Every call is scoped by its `ref`: nothing of another base or workspace is ever touched or returned.

    Raises IndexUnavailableError when the engine cannot be reached.
    """

    kind: str

    async def add(self, ref: IndexRef, chunks: Sequence[IndexedChunk]) -> None:
        """Add or replace by `node_id`. All of them or none."""
        ...

    async def remove(self, ref: IndexRef, node_ids: Sequence[str]) -> None:
        """Unknown ids are no error."""
        ...

    async def remove_documents(self, ref: IndexRef, document_ids: Sequence[str]) -> None: ...

    async def drop(self, ref: IndexRef) -> None:
        """Forget this generation of the base."""
        ...

    async def count(self, ref: IndexRef) -> int: ...

    async def by_vector(
        self, ref: IndexRef, vector: NDArray[np.float32], *, top_k: int, document_ids: frozenset[str] | None = None
    ) -> list[Hit]:
        """The nearest by cosine similarity, best first. `document_ids`: only chunks of these."""
        ...

    async def similarities(
        self, ref: IndexRef, vector: NDArray[np.float32], node_ids: Sequence[str]
    ) -> dict[str, float]:
        """Cosine similarity of `vector` with each of these nodes; unknown ones are left out."""
        ...

    async def by_text(
        self, ref: IndexRef, query: str, *, top_k: int, document_ids: frozenset[str] | None = None
    ) -> list[Hit]:
        """The best by full text, best first; Chinese and Japanese are searched by their words too."""
        ...

    async def by_keywords(
        self, ref: IndexRef, keywords: Sequence[str], *, top_k: int, document_ids: frozenset[str] | None = None
    ) -> list[Hit]:
        """Those that hold most of the keywords, most first, ties in the order they were added."""
        ...


class IndexUnavailableError(Exception):
    """The index cannot be used. The message says which one, why and what to do."""
