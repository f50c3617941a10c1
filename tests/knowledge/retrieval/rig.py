"""Bases with chunks that are indexed for real, and a service that searches them."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from sqlalchemy import select

from tests.doubles import vectors
from tests.doubles.external_knowledge import ExternalKnowledge
from tests.doubles.scripted_model import ScriptedModel
from treadle.accounts.tables import Workspace
from treadle.apps.uploads import Uploads
from treadle.engine.ports import RetrievalRequest
from treadle.engine.values import Value
from treadle.knowledge.external_apis import sealed_for
from treadle.knowledge.index.choose import ChunkIndexes
from treadle.knowledge.index.keywords import keywords_of
from treadle.knowledge.index.port import IndexedChunk
from treadle.knowledge.ingest.targets import ref_of
from treadle.knowledge.retrieval.port import KnowledgePort
from treadle.knowledge.retrieval.service import RetrievalService
from treadle.knowledge.shapes import RerankingModel, RetrievalModel
from treadle.knowledge.tables import ChildChunk, DocForm, Document, ExternalApi, KnowledgeBase, Segment, Technique
from treadle.models.service import ModelService
from treadle.platform.clock import now_us
from treadle.platform.crypto import Crypto
from treadle.platform.db import Database
from treadle.platform.egress import GuardedHttp
from treadle.platform.files import FileStore
from treadle.platform.ids import new_id
from treadle.platform.signed_links import SignedLinks
from treadle.settings import Settings
from treadle.tools.sources import Caller

PROVIDER, MODEL, OTHER, RERANK = "openai_api_compatible", "stub-embedding", "other-embedding", "stub-rerank"
RANKED = {"provider": PROVIDER, "model": RERANK}


def settings(method: str = "semantic_search", top_k: int = 4, **more: Any) -> RetrievalModel:
    return msgspec.convert({"search_method": method, "top_k": top_k, **more}, RetrievalModel)


def reranked(method: str = "semantic_search", top_k: int = 4, **more: Any) -> RetrievalModel:
    found = settings(method, top_k, reranking_enable=True, **more)
    found.reranking_model = RerankingModel(PROVIDER, RERANK)
    return found


@dataclass
class Rig:
    db: Database
    models: ModelService
    model: ScriptedModel
    external: ExternalKnowledge
    indexes: ChunkIndexes
    retrieval: RetrievalService
    uploads: Uploads
    crypto: Crypto
    workspace_id: str
    names: dict[str, str] = field(default_factory=dict[str, str])

    async def base(
        self, technique: Technique = Technique.HIGH_QUALITY, retrieval: RetrievalModel | None = None, **values: Any
    ) -> KnowledgeBase:
        embedded = technique == Technique.HIGH_QUALITY
        row = KnowledgeBase(
            **{
                "id": new_id(),
                "workspace_id": self.workspace_id,
                "name": f"Base {new_id()[-6:]}",
                "description": "",
                "provider": "vendor",
                "indexing_technique": technique,
                "doc_form": "text_model",
                "index_kind": "embedded",
                "index_generation": 0,
                "embedding_model_provider": PROVIDER if embedded else None,
                "embedding_model": MODEL if embedded else None,
                "retrieval_model": None if retrieval is None else msgspec.json.encode(retrieval).decode(),
                "created_at": now_us(),
                "updated_at": now_us(),
                **values,
            }
        )
        async with self.db.transaction() as session:
            session.add(row)
        return row

    async def elsewhere(self, **values: Any) -> KnowledgeBase:
        api = ExternalApi(
            id=new_id(),
            workspace_id=self.workspace_id,
            name="Port",
            endpoint=self.external.url,
            api_key="",
            created_at=1,
            updated_at=1,
        )
        api.api_key = self.crypto.encrypt(self.external.key, context=sealed_for(api.id))
        async with self.db.transaction() as session:
            session.add(api)
        ours = {
            "provider": "external",
            "indexing_technique": None,
            "external_api_id": api.id,
            "external_knowledge_id": "port-docs",
            "embedding_model": None,
            "embedding_model_provider": None,
        }
        return await self.base(**{**ours, **values})

    async def document(self, base: KnowledgeBase, *texts: str | Sequence[str], **values: Any) -> str:
        """A document with a chunk for each text; a list is a parent with its children."""
        form = values.get("doc_form", base.doc_form)
        answers = values.pop("answers", [None] * len(texts))
        document = Document(
            **{
                "id": new_id(),
                "workspace_id": base.workspace_id,
                "base_id": base.id,
                "position": 1,
                "name": "notes.txt",
                "batch": "1" * 20,
                "created_from": "web",
                "data_source_type": "upload_file",
                "data_source_info": "{}",
                "doc_form": form,
                "indexing_status": "completed",
                "created_at": 1,
                "updated_at": 1,
                **values,
            }
        )
        rows: list[Any] = [document]
        chunks: list[IndexedChunk] = []
        for position, (text, answer) in enumerate(zip(texts, answers, strict=True), 1):
            parts = [text] if isinstance(text, str) else list(text)
            segment = self._segment(document, position, " ".join(parts), answer)
            rows.append(segment)
            if form == DocForm.HIERARCHICAL:
                for place, part in enumerate(parts, 1):
                    child = _child(segment, place, part)
                    rows.append(child)
                    chunks.append(self._indexed(base, child.index_node_id, document.id, part))
            else:
                chunks.append(self._indexed(base, segment.index_node_id, document.id, segment.content))
        async with self.db.transaction() as session:
            for row in rows:
                session.add(row)
                await session.flush()
        if document.enabled is not False:
            await self.indexes.of(base.index_kind).add(ref_of(base), chunks)
        return document.id

    def _segment(self, document: Document, position: int, content: str, answer: str | None) -> Segment:
        return Segment(
            id=new_id(),
            workspace_id=document.workspace_id,
            base_id=document.base_id,
            document_id=document.id,
            position=position,
            content=content,
            answer=answer,
            word_count=len(content),
            index_node_id=new_id(),
            index_node_hash=f"hash of {content}"[:64],
            enabled=True,
            status="completed",
            created_at=1,
            updated_at=1,
        )

    def _indexed(self, base: KnowledgeBase, node_id: str, document_id: str, text: str) -> IndexedChunk:
        vector = None
        if base.indexing_technique == Technique.HIGH_QUALITY:
            vector = np.array(vectors.embed(text, self.model.dimensions), dtype=np.float32)
            vector /= np.linalg.norm(vector)
        keywords = keywords_of(text) if base.indexing_technique == Technique.ECONOMY else ()
        return IndexedChunk(node_id=node_id, document_id=document_id, text=text, vector=vector, keywords=keywords)

    async def search(self, base: KnowledgeBase, query: str, **more: Any) -> list[tuple[str, float | None]]:
        """The texts and scores of the records that are found."""
        records = await self.retrieval.search(self.workspace_id, base.id, query, **more)
        return [(record.segment.content, record.score) for record in records]

    async def texts(self, base: KnowledgeBase, query: str, **more: Any) -> list[str]:
        return [text for text, _ in await self.search(base, query, **more)]

    @property
    def port(self) -> KnowledgePort:
        caller = Caller(workspace_id=self.workspace_id, app_id="app")
        return KnowledgePort(self.db, self.retrieval, self.uploads, caller)

    async def items(
        self, *bases: KnowledgeBase, query: str, merge: dict[str, Any] | None = None, **more: Any
    ) -> list[dict[str, Value]]:
        request = RetrievalRequest(dataset_ids=tuple(base.id for base in bases), query=query, merge=merge, **more)
        return await self.port.retrieve(request)

    async def rows(self, kind: Any) -> list[Any]:
        async with self.db.session() as session:
            return list(await session.scalars(select(kind)))


def _child(segment: Segment, position: int, content: str) -> ChildChunk:
    return ChildChunk(
        id=new_id(),
        workspace_id=segment.workspace_id,
        base_id=segment.base_id,
        document_id=segment.document_id,
        segment_id=segment.id,
        position=position,
        content=content,
        index_node_id=new_id(),
        index_node_hash="x",
        created_at=1,
        updated_at=1,
    )


@asynccontextmanager
async def rig(db: Database, folder: Path) -> AsyncIterator[Rig]:
    own = Settings(data_dir=folder / "data", local_model=False, egress_allow=("127.0.0.1",))
    crypto = Crypto(bytes(32))
    models = ModelService(db, crypto)
    http = GuardedHttp(own)
    indexes = ChunkIndexes(db, "embedded", memory_limit=64 << 20)
    retrieval = RetrievalService(db=db, indexes=indexes, models=models, crypto=crypto, http=http)
    links = SignedLinks(crypto, "http://here", 300)
    uploads = Uploads(db, FileStore(own.resolved_files_url, {}), links, http, own)
    workspace = Workspace(id=new_id(), name="Here", status="normal", created_at=1, updated_at=1)
    async with db.transaction() as session:
        session.add(workspace)
    async with ScriptedModel() as model, ExternalKnowledge() as external:
        credentials = {"endpoint_url": model.url, "api_key": model.key, "context_size": "8192"}
        for kind, name in (("text-embedding", MODEL), ("text-embedding", OTHER), ("rerank", RERANK)):
            more = {"max_chunks": "8"} if kind == "text-embedding" else {}
            await models.add_model(workspace.id, PROVIDER, kind, name, {**credentials, **more}, validate=False)
        yield Rig(db, models, model, external, indexes, retrieval, uploads, crypto, workspace.id)
        await retrieval.close()
    await indexes.close()
    await models.close()
    await http.close()
