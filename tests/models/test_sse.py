"""The event reader gives the same payloads however the network cuts the bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treadle.models import sse
from treadle.models.sse import EventTooLong, SseReader


def payloads(data: bytes, cuts: list[int], delimiter: bytes = b"\n\n") -> list[bytes]:
    reader = SseReader(delimiter)
    places = sorted({min(cut, len(data)) for cut in cuts})
    found: list[bytes] = []
    for start, end in zip([0, *places], [*places, len(data)], strict=True):
        found += reader.feed(data[start:end])
    return found + reader.end()


LINES = st.lists(
    st.one_of(
        st.text(alphabet=st.characters(exclude_characters="\r\n", exclude_categories=["Cs"])).map(
            lambda t: f"data: {t}x"
        ),
        st.sampled_from([": keep-alive", "event: message", "id: 7", "retry: 10", "", 'data:{"a": "é"}', '{"bare": 1}']),
    )
)


@given(LINES, st.sampled_from(["\n", "\r\n", "\n\n", "\r\n\r\n"]), st.lists(st.integers(0, 400), max_size=12))
def test_payloads_do_not_depend_on_how_the_bytes_are_split(lines: list[str], end: str, cuts: list[int]) -> None:
    data = "".join(line + end for line in lines).encode()
    expected = [line.removeprefix("data:").strip() for line in lines if line.startswith(("data:", "{"))]
    assert [payload.decode().strip() for payload in payloads(data, cuts)] == [each.strip() for each in expected]
    assert payloads(data, cuts) == payloads(data, [])


@given(st.lists(st.sampled_from(["data: a", "data: b|", "data: |"])), st.lists(st.integers(0, 80), max_size=9))
def test_an_odd_delimiter_may_be_cut_anywhere(lines: list[str], cuts: list[int]) -> None:
    data = "".join(f"{line}|#|" for line in lines).encode()
    assert payloads(data, cuts, b"\n|#|\n") == [line.removeprefix("data:").encode() for line in lines]


def test_a_last_line_without_an_end_counts() -> None:
    assert payloads(b'data: {"a":1}\n\ndata: {"b":2}', []) == [b' {"a":1}', b' {"b":2}']


def test_carriage_returns_alone_can_stand_between_events() -> None:
    assert payloads(b"data: 1\r\rdata: 2\r\r", [5], b"\r\r") == [b" 1", b" 2"]


def test_an_event_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "MAX_EVENT_BYTES", 100)
    reader = SseReader()
    assert reader.feed(b"data: " + b"x" * 90) == []
    with pytest.raises(EventTooLong):
        reader.feed(b"x" * 90)
