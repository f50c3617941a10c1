"""Knowledge, put together once for a process: its index, its ingestion, its sources, and what people ask of it."""

from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial

from treadle.apps.uploads import Uploads
from treadle.knowledge.crawls import Crawls
from treadle.knowledge.embedding_models import EmbeddingModels
from treadle.knowledge.evaluation.work import EvaluationWorker
from treadle.knowledge.index.choose import ChunkIndexes
from treadle.knowledge.index.keywords import keywords_of
from treadle.knowledge.ingest.ingestion import Ingestion, ingestion
from treadle.knowledge.ingest.reading import ReadPage
from treadle.knowledge.pipeline_chunks import PipelineChunks
from treadle.knowledge.retrieval.service import RetrievalService
from treadle.knowledge.service import KnowledgeService
from treadle.knowledge.source_credentials import SourceCredentials
from treadle.knowledge.source_pages import SourcePages
from treadle.knowledge.sources.crawler import BuiltInCrawler
from treadle.models.service import ModelService
from treadle.platform.crypto import Crypto
from treadle.platform.db import Database
from treadle.platform.egress import GuardedHttp
from treadle.platform.files import FileStore
from treadle.server.links import Links
from treadle.settings import Settings

_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class KnowledgeParts:
    """What the rest of the process uses of knowledge."""

    service: KnowledgeService
    indexes: ChunkIndexes
    ingestion: Ingestion
    retrieval: RetrievalService
    evaluation: EvaluationWorker
    pages: SourcePages
    pipeline: Callable[[str], PipelineChunks]
    """By the id of a workspace."""


def open_knowledge(
    stack: AsyncExitStack,
    *,
    settings: Settings,
    db: Database,
    crypto: Crypto,
    models: ModelService,
    uploads: Uploads,
    store: FileStore,
    http: GuardedHttp,
    links: Links,
    owner: str,
) -> KnowledgeParts:
    """Ends with `stack`. `owner` names this process and no other."""
    indexes = ChunkIndexes(db, settings.vector_store, memory_limit=settings.vector_memory * _MIB)
    stack.push_async_callback(indexes.close)
    pages: dict[str, ReadPage] = {}
    made = ingestion(
        settings=settings,
        db=db,
        models=models,
        uploads=uploads,
        indexes=indexes,
        keywords=keywords_of,
        pages=pages,
        owner=owner,
    )
    stack.push_async_callback(made.close)
    crawler = BuiltInCrawler(http, made.extractor)
    stack.push_async_callback(crawler.close)
    credentials = SourceCredentials(db, crypto, http, settings, crawler, links.notion_callback())
    crawls = Crawls(db, credentials, store)
    source_pages = SourcePages(credentials, crawls)
    pages.update(source_pages.readers())
    retrieval = RetrievalService(db=db, indexes=indexes, models=models, crypto=crypto, http=http)
    stack.push_async_callback(retrieval.close)
    evaluation = EvaluationWorker(db, retrieval, made.ask, owner)
    stack.push_async_callback(evaluation.close)
    service = KnowledgeService.over(
        db=db,
        crypto=crypto,
        models=models,
        uploads=uploads,
        http=http,
        ingest=made.service,
        reader=made.reader,
        sources=credentials,
        crawls=crawls,
        retrieval=retrieval,
        ask=made.ask,
        longest=settings.indexing_max_segmentation_tokens_length,
        most_segments=settings.dataset_max_segments_per_request,
    )
    return KnowledgeParts(
        service=service,
        indexes=indexes,
        ingestion=made,
        retrieval=retrieval,
        evaluation=evaluation,
        pages=source_pages,
        pipeline=partial(PipelineChunks, db, made.service, EmbeddingModels(models)),
    )
