"""Provider ids and the plugins old files need (app-dsl §12, workflow-nodes §0.8)."""

import pytest

from tests.dsl.files import basic_map, file_map, node, parsed
from treadle.dsl import file_dependencies, normalise_provider, normalise_tool_provider, plugin_of


@pytest.mark.parametrize(
    ("typed", "full"),
    [
        ("openai", "langgenius/openai/openai"),
        ("google", "langgenius/gemini/google"),
        ("langgenius/openai/openai", "langgenius/openai/openai"),
        ("acme/models", "acme/models/models"),
        ("", ""),
    ],
)
def test_model_providers_have_one_id(typed: str, full: str):
    assert normalise_provider(typed) == full
    assert normalise_provider(full) == full


@pytest.mark.parametrize(
    ("typed", "full"),
    [("time", "langgenius/time/time"), ("jina", "langgenius/jina_tool/jina"), ("a/b/c", "a/b/c")],
)
def test_tool_providers_have_one_id(typed: str, full: str):
    assert normalise_tool_provider(typed) == full


def test_a_provider_belongs_to_a_plugin():
    assert plugin_of("langgenius/gemini/google") == "langgenius/gemini"


def plugins(data: dict) -> list[str]:
    read = parsed(data)
    assert read.app is not None
    return [
        d["value"].get("marketplace_plugin_unique_identifier")
        for d in file_dependencies(read.app, read.imported_version)
    ]


def test_old_graphs_tell_their_plugins_by_their_nodes():
    nodes = [
        node("a", "llm", model={"provider": "openai"}),
        node("b", "question-classifier", model={"provider": "openai"}),
        node("c", "parameter-extractor", model={"provider": "google"}),
        node("d", "tool", provider_type="builtin", provider_id="jina"),
        node("e", "tool", provider_type="workflow", provider_id="0b1e"),
        node(
            "f",
            "knowledge-retrieval",
            retrieval_mode="multiple",
            multiple_retrieval_config={"reranking_model": {"provider": "cohere", "model": "m"}},
        ),
        node("g", "knowledge-retrieval", retrieval_mode="single", single_retrieval_config={"model": {"provider": "x"}}),
        node(
            "h",
            "knowledge-retrieval",
            retrieval_mode="multiple",
            multiple_retrieval_config={
                "reranking_mode": "weighted_score",
                "weights": {"vector_setting": {"embedding_provider_name": "tongyi"}},
            },
        ),
        node("i", "llm", model=None),
    ]
    data = file_map(nodes, [], version="0.1.5")
    del data["dependencies"]
    assert plugins(data) == [
        "langgenius/openai",
        "langgenius/gemini",
        "langgenius/jina_tool",
        "langgenius/cohere",
        "langgenius/x",
        "langgenius/tongyi",
    ]


def test_old_basic_apps_tell_their_model_and_tools():
    data = basic_map(agent_mode={"tools": [{"provider_type": "builtin", "provider_id": "time", "tool_name": "t"}]})
    assert plugins({**data, "version": "0.1.2"}) == ["langgenius/openai", "langgenius/time"]


def test_a_list_in_the_file_is_kept_and_newer_files_are_not_guessed_at():
    listed = [{"type": "marketplace", "value": {"marketplace_plugin_unique_identifier": "a/b:1@c"}}]
    assert plugins(file_map(version="0.1.5", dependencies=listed)) == ["a/b:1@c"]
    assert plugins(file_map([node("a", "llm", model={"provider": "openai"})], [])) == []
