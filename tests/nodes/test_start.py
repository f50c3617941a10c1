"""Object inputs of the start node (spec workflow-nodes §1)."""

import pytest

from treadle.engine.events import NodeStatus
from treadle.engine.values import JsonValue, Value

from .harness import node, play


async def start_with(value: Value, schema: JsonValue, *, required: bool = False) -> str | None:
    variable: JsonValue = {"variable": "o", "type": "json_object", "required": required, "json_schema": schema}
    played = await play(
        [node("start", "start", {"variables": [variable]}), node("end", "end", {})], "start -> end", inputs={"o": value}
    )
    record = played.node("start")
    assert (record.status is NodeStatus.FAILED) is (record.error is not None)
    return record.error


@pytest.mark.parametrize(
    ("value", "schema", "error"),
    [
        ({"a": 1}, {"properties": {"a": {"type": "integer"}}}, None),
        (
            {"a": "x"},
            '{"properties": {"a": {"type": "integer"}}}',
            "o does not fit its schema: 'x' is not of type 'integer'",
        ),
        ({"a": "x"}, "", None),
        (None, {"type": "object"}, None),
        ([1], None, "o must be a JSON object"),
    ],
)
async def test_objects_fit_their_schema(value: Value, schema: JsonValue, error: str | None) -> None:
    assert await start_with(value, schema) == error


async def test_a_required_object_must_be_there() -> None:
    assert await start_with(None, None, required=True) == "o is required in input form"


async def test_a_schema_is_never_fetched() -> None:
    error = await start_with({"a": 1}, {"$ref": "http://127.0.0.1:9/schema.json"})
    assert error is not None
    assert "refers to what is not there" in error
