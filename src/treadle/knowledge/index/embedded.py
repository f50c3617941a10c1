"""The index that needs nothing but the records: rows there, and arrays in memory made from them.

A search first reads the version of its generation. When another process, or this one, has changed it since, the new
rows are read; so all processes find the same, and a process that dies leaves nothing behind. What has not been searched
for longest is forgotten when the arrays take more memory than they may.
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from treadle.platform.db import Database

from .memory import Candidate, Memory, Rows
from .port import Hit, IndexedChunk, IndexRef, IndexUnavailableError
from .rows import RowRepository, keyword_hash, read_rows, row_values
from .terms import query_terms

_READ = 2_000
_TOGETHER = 20_000
"""Rows that are read before arrays are made of them."""

Along = Callable[[AsyncConnection], Awaitable[None]]
"""What is written in the same transaction."""


class EmbeddedIndex:
    """The embedded index. `memory_limit` is in bytes, for the arrays of all bases together; the one that is searched
    is always held. `vectors`: kept here; False where another engine has them."""

    kind = "embedded"

    def __init__(self, db: Database, *, memory_limit: int = 512 << 20, vectors: bool = True) -> None:
        self._db = db
        self._limit = memory_limit
        self._vectors = vectors
        self._held: OrderedDict[tuple[str, int], Memory] = OrderedDict()
        self._loading: dict[tuple[str, int], asyncio.Lock] = {}

    async def add(self, ref: IndexRef, chunks: Sequence[IndexedChunk], along: Along | None = None) -> None:
        if not chunks:
            return
        last = {chunk.node_id: chunk for chunk in chunks}
        widths = {len(chunk.vector) for chunk in last.values() if chunk.vector is not None}
        if len(widths) > 1:
            raise IndexUnavailableError(f"Vectors of different widths were given: {sorted(widths)}.")
        values = await asyncio.to_thread(row_values, ref, list(last.values()), vectors=self._vectors)
        async with self._writing() as connection:
            rows = RowRepository(connection, ref)
            await rows.take(self._db, widths.pop() if widths else None)
            await rows.remove(list(last))
            await rows.add(values)
            if along is not None:
                await along(connection)

    async def remove(self, ref: IndexRef, node_ids: Sequence[str], along: Along | None = None) -> None:
        if not node_ids:
            return
        async with self._writing() as connection:
            rows = RowRepository(connection, ref)
            if await rows.touch():
                await rows.remove(node_ids)
            if along is not None:
                await along(connection)

    async def remove_documents(self, ref: IndexRef, document_ids: Sequence[str]) -> None:
        await self.remove(ref, await self.nodes_of(ref, document_ids))

    async def nodes_of(self, ref: IndexRef, document_ids: Sequence[str]) -> list[str]:
        """The chunks of these documents."""
        async with self._reading() as connection:
            return await RowRepository(connection, ref).nodes_of(document_ids)

    async def drop(self, ref: IndexRef, along: Along | None = None) -> None:
        async with self._writing() as connection:
            await RowRepository(connection, ref).drop()
            if along is not None:
                await along(connection)
        self._held.pop(_key(ref), None)

    async def count(self, ref: IndexRef) -> int:
        async with self._reading() as connection:
            return await RowRepository(connection, ref).count()

    async def by_vector(
        self, ref: IndexRef, vector: NDArray[np.float32], *, top_k: int, document_ids: frozenset[str] | None = None
    ) -> list[Hit]:
        memory = await self._memory(ref)
        candidates = await asyncio.to_thread(memory.by_vector, vector, max(top_k, 0), document_ids)
        inexact = [each.seq for each in candidates if not each.exact]
        if inexact:
            async with self._reading() as connection:
                exact = await RowRepository(connection, ref).vectors(inexact)
            candidates = _looked_at_again(candidates, exact, vector)
        return _hits(candidates[: max(top_k, 0)])

    async def similarities(
        self, ref: IndexRef, vector: NDArray[np.float32], node_ids: Sequence[str]
    ) -> dict[str, float]:
        async with self._reading() as connection:
            found = await RowRepository(connection, ref).vectors_of(list(dict.fromkeys(node_ids)))
        return {node: float(other @ vector) for node, other in found.items() if len(other) == len(vector)}

    async def by_text(
        self, ref: IndexRef, query: str, *, top_k: int, document_ids: frozenset[str] | None = None
    ) -> list[Hit]:
        memory = await self._memory(ref)
        return _hits(await asyncio.to_thread(_by_text, memory, query, max(top_k, 0), document_ids))

    async def by_keywords(
        self, ref: IndexRef, keywords: Sequence[str], *, top_k: int, document_ids: frozenset[str] | None = None
    ) -> list[Hit]:
        memory = await self._memory(ref)
        words = [keyword_hash(word) for word in dict.fromkeys(keywords)]
        return _hits(await asyncio.to_thread(memory.by_keywords, words, max(top_k, 0), document_ids))

    @property
    def memory_used(self) -> int:
        """About how many bytes the arrays take."""
        return sum(memory.bytes for memory in self._held.values())

    async def _memory(self, ref: IndexRef) -> Memory:
        """The arrays of a generation as the records have it now."""
        held = await self._current(ref)
        if held is not None:
            return held
        lock = self._loading.setdefault(_key(ref), asyncio.Lock())
        try:
            async with lock:
                return await self._current(ref) or await self._load(ref)
        finally:
            if not lock.locked():
                self._loading.pop(_key(ref), None)

    async def _current(self, ref: IndexRef) -> Memory | None:
        """The arrays that are held, unless the records have changed."""
        async with self._reading() as connection:
            version = await RowRepository(connection, ref).version()
        if version is None:
            self._held.pop(_key(ref), None)
            return Memory()
        held = self._held.get(_key(ref))
        if held is None or held.version != version.version:
            return None
        self._held.move_to_end(_key(ref))
        return held

    async def _load(self, ref: IndexRef) -> Memory:
        async with self._reading() as connection:
            rows = RowRepository(connection, ref)
            version = await rows.version()
            if version is None:
                return Memory()
            memory = self._held.get(_key(ref), Memory())
            if version.version < memory.version:
                memory = Memory()
            memory = await self._with_new_rows(rows, memory, version.version, version.dimensions)
            if memory.count != await rows.count():
                memory = await asyncio.to_thread(memory.only, await rows.numbers())
        self._held[_key(ref)] = memory
        self._held.move_to_end(_key(ref))
        self._forget_oldest()
        return memory

    async def _with_new_rows(self, rows: RowRepository, memory: Memory, version: int, dimensions: int | None) -> Memory:
        last, shared = memory.last, dict[str, str]()
        while True:
            batches, count, ended = list[Rows](), 0, False
            while count < _TOGETHER and not ended:
                found = await rows.behind(last, _READ)
                ended = len(found) < _READ
                if found:
                    last = found[-1].seq
                    batches.append(await asyncio.to_thread(read_rows, found, dimensions, shared))
                    count += len(found)
            memory = await asyncio.to_thread(memory.with_rows, batches, version)
            if ended:
                return memory

    def _forget_oldest(self) -> None:
        while len(self._held) > 1 and self.memory_used > self._limit:
            self._held.popitem(last=False)

    @asynccontextmanager
    async def _writing(self) -> AsyncGenerator[AsyncConnection]:
        try:
            async with self._db.begin() as connection:
                yield connection
        except (DBAPIError, OSError) as error:
            raise unreachable(error) from error

    @asynccontextmanager
    async def _reading(self) -> AsyncGenerator[AsyncConnection]:
        try:
            async with self._db.connect() as connection:
                yield connection
        except (DBAPIError, OSError) as error:
            raise unreachable(error) from error


def unreachable(error: Exception) -> IndexUnavailableError:
    """What is said when the database does not answer."""
    cause = getattr(error, "orig", None) or error
    return IndexUnavailableError(f"The index of knowledge cannot be used: the database says {cause}. Try again.")


def _by_text(memory: Memory, query: str, top_k: int, document_ids: frozenset[str] | None) -> list[Candidate]:
    return memory.by_words(query_terms(query), top_k, document_ids)


def _looked_at_again(
    candidates: Sequence[Candidate], exact: dict[int, NDArray[np.float32]], vector: NDArray[np.float32]
) -> list[Candidate]:
    """With exact scores; those that are gone by now are left out."""
    again = [
        each if each.exact else Candidate(each.seq, each.node_id, each.document_id, float(exact[each.seq] @ vector))
        for each in candidates
        if each.exact or each.seq in exact
    ]
    return sorted(again, key=lambda each: (-each.score, each.seq))


def _hits(candidates: Sequence[Candidate]) -> list[Hit]:
    return [Hit(node_id=each.node_id, document_id=each.document_id, score=each.score) for each in candidates]


def _key(ref: IndexRef) -> tuple[str, int]:
    return ref.base_id, ref.generation
