"""The list operator beyond its numbered tests (spec workflow-nodes §11)."""

import pytest

from treadle.engine.values import File, JsonValue, Value

from .harness import failure_of, outputs_of, run_node


def stored(name: str, **changes: object) -> File:
    known: dict[str, object] = {
        "type": "document",
        "transfer_method": "local_file",
        "filename": name,
        "extension": "." + name.rpartition(".")[2],
        "mime_type": "application/pdf",
        "related_id": f"id-{name}",
        "url": f"http://files/{name}",
        "size": 5,
    }
    return File(**{**known, **changes})  # type: ignore[arg-type]


PAPER = stored("b.pdf")
PICTURE = stored("a.png", type="image", mime_type="image/png", size=10)
LINKED = stored("c.mp3", type="audio", transfer_method="remote_url", remote_url="http://far/c.mp3", size=-1)
FILES: list[Value] = [PAPER, PICTURE, LINKED]


def operator(**changes: JsonValue) -> dict[str, JsonValue]:
    off: dict[str, JsonValue] = {"enabled": False}
    return {"variable": ["s", "xs"], "filter_by": off, "order_by": off, "limit": off, **changes}


def keeping(*conditions: tuple[str, str, JsonValue]) -> dict[str, JsonValue]:
    given: list[JsonValue] = [
        {"key": key, "comparison_operator": comparison, "value": value} for key, comparison, value in conditions
    ]
    return operator(filter_by={"enabled": True, "conditions": given})


async def result_of(items: Value, data: dict[str, JsonValue], **more: Value) -> Value:
    return (await outputs_of("list-operator", data, scopes={"s": {"xs": items, **more}}))["result"]


async def error_of(items: Value, data: dict[str, JsonValue]) -> str | None:
    return (await failure_of("list-operator", data, scopes={"s": {"xs": items}})).error_type


@pytest.mark.parametrize(
    ("comparison", "value", "expected"),
    [
        ("contains", "b", ["ab", "b"]),
        ("not contains", "b", ["a", ""]),
        ("start with", "a", ["a", "ab"]),
        ("end with", "b", ["ab", "b"]),
        ("is", "a", ["a"]),
        ("is not", "a", ["ab", "b", ""]),
        ("in", "xaz", ["a", ""]),
        ("not in", "xaz", ["ab", "b"]),
        ("empty", "", [""]),
        ("not empty", "", ["a", "ab", "b"]),
        ("is", "{{#s.t#}}", ["b"]),
    ],
)
async def test_texts_are_filtered(comparison: str, value: str, expected: list[Value]) -> None:
    assert await result_of(["a", "ab", "b", ""], keeping(("", comparison, value)), t="b") == expected


@pytest.mark.parametrize(
    ("comparison", "value", "expected"),
    [
        ("=", "2", [2]),
        ("≠", "2", [1, 2.5]),
        ("<", 2, [1]),
        (">", "2.0", [2.5]),
        ("≥", "2", [2, 2.5]),
        ("≤", "2", [1, 2]),
    ],
)
async def test_numbers_are_filtered(comparison: str, value: JsonValue, expected: list[Value]) -> None:
    assert await result_of([1, 2, 2.5], keeping(("", comparison, value))) == expected


async def test_truth_values_are_filtered() -> None:
    assert await result_of([True, False, True], keeping(("", "is", True))) == [True, True]
    assert await result_of([True, False, True], keeping(("", "is not", True))) == [False]


@pytest.mark.parametrize(
    ("key", "comparison", "value", "expected"),
    [
        ("name", "start with", "b", [PAPER]),
        ("extension", "is", ".png", [PICTURE]),
        ("mime_type", "contains", "pdf", [PAPER, LINKED]),
        ("url", "contains", "far", [LINKED]),
        ("url", "empty", "", [PAPER, PICTURE]),
        ("related_id", "is", "id-a.png", [PICTURE]),
        ("type", "in", ["image", "audio"], [PICTURE, LINKED]),
        ("type", "not in", ["image"], [PAPER, LINKED]),
        ("type", "in", "image,audio", [PICTURE, LINKED]),
        ("transfer_method", "in", ["local_file"], [PAPER, PICTURE]),
        ("size", ">", "5", [PICTURE]),
        ("size", "≤", 5, [PAPER, LINKED]),
    ],
)
async def test_files_are_filtered(key: str, comparison: str, value: JsonValue, expected: list[Value]) -> None:
    assert await result_of(FILES, keeping((key, comparison, value))) == expected


async def test_conditions_add_up() -> None:
    assert await result_of(FILES, keeping(("size", ">", "0"), ("type", "in", ["image"]))) == [PICTURE]


@pytest.mark.parametrize(
    ("items", "condition", "error"),
    [
        (["a"], ("", "≥", "a"), "InvalidConditionError"),
        (["a"], ("", "in", ["a"]), "InvalidFilterValueError"),
        ([1], ("", "=", "x"), "InvalidFilterValueError"),
        ([1], ("", "contains", "1"), "InvalidConditionError"),
        ([True], ("", "is", "true"), "InvalidFilterValueError"),
        ([True], ("", "contains", True), "InvalidConditionError"),
        ([PAPER], ("mood", "is", "x"), "InvalidKeyError"),
        ([PAPER], ("name", "in", ["x"]), "InvalidKeyError"),
        ([PAPER], ("type", "is", "image"), "InvalidConditionError"),
        ([PAPER], ("name", "≥", "x"), "InvalidConditionError"),
        ([PAPER], ("size", "contains", "5"), "InvalidConditionError"),
    ],
)
async def test_conditions_that_do_not_fit_are_refused(
    items: Value, condition: tuple[str, str, JsonValue], error: str
) -> None:
    assert await error_of(items, keeping(condition)) == error


def ordered(direction: str, key: JsonValue = "") -> dict[str, JsonValue]:
    return operator(order_by={"enabled": True, "key": key, "value": direction})


async def test_items_are_sorted() -> None:
    assert await result_of([3, 1.5, 2], ordered("desc")) == [3, 2, 1.5]
    assert await result_of(["b", "B", "a"], ordered("asc")) == ["B", "a", "b"]
    assert await result_of([True, False], ordered("asc")) == [False, True]
    assert await result_of(FILES, ordered("desc", "size")) == [PICTURE, PAPER, LINKED]
    assert await result_of(FILES, ordered("asc", ["size", "name"])) == [PICTURE, PAPER, LINKED]
    assert await result_of(FILES, ordered("asc", "type")) == [LINKED, PAPER, PICTURE]


@pytest.mark.parametrize(("serial", "error"), [("0", "0"), ("-1", "-1"), ("x", "x"), ("", "")])
async def test_a_position_must_exist(serial: str, error: str) -> None:
    data = operator(extract_by={"enabled": True, "serial": serial})
    record = await failure_of("list-operator", data, scopes={"s": {"xs": ["a"]}})
    assert record.error_type == "ListOperatorError"
    assert error in (record.error or "")


async def test_steps_come_in_their_fixed_order() -> None:
    data = {
        **keeping(("", "≥", "2")),
        "extract_by": {"enabled": True, "serial": 2},
        "order_by": {"enabled": True, "value": "desc"},
        "limit": {"enabled": True, "size": 1},
    }
    assert await result_of([5, 1, 3, 4], data) == [3]
    assert await result_of([1, 2, 3], operator(limit={"enabled": True, "size": 0})) == []


async def test_the_record_keeps_the_list_and_the_ends_of_the_result() -> None:
    record = (await run_node("list-operator", ordered("asc"), scopes={"s": {"xs": ["b", "a"]}})).node("n")
    assert record.inputs == record.process_data == {"variable": ["b", "a"]}
    assert record.outputs == {"result": ["a", "b"], "first_record": "a", "last_record": "b"}


@pytest.mark.parametrize("value", [[], None, "", 0, False, {}])
async def test_nothing_gives_an_empty_list(value: Value) -> None:
    data = {**keeping(("", "bad operator", [])), "extract_by": {"enabled": True, "serial": "9"}}
    assert await outputs_of("list-operator", data, scopes={"s": {"xs": value}}) == {
        "result": [],
        "first_record": None,
        "last_record": None,
    }


@pytest.mark.parametrize("value", ["text", 5, {"a": 1}, [1, "a"], [None], [[1]]])
async def test_other_values_are_refused(value: Value) -> None:
    assert await error_of(value, operator()) == "InvalidVariableTypeError"


async def test_a_missing_variable_is_refused() -> None:
    assert (await failure_of("list-operator", operator())).error_type == "VariableNotFoundError"
