"""Files made to do harm, through `/v1`: each ends in a sentence, and the documents beside it are read."""

import io
import os
import resource
import time
import zipfile
from collections.abc import Callable

import pytest

from tests.doubles import office
from tests.knowledge.api.bench import Bench, Caller
from treadle.knowledge.text.extraction import Extractor

COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
PACKED_PASSWORD = "The file is protected by a password; save it anew without one."
LAUGHS = "".join(f'<!ENTITY l{at} "{f"&l{at - 1};" * 10}">' for at in range(1, 10))


def locked_zip(name: str) -> bytes:
    """An archive whose directory says that its part is encrypted."""
    data = bytearray(office.zipped({name: "hello " * 20}))
    data[data.find(b"PK\x03\x04") + 6] |= 1
    data[data.find(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def zip_bomb(megabytes: int) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("word/document.xml", "w") as part:
        for _ in range(megabytes):
            part.write(bytes(2**20))
    return packed.getvalue()


def laughing_word() -> bytes:
    """A Word file with entities in its text that would grow to a billion."""
    plain = office.docx(["hello &l9;"])
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(plain)) as given, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in given.namelist():
            data = given.read(name)
            if name == "word/document.xml":
                head, end, body = data.partition(b"?>")
                kinds = f'<!DOCTYPE w [<!ENTITY l0 "lol">{LAUGHS}]>'.encode()
                data = head + end + kinds + body.replace(b"&amp;l9;", b"&l9;")
            archive.writestr(name, data)
    return packed.getvalue()


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "bomb.docx": (lambda: zip_bomb(300), "The file unpacks to 314,572,800 bytes, more than 268,435,456."),
    "nested.docx": (lambda: office.zipped({"a.zip": "x"}), "The file is a zip archive; unpack it"),
    "laughs.docx": (laughing_word, "entities that would grow without end"),
    "long.pdf": (lambda: office.pdf(["page"] * 10_001), "The PDF file has 10,001 pages, more than 10,000."),
    "locked.pdf": (lambda: office.pdf(["secret"], password="x"), "cannot be read: it is protected by a password"),
    "locked.docx": (lambda: COMPOUND + "EncryptedPackage".encode("utf-16-le"), PACKED_PASSWORD),
    "locked.xlsx": (lambda: COMPOUND + "EncryptedPackage".encode("utf-16-le"), PACKED_PASSWORD),
    "locked.pptx": (lambda: locked_zip("ppt/presentation.xml"), PACKED_PASSWORD),
    "archive.docx": (lambda: locked_zip("notes.txt"), PACKED_PASSWORD),
    "picture.txt": (lambda: b"\x89PNG\r\n\x1a\n" + bytes(500), "by its content it is an image"),
    "program.md": (lambda: b"\x7fELF" + bytes(500), "by its content it is a program"),
    "junk.xlsx": (lambda: os.urandom(300_000), "its content is binary and of no known format"),
    "junk.pdf": (lambda: b"%PDF-1.7\n" + os.urandom(300_000), "The PDF file cannot be read: it is damaged."),
    "deep.html": (lambda: b"<div>" * 500_000 + b"x", "nested too deeply"),
    "deep.json": (lambda: b"[" * 2_000_000, "nested too deeply"),
}
HARMLESS = {
    "laughs.xml": f'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY l0 "lol">{LAUGHS}]><l>&l9; end</l>'.encode(),
    "wrong.pdf": b"just text under the name of another format",
    "wrong.docx": office.pdf(["a PDF under the name of a Word file"]),
    "line.txt": b"x" * 5_000_000,
}
LONG_RULE = {"mode": "custom", "rules": {
    "pre_processing_rules": [], "segmentation": {"separator": "\\n\\n", "max_tokens": 4000}}}  # fmt: skip


async def test_each_ends_in_a_sentence_and_the_batch_goes_on(here: Bench, api: Caller) -> None:
    base = await here.base(api, indexing_technique="economy")
    sent = {**{name: make() for name, (make, _) in HOSTILE.items()}, **HARMLESS}
    began, ids = time.monotonic(), dict[str, str]()
    for name, data in sent.items():
        form = {"files": {"file": (name, data)}, "data": {"data": '{"process_rule": {"mode": "automatic"}}'}}
        if name == "line.txt":
            form["data"] = {"data": f'{{"process_rule": {repr(LONG_RULE).replace(chr(39), chr(34))}}}'}
        answer = await api.call("POST", f"/datasets/{base}/document/create-by-file", **form)
        assert answer.status_code == 200, (name, answer.text)
        ids[name] = answer.json()["document"]["id"]
    for name, document_id in ids.items():
        document = await here.indexed(api, base, document_id)
        if name in HARMLESS:
            assert (document["display_status"], document["error"]) == ("available", None), name
            assert document["segment_count"] >= 1, name
        else:
            assert document["display_status"] == "error", name
            assert document["error"].startswith(f"{name}: "), name
            assert HOSTILE[name][1] in document["error"], (name, document["error"])
    assert time.monotonic() - began < 240, "none of them takes long; a busy machine does"
    texts = [row["content"] for row in await here.segments(api, base, ids["laughs.xml"])]
    assert "lollol" not in "".join(texts)


@pytest.mark.long
async def test_very_large_ones_take_bounded_time_and_memory() -> None:
    """200 MB in one line, two gigabytes in a small archive, ten thousand pages."""
    line = b"x" * 200_000_000
    async with Extractor(1) as extractor:
        for name, data, characters in (
            ("line.txt", line, 200_000_000),
            ("line.md", line, 200_000_000),
            ("line.csv", line, 200_000_000),
            ("line.html", b"<p>" + line, 200_000_000),
            ("pages.pdf", office.pdf([f"What page {at} says." for at in range(10_000)]), None),
        ):
            began = time.monotonic()
            found = await extractor.extract(data, name)
            assert time.monotonic() - began < 60, name
            assert characters is None or found.characters == characters, name
        assert len(found.pieces) == 10_000
        with pytest.raises(Exception, match="unpacks to 1,992,294,400 bytes"):
            await extractor.extract(zip_bomb(1900), "bomb.docx")
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < 3 * 2**20, "kilobytes of the largest reader"
