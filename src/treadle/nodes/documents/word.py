"""Word files: paragraphs and tables in their order."""

from collections.abc import Iterator
from io import BytesIO
from typing import TYPE_CHECKING, Final

from .bounds import Bounds
from .package import open_package
from .tables import markdown_table, short_rule

_MOST_COLUMNS: Final = 63
"""Of a table in Word."""

if TYPE_CHECKING:
    from docx.document import Document as WordDocument
    from docx.table import Table


def word_text(data: bytes, bounds: Bounds) -> str:
    """Paragraphs and tables, joined by newlines; tables as Markdown, line breaks of a cell as `<br>`."""
    from docx import Document

    open_package(data, bounds).close()
    return "\n".join(bounds.counted(_blocks(Document(BytesIO(data)), bounds)))


def _blocks(document: "WordDocument", bounds: Bounds) -> Iterator[str]:
    from docx.table import Table

    for block in document.iter_inner_content():
        if not isinstance(block, Table):
            yield block.text
        elif table := word_table(block, bounds):
            yield table


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
