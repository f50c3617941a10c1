"""What an exported app file says of the secret settings of its tools."""

import json
from typing import Any

from treadle.apps.tool_secrets import without_tool_secrets
from treadle.dsl import AppFile, parse


def a_file(**data: Any) -> AppFile:
    node = {"id": "n", "data": {"type": "tool", "title": "n", "tool_parameters": {}, "tool_configurations": {}, **data}}
    start = {"id": "start", "data": {"type": "start", "title": "Start", "variables": []}}
    graph = {"nodes": [start, node], "edges": []}
    app = parse(
        json.dumps(
            {"kind": "app", "version": "0.5.0", "app": {"mode": "workflow", "name": "a"}, "workflow": {"graph": graph}}
        )
    ).app
    assert app is not None
    return app


def settings_of(file: AppFile) -> Any:
    assert file.workflow is not None
    return file.workflow.nodes[1]["data"]


DINGTALK = {"provider_type": "builtin", "provider_id": "dingtalk", "tool_name": "dingtalk_group_bot"}


def test_secret_settings_of_built_in_tools_are_emptied() -> None:
    settings = {"access_token": "t0ken", "sign_secret": {"type": "mixed", "value": "s3cret"}, "message_type": "text"}
    file = a_file(**DINGTALK, tool_configurations=settings)
    assert settings_of(without_tool_secrets(file))["tool_configurations"] == {
        "access_token": "",
        "sign_secret": {"type": "mixed", "value": ""},
        "message_type": "text",
    }
    assert settings_of(file)["tool_configurations"] == settings


def test_references_to_variables_stay() -> None:
    settings = {
        "access_token": {"type": "mixed", "value": "{{#env.token#}}"},
        "sign_secret": {"type": "variable", "value": ["env", "secret"]},
    }
    file = a_file(**DINGTALK, tool_configurations=settings)
    assert without_tool_secrets(file) is file


def test_tools_that_are_not_here_are_known_by_their_copied_declaration() -> None:
    schemas = [{"name": "key", "type": "secret-input"}, {"name": "q", "type": "string"}]
    file = a_file(
        provider_type="builtin", provider_id="acme/x/x", tool_name="x", paramSchemas=schemas,
        tool_configurations={"key": "s3cret", "q": "plain"},
    )  # fmt: skip
    assert settings_of(without_tool_secrets(file))["tool_configurations"] == {"key": "", "q": "plain"}
