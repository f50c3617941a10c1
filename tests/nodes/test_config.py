"""Reading settings: tolerant of what app files hold, plain about what is wrong (spec workflow-nodes §0.2)."""

import pytest

from treadle.engine.errors import GraphProblem
from treadle.engine.values import JsonValue
from treadle.nodes import FORMS, NODE_TYPES
from treadle.nodes.config import not_found, shown


def problem(kind: str, data: dict[str, JsonValue]) -> tuple[str, str | None]:
    with pytest.raises(GraphProblem) as caught:
        NODE_TYPES[kind].load(data)
    return caught.value.message, caught.value.field


MODEL: dict[str, JsonValue] = {"provider": "p", "name": "m", "mode": "chat"}


@pytest.mark.parametrize(
    ("kind", "data", "message", "field"),
    [
        ("llm", {}, 'The setting "model" is missing.', "model"),
        (
            "llm",
            {"model": MODEL, "prompt_template": [{"role": "boss", "text": ""}]},
            "The setting \"prompt_template[0].role\" is not valid: it should be 'system', 'user' or 'assistant'.",
            "prompt_template[0].role",
        ),
        (
            "code",
            {"code": "", "outputs": {"r": {"type": "file"}}},
            "The setting \"outputs.r.type\" is not valid: it should be 'string', 'number', 'boolean', 'object', "
            "'array[string]', 'array[number]', 'array[boolean]' or 'array[object]'.",
            "outputs.r.type",
        ),
        ("end", {"outputs": "x"}, 'The setting "outputs" is not valid: it should be a valid tuple.', "outputs"),
        (
            "answer",
            {"answer": {"a": 1}},
            'The setting "answer" is not valid: it should be a text.',
            "answer",
        ),
        (
            "start",
            {"variables": [{"variable": "o", "type": "json_object", "json_schema": {"type": "objekt"}}]},
            "The schema of \"o\" is not valid: 'objekt' is not valid under any of the given schemas.",
            "variables[0].json_schema",
        ),
    ],
)
def test_a_problem_is_one_plain_sentence_about_a_field(
    kind: str, data: dict[str, JsonValue], message: str, field: str
) -> None:
    assert problem(kind, data) == (message, field)


def test_null_means_not_set() -> None:
    data: dict[str, JsonValue] = {
        "model": MODEL,
        "prompt_template": [{"role": "user", "text": "x", "edition_type": None, "jinja2_text": None}],
        "prompt_config": None,
        "memory": None,
        "context": {"enabled": False, "variable_selector": None},
        "vision": {"enabled": False, "configs": None},
        "structured_output": None,
        "retry_config": None,
        "an_unknown_key": {"kept": True},
    }
    config = NODE_TYPES["llm"].load(data).config
    assert config.memory is None
    assert config.vision.configs.variable_selector == ("sys", "files")
    assert config.reasoning_format == "tagged"


def test_numbers_stand_for_text_and_ids() -> None:
    config = NODE_TYPES["end"].load({"outputs": [{"variable": 7, "value_selector": [17, "text"]}]})
    assert (config.outputs[0].variable, config.outputs[0].value_selector) == ("7", ("17", "text"))


def test_a_window_size_may_be_text_or_blank() -> None:
    def limit(size: JsonValue) -> int:
        memory: JsonValue = {"window": {"enabled": True, "size": size}}
        data: dict[str, JsonValue] = {"model": MODEL, "prompt_template": [], "memory": memory}
        return NODE_TYPES["llm"].load(data).config.memory.window.limit()

    assert [limit("10"), limit(""), limit(None), limit(0), limit(9999)] == [10, 500, 500, 500, 500]


def test_older_http_settings_are_read() -> None:
    data: dict[str, JsonValue] = {
        "method": "POST",
        "url": "http://e",
        "authorization": {"type": "no-auth", "config": None},
        "headers": "",
        "params": "",
        "body": {"type": "form-data", "data": "a:1\nb: 2:3\n\n"},
        "timeout": {"max_connect_timeout": 0, "max_read_timeout": 0, "max_write_timeout": 0},
    }
    body = NODE_TYPES["http-request"].load(data).config.body
    assert [(item.key.parts, item.value.parts) for item in body.data] == [(("a",), ("1",)), (("b",), ("2:3",))]
    for blank in ("", "  ", None, []):
        assert NODE_TYPES["http-request"].load({**data, "body": {"type": "json", "data": blank}}).config.body.data == ()


def test_every_form_has_a_json_schema_with_hints() -> None:
    schemas = {kind: config.model_json_schema() for kind, config in FORMS.items()}
    assert schemas["answer"]["properties"]["answer"]["ui"] == "template"
    assert schemas["http-request"]["properties"]["body"]["ui"] == "http-body"
    assert schemas["if-else"]["$defs"]["Condition"]["properties"]["variable_selector"]["ui"] == "selector"


def test_every_node_type_with_a_form_can_be_run() -> None:
    assert FORMS.keys() <= NODE_TYPES.keys()
    assert [kind for kind, node_type in NODE_TYPES.items() if node_type.kind != kind] == []


def test_a_variable_that_is_missing_is_named_or_asked_for() -> None:
    assert str(not_found(("a", "b"), "to be read")) == "The variable a.b to be read was not found."
    assert str(not_found((), kind="file variable")) == "No file variable is chosen; choose one in the node."


def test_a_long_value_is_shown_by_its_beginning() -> None:
    assert (shown("ab"), shown(None)) == ("'ab'", "None")
    assert shown("x" * 300) == f"'{'x' * 99}…"
