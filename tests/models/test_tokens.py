"""Offline token estimates."""

import pytest

from treadle.engine.ports import Message, Part, ToolCall
from treadle.models.tokens import text_tokens, tokens


@pytest.mark.parametrize(
    ("text", "count"),
    [("", 0), ("a", 1), ("four", 1), ("fives", 2), ("你好世界", 4), ("ひらがな!", 5), ("한국어 ok", 4), ("🎉", 1)],
)
def test_wide_letters_count_one_and_others_a_quarter(text: str, count: int) -> None:
    assert text_tokens(text) == count


def test_each_message_costs_three_more_and_media_nothing() -> None:
    messages = (
        Message(role="system", content="Be kind."),
        Message(role="user", content=(Part(type="text", text="look"), Part(type="image", data="A" * 9000))),
        Message(role="assistant", tool_calls=(ToolCall("1", "look", '{"a": 1}'),)),
    )
    assert tokens(messages) == (3 + 2) + (3 + 1) + (3 + 1 + 2)
    assert tokens([]) == 0
