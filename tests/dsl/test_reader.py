"""YAML text to JSON data."""

import time

import pytest
import yaml

from treadle.dsl.problems import ProblemKind
from treadle.dsl.reader import MAX_BYTES, read_yaml


def data_of(source: str | bytes):
    read = read_yaml(source)
    assert read.problems == []
    return read.data


def refusal(source: str | bytes) -> tuple[ProblemKind, str, str]:
    (problem,) = read_yaml(source).problems
    assert problem.severity == "error"
    return problem.kind, problem.where, problem.message


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("1", 1),
        ("-17", -17),
        ("0", 0),
        ("1.0", 1.0),
        ("1.5e+3", 1500.0),
        ("0x1F", 31),
        ("1_000", 1000),
        ("true", True),
        ("Yes", True),
        ("off", False),
        ("~", None),
        ("", None),
        ("null", None),
        ("9" * 40, int("9" * 40)),
    ],
)
def test_a_plain_scalar_keeps_its_yaml_kind(typed: str, value: object):
    read = data_of(f"a: {typed}")
    assert read == {"a": value}
    assert type(read["a"]) is type(value)


@pytest.mark.parametrize(
    "typed",
    [
        "2024-01-01",
        "2024-01-01 10:00:00",
        "12:30:45",
        "0712345",
        "1e5",
        "1.2.3",
        ".inf",
        "-.inf",
        ".nan",
        "1.0e+999",
        "9" * 5000,
        "0x",
        "=",
        "y",
    ],
)
def test_what_json_or_people_do_not_take_for_a_number_stays_the_text_typed(typed: str):
    assert data_of(f"a: {typed}") == {"a": typed}


@pytest.mark.parametrize("typed", ["'1'", '"true"', "!!str 1", '"2024-01-01"', "! 1"])
def test_quoted_and_tagged_texts_stay_texts(typed: str):
    assert isinstance(data_of(f"a: {typed}")["a"], str)


def test_keys_are_text_whatever_they_look_like():
    assert data_of("1: a\ntrue: b\non: c\n~: d\n2024-01-01: e") == {
        "1": "a",
        "true": "b",
        "on": "c",
        "~": "d",
        "2024-01-01": "e",
    }


def test_anchors_aliases_and_merge_keys_are_written_out_as_copies():
    data = data_of("base: &b {x: 1, y: [1]}\none: *b\ntwo:\n  <<: *b\n  x: 2\nthree: {<<: [{z: 3}, *b]}")
    assert data == {
        "base": {"x": 1, "y": [1]},
        "one": {"x": 1, "y": [1]},
        "two": {"x": 2, "y": [1]},
        "three": {"x": 1, "y": [1], "z": 3},
    }
    assert data["one"] is not data["base"]


def test_a_key_given_twice_keeps_the_last_value_and_is_told_about():
    read = read_yaml("a: 1\nb: 2\na: 3")
    assert read.data == {"a": 3, "b": 2}
    (problem,) = read.problems
    assert (problem.kind, problem.severity, problem.where) == ("duplicate-key", "warning", "line 3, column 1")


def test_a_byte_order_mark_and_every_string_style_are_read():
    source = "\ufeffa: |\n  one\n  two\nb: >-\n  one\n  two\nc: 'it''s'\nd: \"\\u00e9\"\n"
    assert data_of(source.encode()) == {"a": "one\ntwo\n", "b": "one two", "c": "it's", "d": "é"}


@pytest.mark.parametrize(
    ("source", "where", "reason"),
    [
        ('a:\n  b: "x".y', "line 2, column 9", "text follows the closing quote of a value"),
        ("a: [1, 2", "line 2, column 1", "the list opened with [ at line 1 lacks a comma or its closing ]"),
        ("a: {b: 1", "line 2, column 1", "the map opened with { at line 1 lacks a comma or its closing }"),
        ("a: b: c", "line 1, column 5", 'a second ": " stands inside a value'),
        ("a:\n\t- b", "line 2, column 1", "the line is indented with a tab"),
        ("a: |\n\tb", "line 2, column 1", "the line is indented with a tab"),
        ("a: 1\nb: 'open", "line 2, column 9", "the quoted text that begins at line 2 is never closed"),
        ("a: @b", "line 1, column 4", "a value may not begin with @"),
        ('a: "\\q"', "line 1, column 5", "a double-quoted text has an unknown backslash escape"),
        ("- a\nb: c", "line 2, column 1", "this does not fit the list that begins at line 1"),
        ("a: 1\nb", "line 3, column 1", 'the line is neither "key: value" nor part of the text above'),
        ("a: [1,,2]", "line 1, column 7", "a value is missing"),
        ("a: | x", "line 1, column 6", "text follows the | or > sign"),
        ("a: - b", "line 1, column 4", 'a list item "-" may not stand here'),
        ("a: 1\n---\nb: 1", "line 2, column 1", "a second document begins here"),
        ("? [a]\n: b", "line 1, column 3", "a key must be text"),
        ("a: !!python/object:os.system {}", "line 1, column 4", "the tag !!python/object:os.system is not supported"),
        ("a: !secret x", "line 1, column 4", "the tag !secret is not supported"),
        ("<<: 1", "line 1, column 5", "the merge key << takes a map"),
    ],
)
def test_broken_yaml_is_refused_with_line_column_and_reason(source: str, where: str, reason: str):
    kind, place, message = refusal(source)
    assert (kind, place) == (ProblemKind.BAD_YAML, where)
    assert message.startswith(f"{where.capitalize()}: {reason}")
    assert message.endswith(".")


def test_the_message_about_broken_yaml_does_not_repeat_the_file():
    assert "sk-secret" not in refusal('key: "sk-secret".tail')[2]


@pytest.mark.parametrize(
    ("source", "kind", "where"),
    [
        (b"a: \xff\xfe", ProblemKind.NOT_TEXT, "line 1, column 4"),
        ("a: 1\nb: x\0y", ProblemKind.NOT_TEXT, "line 2, column 5"),
        ("a: \x07", ProblemKind.NOT_TEXT, "line 1, column 4"),
        ("a: \ud800", ProblemKind.NOT_TEXT, "line 1, column 4"),
        ("a: *nobody", ProblemKind.BAD_ALIAS, "line 1, column 4"),
        ("a: &a [*a]", ProblemKind.BAD_ALIAS, "line 1, column 8"),
    ],
)
def test_bytes_that_are_no_text_and_aliases_without_sense_are_refused(source, kind: ProblemKind, where: str):
    assert refusal(source)[:2] == (kind, where)


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("x" * (MAX_BYTES + 1), ProblemKind.TOO_LARGE),
        (b"x" * 50_000_000, ProblemKind.TOO_LARGE),
        ("é" * (MAX_BYTES // 2 + 1), ProblemKind.TOO_LARGE),
        ("[" * 100_000, ProblemKind.TOO_DEEP),
        ("a: " + "{b: " * 200, ProblemKind.TOO_DEEP),
        ("- " * 5_000, ProblemKind.TOO_DEEP),
        ("[" + "1," * 2_000_000 + "]", ProblemKind.TOO_MANY_VALUES),
        ("%TAG !a! x\n" * 200_000, ProblemKind.BAD_YAML),
    ],
)
def test_what_would_cost_too_much_is_refused_in_bounded_time(source, kind: ProblemKind):
    began = time.perf_counter()
    assert refusal(source)[0] is kind
    assert time.perf_counter() - began < 5


def test_an_alias_bomb_is_refused_before_it_is_written_out():
    lines = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 30)]
    assert refusal("\n".join(lines))[0] is ProblemKind.TOO_MANY_VALUES


def test_aliases_cannot_nest_deeper_than_the_limit():
    lines = ["a0: &a0 [1]", *(f"a{i}: &a{i} [*a{i - 1}]" for i in range(1, 150))]
    assert refusal("\n".join(lines))[0] is ProblemKind.TOO_DEEP


def test_the_reader_written_in_python_gives_the_same(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("treadle.dsl.reader._LOADER", yaml.SafeLoader)
    assert data_of("a: [1, 'b']\nc: {d: 2024-01-01}") == {"a": [1, "b"], "c": {"d": "2024-01-01"}}
    assert refusal("a: [1")[0] is ProblemKind.BAD_YAML
