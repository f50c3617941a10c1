"""Vectors in PostgreSQL, by its extension `vector`; full text and keywords as in the embedded index.

Each generation has a table of its own: a search never has to pick out the rows of one base among those of all, and to
forget a generation is to drop its table. The graph (HNSW) is made once there are so many rows that reading all of them
takes longer. PostgreSQL's own text ranking is not used: it does not know how rare a word is.
"""

import asyncio
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import TextClause, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from treadle.platform.db import Database

from .embedded import EmbeddedIndex, unreachable
from .port import Hit, IndexedChunk, IndexRef, IndexUnavailableError

_GRAPH_FROM = 5_000
_GRAPH_WIDTH = 2_000
"""Dimensions that a graph takes; of wider vectors, one of half precision is made."""
_HALF_WIDTH = 4_000
_FEW = 2_000
"""Chunks of chosen documents up to which they are compared one by one."""
_AT_ONCE = 500


class PgVectorIndex:
    """The index for PostgreSQL with the extension `vector`."""

    kind = "pgvector"

    def __init__(self, db: Database, *, memory_limit: int = 512 << 20) -> None:
        self._db = db
        self._rows = EmbeddedIndex(db, memory_limit=memory_limit, vectors=False)
        self._ready = False
        self._turn = asyncio.Lock()

    async def prepare(self) -> None:
        """Make the extension where it is missing. Raises IndexUnavailableError when the database has none."""
        if self._ready:
            return
        if self._db.dialect != "postgresql":
            raise IndexUnavailableError(
                "TREADLE_VECTOR_STORE is pgvector, but the records are in SQLite: set TREADLE_DATABASE_URL to a "
                "PostgreSQL, or TREADLE_VECTOR_STORE to embedded."
            )
        async with self._turn:
            try:
                async with self._db.begin() as connection:
                    await connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('treadle vector'))"))
                    known = await connection.execute(text("SELECT 1 FROM pg_extension WHERE extname = 'vector'"))
                    if known.first() is None:
                        await connection.execute(text("CREATE EXTENSION vector"))
            except (DBAPIError, OSError) as error:
                raise IndexUnavailableError(
                    "This PostgreSQL has no extension `vector`: install pgvector and run CREATE EXTENSION vector; as "
                    f"its owner, or set TREADLE_VECTOR_STORE to embedded. It says: {getattr(error, 'orig', error)}"
                ) from error
            self._ready = True

    async def add(self, ref: IndexRef, chunks: Sequence[IndexedChunk]) -> None:
        await self.prepare()
        last = {chunk.node_id: chunk for chunk in chunks}
        values = [
            {"n": chunk.node_id, "d": chunk.document_id, "v": _written(chunk.vector)}
            for chunk in last.values()
            if chunk.vector is not None
        ]
        width = next((len(chunk.vector) for chunk in last.values() if chunk.vector is not None), 0)

        async def along(connection: AsyncConnection) -> None:
            if not values:
                return
            table = _table(ref)
            await _make_table(connection, table, width)
            await connection.execute(
                text(
                    f"INSERT INTO {table} (node_id, document_id, embedding) VALUES (:n, :d, CAST(:v AS vector)) "
                    "ON CONFLICT (node_id) DO UPDATE SET document_id = excluded.document_id, "
                    "embedding = excluded.embedding"
                ),
                values,
            )

        await self._rows.add(ref, chunks, along)
        if values:
            await self._make_graph(ref, width)

    async def remove(self, ref: IndexRef, node_ids: Sequence[str]) -> None:
        async def along(connection: AsyncConnection) -> None:
            if await _exists(connection, _table(ref)):
                for at in range(0, len(node_ids), _AT_ONCE):
                    await connection.execute(
                        text(f"DELETE FROM {_table(ref)} WHERE node_id = ANY(:ids)"),
                        {"ids": list(node_ids[at : at + _AT_ONCE])},
                    )

        await self._rows.remove(ref, node_ids, along)

    async def remove_documents(self, ref: IndexRef, document_ids: Sequence[str]) -> None:
        await self.remove(ref, await self._rows.nodes_of(ref, document_ids))

    async def drop(self, ref: IndexRef) -> None:
        async def along(connection: AsyncConnection) -> None:
            await connection.execute(text(f"DROP TABLE IF EXISTS {_table(ref)}"))

        await self._rows.drop(ref, along)

    async def count(self, ref: IndexRef) -> int:
        return await self._rows.count(ref)

    async def by_vector(
        self, ref: IndexRef, vector: NDArray[np.float32], *, top_k: int, document_ids: frozenset[str] | None = None
    ) -> list[Hit]:
        if document_ids is not None and not document_ids:
            return []
        query, values = _nearest(ref, vector, max(top_k, 0), document_ids)
        try:
            async with self._db.begin() as connection:
                await _walk_widely(connection, top_k)
                if document_ids is not None and await _few(connection, ref, document_ids):
                    query = _one_by_one(ref)
                found = (await connection.execute(query, values)).all()
        except (DBAPIError, OSError) as error:
            if _holds_none(error):
                return []
            raise unreachable(error) from error
        hits = [Hit(node_id=row.node_id, document_id=row.document_id, score=float(row.score)) for row in found]
        return sorted(hits, key=lambda hit: -hit.score)

    async def similarities(
        self, ref: IndexRef, vector: NDArray[np.float32], node_ids: Sequence[str]
    ) -> dict[str, float]:
        query = text(
            f"SELECT node_id, 1 - (embedding <=> CAST(:v AS vector)) AS score FROM {_table(ref)} "
            "WHERE node_id = ANY(:ids)"
        )
        try:
            async with self._db.connect() as connection:
                found = await connection.execute(query, {"v": _written(vector), "ids": list(node_ids)})
                return {row.node_id: float(row.score) for row in found}
        except (DBAPIError, OSError) as error:
            if _holds_none(error):
                return {}
            raise unreachable(error) from error

    async def by_text(
        self, ref: IndexRef, query: str, *, top_k: int, document_ids: frozenset[str] | None = None
    ) -> list[Hit]:
        return await self._rows.by_text(ref, query, top_k=top_k, document_ids=document_ids)

    async def by_keywords(
        self, ref: IndexRef, keywords: Sequence[str], *, top_k: int, document_ids: frozenset[str] | None = None
    ) -> list[Hit]:
        return await self._rows.by_keywords(ref, keywords, top_k=top_k, document_ids=document_ids)

    async def _make_graph(self, ref: IndexRef, width: int) -> None:
        """The graph of a generation that has become large."""
        if width > _HALF_WIDTH:
            return
        table, name = _table(ref), f"{_table(ref)}_graph"
        try:
            async with self._db.connect() as connection:
                if await _exists(connection, name) or await self._rows.count(ref) < _GRAPH_FROM:
                    return
            async with self._db.begin() as connection:
                await connection.execute(text("SELECT pg_advisory_xact_lock(hashtext(:name))"), {"name": name})
                await connection.execute(text("SELECT set_config('maintenance_work_mem', '512MB', true)"))
                operators = f"{_kind(width)}_cosine_ops"
                await connection.execute(
                    text(f"CREATE INDEX IF NOT EXISTS {name} ON {table} USING hnsw ({_column(width)} {operators})")
                )
        except (DBAPIError, OSError) as error:
            raise unreachable(error) from error


def _nearest(
    ref: IndexRef, vector: NDArray[np.float32], top_k: int, document_ids: frozenset[str] | None
) -> tuple[TextClause, dict[str, Any]]:
    """The search by the graph, with its values."""
    among = "" if document_ids is None else "WHERE document_id = ANY(:documents)"
    width = len(vector)
    query = text(
        f"SELECT node_id, document_id, 1 - (embedding <=> CAST(:v AS vector)) AS score "
        f"FROM {_table(ref)} {among} ORDER BY {_column(width)} <=> CAST(:v AS {_kind(width)}) LIMIT :k"
    )
    values: dict[str, Any] = {"v": _written(vector), "k": top_k}
    if document_ids is not None:
        values["documents"] = list(document_ids)
    return query, values


def _one_by_one(ref: IndexRef) -> TextClause:
    """The search among the rows of few documents, which is exact, and quicker without the graph."""
    return text(
        "WITH few AS MATERIALIZED ("
        f"SELECT node_id, document_id, embedding FROM {_table(ref)} WHERE document_id = ANY(:documents)"
        ") SELECT node_id, document_id, 1 - (embedding <=> CAST(:v AS vector)) AS score FROM few "
        "ORDER BY score DESC LIMIT :k"
    )


async def _walk_widely(connection: AsyncConnection, top_k: int) -> None:
    """How much of the graph is looked at; where conditions leave too few rows, the walk goes on."""
    await connection.execute(
        text(
            "SELECT set_config('hnsw.ef_search', :wide, true), "
            "set_config('hnsw.iterative_scan', 'strict_order', true), "
            "set_config('hnsw.max_scan_tuples', '1000000', true)"
        ),
        {"wide": str(min(max(100, 4 * top_k), 1000))},
    )


async def _few(connection: AsyncConnection, ref: IndexRef, document_ids: frozenset[str]) -> bool:
    """Whether these documents have few chunks."""
    query = text(
        f"SELECT count(*) FROM (SELECT 1 FROM {_table(ref)} WHERE document_id = ANY(:documents) "
        f"LIMIT {_FEW + 1}) AS few"
    )
    return (await connection.execute(query, {"documents": list(document_ids)})).scalar_one() <= _FEW


async def _make_table(connection: AsyncConnection, table: str, width: int) -> None:
    if await _exists(connection, table):
        return
    await connection.execute(text("SELECT pg_advisory_xact_lock(hashtext(:table))"), {"table": table})
    await connection.execute(
        text(
            f"CREATE TABLE IF NOT EXISTS {table} (node_id varchar(36) PRIMARY KEY, "
            f"document_id varchar(36) NOT NULL, embedding vector({width}) NOT NULL)"
        )
    )
    await connection.execute(text(f"CREATE INDEX IF NOT EXISTS {table}_document ON {table} (document_id)"))


async def _exists(connection: AsyncConnection, name: str) -> bool:
    found = await connection.execute(text("SELECT to_regclass(:name)"), {"name": name})
    return found.scalar() is not None


def _table(ref: IndexRef) -> str:
    """The table of a generation; the name holds nothing but letters and digits of ids."""
    return f"knowledge_vectors_{re.sub('[^0-9a-zA-Z]', '', ref.base_id).lower()}_{int(ref.generation)}"


def _kind(width: int) -> str:
    return "halfvec" if _GRAPH_WIDTH < width <= _HALF_WIDTH else "vector"


def _column(width: int) -> str:
    return f"(embedding::halfvec({width}))" if _kind(width) == "halfvec" else "embedding"


def _written(vector: NDArray[np.float32]) -> str:
    return f"[{','.join(map(str, vector.tolist()))}]"


def _holds_none(error: Exception) -> bool:
    """Whether there is no table, or one of vectors of another width."""
    return getattr(getattr(error, "orig", None), "sqlstate", None) in {"42P01", "22000"}
