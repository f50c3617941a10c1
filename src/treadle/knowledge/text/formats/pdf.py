"""PDF files: a piece for every page, its lines put together to paragraphs, headings, lists and tables.

The library gives the characters in reading order and where each stands. A line belongs to the paragraph above it when
that one runs to the right edge; what is set larger than the text of most pages is a heading; neighbouring lines whose
words stand in columns are a table. Lines of characters are measured at their words only, which keeps this quick.
"""

import ctypes
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, cast

from treadle.documents.pdf import opened_pdf
from treadle.documents.tables import markdown_table, short_rule
from treadle.engine.errors import TextExtractionError
from treadle.knowledge.text.pieces import Piece

from .reading import Reading

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument, PdfPage

_SAMPLED_PAGES: Final = 24
_LEAST_PAGES: Final = 4
"""Of a document that has titles and numbers running along its pages."""
_PAGE_NUMBER = re.compile(r"[-–—\s]*(?:\d{1,4}|[ivxlc]{1,7})(?:\s*(?:/|of)\s*\d{1,4})?[-–—\s]*")
_LARGER: Final = 1.15
_LONGEST_HEADING: Final = 150
_CELL_GAP: Final = 1.6
"""Of the size of the letters: how far apart the words of two cells are at least."""
_LEAST_COLUMN_LINES: Final = 6
_COLUMN_WIDTH: Final = 28
"""Characters that a line of a column has on average; cells of tables have fewer."""
_WORD = re.compile(r"\S+")
_BULLET = re.compile(r"[•◦▪●○■□‣–·*\uf0b7]\s+")
_ITEM = re.compile(r"(?:[-–—•◦▪●○■‣·*\uf0b7]|\(?\d{1,3}[.)]|\(?[a-z][.)])\s")
_HYPHENS: Final = ("\ufffe", "\x02", "\xad")
_SMALLEST_IMAGE: Final = 48
_CJK = re.compile("[\u3000-\u30ff\u3400-\u9fff\uac00-\ud7af\uff00-\uffef]")


@dataclass(slots=True)
class _Line:
    """A line of a page. Positions in points from the lower left; `cells` are its words grouped by wide gaps."""

    text: str
    left: float
    right: float
    bottom: float
    top: float
    size: float
    cells: list[tuple[float, float, str]]


def pdf_pieces(data: bytes, reading: Reading) -> Iterator[Piece]:
    """The pages that say something. Pages that are pictures of text are told in the reading's notices."""
    with opened_pdf(data, reading.bounds) as document:
        yield from reading.counted(_pages(document, reading))


def _pages(document: "PdfDocument", reading: Reading) -> Iterator[Piece]:
    until = monotonic() + reading.bounds.seconds
    body, sizes, running = _sampled(document)
    contents = _contents(document)
    pictured: list[int] = []
    path: tuple[str, ...] | None = None
    for number in range(len(document)):
        if monotonic() > until:
            raise TextExtractionError(f"The PDF file takes too long to read: {number} pages were read; split it.")
        here = contents.get(number, [])
        page = document[number]
        try:
            whole, headings = _lines(page), _Headings(body, sizes, here)
            lines = _without_running(whole, running) if len(document) >= _LEAST_PAGES else whole
            text = _page_text(lines, headings)
            if not text and not _has_picture(page):  # what stands alone on its page is no running title
                text = _page_text([line for line in whole if not _PAGE_NUMBER.fullmatch(line.text)], headings)
            if text:
                images = _images(page, reading)
                heading = path or (here[0] if here else None)
                yield Piece("\n\n".join([text, *images]), page=number, heading=heading, source=f"page {number + 1}")
            elif _has_picture(page):
                pictured.append(number + 1)
        finally:
            page.close()
        path = here[-1] if here else path
    if pictured:
        which = f"Page {pictured[0]} is a picture" if len(pictured) == 1 else f"Pages {_ranges(pictured)} are pictures"
        reading.notice(f"{which} without a text layer and could not be read; run text recognition (OCR) over the file.")


class _Headings:
    """What makes a line of a page a heading: that the table of contents names it, or that it is set larger than text.

    `sizes` are those larger ones, the largest first; `named` the entries for this page.
    """

    def __init__(self, body: float, sizes: Sequence[float], named: Sequence[tuple[str, ...]]) -> None:
        self._body = body
        self._sizes = sizes
        self._named = {letters: min(len(path), 6) for path in named if (letters := _letters(path[-1]))}

    def level(self, line: _Line) -> int:
        """The level of a heading, 0 for text."""
        if self._named and len(line.text) <= _LONGEST_HEADING and (level := self._named.get(_letters(line.text))):
            return level
        if not self._body or line.size < self._body * _LARGER:
            return 0
        return min(1 + sum(size > line.size + 0.25 for size in self._sizes), 6)


def _letters(text: str) -> str:
    """Only the letters, in one case: numbers and spaces of a heading differ from its entry in the contents."""
    return "".join(letter for letter in text.lower() if letter.isalpha())


def _page_text(lines: list[_Line], headings: _Headings) -> str:
    """A page as Markdown."""
    blocks = _blocks(lines, headings)
    parts: list[str] = []
    for kind, text in blocks:
        if parts:
            parts.append("\n\n" if kind != "text" or parts[-1].endswith("\x00") else "\n")
        parts.append(text + ("\x00" if kind != "text" else ""))
    return "".join(parts).replace("\x00", "").strip()


def _lines(page: "PdfPage") -> list[_Line]:
    import pypdfium2.raw as pdfium

    textpage = page.get_textpage()
    try:
        text, at_of = _characters(textpage)
        raw = textpage.raw
        edges = [ctypes.c_double() for _ in range(4)]
        pointers = [ctypes.byref(edge) for edge in edges]
        left, right, bottom, top = edges
        matrix = pdfium.FS_MATRIX()
        lines: list[_Line] = []
        start = 0
        for line in text.splitlines(keepends=True):
            words = list(_WORD.finditer(line))
            if words:
                cells: list[tuple[float, float, str]] = []
                size = 0.0
                low, high = 0.0, 0.0
                for word in words:
                    first, last = at_of(start + word.start()), at_of(start + word.end() - 1)
                    pdfium.FPDFText_GetCharBox(raw, first, *pointers)
                    begin, end = left.value, right.value
                    if not cells:
                        size = _size(pdfium, raw, first, matrix) or top.value - bottom.value
                        low, high = bottom.value, top.value
                    low, high = min(low, bottom.value), max(high, top.value)
                    if last != first:
                        pdfium.FPDFText_GetCharBox(raw, last, *pointers)
                        end = right.value
                    if cells and 0 <= begin - cells[-1][1] < _CELL_GAP * max(size, 1):
                        cells[-1] = (cells[-1][0], end, f"{cells[-1][2]} {word.group()}")
                    else:
                        cells.append((begin, end, word.group()))
                lines.append(
                    _Line(" ".join(line.split()), cells[0][0], max(cell[1] for cell in cells), low, high, size, cells)
                )
            start += len(line)
        return lines
    finally:
        textpage.close()


def _size(pdfium: Any, raw: Any, character: int, matrix: Any) -> float:
    """The size of a letter as it is seen: that of its font, times what the page makes of it."""
    size = float(pdfium.FPDFText_GetFontSize(raw, character))
    if pdfium.FPDFText_GetMatrix(raw, character, ctypes.byref(matrix)):
        size *= (matrix.c**2 + matrix.d**2) ** 0.5
    return size


def _characters(textpage: Any) -> tuple[str, Any]:
    """The text of a page, and which character of the page is at a place in it."""
    import pypdfium2.raw as pdfium

    count = textpage.count_chars()
    text: str = textpage.get_text_range()
    if len(text) == count:
        return text, int
    raw = textpage.raw
    codes = [pdfium.FPDFText_GetUnicode(raw, at) for at in range(count)]
    places = [at for at, code in enumerate(codes) if code and not 0xDC00 <= code <= 0xDFFF]
    letters = "".join(
        chr(0x10000 + ((codes[at] - 0xD800) << 10) + (codes[at + 1] - 0xDC00))
        if 0xD800 <= codes[at] <= 0xDBFF and at + 1 < count and 0xDC00 <= codes[at + 1] <= 0xDFFF
        else chr(codes[at])
        for at in places
    )
    return letters.encode("utf-8", "replace").decode(), places.__getitem__


def _blocks(lines: list[_Line], headings: _Headings) -> Iterator[tuple[str, str]]:
    """Kind (`text`, `heading`, `table`) and text of what a page is made of."""
    edge = max((line.right for line in lines), default=0.0)
    at = 0
    while at < len(lines):
        table = _table_at(lines, at)
        if table:
            if _is_columns(table):
                for column in zip(*table, strict=True):
                    yield "text", _clean(_column(column))
            else:
                yield "table", markdown_table(table, rule=short_rule).rstrip("\n")
            at += len(table)
            continue
        line = lines[at]
        level = headings.level(line)
        paragraph = line.text
        at += 1
        while at < len(lines) and _goes_on(lines[at - 1], lines[at], level, edge, headings):
            paragraph = _joined(paragraph, lines[at].text)
            at += 1
        if level and len(paragraph) <= _LONGEST_HEADING and any(letter.isalpha() for letter in paragraph):
            yield "heading", f"{'#' * level} {_clean(paragraph)}"
        else:
            yield "text", _BULLET.sub("- ", _clean(paragraph), count=1)


def _goes_on(line: _Line, following: _Line, level: int, edge: float, headings: _Headings) -> bool:
    """True when `following` continues the paragraph or heading that `line` ends with."""
    if headings.level(following) != level or _ITEM.match(following.text):
        return False
    gap = line.bottom - following.top
    if not -line.size < gap < line.size * 0.9:
        return False
    if level:
        return True
    if line.text.endswith(_HYPHENS):
        return True
    last = line.text.rstrip()[-1:]
    width = max(edge - line.left, 1)
    if line.right < edge - width * 0.12:
        return last not in ".!?:;。！？：" and following.text[:1].islower() and following.left <= line.left + line.size
    return True


def _joined(text: str, following: str) -> str:
    if text.endswith(_HYPHENS):
        return text[:-1] + following
    if text[-1:] == "-" and text[-2:-1].isalpha() and following[:1].islower():
        return text + following
    if _CJK.match(text[-1:]) and _CJK.match(following[:1]):
        return text + following
    return f"{text} {following}"


def _clean(text: str) -> str:
    for hyphen in _HYPHENS:
        text = text.replace(hyphen, "")
    return text


def _table_at(lines: list[_Line], start: int) -> list[list[str]]:
    """The rows of the table that begins with a line, none when it begins there none."""
    if len(lines[start].cells) < 2:
        return []
    end = start
    columns: list[tuple[float, float]] = []
    while end < len(lines) and len(lines[end].cells) > 1:
        if end > start and lines[end - 1].bottom - lines[end].top > 2.5 * lines[end].size:
            break
        widened = _with(columns, lines[end])
        if columns and len(widened) < len(columns):
            break
        columns = widened
        end += 1
    if end - start < 3 or len(columns) < 2:
        return []
    rows: list[list[str]] = []
    for line in lines[start:end]:
        row = [""] * len(columns)
        for left, right, text in line.cells:
            at = next(at for at, (begin, stop) in enumerate(columns) if left <= stop and right >= begin)
            row[at] = f"{row[at]} {text}".strip()
        rows.append(row)
    filled = sum(1 for row in rows for text in row if text)
    return rows if filled >= 0.6 * len(rows) * len(columns) else []


def _is_columns(table: list[list[str]]) -> bool:
    """True when what looks like a table is text set in columns, row by row."""
    cells = [text for row in table for text in row if text]
    return len(table) >= _LEAST_COLUMN_LINES and sum(map(len, cells)) >= _COLUMN_WIDTH * len(cells)


def _column(lines: Sequence[str]) -> str:
    text = ""
    for line in lines:
        if line:
            text = _joined(text, line) if text else line
    return text


def _with(columns: list[tuple[float, float]], line: _Line) -> list[tuple[float, float]]:
    """The columns that the cells so far and those of `line` stand in: stretches that touch are one."""
    merged: list[tuple[float, float]] = []
    for left, right in sorted([*columns, *((left, right) for left, right, _ in line.cells)]):
        if merged and left <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], right))
        else:
            merged.append((left, right))
    return merged


def _sampled(document: "PdfDocument") -> tuple[float, list[float], frozenset[str]]:
    """What some of the pages show of all: the size of most letters, the larger ones, the largest first, and the
    letters of the titles that run along the edges of pages."""
    found: Counter[float] = Counter()
    edges: Counter[str] = Counter()
    sample = range(0, len(document), max(len(document) // _SAMPLED_PAGES, 1))
    for number in sample:
        page = document[number]
        lines = _lines(page)
        page.close()
        for line in lines:
            found[round(line.size * 2) / 2] += len(line.text)
        edges.update({_letters(line.text) for line in (*lines[:1], *lines[-1:])})
    running = frozenset(letters for letters, count in edges.items() if letters and count >= max(3, len(sample) / 4))
    if not found:
        return 0.0, [], running
    body = found.most_common(1)[0][0]
    distinct: list[float] = []
    for size in sorted((size for size in found if size >= body * _LARGER), reverse=True):
        if not distinct or distinct[-1] - size > 0.75:
            distinct.append(size)
    return body, distinct[:6], running


def _without_running(lines: list[_Line], running: frozenset[str]) -> list[_Line]:
    """The lines of a page without the title and the number that run along its edges."""

    def runs(line: _Line) -> bool:
        return _letters(line.text) in running or bool(_PAGE_NUMBER.fullmatch(line.text))

    start, end = 0, len(lines)
    while start < min(2, end) and runs(lines[start]):
        start += 1
    while end > max(start, len(lines) - 2) and runs(lines[end - 1]):
        end -= 1
    return lines[start:end]


def _contents(document: "PdfDocument") -> dict[int, list[tuple[str, ...]]]:
    """The headings of the file's table of contents by page, each with those above it."""
    found: dict[int, list[tuple[str, ...]]] = {}
    above: list[str] = []
    try:
        for entry in cast("Any", document).get_toc(max_depth=6):
            destination = entry.get_dest()
            page: int | None = destination.get_index() if destination is not None else None
            above = [*above[: entry.level], " ".join(str(entry.get_title()).split())]
            if page is not None:
                found.setdefault(page, []).append(tuple(above))
    except Exception:  # a damaged table of contents leaves the pages readable
        return {}
    return found


def _images(page: "PdfPage", reading: Reading) -> Iterator[str]:
    """The images of a page, when they are kept; small ones are ornaments."""
    if reading.keep_image is None:
        return
    import pypdfium2.raw as pdfium
    from pypdfium2 import PdfImage

    for image in cast("Any", page).get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=4):
        if not isinstance(image, PdfImage):
            continue
        width, height = image.get_px_size()
        if min(width, height) < _SMALLEST_IMAGE or width * height > 50_000_000:
            continue
        written = BytesIO()
        try:
            image.extract(written, fb_format="png")
        except Exception:  # forms of images that the library cannot take out
            reading.notice("An image in a form that cannot be shown was left out.")
            continue
        data = written.getvalue()
        kind = "image/jpeg" if data.startswith(b"\xff\xd8") else "image/png" if data.startswith(b"\x89PNG") else ""
        if link := reading.image(data, kind):
            yield link


def _has_picture(page: "PdfPage") -> bool:
    import pypdfium2.raw as pdfium

    objects = cast("Any", page).get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=4)
    return next(iter(objects), None) is not None


def _ranges(numbers: list[int]) -> str:
    """`1 to 3, 7` for 1, 2, 3, 7."""
    parts: list[str] = []
    start = previous = numbers[0]
    for number in [*numbers[1:], -1]:
        if number == previous + 1:
            previous = number
            continue
        parts.append(str(start) if start == previous else f"{start} to {previous}")
        start = previous = number
    return ", ".join(parts)
