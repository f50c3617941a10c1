"""Vectors in Milvus; full text and keywords as in the embedded index. Needs the extra `milvus`.

Each generation is a collection. Vectors are written before the rows: what a crash leaves behind without its row is
found by nobody, since every hit is looked up among the records.
"""

import asyncio
import re
from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from urllib.parse import quote, unquote

import numpy as np
from numpy.typing import NDArray

from treadle.platform.db import Database

from .embedded import EmbeddedIndex
from .port import Hit, IndexedChunk, IndexRef, IndexUnavailableError

_AT_ONCE = 1_000
_MOST = 16_384
_CONSISTENT = "Strong"
Result = TypeVar("Result")


class MilvusIndex:
    """The index for a Milvus at `url`: `milvus://[USER:PASSWORD@]HOST:PORT[/DATABASE]`, `milvuss://` with TLS, or
    `milvus:///FILE.db` for Milvus Lite."""

    kind = "milvus"

    def __init__(self, db: Database, url: str, *, memory_limit: int = 512 << 20) -> None:
        self._rows = EmbeddedIndex(db, memory_limit=memory_limit, vectors=False)
        self._url = url
        self._client: Any = None
        self._turn = asyncio.Lock()
        self._making = asyncio.Lock()

    async def add(self, ref: IndexRef, chunks: Sequence[IndexedChunk]) -> None:
        last = {chunk.node_id: chunk for chunk in chunks}
        values = [
            {"id": _plain(chunk.node_id), "document_id": _plain(chunk.document_id), "vector": chunk.vector.tolist()}
            for chunk in last.values()
            if chunk.vector is not None
        ]

        def write(client: Any) -> None:
            _make_collection(client, _collection(ref), len(values[0]["vector"]))
            for at in range(0, len(values), _AT_ONCE):
                client.upsert(_collection(ref), values[at : at + _AT_ONCE])

        if values:
            async with self._making:
                await self._ask(write)
        await self._rows.add(ref, chunks)

    async def remove(self, ref: IndexRef, node_ids: Sequence[str]) -> None:
        await self._rows.remove(ref, node_ids)

        def delete(client: Any) -> None:
            if client.has_collection(_collection(ref)):
                for at in range(0, len(node_ids), _AT_ONCE):
                    client.delete(_collection(ref), ids=[_plain(node) for node in node_ids[at : at + _AT_ONCE]])

        if node_ids:
            await self._ask(delete)

    async def remove_documents(self, ref: IndexRef, document_ids: Sequence[str]) -> None:
        await self.remove(ref, await self._rows.nodes_of(ref, document_ids))

    async def drop(self, ref: IndexRef) -> None:
        def forget(client: Any) -> None:
            if client.has_collection(_collection(ref)):
                client.drop_collection(_collection(ref))

        await self._rows.drop(ref)
        await self._ask(forget)

    async def count(self, ref: IndexRef) -> int:
        return await self._rows.count(ref)

    async def by_vector(
        self, ref: IndexRef, vector: NDArray[np.float32], *, top_k: int, document_ids: frozenset[str] | None = None
    ) -> list[Hit]:
        if top_k < 1 or (document_ids is not None and not document_ids):
            return []

        def search(client: Any) -> list[Any]:
            if not client.has_collection(_collection(ref)):
                return []
            (found,) = client.search(
                _collection(ref),
                data=[vector.tolist()],
                filter=_among("document_id", document_ids),
                limit=min(top_k, _MOST),
                output_fields=["document_id"],
                search_params={"metric_type": "COSINE"},
                consistency_level=_CONSISTENT,
            )
            return list(found)

        hits = [
            Hit(
                node_id=unquote(row["id"]),
                document_id=unquote(row["entity"]["document_id"]),
                score=float(row["distance"]),
            )
            for row in await self._ask(search)
        ]
        return sorted(hits, key=lambda hit: -hit.score)

    async def similarities(
        self, ref: IndexRef, vector: NDArray[np.float32], node_ids: Sequence[str]
    ) -> dict[str, float]:
        def read(client: Any) -> list[Any]:
            if not node_ids or not client.has_collection(_collection(ref)):
                return []
            return list(
                client.query(
                    _collection(ref),
                    filter=_among("id", frozenset(node_ids)),
                    output_fields=["id", "vector"],
                    consistency_level=_CONSISTENT,
                )
            )

        return {
            unquote(row["id"]): float(np.asarray(row["vector"], dtype=np.float32) @ vector)
            for row in await self._ask(read)
        }

    async def by_text(
        self, ref: IndexRef, query: str, *, top_k: int, document_ids: frozenset[str] | None = None
    ) -> list[Hit]:
        return await self._rows.by_text(ref, query, top_k=top_k, document_ids=document_ids)

    async def by_keywords(
        self, ref: IndexRef, keywords: Sequence[str], *, top_k: int, document_ids: frozenset[str] | None = None
    ) -> list[Hit]:
        return await self._rows.by_keywords(ref, keywords, top_k=top_k, document_ids=document_ids)

    async def close(self) -> None:
        """End the connection."""
        client, self._client = self._client, None
        if client is not None:
            await asyncio.to_thread(client.close)

    async def _ask(self, call: Callable[[Any], Result]) -> Result:
        try:
            async with self._turn:
                if self._client is None:
                    self._client = await asyncio.to_thread(_connect, self._url)
                client = self._client
            return await asyncio.to_thread(call, client)
        except IndexUnavailableError:
            raise
        except Exception as error:  # the client has errors of its own, of gRPC and of what it stands on
            raise IndexUnavailableError(
                f"Milvus ({_without_password(self._url)}) cannot be used: {error}. Check TREADLE_VECTOR_STORE and that "
                "Milvus runs."
            ) from error


def _connect(url: str) -> Any:
    try:
        from pymilvus import MilvusClient
    except ImportError as error:
        raise IndexUnavailableError(
            "TREADLE_VECTOR_STORE names a Milvus, for which the extra is missing: pip install 'treadle[milvus]'."
        ) from error
    scheme, _, rest = url.partition("://")
    if rest.startswith("/"):
        return MilvusClient(rest)
    login, _, place = rest.rpartition("@")
    host, _, database = place.partition("/")
    user, _, password = login.partition(":")
    secure = "https" if scheme == "milvuss" else "http"
    return MilvusClient(f"{secure}://{host}", user=user, password=password, db_name=database)


def _make_collection(client: Any, name: str, width: int) -> None:
    if client.has_collection(name):
        return
    from pymilvus import DataType

    schema = client.create_schema(auto_id=False, enable_dynamic_field=False)
    schema.add_field("id", DataType.VARCHAR, is_primary=True, max_length=64)
    schema.add_field("document_id", DataType.VARCHAR, max_length=64)
    schema.add_field("vector", DataType.FLOAT_VECTOR, dim=width)
    index = client.prepare_index_params()
    index.add_index(field_name="vector", index_type="AUTOINDEX", metric_type="COSINE")
    try:
        client.create_collection(name, schema=schema, index_params=index, consistency_level=_CONSISTENT)
    except Exception:
        if not client.has_collection(name):  # another process has made it meanwhile
            raise


def _collection(ref: IndexRef) -> str:
    return f"treadle_{re.sub('[^0-9a-zA-Z]', '', ref.base_id).lower()}_{int(ref.generation)}"


def _among(field: str, values: frozenset[str] | None) -> str:
    if values is None:
        return ""
    quoted = ", ".join(f'"{_plain(value)}"' for value in values)
    return f"{field} in [{quoted}]"


def _plain(identifier: str) -> str:
    """An id without what would end the quotes of an expression; the usual ones stay as they are."""
    return quote(identifier, safe="-")


def _without_password(url: str) -> str:
    return re.sub(r"//[^@/]*@", "//", url)
