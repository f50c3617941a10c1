"""The assigner beyond its numbered tests (spec workflow-nodes §13)."""

import pytest

from treadle.engine.events import NodeStatus
from treadle.engine.values import JsonValue, Value
from treadle.nodes import NODE_TYPES

from .harness import Played, run_node
from .ports import file


def item(name: str, operation: str, value: JsonValue = None, kind: str = "variable") -> JsonValue:
    return {"variable_selector": ["conversation", name], "input_type": kind, "operation": operation, "value": value}


async def assign(*items: JsonValue) -> Played:
    scopes = {
        "conversation": {
            "s": "a", "n": 10, "b": True, "o": {"k": 1}, "xs": ["a"], "ns": [1], "os": [{}],
            "any": [1, "a"], "none": [],
        },
        "c": {"s": "b", "n": 4, "b": False, "o": {"z": 0}, "xs": ["b", "c"], "f": file("a.png"), "null": None},
        "sys": {"user_id": "u1"},
        "loop": {"count": 1},
    }  # fmt: skip
    return await run_node("assigner", {"version": "2", "items": list(items)}, scopes=scopes)


def src(name: str) -> list[JsonValue]:
    return ["c", name]


@pytest.mark.parametrize(
    ("write", "value"),
    [
        (item("s", "over-write", src("s")), "b"),
        (item("s", "over-write", "text {{#c.n#}}", "constant"), "text 4"),
        (item("s", "set", "", "constant"), ""),
        (item("n", "set", 0, "constant"), 0),
        (item("n", "set", "2.5", "constant"), 2.5),
        (item("b", "set", False, "constant"), False),
        (item("o", "set", {"a": [1]}, "constant"), {"a": [1]}),
        (item("o", "over-write", src("o")), {"z": 0}),
        (item("n", "-=", 3, "constant"), 7),
        (item("n", "+=", src("n")), 14),
        (item("n", "/=", 4, "constant"), 2.5),
        (item("xs", "append", src("s")), ["a", "b"]),
        (item("xs", "extend", src("xs")), ["a", "b", "c"]),
        (item("xs", "over-write", src("xs")), ["b", "c"]),
        (item("xs", "remove-last"), []),
        (item("none", "append", src("o")), [{"z": 0}]),
        (item("none", "append", src("f")), [file("a.png")]),
        (item("any", "append", src("n")), [1, "a", 4]),
        (item("s", "clear"), ""),
        (item("n", "clear"), 0),
        (item("b", "clear"), False),
        (item("o", "clear"), {}),
        (item("xs", "clear"), []),
    ],
)
async def test_writes(write: JsonValue, value: Value) -> None:
    played = await assign(write)
    (new,) = played.assigned.values()
    assert (new, type(new)) == (value, type(value))
    assert played.node("n").outputs == {}


@pytest.mark.parametrize(
    "write",
    [
        item("gone", "clear"),
        item("s", "over-write", ["c", "gone"]),
        item("s", "over-write", "c.s"),
        item("s", "over-write", src("n")),
        item("s", "+=", "x", "constant"),
        item("s", "append", src("s")),
        item("n", "set", "x", "constant"),
        item("n", "set", src("n")),
        item("n", "set", True, "constant"),
        item("b", "set", 1, "constant"),
        item("xs", "set", ["a"], "constant"),
        item("xs", "over-write", ["a"], "constant"),
        item("xs", "over-write", src("s")),
        item("xs", "extend", src("s")),
        item("ns", "extend", src("xs")),
        item("os", "append", src("s")),
        item("xs", "append", src("xs")),
        item("xs", "remove-first", None, "constant"),
        item("s", "remove-first"),
        item("s", "clear", None, "constant"),
        {"variable_selector": ["sys", "user_id"], "input_type": "constant", "operation": "set", "value": "root"},
        {"variable_selector": ["conversation", "o", "k"], "input_type": "constant", "operation": "set", "value": 1},
    ],
)
async def test_writes_that_are_refused(write: JsonValue) -> None:
    played = await assign(write)
    assert played.node("n").status is NodeStatus.FAILED
    assert played.node("n").error
    assert played.assigned == {}


async def test_a_failure_keeps_nothing_though_earlier_writes_are_visible() -> None:
    played = await assign(item("s", "set", "new", "constant"), item("n", "/=", 0, "constant"))
    assert played.node("n").error == '0 is an invalid input value for "/=" on conversation.n.'
    assert played.pool.get(("conversation", "s")) == "new"
    assert played.assigned == {}


async def test_loop_variables_stay_in_memory() -> None:
    write: JsonValue = {
        "variable_selector": ["loop", "count"], "input_type": "constant", "operation": "+=", "value": 1,
    }  # fmt: skip
    played = await assign(write)
    assert played.pool.get(("loop", "count")) == 2
    assert played.assigned == {}


def test_the_engine_knows_what_will_be_written() -> None:
    node_type = NODE_TYPES["assigner"]
    v1 = node_type.load({"assigned_variable_selector": ["conversation", "s"], "write_mode": "clear"})
    assert node_type.assigns(v1) == (("conversation", "s"),)
    v2 = node_type.load({"items": [item("a", "clear"), item("b", "clear")]})
    assert node_type.assigns(v2) == (("conversation", "a"), ("conversation", "b"))


async def test_an_item_may_carry_a_stale_write_mode() -> None:
    stale = {**item("s", "clear"), "write_mode": "over-write"}  # type: ignore[dict-item]
    assert (await assign(stale)).assigned == {"s": ""}


@pytest.mark.parametrize("source", [["c", "gone"], []])
async def test_version_1_needs_its_source(source: JsonValue) -> None:
    data: dict[str, JsonValue] = {
        "assigned_variable_selector": ["conversation", "s"],
        "write_mode": "over-write",
        "input_variable_selector": source,
    }
    played = await run_node("assigner", data, scopes={"conversation": {"s": "a"}})
    assert played.node("n").error_type == "VariableNotFoundError"
