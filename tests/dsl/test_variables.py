"""Environment and conversation variables (app-dsl §8.3)."""

import uuid

import pytest

from treadle.dsl import (
    ConversationType,
    EnvironmentType,
    EnvironmentVariable,
    ProblemKind,
    read_conversation_variables,
    read_environment_variables,
)


def one(read, **raw: object):
    variables, problems = read([{"name": "v", **raw}])
    assert problems == []
    return variables[0]


def refused(read, raw: object) -> tuple[str, str]:
    variables, problems = read([raw])
    assert variables == []
    (problem,) = problems
    assert (problem.kind, problem.severity) == (ProblemKind.BAD_VARIABLE, "error")
    return problem.where.rsplit("]", 1)[1].lstrip("."), problem.message


def test_a_complete_variable_is_kept_as_it_is():
    variable = one(
        read_environment_variables,
        id="7",
        name="key",
        description="d",
        value_type="secret",
        value="s",
        selector=["env", "key"],
    )
    assert variable == EnvironmentVariable(
        id="7", name="key", description="d", value_type=EnvironmentType.SECRET, value="s"
    )
    assert variable.selector == ["env", "key"]


def test_id_description_and_selector_may_be_missing():
    first = one(read_conversation_variables, value_type="string", value="")
    again = one(read_conversation_variables, value_type="string", value="other", id=None)
    env = one(read_environment_variables, value_type="string", value="")
    assert (first.description, first.selector) == ("", ["conversation", "v"])
    assert str(uuid.UUID(first.id)) == first.id == again.id != env.id


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("string", ""),
        ("string", "x"),
        ("number", 0),
        ("number", 1.5),
        ("integer", 3),
        ("float", 3),
        ("boolean", False),
        ("object", {}),
        ("object", {"a": [1, None]}),
        ("array[string]", []),
        ("array[string]", ["a"]),
        ("array[number]", [1, 2.5]),
        ("array[boolean]", [True]),
        ("array[object]", [{"a": 1}]),
    ],
)
def test_every_type_takes_its_values_unchanged(kind: str, value: object):
    variable = one(read_conversation_variables, value_type=kind, value=value)
    assert (variable.value_type, variable.value) == (ConversationType(kind), value)
    assert type(variable.value) is type(value)


def test_an_unquoted_number_in_a_text_variable_is_text():
    assert one(read_environment_variables, value_type="secret", value=12).value == "12"


@pytest.mark.parametrize(
    ("kind", "value", "told"),
    [
        ("number", "3", "must hold a number, but holds text"),
        ("number", True, "must hold a number, but holds true or false"),
        ("integer", 1.5, "must hold a whole number, but holds a number"),
        ("string", ["a"], "must hold text, but holds a list with text"),
        ("string", True, "must hold text, but holds true or false"),
        ("object", [], "must hold a map, but holds a list"),
        ("array[string]", "a", "must hold a list of texts, but holds text"),
        ("array[string]", ["a", 1], "must hold a list of texts, but holds a list with a number and text"),
        ("array[object]", [1], "must hold a list of maps, but holds a list with a number"),
    ],
)
def test_a_value_of_the_wrong_shape_is_refused(kind: str, value: object, told: str):
    _, message = refused(read_conversation_variables, {"name": "v", "value_type": kind, "value": value})
    assert message == f'The variable "v" (workflow.conversation_variables[0]) {told}.'


@pytest.mark.parametrize(
    ("raw", "field", "told"),
    [
        ({"value_type": "string", "value": ""}, "name", "has no name: add it"),
        ({"name": "", "value_type": "string", "value": ""}, "name", "has an empty name: give it one"),
        ({"name": "v", "value": ""}, "value_type", "has no value_type: add it"),
        ({"name": "v", "value_type": "string"}, "value", 'has no value: give it one ("" will do for text)'),
        ({"name": "v", "value_type": "string", "value": None}, "value", "has no value"),
        ({"name": "v", "value_type": "colour", "value": ""}, "value_type", "has an unknown value_type: use 'string'"),
        ({"name": "v", "value_type": "object", "value": {}}, "value_type", "has an unknown value_type"),
        ({"name": "v", "value_type": "string", "value": "", "id": ""}, "id", "has an empty id: remove the key"),
        ({"name": ["v"], "value_type": "string", "value": ""}, "name", "has a name that is a list: write text"),
        ("v", "", "must be a map, but is text"),
    ],
)
def test_incomplete_variables_are_refused_with_the_field(raw: object, field: str, told: str):
    where, message = refused(read_environment_variables, raw)
    assert where == field
    assert told in message


def test_a_value_holds_200_kib_and_not_a_byte_more():
    assert one(read_environment_variables, value_type="string", value="é" * 102_400)
    _, message = refused(read_environment_variables, {"name": "v", "value_type": "string", "value": "é" * 102_401})
    assert message.endswith("holds 204,802 bytes: keep it to 204,800 at most.")


def test_a_secret_never_shows_in_a_problem():
    _, message = refused(read_environment_variables, {"name": "v", "value_type": "number", "value": "sk-hidden"})
    assert "sk-hidden" not in message


def test_of_equal_names_the_last_counts_with_a_warning():
    raw = [{"name": n, "value_type": "number", "value": i} for i, n in enumerate(["a", "b", "a", "a"])]
    variables, problems = read_environment_variables(raw)
    assert [(v.name, v.value) for v in variables] == [("a", 3), ("b", 1)]
    assert [(p.kind, p.severity) for p in problems] == [(ProblemKind.DUPLICATE_VARIABLE, "warning")]
    assert 'has 3 variables named "a"' in problems[0].message
