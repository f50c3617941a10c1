"""The numbered tests of spec workflow-nodes for the list operator."""

from collections.abc import Mapping

from tests.nodes.harness import failure_of, outputs_of
from treadle.engine.values import File, JsonValue, Value

PICTURE = File(type="image", transfer_method="local_file", filename="a.png", extension=".png", size=10)
PAPER = File(type="document", transfer_method="local_file", filename="b.pdf", extension=".pdf", size=5)


def operator(**changes: JsonValue) -> dict[str, JsonValue]:
    off: dict[str, JsonValue] = {"enabled": False}
    return {"variable": ["s", "xs"], "filter_by": off, "order_by": off, "limit": off, **changes}


def keep(comparison_operator: str, value: JsonValue, key: str = "") -> JsonValue:
    condition: JsonValue = {"key": key, "comparison_operator": comparison_operator, "value": value}
    return {"enabled": True, "conditions": [condition]}


def order(direction: str, key: str = "") -> JsonValue:
    return {"enabled": True, "key": key, "value": direction}


def given(items: Value, **more: Value) -> dict[str, Mapping[str, Value]]:
    return {"s": {"xs": items}, "start": more}


async def result_of(items: Value, *, start: Mapping[str, Value] | None = None, **changes: JsonValue) -> Value:
    return (await outputs_of("list-operator", operator(**changes), scopes=given(items, **(start or {}))))["result"]


async def test_LO_1_texts_are_filtered_and_sorted_downwards() -> None:
    data = operator(filter_by=keep("start with", "a"), order_by=order("desc"))
    assert await outputs_of("list-operator", data, scopes=given(["apple", "bob", "avocado"])) == {
        "result": ["avocado", "apple"],
        "first_record": "avocado",
        "last_record": "apple",
    }


async def test_LO_2_numbers_are_filtered_sorted_and_cut() -> None:
    limit: JsonValue = {"enabled": True, "size": 1}
    assert await result_of([3, 1, 2], filter_by=keep("≥", "2"), order_by=order("asc"), limit=limit) == [2]


async def test_LO_3_files_are_filtered_by_their_type() -> None:
    assert await result_of([PICTURE, PAPER], filter_by=keep("in", ["document"], "type")) == [PAPER]


async def test_LO_4_files_are_sorted_by_an_attribute_that_exists() -> None:
    assert await result_of([PICTURE, PAPER], order_by=order("asc", "size")) == [PAPER, PICTURE]
    record = await failure_of("list-operator", operator(order_by=order("asc", "foo")), scopes=given([PICTURE]))
    assert (record.error_type, record.error) == ("InvalidKeyError", 'Files cannot be sorted by "foo".')


async def test_LO_5_an_empty_list_gives_nothing() -> None:
    assert await outputs_of("list-operator", operator(filter_by=keep("is", "a")), scopes=given([])) == {
        "result": [],
        "first_record": None,
        "last_record": None,
    }


async def test_LO_6_one_item_is_taken_by_its_position() -> None:
    assert await result_of(["a", "b", "c"], extract_by={"enabled": True, "serial": "2"}) == ["b"]
    data = operator(extract_by={"enabled": True, "serial": "{{#start.n#}}"})
    record = await failure_of("list-operator", data, scopes=given(["a", "b", "c"], n=9))
    assert record.error == "There is no item 9: the list has 3 items, counted from 1."


async def test_LO_7_a_list_of_objects_is_refused() -> None:
    record = await failure_of("list-operator", operator(), scopes=given([{"a": 1}]))
    assert record.error_type == "InvalidVariableTypeError"


async def test_LO_8_a_negative_size_leaves_out_the_last() -> None:
    assert await result_of([1, 2, 3], limit={"enabled": True, "size": -1}) == [1, 2]
