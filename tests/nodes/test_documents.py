"""Text out of documents: every family, odd encodings, damaged and hostile files (spec workflow-nodes §10)."""

import asyncio
import time
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from email.message import EmailMessage
from io import BytesIO
from pathlib import Path
from threading import Lock

import pytest
from docx import Document
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook
from pptx import Presentation
from pptx.util import Inches

from tests.doubles import documents, office
from treadle.documents import DEFAULT_BOUNDS, EXTENSIONS, MIME_TYPES, Bounds, extract_text
from treadle.documents.tables import long_rule, markdown_table, short_rule
from treadle.engine.errors import DocumentExtractorError, TextExtractionError, UnsupportedFileTypeError
from treadle.engine.values import File, JsonValue, Value

from .compound_file import compound_file, msg, xls
from .harness import failure_of, outputs_of, run_node
from .ports import MemoryFiles, a_world, file


def read(data: bytes | str, extension: str = "", mime_type: str = "", bounds: Bounds = DEFAULT_BOUNDS) -> str:
    return extract_text(data.encode() if isinstance(data, str) else data, extension, mime_type, bounds=bounds)


def refused(data: bytes | str, extension: str = "", mime_type: str = "", bounds: Bounds = DEFAULT_BOUNDS) -> str:
    with pytest.raises(DocumentExtractorError) as caught:
        read(data, extension, mime_type, bounds)
    return str(caught.value)


# every format


@pytest.mark.parametrize("kind", documents.TEXT_KINDS)
def test_every_sample_document_says_its_sentence(kind: str) -> None:
    assert documents.SENTENCE in read(documents.contents()[kind], f".{kind}")


def test_the_pages_of_a_pdf_follow_each_other_without_a_separator() -> None:
    assert read(office.pdf(["One\ntwo", "Three"]), ".pdf") == "One\ntwoThree"
    assert read(office.pdf(["One"]), "", "application/pdf") == "One"


def saved(document: object) -> bytes:
    written = BytesIO()
    document.save(written)  # type: ignore[attr-defined]
    return written.getvalue()


def test_word_keeps_blank_paragraphs_and_leaves_out_empty_tables() -> None:
    word = Document()
    word.add_paragraph("One")
    word.add_paragraph("")
    word.add_table(2, 2)
    word.add_paragraph("Two")
    table = word.add_table(1, 2)
    table.cell(0, 0).text = "a|b"
    table.cell(0, 1).merge(table.cell(0, 0))
    assert read(saved(word), ".docx") == "One\n\nTwo\n| a\\|b | a\\|b |\n| --- | --- |\n"
    assert read(saved(word), ".doc") == read(saved(word), ".docx")


def test_slides_say_their_shapes_tables_groups_and_notes() -> None:
    deck = Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[5])
    assert slide.shapes.title is not None
    slide.shapes.title.text = "Title"
    box = slide.shapes.add_group_shape().shapes.add_textbox(0, 0, Inches(1), Inches(1))
    box.text_frame.text = "in\va group"
    table = slide.shapes.add_table(2, 1, 0, 0, Inches(1), Inches(1)).table
    table.cell(0, 0).text, table.cell(1, 0).text = "h", "1"
    assert slide.notes_slide.notes_text_frame is not None
    slide.notes_slide.notes_text_frame.text = "Say hello"
    deck.slides.add_slide(deck.slide_layouts[6])
    expected = "Title\nin\na group\n| h |\n| --- |\n| 1 |\nSay hello"
    assert read(saved(deck), ".pptx") == expected
    assert read(saved(deck), ".ppt") == expected


def test_sheets_are_tables_without_their_empty_rows() -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (["name", "n", None], [None, None, None], ["Bo\nb", 5, None], [None, 2.5, None], [True, "=1+1", None]):
        sheet.append(row)
    book.create_sheet("empty")
    book.create_sheet("more")["B2"] = "x"
    assert read(saved(book), ".xlsx") == (
        "| name | n |\n| ---- | - |\n| Bo b | 5 |\n| nan | 2.5 |\n| True | nan |\n\n"
        "| Unnamed: 0 | x |\n| ---------- | - |\n\n"
    )


def test_old_sheets_read_like_new_ones() -> None:
    old = xls({"A": [["name", "n"], ["Zoë", 5.0], [None, None], [None, 2.5], [True, None]], "B": []})
    assert read(old, ".xls") == "| name | n |\n| ---- | - |\n| Zoë | 5 |\n| nan | 2.5 |\n| True | nan |\n\n"
    assert read(old, ".xlsx") == read(old, "", "application/vnd.ms-excel")


def test_old_office_files_are_refused_with_the_way_out() -> None:
    old = compound_file({"WordDocument": b"x"})
    assert refused(old, ".doc") == "Files of the old Word format .doc cannot be read; save it as .docx."
    assert refused(old, "", "application/vnd.ms-powerpoint") == (
        "Files of the old PowerPoint format .ppt cannot be read; save it as .pptx."
    )


def test_a_mail_says_its_plain_body() -> None:
    mail = EmailMessage()
    mail["Subject"] = "Greetings"
    mail.set_content("Plain größe\n")
    mail.add_alternative("<p>Rich</p>", subtype="html")
    mail.add_attachment(b"attached", maintype="text", subtype="plain", filename="a.txt")
    assert read(mail.as_bytes(), ".eml") == "Plain größe"


def test_a_mail_of_html_says_its_lines() -> None:
    mail = EmailMessage()
    mail.set_content("<style>p{}</style><p>One <b>two</b></p><div>three<br>four &amp; five</div>", subtype="html")
    assert read(mail.as_bytes(), "", "message/rfc822") == "One two\nthree\nfour & five"
    unknown = b"Content-Type: text/plain; charset=x-none\n\ngr\xc3\xb6\xc3\x9fe"
    assert read(unknown, ".eml") == "größe"


def test_a_mail_of_outlook_says_its_body() -> None:
    assert read(msg(body="Hello\r\nthere €"), ".msg") == "Hello\nthere €"
    assert read(msg(body="word " * 2000), ".msg") == ("word " * 2000).strip()
    assert read(msg(html="<p>Hel<b>lo</b></p><div>x &amp; é</div>"), ".msg") == "Hello\nx & é"


def book(chapters: Mapping[str, str], spine: list[str], *, container: str | None = None) -> bytes:
    items = "".join(f'<item id="{name}" href="text/{name}%2Exhtml"/>' for name in chapters)
    refs = "".join(f'<itemref idref="{name}"/>' for name in spine)
    root = '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
    return office.zipped(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": container or f'{root}<rootfile full-path="OPS/b.opf"/></rootfiles></container>',
            "OPS/b.opf": f'<package xmlns="http://www.idpf.org/2007/opf"><manifest>{items}</manifest>'
            f"<spine>{refs}</spine></package>",
            **{f"OPS/text/{name}.xhtml": text for name, text in chapters.items()},
        }
    )


def page(body: str) -> str:
    return f'<html xmlns="http://www.w3.org/1999/xhtml"><head><title>t</title></head><body>{body}</body></html>'


def test_a_book_is_read_in_the_order_of_its_spine() -> None:
    chapters = {"a": page("<h1>First</h1><p>one</p>"), "b": page("<p>zero&#160;é</p>"), "c": page("<p>unlinked</p>")}
    assert read(book(chapters, ["b", "a", "missing"]), ".epub") == "zero é\nFirst\none"


def test_yaml_is_written_in_blocks() -> None:
    assert read("{b: 1, a: [é, 2]}\n---\nx: 2024-01-02\n", ".yml") == "b: 1\na:\n- é\n- 2\n---\nx: 2024-01-02\n"


def test_subtitles_are_lines_of_speakers_unless_they_are_read_as_text() -> None:
    subtitles = (
        "WEBVTT\n\nNOTE a remark\n\n1\n00:01.000 --> 00:02.000\n<v Ann>Hi <b>you</b></v>\n\n"
        "00:02.000 --> 00:03.000\n<v.loud Ann>there</v>\n\n00:03.000 --> 00:04.000\nboth\nlines\n"
    )
    assert read(subtitles, "", "text/vtt; charset=utf-8") == 'Ann "Hi you there"\n "both\nlines"'
    assert read(subtitles, ".vtt") == subtitles


def test_the_extension_goes_before_the_mime_type() -> None:
    assert read('{"a":1}', ".txt", "application/json") == '{"a":1}'
    assert read('{"a":1}', "", "application/json") == '{\n  "a": 1\n}'
    assert read("x", "TXT") == "x"
    assert refused("x", ".zip", "text/plain") == "No text can be taken out of files with the extension .zip."
    assert refused("x", "", "image/png") == 'No text can be taken out of files with the MIME type "image/png".'
    assert refused("x") == 'No text can be taken out of files with the MIME type "".'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1251", "shift_jis", "gb18030", "big5"])
def test_text_is_read_in_whatever_encoding_it_has(encoding: str) -> None:
    text = {
        "cp1251": "Съешь же ещё этих мягких французских булок, да выпей чаю. ",
        "shift_jis": "いろはにほへと ちりぬるを わかよたれそ つねならむ。",
        "gb18030": "天地玄黄,宇宙洪荒。日月盈昃,辰宿列张。寒来暑往,秋收冬藏。",
        "big5": "天地玄黃,宇宙洪荒。日月盈昃,辰宿列張。寒來暑往,秋收冬藏。",
    }.get(encoding, "Größe, 東京, ещё")
    assert read((text * 8).encode(encoding), ".txt") == text * 8


def test_line_ends_and_nul_characters_are_tidied() -> None:
    assert read("a\r\nb\rc\0d", ".txt") == "a\nb\ncd"


# damaged and hostile files


WHOLE = {**documents.contents(), "pptx": saved(Presentation()), "xls": xls({"A": [["x"]]}), "msg": msg(body="x")}


@pytest.mark.parametrize("kind", ["docx", "pptx", "xlsx", "epub", "pdf", "msg", "xls", "json"])
@pytest.mark.parametrize("damage", ["noise", "cut", "empty archive"])
def test_a_damaged_file_is_refused_in_one_sentence(kind: str, damage: str) -> None:
    whole = WHOLE.get(kind) or book({}, [])
    said = refused(
        {"noise": b"{[\x00\xff" * 100, "cut": whole[: len(whole) // 3], "empty archive": office.zipped({})}[damage],
        kind,
    )
    assert said.endswith(".")
    assert "\n" not in said


def test_a_file_with_a_password_is_refused() -> None:
    assert refused(compound_file({"EncryptedPackage": b"x"}), ".docx") == (
        "The file is protected by a password or of an older format; save it anew without a password."
    )


def zip_bomb(name: str, size: int) -> bytes:
    written = BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, b" " * size)
    return written.getvalue()


@pytest.mark.parametrize("extension", [".docx", ".pptx", ".xlsx", ".epub"])
def test_what_unpacks_to_too_much_is_refused_unopened(extension: str) -> None:
    small = replace(DEFAULT_BOUNDS, unpacked=100_000, part=50_000, parts=2)
    assert refused(zip_bomb("x.png", 100_001), extension, bounds=small) == (
        "The file unpacks to 100,001 bytes, more than 100,000."
    )
    assert refused(zip_bomb("x.png", 50_001), extension, bounds=small) == (
        "A part of the file unpacks to 50,001 bytes, more than 50,000."
    )
    many = office.zipped({str(number): "" for number in range(3)})
    assert refused(many, extension, bounds=small) == "The file holds 3 parts, more than 2."


@pytest.mark.parametrize("extension", [".docx", ".pptx", ".epub"])
def test_markup_that_would_fill_the_memory_is_refused(extension: str) -> None:
    few = replace(DEFAULT_BOUNDS, markup=1000)
    for markup in ("<a/>" * 1001, "<a " + " ".join(f'n{number}=""' for number in range(1001)) + "/>"):
        data = office.zipped({"word/document.png": markup})
        assert refused(data, extension, bounds=few) == "The file holds more than 1,000 tags and attributes; split it."


def test_a_claim_of_a_vast_table_is_not_believed() -> None:
    wide = rewritten(
        documents.contents()["docx"],
        "word/document.xml",
        {"<w:tc>": '<w:tc><w:tcPr><w:gridSpan w:val="2000000000"/></w:tcPr>'},
    )
    assert read(wide, ".docx").count("Boat") == 63
    merged = "<w:tr><w:tc><w:tcPr><w:vMerge/></w:tcPr><w:p/></w:tc></w:tr>"
    tall = rewritten(documents.contents()["docx"], "word/document.xml", {"</w:tbl>": merged * 3000 + "</w:tbl>"})
    assert read(tall, ".docx").count("| Rowing boat |") == 3001
    few = replace(DEFAULT_BOUNDS, characters=10_000)
    assert refused(tall, ".docx", bounds=few) == "The document holds more than 10,000 characters of text; split it."


def test_a_text_that_many_cells_share_counts_in_each() -> None:
    shared = Workbook()
    sheet = shared.active
    assert sheet is not None
    for _ in range(20):
        sheet.append(["x" * 1000])
    few = replace(DEFAULT_BOUNDS, characters=10_000)
    assert "10,000 characters" in refused(saved(shared), ".xlsx", bounds=few)


def test_one_old_cell_far_away_does_not_fill_the_memory() -> None:
    rows: list[list[str | float | bool | None]] = [[] for _ in range(65_536)]
    rows[-1] = [*[None] * 255, "far"]
    assert read(xls({"A": rows}), ".xls").startswith("| Unnamed: 0 | ")


def test_too_many_pages_are_refused() -> None:
    few = replace(DEFAULT_BOUNDS, pages=2)
    assert refused(office.pdf(["a"] * 3), ".pdf", bounds=few) == "The PDF file has 3 pages, more than 2."


BOMB = (
    '<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
    + '<!ENTITY secret SYSTEM "file:///etc/hostname">]>'
)


def rewritten(data: bytes, part: str, change: Mapping[str, str]) -> bytes:
    """The archive with texts of one part replaced."""
    with zipfile.ZipFile(BytesIO(data)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    text = parts[part].decode()
    for old, new in change.items():
        assert old in text
        text = text.replace(old, new, 1)
    return office.zipped({**parts, part: text})


@pytest.mark.parametrize("entity", ["&j;", "&secret;"])
def test_entities_are_not_resolved(entity: str) -> None:
    word = rewritten(
        documents.contents()["docx"],
        "word/document.xml",
        {"<w:document": f"{BOMB}<w:document", "Harbour handbook": f"Harbour{entity}"},
    )
    sheet = rewritten(
        documents.contents()["xlsx"],
        "xl/worksheets/sheet1.xml",
        {"<worksheet": f"{BOMB}<worksheet", "<t>Boat</t>": f"<t>Boat{entity}</t>"},
    )
    root = '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
    container = f'{BOMB}{root}<rootfile full-path="OPS/b.opf"/></rootfiles><x>{entity}</x></container>'
    chapter = BOMB + page(f"<p>Harbour{entity}</p>")
    for data, extension in (
        (word, ".docx"),
        (sheet, ".xlsx"),
        (book({"a": chapter}, ["a"], container=container), ".epub"),
    ):
        began = time.perf_counter()
        try:
            text = read(data, extension)
        except TextExtractionError as error:
            text = str(error)
        assert len(text) < 10_000
        assert Path("/etc/hostname").read_text().strip() not in text
        assert time.perf_counter() - began < 5


def test_too_many_cells_are_refused() -> None:
    few = replace(DEFAULT_BOUNDS, cells=100)
    assert refused("a,b\n" * 50, ".csv", bounds=few) == "The document holds more than 100 cells; split it."
    said = "The document holds more than 100 cells; split it."
    assert refused(office.xlsx({"A": [[1, 2]] * 20, "B": [[1, 2]] * 20}), ".xlsx", bounds=few) == said
    assert refused(xls({"A": [["a", "b"]] * 50}), ".xls", bounds=few) == said


def test_one_cell_far_away_does_not_fill_the_memory() -> None:
    far = rewritten(
        documents.contents()["xlsx"],
        "xl/worksheets/sheet1.xml",
        {'<row r="1"><c r="A1"': '<row r="1048576"><c r="XFD1048576"'},
    )
    assert refused(far, ".xlsx") == "The document holds more than 1,000,000 cells; split it."


def test_a_pdf_that_takes_too_long_is_given_up() -> None:
    none_left = replace(DEFAULT_BOUNDS, seconds=0)
    assert refused(office.pdf(["a"] * 3), ".pdf", bounds=none_left) == (
        "The PDF file takes too long to read: 0 pages were read; split it."
    )


def test_a_pdf_does_not_wait_for_ever_for_another(monkeypatch: pytest.MonkeyPatch) -> None:
    held = Lock()
    monkeypatch.setattr("treadle.documents.pdf._ONE_AT_A_TIME", held)
    with held:
        said = refused(office.pdf(["a"]), ".pdf", bounds=replace(DEFAULT_BOUNDS, seconds=0.01))
    assert said == "Another PDF file is still being read; try again later."
    assert read(office.pdf(["a"]), ".pdf") == "a"


def test_too_much_text_is_refused() -> None:
    said = "The document holds more than 10 characters of text; split it."
    short = replace(DEFAULT_BOUNDS, characters=10)
    assert refused("x" * 11, ".txt", bounds=short) == said
    for kind in ("pdf", "docx", "xlsx", "csv", "json", "yaml", "eml"):
        assert refused(documents.contents()[kind], kind, bounds=short) == said


@pytest.mark.parametrize(
    ("data", "extension"),
    [
        ("[" * 100_000, ".json"),
        ("[" * 100_000, ".yaml"),
        ("<div>" * 100_000 + "x", ".html"),
        ("Content-Type: multipart/mixed; boundary=b\n\n--b\n" * 200, ".eml"),
    ],
)
def test_deep_nesting_ends_in_an_answer(data: str, extension: str) -> None:
    try:
        assert isinstance(read(data, extension), str)
    except TextExtractionError as error:
        assert str(error).endswith(".")  # noqa: PT017 - either is an answer


def test_deep_pages_of_a_book_end_in_an_answer() -> None:
    assert "deep" in read(book({"a": "<div>" * 200 + "deep"}, ["a"]), ".epub")
    assert "nested too deeply" in refused(book({"a": "<div>" * 100_000 + "deep"}, ["a"]), ".epub")


def test_yaml_references_are_not_multiplied() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    assert len(read("\n".join(lines), ".yaml")) < 10_000
    assert refused("a: 1", ".yaml", bounds=replace(DEFAULT_BOUNDS, yaml=3)) == "The YAML file has 4 bytes, more than 3."


def test_yaml_makes_no_objects() -> None:
    assert "could not determine a constructor" in refused("!!python/object/apply:os.getcwd []", ".yaml")


# the table writer


def cells_of(line: str) -> list[str]:
    """The cells of a line of a Markdown table."""
    assert line.startswith("| ")
    assert line.endswith(" |")
    cells, cell, at = list[str](), "", 2
    while at < len(line) - 1:
        if line[at : at + 2] == "\\|":
            cell, at = cell + "|", at + 2
        elif line[at] == "|":
            cells, cell, at = [*cells, cell.strip()], "", at + 1
        else:
            cell, at = cell + line[at], at + 1
    return [*cells, cell.strip()]


CELL = st.text(st.characters(codec="utf-8", exclude_characters="\\"), max_size=20).map(
    lambda text: " ".join(text.split())
)


@given(st.integers(1, 4).flatmap(lambda width: st.lists(st.lists(CELL, min_size=width, max_size=width), max_size=5)))
def test_a_written_table_reads_back(rows: list[list[str]]) -> None:
    lines = markdown_table(rows, rule=long_rule).splitlines()
    assert [cells_of(line) for at, line in enumerate(lines) if at != 1] == rows
    assert not rows or all(set(cell) == {"-"} for cell in cells_of(lines[1]))


@given(st.lists(st.lists(st.text(max_size=10), min_size=1, max_size=4), max_size=5))
def test_whatever_a_cell_holds_a_row_stays_a_line(rows: list[list[str]]) -> None:
    for table in (markdown_table(rows, line_break="<br>", rule=short_rule), markdown_table(rows, rule=long_rule)):
        assert len(table.splitlines()) == (len(rows) + 1 if rows else 0)


@given(st.binary(max_size=300), st.sampled_from(sorted([*EXTENSIONS, *MIME_TYPES])))
def test_any_bytes_give_a_text_or_a_refusal(data: bytes, kind: str) -> None:
    try:
        text = read(data, kind) if kind.startswith(".") else read(data, "", kind)
    except (TextExtractionError, UnsupportedFileTypeError):
        return
    assert "\0" not in text


# the node

NODE: dict[str, JsonValue] = {"variable_selector": ["s", "f"]}


async def test_the_record_names_the_documents() -> None:
    given_file = file("a.txt", kind="document", mime_type="text/plain")
    ports = a_world(files=MemoryFiles({"a.txt": b"A"}))
    record = (await run_node("document-extractor", NODE, scopes={"s": {"f": given_file}}, ports=ports)).node("n")
    assert record.inputs == {"variable_selector": ["s", "f"]}
    assert record.process_data == {"documents": [given_file]}
    assert record.outputs == {"text": "A"}


@pytest.mark.parametrize("value", [None, "text", 5, {"a": 1}, ["text"], ""])
async def test_what_is_no_file_is_refused(value: Value) -> None:
    record = await failure_of("document-extractor", NODE, scopes={"s": {"f": value}})
    assert record.error_type == "DocumentExtractorError"


async def test_the_first_file_that_fails_fails_the_node() -> None:
    files: list[Value] = [file("a.txt"), file("b.pdf"), file("c.txt")]
    ports = a_world(files=MemoryFiles({"a.txt": b"A", "b.pdf": b"no", "c.txt": b"C"}))
    record = await failure_of("document-extractor", NODE, scopes={"s": {"f": files}}, ports=ports)
    assert record.error == "b.pdf: The PDF file cannot be read: it is damaged."
    missing = await failure_of("document-extractor", NODE, scopes={"s": {"f": file("x.txt")}})
    assert missing.error_type == "FileFetchError"


async def test_a_file_without_extension_is_read_by_its_mime_type() -> None:
    nameless = File(type="document", transfer_method="local_file", id="x", mime_type="text/csv")
    ports = a_world(files=MemoryFiles({"x": b"a\n1\n"}))
    assert await outputs_of("document-extractor", NODE, scopes={"s": {"f": nameless}}, ports=ports) == {
        "text": "| a |\n| - |\n| 1 |\n"
    }


async def test_the_loop_goes_on_while_a_document_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """The reader waits for something that only the loop can do."""
    loop, done = asyncio.get_running_loop(), asyncio.Event()

    def slow(data: bytes, extension: str, mime_type: str) -> str:
        asyncio.run_coroutine_threadsafe(done.wait(), loop).result(30)
        return "read"

    monkeypatch.setattr("treadle.documents.reading.extract_text", slow)
    ports = a_world(files=MemoryFiles({"a.txt": b"A"}))
    reading = asyncio.create_task(
        outputs_of("document-extractor", NODE, scopes={"s": {"f": file("a.txt")}}, ports=ports)
    )
    loop.call_later(0, done.set)
    assert await reading == {"text": "read"}
