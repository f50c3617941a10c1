"""Sealed ids of knowledge bases (app-dsl §5.2)."""

import base64

from treadle.dsl import open_dataset_id, seal_dataset_id, with_open_dataset_ids

DATASET = "7c1a0a5e-7d0c-4c5e-9a7e-0a4d2f3b1c11"


def test_only_the_same_workspace_opens_an_id():
    sealed = seal_dataset_id(DATASET, "mine")
    assert sealed != DATASET
    assert open_dataset_id(sealed, "mine") == DATASET
    assert open_dataset_id(sealed, "theirs") is None


def test_plain_ids_are_kept_and_other_texts_open_to_nothing():
    assert open_dataset_id(DATASET, "mine") == DATASET
    for text in ("", "hello", "not base64!", base64.b64encode(b"x" * 15).decode(), seal_dataset_id("no id", "mine")):
        assert open_dataset_id(text, "mine") is None


def test_a_graph_loses_the_ids_that_do_not_open():
    node = {
        "id": "n",
        "data": {"type": "knowledge-retrieval", "dataset_ids": [seal_dataset_id(DATASET, "mine"), "x", 3]},
    }
    graph = {"nodes": [node, {"id": "other"}, "odd"], "edges": []}
    opened = with_open_dataset_ids(graph, "mine")
    assert opened["nodes"][0]["data"]["dataset_ids"] == [DATASET]
    assert opened["nodes"][1:] == graph["nodes"][1:]
    assert node["data"]["dataset_ids"][1] == "x", "the graph given is not changed"
