"""UTF-16 with and without a byte order mark, told from older encodings and from noise."""

import random

import pytest

from treadle.documents import Bounds
from treadle.documents.text import decode
from treadle.documents.utf16 import utf16_order
from treadle.knowledge.text.extraction import ExtractionError
from treadle.knowledge.text.formats.reading import Reading
from treadle.knowledge.text.readers import read

MARKS = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}
TEXTS = (
    "Hi",
    "Hello",
    "Grüße aus Köln, 20 €",
    "Việt Nam đẹp lắm",
    "Да",
    "Привет мир",
    "Γειά σου κόσμε",
    "שלום עולם",
    "สวัสดี",
    "नमस्ते दुनिया",
    "退款政策",
    "退款政策是什么。",
    "你好，世界",
    "訂單已經取消。",
    "こんにちは",
    "東京の港では小さな船を借りることができます。",
    "안녕하세요 세계",
    "a;b\n1,5;2",
    "Well done 😀",
)
OLDER = (
    ("cp1251", "ПРИВЕТ"),
    ("cp1251", "ВНИМАНИЕ"),
    ("cp1251", "привет мир всем"),
    ("koi8_r", "ПРИВЕТ"),
    ("cp1253", "ΑΘΗΝΑΙΟΙ"),
    ("cp1252", "Café"),
    ("gb18030", "你好"),
    ("gb18030", "退款政策"),
    ("big5", "訂單已經取消。"),
    ("shift_jis", "東京の港では小さな船"),
    ("shift_jis", "カタカナ"),
    ("euc_jp", "東京の港では小さな船を"),
    ("euc_kr", "안녕하세요"),
    ("euc_kr", "환불정책을"),
    ("utf-8", "Bush hid the facts"),
    ("utf-8", "0 0 0 0"),
    ("utf-8", "退款政策"),
    ("utf-8", "Привет мир!"),
    ("utf-8", "a page\x02 with a control character"),
)


@pytest.mark.parametrize("order", MARKS)
@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("times", [1, 60])
@pytest.mark.parametrize("marked", [True, False], ids=["marked", "bare"])
def test_utf_16_is_read(text: str, order: str, times: int, marked: bool) -> None:
    data = (MARKS[order] if marked else b"") + (text * times).encode(order)
    assert decode(data) == text * times
    pieces = list(read(data, "a.txt", Reading(Bounds())))
    assert "".join(piece.text for piece in pieces) == text * times


@pytest.mark.parametrize("order", MARKS)
def test_a_letter_in_two_parts_may_be_cut_where_the_sample_ends(order: str) -> None:
    text = "a" + "😀" * 20 + "letters " * 10_000
    assert decode(text.encode(order)) == text
    text = "letter " * 1_170 + "a" + "😀" * 20
    assert decode(text.encode(order)) == text


@pytest.mark.parametrize(("encoding", "text"), OLDER)
def test_other_encodings_are_not_taken_for_utf_16(encoding: str, text: str) -> None:
    assert utf16_order(text.encode(encoding)) is None
    assert utf16_order((text + "x" * (len(text.encode(encoding)) % 2)).encode(encoding)) is None


@pytest.mark.parametrize(
    "data",
    [
        b"".join((at * 37 % 2000).to_bytes(2, "little") for at in range(4000)),
        bytes(range(256)) * 40,
        bytes(600),
        b"A\0" * 300 + b"\1\0",
        "Hello".encode("utf-16-le") + b"\0",
        random.Random(1).randbytes(4096),
    ],
    ids=["numbers", "every byte", "zeros", "a control character", "an odd length", "noise"],
)
def test_what_is_binary_is_refused(data: bytes) -> None:
    assert utf16_order(data) is None
    with pytest.raises(ExtractionError, match="its content is binary"):
        list(read(data, "a.txt", Reading(Bounds())))


def test_two_chinese_letters_that_are_ascii_too_are_ascii() -> None:
    assert decode("你好".encode("utf-16-le")) == "`O}Y"
