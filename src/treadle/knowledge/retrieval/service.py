"""Searching knowledge bases, for people who try them and for apps. Source: spec knowledge §10, §12, §15."""

from collections.abc import Sequence

from sqlalchemy import exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from treadle.engine.ports import Http, MetadataFilter
from treadle.knowledge.external_apis import sealed_for
from treadle.knowledge.retrieval_settings import kept_external, kept_retrieval
from treadle.knowledge.shapes import ExternalRetrieval, RetrievalModel
from treadle.knowledge.sources.errors import SourceError
from treadle.knowledge.sources.external import ExternalKnowledge
from treadle.knowledge.tables import Document, ExternalApi, IndexingStatus, KnowledgeBase, Provider, Technique
from treadle.models.service import ModelService
from treadle.platform.crypto import Crypto
from treadle.platform.db import Database
from treadle.platform.refusals import InvalidParam, NotFound

from .errors import SEARCH_ERRORS, RetrievalFailed, failure
from .filtering import applied, matching_documents
from .merging import Merge, check, merged
from .noting import Notes
from .questions import QuestionVectors
from .records import Asking, ExternalRecord, Found, Record
from .search import BaseSearch, Indexes, together


class RetrievalService:
    """Searches the bases of all workspaces; whether the asker may use a base is the caller's to know."""

    def __init__(self, *, db: Database, indexes: Indexes, models: ModelService, crypto: Crypto, http: Http) -> None:
        self._db = db
        self._crypto = crypto
        self._http = http
        self._search = BaseSearch(db, indexes, models, QuestionVectors(models))
        self._notes = Notes(db)

    async def search(
        self,
        workspace_id: str,
        base_id: str,
        query: str,
        *,
        settings: RetrievalModel | None = None,
        conditions: MetadataFilter | None = None,
        asking: Asking | None = None,
    ) -> list[Record]:
        """What a base that is kept here finds, best first; `settings` are those of the base unless given.

        The query is noted when `asking` says who asks; hits are counted unless it is a test. A base in which nothing
        can be found gives nothing. Raises NotFound, InvalidParam for a base that is elsewhere, and RetrievalFailed.
        """
        base, available = await self._one(workspace_id, base_id)
        if base.provider == Provider.EXTERNAL:
            raise InvalidParam("This knowledge base is elsewhere; ask for its external search.")
        if not query.strip() or not available:
            return []
        records = await self._records(base, query, settings or kept_retrieval(base), applied(conditions))
        if asking is not None:
            self._notes.note(base, query, asking, records if asking.counted else ())
        return records

    async def search_external(
        self,
        workspace_id: str,
        base_id: str,
        query: str,
        *,
        settings: ExternalRetrieval | None = None,
        conditions: MetadataFilter | None = None,
        asking: Asking | None = None,
    ) -> list[ExternalRecord]:
        """What a base that is elsewhere finds. Raises NotFound, InvalidParam for one kept here, RetrievalFailed."""
        base, _ = await self._one(workspace_id, base_id)
        if base.provider != Provider.EXTERNAL:
            raise InvalidParam("This knowledge base is kept here; ask for its own search.")
        if not query.strip():
            return []
        records = await self._external(base, query, settings or kept_external(base), applied(conditions))
        if asking is not None:
            self._notes.note(base, query, asking)
        return records

    async def bases(self, workspace_id: str, base_ids: Sequence[str]) -> list[KnowledgeBase]:
        """Those that exist and hold something that can be found, in the order asked; those elsewhere always."""
        async with self._db.session() as session:
            found = {base.id: base for base in await _bases(session, workspace_id, base_ids, available=True)}
        return [found[base_id] for base_id in dict.fromkeys(base_ids) if base_id in found]

    async def retrieve(
        self,
        workspace_id: str,
        base_ids: Sequence[str],
        query: str,
        *,
        merge: Merge | None,
        conditions: MetadataFilter | None = None,
        asking: Asking,
    ) -> list[Found]:
        """What several bases find together; without `merge`, what each finds by its own settings. Best first.

        Bases that are gone or hold nothing are skipped. Raises InvalidParam when they cannot be searched together, and
        RetrievalFailed.
        """
        bases = await self.bases(workspace_id, base_ids)
        if not query.strip() or not bases:
            return []
        if merge is not None:
            check(bases, merge)
        wanted = applied(conditions)
        lists = await together(*(self._found(base, query, merge, wanted) for base in bases))
        found = [each for several in lists for each in several]
        if merge is not None and len(bases) > 1:
            try:
                found = await merged(self._search, query, found, merge)
            except SEARCH_ERRORS as error:
                raise failure([error]) from error
        for base in bases:
            self._notes.note(base, query, asking)
        if asking.counted:
            self._notes.count(each.record for each in found if isinstance(each.record, Record))
        return sorted(found, key=lambda each: -(each.score or 0.0))

    async def flush(self) -> None:
        """Write down at once what was asked and found."""
        await self._notes.flush()

    async def close(self) -> None:
        """Write down what was asked and found."""
        await self._notes.close()

    async def _one(self, workspace_id: str, base_id: str) -> tuple[KnowledgeBase, bool]:
        async with self._db.session() as session:
            found = await _bases(session, workspace_id, [base_id], available=False)
            if not found:
                raise NotFound("There is no such knowledge base.")
            usable = await _bases(session, workspace_id, [base_id], available=True)
        return found[0], bool(usable)

    async def _found(
        self, base: KnowledgeBase, query: str, merge: Merge | None, conditions: MetadataFilter | None
    ) -> list[Found]:
        if base.provider == Provider.EXTERNAL:
            elsewhere = await self._external(base, query, kept_external(base), conditions)
            if merge is not None:
                elsewhere = elsewhere[: merge.top_k]
            return [Found(base=base, record=record, score=record.score) for record in elsewhere]
        settings = kept_retrieval(base)
        if merge is not None and base.indexing_technique == Technique.ECONOMY:
            settings.top_k = merge.top_k
        records = await self._records(base, query, settings, conditions)
        return [Found(base=base, record=record, score=record.score) for record in records]

    async def _records(
        self, base: KnowledgeBase, query: str, settings: RetrievalModel, conditions: MetadataFilter | None
    ) -> list[Record]:
        document_ids = None
        if conditions is not None:
            async with self._db.session() as session:
                document_ids = await matching_documents(session, base, conditions)
        return await self._search.records(base, query, settings, document_ids)

    async def _external(
        self, base: KnowledgeBase, query: str, settings: ExternalRetrieval, conditions: MetadataFilter | None
    ) -> list[ExternalRecord]:
        async with self._db.session() as session:
            api = await session.scalar(
                select(ExternalApi).where(
                    ExternalApi.id == base.external_api_id, ExternalApi.workspace_id == base.workspace_id
                )
            )
        if api is None:
            raise RetrievalFailed(
                f"The external knowledge API of {base.name!r} is gone; choose another one in its settings.", status=400
            )
        threshold = settings.score_threshold if settings.score_threshold_enabled else None
        try:
            client = ExternalKnowledge(
                self._http, api.endpoint, self._crypto.decrypt(api.api_key, context=sealed_for(api.id))
            )
            found = await client.retrieve(
                query,
                base.external_knowledge_id or "",
                top_k=settings.top_k,
                score_threshold=threshold,
                metadata_condition=_condition(conditions),
            )
        except SourceError as error:
            raise RetrievalFailed(f"{base.name}: {error}", status=502) from error
        return [
            ExternalRecord(title=each.title, content=each.content, score=each.score, metadata=each.metadata)
            for each in found
        ]


async def _bases(
    session: AsyncSession, workspace_id: str, base_ids: Sequence[str], *, available: bool
) -> list[KnowledgeBase]:
    """Rows of these bases. `available`: only those in which something can be found."""
    query = select(KnowledgeBase).where(
        KnowledgeBase.workspace_id == workspace_id, KnowledgeBase.id.in_(list(dict.fromkeys(base_ids)))
    )
    if available:
        usable = exists().where(
            Document.base_id == KnowledgeBase.id,
            Document.indexing_status == IndexingStatus.COMPLETED,
            Document.enabled.is_(True),
            Document.archived.is_(False),
        )
        query = query.where(or_(KnowledgeBase.provider == Provider.EXTERNAL, usable))
    return list(await session.scalars(query))


def _condition(conditions: MetadataFilter | None) -> dict[str, object] | None:
    """As the external knowledge protocol writes conditions."""
    if conditions is None:
        return None
    return {
        "logical_operator": conditions.logical_operator,
        "conditions": [
            {"name": each.name, "comparison_operator": each.operator, "value": each.value}
            for each in conditions.conditions
        ],
    }
