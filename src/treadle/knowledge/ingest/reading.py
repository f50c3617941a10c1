"""What a document is made of."""

from typing import Protocol

import msgspec

from treadle.engine.values import JsonValue
from treadle.knowledge.tables import Document
from treadle.knowledge.text.pieces import Extraction


class Unchanged(Exception):
    """The source is as it was when the document was last read."""


class SourceUnreachable(Exception):
    """The source cannot be asked now. The message says which one, why and what to do."""


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """The pieces of a document; `source_info` is what is known of its source now, None when nothing changed."""

    extraction: Extraction
    source_info: dict[str, JsonValue] | None = None


class DocumentReader(Protocol):
    """Reads documents of every source."""

    async def read(self, document: Document, *, fresh: bool = False) -> Reading:
        """The text of a document. `fresh`: fetched from its source once more. Raises Unchanged, ExtractionError, and
        SourceUnreachable."""
        ...
