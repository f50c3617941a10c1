"""What becomes of the values that a tool is given."""

import pytest

from tests.nodes.ports import file
from tests.nodes.scripted_tools import T, a_tool
from treadle.engine.errors import ToolParameterError
from treadle.engine.ports import ToolOption, ToolParameter
from treadle.engine.values import Value
from treadle.nodes.tool_parameters import agent_values, call_values, cast, for_the_log, json_schema

A = file("a.png")
B = file("b.png")


@pytest.mark.parametrize(
    ("kind", "given", "result"),
    [
        ("string", None, ""),
        ("string", 3, "3"),
        ("string", {"a": "é"}, '{"a": "é"}'),
        ("secret-input", "x", "x"),
        ("boolean", "Yes", True),
        ("boolean", "n", False),
        ("boolean", "0", False),
        ("boolean", "other", True),
        ("boolean", "", False),
        ("boolean", None, False),
        ("checkbox", 1, True),
        ("number", "3", 3),
        ("number", "1.0", 1.0),
        ("number", "1e3", 1000.0),
        ("number", 2.5, 2.5),
        ("number", " ", None),
        ("file", [A], A),
        ("file", [], None),
        ("files", A, [A]),
        ("files", [A, B], [A, B]),
        ("systme-files", [A], [A]),
        ("system-files", A, [A]),
        ("array", "[1, 2]", [1, 2]),
        ("array", "text", ["text"]),
        ("array", [1], [1]),
        ("object", '{"a": 1}', {"a": 1}),
        ("object", "text", {}),
        ("any", [1, "a"], [1, "a"]),
        ("model-selector", {"model": "m"}, {"model": "m"}),
    ],
)
def test_values_become_the_declared_type(kind: str, given: Value, result: Value) -> None:
    made = cast(ToolParameter(name="p", type=kind), given)
    assert made == result
    assert type(made) is type(result)


@pytest.mark.parametrize(
    ("kind", "given", "reason"),
    [
        ("number", "three", 'is "three", which is no number'),
        ("number", {"a": 1}, "is no number"),
        ("file", [A, B], "takes one file, but was given 2"),
        ("file", "a.png", "takes a file, but was given"),
        ("files", ["a.png"], "takes files, but was given"),
        ("model-selector", "gpt", "must be an object"),
        ("app-selector", [], "must be an object"),
        ("array[tools]", {}, "must be a list of tools"),
    ],
)
def test_values_that_cannot_be_used_are_refused(kind: str, given: Value, reason: str) -> None:
    with pytest.raises(ToolParameterError, match=reason):
        cast(ToolParameter(name="p", type=kind), given)


def test_required_settings_and_parameters() -> None:
    tool = a_tool(ToolParameter(name="s", form="form", required=True), ToolParameter(name="r", required=True))
    with pytest.raises(ToolParameterError, match='The setting "s" of the tool is required'):
        call_values(tool, {}, {"r": "x"})
    with pytest.raises(ToolParameterError, match='The parameter "r" of the tool is required'):
        call_values(tool, {"s": "x"}, {})


def test_a_missing_parameter_takes_its_default() -> None:
    tool = a_tool(ToolParameter(name="n", type="number", required=True, default="7"), ToolParameter(name="o"))
    assert call_values(tool, {}, {}) == {"n": 7}


def test_in_a_workflow_what_the_run_gives_stands_above_the_settings() -> None:
    assert call_values(T, {"lang": "fr"}, {"q": "x", "lang": "en"}) == {"q": "x", "lang": "en"}


def test_for_an_agent_the_settings_stand_above_what_the_model_gives() -> None:
    assert agent_values(T, {"lang": "fr"}, {"q": "x", "n": None, "lang": "en"}) == {"q": "x", "lang": "fr"}
    assert agent_values(T, {"q": "fixed"}, {"q": "x"}) == {"q": "fixed", "lang": "en"}


def test_secrets_do_not_reach_the_log() -> None:
    parameters = (ToolParameter(name="key", type="secret-input"), ToolParameter(name="q"))
    assert for_the_log(parameters, {"key": "k", "q": "x"}) == {"key": "********", "q": "x"}


def test_a_model_sees_what_it_may_give() -> None:
    parameters = (
        ToolParameter(name="q", required=True, llm_description="What to find."),
        ToolParameter(name="kind", type="select", options=(ToolOption(value="a"), ToolOption(value="b"))),
        ToolParameter(name="ids", type="array", input_schema={"type": "array", "items": {"type": "integer"}}),
        ToolParameter(name="paper", type="file"),
        ToolParameter(name="setting", form="form"),
    )
    assert json_schema(parameters) == {
        "type": "object",
        "properties": {
            "q": {"type": "string", "description": "What to find."},
            "kind": {"type": "string", "description": "", "enum": ["a", "b"]},
            "ids": {"type": "array", "items": {"type": "integer"}},
        },
        "required": ["q"],
    }
