"""How much one document may hold, so that a small hostile file cannot fill the memory."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from treadle.engine.errors import TextExtractionError

_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Bounds:
    """Upper bounds of one document. Sizes are in bytes, unpacked."""

    unpacked: int = 256 * _MIB
    """All parts of an Office file or EPUB together."""
    markup: int = 48 * _MIB
    """The largest of its XML parts, which is held as a tree."""
    parts: int = 10_000
    cells: int = 1_000_000
    """Cells of all sheets, tables or rows, empty ones in between included."""
    yaml: int = 5 * _MIB
    characters: int = 20_000_000
    """Of the text that comes out."""

    def counted(self, pieces: Iterable[str]) -> Iterator[str]:
        """`pieces`, while they stay below the bound of characters. Raises TextExtractionError."""
        total = 0
        for piece in pieces:
            total += len(piece)
            if total > self.characters:
                raise TextExtractionError(
                    f"The document holds more than {self.characters:,} characters of text; split it."
                )
            yield piece

    def rows(self, rows: Iterable[list[str]]) -> Iterator[list[str]]:
        """`rows`, while they stay below the bound of cells. Raises TextExtractionError."""
        total = 0
        for row in rows:
            total += len(row) + 1
            if total > self.cells:
                raise TextExtractionError(f"The document holds more than {self.cells:,} cells; split it.")
            yield row


DEFAULT_BOUNDS = Bounds()
