"""Secret settings of tools: what is stored of them, what people see, and what an exported app file says."""

import json
from typing import Any, cast

import pytest

from treadle.apps.tool_secrets import ToolSecrets, masked, restored, tool_secrets_in, without_tool_secrets
from treadle.dsl import AppFile, AppMode, ModelConfig, WorkflowFile, parse
from treadle.platform.crypto import Crypto


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


AGENT_TOOL = {
    "enabled": True,
    "type": "builtin",
    "provider_name": "dingtalk",
    "tool_name": "dingtalk_group_bot",
    "settings": {"access_token": {"value": "t0ken-1"}, "message_type": {"value": "text"}},
    "parameters": {"content": {"auto": 1, "value": None}, "sign_secret": {"auto": 0, "value": {"value": "s3cret-1"}}},
}
AGENT = {
    "nodes": [
        {
            "id": "a",
            "data": {
                "type": "agent",
                "agent_parameters": {"tools": {"type": "constant", "value": [AGENT_TOOL]}, "query": {"value": "x"}},
            },
        }
    ],
    "edges": [],
}
AGENT_APP = {
    "model": {"name": "m"},
    "agent_mode": {
        "enabled": True,
        "tools": [{**DINGTALK, "tool_parameters": {"access_token": "t0ken-1", "sign_secret": "s3cret-1"}}],
    },
}
CANVAS = {
    "nodes": [
        {"id": name, "data": {"type": "tool", **DINGTALK, "tool_configurations": {"access_token": secret}}}
        for name, secret in (("one", "abcdefgh"), ("two", "abXXXXgh"), ("three", "{{#env.token#}}"))
    ]
}
every_content = pytest.mark.parametrize("content", [AGENT, AGENT_APP, CANVAS], ids=["agent", "agent-chat", "canvas"])


@every_content
def test_what_is_sealed_tells_nothing_and_opens_for_its_app_alone(content: Any) -> None:
    crypto = Crypto(bytes(32))
    mine, theirs = ToolSecrets("mine", crypto), ToolSecrets("theirs", crypto)
    sealed = mine.sealed(content)
    text = json.dumps(sealed)
    assert [secret for secret in tool_secrets_in(content) if secret in text] == []
    assert mine.opened(sealed) == content
    assert mine.opened(content) == content
    assert tool_secrets_in(theirs.opened(sealed)) == []
    assert mine.signed(content) == mine.signed(content) != content


@every_content
def test_masks_that_come_back_mean_what_is_stored(content: Any) -> None:
    shown = masked(content)
    assert [secret for secret in tool_secrets_in(content) if secret in json.dumps(shown)] == []
    assert restored(shown, content) == content
    assert masked(ToolSecrets("mine", Crypto(bytes(32))).sealed(content)).keys() == content.keys()


def test_a_copied_node_keeps_its_secret_and_a_typed_one_is_new() -> None:
    sent: Any = masked(cast(Any, CANVAS))
    sent["nodes"][0]["id"] = "copy"
    sent["nodes"][1]["data"]["tool_configurations"]["access_token"] = "typed anew"
    nodes: Any = restored(sent, cast(Any, CANVAS))["nodes"]
    tokens = [node["data"]["tool_configurations"]["access_token"] for node in nodes]
    assert tokens == ["abcdefgh", "typed anew", "{{#env.token#}}"]


def test_agent_apps_and_agent_nodes_give_no_secret_away() -> None:
    config, _ = ModelConfig.read(cast(Any, AGENT_APP))
    file = without_tool_secrets(AppFile(mode=AppMode.AGENT_CHAT, name="a", model_config=config))
    assert file.model_config is not None
    assert tool_secrets_in(file.model_config.as_map()) == []
    flow = AppFile(mode=AppMode.WORKFLOW, name="a", workflow=WorkflowFile(graph=cast(Any, AGENT)))
    emptied = without_tool_secrets(flow).workflow
    assert emptied is not None
    assert tool_secrets_in(emptied.graph) == []
    assert tool_secrets_in(cast(Any, AGENT)) == ["t0ken-1", "s3cret-1"]
