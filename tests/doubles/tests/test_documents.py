"""Every sample file is what its name says and holds the sentence that tests ask for."""

import csv
import json
import re
import wave
import zipfile
import zlib
from email import message_from_bytes, policy
from pathlib import Path
from xml.etree import ElementTree

import puremagic
import pytest
import yaml

from tests.doubles.documents import MEDIA_KINDS, SENTENCE, TEXT_KINDS, Documents, contents, write_documents


@pytest.fixture
def documents(tmp_path: Path) -> Documents:
    return write_documents(tmp_path)


def test_every_kind_is_written_and_stays_the_same(documents: Documents) -> None:
    assert set(documents.paths) == {*TEXT_KINDS, *MEDIA_KINDS}
    assert {kind: path.read_bytes() for kind, path in documents.paths.items()} == contents()


@pytest.mark.parametrize("kind", ["txt", "md", "csv", "html", "json", "yaml", "eml", "pdf"])
def test_the_sentence_stands_in_plain_formats(documents: Documents, kind: str) -> None:
    assert SENTENCE.encode() in documents[kind].read_bytes()


@pytest.mark.parametrize(
    ("kind", "extension"), [("pdf", ".pdf"), ("png", ".png"), ("wav", ".wav"), ("mp3", ".mp3"), ("mp4", ".mp4")]
)
def test_types_are_told_by_content(documents: Documents, kind: str, extension: str) -> None:
    assert extension in {match.extension for match in puremagic.magic_string(documents[kind].read_bytes())}


def test_office_files_are_packages_of_well_formed_xml(documents: Documents) -> None:
    for kind, main in (("docx", "word/document.xml"), ("xlsx", "xl/worksheets/sheet1.xml")):
        with zipfile.ZipFile(documents[kind]) as archive:
            assert archive.testzip() is None
            parts = [name for name in archive.namelist() if name.endswith((".xml", ".rels"))]
            roots = {name: ElementTree.fromstring(archive.read(name)) for name in parts}
        assert SENTENCE in [element.text for element in roots[main].iter()]


def test_the_pdf_cross_references_point_at_its_objects(documents: Documents) -> None:
    data = documents["pdf"].read_bytes()
    match = re.search(rb"startxref\n(\d+)\n%%EOF", data)
    assert match is not None
    table = data[int(match[1]) :].splitlines()
    offsets = [int(line[:10]) for line in table[3 : 2 + int(table[1].split()[1])]]
    assert [data[offset:].split(b"\n", 1)[0] for offset in offsets] == [
        b"%d 0 obj" % number for number in range(1, len(offsets) + 1)
    ]


def test_data_formats_parse(documents: Documents) -> None:
    assert json.loads(documents["json"].read_text())["rules"] == [SENTENCE]
    assert yaml.safe_load(documents["yaml"].read_text())["rules"] == [SENTENCE]
    rows = list(csv.DictReader(documents["csv"].open()))
    assert rows[0] == {"Boat": "Rowing boat", "Seats": "4", "Note": SENTENCE}
    message = message_from_bytes(documents["eml"].read_bytes(), policy=policy.default)
    assert message["subject"] == "Später Schlüssel"
    with wave.open(str(documents["wav"])) as sound:
        assert (sound.getframerate(), sound.getnframes()) == (8000, 800)


def test_the_picture_holds_its_pixels(documents: Documents) -> None:
    data = documents["png"].read_bytes()
    at = data.index(b"IDAT")
    length = int.from_bytes(data[at - 4 : at])
    assert zlib.decompress(data[at + 4 : at + 4 + length]) == (b"\x00" + bytes((30, 120, 200)) * 8) * 8
