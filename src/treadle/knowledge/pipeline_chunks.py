"""What runs of knowledge pipelines keep in their base. Source: spec workflow-nodes §28."""

from typing import cast

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from treadle.engine.errors import KnowledgeIndexError
from treadle.engine.pipeline_port import (
    ChunkSettings,
    ChunksToKeep,
    ChunkStructure,
    GivenChunk,
    KeptDocument,
    PipelineBase,
)
from treadle.knowledge.embedding_models import EmbeddingModels
from treadle.knowledge.index.port import IndexUnavailableError
from treadle.knowledge.ingest.service import IngestService
from treadle.knowledge.retrieval_settings import dumped, retrieval_model_from
from treadle.knowledge.shapes import RetrievalModel
from treadle.knowledge.tables import DocForm, Document, KnowledgeBase, Provider, Technique
from treadle.knowledge.text.chunking import Chunk, text_hash
from treadle.platform.clock import SECOND
from treadle.platform.db import Database
from treadle.platform.refusals import Refusal


class PipelineChunks:
    """The bases of one workspace, to its runs."""

    def __init__(self, db: Database, ingest: IngestService, models: EmbeddingModels, workspace_id: str) -> None:
        self._db = db
        self._ingest = ingest
        self._models = models
        self._workspace_id = workspace_id

    async def base(self, base_id: str) -> PipelineBase:
        """Raises KnowledgeIndexError when there is none, or it is not kept here."""
        async with self._db.session() as session:
            row = await _base(session, self._workspace_id, base_id)
        return PipelineBase(row.id, cast("ChunkStructure | None", row.doc_form))

    async def keep(self, wanted: ChunksToKeep) -> KeptDocument:
        """Raises KnowledgeIndexError."""
        async with self._db.transaction(lock=f"documents of {wanted.base_id}") as session:
            base = await _base(session, self._workspace_id, wanted.base_id)
            document = await _document(session, base, wanted.document_id)
            replaced = [wanted.replaced_document_id] if wanted.replaced_document_id not in ("", document.id) else []
            for each in replaced:
                await _document(session, base, each)
            await self._settle(base, wanted.settings)
            document.doc_form = base.doc_form or wanted.settings.structure
        try:
            await self._ingest.keep_chunks(document, [_chunk(each) for each in wanted.chunks], replaced=replaced)
        except IndexUnavailableError as error:
            raise KnowledgeIndexError(str(error)) from error
        return KeptDocument(base_name=base.name, document_name=document.name, created_at=document.created_at / SECOND)

    async def _settle(self, base: KnowledgeBase, settings: ChunkSettings) -> None:
        """What the first document decides for the whole base."""
        if base.doc_form is None:
            base.doc_form = settings.structure
            base.indexing_technique = settings.technique
            base.keyword_number = settings.keyword_number
            try:
                if settings.technique == Technique.HIGH_QUALITY:
                    model = await self._models.choose(
                        base.workspace_id, settings.embedding_model_provider, settings.embedding_model
                    )
                    base.embedding_model_provider, base.embedding_model = model.provider, model.name
                base.retrieval_model = dumped(retrieval_model_from(settings.retrieval_model) or RetrievalModel(), base)
            except Refusal as error:
                raise KnowledgeIndexError(error.message) from error
        if base.doc_form != DocForm.TEXT and base.indexing_technique != Technique.HIGH_QUALITY:
            raise KnowledgeIndexError("Parent-child and question-answer chunks need a high-quality knowledge base.")


async def _base(session: AsyncSession, workspace_id: str, base_id: str) -> KnowledgeBase:
    query = select(KnowledgeBase).where(KnowledgeBase.id == base_id, KnowledgeBase.workspace_id == workspace_id)
    row = (await session.execute(query)).scalar_one_or_none()
    if row is None or row.provider != Provider.VENDOR:
        raise KnowledgeIndexError(f"There is no knowledge base {base_id} in this workspace that keeps chunks.")
    return row


async def _document(session: AsyncSession, base: KnowledgeBase, document_id: str) -> Document:
    query = select(Document).where(Document.id == document_id, Document.base_id == base.id)
    row = (await session.execute(query)).scalar_one_or_none()
    if row is None:
        raise KnowledgeIndexError(f"There is no document {document_id} in {base.name}.")
    return row


def _chunk(given: GivenChunk) -> Chunk:
    content = given.content.replace("\x00", "")
    return Chunk(
        content,
        answer=None if given.answer is None else given.answer.replace("\x00", ""),
        children=tuple(child.replace("\x00", "") for child in given.children),
        hash=text_hash(content),
    )
