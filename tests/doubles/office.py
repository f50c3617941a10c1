"""PDF, Word and Excel files written by hand: the least that a reader needs."""

import zipfile
from collections.abc import Mapping, Sequence
from hashlib import md5
from io import BytesIO
from xml.sax.saxutils import escape

from tests.doubles import media

XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
CONTENT_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"

Cell = str | int | float | None


def pdf(pages: Sequence[str], *, password: str = "") -> bytes:
    """A PDF with a text layer, a page of Helvetica lines for each text. Latin-1 only.

    With `password` it asks for one. (Its texts are not encrypted: nobody gets as far as to them.)
    """
    objects: list[bytes] = []
    kids = " ".join(f"{4 + 2 * at} 0 R" for at in range(len(pages)))
    objects.append(b"<< /Type /Catalog /Pages 2 0 R >>")
    objects.append(f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode())
    objects.append(b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>")
    for at, text in enumerate(pages):
        resources = "<< /Font << /F1 3 0 R >> >>"
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources {resources} "
            f"/Contents {5 + 2 * at} 0 R >>".encode()
        )
        content = pdf_content(text)
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content))
    out = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    offsets: list[int] = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    lock = pdf_lock(password) if password else b""
    out += b"trailer\n<< /Size %d /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, lock, start)
    return bytes(out)


def pdf_lock(password: str) -> bytes:
    """The part of a trailer by which a reader knows whether a password is right (ISO 32000-1, 7.6.3)."""
    checked = md5(password.encode(), usedforsecurity=False).hexdigest() * 2
    return (
        f"/ID [<{'00' * 16}> <{'00' * 16}>] "
        f"/Encrypt << /Filter /Standard /V 1 /R 2 /O <{checked}> /U <{checked}> /P -4 >>"
    ).encode()


def pdf_content(text: str) -> bytes:
    """The drawing operators of a page."""
    lines = [line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)") for line in text.splitlines()]
    shown = " T* ".join(f"({line}) Tj" for line in lines)
    return f"BT /F1 12 Tf 16 TL 72 770 Td {shown} ET".encode("latin-1")


def docx(
    paragraphs: Sequence[str],
    *,
    table: Sequence[Sequence[str]] = (),
    link: tuple[str, str] | None = None,
    with_image: bool = False,
) -> bytes:
    """A Word file: paragraphs (the first a heading), then a table, a hyperlink (text, address) and a picture."""
    body = "".join(paragraph(text, style="Heading1" if at == 0 else None) for at, text in enumerate(paragraphs))
    relations = ""
    if table:
        rows = "".join(f"<w:tr>{''.join(f'<w:tc>{paragraph(cell)}</w:tc>' for cell in row)}</w:tr>" for row in table)
        grid = "<w:gridCol/>" * len(table[0])
        body += f"<w:tbl><w:tblPr/><w:tblGrid>{grid}</w:tblGrid>{rows}</w:tbl>"
    if link is not None:
        text, address = link
        body += f'<w:p><w:hyperlink r:id="rId10"><w:r><w:t>{escape(text)}</w:t></w:r></w:hyperlink></w:p>'
        relations += relation("rId10", f"{OFFICE}/hyperlink", address, external=True)
    if with_image:
        body += picture("rId11")
        relations += relation("rId11", f"{OFFICE}/image", "media/image1.png")
    document = f'{XML}<w:document xmlns:w="{WORD}" xmlns:r="{OFFICE}"><w:body>{body}</w:body></w:document>'
    overrides = {
        "/word/document.xml": "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    }
    files: dict[str, str | bytes] = {
        "[Content_Types].xml": content_types(overrides),
        "_rels/.rels": relations_file(relation("rId1", f"{OFFICE}/officeDocument", "word/document.xml")),
        "word/document.xml": document,
        "word/_rels/document.xml.rels": relations_file(relations),
    }
    if with_image:
        files["word/media/image1.png"] = media.png()
    return zipped(files)


def paragraph(text: str, style: str | None = None) -> str:
    """A Word paragraph."""
    properties = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f'<w:p>{properties}<w:r><w:t xml:space="preserve">{escape(text)}</w:t></w:r></w:p>'


def picture(relation_id: str) -> str:
    """A Word paragraph that holds a picture."""
    drawing = "http://schemas.openxmlformats.org/drawingml/2006"
    return (
        f'<w:p><w:r><w:drawing><wp:inline xmlns:wp="{drawing}/wordprocessingDrawing"><wp:extent cx="80000" cy="80000"/>'
        f'<wp:docPr id="1" name="Picture 1"/><a:graphic xmlns:a="{drawing}/main">'
        f'<a:graphicData uri="{drawing}/picture">'
        f'<pic:pic xmlns:pic="{drawing}/picture"><pic:nvPicPr><pic:cNvPr id="1" name="image1.png"/><pic:cNvPicPr/>'
        f'</pic:nvPicPr><pic:blipFill><a:blip r:embed="{relation_id}"/></pic:blipFill><pic:spPr/></pic:pic>'
        f"</a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>"
    )


def xlsx(sheets: Mapping[str, Sequence[Sequence[Cell]]], links: Mapping[str, str] | None = None) -> bytes:
    """An Excel file with inline strings. links: addresses by cell of the first sheet, such as `{"B2": "https://…"}`."""
    overrides = {
        "/xl/workbook.xml": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
        **{
            f"/xl/worksheets/sheet{at}.xml": "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
            for at in range(1, len(sheets) + 1)
        },
    }
    names = "".join(
        f'<sheet name="{escape(name)}" sheetId="{at}" r:id="rId{at}"/>' for at, name in enumerate(sheets, 1)
    )
    targets = "".join(
        relation(f"rId{at}", f"{OFFICE}/worksheet", f"worksheets/sheet{at}.xml") for at in range(1, len(sheets) + 1)
    )
    files: dict[str, str | bytes] = {
        "[Content_Types].xml": content_types(overrides),
        "_rels/.rels": relations_file(relation("rId1", f"{OFFICE}/officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": f'{XML}<workbook xmlns="{SHEET}" xmlns:r="{OFFICE}"><sheets>{names}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": relations_file(targets),
    }
    for at, rows in enumerate(sheets.values(), 1):
        own_links = dict(links or {}) if at == 1 else {}
        files[f"xl/worksheets/sheet{at}.xml"] = worksheet(rows, list(own_links))
        if own_links:
            files[f"xl/worksheets/_rels/sheet{at}.xml.rels"] = relations_file(
                "".join(
                    relation(f"rId{number}", f"{OFFICE}/hyperlink", address, external=True)
                    for number, address in enumerate(own_links.values(), 1)
                )
            )
    return zipped(files)


def worksheet(rows: Sequence[Sequence[Cell]], linked: Sequence[str]) -> str:
    """The XML of a sheet; `linked` are the cells with a hyperlink, in the order of their relations."""
    lines = "".join(
        f'<row r="{number}">{"".join(cell(column, number, value) for column, value in enumerate(row))}</row>'
        for number, row in enumerate(rows, 1)
    )
    links = "".join(f'<hyperlink ref="{name}" r:id="rId{number}"/>' for number, name in enumerate(linked, 1))
    hyperlinks = f"<hyperlinks>{links}</hyperlinks>" if links else ""
    data = f"<sheetData>{lines}</sheetData>{hyperlinks}"
    return f'{XML}<worksheet xmlns="{SHEET}" xmlns:r="{OFFICE}">{data}</worksheet>'


def cell(column: int, row: int, value: Cell) -> str:
    """One cell of the first 26 columns; nothing for None."""
    if value is None:
        return ""
    name = f"{chr(65 + column)}{row}"
    if isinstance(value, str):
        return f'<c r="{name}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'
    return f'<c r="{name}"><v>{value}</v></c>'


def content_types(overrides: Mapping[str, str]) -> str:
    """The package's list of part types."""
    parts = "".join(f'<Override PartName="{part}" ContentType="{kind}"/>' for part, kind in overrides.items())
    return (
        f'{XML}<Types xmlns="{CONTENT_TYPES}"><Default Extension="xml" ContentType="application/xml"/>'
        f'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="png" ContentType="image/png"/>{parts}</Types>'
    )


def relation(name: str, kind: str, target: str, *, external: bool = False) -> str:
    """One relation of a part."""
    mode = ' TargetMode="External"' if external else ""
    return f'<Relationship Id="{name}" Type="{kind}" Target="{escape(target)}"{mode}/>'


def relations_file(relations: str) -> str:
    """The relations of a part."""
    return f'{XML}<Relationships xmlns="{RELATIONS}">{relations}</Relationships>'


def zipped(files: Mapping[str, str | bytes]) -> bytes:
    """A zip archive whose bytes do not depend on the clock."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2024, 5, 1, 9, 0, 0)), data)
    return buffer.getvalue()


def with_footnote(word: bytes, text: str) -> bytes:
    """A Word file with one footnote, to which the end of its first paragraph refers."""
    note = f'<w:footnote w:id="2"><w:p><w:r><w:t>{escape(text)}</w:t></w:r></w:p></w:footnote>'
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"
    part = f'<Override PartName="/word/footnotes.xml" ContentType="{kind}"/>'
    edits = {
        "word/document.xml": ("</w:p>", '<w:r><w:footnoteReference w:id="2"/></w:r></w:p>'),
        "word/_rels/document.xml.rels": (
            "</Relationships>", f"{relation('rIdNotes', 'footnotes', 'footnotes.xml')}</Relationships>"
        ),
        "[Content_Types].xml": ("</Types>", f"{part}</Types>"),
    }  # fmt: skip
    written = BytesIO()
    with zipfile.ZipFile(BytesIO(word)) as old, zipfile.ZipFile(written, "w") as new:
        for name in old.namelist():
            data = old.read(name).decode() if name in edits else old.read(name)
            new.writestr(name, data.replace(*edits[name], 1) if isinstance(data, str) else data)
        new.writestr("word/footnotes.xml", f'<w:footnotes xmlns:w="{WORD}">{note}</w:footnotes>')
    return written.getvalue()
