"""Hits with the chunks behind them."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from treadle.knowledge.index.port import Hit
from treadle.knowledge.tables import (
    ChildChunk,
    DocForm,
    Document,
    Facet,
    FacetKind,
    KnowledgeBase,
    Segment,
    SegmentStatus,
)

from .records import FoundChild, Record

_AT_ONCE = 500


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """A chunk that may be among the best, with the part or the facet of it that was hit."""

    node_id: str
    segment: Segment
    document: Document
    child: ChildChunk | None = None
    facet: Facet | None = None
    score: float | None = None

    @property
    def text(self) -> str:
        """What is compared with the question."""
        if self.facet is not None and self.facet.kind == FacetKind.SUMMARY:
            return self.facet.content
        return self.segment.content if self.child is None else self.child.content


async def candidates_of(session: AsyncSession, base: KnowledgeBase, hits: Iterable[Hit]) -> list[Candidate]:
    """The chunks of `hits` in their order. Those that may not be found (any more), and vectors without a chunk, are
    left out (spec knowledge §10.2)."""
    scores: dict[str, float] = {}
    for hit in hits:
        scores.setdefault(hit.node_id, hit.score)
    found: dict[str, Candidate] = {}
    node_ids = list(scores)
    for at in range(0, len(node_ids), _AT_ONCE):
        found |= await _loaded(session, base, node_ids[at : at + _AT_ONCE])
    return [
        msgspec.structs.replace(found[node_id], score=score) for node_id, score in scores.items() if node_id in found
    ]


async def _loaded(session: AsyncSession, base: KnowledgeBase, node_ids: Sequence[str]) -> dict[str, Candidate]:
    findable = (
        Segment.base_id == base.id,
        Segment.workspace_id == base.workspace_id,
        Segment.enabled.is_(True),
        Segment.status == SegmentStatus.COMPLETED,
        Document.enabled.is_(True),
        Document.archived.is_(False),
    )
    found = await _own(session, base, node_ids, findable)
    if base.summary_index_setting and len(found) < len(node_ids):
        facets = (
            select(Facet, Segment, Document)
            .join(Segment, Segment.id == Facet.segment_id)
            .join(Document, Document.id == Segment.document_id)
            .where(Facet.id.in_([each for each in node_ids if each not in found]), *findable)
        )
        for facet, segment, document in await session.execute(facets):
            found[facet.id] = Candidate(node_id=facet.id, segment=segment, document=document, facet=facet)
    return found


async def _own(
    session: AsyncSession, base: KnowledgeBase, node_ids: Sequence[str], findable: Sequence[Any]
) -> dict[str, Candidate]:
    """Chunks by their own nodes, or by those of their children."""
    if base.doc_form == DocForm.HIERARCHICAL:
        query = (
            select(ChildChunk, Segment, Document)
            .join(Segment, Segment.id == ChildChunk.segment_id)
            .join(Document, Document.id == Segment.document_id)
            .where(ChildChunk.index_node_id.in_(node_ids), *findable)
        )
        return {
            child.index_node_id: Candidate(node_id=child.index_node_id, segment=segment, document=document, child=child)
            for child, segment, document in await session.execute(query)
        }
    own = (
        select(Segment, Document)
        .join(Document, Document.id == Segment.document_id)
        .where(Segment.index_node_id.in_(node_ids), *findable)
    )
    return {
        segment.index_node_id: Candidate(node_id=segment.index_node_id, segment=segment, document=document)
        for segment, document in await session.execute(own)
    }


def records_of(candidates: Sequence[Candidate]) -> list[Record]:
    """One record for each chunk; that of a parent has the best score of its children. Best first; what has no score
    keeps its order (spec knowledge §10.4)."""
    together: dict[str, list[Candidate]] = {}
    for candidate in candidates:
        together.setdefault(candidate.segment.id, []).append(candidate)
    records = [_record(group) for group in together.values()]
    return sorted(records, key=lambda record: -(record.score or 0.0))


def _record(group: Sequence[Candidate]) -> Record:
    ordered = sorted(group, key=lambda candidate: -(candidate.score or 0.0))
    best = ordered[0]
    summaries = [each.facet for each in ordered if each.facet is not None and each.facet.kind == FacetKind.SUMMARY]
    return Record(
        segment=best.segment,
        document=best.document,
        score=best.score,
        child_chunks=tuple(
            FoundChild(child=each.child, score=each.score or 0.0) for each in ordered if each.child is not None
        ),
        summary=summaries[0].content if summaries else None,
    )
