"""The reader of every kind of file, and the one function that reads a document in this process."""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Final, TypeAlias

from treadle.engine.errors import TextExtractionError, UnsupportedFileTypeError

from .formats.html import html_pieces
from .formats.markdown import markdown_pieces
from .formats.others import (
    epub_pieces,
    json_pieces,
    mail_pieces,
    outlook_pieces,
    plain_pieces,
    properties_pieces,
    subtitles_pieces,
    xml_pieces,
    yaml_pieces,
)
from .formats.pdf import pdf_pieces
from .formats.reading import Reading
from .formats.sheets import csv_pieces, excel_pieces
from .formats.slides import slides_pieces
from .formats.word import word_pieces
from .kinds import Kind, kind_of
from .pieces import ExtractionError, Piece

Reader: TypeAlias = Callable[[bytes, Reading], Iterator[Piece]]

READERS: Final[Mapping[Kind, Reader]] = MappingProxyType(
    {
        "text": plain_pieces,
        "markdown": markdown_pieces,
        "html": html_pieces,
        "pdf": pdf_pieces,
        "docx": word_pieces,
        "pptx": slides_pieces,
        "xlsx": excel_pieces,
        "xls": excel_pieces,
        "csv": csv_pieces,
        "epub": epub_pieces,
        "eml": mail_pieces,
        "msg": outlook_pieces,
        "xml": xml_pieces,
        "json": json_pieces,
        "yaml": yaml_pieces,
        "properties": properties_pieces,
        "vtt": subtitles_pieces,
    }
)


def read(data: bytes, name: str, reading: Reading) -> Iterator[Piece]:
    """The pieces of a document. Raises ExtractionError, with one sentence for people, and MemoryError."""
    if not data:
        reading.notice("The file is empty.")
        return
    kind, silent = kind_of(data, name), True
    try:
        for piece in READERS[kind](data, reading):
            silent = silent and not piece.text.strip()
            yield piece
        if silent and not reading.notices:
            reading.notice("The file holds no text.")
    except (ExtractionError, MemoryError):
        raise
    except (TextExtractionError, UnsupportedFileTypeError) as error:
        raise ExtractionError(str(error)) from error
    except RecursionError as error:
        raise ExtractionError("The document is nested too deeply to be read; simplify it.") from error
    except Exception as error:  # every library has errors of its own for a damaged file
        if kind in ("json", "yaml"):
            reading.notice(f"The file is no well-formed {kind.upper()} and was taken as plain text.")
            yield from plain_pieces(data, reading)
            return
        if "entity amplification" in str(error):
            raise ExtractionError("The file holds entities that would grow without end, and was not read.") from error
        reason = (str(error).strip().split("\n")[0] or type(error).__name__)[:200].rstrip(".")
        raise ExtractionError(f"The {kind} file is damaged and cannot be read ({reason}); save it anew.") from error
