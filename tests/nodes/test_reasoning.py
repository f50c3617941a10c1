"""Thinking and answer, told apart however a reply is cut into pieces (spec workflow-nodes §4.10)."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treadle.nodes.reasoning import Separated, Splitter, Tagged, without_thinking


def split(splitter: Splitter, pieces: list[tuple[str, str]]) -> tuple[str, str]:
    shown = [splitter.feed(*piece) for piece in pieces] + [splitter.close()]
    return "".join(text for text, _ in shown), "".join(thought for _, thought in shown)


def separated(*texts: str) -> tuple[str, str]:
    return split(Separated(), [(text, "") for text in texts])


@pytest.mark.parametrize(
    ("reply", "text", "thought"),
    [
        ("plain", "plain", ""),
        ("<think>\nplan\n</think>\n\nHello\n\n\n\nWorld", "Hello\n\nWorld", "plan"),
        ("<THINK a='b'>x</Think>y", "y", "x"),
        ("a<think> 1 </think>b<think>2\n</think>c", "abc", "1\n2"),
        ("a <think>x</think> b", "a  b", "x"),
        ("<think></think>done", "done", ""),
        ("<thinking>kept</thinking>", "<thinking>kept</thinking>", ""),
        ("1 < 2 and <b>bold</b> </think>", "1 < 2 and <b>bold</b> </think>", ""),
        ("<think>never closed", "", "never closed"),
        ("ends with <thi", "ends with <thi", ""),
        ("<think>a < b </thin </think>c", "c", "a < b </thin"),
        ("  \n lead and trail \n ", "lead and trail", ""),
    ],
)
def test_thinking_is_taken_out(reply: str, text: str, thought: str) -> None:
    assert separated(reply) == (text, thought)
    assert separated(*reply) == (text, thought)


PIECES = st.lists(
    st.sampled_from(["<think>", "</think>", "<THINK x>", "<", "think", "/", ">", " ", "\n", "\n\n", "a", "b c", "é"]),
    max_size=14,
)


@given(PIECES, st.data())
def test_the_cut_of_a_reply_does_not_matter(parts: list[str], data: st.DataObject) -> None:
    reply = "".join(parts)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(reply)), max_size=6)))
    pieces = [reply[start:end] for start, end in zip([0, *cuts], [*cuts, len(reply)], strict=True)]
    assert separated(*pieces) == separated(reply)


@given(PIECES)
def test_streamed_text_is_the_text_without_its_blocks(parts: list[str]) -> None:
    reply = "".join(parts)
    text, _ = separated(*reply)
    if re.search(r"<think(\s[^<>]*)?>", without_thinking(reply), re.IGNORECASE):
        return  # a block that is never closed
    assert text == re.sub(r"\n\s*\n", "\n\n", without_thinking(reply)).strip()


def test_thinking_that_comes_apart_stays_apart() -> None:
    pieces = [("", " one"), ("", " two "), ("answer", ""), ("", "three"), (" end", "")]
    assert split(Separated(), pieces) == ("answer end", "one two\nthree")


def test_thinking_that_comes_apart_is_tagged() -> None:
    pieces = [("", "one"), ("", " two"), ("answer", "")]
    assert split(Tagged(), pieces) == ("<think>\none two\n</think>answer", "")
    assert split(Tagged(), [("", "only")]) == ("<think>\nonly\n</think>", "")


def test_tagged_text_passes_at_once() -> None:
    splitter = Tagged()
    assert splitter.feed("<thi", "") == ("<thi", "")
    assert splitter.close() == ("", "")
