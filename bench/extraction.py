"""Reading, cleaning and cutting documents: how fast, and how much of real documents survives.

Real documents are the PDF and HTML files that this machine's packages bring, and those in the folder that
`BENCH_DOCUMENTS` names; without any PDF one is made.
"""

import asyncio
import os
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable
from io import BytesIO
from itertools import islice
from pathlib import Path

from treadle.documents import Bounds, extract_text
from treadle.documents.html import html_lines
from treadle.knowledge.text.chunking import iter_chunks
from treadle.knowledge.text.extraction import Extractor
from treadle.knowledge.text.formats.html import decode_html, html_markdown
from treadle.knowledge.text.formats.reading import Reading
from treadle.knowledge.text.pieces import Piece
from treadle.knowledge.text.readers import read
from treadle.knowledge.text.rules import AUTOMATIC
from treadle.knowledge.text.splitting import split_recursive
from treadle.knowledge.text.webpage import read_page
from treadle.knowledge.text.wire import PageOrder

from . import Measurement

FOLDERS = (Path("/usr/share/doc"), Path("/usr/local/share/doc"))
MOST_FILES = 60
LARGEST = 20 * 1024 * 1024
SENTENCE = "The harbour master keeps the spare key under the blue anchor, and nobody else knows about it. "
_WORD = re.compile(r"\w+")


def found(suffix: str, most: int = MOST_FILES) -> list[Path]:
    """Real documents of this kind, the same ones in every run on a machine."""
    extra = os.environ.get("BENCH_DOCUMENTS")
    folders = [*([Path(extra)] if extra else []), *FOLDERS]
    files = (path for folder in folders if folder.is_dir() for path in sorted(folder.rglob(f"*{suffix}")))
    return list(islice((path for path in files if path.is_file() and 2000 < path.stat().st_size < LARGEST), most))


def words(text: str) -> Counter[str]:
    return Counter(word.lower() for word in _WORD.findall(text))


def kept(whole: str, text: str) -> float:
    """The share of the words of `whole` that `text` has."""
    expected, there = words(whole), words(text)
    return sum((expected & there).values()) / max(sum(expected.values()), 1)


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def pieces(data: bytes, name: str) -> list[Piece]:
    return list(read(data, name, Reading(Bounds(seconds=600, characters=10**9, cells=10**8))))


def made_pdf() -> bytes:
    """A PDF of 60 pages, for machines without one."""
    from matplotlib.backends.backend_pdf import PdfPages
    from matplotlib.figure import Figure

    written = BytesIO()
    with PdfPages(written) as pages:
        for _ in range(60):
            figure = Figure(figsize=(8.27, 11.69))
            for line in range(50):
                figure.text(0.1, 0.9 - line * 0.016, SENTENCE.strip(), fontsize=9)
            pages.savefig(figure)
    return written.getvalue()


def pdf_figures() -> Iterable[Measurement]:
    files = [path.read_bytes() for path in found(".pdf")] or [made_pdf()]
    plain: list[str] = []
    read_pieces: list[list[Piece]] = []
    raw = seconds(lambda: plain.extend(extract_text(data, ".pdf", "") for data in files))
    ours = seconds(lambda: read_pieces.extend(pieces(data, "a.pdf") for data in files))
    count = sum(len(document) for document in read_pieces)
    texts = ["\n".join(piece.text for piece in document) for document in read_pieces]
    yield Measurement(f"PDF to Markdown, {len(files)} files", count / ours, "pages/s", 50, at_most=False)
    yield Measurement("yardstick: the bare text layer of the same", count / raw, "pages/s")
    yield Measurement(
        "PDF to Markdown: words kept", 100 * kept("\n".join(plain), "\n".join(texts)), "%", 95, at_most=False
    )
    titles, there = 0, 0
    for data, text in zip(files, texts, strict=True):
        headings = {_bare(line) for line in text.splitlines() if line.startswith("#")}
        outline = [_bare(title) for title in contents(data)]
        titles += len(outline)
        there += sum(any(title in heading for heading in headings) for title in outline)
    if titles:
        yield Measurement(
            f"PDF: of {titles:,} entries in tables of contents, found as headings", 100 * there / titles, "%"
        )


def _bare(text: str) -> str:
    return "".join(letter for letter in text.lower() if letter.isalpha())


def contents(data: bytes) -> list[str]:
    """The titles of a PDF's own table of contents."""
    import pypdfium2

    document = pypdfium2.PdfDocument(data)
    try:
        return [entry.get_title() for entry in document.get_toc()]
    finally:
        document.close()


def html_figures() -> Iterable[Measurement]:
    files = [path.read_bytes() for path in [*found(".html"), *found(".htm", 10)]]
    if not files:
        files = [f"<html><body>{f'<p>{SENTENCE}</p>' * 2000}</body></html>".encode()]
    size = sum(map(len, files)) / 1e6
    pages = [decode_html(data) for data in files]
    visible = "\n".join("\n".join(html_lines(page)) for page in pages)
    whole: list[str] = []
    readable: list[str] = []
    ours = seconds(lambda: whole.extend(html_markdown(page) for page in pages))
    order = PageOrder("https://example.org/", "utf-8", True)
    main = seconds(lambda: readable.extend(read_page(data, order).markdown for data in files))
    yield Measurement(f"HTML to Markdown, {len(files)} files", size / ours, "MB/s", 1, at_most=False)
    yield Measurement("HTML to Markdown: words kept", 100 * kept(visible, "\n".join(whole)), "%", 98, at_most=False)
    yield Measurement("a crawled page's content", size / main, "MB/s")
    yield Measurement("a crawled page's content: words kept", 100 * kept(visible, "\n".join(readable)), "%")


def splitting_figures() -> Iterable[Measurement]:
    line = "x" * 50_000_000
    prose = SENTENCE * (20_000_000 // len(SENTENCE))
    yield Measurement(
        "splitting one line of 50 MB",
        50 / seconds(lambda: list(split_recursive(line, 500, 50))),
        "MB/s",
        20,
        at_most=False,
    )
    yield Measurement(
        "splitting prose",
        len(prose) / 1e6 / seconds(lambda: list(split_recursive(prose, 500, 50))),
        "MB/s",
        20,
        at_most=False,
    )
    chunking = seconds(lambda: sum(1 for _ in iter_chunks([Piece(prose)], AUTOMATIC)))
    yield Measurement("cleaning and cutting prose to chunks", len(prose) / 1e6 / chunking, "MB/s", 10, at_most=False)


def row_figures() -> Iterable[Measurement]:
    table = ("name,age,city\n" + "Ann,5,Oslo\n" * 100_000).encode()
    yield Measurement("CSV to pieces", 100_000 / seconds(lambda: pieces(table, "a.csv")), "rows/s")
    from openpyxl import Workbook

    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet("S")
    for _ in range(5000):
        sheet.append(["Ann", 5, "Oslo", 1.5])
    written = BytesIO()
    workbook.save(written)
    yield Measurement("Excel to pieces", 5000 / seconds(lambda: pieces(written.getvalue(), "a.xlsx")), "rows/s")


async def _process_figures() -> list[Measurement]:
    async with Extractor(1) as extractor:
        started = time.perf_counter()
        await extractor.extract(b"text", "a.txt")
        first = time.perf_counter() - started
        started = time.perf_counter()
        for _ in range(50):
            await extractor.extract(b"text", "a.txt")
        later = (time.perf_counter() - started) / 50
    return [
        Measurement("a reading process: start and first document", first * 1000, "ms", 2000),
        Measurement("a reading process: each further small document", later * 1000, "ms", 20),
    ]


def run() -> Iterable[Measurement]:
    """Speeds and what is kept, with their budgets."""
    yield from pdf_figures()
    yield from html_figures()
    yield from splitting_figures()
    yield from row_figures()
    yield from asyncio.run(_process_figures())
