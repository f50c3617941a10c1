"""Finding a JSON object in what a model said."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treadle.engine.values import FILE_MARK, JsonValue
from treadle.nodes.json_reply import first_object

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
STORABLE = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
OBJECT = st.dictionaries(STORABLE.filter(lambda key: key != FILE_MARK), st.integers() | STORABLE, max_size=4)
WORDS = st.text(st.characters(codec="utf-8", exclude_characters="{[<\0"), max_size=20)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"a":1}', {"a": 1}),
        ('Here:\n```json\n{"a": 1}\n```\nDone {sic}', {"a": 1}),
        ('`{"a":1}`', {"a": 1}),
        ('[{"a":1}]', {"a": 1}),
        ("[]", None),
        ('["a"] {"b": 2}', {"b": 2}),
        ('{not json} {"b": [1, {"c": "}"}]} {"d": 1}', {"b": [1, {"c": "}"}]}),
        ('{"a": "line\nbreak"}', {"a": "line\nbreak"}),
        ('<think>{"a":1}</think>{"b":2}', {"b": 2}),
        ('{"a": NaN}', None),
        ('{"a": 1e999}', None),
        ('{"a": 1', None),
        ("", None),
        ("no", None),
    ],
)
def test_the_first_object_is_found(text: str, expected: JsonValue) -> None:
    assert first_object(text) == expected


@given(WORDS, OBJECT, st.text(max_size=20), st.integers(0, 2))
def test_an_object_is_found_amid_words(before: str, value: dict[str, JsonValue], after: str, indent: int) -> None:
    assert first_object(before + json.dumps(value, indent=indent or None) + after) == value


@given(st.text(alphabet='{}[]",:ab\\1 \n<think/>', max_size=80))
def test_any_text_is_read_without_failing(text: str) -> None:
    found = first_object(text)
    assert found is None or isinstance(found, dict)


@given(JSON)
def test_what_is_found_can_be_stored(value: JsonValue) -> None:
    found = first_object(json.dumps({"value": value, FILE_MARK: "__dify__file__"}))
    assert found is not None
    written = json.dumps(found, ensure_ascii=False).encode("utf-8")
    assert b"\\u0000" not in written
    assert FILE_MARK not in found


def test_a_lone_surrogate_and_a_nul_are_not_kept() -> None:
    assert first_object('{"a": "x\\ud800\\u0000y"}') == {"a": "x?y"}


def test_a_hostile_reply_ends_soon() -> None:
    for text in ("[" * 200_000, '{"a":' * 50_000, "{" * 100_000 + '{"a":1}', '{"a":[' + "1," * 200_000):
        assert first_object(text) is None
    deep = '{"a":' * 99 + "1" + "}" * 99
    assert first_object(deep) is not None
