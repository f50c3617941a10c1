"""Ingestion over a real database with a scripted embedding model, and everything a test puts into it."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import or_, select

from tests.doubles.scripted_model import ScriptedModel
from treadle.accounts.tables import Workspace
from treadle.apps.uploads import FileOrigin, Uploads
from treadle.engine.ports import ModelRef
from treadle.knowledge.index.port import Hit, IndexedChunk, IndexRef
from treadle.knowledge.ingest.ingestion import Ingestion, ingestion
from treadle.knowledge.ingest.jobs import Job
from treadle.knowledge.tables import (
    ChildChunk,
    Document,
    IndexingStatus,
    KnowledgeBase,
    ProcessRule,
    Segment,
    Technique,
)
from treadle.models.service import ModelService
from treadle.platform.clock import now_us
from treadle.platform.crypto import Crypto
from treadle.platform.db import Database
from treadle.platform.egress import GuardedHttp
from treadle.platform.files import FileStore
from treadle.platform.ids import new_id
from treadle.platform.signed_links import SignedLinks
from treadle.settings import Settings

PROVIDER = "openai_api_compatible"
MODEL, OTHER_MODEL = "stub-embedding", "other-embedding"
LANGUAGE_MODEL = "stub-chat"


def rule(mode: str, separator: str, size: int = 500, **more: Any) -> dict[str, Any]:
    """A process rule without cleaning."""
    segmentation = {"separator": separator, "max_tokens": size, "chunk_overlap": 0}
    return {"mode": mode, "rules": {"pre_processing_rules": [], "segmentation": segmentation, **more}}


PARAGRAPHS = rule("custom", "\\n\\n")
PARENTS = rule(
    "hierarchical",
    "\\n\\n",
    parent_mode="paragraph",
    subchunk_segmentation={"separator": ". ", "max_tokens": 200, "chunk_overlap": 0},
)


class KeptChunks:
    """An index in memory that says what it holds, and can be made to wait or fail. Implements `ChunkIndex`."""

    kind = "kept"

    def __init__(self) -> None:
        self.held: dict[tuple[str, int], dict[str, IndexedChunk]] = defaultdict(dict)
        self.before_add: Callable[[Sequence[IndexedChunk]], Awaitable[None]] | None = None

    async def add(self, ref: IndexRef, chunks: Sequence[IndexedChunk]) -> None:
        if self.before_add is not None:
            await self.before_add(chunks)
        self.held[ref.base_id, ref.generation] |= {chunk.node_id: chunk for chunk in chunks}

    async def remove(self, ref: IndexRef, node_ids: Sequence[str]) -> None:
        for node_id in node_ids:
            self.held[ref.base_id, ref.generation].pop(node_id, None)

    async def remove_documents(self, ref: IndexRef, document_ids: Sequence[str]) -> None:
        there = self.held[ref.base_id, ref.generation]
        for node_id in [node_id for node_id, chunk in there.items() if chunk.document_id in document_ids]:
            del there[node_id]

    async def drop(self, ref: IndexRef) -> None:
        self.held.pop((ref.base_id, ref.generation), None)

    async def count(self, ref: IndexRef) -> int:
        return len(self.held[ref.base_id, ref.generation])

    async def by_vector(self, ref: IndexRef, vector: Any, **_: Any) -> list[Hit]:
        raise NotImplementedError

    async def by_text(self, ref: IndexRef, query: str, **_: Any) -> list[Hit]:
        raise NotImplementedError

    async def by_keywords(self, ref: IndexRef, keywords: Sequence[str], **_: Any) -> list[Hit]:
        raise NotImplementedError

    def texts(self, base_id: str, generation: int = 0) -> list[str]:
        return sorted(chunk.text for chunk in self.held.get((base_id, generation), {}).values())

    def nodes(self, base_id: str, generation: int = 0) -> set[str]:
        return set(self.held.get((base_id, generation), {}))


@dataclass
class OneIndex:
    """Every base is in one index."""

    index: KeptChunks = field(default_factory=KeptChunks)
    default: str = "kept"

    def of(self, kind: str | None) -> KeptChunks:
        return self.index


def words(text: str, number: int) -> list[str]:
    """The longest words of a text."""
    return sorted(dict.fromkeys(text.split()), key=len, reverse=True)[:number]


@dataclass
class Rig:
    """One process that ingests. `other` makes a second one over the same rows."""

    db: Database
    settings: Settings
    models: ModelService
    uploads: Uploads
    model: ScriptedModel
    indexes: OneIndex
    here: Ingestion
    workspace_id: str

    @property
    def index(self) -> KeptChunks:
        return self.indexes.index

    @asynccontextmanager
    async def other(self, settings: Settings | None = None) -> AsyncIterator[Ingestion]:
        made = ingestion(
            settings=settings or self.settings,
            db=self.db,
            models=self.models,
            uploads=self.uploads,
            indexes=self.indexes,
            keywords=words,
            pages={},
            owner=new_id(),
            grace=0,
        )
        self.db.change_listeners.append(lambda topics: [made.worker.on_change(topic) for topic in topics] and None)
        try:
            yield made
        finally:
            await made.close()

    async def base(self, technique: Technique = Technique.HIGH_QUALITY, **values: Any) -> KnowledgeBase:
        now = now_us()
        embedded = technique == Technique.HIGH_QUALITY
        row = KnowledgeBase(
            **{
                "id": new_id(),
                "workspace_id": self.workspace_id,
                "name": f"Base {new_id()}",
                "indexing_technique": technique,
                "embedding_model_provider": PROVIDER if embedded else None,
                "embedding_model": MODEL if embedded else None,
                "created_at": now,
                "updated_at": now,
                **values,
            }
        )
        async with self.db.transaction() as session:
            session.add(row)
        return row

    async def new_rule(self, base: KnowledgeBase, rule: Mapping[str, Any]) -> str:
        row = ProcessRule(
            id=new_id(),
            workspace_id=base.workspace_id,
            base_id=base.id,
            mode=rule["mode"],
            rules=msgspec.json.encode(rule["rules"]).decode(),
            created_at=now_us(),
        )
        async with self.db.transaction() as session:
            session.add(row)
        return row.id

    async def add(
        self,
        base: KnowledgeBase,
        *texts: str | bytes,
        rule: Mapping[str, Any] = PARAGRAPHS,
        name: str = "notes.txt",
        queue: bool = True,
        **values: Any,
    ) -> list[str]:
        """Documents that wait to be indexed, as files."""
        rule_id = await self.new_rule(base, rule)
        origin = FileOrigin(base.workspace_id, "", "account", "", None)
        rows: list[Document] = []
        for position, text in enumerate(texts, 1):
            data = text.encode() if isinstance(text, str) else text
            file = await self.uploads.make(origin, name=name, mime_type="text/plain", data=data)
            now = now_us()
            rows.append(
                Document(
                    **{
                        "id": new_id(),
                        "workspace_id": base.workspace_id,
                        "base_id": base.id,
                        "position": position,
                        "name": name,
                        "batch": "20260101000000123456",
                        "created_from": "web",
                        "data_source_type": "upload_file",
                        "data_source_info": "{}",
                        "file_id": file.id,
                        "process_rule_id": rule_id,
                        "doc_form": "text_model",
                        "doc_language": "English",
                        "job": Job.INDEX,
                        "created_at": now,
                        "updated_at": now,
                        **values,
                    }
                )
            )
        async with self.db.transaction() as session:
            session.add_all(rows)
        ids = [row.id for row in rows]
        if queue:
            await self.here.service.queue(ids)
        return ids

    async def document(self, document_id: str) -> Document:
        async with self.db.session() as session:
            return (await session.execute(select(Document).where(Document.id == document_id))).scalar_one()

    async def gone(self, document_id: str) -> bool:
        async with self.db.session() as session:
            return await session.get(Document, document_id) is None

    async def base_row(self, base_id: str) -> KnowledgeBase:
        async with self.db.session() as session:
            return (await session.execute(select(KnowledgeBase).where(KnowledgeBase.id == base_id))).scalar_one()

    async def segments(self, document_id: str) -> list[Segment]:
        query = select(Segment).where(Segment.document_id == document_id).order_by(Segment.position)
        async with self.db.session() as session:
            return list((await session.execute(query)).scalars())

    async def children(self, document_id: str) -> list[ChildChunk]:
        query = select(ChildChunk).where(ChildChunk.document_id == document_id)
        async with self.db.session() as session:
            found = list((await session.execute(query)).scalars())
        return sorted(found, key=lambda row: (row.segment_id, row.position))

    async def change(self, document_id: str, **values: Any) -> None:
        async with self.db.transaction() as session:
            row = await session.get(Document, document_id)
            assert row is not None
            for name, value in values.items():
                setattr(row, name, value)

    async def idle(self, *document_ids: str) -> list[Document]:
        """These documents once no worker has anything to do for them; those that are paused count as done."""
        here = Document.id.in_(document_ids)
        waiting = or_(Document.job.is_not(None) & Document.is_paused.is_(False), Document.lease_owner.is_not(None))
        async with asyncio.timeout(60):
            while True:
                async with self.db.session() as session:
                    if (await session.execute(select(Document.id).where(here, waiting).limit(1))).first() is None:
                        rows = {row.id: row for row in (await session.execute(select(Document).where(here))).scalars()}
                        return [rows[document_id] for document_id in document_ids]
                await asyncio.sleep(0.01)

    async def until(self, holds: Callable[[], Awaitable[bool]]) -> None:
        async with asyncio.timeout(30):
            while not await holds():  # noqa: ASYNC110  (rows announce nothing)
                await asyncio.sleep(0.01)

    def embedded(self) -> list[str]:
        """Every text that the model was asked for."""
        return [text for request in self.model.requests_to("/embeddings") for text in request.json["input"]]


@asynccontextmanager
async def rig(db: Database, folder: Path) -> AsyncIterator[Rig]:
    """Ingestion that nobody has started yet."""
    settings = Settings(data_dir=folder / "data", local_model=False, run_lease_seconds=2)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    crypto = Crypto(bytes(32))
    models = ModelService(db, crypto)
    http = GuardedHttp(settings)
    store = FileStore(settings.resolved_files_url, {})
    uploads = Uploads(db, store, SignedLinks(crypto, "http://here", 300), http, settings)
    indexes = OneIndex()
    workspace = Workspace(id=new_id(), name="Here", status="normal", created_at=now_us(), updated_at=now_us())
    async with db.transaction() as session:
        session.add(workspace)
    made = ingestion(
        settings=settings,
        db=db,
        models=models,
        uploads=uploads,
        indexes=indexes,
        keywords=words,
        pages={},
        owner="here",
        grace=0,
    )
    db.change_listeners.append(lambda topics: [made.worker.on_change(topic) for topic in topics] and None)
    async with ScriptedModel() as model:
        credentials = {"endpoint_url": model.url, "api_key": model.key, "context_size": "8192", "max_chunks": "8"}
        for name in (MODEL, OTHER_MODEL):
            await models.add_model(workspace.id, PROVIDER, "text-embedding", name, credentials, validate=False)
        chat = {"endpoint_url": model.url, "api_key": model.key, "mode": "chat", "context_size": "4096"}
        await models.add_model(workspace.id, PROVIDER, "llm", LANGUAGE_MODEL, chat, default=True, validate=False)
        yield Rig(db, settings, models, uploads, model, indexes, made, workspace.id)
        await made.close()
    await models.close()
    await http.close()


def paragraphs(count: int, about: str = "thing") -> str:
    """A text of `count` paragraphs that differ."""
    return "\n\n".join(f"Paragraph {number} says one {about}. It is number {number}." for number in range(1, count + 1))


def other_model() -> ModelRef:
    return ModelRef(PROVIDER, OTHER_MODEL)


COMPLETED = IndexingStatus.COMPLETED


async def switch(rig: Rig, base_id: str, technique: Technique, model: ModelRef | None) -> None:
    async with rig.db.transaction() as session:
        base = await session.get(KnowledgeBase, base_id)
        assert base is not None
        await rig.here.service.switch_index(session, base, technique, model)


async def switched(rig: Rig, base_id: str) -> KnowledgeBase:
    async def done() -> bool:
        return (await rig.base_row(base_id)).index_building is None

    await rig.until(done)
    return await rig.base_row(base_id)
