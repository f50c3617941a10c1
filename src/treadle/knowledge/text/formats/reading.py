"""What a reader is given besides the document, and what it has to tell besides its pieces."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from treadle.documents import Bounds
from treadle.engine.errors import TextExtractionError
from treadle.knowledge.text.pieces import Piece

KeepImage = Callable[[bytes, str], str]
"""Takes an image and its MIME type, and gives the link to write in its place."""

MOST_IMAGES: Final = 500
LARGEST_IMAGE: Final = 10 * 1024 * 1024
_KINDS: Final = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp", "image/svg+xml"})


@dataclass
class Reading:
    """One document being read."""

    bounds: Bounds
    keep_image: KeepImage | None = None
    notices: list[str] = field(default_factory=list[str])
    """Sentences about what was left out."""
    images: int = 0

    def image(self, data: bytes, kind: str, text: str = "image") -> str:
        """The Markdown of an image of the document; empty when images are not kept, or this one is none for pages."""
        if self.keep_image is None or kind not in _KINDS or not data:
            return ""
        if self.images >= MOST_IMAGES or len(data) > LARGEST_IMAGE:
            self.notice(f"Only {MOST_IMAGES} images of up to 10 MB are kept of a document; others were left out.")
            return ""
        self.images += 1
        return f"![{text}]({self.keep_image(data, kind)})"

    def notice(self, sentence: str) -> None:
        """Tell something, once."""
        if sentence not in self.notices:
            self.notices.append(sentence)

    def counted(self, pieces: Iterable[Piece]) -> Iterator[Piece]:
        """`pieces`, while they stay below the bound of characters. Raises TextExtractionError."""
        count = 0
        for piece in pieces:
            count += len(piece.text)
            if count > self.bounds.characters:
                raise TextExtractionError(
                    f"The document holds more than {self.bounds.characters:,} characters of text; split it."
                )
            yield piece
