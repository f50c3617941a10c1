"""Documents of every format, well made and hostile."""

import asyncio
import io
import zipfile
from pathlib import Path

import pytest
from docx import Document
from docx.oxml import parse_xml
from pptx import Presentation
from pptx.util import Inches

from tests.doubles import media, office
from tests.doubles.documents import SENTENCE, contents
from treadle.documents import Bounds, extract_text
from treadle.documents.text import decode
from treadle.knowledge.text.chunking import chunks
from treadle.knowledge.text.extraction import Extraction, ExtractionError, Extractor, Limits, extract
from treadle.knowledge.text.formats.html import html_markdown
from treadle.knowledge.text.formats.markdown import sections
from treadle.knowledge.text.formats.reading import Reading
from treadle.knowledge.text.pieces import Piece
from treadle.knowledge.text.readers import read
from treadle.knowledge.text.rules import AUTOMATIC


def pieces(data: bytes, name: str, bounds: Bounds | None = None) -> list[Piece]:
    """What is read in this process."""
    return list(read(data, name, Reading(bounds or Bounds())))


def texts(data: bytes, name: str) -> list[str]:
    return [piece.text for piece in pieces(data, name)]


def notices(data: bytes, name: str) -> list[str]:
    reading = Reading(Bounds())
    list(read(data, name, reading))
    return reading.notices


def reason(data: bytes, name: str, bounds: Bounds | None = None) -> str:
    with pytest.raises(ExtractionError) as caught:
        pieces(data, name, bounds)
    return str(caught.value)


async def test_every_format_comes_out_of_the_reading_process(tmp_path: Path) -> None:
    kept: list[tuple[int, str]] = []

    async def keep(data: bytes, kind: str) -> str:
        kept.append((len(data), kind))
        return f"/files/{len(kept)}"

    async with Extractor(1) as extractor:
        for kind in ("txt", "md", "pdf", "docx", "xlsx", "csv", "html", "json", "yaml", "eml"):
            path = tmp_path / kind
            path.write_bytes(contents()[kind])
            found = await extractor.extract(path, f"sample.{kind}", on_image=keep)
            assert any(SENTENCE in piece.text for piece in found.pieces), kind
            assert found.notice is None
            if kind == "docx":
                assert found.pieces[0].text.endswith("![image](/files/1)")
    assert kept == [(len(media.png()), "image/png")]


async def test_without_a_keeper_images_are_left_out() -> None:
    found = await extract(contents()["docx"], "a.docx")
    assert "![" not in found.pieces[0].text


async def test_a_document_that_needs_too_much_memory_ends_and_the_next_one_is_read() -> None:
    async with Extractor(1) as extractor:
        with pytest.raises(ExtractionError, match=r"^big\.txt: .* memory"):
            await extractor.extract(b"x " * 20_000_000, "big.txt", Limits(memory=64 * 1024 * 1024))
        assert (await extractor.extract(b"fine", "a.txt")).pieces == [Piece("fine")]


async def test_a_document_that_takes_too_long_ends_and_the_next_one_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("treadle.knowledge.text.extraction.GRACE", 0.0)
    async with Extractor(1) as extractor:
        with pytest.raises(ExtractionError, match=r"^slow\.txt: Reading the document took more than 0 s"):
            await extractor.extract(b"x", "slow.txt", Limits(seconds=0))
        assert (await extractor.extract(b"fine", "a.txt")).pieces == [Piece("fine")]


async def test_a_process_that_waits_in_vain_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("treadle.knowledge.text.extraction.IDLE", 0.0)
    async with Extractor(1) as extractor:
        for _ in range(3):
            assert (await extractor.extract(b"fine", "a.txt")).pieces == [Piece("fine")]
        (waiting,) = extractor._idle
        await asyncio.wait_for(waiting._process.wait(), 10)
        assert extractor._idle == []


async def test_a_file_that_is_gone_and_one_that_is_too_large(tmp_path: Path) -> None:
    with pytest.raises(ExtractionError, match=r"^a\.txt: The stored file cannot be opened \(No such file"):
        await extract(tmp_path / "none", "a.txt")
    with pytest.raises(ExtractionError, match=r"^a\.txt: The file has 11 bytes, more than 10; split it\.$"):
        await extract(b"12345678901", "a.txt", Limits(size=10))


async def test_two_documents_are_read_at_once() -> None:
    async with Extractor(2) as extractor:
        found = await asyncio.gather(*(extractor.extract(f"text {at}".encode(), "a.txt") for at in range(6)))
    assert [one.pieces[0].text for one in found] == [f"text {at}" for at in range(6)]


def test_no_bytes_are_no_pieces_and_a_notice() -> None:
    reading = Reading(Bounds())
    assert list(read(b"", "a.pdf", reading)) == []
    assert reading.notices == ["The file is empty."]
    assert Extraction([]).characters == 0
    assert notices(b"<a b='c'/>", "a.xml") == ["The file holds no text."]


@pytest.mark.parametrize(
    ("data", "name", "said"),
    [
        (media.png(), "a.txt", "The file holds no text: by its content it is an image."),
        (bytes(range(256)) * 40, "a.md", "The file holds no text: its content is binary and of no known format;"),
        (b"\x1f\x8b\x08\x00" + b"\x00" * 20, "a.txt", "by its content it is a packed file; unpack it first."),
        (office.zipped({"a.txt": "x"}), "a.bin", "The file is a zip archive; unpack it and add the documents in it."),
        (office.zipped({"a.txt": "x"})[:-30], "a.docx", "The file is damaged: it is cut off"),
        (b"%PDF-1.7\nnothing", "a.pdf", "The PDF file cannot be read: it is damaged."),
        (rb"{\rtf1 hello}", "a.doc", "The file is in the format RTF"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            "a.docx",
            "The file is protected by a password; save it anew without one.",
        ),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "WordDocument".encode("utf-16-le"),
            "a.doc",
            "Files of the old Word format .doc cannot be read; save it as .docx.",
        ),
    ],
)
def test_what_cannot_be_read_is_said_in_one_sentence(data: bytes, name: str, said: str) -> None:
    assert said in reason(data, name)


def test_content_goes_before_the_extension() -> None:
    assert pieces(contents()["pdf"], "a.docx")[0].page == 0
    assert texts(b"just text", "a.pdf") == ["just text"]
    assert texts(b"<html><body><h1>Hi</h1></body></html>", "report.xls") == ["# Hi"]


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("shift_jis", "港では泳げません。" * 200),
        ("iso2022_jp", "港では泳げません。フェリーは九時に北桟橋から出ます。"),
        ("euc_jp", "港では泳げません。フェリーは九時に北桟橋から出ます。"),
        ("gb18030", "禁止在港口游泳。渡轮九点从北码头出发。"),
        ("big5", "禁止在港口游泳。渡輪九點從北碼頭出發。"),
        ("euc_kr", "항구에서 수영하지 마십시오. 배는 아홉 시에 떠납니다."),
        ("cp1252", "Größe über Straße naïve café déjà vu"),
        ("cp1252", "Der Fährmann fährt täglich um neun Uhr. Schwimmen im Hafen ist verboten."),
        ("cp1252", "Café at 9 o’clock – the ferry"),
        ("cp1250", "Zażółć gęślą jaźń. Pływanie w porcie jest zabronione. Łódź odpływa o dziewiątej."),
        ("cp1251", "Купаться в гавани запрещено."),
        ("koi8_r", "Купаться в гавани запрещено. Паром в девять."),
        ("cp1253", "Απαγορεύεται η κολύμβηση στο λιμάνι."),
    ],
)
def test_short_texts_in_encodings_of_many_languages(encoding: str, text: str) -> None:
    assert decode(text.encode(encoding)) == text


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "gb18030", "shift_jis", "utf-16-le"])
def test_texts_in_any_encoding(encoding: str) -> None:
    text = "東京の港では小さな船を借りることができます。" * 20 if encoding == "shift_jis" else "退款政策是什么。" * 40
    assert texts(text.encode(encoding), "a.txt") == [text]


def test_a_zip_bomb_is_refused() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b"0" * 60_000_000)
    assert "unpacks to 60,000,000 bytes, more than" in reason(packed.getvalue(), "a.docx")


def test_entities_are_not_expanded() -> None:
    levels = "".join(f'<!ENTITY l{at} "{f"&l{at - 1};" * 10}">' for at in range(1, 10))
    bomb = f'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY l0 "lol">{levels}]><l>&l9; end</l>'
    assert "lollol" not in "".join(texts(bomb.encode(), "a.xml"))


def test_bounds_of_characters_and_pages() -> None:
    assert reason(b"x" * 101, "a.txt", Bounds(characters=100)).startswith("The document holds more than 100 characters")
    assert "more than 1" in reason(contents()["pdf"], "a.pdf", Bounds(pages=1))
    assert "cells" in reason(b"a,b\n" * 100, "a.csv", Bounds(cells=10))


class TestMarkdown:
    def test_text_ahead_of_the_first_heading_is_kept(self) -> None:
        assert [piece.text for piece in sections("hello\n# A\nx")] == ["hello", "\n\nA\nx"]

    def test_fences_hide_headings_and_keep_tags(self) -> None:
        text = "# A\n```\n# no\n<b>\n```\na <b>c</b> 1 < 2 <https://a.b>"
        assert [piece.text for piece in sections(text)] == ["\n\nA\n```\n# no\n<b>\n```\na c 1 < 2 https://a.b"]

    def test_headings_are_known_by_their_path(self) -> None:
        assert [piece.heading for piece in sections("# A\n## B ##\nx\n# C# \ny")] == [("A",), ("A", "B"), ("C#",)]


class TestHtml:
    def test_structure_becomes_markdown(self) -> None:
        page = """<html><head><title>T</title></head><body><h1>Boats</h1><p>We <b>rent</b>
        <a href="https://a.b/c">boats</a>.</p><ul><li>one<ul><li>inner</li></ul></li><li>two</li></ul>
        <ol start="3"><li>three</li></ol><table><tr><th>A</th><th>B|C</th></tr>
        <tr><td>1</td><td>x<br>y</td></tr></table>
        <pre><code class="language-py">if a:
    b</code></pre><blockquote><p>said</p></blockquote><p hidden>no</p><script>no</script><img src="x.png" alt="Pier">
        </body></html>"""
        assert html_markdown(page) == (
            "# Boats\n\nWe rent [boats](https://a.b/c).\n\n- one\n  - inner\n- two\n3. three\n\n"
            "| A | B\\|C |\n| --- | --- |\n| 1 | x y |\n\n```py\nif a:\n    b\n```\n\n> said\n\nPier"
        )

    def test_a_table_for_layout_is_read_through(self) -> None:
        page = "<table><tr><td><h2>Left</h2><p>a</p></td><td><p>b</p></td></tr></table>"
        assert html_markdown(page) == "## Left\n\na\n\nb"

    def test_links_are_completed(self) -> None:
        assert html_markdown('<a href="/x y">go</a>', "https://a.b/c/") == "[go](https://a.b/x%20y)"

    def test_the_encoding_that_a_page_names(self) -> None:
        page = '<html><head><meta charset="windows-1251"></head><body>Привет</body></html>'
        assert texts(page.encode("windows-1251"), "a.html") == ["Привет"]

    @pytest.mark.parametrize("page", ["", " ", "<", "<p", "<table><tr><td>", "</p></p>", "<li>x", "<a><a><a>x"])
    def test_broken_pages(self, page: str) -> None:
        assert html_markdown(page) in ("", "x", "- x", "<")

    def test_deep_pages_are_read_or_refused_but_never_cut_short(self) -> None:
        assert "x" in html_markdown("<div>" * 1500 + "x")
        for tags in ("<div>", "<table><tr><td>", "<ul><li>"):
            assert reason(tags.encode() * 5000 + b"x", "a.html").startswith("The page is nested too deeply")

    def test_a_page_of_one_line_is_whole(self) -> None:
        (text,) = texts(b"<p>" + b"word " * 2_500_000 + b"</p><p>end</p>", "a.html")
        assert (len(text), text[-9:]) == (12_500_004, "word\n\nend")


class TestSheets:
    def test_titles_above_the_header_stay_with_every_row(self) -> None:
        data = office.xlsx({"S": [["Report 2024"], [], ["name", "age"], ["Ann", 5], [None, 6]]})
        found = pieces(data, "a.xlsx")
        assert [piece.text for piece in found] == ['"name":"Ann";"age":"5"', '"age":"6"']
        assert found[0].heading == ("S", "Report 2024")
        assert found[0].source == "S, row 4"

    def test_remarks_above_the_header_of_a_csv_file_are_its_titles(self) -> None:
        found = pieces(b"# Source: a;b, c\nDate,IBM,MSFT\n1990-01-01,10.9,2\n1990-02-01,\n", "a.csv")
        assert [piece.text for piece in found] == [
            "Date: 1990-01-01;IBM: 10.9;MSFT: 2",
            "Date: 1990-02-01;IBM: nan;MSFT: nan",
        ]
        assert (found[0].heading, found[0].source) == (("# Source: a;b, c",), "row 3")

    def test_a_header_without_rows_is_not_lost(self) -> None:
        assert texts(office.xlsx({"S": [["left", None, "right"]], "Empty": []}), "a.xlsx") == ["left;right"]
        assert texts(b"left,right\n", "a.csv") == ["left;right"]

    def test_broken_lines_are_left_out_and_told(self) -> None:
        assert texts(b"a,b\n1,2\n1,2,3\n4\n", "a.csv") == ["a: 1;b: 2", "a: 4;b: nan"]
        assert notices(b"a,b\n1,2,3\n", "a.csv") == ["1 lines have more cells than the header and were left out."]

    def test_other_signs_between_cells(self) -> None:
        assert texts("a;b\n1,5;2\n".encode("utf-16"), "a.csv") == ["a: 1,5;b: 2"]


class TestWord:
    def test_headings_lists_and_text_boxes(self) -> None:
        word = Document()
        word.add_heading("Boats", 1)
        word.add_paragraph("We rent.")
        word.add_paragraph("first", style="List Number")
        word.add_paragraph("second", style="List Number")
        word.add_paragraph("dot", style="List Bullet")
        word.add_heading("Prices", 2)
        written = io.BytesIO()
        word.save(written)
        (piece,) = pieces(written.getvalue(), "a.docx")
        assert piece.text == "# Boats\nWe rent.\n1. first\n2. second\n- dot\n\n## Prices"

    def test_forms_and_corrections_are_read_and_what_was_struck_is_not(self) -> None:
        word = Document()
        paragraph = word.add_paragraph("Rent ")
        space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
        for xml in (
            f"<w:ins {space}><w:r><w:t>a boat</w:t></w:r></w:ins>",
            f"<w:del {space}><w:r><w:delText>a car</w:delText></w:r></w:del>",
            f'<w:sdt {space}><w:sdtContent><w:r><w:t xml:space="preserve"> today</w:t></w:r></w:sdtContent></w:sdt>',
        ):
            paragraph._p.append(parse_xml(xml))
        form = f"<w:sdt {space}><w:sdtContent><w:p><w:r><w:t>In a form.</w:t></w:r></w:p></w:sdtContent></w:sdt>"
        word.element.body.insert(1, parse_xml(form))
        written = io.BytesIO()
        word.save(written)
        assert texts(written.getvalue(), "a.docx") == ["Rent a boat today\nIn a form."]
        assert extract_text(written.getvalue(), ".docx", "") == "Rent a boat today\nIn a form."

    def test_notes_are_marked_and_margins_are_read_once(self) -> None:
        word = Document()
        word.add_paragraph("Boats are rented by the hour.")
        section = word.sections[0]
        section.header.paragraphs[0].text = "Rules of the harbour"
        section.footer.paragraphs[0].text = "7"
        section.different_first_page_header_footer = True
        section.first_page_header.paragraphs[0].text = "Rules of the harbour"
        section.first_page_footer.paragraphs[0].text = "Boats are rented"
        word.add_comment(word.paragraphs[0].runs, text="Is that so?", author="Ola")
        written = io.BytesIO()
        word.save(written)
        data = office.with_footnote(written.getvalue(), "Not in winter.")
        assert texts(data, "a.docx") == ["Boats are rented by the hour.[1]\n[1] Not in winter.\n\nRules of the harbour"]
        assert notices(data, "a.docx") == ["1 comment of reviewers left out."]

    def test_chunks_know_their_heading(self) -> None:
        word = Document()
        for name in ("Boats", "Prices"):
            word.add_heading(name, 1)
            word.add_paragraph("word " * 120)
        written = io.BytesIO()
        word.save(written)
        found = chunks(pieces(written.getvalue(), "a.docx"), AUTOMATIC)
        assert {chunk.heading for chunk in found} == {("Boats",), ("Prices",)}
        assert found[0].heading == ("Boats",)
        assert found[-1].heading == ("Prices",)


def test_a_slide_is_a_piece_with_its_title_and_notes() -> None:
    deck = Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[5])
    slide.shapes.title.text = "Harbour"
    slide.shapes.add_textbox(Inches(1), Inches(3), Inches(2), Inches(1)).text_frame.text = "below"
    slide.shapes.add_textbox(Inches(1), Inches(2), Inches(2), Inches(1)).text_frame.text = "above"
    slide.notes_slide.notes_text_frame.text = "say hello"
    written = io.BytesIO()
    deck.save(written)
    (piece,) = pieces(written.getvalue(), "a.pptx")
    assert piece == Piece(
        "# Harbour\n\nabove\n\nbelow\n\nNotes: say hello", page=0, heading=("Harbour",), source="slide 1"
    )


def test_a_mail_names_its_people_and_what_hangs_on_it() -> None:
    mail = (
        b"From: a@b.c\r\nSubject: Hi\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=X\r\n\r\n"
        b"--X\r\nContent-Type: text/html\r\n\r\n<h2>Body</h2>\r\n"
        b"--X\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename=a.pdf\r\n\r\nx\r\n--X--\r\n"
    )
    assert texts(mail, "a.eml") == ["# Hi\n\nFrom: a@b.c\n\n## Body"]
    assert notices(mail, "a.eml") == ["The attachment a.pdf was not read; add it as a document."]


def test_json_that_is_none_is_taken_as_text() -> None:
    assert texts(b"{broken", "a.json") == ["{broken"]
    assert notices(b"{broken", "a.json") == ["The file is no well-formed JSON and was taken as plain text."]
