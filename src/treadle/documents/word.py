"""Word files: paragraphs and tables in their order."""

from collections.abc import Iterator
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final, cast

from .bounds import Bounds
from .package import open_package
from .tables import markdown_table, short_rule

_MOST_COLUMNS: Final = 63
"""Of a table in Word."""

if TYPE_CHECKING:
    from docx.document import Document as WordDocument
    from docx.table import Table
    from docx.text.hyperlink import Hyperlink
    from docx.text.paragraph import Paragraph
    from docx.text.run import Run


_W: Final = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_TRANSPARENT: Final = frozenset(
    f"{_W}{name}" for name in ("sdt", "sdtContent", "ins", "moveTo", "smartTag", "customXml", "fldSimple")
)
"""What is put around text without being a part of it: forms, corrections that stand, fields."""


def word_text(data: bytes, bounds: Bounds) -> str:
    """Paragraphs and tables, joined by newlines; tables as Markdown, line breaks of a cell as `<br>`."""
    from docx import Document

    open_package(data, bounds).close()
    return "\n".join(bounds.counted(_blocks(Document(BytesIO(data)), bounds)))


def _blocks(document: "WordDocument", bounds: Bounds) -> Iterator[str]:
    from docx.table import Table

    for block in word_blocks(document):
        if not isinstance(block, Table):
            yield "".join(part.text for part in word_parts(block))
        elif table := word_table(block, bounds):
            yield table


def word_blocks(document: "WordDocument") -> "Iterator[Paragraph | Table]":
    """Paragraphs and tables in their order, those in forms and corrections too, which the library passes over."""
    from docx.table import Table
    from docx.text.paragraph import Paragraph

    for element in _within(cast("Any", document)._body._element):
        if element.tag == f"{_W}p":
            yield Paragraph(element, cast("Any", document)._body)
        elif element.tag == f"{_W}tbl":
            yield Table(element, cast("Any", document)._body)


def word_parts(paragraph: "Paragraph") -> "Iterator[Run | Hyperlink]":
    """The runs and links of a paragraph, without what a correction took out."""
    from docx.text.hyperlink import Hyperlink
    from docx.text.run import Run

    for element in _within(cast("Any", paragraph)._p):
        if element.tag == f"{_W}r":
            yield Run(element, paragraph)
        elif element.tag == f"{_W}hyperlink":
            yield Hyperlink(element, cast("Any", paragraph))


def _within(element: Any) -> Iterator[Any]:
    """The children of an element, with those of what is only put around them in its place."""
    waiting = [iter(element)]
    while waiting:
        child = next(waiting[-1], None)
        if child is None:
            waiting.pop()
        elif child.tag in _TRANSPARENT:
            waiting.append(iter(child))
        else:
            yield child


def word_table(table: "Table", bounds: Bounds) -> str:
    """The table as Markdown; empty when all of its cells are."""
    rows = list(bounds.rows(_rows(table)))
    if not any(text for row in rows for text in row):
        return ""
    return markdown_table(rows, line_break="<br>", rule=short_rule)


def _rows(table: "Table") -> Iterator[list[str]]:
    """The texts of the cells; a cell that spans columns or rows is there in each.

    The library's own reading takes whatever span a file claims, and climbs up a merged column from each of its cells.
    """
    above: list[str] = []
    for row in table._tbl.tr_lst:  # pyright: ignore[reportPrivateUsage]
        texts: list[str] = []
        for cell in row.tc_lst:
            if cell.vMerge == "continue":
                text = above[len(texts)] if len(texts) < len(above) else ""
            else:
                text = "\n".join(paragraph.text for paragraph in cell.p_lst).strip()
            texts += [text] * min(cell.grid_span, _MOST_COLUMNS)
        yield texts
        above = texts
