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
    part: int = 48 * _MIB
    """The largest of its parts."""
    parts: int = 10_000
    markup: int = 4_000_000
    """Tags and attributes of the parts that are held as trees, where each costs far more than its letters."""
    pages: int = 10_000
    seconds: float = 120
    """Of reading a PDF file, and of waiting for another one to be read."""
    cells: int = 1_000_000
    """Cells of all sheets, tables or rows, empty ones in between included."""
    yaml: int = 5 * _MIB
    characters: int = 20_000_000
    """Of the text that comes out."""

    def counted(self, pieces: Iterable[str]) -> Iterator[str]:
        """`pieces`, while they stay below the bound of characters. Raises TextExtractionError."""
        count = Count(self)
        for piece in pieces:
            count.text(piece)
            yield piece

    def rows(self, rows: Iterable[list[str]]) -> Iterator[list[str]]:
        """`rows`, while they stay below the bounds of cells and characters. Raises TextExtractionError."""
        count = Count(self)
        for row in rows:
            count.row(row)
            yield row


class Count:
    """What was read of one document so far."""

    __slots__ = ("_bounds", "_cells", "_characters")

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._cells = 0
        self._characters = 0

    def text(self, text: str) -> None:
        """Raises TextExtractionError when `text` is too much."""
        self._characters += len(text)
        if self._characters > self._bounds.characters:
            raise TextExtractionError(
                f"The document holds more than {self._bounds.characters:,} characters of text; split it."
            )

    def row(self, row: list[str]) -> None:
        """Raises TextExtractionError when the cells of `row` are too many, or their texts too much."""
        self._cells += len(row) + 1
        if self._cells > self._bounds.cells:
            raise TextExtractionError(f"The document holds more than {self._bounds.cells:,} cells; split it.")
        for text in row:
            self.text(text)


DEFAULT_BOUNDS = Bounds()
