"""What survives an import and an export (spec app-dsl §14, by its points)."""

from pathlib import Path

import pytest
import yaml

from tests.dsl.files import basic_map, edge, file_map, node, parsed
from tests.dsl.test_corpus import FILES, READABLE
from treadle.dsl import AppFile, dump, parse

RICH = file_map(
    [
        node("start", "start", variables=[{"variable": "q", "type": "paragraph", "max_length": None}]),
        node(1739088190247, "acme-new", numbers=[1, 1.0, "1", "007", -0.5, 1e21], deep={"z": {"y": None}}, on="yes"),
    ],
    [{**edge("start", 1739088190247), "data": {"odd": True}}],
    mode="advanced-chat",
    workflow={
        "features": {"opening_statement": "Hi", "later_feature": {"list": [3, 1, 2]}},
        "environment_variables": [
            {"id": "1", "name": "key", "value_type": "secret", "value": "sk-1"},
            {"id": "2", "name": "url", "value_type": "string", "value": "http://e"},
        ],
        "conversation_variables": [{"id": "3", "name": "n", "value_type": "number", "value": 1.0}],
    },
    note_at_the_top="lost",
)


def read(data: dict) -> AppFile:
    app = parsed(data).app
    assert app is not None
    return app


def again(app: AppFile, *, include_secrets: bool = True) -> AppFile:
    back = parse(dump(app, include_secrets=include_secrets)).app
    assert back is not None
    return back


def test_TRIP_1_the_app_comes_back_equal_but_for_what_the_format_loses() -> None:
    app = read(RICH)
    assert again(app) == app
    written = yaml.safe_load(dump(app, include_secrets=False))
    assert written["workflow"]["graph"] == RICH["workflow"]["graph"]
    assert written["workflow"]["features"] == RICH["workflow"]["features"]
    values = [(each["name"], each["value"]) for each in written["workflow"]["environment_variables"]]
    assert values == [("key", ""), ("url", "http://e")]
    assert "note_at_the_top" not in written
    basic = read(basic_map(annotation_reply={"enabled": True, "id": "1"}, opening_statement="Hi", unknown_key="lost"))
    config = yaml.safe_load(dump(basic, include_secrets=True))["model_config"]
    assert (config["opening_statement"], config["annotation_reply"]) == ("Hi", {"enabled": False})


def test_TRIP_2_numbers_and_texts_stay_what_they_are() -> None:
    written = yaml.safe_load(dump(read(RICH), include_secrets=True))
    numbers = written["workflow"]["graph"]["nodes"][1]["data"]["numbers"]
    assert [(each, type(each)) for each in numbers] == [
        (1, int),
        (1.0, float),
        ("1", str),
        ("007", str),
        (-0.5, float),
        (1e21, float),
    ]


def test_TRIP_3_ids_are_never_made_anew() -> None:
    graph = yaml.safe_load(dump(again(read(RICH)), include_secrets=True))["workflow"]["graph"]
    assert [each["id"] for each in graph["nodes"]] == ["start", 1739088190247]
    assert [each["id"] for each in graph["edges"]] == ["start-1739088190247"]


def test_TRIP_4_what_is_not_installed_makes_no_difference() -> None:
    """The writer is given the app alone: it cannot ask for models, tools or knowledge."""
    model = {"provider": "nobody/none/none", "name": "gone", "mode": "chat", "completion_params": {"a": 1}}
    data = file_map(
        [
            node("start", "start", variables=[]),
            node("t", "tool", provider_id="gone", provider_type="builtin", tool_name="x", tool_configurations={}),
            node("l", "llm", model=model, prompt_template=[{"role": "user", "text": "hi"}]),
        ],
        [edge("start", "t"), edge("t", "l")],
    )
    assert yaml.safe_load(dump(read(data), include_secrets=True))["workflow"]["graph"] == data["workflow"]["graph"]


def test_TRIP_5_an_unedited_file_differs_only_in_what_is_written_anew() -> None:
    old = {**RICH, "version": "0.1.3"}
    del old["note_at_the_top"]
    old["app"] = {**RICH["app"], "icon_type": "emoji"}
    written = yaml.safe_load(dump(read(old), include_secrets=True))
    assert {key for key in old if written.get(key) != old[key]} == {"version", "app", "workflow"}
    assert {key for key in old["app"] if written["app"].get(key) != old["app"][key]} == {"icon_type"}
    kept = {key: written["workflow"][key] for key in ("graph", "features")}
    assert kept == {key: old["workflow"][key] for key in ("graph", "features")}


@pytest.mark.skipif(not FILES, reason="the corpus of app files is not at hand")
@pytest.mark.parametrize("file", READABLE, ids=lambda file: file.name)
def test_TRIP_6_real_files_come_back_with_an_equal_graph(file: Path) -> None:
    source = file.read_bytes()
    first = parse(source)
    assert first.status in ("completed", "completed-with-warnings")
    assert first.app is not None
    written = yaml.load(dump(first.app, include_secrets=True), Loader=yaml.CSafeLoader)
    assert written["workflow"]["graph"] == yaml.load(source, Loader=yaml.CSafeLoader)["workflow"]["graph"]
