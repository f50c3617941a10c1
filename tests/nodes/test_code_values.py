"""What code may return (spec workflow-nodes §8.4)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treadle.engine.errors import CodeNodeError, DepthLimitError, OutputValidationError
from treadle.engine.values import JsonValue
from treadle.nodes.code_values import CodeOutput, ResultCheck
from treadle.nodes.limits import CodeLimits

from .harness import outputs_of, run_node
from .ports import GivenCode, a_world, file

CHECK = ResultCheck(CodeLimits(string_length=5, number_array=3))


def check(kind: str, value: JsonValue, **children: object) -> object:
    output = CodeOutput.model_validate({"type": kind, "children": children or None})
    return CHECK.members({"r": value}, {"r": output})["r"]


@pytest.mark.parametrize(
    ("kind", "value", "accepted"),
    [
        ("string", "abcde", "abcde"),
        ("string", "1e+3", "1e+3"),
        ("number", "1e+3", 1000.0),
        ("number", False, 0),
        ("number", 1.5, 1.5),
        ("array[number]", [1, True, 2.5], [1, 1, 2.5]),
        ("array[string]", ["a", None], ["a", None]),
        ("array[boolean]", [True, None], [True, None]),
        ("array[object]", [{"a": 1}, None], [{"a": 1}, None]),
        ("object", {"a": "-2.5E-7", "b": None, "c": True}, {"a": -2.5e-07, "b": None, "c": True}),
        (
            "object",
            {"l": [[1], ["a"]], "e": [], "n": [None, 1, "a"]},
            {"l": [[1], ["a"]], "e": [], "n": [None, 1, "a"]},
        ),
        ("object", {}, {}),
        *[(kind, None, None) for kind in ("string", "number", "object", "boolean", "array[number]")],
    ],
)
def test_results_that_are_accepted(kind: str, value: JsonValue, accepted: object) -> None:
    result = check(kind, value)
    assert (result, type(result)) == (accepted, type(accepted))


@pytest.mark.parametrize(
    ("kind", "value", "reason"),
    [
        ("string", "abcdef", "The length of output r must be at most 5 characters."),
        ("string", 1, "Output r must be a string, got number instead."),
        ("number", "1", "Output r must be a number, got string instead."),
        ("number", 2**63, "which is not between"),
        ("number", float("nan"), "which is not between"),
        ("number", float("inf"), "which is not between"),
        ("number", 1e-21, "Output r has more than 20 decimals."),
        ("boolean", "true", "Output r must be a boolean, got string instead."),
        ("object", [], "Output r is not an object, got array instead."),
        ("array[number]", [1, None], "Output r[1] must be a number, got null instead."),
        ("array[number]", [1] * 4, "The length of output r must be at most 3, but is 4."),
        ("array[string]", "ab", "Output r is not an array of strings, got string instead."),
        ("array[object]", [{"a": "abcdef"}], "The length of output r[0].a must be at most 5 characters."),
        ("array[object]", [1], "Output r[0] is not an object, got number instead."),
        ("object", {"a": [1, "b"]}, "Output r.a is not a valid array: its items are of different types."),
        ("object", {"a": {"b": 2**70}}, "Output r.a.b is"),
    ],
)
def test_results_that_are_refused(kind: str, value: JsonValue, reason: str) -> None:
    with pytest.raises(OutputValidationError) as caught:
        check(kind, value)
    assert reason in str(caught.value)


def test_declared_members_are_checked_at_each_level() -> None:
    point = {"x": {"type": "number"}, "y": {"type": "array[string]"}}
    assert check("object", {"x": 1, "y": []}, **point) == {"x": 1, "y": []}
    assert check("array[object]", [{"x": 1, "y": ["a"]}], **point) == [{"x": 1, "y": ["a"]}]
    with pytest.raises(OutputValidationError, match=r"Output r\.y is missing\."):
        check("object", {"x": 1}, **point)
    with pytest.raises(CodeNodeError, match=r"Not all outputs in r\[0\] are declared: z\."):
        check("array[object]", [{"x": 1, "y": [], "z": 0}], **point)


def test_depth_counts_objects() -> None:
    def nested(levels: int) -> JsonValue:
        value: JsonValue = {"end": 1}
        for _ in range(levels - 1):
            value = {"inner": value}
        return value

    assert check("object", nested(4)) == nested(4)
    with pytest.raises(DepthLimitError):
        check("object", nested(5))
    with pytest.raises(DepthLimitError):
        check("object", {"list": [nested(4)]})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)


@given(st.sampled_from(["string", "number", "boolean", "object", "array[string]", "array[object]"]), JSON)
def test_every_result_is_accepted_or_refused_by_name(kind: str, value: JsonValue) -> None:
    try:
        check(kind, value)
    except CodeNodeError as error:
        refusal = str(error)
    else:
        return
    assert "r" in refusal


async def test_files_reach_code_as_maps() -> None:
    code = GivenCode(lambda f, fs: {"r": f["filename"] + fs[0]["url"]})
    data: dict[str, JsonValue] = {
        "code": "",
        "variables": [
            {"variable": "f", "value_selector": ["s", "f"]},
            {"variable": "fs", "value_selector": ["s", "fs"]},
        ],
        "outputs": {"r": {"type": "string"}},
    }
    scopes = {"s": {"f": file("a.png"), "fs": [file("b.png")]}}
    assert await outputs_of("code", data, scopes=scopes, ports=a_world(code=code)) == {"r": "a.pnghttp://files/b.png"}
    record = (await run_node("code", data, scopes=scopes, ports=a_world(code=code))).node("n")
    assert record.inputs == {"f": file("a.png"), "fs": [file("b.png")]}
    assert record.process_data == {"engine": "double"}
