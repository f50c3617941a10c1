"""Token counts without a network."""

import threading

import pytest

from treadle.engine.ports import Message, Part, ToolCall
from treadle.models import tokens_vocabulary
from treadle.models.tokens import LONGEST, text_tokens, tokens, vocabulary_of
from treadle.models.tokens_estimate import Vocabulary, estimated

PROSE = (
    "The weaver sets one foot on the treadle and the shed opens. A shuttle crosses, the reed beats the thread home, "
    "and the pattern grows by a row; what was a plan on squared paper is cloth by the evening. "
)
CHINESE = (
    "请在设置页面中填写模型名称和密钥，然后点击保存按钮。保存之后，系统会检查连接是否正常，并显示可用的模型列"
    "表。织工踩下踏板，梭口便打开了；到了傍晚，方格纸上的计划已经变成了布。"
)
JAPANESE = (
    "設定ページでモデルの名前とキーを入力し、保存ボタンを押してください。保存すると接続が確認され、使えるモデ"
    "ルの一覧が表示されます。織り手が踏み木を踏むと杼口が開き、模様が一段ずつ伸びていきます。"
)
CODE = """\
def woven(rows: list[str], *, width: int = 80) -> list[str]:
    cloth = []
    for number, row in enumerate(rows):
        if len(row) > width:
            raise ValueError(f"row {number} is {len(row)} wide; at most {width} fit")
        cloth.append(row.ljust(width))
    return cloth
"""


@pytest.fixture
def vocabularies() -> None:
    """Both vocabularies, read."""
    if not tokens_vocabulary.installed():
        pytest.skip("treadle[tokens] is not installed")
    for name in ("o200k_base", "cl100k_base"):
        tokens_vocabulary.load(name)


@pytest.mark.parametrize("vocabulary", ["o200k_base", "cl100k_base"])
@pytest.mark.parametrize("text", [PROSE, CHINESE, JAPANESE, CODE, PROSE + CHINESE + CODE, "1234567 89 " * 20])
@pytest.mark.usefixtures("vocabularies")
def test_the_estimate_is_within_a_quarter_of_the_truth(text: str, vocabulary: Vocabulary) -> None:
    count = tokens_vocabulary.counter(vocabulary)
    assert count is not None
    assert estimated(text, vocabulary) == pytest.approx(count(text), rel=0.25)


@pytest.mark.usefixtures("vocabularies")
def test_a_known_model_is_counted_exactly() -> None:
    assert text_tokens("hello world", "gpt-4o-mini") == 2
    assert text_tokens("hello world", "gpt-3.5-turbo") == 2
    assert text_tokens("你好，世界！", "gpt-4") == 7
    assert text_tokens("你好，世界！", "gpt-4o") == 4


@pytest.mark.usefixtures("vocabularies")
def test_the_end_of_a_very_long_text_is_counted_in_proportion() -> None:
    text = PROSE * (3 * LONGEST // len(PROSE))
    count = tokens_vocabulary.counter("o200k_base")
    assert count is not None
    assert text_tokens(text, "gpt-4o") == pytest.approx(count(text), rel=0.02)


@pytest.mark.parametrize("text", ["a", " ", "\n", "?", "你", "🎉", "\ud800", "\0"])
def test_only_the_empty_text_is_nothing(text: str) -> None:
    assert estimated("", "o200k_base") == text_tokens("") == text_tokens("", "gpt-4o") == 0
    assert estimated(text, "o200k_base") >= 1
    assert text_tokens(text) >= 1


@pytest.mark.parametrize(
    ("model", "vocabulary"),
    [
        ("gpt-4o", "o200k_base"),
        ("gpt-4o-2024-08-06", "o200k_base"),
        ("gpt-4.1-mini", "o200k_base"),
        ("gpt-5", "o200k_base"),
        ("o3-mini", "o200k_base"),
        ("openai/gpt-4o", "o200k_base"),
        ("ft:gpt-4o-mini:me::1", "o200k_base"),
        ("gpt-4", "cl100k_base"),
        ("gpt-4-turbo", "cl100k_base"),
        ("gpt-3.5-turbo", "cl100k_base"),
        ("text-embedding-3-small", "cl100k_base"),
        ("gpt-4ocean", None),
        ("claude-sonnet-4-5", None),
        ("o1live", None),
        ("", None),
    ],
)
def test_a_models_name_says_its_vocabulary(model: str, vocabulary: Vocabulary | None) -> None:
    assert vocabulary_of(model) == vocabulary


def test_each_message_costs_three_more_and_media_nothing() -> None:
    messages = (
        Message(role="system", content="Be kind."),
        Message(role="user", content=(Part(type="text", text="look"), Part(type="image", data="A" * 9000))),
        Message(role="assistant", tool_calls=(ToolCall("1", "look", '{"a": 1}'),)),
    )
    texts = ["Be kind.", "look", "look", '{"a": 1}']
    assert tokens(messages) == 9 + sum(map(text_tokens, texts))
    assert tokens([]) == tokens([], "gpt-4o") == 0


@pytest.mark.usefixtures("vocabularies")
def test_a_known_vocabulary_primes_the_reply_with_three() -> None:
    assert tokens([Message(role="user", content="hello world")], "gpt-4o") == 3 + 2 + 3


def test_nobody_waits_for_a_vocabulary(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, go_on = threading.Event(), threading.Event()

    def slow(vocabulary: Vocabulary) -> None:
        reading.set()
        go_on.wait(10)
        tokens_vocabulary._counters[vocabulary] = len

    monkeypatch.setattr(tokens_vocabulary, "_counters", {})
    monkeypatch.setattr(tokens_vocabulary, "installed", lambda: True)
    monkeypatch.setattr(tokens_vocabulary, "load", slow)
    assert text_tokens(PROSE, "gpt-4o") == estimated(PROSE, "o200k_base")
    assert reading.wait(10)
    assert text_tokens(CODE, "gpt-4o") == estimated(CODE, "o200k_base")
    go_on.set()
    for thread in threading.enumerate():
        if thread.name == "token vocabulary":
            thread.join(10)
    assert text_tokens("twelve signs", "gpt-4o") == 12
