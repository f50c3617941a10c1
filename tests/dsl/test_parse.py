"""Reading whole files: every way to fail, every legacy envelope (app-dsl §3, §6, §13)."""

import pytest

from tests.dsl.files import basic_map, file_map, node, parsed, text
from treadle.dsl import AppMode, ProblemKind, parse


def without(data: dict, key: str) -> dict:
    return {name: value for name, value in data.items() if name != key}


def changed(data: dict, part: str, **values: object) -> dict:
    return {**data, part: {**data[part], **values}}


@pytest.mark.parametrize(
    ("source", "kind", "where", "message"),
    [
        ("", ProblemKind.EMPTY, "file", "The file is empty: export the app again."),
        ("# only a comment\n", ProblemKind.EMPTY, "file", "The file is empty: export the app again."),
        (
            "- a",
            ProblemKind.ROOT_NOT_MAP,
            "file",
            "The file holds a list where a map with version, app and workflow is needed.",
        ),
        (
            "version: 0.1\napp: {mode: chat}\nmodel_config: {}",
            ProblemKind.BAD_VERSION,
            "version",
            'version must be text, but is a number: put it in quotes, as in "0.5.0".',
        ),
        (
            "version: newest\napp: {mode: chat}\nmodel_config: {}",
            ProblemKind.BAD_VERSION,
            "version",
            'version "newest" is no version number: write it as in "0.5.0".',
        ),
        (
            "version: '0.5.0'",
            ProblemKind.NO_APP,
            "app",
            "app is missing: add the map with the app's name and mode.",
        ),
        (
            "app: hello",
            ProblemKind.NO_APP,
            "app",
            "app must be a map with the app's name and mode, but is text.",
        ),
        (
            "kind: rag_pipeline\nrag_pipeline: {name: x}\nworkflow: {}",
            ProblemKind.NOT_AN_APP,
            "kind",
            "This is a knowledge pipeline, not an app: import it in the console under Knowledge, "
            "Create from a pipeline, Import a file.",
        ),
        (
            "app: {name: x}",
            ProblemKind.NO_MODE,
            "app.mode",
            "app.mode is missing: write one of chat, agent-chat, completion, workflow, advanced-chat.",
        ),
        (
            "app: {mode: channel}",
            ProblemKind.UNKNOWN_MODE,
            "app.mode",
            'app.mode must be one of chat, agent-chat, completion, workflow, advanced-chat, but is "channel".',
        ),
        (
            "app: {mode: workflow}",
            ProblemKind.NO_WORKFLOW,
            "workflow",
            "workflow is missing: an app of mode workflow needs a map there.",
        ),
        (
            "app: {mode: advanced-chat}\nworkflow: [1]",
            ProblemKind.NO_WORKFLOW,
            "workflow",
            "workflow is a list: an app of mode advanced-chat needs a map there.",
        ),
        (
            "app: {mode: completion}",
            ProblemKind.NO_MODEL_CONFIG,
            "model_config",
            "model_config is missing: an app of mode completion needs a map there.",
        ),
    ],
)
def test_each_cause_of_failure_is_told_apart(source: str, kind: ProblemKind, where: str, message: str):
    read = parse(source)
    assert (read.app, read.status, read.error) == (None, "failed", message)
    (problem,) = read.problems
    assert (problem.kind, problem.severity, problem.where) == (kind, "error", where)


@pytest.mark.parametrize(
    ("data", "where", "message"),
    [
        (changed(file_map(), "app", name=[1]), "app.name", "app.name must be text, but is a list."),
        (changed(file_map(), "app", description=True), "app.description", "must be text, but is true or false."),
        (changed(file_map(), "app", use_icon_as_answer_icon="x"), "app.use_icon_as_answer_icon", "but is text."),
        ({**file_map(), "dependencies": {}}, "dependencies", "dependencies must be a list, but is a map."),
        (changed(file_map(), "workflow", graph=[]), "workflow.graph", "workflow.graph must be a map, but is a list."),
        (changed(file_map(), "workflow", features=3), "workflow.features", "must be a map, but is a number."),
        (
            changed(file_map(), "workflow", graph={"nodes": {}, "edges": []}),
            "workflow.graph.nodes",
            "workflow.graph.nodes must be a list, but is a map.",
        ),
        (
            changed(file_map(), "workflow", environment_variables="x"),
            "workflow.environment_variables",
            "workflow.environment_variables must be a list, but is text.",
        ),
    ],
)
def test_fields_of_the_wrong_kind_are_refused_by_name(data: dict, where: str, message: str):
    read = parsed(data)
    assert read.status == "failed"
    (problem,) = read.problems
    assert (problem.kind, problem.where) == (ProblemKind.BAD_FIELD, where)
    assert problem.message.endswith(message)


def test_every_problem_is_reported_at_once():
    data = changed(file_map(version=0.3), "app", name={})
    assert [p.where for p in parsed(data).problems] == ["version", "app.name"]


def test_a_complete_file_is_read_whole():
    read = parsed(file_map(mode="advanced-chat", dependencies=[{"type": "marketplace", "value": {}}]))
    assert (read.status, read.imported_version, read.problems) == ("completed", "0.5.0", [])
    app = read.app
    assert app is not None
    assert (app.mode, app.name, app.icon, app.icon_background) == (AppMode.ADVANCED_CHAT, "An app", "🧶", "#D5F5F6")
    assert app.dependencies == [{"type": "marketplace", "value": {}}]
    assert app.model_config is None
    assert app.workflow is not None
    assert app.workflow.graph == file_map()["workflow"]["graph"]
    assert [n["id"] for n in app.workflow.nodes] == ["start", "end"]


def test_a_file_without_version_kind_variables_and_dependencies_takes_the_defaults():
    data = file_map(mode="workflow")
    for key in ("version", "kind", "dependencies"):
        del data[key]
    del data["workflow"]["features"]
    data["app"] = {"mode": "workflow", "icon_background": None, "name": None, "icon": None, "icon_type": "video"}
    read = parsed(data)
    assert (read.status, read.imported_version) == ("completed-with-warnings", "0.1.0")
    assert [(p.kind, p.severity) for p in read.problems] == [(ProblemKind.OTHER_VERSION, "warning")]
    app = read.app
    assert app is not None
    assert (app.name, app.description, app.icon, app.icon_type, app.icon_background) == ("", "", "🤖", None, "#FFFFFF")
    assert app.use_icon_as_answer_icon is False
    assert (app.environment_variables, app.conversation_variables, app.dependencies) == ([], [], [])


@pytest.mark.parametrize("kind", ["app", "something", None, 3])
def test_any_kind_counts_as_app(kind: object):
    assert parsed({**file_map(), "kind": kind}).status == "completed"


def test_a_newer_file_is_read_but_waits_for_confirmation():
    read = parsed(file_map(version="0.9.0"))
    assert read.status == "pending"
    assert read.app is not None
    assert [p.severity for p in read.problems] == ["warning"]


def test_unknown_keys_outside_graph_and_features_are_left_out():
    data = changed(file_map(extra=1), "app", colour="red")
    data["workflow"] |= {"rag_pipeline_variables": [], "extra": 2, "features": {"new_one": {"x": 1}}}
    read = parsed(data)
    assert read.status == "completed"
    assert read.app is not None
    assert read.app.workflow is not None
    assert read.app.workflow.features == {"new_one": {"x": 1}}


def test_an_icon_short_name_and_unquoted_numbers_are_text():
    read = parsed(changed(file_map(), "app", icon="video_game", name=2024, description=1.5))
    assert read.app is not None
    assert (read.app.icon, read.app.name, read.app.description) == ("video_game", "2024", "1.5")


def test_graph_content_is_not_judged_on_import():
    nodes = [node("a", "acme-new"), {"id": 5}, "text", node("a", "llm")]
    assert parsed(file_map(nodes, [{"source": "nowhere"}])).status == "completed"


def test_text_and_bytes_give_the_same():
    source = text(basic_map())
    assert parse(source) == parse(source.encode())
