"""Tables as Markdown, and the files that are tables: CSV, Excel."""

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from io import BytesIO, StringIO
from typing import TYPE_CHECKING, Any, Literal, cast

from treadle.engine.errors import TextExtractionError

from .bounds import Bounds, Count
from .package import OLE_MAGIC, open_package
from .text import decode

if TYPE_CHECKING:
    from xlrd.sheet import Cell, Sheet

_EMPTY = "nan"
"""How an empty cell of a sheet reads."""


def markdown_table(rows: Iterable[Sequence[str]], *, line_break: str = " ", rule: Callable[[str], str]) -> str:
    """`rows`, the first as the header, a line each. A line break within a cell becomes `line_break`.

    `rule` gives the dashes below a header cell. Empty without rows.
    """
    lines: list[str] = []
    for row in rows:
        lines.append(_line(_cell(text, line_break) for text in row))
        if len(lines) == 1:
            lines.append(_line(rule(text) for text in row))
    return "".join(lines)


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |\n"


def _cell(text: str, line_break: str) -> str:
    return line_break.join(text.splitlines()).replace("|", r"\|")


def short_rule(_: str) -> str:
    """Three dashes below every header."""
    return "---"


def long_rule(header: str) -> str:
    """As many dashes as the header is long."""
    return "-" * max(len(header), 1)


def csv_text(data: bytes, bounds: Bounds) -> str:
    """A Markdown table; empty for an empty file."""
    rows = (row for row in csv.reader(StringIO(decode(data), newline="")) if row)
    return "".join(bounds.counted([markdown_table(bounds.rows(rows), rule=long_rule)]))


def excel_text(data: bytes, bounds: Bounds) -> str:
    """Every sheet as a Markdown table, a blank line behind each. The content tells the older format from the newer."""
    sheets = (rows for _, rows in old_sheets(data)) if data.startswith(OLE_MAGIC) else _sheets(data, bounds)
    count = Count(bounds)
    return "".join(bounds.counted(_sheet_text(rows, count) for rows in sheets))


def _sheet_text(rows: Iterator[list[str]], count: Count) -> str:
    """One sheet; empty when it is empty or cannot be read."""
    kept: list[list[str]] = []
    try:
        for row in rows:
            count.row(row)
            if any(text != _EMPTY for text in row):
                kept.append(row)
    except TextExtractionError:
        raise
    except Exception:  # one damaged sheet leaves the others readable
        return ""
    if not kept:
        return ""
    width = max(_filled(row) for row in kept)
    header = [text if text != _EMPTY else f"Unnamed: {at}" for at, text in enumerate(_wide(kept[0], width))]
    body = (_wide(row, width) for row in kept[1:])
    return markdown_table([header, *body], rule=long_rule) + "\n"


def _filled(row: Sequence[str]) -> int:
    """The width of a row without the empty cells at its end."""
    width = len(row)
    while width and row[width - 1] == _EMPTY:
        width -= 1
    return width


def _wide(row: list[str], width: int) -> list[str]:
    return [*row[:width], *[_EMPTY] * (width - len(row))]


def _sheets(data: bytes, bounds: Bounds) -> Iterator[Iterator[list[str]]]:
    from openpyxl import load_workbook

    open_package(data, bounds, as_trees=False).close()
    workbook = load_workbook(BytesIO(data), read_only=True, data_only=True, keep_links=False)
    for sheet in workbook.worksheets:
        cast("Any", sheet).reset_dimensions()  # what a file says of its size may be wrong
        rows = cast("Iterator[tuple[object, ...]]", sheet.iter_rows(values_only=True))
        yield ([_EMPTY if value is None else str(value) for value in row] for row in rows)


def old_sheets(data: bytes) -> Iterator[tuple[str, Iterator[list[str]]]]:
    """The name and the rows of every sheet of a file in Excel's older format; an empty cell is `nan`."""
    import xlrd

    book = xlrd.open_workbook(file_contents=data, on_demand=True, ragged_rows=True, logfile=StringIO())
    for number in range(book.nsheets):
        sheet = book.sheet_by_index(number)
        yield sheet.name, _old_rows(sheet, 1 if book.datemode else 0)
        book.unload_sheet(number)


def _old_rows(sheet: "Sheet", datemode: Literal[0, 1]) -> Iterator[list[str]]:
    return ([_old_cell(cell, datemode) for cell in sheet.row(at)] for at in range(sheet.nrows))


def _old_cell(cell: "Cell", datemode: Literal[0, 1]) -> str:
    import xlrd

    value: Any = cell.value
    match cell.ctype:
        case xlrd.XL_CELL_EMPTY | xlrd.XL_CELL_BLANK:
            return _EMPTY
        case xlrd.XL_CELL_NUMBER:
            return str(int(value) if float(value).is_integer() else value)
        case xlrd.XL_CELL_DATE:
            moment: datetime = xlrd.xldate_as_datetime(value, datemode)
            return str(moment)
        case xlrd.XL_CELL_BOOLEAN:
            return str(bool(value))
        case xlrd.XL_CELL_ERROR:
            return str(xlrd.error_text_from_code.get(value, value))
        case _:
            return str(value)
