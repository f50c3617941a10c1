"""What a search gives."""

from typing import Any, Literal

import msgspec

from treadle.knowledge.tables import ChildChunk, Document, KnowledgeBase, Segment

QuerySource = Literal["app", "hit_testing", "plugin"]


class FoundChild(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a parent chunk that was hit."""

    child: ChildChunk
    score: float


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """A chunk that was found. `score` is None for one found by keywords; children come best first. `summary`: that of
    the chunk, if it was found by it."""

    segment: Segment
    document: Document
    child_chunks: tuple[FoundChild, ...] = ()
    score: float | None = None
    summary: str | None = None


class ExternalRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A passage of a base that is elsewhere."""

    title: str
    content: str
    score: float
    metadata: dict[str, Any] = {}


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A passage with its base, whichever kind that is."""

    base: KnowledgeBase
    record: Record | ExternalRecord
    score: float | None

    @property
    def text(self) -> str:
        """What was matched: for a parent chunk, its best child."""
        record = self.record
        if isinstance(record, ExternalRecord):
            return record.content
        if record.child_chunks:
            return record.child_chunks[0].child.content
        return record.segment.content

    @property
    def key(self) -> str:
        """The same for what is the same passage."""
        record = self.record
        return f"external:{record.content}" if isinstance(record, ExternalRecord) else record.segment.id


class Asking(msgspec.Struct, frozen=True, kw_only=True):
    """Who searches, for the records: `role` is `account` or `end_user`. `counted`: hits are counted."""

    source: QuerySource = "app"
    role: str = "account"
    by: str | None = None
    app_id: str | None = None

    @property
    def counted(self) -> bool:
        return self.source != "hit_testing"
