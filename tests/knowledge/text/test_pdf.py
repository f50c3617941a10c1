"""PDF files: reading order, headings, tables, scanned pages."""

import textwrap
from io import BytesIO

import pytest

from treadle.documents import Bounds
from treadle.knowledge.text.formats.pdf import _ranges
from treadle.knowledge.text.formats.reading import Reading
from treadle.knowledge.text.pieces import Piece
from treadle.knowledge.text.readers import read

PARAGRAPH = (
    "The harbour master keeps the spare key under the blue anchor, and whoever takes it without asking has to clean "
    "every boat in the harbour before the first guests arrive in spring. "
)


def made(*draw: object) -> bytes:
    """A PDF with a page for each function, which draws on a matplotlib figure."""
    from matplotlib.backends.backend_pdf import PdfPages
    from matplotlib.figure import Figure

    written = BytesIO()
    with PdfPages(written) as pages:
        for page in draw:
            figure = Figure(figsize=(8.27, 11.69))
            page(figure)  # type: ignore[operator]
            pages.savefig(figure)
    return written.getvalue()


def found(data: bytes) -> tuple[list[Piece], list[str]]:
    reading = Reading(Bounds())
    return list(read(data, "a.pdf", reading)), reading.notices


def article(figure: object) -> None:
    write = figure.text  # type: ignore[attr-defined]
    write(0.1, 0.9, "Harbour handbook", fontsize=22)
    for at, line in enumerate(textwrap.wrap(PARAGRAPH * 2, 80)):
        write(0.1, 0.84 - at * 0.016, line, fontsize=10)
    write(0.1, 0.6, "Prices", fontsize=15)
    rows = [("Boat", "Seats", "Euro"), ("Rowing boat", "4", "40"), ("Sailing boat", "6", "120"), ("Ferry", "90", "9")]
    for at, row in enumerate(rows):
        for column, text in enumerate(row):
            write(0.1 + column * 0.25, 0.56 - at * 0.018, text, fontsize=10)


def scan(figure: object) -> None:
    figure.figimage([[0, 1], [1, 0]] * 40, resize=False)  # type: ignore[attr-defined]


def test_headings_paragraphs_and_tables() -> None:
    (piece,), notices = found(made(article))
    assert piece.text.startswith(f"# Harbour handbook\n\n{(PARAGRAPH * 2).strip()}\n\n## Prices\n\n")
    assert piece.text.endswith(
        "| Boat | Seats | Euro |\n| --- | --- | --- |\n| Rowing boat | 4 | 40 |\n| Sailing boat | 6 | 120 |\n"
        "| Ferry | 90 | 9 |"
    )
    assert (piece.page, piece.source, notices) == (0, "page 1", [])


def test_scanned_pages_are_told_of() -> None:
    pieces, notices = found(made(article, scan, scan))
    assert [piece.page for piece in pieces] == [0]
    assert notices == [
        "Pages 2 to 3 are pictures without a text layer and could not be read; "
        "run text recognition (OCR) over the file."
    ]


@pytest.mark.parametrize(
    ("numbers", "words"), [([1], "1"), ([1, 2, 3], "1 to 3"), ([1, 3, 4, 9], "1, 3 to 4, 9"), ([2, 5], "2, 5")]
)
def test_page_numbers_in_words(numbers: list[int], words: str) -> None:
    assert _ranges(numbers) == words


def test_text_in_columns_is_read_one_column_after_the_other() -> None:
    left = textwrap.wrap(PARAGRAPH * 2, 38)
    right = textwrap.wrap("Nobody " + PARAGRAPH * 2, 38)

    def columns(figure: object) -> None:
        for at, pair in enumerate(zip(left, right, strict=False)):
            for column, text in enumerate(pair):
                figure.text(0.08 + column * 0.46, 0.9 - at * 0.016, text, fontsize=9)  # type: ignore[attr-defined]

    (piece,), _ = found(made(columns))
    count = min(len(left), len(right))
    assert piece.text == f"{' '.join(left[:count])}\n{' '.join(right[:count])}"


def test_titles_and_numbers_along_the_edges_are_left_out() -> None:
    def numbered(number: int) -> object:
        def draw(figure: object) -> None:
            figure.text(0.1, 0.95, "Harbour handbook", fontsize=10)  # type: ignore[attr-defined]
            figure.text(0.1, 0.8, f"This is what page {number} says.", fontsize=10)  # type: ignore[attr-defined]
            figure.text(0.5, 0.05, str(number), fontsize=10)  # type: ignore[attr-defined]

        return draw

    pieces, _ = found(made(*(numbered(at) for at in range(1, 7))))
    assert [piece.text for piece in pieces] == [f"This is what page {at} says." for at in range(1, 7)]
