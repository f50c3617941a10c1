"""Writing app files: what leaves and what stays (app-dsl §5, §14)."""

from copy import deepcopy

import pytest
import yaml

from tests.dsl.files import basic_map, file_map, node, parsed
from treadle.dsl import AppFile, Parsed, dump, parse

SECRET = {"name": "key", "value_type": "secret", "value": "sk-1", "id": "1", "description": "d"}


def app_of(read: Parsed) -> AppFile:
    assert read.app is not None, read.problems
    return read.app


def written(data: dict, *, include_secrets: bool = False, **options: object) -> dict:
    app = app_of(parsed(data))
    before = deepcopy(app)
    text = dump(app, include_secrets=include_secrets, **options)
    assert app == before, "writing must not change the app"
    return yaml.safe_load(text)


def exported_data(kind: str, *, include_secrets: bool = False, **data: object) -> dict:
    file = written(file_map([node("n", kind, **data)], []), include_secrets=include_secrets)
    return file["workflow"]["graph"]["nodes"][0]["data"]


def test_the_envelope_is_complete_and_of_the_current_version():
    file = written(file_map(version="0.1.0"))
    assert list(file) == ["app", "dependencies", "kind", "version", "workflow"]
    assert (file["version"], file["kind"], file["dependencies"]) == ("0.5.0", "app", [])
    assert file["app"] == {
        "name": "An app",
        "mode": "workflow",
        "icon": "🧶",
        "icon_background": "#D5F5F6",
        "description": "",
        "use_icon_as_answer_icon": False,
    }
    assert list(file["workflow"]) == ["conversation_variables", "environment_variables", "features", "graph"]


@pytest.mark.parametrize(
    ("icon_type", "icon", "background"),
    [("image", "🤖", "#FFEAD5"), ("emoji", "🧶", "#D5F5F6"), ("link", "🧶", "#D5F5F6"), (None, "🧶", "#D5F5F6")],
)
def test_only_an_uploaded_icon_becomes_the_robot(icon_type: str | None, icon: str, background: str):
    data = file_map()
    data["app"]["icon_type"] = icon_type
    section = written(data)["app"]
    assert (section["icon"], section["icon_background"]) == (icon, background)
    assert "icon_type" not in section


def test_secret_variables_are_emptied_unless_asked_for():
    data = file_map(workflow={"environment_variables": [SECRET, {**SECRET, "name": "n", "value_type": "string"}]})
    values = [v["value"] for v in written(data)["workflow"]["environment_variables"]]
    assert values == ["", "sk-1"]
    kept = written(data, include_secrets=True)["workflow"]["environment_variables"][0]
    assert kept == {**SECRET, "selector": ["env", "key"]}


def test_credentials_of_tools_leave_only_with_secrets():
    agent = {"tools": {"type": "constant", "value": [{"tool_name": "t", "credential_id": "c"}]}, "q": {"value": "x"}}
    assert "credential_id" not in exported_data("tool", credential_id="c")
    assert exported_data("tool", credential_id="c", include_secrets=True)["credential_id"] == "c"
    assert exported_data("agent", agent_parameters=agent)["agent_parameters"] == {
        "tools": {"type": "constant", "value": [{"tool_name": "t"}]},
        "q": {"value": "x"},
    }
    assert exported_data("agent", agent_parameters=agent, include_secrets=True)["agent_parameters"] == agent


@pytest.mark.parametrize("include_secrets", [True, False])
def test_what_belongs_to_the_installation_never_leaves(include_secrets: bool):
    webhook = exported_data(
        "trigger-webhook", webhook_url="https://x", webhook_debug_url="https://y", include_secrets=include_secrets
    )
    assert (webhook["webhook_url"], webhook["webhook_debug_url"]) == ("", "")
    assert (
        exported_data("trigger-plugin", subscription_id="s", include_secrets=include_secrets)["subscription_id"] == ""
    )
    schedule = exported_data(
        "trigger-schedule", config={"cron_expression": "* * * * *"}, include_secrets=include_secrets
    )
    assert schedule["config"]["cron_expression"] == ""
    assert "webhook_url" not in exported_data("trigger-webhook", include_secrets=include_secrets)
    tools = [{"enabled": True, "provider_type": "builtin", "tool_name": "t", "credential_id": "c"}]
    file = written(basic_map(agent_mode={"enabled": True, "tools": tools}), include_secrets=include_secrets)
    assert file["model_config"]["agent_mode"]["tools"] == [
        {"enabled": True, "provider_type": "builtin", "tool_name": "t"}
    ]


def test_a_basic_app_is_written_with_every_key_of_the_format():
    config = written(basic_map(pre_prompt="P", annotation_reply={"enabled": True}))["model_config"]
    assert (config["pre_prompt"], config["prompt_type"], config["annotation_reply"]) == (
        "P",
        "simple",
        {"enabled": False},
    )
    app = app_of(parsed(basic_map()))
    app.annotation_reply = {"id": "1", "enabled": True, "score_threshold": 0.9}
    file = yaml.safe_load(dump(app, include_secrets=False))
    assert file["model_config"]["annotation_reply"] == app.annotation_reply


def test_ids_of_knowledge_are_sealed_for_a_workspace():
    dataset = "7c1a0a5e-7d0c-4c5e-9a7e-0a4d2f3b1c11"
    data = file_map([node("n", "knowledge-retrieval", dataset_ids=[dataset])], [])
    plain = written(data)["workflow"]["graph"]["nodes"][0]["data"]["dataset_ids"]
    sealed = written(data, workspace_id="w")["workflow"]["graph"]["nodes"][0]["data"]["dataset_ids"]
    assert plain == [dataset]
    assert sealed != plain


@pytest.mark.parametrize(
    "data",
    [
        file_map(),
        file_map([], []),
        file_map([{"id": 5, "odd": [None, 1.0, 1, "1", "1.0", "2024-01-01", True]}, "x"], [{"z": 1}, None]),
        file_map(mode="advanced-chat", workflow={"features": {"unknown": {"z": 1.5}, "opening_statement": "hi\n"}}),
        file_map(workflow={"environment_variables": [{"name": "e", "value_type": "number", "value": 1}]}),
        file_map(
            mode="advanced-chat",
            workflow={"conversation_variables": [{"name": "c", "value_type": "object", "value": {"k": [1.0]}}]},
        ),
        file_map(dependencies=[{"type": "github", "value": {"repo": "a/b"}, "current_identifier": None}]),
        basic_map("completion", user_input_form=[{"number": {"label": "A", "variable": "a", "hint": "kept"}}]),
        basic_map("agent-chat", agent_mode={"enabled": True, "strategy": None, "prompt": None, "tools": []}),
        basic_map("chat", dataset_configs={"retrieval_model": "multiple", "top_k": 4, "future": {"a": 1}}),
    ],
)
def test_reading_what_was_written_gives_the_same_app(data: dict):
    first = app_of(parsed(data))
    text = dump(first, include_secrets=True)
    second = app_of(parse(text))
    assert dump(second, include_secrets=True) == text
    if first.workflow is not None:
        assert second == first
        assert second.workflow is not None
        assert repr(_sorted(second.workflow.graph)) == repr(_sorted(first.workflow.graph)), "1 and 1.0 differ"
    assert first.model_config is None or second.model_config is not None
    if first.model_config is not None and second.model_config is not None:
        assert second.model_config.as_map() == first.model_config.as_map()


def _sorted(value: object) -> object:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value


def test_a_file_imported_and_exported_differs_only_where_it_may():
    data = file_map(version="0.3.0", mode="advanced-chat", workflow={"features": {"x": 1}})
    file = written(data, include_secrets=True)
    assert file["app"] == {**data["app"], "use_icon_as_answer_icon": False}
    assert file["workflow"] == {**data["workflow"], "environment_variables": [], "conversation_variables": []}
