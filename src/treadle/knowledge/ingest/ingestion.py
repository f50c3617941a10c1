"""Ingestion, put together once for a process."""

from dataclasses import dataclass

from treadle.apps.uploads import Uploads
from treadle.engine.errors import ProviderNotInitializeError
from treadle.engine.ports import ChatRequest, Message
from treadle.knowledge.text.extraction import Extractor
from treadle.knowledge.text.questions import MAX_TOKENS, TEMPERATURE
from treadle.models.service import ModelService
from treadle.platform.db import Database
from treadle.settings import Settings

from .chunks import ChunkIndexing
from .embedding import Embedder
from .forgetting import Forgetting
from .imports import Imports
from .indexing import Indexer, Indexes, Keywords
from .keeping import ChunkKeeping
from .leases import DocumentLeases
from .reading import DocumentReader, ReadPage
from .service import IngestService
from .summaries import Summaries
from .switching import Switching
from .unused import Unused
from .upkeep import Upkeep
from .work import AskModel, DocumentWork
from .worker import IngestWorker


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingestion:
    """`service` for whoever has something to be done, `worker` to do it where it is started."""

    service: IngestService
    worker: IngestWorker
    embedder: Embedder
    reader: DocumentReader
    ask: AskModel
    extractor: Extractor

    async def close(self) -> None:
        """Work no more."""
        await self.worker.close()
        await self.extractor.close()


def ingestion(
    *,
    settings: Settings,
    db: Database,
    models: ModelService,
    uploads: Uploads,
    indexes: Indexes,
    keywords: Keywords,
    pages: dict[str, ReadPage],
    owner: str,
    grace: float = 10.0,
) -> Ingestion:
    """`owner` names this process and no other; `pages` reads documents that are no files, by their source; `grace` is
    how many seconds a search may take while another generation of its index takes over."""

    async def ask(workspace_id: str, prompt: str) -> str:
        model = await models.default_model(workspace_id)
        if model is None:
            raise ProviderNotInitializeError("The workspace has no default language model; choose one in its settings.")
        request = ChatRequest(
            model=model,
            messages=(Message(role="user", content=prompt),),
            parameters={"temperature": TEMPERATURE, "max_tokens": MAX_TOKENS},
        )
        return (await models.for_workspace(workspace_id).complete(request)).text

    seconds = settings.run_lease_seconds
    embedder = Embedder(db, models)
    indexer = Indexer(db, indexes, embedder, keywords)
    leases = DocumentLeases(db, owner, seconds=seconds)
    extractor = Extractor(settings.ingest_readers)
    reader = DocumentReader(uploads, extractor, pages)
    chunks = ChunkIndexing(db, indexer)
    switching = Switching(db, indexer, grace=grace)
    forgetting = Forgetting(db, indexer, uploads)
    imports = Imports(db, owner, seconds=seconds, index=chunks.index)
    summaries = Summaries(db, leases, indexer, models)
    work = DocumentWork(
        db=db,
        leases=leases,
        indexer=indexer,
        reader=reader,
        uploads=uploads,
        ask=ask,
        longest=settings.indexing_max_segmentation_tokens_length,
    )
    worker = IngestWorker(
        db=db,
        leases=leases,
        work=work,
        switching=switching,
        forgetting=forgetting,
        imports=imports,
        embedder=embedder,
        upkeep=Upkeep(db),
        summaries=summaries,
        unused=Unused(db),
        parallel=settings.ingest_parallel,
        cache_days=settings.embedding_cache_days,
        unused_days=settings.unused_dataset_days if settings.clean_unused_datasets else 0,
    )
    service = IngestService(
        db,
        chunks=chunks,
        switching=switching,
        forgetting=forgetting,
        imports=imports,
        keeping=ChunkKeeping(db, indexer, chunks.index),
        summaries=summaries,
    )
    return Ingestion(service=service, worker=worker, embedder=embedder, reader=reader, ask=ask, extractor=extractor)
