"""Conformance cases of app import that need no server (workflow-engine §25, cases 1–8 and 10)."""

import yaml

from tests.dsl.files import basic_map, file_map, node, parsed
from treadle.dsl import dump, import_status, parse


def test_case_01_a_file_without_version_and_kind_counts_as_0_1_0_and_is_not_refused():
    data = file_map()
    del data["version"]
    del data["kind"]
    read = parsed(data)
    assert (read.imported_version, read.status) == ("0.1.0", "completed-with-warnings")
    assert read.app is not None


def test_case_02_a_version_that_is_a_float_is_refused_and_gives_no_app():
    read = parse("version: 0.1\napp: {mode: workflow}\nworkflow: {graph: {nodes: [], edges: []}}")
    assert (read.status, read.app) == ("failed", None)
    assert read.error == 'version must be text, but is a number: put it in quotes, as in "0.5.0".'


def test_case_03_a_version_that_cannot_be_read_is_refused_and_gives_no_app():
    read = parsed(file_map(version="tomorrow"))
    assert (read.status, read.app) == ("failed", None)


def test_case_04_a_newer_file_waits_for_confirmation():
    assert import_status("0.5.1") == import_status("0.6.0") == import_status("1.0.0") == "pending"
    read = parsed(file_map(version="1.0.0"))
    assert read.status == "pending"
    assert read.app is not None


def test_case_07_import_then_export_keeps_graph_and_features_and_loses_annotations_and_image_icons():
    data = file_map(
        [node("s", "start", future={"deep": [1, 1.0, "1"]}), node("n", "acme-new", unknown=None)],
        [{"source": "s", "target": "n", "odd": True}],
        mode="advanced-chat",
        workflow={"features": {"opening_statement": "Hi", "new_feature": {"x": [1]}}},
    )
    data["app"] |= {"icon_type": "image", "icon": "f3b0a9c2-uploaded"}
    first = parsed(data).app
    assert first is not None
    written = yaml.safe_load(dump(first, include_secrets=False))
    assert written["workflow"]["graph"] == data["workflow"]["graph"]
    assert written["workflow"]["features"] == data["workflow"]["features"]
    assert written["app"]["icon"] == "🤖"
    basic = parsed(basic_map(annotation_reply={"enabled": True, "id": "1"})).app
    assert basic is not None
    config = yaml.safe_load(dump(basic, include_secrets=False))["model_config"]
    assert config["annotation_reply"] == {"enabled": False}


def test_case_08_a_secret_exported_without_secrets_is_empty_and_imports_again():
    secret = {"id": "1", "name": "key", "value_type": "secret", "value": "sk-1"}
    first = parsed(file_map(workflow={"environment_variables": [secret]})).app
    assert first is not None
    text = dump(first, include_secrets=False)
    assert "sk-1" not in text
    again = parse(text)
    assert again.status == "completed"
    assert again.app is not None
    assert [(v.name, v.value_type, v.value) for v in again.app.environment_variables] == [("key", "secret", "")]


def test_case_10_of_environment_variables_with_one_name_the_last_wins():
    variables = [{"name": "a", "value_type": "string", "value": v} for v in ("first", "last")]
    read = parsed(file_map(workflow={"environment_variables": variables}))
    assert read.status == "completed"
    assert read.app is not None
    assert [(v.name, v.value) for v in read.app.environment_variables] == [("a", "last")]
