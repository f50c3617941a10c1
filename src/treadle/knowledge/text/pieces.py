"""What extraction gives: pieces of text that are cleaned and cut each on its own."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a document that no chunk reaches across: a page, a row, a section, or all of it."""

    text: str
    page: int | None = None
    """From 0, for formats that have pages or slides."""
    heading: tuple[str, ...] | None = None
    """The headings above this piece, outermost first."""
    source: str | None = None
    """Where in the document it is, for people: `Sheet1, row 5`."""
    metadata: Mapping[str, str | int] = field(default_factory=dict[str, str | int])


@dataclass(frozen=True, slots=True)
class Extraction:
    """The pieces of a document in reading order, and one sentence about what could not be read of it."""

    pieces: list[Piece]
    notice: str | None = None

    @property
    def characters(self) -> int:
        return sum(len(piece.text) for piece in self.pieces)


class ExtractionError(Exception):
    """A document cannot be read. The message says what is wrong, where, and what to do."""
