"""The metadata fields that every base has, and their values. Source: spec knowledge §13.1."""

from typing import Any

import msgspec

from treadle.knowledge.tables import Document, SourceType
from treadle.platform.clock import SECOND

BUILT_IN = {
    "document_name": "string",
    "uploader": "string",
    "upload_date": "time",
    "last_update_date": "time",
    "source": "string",
}
BUILT_IN_ID = "built-in"
FIELD_TYPES = ("string", "number", "time")
_SOURCES = {
    SourceType.UPLOAD: "file_upload",
    SourceType.NOTION: "notion",
    SourceType.WEBSITE: "website",
}

_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


def values_of(row: Document) -> dict[str, Any]:
    """What a document carries, by field name."""
    found: dict[str, Any] = _decode(row.doc_metadata) if row.doc_metadata else {}
    return found


def set_values(row: Document, values: dict[str, Any]) -> None:
    """Let a document carry `values`."""
    row.doc_metadata = _encode(values).decode() if values else None


def built_in_values(row: Document, uploader: str | None) -> dict[str, Any]:
    """What the fields that every base has say about a document; times are seconds since the epoch."""
    return {
        "document_name": row.name,
        "uploader": uploader or "",
        "upload_date": row.created_at / SECOND,
        "last_update_date": row.updated_at / SECOND,
        "source": _SOURCES.get(SourceType(row.data_source_type), row.data_source_type),
    }


def with_built_in(row: Document, uploader: str | None) -> None:
    """Write those fields into a document."""
    set_values(row, {**values_of(row), **built_in_values(row, uploader)})


def without_built_in(row: Document) -> None:
    """Take those fields out of a document."""
    set_values(row, {name: value for name, value in values_of(row).items() if name not in BUILT_IN})
