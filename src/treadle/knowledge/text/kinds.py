"""What a file is, judged by its content and then by its name: a wrong extension misleads nobody."""

import io
import zipfile
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

from treadle.documents.text import MARKS
from treadle.documents.utf16 import CONTROL, utf16_order

from .pieces import ExtractionError

Kind: TypeAlias = Literal[
    "text", "markdown", "html", "pdf", "docx", "pptx", "xlsx", "xls", "csv", "epub", "eml", "msg", "xml", "json",
    "yaml", "properties", "vtt",
]  # fmt: skip

_TEXTS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        "md": "markdown", "markdown": "markdown", "mdx": "markdown", "html": "html", "htm": "html", "xhtml": "html",
        "csv": "csv", "eml": "eml", "xml": "xml", "json": "json", "yaml": "yaml", "yml": "yaml",
        "properties": "properties", "vtt": "vtt",
    }
)  # fmt: skip
_PACKAGES: Final[tuple[tuple[str, Kind], ...]] = (
    ("word/document.xml", "docx"),
    ("xl/workbook.xml", "xlsx"),
    ("ppt/presentation.xml", "pptx"),
    ("META-INF/container.xml", "epub"),
)
_BINARY: Final = (
    "pdf", "docx", "doc", "pptx", "ppt", "xlsx", "xls", "epub", "msg",
)  # fmt: skip
EXTENSIONS: Final = frozenset({"txt", *_TEXTS, "pdf", "docx", "pptx", "xlsx", "xls", "epub", "msg"})
"""The extensions that the page for uploads names; files of other text formats are read as text."""

_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MEDIA: Final = (
    (b"\x89PNG", "an image"), (b"\xff\xd8\xff", "an image"), (b"GIF8", "an image"),
    (b"RIFF", "an image or a recording"),
    (b"ID3", "a recording"), (b"OggS", "a recording"), (b"\x7fELF", "a program"), (b"MZ", "a program"),
    (b"\x1f\x8b", "a packed file; unpack it first"), (b"BZh", "a packed file; unpack it first"),
    (b"\xfd7zXZ", "a packed file; unpack it first"), (b"7z\xbc\xaf", "a packed file; unpack it first"),
    (b"Rar!", "a packed file; unpack it first"), (b"SQLite format 3", "a database"),
)  # fmt: skip
_MARKS: Final = tuple(mark for mark, _ in MARKS)
_SAMPLE: Final = 64 * 1024


def kind_of(data: bytes, name: str) -> Kind:
    """What `data`, uploaded under `name`, is. Raises ExtractionError for what holds no text or is of an old format."""
    extension = name.rpartition(".")[2].lower() if "." in name else ""
    head = data[:_SAMPLE]
    if b"%PDF-" in head[:1024]:
        return "pdf"
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _package(data, extension)
    if data.startswith(_OLE):
        return _compound(data, extension)
    if head.startswith(b"{\\rtf"):
        raise ExtractionError("The file is in the format RTF, which cannot be read; save it as .docx.")
    for magic, what in _MEDIA:
        if head.startswith(magic) and not _is_text(head):
            raise ExtractionError(f"The file holds no text: by its content it is {what}.")
    if not _is_text(head):
        raise ExtractionError(
            "The file holds no text: its content is binary and of no known format; it may be damaged."
        )
    if extension in _TEXTS:
        return _TEXTS[extension]
    return "html" if extension in _BINARY and _is_page(head) else "text"


def _package(data: bytes, extension: str) -> Kind:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
            locked = any(part.flag_bits & 1 for part in archive.infolist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise ExtractionError(
            "The file is damaged: it is cut off or was changed on the way; upload it again."
        ) from error
    if locked:
        raise ExtractionError("The file is protected by a password; save it anew without one.")
    for part, kind in _PACKAGES:
        if part in names:
            return kind
    for kind in ("docx", "xlsx", "pptx"):  # a file that keeps its main part elsewhere
        if extension == kind and "[Content_Types].xml" in names:
            return kind
    raise ExtractionError("The file is a zip archive; unpack it and add the documents in it.")


def _compound(data: bytes, extension: str) -> Kind:
    """The kind of a file in Microsoft's older container, by the names of the streams in it."""

    def has(name: str) -> bool:
        return name.encode("utf-16-le") in data

    if has("EncryptedPackage"):
        raise ExtractionError("The file is protected by a password; save it anew without one.")
    if has("__substg1.0_") or extension == "msg":
        return "msg"
    if has("WordDocument"):
        raise ExtractionError("Files of the old Word format .doc cannot be read; save it as .docx.")
    if has("PowerPoint Document"):
        raise ExtractionError("Files of the old PowerPoint format .ppt cannot be read; save it as .pptx.")
    if has("Workbook") or has("Book") or extension == "xls":
        return "xls"
    raise ExtractionError("The file is of an older format that cannot be read; save it in a newer one.")


def _is_text(head: bytes) -> bool:
    """False for bytes that no text has many of."""
    if head.startswith(_MARKS) or utf16_order(head):
        return True
    return 0 not in head and len(head.translate(None, CONTROL)) >= len(head) * 0.95


def _is_page(head: bytes) -> bool:
    start = head[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return start.startswith((b"<!doctype html", b"<html", b"<head", b"<table", b"<meta"))
