"""Rows of an index, written and read. Whoever writes a generation first takes its row: so the numbers of its rows grow
in the order in which they become visible, and what is behind the last one seen is all that is new."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import Any, cast

import msgspec
import numpy as np
from numpy.typing import NDArray
from sqlalchemy import CursorResult, bindparam, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from treadle.platform.clock import now_us
from treadle.platform.db import Database, table_of

from .memory import Rows
from .port import IndexedChunk, IndexRef, IndexUnavailableError
from .postings import Postings, clipped
from .tables import IndexGeneration, IndexRow
from .terms import terms_of

_AT_ONCE = 500
_rows = table_of(IndexRow)
_generations = table_of(IndexGeneration)
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(list[str]).decode


def _mine(table: Any) -> tuple[Any, ...]:
    """The rows of a generation, for statements that are made once: every search runs some of them."""
    return tuple(table.c[name] == bindparam(name) for name in ("base_id", "generation", "workspace_id"))


_VERSION = select(_generations.c.version, _generations.c.dimensions).where(*_mine(_generations))
_VECTORS = {
    column.name: select(column, _rows.c.vector).where(
        *_mine(_rows), column.in_(bindparam("wanted", expanding=True)), _rows.c.vector.is_not(None)
    )
    for column in (_rows.c.seq, _rows.c.node_id)
}


class Version(msgspec.Struct, frozen=True):
    version: int
    dimensions: int | None


def row_values(ref: IndexRef, chunks: Sequence[IndexedChunk], *, vectors: bool) -> list[dict[str, Any]]:
    """Chunks as rows. `vectors`: theirs are kept with them."""
    return [
        {
            "workspace_id": ref.workspace_id,
            "base_id": ref.base_id,
            "generation": ref.generation,
            "node_id": chunk.node_id,
            "document_id": chunk.document_id,
            "terms": terms_of(chunk.text).astype("<u4", copy=False).tobytes(),
            "vector": packed(chunk.vector) if vectors and chunk.vector is not None else None,
            "keywords": _encode(chunk.keywords).decode() if chunk.keywords else None,
        }
        for chunk in chunks
    ]


def packed(vector: NDArray[np.float32]) -> bytes:
    return vector.astype("<f4", copy=False).tobytes()


def unpacked(data: bytes) -> NDArray[np.float32]:
    return np.frombuffer(data, dtype="<f4").astype(np.float32, copy=False)


class RowRepository:
    """The rows of one generation, through one connection."""

    def __init__(self, connection: AsyncConnection, ref: IndexRef) -> None:
        self._connection = connection
        self._ref = ref
        self._place = {"base_id": ref.base_id, "generation": ref.generation, "workspace_id": ref.workspace_id}

    @property
    def _mine(self) -> tuple[Any, ...]:
        return tuple(_rows.c[name] == value for name, value in self._place.items())

    @property
    def _generation(self) -> tuple[Any, ...]:
        return tuple(_generations.c[name] == value for name, value in self._place.items())

    async def take(self, db: Database, dimensions: int | None) -> None:
        """Take the generation until the transaction ends, making it where it is not there yet; its version grows.
        Raises IndexUnavailableError for vectors of another width than those that are there."""
        if not await self.touch():
            await self._connection.execute(
                db.insert(_generations)
                .values(
                    base_id=self._ref.base_id,
                    generation=self._ref.generation,
                    workspace_id=self._ref.workspace_id,
                    dimensions=dimensions,
                    version=now_us(),
                )
                .on_conflict_do_nothing()
            )
            if not await self.touch():
                raise IndexUnavailableError("This index belongs to another workspace.")
        if dimensions is None:
            return
        known = await self.version()
        if known is not None and known.dimensions is None:
            await self._connection.execute(update(_generations).where(*self._generation).values(dimensions=dimensions))
        elif known is not None and known.dimensions != dimensions:
            raise IndexUnavailableError(
                f"The vectors have {dimensions} dimensions, but those of this knowledge base have {known.dimensions}: "
                "choose its embedding model again, which builds the index anew."
            )

    async def touch(self) -> bool:
        """Take the generation if it is there."""
        result = await self._connection.execute(
            update(_generations).where(*self._generation).values(version=_generations.c.version + 1)
        )
        return cast(CursorResult[Any], result).rowcount > 0

    async def version(self) -> Version | None:
        row = (await self._connection.execute(_VERSION, self._place)).one_or_none()
        return None if row is None else Version(row.version, row.dimensions)

    async def add(self, values: Sequence[dict[str, Any]]) -> None:
        await self._connection.execute(_rows.insert(), list(values))

    async def remove(self, node_ids: Sequence[str]) -> None:
        for at in range(0, len(node_ids), _AT_ONCE):
            await self._connection.execute(
                delete(_rows).where(*self._mine, _rows.c.node_id.in_(node_ids[at : at + _AT_ONCE]))
            )

    async def nodes_of(self, document_ids: Sequence[str]) -> list[str]:
        found: list[str] = []
        for at in range(0, len(document_ids), _AT_ONCE):
            query = select(_rows.c.node_id).where(
                *self._mine, _rows.c.document_id.in_(document_ids[at : at + _AT_ONCE])
            )
            found += (await self._connection.execute(query)).scalars()
        return found

    async def drop(self) -> None:
        await self._connection.execute(delete(_rows).where(*self._mine))
        await self._connection.execute(delete(_generations).where(*self._generation))

    async def count(self) -> int:
        query = select(func.count()).select_from(_rows).where(*self._mine)
        return (await self._connection.execute(query)).scalar_one()

    async def numbers(self) -> NDArray[np.int64]:
        """The numbers of all rows."""
        found = (await self._connection.execute(select(_rows.c.seq).where(*self._mine))).scalars().all()
        return np.array(found, dtype=np.int64)

    async def behind(self, last: int, limit: int) -> Sequence[Any]:
        """The next rows after the one numbered `last`, for `read_rows`."""
        query = (
            select(_rows.c.seq, _rows.c.node_id, _rows.c.document_id, _rows.c.terms, _rows.c.vector, _rows.c.keywords)
            .where(*self._mine, _rows.c.seq > last)
            .order_by(_rows.c.seq)
            .limit(limit)
        )
        return (await self._connection.execute(query)).all()

    async def vectors(self, numbers: Sequence[int]) -> dict[int, NDArray[np.float32]]:
        """Vectors by the numbers of their rows."""
        return await self._vectors("seq", numbers)

    async def vectors_of(self, node_ids: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """Vectors by node."""
        return await self._vectors("node_id", node_ids)

    async def _vectors(self, column: str, wanted: Sequence[Any]) -> dict[Any, NDArray[np.float32]]:
        found: dict[Any, NDArray[np.float32]] = {}
        for at in range(0, len(wanted), _AT_ONCE):
            values = {**self._place, "wanted": list(wanted[at : at + _AT_ONCE])}
            rows = await self._connection.execute(_VECTORS[column], values)
            found |= {row[0]: unpacked(row[1]) for row in rows}
        return found


def read_rows(found: Sequence[Any], dimensions: int | None, shared: dict[str, str]) -> Rows:
    """Rows of `RowRepository.behind` as arrays. `shared` holds the ids of documents, each once."""
    terms = [np.frombuffer(row.terms, dtype="<u4").reshape(-1, 2) for row in found]
    pairs = np.concatenate(terms) if terms else np.zeros((0, 2), dtype=np.uint32)
    places = np.repeat(np.arange(len(found), dtype=np.int32), [len(each) for each in terms])
    return Rows(
        seqs=np.array([row.seq for row in found], dtype=np.int64),
        node_ids=[row.node_id for row in found],
        document_ids=[shared.setdefault(row.document_id, row.document_id) for row in found],
        words=Postings.of(pairs[:, 0].astype(np.uint32), places, clipped(pairs[:, 1])),
        vectors=_matrix(found, dimensions),
        keywords=_keywords(found),
    )


def _matrix(found: Sequence[Any], dimensions: int | None) -> NDArray[np.float32] | None:
    if dimensions is None or all(row.vector is None for row in found):
        return None
    nothing = bytes(4 * dimensions)
    data = b"".join(row.vector or nothing for row in found)
    return np.frombuffer(data, dtype="<f4").astype(np.float32, copy=False).reshape(len(found), dimensions)


def _keywords(found: Sequence[Any]) -> Postings | None:
    if all(row.keywords is None for row in found):
        return None
    each = [[keyword_hash(word) for word in set(_decode(row.keywords))] if row.keywords else [] for row in found]
    hashes = np.array([word for words in each for word in words], dtype=np.uint64)
    places = np.repeat(np.arange(len(found), dtype=np.int32), [len(words) for words in each])
    return Postings.of(hashes, places, np.ones(len(hashes), dtype=np.uint8))


def keyword_hash(keyword: str) -> int:
    """Of 64 bits: keywords are told apart by their case."""
    return int.from_bytes(blake2b(keyword.encode("utf-8", "replace"), digest_size=8).digest(), "little")
