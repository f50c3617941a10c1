"""Searching one base by its settings. Source: spec knowledge §10."""

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import replace
from typing import Protocol, TypeVar

import msgspec

from treadle.engine.ports import ModelRef
from treadle.knowledge.index.keywords import keywords_of
from treadle.knowledge.index.port import ChunkIndex, Hit, IndexRef
from treadle.knowledge.ingest.targets import ref_of
from treadle.knowledge.shapes import RetrievalModel
from treadle.knowledge.tables import KnowledgeBase, Technique
from treadle.models.service import ModelService
from treadle.platform.db import Database

from .candidates import Candidate, candidates_of, records_of
from .errors import SEARCH_ERRORS, RetrievalFailed, failure
from .fusion import fused, text_score
from .questions import QuestionVectors, Vector
from .records import Record
from .weights import keyword_scores, weighted

_QUERY_KEYWORDS = 10
_POOL = 50
_DEEPER = 5
"""How many are looked at to put two searches into one order: so many times what is wanted, and at least `_POOL`."""

_HITS_A_CHUNK = 2
"""How many of what is found may be of one chunk, at the most as a rule, where chunks have summaries."""

Result = TypeVar("Result")


class Indexes(Protocol):
    """The indexes that this server can use."""

    def of(self, kind: str | None) -> ChunkIndex:
        """Raises IndexUnavailableError."""
        ...


class BaseSearch:
    """Searches bases that are kept here."""

    def __init__(self, db: Database, indexes: Indexes, models: ModelService, questions: QuestionVectors) -> None:
        self._db = db
        self._indexes = indexes
        self._models = models
        self._questions = questions

    async def records(
        self, base: KnowledgeBase, query: str, settings: RetrievalModel, document_ids: frozenset[str] | None
    ) -> list[Record]:
        """What `settings` find for `query`, best first. `document_ids`: only in these. Raises Refusal."""
        if not query.strip() or base.indexing_technique is None:
            return []
        if document_ids is not None and not document_ids:
            return []
        wanted = settings
        if base.summary_index_setting:  # a chunk and its summary may both be hit, and are one record
            wanted = replace(settings, top_k=_HITS_A_CHUNK * settings.top_k)
        try:
            search = _Search(self, self._indexes.of(base.index_kind), base, query, wanted, document_ids)
            candidates = await search.candidates()
        except SEARCH_ERRORS as error:
            raise failure([error]) from error
        return records_of(candidates)[: settings.top_k]

    async def loaded(self, base: KnowledgeBase, hits: Sequence[Hit]) -> list[Candidate]:
        """Hits with their chunks."""
        if not hits:
            return []
        async with self._db.session() as session:
            return await candidates_of(session, base, hits)

    async def question(self, base: KnowledgeBase, query: str) -> Vector:
        """The vector of a question by the model of a base. Raises InvokeError."""
        model = ModelRef(base.embedding_model_provider or "", base.embedding_model or "")
        return await self._questions.vector(base.workspace_id, model, query)

    async def similarities(self, base: KnowledgeBase, query: str, node_ids: Sequence[str]) -> dict[str, float]:
        """The cosine of a question with chunks of a base. Raises InvokeError and IndexUnavailableError."""
        vector = await self.question(base, query)
        return await self._indexes.of(base.index_kind).similarities(ref_of(base), vector, node_ids)

    async def reranked(
        self, workspace_id: str, model: ModelRef, query: str, texts: Sequence[str], *, top_n: int, threshold: float
    ) -> list[tuple[int, float]]:
        """The places of the best of `texts` with the scores that a model gives them. Raises InvokeError."""
        if not texts:
            return []
        ranking = await self._models.for_workspace(workspace_id).rerank(
            model, query, texts, top_n, threshold if threshold > 0 else None
        )
        return [(document.index, document.score) for document in ranking.documents]


class _Search:
    """One search of one base."""

    def __init__(
        self,
        over: BaseSearch,
        index: ChunkIndex,
        base: KnowledgeBase,
        query: str,
        settings: RetrievalModel,
        document_ids: frozenset[str] | None,
    ) -> None:
        self._over = over
        self._index = index
        self._base = base
        self._ref: IndexRef = ref_of(base)
        self._query = query
        self._settings = settings
        self._documents = document_ids
        self._threshold = threshold_of(settings)

    async def candidates(self) -> list[Candidate]:
        method = self._settings.search_method
        if self._base.indexing_technique == Technique.ECONOMY or method == "keyword_search":
            return await self._by_keywords()
        match method:
            case "full_text_search":
                return await self._by_text()
            case "hybrid_search":
                return await self._by_both()
            case _:
                return await self._by_meaning()

    async def _by_keywords(self) -> list[Candidate]:
        keywords = await asyncio.to_thread(keywords_of, self._query, _QUERY_KEYWORDS)
        hits = await self._index.by_keywords(
            self._ref, keywords, top_k=self._settings.top_k, document_ids=self._documents
        )
        found = await self._over.loaded(self._base, hits)
        return [msgspec.structs.replace(each, score=None) for each in found]

    async def _by_meaning(self) -> list[Candidate]:
        hits = await self._near(self._settings.top_k)
        found = await self._over.loaded(self._base, hits)
        model = rerank_model_of(self._settings)
        return found if model is None else await self._by_model(model, found, len(found))

    async def _by_text(self) -> list[Candidate]:
        hits = await self._worded(self._settings.top_k)
        found = await self._over.loaded(self._base, hits)
        model = rerank_model_of(self._settings)
        if model is not None:
            return await self._by_model(model, found, len(found))
        return [msgspec.structs.replace(each, score=text_score(each.score or 0.0)) for each in found]

    async def _by_both(self) -> list[Candidate]:
        settings = self._settings
        model = rerank_model_of(settings)
        by_weights = settings.reranking_mode == "weighted_score" and settings.weights is not None
        depth = settings.top_k if model or by_weights else max(_POOL, _DEEPER * settings.top_k)
        near, worded = await together(self._near(depth, threshold=0.0), self._worded(depth))
        if model is not None:
            found = await self._over.loaded(self._base, [*near, *worded])
            return await self._by_model(model, found, settings.top_k)
        scores = {hit.node_id: hit.score for hit in near}
        others = [hit.node_id for hit in worded if hit.node_id not in scores]
        if others:
            vector = await self._over.question(self._base, self._query)
            scores |= await self._index.similarities(self._ref, vector, others)
        hits = {hit.node_id: hit for hit in (*near, *worded)}
        if by_weights:
            scored = [_scored(hit, scores.get(node_id, 0.0)) for node_id, hit in hits.items()]
            return await self._by_weights(await self._over.loaded(self._base, scored))
        order = fused(scores, {hit.node_id: hit.score for hit in worded})
        best = [_scored(hits[node_id], score) for node_id, score in order.items() if score >= self._threshold]
        return (await self._over.loaded(self._base, best[:depth]))[: settings.top_k]

    async def _near(self, top_k: int, *, threshold: float | None = None) -> list[Hit]:
        """By meaning; scores must be above the threshold."""
        least = self._threshold if threshold is None else threshold
        vector = await self._over.question(self._base, self._query)
        hits = await self._index.by_vector(self._ref, vector, top_k=top_k, document_ids=self._documents)
        return [hit for hit in hits if hit.score > least]

    async def _worded(self, top_k: int) -> list[Hit]:
        return await self._index.by_text(self._ref, self._query, top_k=top_k, document_ids=self._documents)

    async def _by_model(self, model: ModelRef, found: Sequence[Candidate], top_n: int) -> list[Candidate]:
        ranking = await self._over.reranked(
            self._base.workspace_id,
            model,
            self._query,
            [each.text for each in found],
            top_n=top_n,
            threshold=self._threshold,
        )
        return [msgspec.structs.replace(found[place], score=score) for place, score in ranking]

    async def _by_weights(self, found: Sequence[Candidate]) -> list[Candidate]:
        weights = self._settings.weights
        assert weights is not None
        shared = await asyncio.to_thread(keyword_scores, self._query, [each.text for each in found])
        ranking = weighted(
            [each.score or 0.0 for each in found],
            shared,
            vector_weight=weights.vector_setting.vector_weight,
            keyword_weight=weights.keyword_setting.keyword_weight,
            threshold=self._threshold,
            top_n=self._settings.top_k,
        )
        return [msgspec.structs.replace(found[place], score=score) for place, score in ranking]


async def together(*searches: Awaitable[Result]) -> list[Result]:
    """The results of searches that run at the same time. Raises RetrievalFailed with the reasons of all that fail."""
    results = await asyncio.gather(*searches, return_exceptions=True)
    errors = [each for each in results if isinstance(each, BaseException)]
    unexpected = [each for each in errors if not isinstance(each, (*SEARCH_ERRORS, RetrievalFailed))]
    if unexpected:
        raise unexpected[0]
    if errors:
        raise failure(errors) from errors[0]
    return [each for each in results if not isinstance(each, BaseException)]


def threshold_of(settings: RetrievalModel) -> float:
    """The least score, 0 when there is none."""
    return (settings.score_threshold or 0.0) if settings.score_threshold_enabled else 0.0


def rerank_model_of(settings: RetrievalModel) -> ModelRef | None:
    """The model that ranks what was found, where one is switched on."""
    model = settings.reranking_model
    if not settings.reranking_enable or settings.reranking_mode == "weighted_score" or model is None:
        return None
    if not model.reranking_model_name or not model.reranking_provider_name:
        return None
    return ModelRef(model.reranking_provider_name, model.reranking_model_name)


def _scored(hit: Hit, score: float) -> Hit:
    return Hit(node_id=hit.node_id, document_id=hit.document_id, score=score)
