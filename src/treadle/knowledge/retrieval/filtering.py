"""Conditions on the metadata of documents. Source: spec knowledge §13.3."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from treadle.engine.ports import MetadataCondition, MetadataFilter
from treadle.knowledge.metadata_values import BUILT_IN
from treadle.knowledge.tables import Document, IndexingStatus, KnowledgeBase, MetadataField

_WITHOUT_VALUE = ("empty", "not empty")
_decode = msgspec.json.Decoder(dict[str, Any]).decode


def applied(given: MetadataFilter | None) -> MetadataFilter | None:
    """Without the conditions that have no value; None when nothing is left."""
    if given is None:
        return None
    kept = tuple(each for each in given.conditions if each.operator in _WITHOUT_VALUE or each.value is not None)
    return MetadataFilter(conditions=kept, logical_operator=given.logical_operator) if kept else None


async def matching_documents(session: AsyncSession, base: KnowledgeBase, given: MetadataFilter) -> frozenset[str]:
    """The documents of a base that can be found and fulfil the conditions."""
    query = select(Document.id, Document.doc_metadata).where(
        Document.base_id == base.id,
        Document.workspace_id == base.workspace_id,
        Document.indexing_status == IndexingStatus.COMPLETED,
        Document.enabled.is_(True),
        Document.archived.is_(False),
    )
    rows = (await session.execute(query)).all()
    fields = select(MetadataField.name, MetadataField.type).where(
        MetadataField.base_id == base.id, MetadataField.workspace_id == base.workspace_id
    )
    types = {**BUILT_IN, **{row.name: row.type for row in await session.execute(fields)}}
    test = matcher(given, types)
    return frozenset(row.id for row in rows if test(_decode(row.doc_metadata) if row.doc_metadata else {}))


def matcher(given: MetadataFilter, types: Mapping[str, str] | None = None) -> Callable[[Mapping[str, Any]], bool]:
    """Whether the values of a document fulfil the conditions. `types` are those of the fields, by name."""
    known = types or {}
    join = any if given.logical_operator == "or" else all

    def test(values: Mapping[str, Any]) -> bool:
        return join(holds(each, values.get(each.name), known.get(each.name)) for each in given.conditions)

    return test


def holds(condition: MetadataCondition, value: Any, kind: str | None = None) -> bool:
    """Whether one value fulfils a condition. A document without the field fulfils `empty` and nothing else, but for a
    list of nothing, which nothing is in."""
    operator, wanted = condition.operator, condition.value
    missing = value is None or value == ""
    match operator:
        case "empty":
            return missing
        case "not empty":
            return not missing
        case "in" | "not in":
            listed = _listed(wanted)
            if not listed:
                return operator == "not in"
            return not missing and (_text(value) in listed) == (operator == "in")
        case _ if missing:
            return False
        case "contains":
            return _text(wanted) in _text(value)
        case "not contains":
            return _text(wanted) not in _text(value)
        case "start with":
            return _text(value).startswith(_text(wanted))
        case "end with":
            return _text(value).endswith(_text(wanted))
        case "is" | "is not":
            return _same(value, wanted, kind) == (operator == "is")
        case _:
            return _compared(operator, value, wanted)


def _same(value: Any, wanted: Any, kind: str | None) -> bool:
    if kind in ("number", "time"):
        left, right = _number(value), _number(wanted)
        return left is not None and left == right
    return _text(value) == _text(wanted)


def _compared(operator: str, value: Any, wanted: Any) -> bool:
    left, right = _number(value), _number(wanted)
    if left is None or right is None:
        return False
    match operator:
        case "=":
            return left == right
        case "≠":
            return left != right
        case ">" | "after":
            return left > right
        case "<" | "before":
            return left < right
        case "≥":
            return left >= right
        case "≤":
            return left <= right
        case _:
            return False


def _listed(wanted: Any) -> Sequence[str]:
    if isinstance(wanted, list | tuple):
        return [_text(each) for each in wanted]  # pyright: ignore[reportUnknownVariableType]
    return [part.strip() for part in _text(wanted).split(",") if part.strip()]


def _text(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value if isinstance(value, str) else "" if value is None else str(value)


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None
