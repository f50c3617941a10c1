"""Every node type tells what an editor needs for its form."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.nodes.form_fixture import FILE, text
from treadle.engine.values import ValueType
from treadle.nodes import FORMS, NODE_TYPES
from treadle.nodes.catalogue import ABOUT
from treadle.server.console_api.node_types import node_type_list

_TYPES = {each.value for each in ValueType} | {"any"}
_CONTROLS = {
    None, "agent-parameters", "agent-strategy", "assignment-operation", "cases", "classes", "code", "code-outputs",
    "conditions", "hidden", "http-body", "http-credentials", "http-method", "input-type", "jinja", "json-schema",
    "key-value", "knowledge-bases", "metadata-operator", "model", "model-parameters", "operator", "parameters",
    "prompt", "prompt-messages", "selector", "template", "text", "timezone", "tool", "tool-credential",
    "tool-parameters", "tool-settings", "value-type",
}  # fmt: skip


def properties(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Each property of a schema and of its parts, with its siblings."""
    for part in (schema, *schema.get("$defs", {}).values()):
        for name, each in part.get("properties", {}).items():
            yield name, each, part["properties"]


def test_every_node_type_is_described() -> None:
    assert set(ABOUT) == set(FORMS)
    assert set(FORMS) <= set(NODE_TYPES)
    for about in ABOUT.values():
        for words in (about.title, about.description):
            assert all(text and "{" not in text for text in (words.en, words.zh, words.ja))
        assert {output.type for output in about.outputs} <= _TYPES


@pytest.mark.parametrize("kind", FORMS)
def test_the_hints_of_a_form_name_what_an_editor_knows(kind: str) -> None:
    schema = FORMS[kind].model_json_schema()
    for name, each, siblings in properties(schema):
        assert each.get("ui") in _CONTROLS, name
        for sibling in each.get("shown_if", {}):
            assert sibling in siblings, f"{name} depends on {sibling}, which is not beside it"


def test_outputs_follow_from_settings_that_exist() -> None:
    for each in node_type_list().data:
        for rule in each.outputs_from:
            assert rule.setting in each.settings["properties"], (each.type, rule.setting)  # type: ignore[operator]


def test_a_new_node_has_settings_that_the_form_knows() -> None:
    common = {"type", "title", "desc", "version", "retry_config"}
    editors = {"output_type", "error_handle_mode", "async_mode", "is_array_file"}
    for each in node_type_list().data:
        known = set(each.settings["properties"])  # type: ignore[arg-type]
        assert set(each.defaults) - common - editors <= known, each.type


def test_the_pages_are_tested_with_these_forms() -> None:
    assert FILE.read_text() == text(), "run python -m tests.nodes.form_fixture"
    assert [each["type"] for each in json.loads(FILE.read_text())] == list(FORMS)
