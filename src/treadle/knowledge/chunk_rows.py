"""Rows of chunks and their children, made by hand instead of out of a document."""

import msgspec

from treadle.knowledge.tables import ChildChunk, Document, IndexingStatus, ProcessRule, Segment, SegmentStatus
from treadle.knowledge.text.chunking import chunks, text_hash
from treadle.knowledge.text.pieces import Piece
from treadle.knowledge.text.rules import ProcessRule as Rule
from treadle.platform.clock import now_us
from treadle.platform.ids import new_id
from treadle.platform.refusals import Forbidden, InvalidParam
from treadle.platform.signed_links import unsigned


def check_open(document: Document) -> None:
    """Raises Forbidden for an archived document, InvalidParam for one that is not indexed yet."""
    if document.archived:
        raise Forbidden(f"{document.name} is archived and cannot be changed.", code="archived_document_immutable")
    if document.indexing_status != IndexingStatus.COMPLETED:
        raise InvalidParam(f"{document.name} is not indexed yet; wait until it is.")


def new_segment(document: Document, position: int, account_id: str | None, now: int) -> Segment:
    """A chunk without content."""
    return Segment(
        id=new_id(),
        workspace_id=document.workspace_id,
        base_id=document.base_id,
        document_id=document.id,
        position=position,
        content="",
        word_count=0,
        tokens=0,
        index_node_id=new_id(),
        index_node_hash="",
        hit_count=0,
        enabled=True,
        status=SegmentStatus.WAITING,
        created_by=account_id,
        created_at=now,
        updated_at=now,
    )


def set_content(row: Segment, content: str, answer: str | None) -> None:
    """What a chunk says, and all that follows from it."""
    row.content = unsigned(content.replace("\x00", ""))
    row.answer = None if answer is None else unsigned(answer.replace("\x00", ""))
    row.word_count = len(row.content) + len(row.answer or "")
    row.index_node_hash = text_hash(row.content)


def new_child(parent: Segment, position: int, content: str, type: str, account_id: str | None) -> ChildChunk:
    """A part of a parent chunk. `type` is automatic or customized."""
    now = now_us()
    row = ChildChunk(
        id=new_id(),
        workspace_id=parent.workspace_id,
        base_id=parent.base_id,
        document_id=parent.document_id,
        segment_id=parent.id,
        position=position,
        type=type,
        index_node_id=new_id(),
        created_by=account_id,
        created_at=now,
        updated_at=now,
    )
    set_child_content(row, content)
    return row


def set_child_content(row: ChildChunk, content: str) -> None:
    """What a child chunk says, and all that follows from it."""
    row.content = unsigned(content.replace("\x00", ""))
    row.word_count = len(row.content)
    row.index_node_hash = text_hash(row.content)


def children_of(content: str, row: ProcessRule | None) -> tuple[str, ...]:
    """A parent's text, cut into children as the rule in `row` says."""
    rule = Rule.parse({"mode": row.mode, "rules": msgspec.json.decode(row.rules)}) if row else Rule()
    whole = Rule(mode="hierarchical", parent_mode="full-doc", children=rule.children)
    return tuple(text for chunk in chunks([Piece(content)], whole, "hierarchical_model") for text in chunk.children)


def pages_of(total: int, limit: int) -> int:
    """How many pages a list has."""
    return (total + limit - 1) // limit if limit else 0
