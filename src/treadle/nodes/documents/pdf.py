"""PDF files: their text layer."""

from collections.abc import Iterator
from threading import Lock
from typing import TYPE_CHECKING

from treadle.engine.errors import TextExtractionError

from .bounds import Bounds

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument

_ONE_AT_A_TIME = Lock()
"""The library must not be called from two threads at once."""


def pdf_text(data: bytes, bounds: Bounds) -> str:
    """The text of all pages, one directly behind the other. A scanned page has none."""
    import pypdfium2

    with _ONE_AT_A_TIME:
        try:
            document = pypdfium2.PdfDocument(data)
        except pypdfium2.PdfiumError as error:
            reason = "it is protected by a password" if "password" in str(error).lower() else "it is damaged"
            raise TextExtractionError(f"The PDF file cannot be read: {reason}.") from error
        try:
            if len(document) > bounds.pages:
                raise TextExtractionError(f"The PDF file has {len(document):,} pages, more than {bounds.pages:,}.")
            return "".join(bounds.counted(_pages(document)))
        finally:
            document.close()


def _pages(document: "PdfDocument") -> Iterator[str]:
    for number in range(len(document)):
        page = document[number]
        text = page.get_textpage()
        yield text.get_text_range().replace("\r\n", "\n").replace("\r", "\n")
        text.close()
        page.close()
