"""PDF files: their text layer."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING

from treadle.engine.errors import TextExtractionError

from .bounds import Bounds

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument

_ONE_AT_A_TIME = Lock()
"""The library must not be called from two threads at once."""


def pdf_text(data: bytes, bounds: Bounds) -> str:
    """The text of all pages, one directly behind the other. A scanned page has none."""
    if not _ONE_AT_A_TIME.acquire(timeout=bounds.seconds):
        raise TextExtractionError("Another PDF file is still being read; try again later.")
    try:
        return _text(data, bounds)
    finally:
        _ONE_AT_A_TIME.release()


@contextmanager
def opened_pdf(data: bytes, bounds: Bounds) -> "Generator[PdfDocument]":
    """The document, closed in the end. Raises TextExtractionError for what cannot be opened or has too many pages."""
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        reason = "it is protected by a password" if "password" in str(error).lower() else "it is damaged"
        raise TextExtractionError(f"The PDF file cannot be read: {reason}.") from error
    try:
        if len(document) > bounds.pages:
            raise TextExtractionError(f"The PDF file has {len(document):,} pages, more than {bounds.pages:,}.")
        yield document
    finally:
        document.close()


def _text(data: bytes, bounds: Bounds) -> str:
    with opened_pdf(data, bounds) as document:
        return "".join(bounds.counted(_pages(document, monotonic() + bounds.seconds)))


def _pages(document: "PdfDocument", until: float) -> Iterator[str]:
    for number in range(len(document)):
        if monotonic() > until:
            raise TextExtractionError(f"The PDF file takes too long to read: {number} pages were read; split it.")
        page = document[number]
        text = page.get_textpage()
        yield text.get_text_range().replace("\r\n", "\n").replace("\r", "\n")
        text.close()
        page.close()
