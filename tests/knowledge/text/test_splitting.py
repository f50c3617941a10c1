"""The splitters: bounded, complete and the same whichever way lengths are counted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treadle.knowledge.text.splitting import Span, split_fixed, split_recursive

TEXTS = st.text(alphabet="ab. 。\n", max_size=300)
SIZES = st.integers(1, 40)


def test_no_text_has_no_spans() -> None:
    assert list(split_recursive("", 10)) == list(split_fixed("", "\n", 10)) == []


def test_a_chinese_sentence_keeps_its_stop() -> None:
    text = "退款需要三天。换货需要五天。请先联系客服。"
    assert [text[start:end] for start, end in split_recursive(text, 8)] == [
        "退款需要三天。",
        "换货需要五天。",
        "请先联系客服。",
    ]


def test_words_are_never_glued() -> None:
    text = "alpha beta gamma. " + "delta " * 20
    found = [text[start:end] for start, end in split_recursive(text, 30)]
    assert {word for chunk in found for word in chunk.split()} == {"alpha", "beta", "gamma.", "delta"}


@given(TEXTS, SIZES, st.integers(0, 20))
def test_spans_are_bounded_and_leave_out_nothing_but_separators(text: str, size: int, overlap: int) -> None:
    spans = list(split_recursive(text, size, min(overlap, size)))
    assert all(0 < end - start <= size for start, end in spans if text[start:end].strip())
    assert [start for start, _ in spans] == sorted(start for start, _ in spans)
    covered = {at for start, end in spans for at in range(start, end)}
    assert all(text[at] in " \n" for at in range(len(text)) if at not in covered)


@given(TEXTS, SIZES, st.integers(0, 20))
def test_counting_by_a_function_cuts_where_counting_characters_does(text: str, size: int, overlap: int) -> None:
    overlap = min(overlap, size)
    quick = [text[start:end].strip() for start, end in split_recursive(text, size, overlap)]
    counted = [text[start:end].strip() for start, end in split_recursive(text, size, overlap, len)]
    if "\n\n\n" not in text:
        assert [part for part in quick if part] == [part for part in counted if part]


def test_no_chunk_is_made_of_overlap_alone() -> None:
    assert [(start, end) for start, end in split_recursive("aa a  ", 4, 1)] == [(0, 4)]


def test_another_unit_of_length() -> None:
    text = "a bb ccc dddd eeeee"
    words = lambda part: len(part.split())  # noqa: E731
    assert [text[start:end] for start, end in split_recursive(text, 2, 0, words)] == ["a bb", "ccc dddd", "eeeee"]


@pytest.mark.parametrize("text", ["x" * 3_000_000, "x " * 1_500_000, "\n\n" * 1_000_000, ". " * 1_000_000])
def test_a_line_without_end_is_cut(text: str) -> None:
    spans = list(split_recursive(text, 500, 50))
    assert spans == [] or spans[0].start == 0
    assert all(end - start <= 500 for start, end in spans)


def test_an_empty_separator_parts_nothing() -> None:
    assert list(split_fixed("a b", "", 10)) == [Span(0, 3)]
