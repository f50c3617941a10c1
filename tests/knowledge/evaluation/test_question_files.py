"""Question sets in files."""

import pytest

from treadle.knowledge.evaluation.questions import MOST, AskedQuestion, Expected, read_questions, written
from treadle.platform.refusals import InvalidParam


def test_csv_and_json_lines_say_the_same() -> None:
    table = 'Question,document,passage\r\nWhen?,a.md,"At ""dawn"", they say"\r\nWhen?,b.md,\r\n\r\nWo?,,水門で\r\n'
    lines = (
        '{"question": "When?", "document": "a.md", "passage": "At \\"dawn\\", they say"}\n'
        '{"question": "When?", "document": "b.md"}\n\n{"question": "Wo?", "passage": "水門で"}\n'
    )
    expected = [
        AskedQuestion("When?", (Expected("a.md", 'At "dawn", they say'), Expected("b.md"))),
        AskedQuestion("Wo?", (Expected("", "水門で"),)),
    ]
    assert read_questions(b"\xef\xbb\xbf" + table.encode(), "q.csv") == expected
    assert read_questions(lines.encode(), "q.JSONL") == expected
    assert read_questions(written(expected).encode(), "again.csv") == expected


@pytest.mark.parametrize(
    ("data", "name", "reason"),
    [
        (b"", "q.csv", "The first line must name the columns"),
        (b"a,b\n1,2\n", "q.csv", "The first line must name the columns"),
        (b"question,passage\n", "q.csv", "There are no questions in it."),
        (b"question,passage\nWhen?,\n", "q.csv", "Line 2 does not say what answers the question"),
        (b"question,passage\n,At dawn\n", "q.csv", "Line 2 has no question."),
        (b"\xff\xfe\x00", "q.csv", "q.csv is not UTF-8 text"),
        (b"{}\n", "q.jsonl", "Line 1 has no question."),
        (b"[1]\n", "q.jsonl", "Line 1 is no JSON object"),
        (b"question,passage\n" + b"x" * 2001 + b",y\n", "q.csv", "The question in line 2 has more than 2,000"),
        (b"question,document\n" + b"".join(b"q%d,d\n" % i for i in range(MOST + 1)), "q.csv", "at most 5,000"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(data: bytes, name: str, reason: str) -> None:
    with pytest.raises(InvalidParam, match=reason):
        read_questions(data, name)
