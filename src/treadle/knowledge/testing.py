"""Trying a base: what does it find for a question? Source: spec knowledge §15, service-api §5.10."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from treadle.apps.uploads import Uploads
from treadle.engine.ports import MetadataCondition, MetadataFilter
from treadle.knowledge.access import Asker
from treadle.knowledge.children import attachments_in, signed_children
from treadle.knowledge.finding import find_base
from treadle.knowledge.metadata_values import values_of
from treadle.knowledge.requests import JsonMap
from treadle.knowledge.retrieval.records import Asking, ExternalRecord, FoundChild, Record
from treadle.knowledge.retrieval.service import RetrievalService
from treadle.knowledge.retrieval_settings import converted, external_retrieval_from, retrieval_model_from
from treadle.knowledge.shapes import AttachmentShown, ChildShown, SegmentShown
from treadle.knowledge.tables import Provider
from treadle.knowledge.telling import segment_shown
from treadle.platform.db import Database
from treadle.platform.refusals import InvalidParam

MAX_QUERY = 250
_OPERATORS = frozenset(
    {
        "is", "is not", "contains", "not contains", "start with", "end with", "empty", "not empty", "in", "not in",
        "=", "≠", ">", "<", "≥", "≤", "before", "after",
    }
)  # fmt: skip


@dataclass(slots=True, kw_only=True)
class TestOrder:
    """What to try; settings that are given hold for this once."""

    query: str = ""
    retrieval_model: JsonMap | None = None
    external_retrieval_model: JsonMap | None = None


@dataclass(slots=True, kw_only=True)
class FoundDocument:
    id: str
    data_source_type: str
    name: str
    doc_type: str | None = None
    doc_metadata: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass(slots=True, kw_only=True)
class FoundSegment(SegmentShown):
    """A chunk with the document that it is of."""

    document: FoundDocument


@dataclass(slots=True, kw_only=True)
class FoundChildShown:
    id: str
    content: str
    position: int
    score: float


@dataclass(slots=True, kw_only=True)
class FoundRecord:
    """A chunk that was found. `score` is None for one found by keywords."""

    segment: FoundSegment
    child_chunks: list[FoundChildShown] | None
    score: float | None
    tsne_position: None = None
    files: list[AttachmentShown] = field(default_factory=list[AttachmentShown])
    summary: str | None = None


@dataclass(slots=True, kw_only=True)
class TestQuery:
    content: str


@dataclass(slots=True, kw_only=True)
class TestResult:
    query: TestQuery
    records: list[FoundRecord]


@dataclass(slots=True, kw_only=True)
class FoundElsewhere:
    """A passage of a base that is elsewhere."""

    content: str
    title: str
    score: float
    metadata: dict[str, Any]


@dataclass(slots=True, kw_only=True)
class ExternalResult:
    query: TestQuery
    records: list[FoundElsewhere]


class _Condition(msgspec.Struct):
    name: str
    comparison_operator: str
    value: str | int | float | list[str] | None = None


class _Conditions(msgspec.Struct):
    conditions: list[_Condition] = []
    logical_operator: str = "and"


class Testing:
    """Tries bases; every call says who asks. What was asked stands in the records as soon as it is answered."""

    def __init__(self, db: Database, retrieval: RetrievalService, uploads: Uploads) -> None:
        self._db = db
        self._retrieval = retrieval
        self._uploads = uploads

    async def try_out(self, asker: Asker, base_id: str, order: TestOrder) -> TestResult:
        """What a base finds, wherever it is. Raises NotFound, Forbidden, InvalidParam and RetrievalFailed."""
        query = _checked(order.query)
        async with self._db.session() as session:
            base = await find_base(session, asker, base_id)
        conditions = filter_of((order.retrieval_model or {}).get("metadata_filtering_conditions"))
        if base.provider == Provider.EXTERNAL:
            found = await self._retrieval.search_external(
                asker.workspace_id,
                base.id,
                query,
                settings=external_retrieval_from(order.external_retrieval_model),
                conditions=conditions,
                asking=_asking(asker),
            )
            await self._retrieval.flush()
            return TestResult(query=TestQuery(content=query), records=[_elsewhere(record) for record in found])
        records = await self._retrieval.search(
            asker.workspace_id,
            base.id,
            query,
            settings=retrieval_model_from(order.retrieval_model),
            conditions=conditions,
            asking=_asking(asker),
        )
        await self._retrieval.flush()
        kept = [(record.document.id, record.segment.content) for record in records]
        texts = await self._uploads.completed(asker.workspace_id, kept)
        pictures = await attachments_in(self._uploads, asker.workspace_id, kept)
        parts = await signed_children(
            self._uploads, [found.child for record in records for found in record.child_chunks]
        )
        shown = [
            _record(record, text, parts, files) for record, text, files in zip(records, texts, pictures, strict=True)
        ]
        return TestResult(query=TestQuery(content=query), records=shown)

    async def try_external(self, asker: Asker, base_id: str, order: TestOrder) -> ExternalResult:
        """What a base that is elsewhere finds. Raises NotFound, Forbidden, InvalidParam and RetrievalFailed."""
        query = _checked(order.query)
        async with self._db.session() as session:
            base = await find_base(session, asker, base_id)
        found = await self._retrieval.search_external(
            asker.workspace_id,
            base.id,
            query,
            settings=external_retrieval_from(order.external_retrieval_model),
            asking=_asking(asker),
        )
        await self._retrieval.flush()
        records = [
            FoundElsewhere(content=each.content, title=each.title, score=each.score, metadata=each.metadata)
            for each in found
        ]
        return ExternalResult(query=TestQuery(content=query), records=records)


def _record(record: Record, text: str, parts: Mapping[str, ChildShown], files: list[AttachmentShown]) -> FoundRecord:
    """A record as it is shown; `text` is that of its chunk, with links that open, as have its `parts`; `files` are the
    pictures in it."""
    document, shown = record.document, segment_shown(record.segment, signed=text, attachments=files)
    members = {name: getattr(shown, name) for name in SegmentShown.__dataclass_fields__}
    children = [_child(child, parts[child.child.id].content) for child in record.child_chunks]
    return FoundRecord(
        segment=FoundSegment(
            **members,
            document=FoundDocument(
                id=document.id,
                data_source_type=document.data_source_type,
                name=document.name,
                doc_type=document.doc_type,
                doc_metadata=values_of(document),
            ),
        ),
        child_chunks=children or None,
        score=record.score,
        files=files,
        summary=record.summary,
    )


def filter_of(given: object) -> MetadataFilter | None:
    """Conditions on the metadata of documents, as callers write them. Raises InvalidParam."""
    if not given:
        return None
    name = "retrieval_model.metadata_filtering_conditions"
    if not isinstance(given, Mapping):
        raise InvalidParam(f"`{name}` must be an object.", param=name)
    wanted = converted(msgspec.convert(given, dict[str, Any]), _Conditions, name)
    if wanted.logical_operator not in ("and", "or"):
        raise InvalidParam(f"`{name}.logical_operator` must be and or or.", param=name)
    for each in wanted.conditions:
        if each.comparison_operator not in _OPERATORS:
            raise InvalidParam(
                f"`{name}` knows no operator {each.comparison_operator!r}.", param=f"{name}.comparison_operator"
            )
    return MetadataFilter(
        conditions=tuple(
            MetadataCondition(name=each.name, operator=each.comparison_operator, value=each.value)
            for each in wanted.conditions
        ),
        logical_operator="or" if wanted.logical_operator == "or" else "and",
    )


def _checked(query: str) -> str:
    text = query.replace("\x00", "").strip()
    if not 1 <= len(text) <= MAX_QUERY:
        raise InvalidParam(f"`query` must have 1 to {MAX_QUERY} characters.", param="query")
    return text


def _asking(asker: Asker) -> Asking:
    return Asking(source="hit_testing", role="account", by=asker.account_id)


def _child(found: FoundChild, text: str) -> FoundChildShown:
    child = found.child
    return FoundChildShown(id=child.id, content=text, position=child.position, score=found.score)


def _elsewhere(record: ExternalRecord) -> FoundRecord:
    """A passage of another server in the shape of a chunk; what it does not have is empty."""
    return FoundRecord(
        segment=FoundSegment(
            id="", position=0, document_id="", content=record.content, sign_content=record.content, answer=None,
            word_count=len(record.content), tokens=0, keywords=None, index_node_id="", index_node_hash="",
            hit_count=0, enabled=True, disabled_at=None, disabled_by=None, status="completed", created_by=None,
            created_at=0, updated_at=0, updated_by=None, indexing_at=None, completed_at=None, error=None,
            stopped_at=None,
            document=FoundDocument(
                id="", data_source_type="external", name=record.title, doc_metadata=record.metadata
            ),
        ),
        child_chunks=None,
        score=record.score,
    )  # fmt: skip
