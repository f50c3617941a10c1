"""How long documents take to become chunks that can be found, with an embedder that costs nothing.

The time runs from the moment that the documents are queued until all are completed: reading in a process of its own,
cutting, embedding over HTTP, the rows and the index. Vectors have 384 dimensions.
"""

import asyncio
import random
import tempfile
import time
from collections.abc import AsyncGenerator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvloop
from sqlalchemy import func, select

from treadle.accounts.tables import Workspace
from treadle.apps.uploads import FileOrigin, Uploads
from treadle.knowledge.index.choose import ChunkIndexes
from treadle.knowledge.ingest.ingestion import Ingestion, ingestion
from treadle.knowledge.ingest.jobs import Job
from treadle.knowledge.tables import Document, IndexingStatus, KnowledgeBase, ProcessRule, Segment, Technique
from treadle.models.service import ModelService
from treadle.platform.clock import now_us
from treadle.platform.crypto import Crypto
from treadle.platform.db import Database
from treadle.platform.egress import GuardedHttp
from treadle.platform.files import FileStore
from treadle.platform.ids import new_id
from treadle.platform.signed_links import SignedLinks
from treadle.settings import Settings

from . import Measurement
from .models import steady_model

WORDS_A_CHUNK = 375
"""About 500 tokens."""
SMALL, LARGE, A_DOCUMENT = 2_000, 100_000, 2_000
DOCUMENTS = 1_000
RULE = (
    '{"pre_processing_rules": [], "segmentation": {"separator": "\\\\n\\\\n", "max_tokens": 4000, "chunk_overlap": 0}}'
)
AUTOMATIC = '{"pre_processing_rules": [], "segmentation": {"separator": "\\n", "max_tokens": 500, "chunk_overlap": 50}}'
_PROVIDER, _MODEL = "openai_api_compatible", "steady"


@dataclass(slots=True)
class Bench:
    """One process that ingests into an empty database."""

    db: Database
    uploads: Uploads
    made: Ingestion
    workspace_id: str

    async def seconds(self, chunks: int) -> float:
        """How long so many chunks take, in documents of at most 2,000."""
        base = await self.base()
        texts = [_text(min(A_DOCUMENT, chunks - at), at) for at in range(0, chunks, A_DOCUMENT)]
        ids = [
            await self.document(base, number, text.encode(), f"text {number}.txt")
            for number, text in enumerate(texts, 1)
        ]
        began = time.perf_counter()
        await self.completed(base, ids)
        taken = time.perf_counter() - began
        await self._no_errors(base)
        async with self.db.connect() as connection:
            query = select(func.count()).where(Segment.base_id == base, Segment.status == "completed")
            found = (await connection.execute(query)).scalar_one()
        if found != chunks:
            raise RuntimeError(f"{found} chunks were indexed instead of {chunks}")
        return taken

    async def small(self, documents: int) -> float:
        """Milliseconds of this process's processor time for each of so many documents of two lines."""
        base = await self.base()
        ids = [
            await self.document(base, number, f"Item {number}.\n\nIts colour is {number}.".encode(), f"{number}.txt")
            for number in range(1, documents + 1)
        ]
        began = time.process_time()
        await self.completed(base, ids)
        taken = time.process_time() - began
        await self._no_errors(base)
        return taken / documents * 1000

    async def completed(self, base: str, ids: list[str]) -> None:
        """Index these documents, the only ones of the base, to their end."""
        await self.made.service.queue(ids)
        query = select(func.count()).where(Document.base_id == base, Document.job.is_not(None))
        while True:
            async with self.db.connect() as connection:
                if not (await connection.execute(query)).scalar_one():
                    return
            await asyncio.sleep(0.05)

    async def _no_errors(self, base: str) -> None:
        async with self.db.connect() as connection:
            failed = select(Document.error).where(
                Document.base_id == base, Document.indexing_status == IndexingStatus.ERROR
            )
            error = (await connection.execute(failed)).scalar()
        if error:
            raise RuntimeError(error)

    async def base(self, rules: str = RULE) -> str:
        """The id of a new base, and a rule by which its documents are cut."""
        now = now_us()
        base = KnowledgeBase(
            id=new_id(),
            workspace_id=self.workspace_id,
            name=new_id(),
            indexing_technique=Technique.HIGH_QUALITY,
            embedding_model_provider=_PROVIDER,
            embedding_model=_MODEL,
            created_at=now,
            updated_at=now,
        )
        async with self.db.transaction() as session:
            session.add(base)
            await session.flush()
            session.add(
                ProcessRule(
                    id=new_id(),
                    workspace_id=self.workspace_id,
                    base_id=base.id,
                    mode="automatic" if rules == AUTOMATIC else "custom",
                    rules=rules,
                    created_at=now,
                )
            )
        return base.id

    async def document(self, base: str, position: int, data: bytes, name: str) -> str:
        """The id of a document that waits."""
        origin = FileOrigin(self.workspace_id, "", "account", "", None)
        file = await self.uploads.make(origin, name=name, mime_type="", data=data)
        now = now_us()
        row = Document(
            id=new_id(),
            workspace_id=self.workspace_id,
            base_id=base,
            position=position,
            name=name,
            batch="20260101000000123456",
            created_from="web",
            data_source_type="upload_file",
            data_source_info="{}",
            file_id=file.id,
            job=Job.INDEX,
            lease_until=now * 2,
            created_at=now,
            updated_at=now,
        )
        async with self.db.transaction() as session:
            session.add(row)
        return row.id


def run() -> Iterable[Measurement]:
    """Many small documents; 2,000 chunks, the budget; then 100,000; with each database."""
    with steady_model() as model, _postgres() as postgres:
        for name, url in (("SQLite", ""), ("PostgreSQL", postgres)):
            each, small, large = uvloop.run(_measured(model, url))
            yield Measurement(f"ingest of 1,000 documents of two lines, each, {name}", each, "ms", 15.0)
            yield Measurement(f"ingest of 2,000 chunks of 500 tokens, {name}", small, "s", 2.0)
            yield Measurement(f"ingest of 100,000 chunks of 500 tokens, {name}", large, "s")


async def _measured(model: str, url: str) -> tuple[float, float, float]:
    with tempfile.TemporaryDirectory() as folder:
        async with opened(Path(folder), model, url) as bench:
            await bench.seconds(100)  # the reading process is there from then on
            each = await bench.small(DOCUMENTS)
            return each, min([await bench.seconds(SMALL) for _ in range(3)]), await bench.seconds(LARGE)


@asynccontextmanager
async def opened(folder: Path, model: str, url: str = "") -> AsyncGenerator[Bench]:
    """Ingestion at work, on SQLite without `url`."""
    settings = Settings(data_dir=folder, local_model=False, database_url=url)
    db, crypto = Database(settings.resolved_database_url), Crypto(bytes(32))
    await db.migrate()
    models, http = ModelService(db, crypto), GuardedHttp(settings)
    uploads = Uploads(
        db, FileStore(settings.resolved_files_url, {}), SignedLinks(crypto, "http://here", 300), http, settings
    )
    workspace = Workspace(id=new_id(), name="Bench", status="normal", created_at=now_us(), updated_at=now_us())
    async with db.transaction() as session:
        session.add(workspace)
    credentials = {"endpoint_url": model, "api_key": "sk-scripted", "context_size": "8192", "max_chunks": "128"}
    await models.add_model(workspace.id, _PROVIDER, "text-embedding", _MODEL, credentials, validate=False)
    indexes = ChunkIndexes(db, "embedded", memory_limit=512 << 20)
    made = ingestion(
        settings=settings,
        db=db,
        models=models,
        uploads=uploads,
        indexes=indexes,
        keywords=lambda text, number: text.split()[:number],
        pages={},
        owner="bench",
    )
    db.change_listeners.append(lambda topics: [made.worker.on_change(topic) for topic in topics] and None)
    made.worker.start()
    try:
        yield Bench(db, uploads, made, workspace.id)
    finally:
        await made.close()
        await indexes.close()
        await models.close()
        await http.close()
        await db.close()


@contextmanager
def _postgres() -> Iterator[str]:
    """The URL of an empty database of a PostgreSQL of our own."""
    from tests.platform.databases import PostgresServer

    with tempfile.TemporaryDirectory(prefix="treadle-pg-") as folder:
        server = PostgresServer(Path(folder))
        try:
            yield server.create_database(migrated=False)
        finally:
            server.stop()


def _text(chunks: int, seed: int) -> str:
    """Paragraphs that differ, of made-up words as many as there are in a language."""
    draw = random.Random(seed)
    words = [f"w{draw.randrange(30_000)}" for _ in range(20_000)]
    return "\n\n".join(" ".join(draw.choices(words, k=WORDS_A_CHUNK)) for _ in range(chunks))
