"""Types and renderings of values (spec workflow-engine §1)."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from treadle.engine.values import (
    MISSING,
    File,
    Value,
    ValueType,
    files_in,
    json_text,
    plain,
    revive,
    to_markdown,
    to_text,
    type_of,
)

IMAGE = File(
    type="image",
    transfer_method="local_file",
    id="f1",
    related_id="u1",
    filename="cat.png",
    extension=".png",
    mime_type="image/png",
    size=12,
    url="http://files/cat",
)
PAPER = File(type="document", transfer_method="remote_url", remote_url="http://x/p.pdf", url="http://x/p.pdf")

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
FILES = st.builds(
    File,
    type=st.sampled_from(["image", "document", "audio", "video", "custom"]),
    transfer_method=st.sampled_from(["remote_url", "local_file", "tool_file"]),
    id=st.none() | st.text(),
    filename=st.none() | st.text(),
    size=st.integers(-1, 2**40),
    url=st.none() | st.text(),
)
VALUES: st.SearchStrategy[Value] = st.recursive(
    SCALARS | FILES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4)
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "none"),
        ("", "string"),
        (3, "number"),
        (3.5, "number"),
        (True, "boolean"),
        ({}, "object"),
        (IMAGE, "file"),
        (["a"], "array[string]"),
        ([1, 2.5], "array[number]"),
        ([True, False], "array[boolean]"),
        ([{}, {"a": 1}], "array[object]"),
        ([IMAGE, PAPER], "array[file]"),
        ([], "array[any]"),
        ([1, "a"], "array[any]"),
        ([1, True], "array[any]"),
        ([["a"], ["b"]], "array[any]"),
        ([None, None], "array[any]"),
        (["a", None], "array[any]"),
    ],
)
def test_the_type_is_read_off_the_value(value: Value, expected: str) -> None:
    assert type_of(value) == expected


def test_a_foreign_object_has_no_type_and_no_text() -> None:
    for reading in (type_of, to_text, to_markdown):
        with pytest.raises(TypeError, match="set is not a type a variable can hold"):
            reading({1, 2})  # type: ignore[arg-type]


def test_array_types_know_that_they_are_arrays() -> None:
    assert [kind.value for kind in ValueType if kind.is_array] == [
        "array[string]", "array[number]", "array[boolean]", "array[object]", "array[file]", "array[any]",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "text", "markdown"),
    [
        (MISSING, "", ""),
        (None, "", ""),
        ("日 {}", "日 {}", "日 {}"),
        (1, "1", "1"),
        (1.0, "1.0", "1.0"),
        (1e-7, "1e-07", "1e-07"),
        (True, "True", "True"),
        (False, "False", "False"),
        ({}, "{}", "{}"),
        ({"é": [1, None]}, '{"é": [1, null]}', '{\n  "é": [\n    1,\n    null\n  ]\n}'),
        (["é", "b"], '["é", "b"]', "- é\n- b"),
        ([], "", ""),
        ([1, 2.0], "[1, 2.0]", "- 1\n- 2.0"),
        ([True], "[True]", "- True"),
        ([{"a": 1}], "[{'a': 1}]", "- {'a': 1}"),
        ([["a"], []], "[['a'], []]", "- ['a']\n- []"),
        ([1, "a", None], "[1, 'a', None]", "- 1\n- a\n- None"),
        (IMAGE, "", "![cat.png](http://files/cat)"),
        (PAPER, "", "[http://x/p.pdf](http://x/p.pdf)"),
        ([IMAGE, PAPER], "", "![cat.png](http://files/cat)\n[http://x/p.pdf](http://x/p.pdf)"),
    ],
)
def test_each_value_reads_as_the_table_says(value: Value, text: str, markdown: str) -> None:
    assert (to_text(value), to_markdown(value)) == (text, markdown)


def test_files_inside_mixed_lists_and_objects_read_as_their_maps_and_links() -> None:
    mapped = plain(PAPER)
    assert to_text([PAPER, "a"]) == str([mapped, "a"])
    assert to_markdown([PAPER, "a"]) == "- [http://x/p.pdf](http://x/p.pdf)\n- a"
    assert to_text({"file": PAPER}) == json_text({"file": mapped})


def test_a_file_shows_its_attributes_and_nothing_else() -> None:
    names = ["name", "type", "size", "mime_type", "transfer_method", "url", "extension", "related_id"]
    assert [IMAGE.attribute(name) for name in names] == [
        "cat.png", "image", 12, "image/png", "local_file", "http://files/cat", ".png", "u1",
    ]  # fmt: skip
    assert [IMAGE.attribute(name) for name in ("tenant_id", "id", "filename", "markdown", "__class__")] == [MISSING] * 5


def test_missing_is_false_and_not_null() -> None:
    assert not MISSING
    assert MISSING is not None
    assert repr(MISSING) == "MISSING"


def test_files_are_found_depth_first() -> None:
    assert files_in({"a": [IMAGE, {"b": PAPER}], "c": "x", "d": IMAGE}) == [IMAGE, PAPER, IMAGE]


@given(VALUES)
def test_plain_values_survive_json_and_come_back(value: Value) -> None:
    assert revive(msgspec.json.decode(msgspec.json.encode(plain(value)))) == value


def test_a_map_that_only_claims_to_be_a_file_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError):
        revive({"dify_model_identity": "__dify__file__"})


@given(VALUES)
def test_every_value_has_a_type_and_reads_as_text(value: Value) -> None:
    assert isinstance(type_of(value), ValueType)
    assert isinstance(to_text(value), str)
    assert isinstance(to_markdown(value), str)
