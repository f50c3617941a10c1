"""The operator table (spec workflow-nodes §7)."""

import pytest

from treadle.engine.errors import NodeError
from treadle.engine.pool import VariablePool
from treadle.engine.values import Value
from treadle.nodes.conditions import Condition, Expected, compare, evaluate

from .ports import file

ERROR = NodeError

TABLE: list[tuple[str, Value, Expected, bool | type[NodeError]]] = [
    ("contains", "abc", "b", True), ("contains", ["a"], "a", True), ("contains", None, "a", False),
    ("contains", [], "a", False), ("contains", 5, "5", ERROR), ("contains", "abc", ["a"], ERROR),
    ("not contains", "abc", "x", True), ("not contains", "", "x", True), ("not contains", ["a"], "a", False),
    ("start with", "abc", "a", True), ("start with", "", "", False), ("start with", 1, "1", ERROR),
    ("end with", "abc", "c", True), ("end with", None, "c", False), ("end with", ["c"], "c", ERROR),
    ("is", "a", "a", True), ("is", None, "a", False), ("is", 1, "1", ERROR), ("is", {}, "x", ERROR),
    ("is not", "a", "b", True), ("is not", None, "b", False),
    ("is", True, "true", True), ("is", True, True, True), ("is", False, "0", True), ("is", True, "True", ERROR),
    ("is not", True, "false", True), ("=", True, "1", True), ("≠", True, "1", False), (">", True, "0", ERROR),
    ("contains", [True, False], "true", True), ("not contains", [True], "false", True),
    ("all of", [True, False], ["true", "false"], True), ("in", True, ["true"], True), ("in", "x", "x", ERROR),
    ("empty", None, None, True), ("empty", "", None, True), ("empty", [], None, True), ("empty", {}, None, True),
    ("empty", 0, None, True), ("empty", False, None, True), ("empty", "x", None, False),
    ("not empty", [0], None, True),
    ("=", 1, "1", True), ("=", 1, "1.5", ERROR), ("=", 1.0, "1", True), ("=", 1.5, "1.5", True),
    ("=", None, "1", False),
    ("=", "1", "1", ERROR), ("=", 1, None, ERROR), ("≠", 1, "2", True), ("≠", None, "2", False), ("≠", 1, "x", ERROR),
    (">", 1, "0.5", True), (">", 2, "10", False), ("<", 1.5, "2", True), ("≥", 2, "2", True), ("≤", 3, "2", False),
    (">", None, "1", False), ("<", "1", "2", ERROR), ("<", 1, "x", ERROR), ("<", 1, None, ERROR),
    (">", 2**63, "9223372036854775807", True),
    ("null", None, None, True), ("null", "", None, False), ("not null", 0, None, True),
    ("exists", None, None, False), ("exists", file("a.png"), None, True), ("not exists", None, None, True),
    ("in", "a", ["a", "b"], True), ("in", "", ["a"], False), ("not in", "", ["a"], True), ("not in", "a", ["a"], False),
    ("in", 1, ["1"], False),
    ("all of", ["a", "b"], ["a"], True), ("all of", "abc", ["a", "c"], True), ("all of", [], ["a"], False),
    ("all of", ["a"], "a", ERROR), ("all of", 3, ["a"], ERROR),
]  # fmt: skip


@pytest.mark.parametrize(("operator", "actual", "expected", "result"), TABLE)
def test_the_operator_table(operator: str, actual: Value, expected: Expected, result: bool | type[NodeError]) -> None:
    condition = Condition.model_validate({"comparison_operator": operator, "value": expected})
    if isinstance(result, bool):
        assert compare(condition.comparison_operator, actual, expected) is result
    else:
        with pytest.raises(result):
            compare(condition.comparison_operator, actual, expected)


@pytest.mark.parametrize(("spelling", "operator"), [("is null", "null"), ("is not null", "not null"), (">=", "≥")])
def test_other_spellings_are_read(spelling: str, operator: str) -> None:
    assert Condition.model_validate({"comparison_operator": spelling}).comparison_operator == operator


def judge(actual: Value, operator: str, value: object = None, **sub: object) -> bool:
    condition = Condition.model_validate(
        {
            "variable_selector": ["n", "v"],
            "comparison_operator": operator,
            "value": value,
            **({"sub_variable_condition": sub} if sub else {}),
        }
    )
    return evaluate(VariablePool({"n": {"v": actual}}), condition)[0]


def test_numbers_in_settings_compare_through_their_text() -> None:
    assert judge(5, "=", 5) is True
    assert judge("5", "is", 5) is True
    assert judge(True, "is", True) is True


def sub(key: str, operator: str, value: object) -> dict[str, object]:
    return {"key": key, "comparison_operator": operator, "value": value}


def test_conditions_on_files_combine() -> None:
    files: list[Value] = [file("a.png"), file("b.pdf", kind="document")]
    image, large = sub("type", "in", ["image"]), sub("size", ">", "100")
    assert judge(files, "contains", logical_operator="and", conditions=[image, large]) is False
    assert judge(files, "contains", logical_operator="or", conditions=[image, large]) is True
    assert judge(files, "contains", conditions=[sub("extension", "is", "pdf")]) is True
    assert judge(files, "contains", conditions=[sub("name", "not contains", ".")]) is False
    assert judge(files, "all of", conditions=[sub("mime_type", "start with", "image/")]) is True


def test_no_file_is_contained_in_no_files() -> None:
    image = sub("type", "in", ["image"])
    assert judge([], "contains", conditions=[image]) is False
    assert judge([], "not contains", conditions=[image]) is True


def test_files_need_conditions_of_their_own() -> None:
    with pytest.raises(NodeError, match="needs conditions on its files"):
        judge([file("a.png")], "contains", "x")
    with pytest.raises(NodeError, match='no attribute "colour"'):
        judge([file("a.png")], "contains", conditions=[sub("colour", "is", "red")])
