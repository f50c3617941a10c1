"""Tables in files: a piece for every row. Source: spec knowledge §5."""

import csv
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO, StringIO
from itertools import chain, islice
from typing import Any, Final, cast
from zipfile import ZipFile

from treadle.documents.markup import parse_xml
from treadle.documents.package import OLE_MAGIC, open_package
from treadle.documents.tables import old_sheets
from treadle.documents.text import decode
from treadle.knowledge.text.pieces import Piece

from .reading import Reading

_HEADER_WITHIN: Final = 10
_DELIMITERS: Final = ",;\t|"
_LINK = re.compile(rb"<(?:\w+:)?hyperlink\b[^<>]*>")
_ATTRIBUTE = re.compile(r"""([\w:]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")

Row = Sequence[str | None]


def csv_pieces(data: bytes, reading: Reading) -> Iterator[Piece]:
    """`column: value;…` of every row. Rows with more cells than the header are broken and left out.

    Remarks above the header, lines of one cell, are titles.
    """
    csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
    text = decode(data)
    rows = (row for row in csv.reader(StringIO(text, newline=""), delimiter=_delimiter(text)) if row)
    return reading.counted(_csv_rows(reading.bounds.rows(rows), reading))


def _csv_rows(rows: Iterator[list[str]], reading: Reading) -> Iterator[Piece]:
    first = list(islice(rows, _HEADER_WITHIN))
    if not first:
        return
    at = next((at for at, row in enumerate(first) if len(row) > 1 and not _is_remark(row, first[at + 1 :])), 0)
    header, titles = first[at], tuple(",".join(row).strip() for row in first[:at])
    body = chain(first[at + 1 :], rows)
    broken, alone = 0, True
    for number, row in enumerate(body, at + 2):
        alone = False
        if len(row) > len(header):
            broken += 1
            continue
        cells = [*row, *[""] * (len(header) - len(row))]
        text = ";".join(f"{name}: {value or 'nan'}" for name, value in zip(header, cells, strict=True))
        yield Piece(text, heading=titles, source=f"row {number}")
    if alone:
        yield Piece(";".join(header), heading=titles, source=f"row {at + 1}")
    if broken:
        reading.notice(f"{broken:,} lines have more cells than the header and were left out.")


def _is_remark(row: list[str], below: Sequence[list[str]]) -> bool:
    """A line such as `# Source: a, b` above a wider table; `#id,name` may be a header."""
    return row[0].startswith("#") and bool(below) and len(row) < len(below[0])


def _delimiter(text: str) -> str:
    """What parts the cells: the sign that the first line, remarks aside, has most of; a comma when it has none."""
    lines = text.lstrip("\n")[:65536].split("\n", _HEADER_WITHIN)
    line = next((line for line in lines if not line.startswith("#")), lines[0])
    return max(_DELIMITERS, key=lambda sign: (line.count(sign), -_DELIMITERS.index(sign)))


def excel_pieces(data: bytes, reading: Reading) -> Iterator[Piece]:
    """`"column":"value";…` of every row that is not blank, sheet after sheet; the header where it stands alone."""
    return reading.counted(_old(data, reading) if data.startswith(OLE_MAGIC) else _new(data, reading))


def _new(data: bytes, reading: Reading) -> Iterator[Piece]:
    from openpyxl import load_workbook

    with open_package(data, reading.bounds, as_trees=False) as archive:
        workbook = load_workbook(BytesIO(data), read_only=True, data_only=True, keep_links=False)
        for sheet in workbook.worksheets:
            opened = cast("Any", sheet)
            opened.reset_dimensions()  # what a file says of its size may be wrong
            links = _links(archive, str(opened._worksheet_path))
            rows = cast("Iterator[tuple[object, ...]]", opened.iter_rows(values_only=True))
            texts = ([None if value is None else str(value) for value in row] for row in rows)
            yield from _rows(str(opened.title), texts, reading, links)


def _old(data: bytes, reading: Reading) -> Iterator[Piece]:
    for name, rows in old_sheets(data):
        yield from _rows(name, ([None if text == "nan" else text for text in row] for row in rows), reading, {})


def _rows(sheet: str, rows: Iterator[list[str | None]], reading: Reading, links: Mapping[str, str]) -> Iterator[Piece]:
    counted = _counted(rows, reading)
    first = list(islice(counted, _HEADER_WITHIN))
    at = next((at for at, row in enumerate(first) if sum(map(_filled, row)) > 1), 0)
    if not first:
        return
    header = [(text or "").strip() for text in first[at]]
    titles = tuple(text.strip() for row in first[:at] for text in row if text and text.strip())
    alone = True
    for number, row in enumerate(chain(first[at + 1 :], counted), at + 2):
        cells = [
            f'"{_name(header, column)}":"{_linked(text, column, number, links)}"'
            for column, text in enumerate(row)
            if text is not None and text.strip()
        ]
        if cells:
            alone = False
            yield Piece(";".join(cells), heading=(sheet, *titles), source=f"{sheet}, row {number}")
    if alone and any(header):
        yield Piece(";".join(filter(None, header)), heading=(sheet, *titles), source=f"{sheet}, row {at + 1}")


def _name(header: list[str], column: int) -> str:
    return (header[column] if column < len(header) else "") or f"Unnamed: {column}"


def _counted(rows: Iterator[list[str | None]], reading: Reading) -> Iterator[list[str | None]]:
    """`rows` while they stay below the bound of cells. Raises TextExtractionError."""
    from treadle.documents.bounds import Count

    count = Count(reading.bounds)
    for row in rows:
        count.row([text or "" for text in row])
        yield row


def _filled(text: str | None) -> bool:
    return bool(text and text.strip())


def _linked(text: str, column: int, row: int, links: Mapping[str, str]) -> str:
    if not links:
        return text
    from openpyxl.utils import get_column_letter

    address = links.get(f"{get_column_letter(column + 1)}{row}")
    return f"[{text}]({address})" if address else text


def _links(archive: ZipFile, path: str) -> dict[str, str]:
    """The web addresses by cell of a sheet; the library does not tell them when it reads row by row."""
    path = path.lstrip("/")
    folder, _, name = path.rpartition("/")
    relations = f"{folder}/_rels/{name}.rels"
    if relations not in archive.namelist():
        return {}
    found = [link.decode("utf-8", "replace") for link in _LINK.findall(archive.read(path))]
    if not found:
        return {}
    root = parse_xml(archive.read(relations))
    targets = {relation.get("Id"): relation.get("Target") for relation in root.iterfind("{*}Relationship")}
    links: dict[str, str] = {}
    for link in found:
        attributes = {name.rpartition(":")[2]: double or single for name, double, single in _ATTRIBUTE.findall(link)}
        target = targets.get(attributes.get("id"))
        if target and target.startswith(("http://", "https://", "mailto:")):
            links[attributes.get("ref", "").partition(":")[0]] = target
    return links
