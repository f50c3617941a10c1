"""EPUB books: their chapters in reading order."""

from collections.abc import Iterator
from pathlib import PurePosixPath
from posixpath import normpath
from typing import TYPE_CHECKING
from urllib.parse import unquote

from treadle.engine.errors import TextExtractionError

from .bounds import Bounds
from .html import html_lines
from .markup import Element, parse_xml
from .package import open_package
from .text import decode

if TYPE_CHECKING:
    from zipfile import ZipFile


def epub_text(data: bytes, bounds: Bounds) -> str:
    """The lines of all chapters, in the order of the book's spine."""
    with open_package(data, bounds) as archive:
        return "\n".join(bounds.counted(line for chapter in chapters(archive) for line in html_lines(chapter)))


def chapters(archive: "ZipFile") -> Iterator[str]:
    """The pages of a book in the order of its spine. Raises TextExtractionError."""
    roots = _tree(archive, "META-INF/container.xml").iterfind(".//{*}rootfile")
    path = next((root.get("full-path") for root in roots), None)
    if not path:
        raise TextExtractionError("The EPUB file names no package document.")
    package = _tree(archive, path)
    items = {item.get("id"): item.get("href") for item in package.iterfind(".//{*}manifest/{*}item")}
    names = set(archive.namelist())
    for reference in package.iterfind(".//{*}spine/{*}itemref"):
        href = items.get(reference.get("idref"))
        name = normpath(str(PurePosixPath(path).parent / unquote(href.partition("#")[0]))) if href else ""
        if name in names:
            yield decode(archive.read(name))


def _tree(archive: "ZipFile", name: str) -> Element:
    try:
        return parse_xml(archive.read(name))
    except KeyError:
        raise TextExtractionError(f"The EPUB file lacks its part {name}.") from None
