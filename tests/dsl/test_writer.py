"""JSON data to YAML text."""

import json

import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from treadle.dsl.reader import read_yaml
from treadle.dsl.writer import write_yaml

TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
    st.text(st.sampled_from("a 1:#-'\"\n\t{}[]é🧶\u2028|>%@`,&*!?=~.\\\r"), max_size=14),
)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXTS, inner, max_size=4)),
    max_leaves=12,
)
MAPS = st.dictionaries(TEXTS, VALUES, max_size=5)


@settings(max_examples=120, deadline=None)
@given(MAPS)
@example({"a": "\n"})
@example({"a": "x\n\n", "b": [" x\ny", "\tx\ny\n", "x \n  \ny"]})
@example({"a": [[["x\n y\n"], []], {}], "b" * 200: [{"c": 1}]})
@example({"a": "1_000", "b": "1e5", "c": "0o17", "d": "12:30", "e": "NULL", "f": "- x", "g": "x: y", "h": "x #y"})
def test_what_is_written_reads_back_equal_here_and_with_the_usual_reader(data: dict):
    text = write_yaml(data)
    read = read_yaml(text)
    assert (read.problems, read.data) == ([], data)
    assert json.dumps(read.data, sort_keys=True) == json.dumps(data, sort_keys=True), "1 and 1.0 differ"
    if not any(key in ("<<", "=") for key in _keys(data)):
        assert yaml.load(text, Loader=yaml.CSafeLoader) == data


def _keys(value: object):
    if isinstance(value, dict):
        yield from value
        for item in value.values():
            yield from _keys(item)
    elif isinstance(value, list):
        for item in value:
            yield from _keys(item)


def test_the_text_is_sorted_block_style_with_literal_texts_and_emoji():
    data = {
        "b": {"y": 1, "x": [{"k": "v", "a": True}, []]},
        "a": "🧶 yarn",
        "c": "def f():\n    return '1'\n",
        "d": 1e-07,
    }
    assert write_yaml(data) == (
        "a: 🧶 yarn\nb:\n  x:\n  - a: true\n    k: v\n  - []\n  y: 1\nc: |\n  def f():\n      return '1'\nd: 1.0e-07\n"
    )


def test_half_a_surrogate_pair_cannot_break_the_file():
    assert read_yaml(write_yaml({"a": "x\ud800"})).data == {"a": "x\ufffd"}
