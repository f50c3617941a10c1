"""The runnable reading of graphs and every older shape (app-dsl §9, §13; workflow-nodes §29, §30)."""

from copy import deepcopy

import pytest

from tests.dsl.files import edge, node
from treadle.dsl import DefaultValue, ErrorStrategy, GraphView, Retry, WorkflowFile, graph_view


def view(nodes: list, edges: list | None = None) -> GraphView:
    workflow = WorkflowFile(graph={"nodes": nodes, "edges": edges or []})
    before = deepcopy(workflow.graph)
    seen = graph_view(workflow)
    assert workflow.graph == before, "reading must not change the file"
    return seen


def data_of(kind: str, **data: object):
    (only,) = view([node("n", kind, **data)]).nodes
    return only.data


def pairs(seen: GraphView) -> list[tuple[str, str, str]]:
    return [(e.source, e.source_handle, e.target) for e in seen.edges]


def test_a_node_is_read_with_its_error_handling():
    raw = node(
        "n",
        "llm",
        version=2,
        error_strategy="default-value",
        default_value=[{"key": "text", "type": "string", "value": "sorry"}, {"key": "usage", "type": "object"}, {}],
        retry_config={"retry_enabled": True, "max_retries": "3", "retry_interval": 250},
    )
    (seen,) = view([raw]).nodes
    assert (seen.id, seen.type, seen.title, seen.version, seen.parent) == ("n", "llm", "N", "2", None)
    assert seen.error_strategy is ErrorStrategy.DEFAULT_VALUE
    assert seen.default_value == (DefaultValue("text", "string", "sorry"), DefaultValue("usage", "object", None))
    assert seen.retry == Retry(3, 250)
    assert seen.data is raw["data"], "nothing old about it, so nothing is copied"


@pytest.mark.parametrize("strategy", [None, "none", "unheard-of", 3])
def test_no_strategy_is_written_in_several_ways(strategy: object):
    assert view([node("n", "llm", error_strategy=strategy)]).nodes[0].error_strategy is None


@pytest.mark.parametrize("retry", [None, {}, {"retry_enabled": False, "max_retries": 3}, {"retry_enabled": True}])
def test_retries_that_are_off_or_none_are_none(retry: object):
    assert view([node("n", "llm", retry_config=retry)]).nodes[0].retry is None


def test_notes_and_placeholders_are_left_out_with_their_edges():
    nodes = [
        node("s", "start"),
        node("note", "", wrapper={"type": "custom-note"}, theme="blue", iteration_id="i"),
        node("bare", "", theme="pink"),
        node("empty", "datasource-empty", wrapper={"type": "custom-data-source-empty"}),
    ]
    seen = view(nodes, [edge("s", "note"), edge("note", "s")])
    assert ([n.id for n in seen.nodes], seen.edges) == (["s"], [])


def test_missing_and_older_handles_are_source_and_unquoted_true_is_text():
    nodes = [node(i, "code") for i in "abcdef"]
    edges = [
        {"source": "a", "target": "b"},
        edge("a", "c", None),
        edge("a", "d", "success-branch"),
        edge("a", "e", True),
        edge("a", "f", 1),
    ]
    assert [h for _, h, _ in pairs(view(nodes, edges))] == ["source", "source", "source", "true", "1"]


def test_edges_to_removed_nodes_and_across_borders_are_dropped():
    nodes = [node("s", "start"), node("i", "iteration"), node("x", "code", parent="i")]
    edges = [edge("s", "i"), edge("s", "gone"), edge("gone", "s"), edge("s", "x"), edge("x", "i"), {"source": "s"}, 3]
    assert pairs(view(nodes, edges)) == [("s", "source", "i")]


def test_numeric_ids_become_text_everywhere_they_are_used():
    nodes = [
        node(1, "start"),
        node(2, "iteration", iterator_selector=[1, "items"], output_selector=[3, "text"], start_node_id=3),
        {**node(3, "llm", context={"enabled": True, "variable_selector": [1, "x"]}, sizes=[1, 2]), "parentId": 2},
        node(4, "if-else", cases=[{"case_id": True, "conditions": [{"variable_selector": [1, "a"], "value": 3}]}]),
        node(5, "question-classifier", classes=[{"id": 1, "name": "a"}, {"id": "2", "name": "b"}]),
    ]
    seen = view(nodes, [edge(1, 2), edge(4, 5, True)])
    assert [(n.id, n.parent) for n in seen.nodes] == [("1", None), ("2", None), ("3", "2"), ("4", None), ("5", None)]
    assert pairs(seen) == [("1", "source", "2"), ("4", "true", "5")]
    iteration = seen.by_id["2"].data
    assert (iteration["iterator_selector"], iteration["output_selector"]) == (["1", "items"], ["3", "text"])
    assert iteration["start_node_id"] == "3"
    assert seen.by_id["3"].data["context"] == {"enabled": True, "variable_selector": ["1", "x"]}
    assert seen.by_id["3"].data["sizes"] == [1, 2]
    assert seen.by_id["4"].data["cases"] == [
        {"case_id": "true", "conditions": [{"variable_selector": ["1", "a"], "value": 3}]}
    ]
    assert [c["id"] for c in seen.by_id["5"].data["classes"]] == ["1", "2"]


def test_conditions_without_cases_become_the_case_true():
    data = data_of("if-else", logical_operator="or", conditions=[{"id": "c"}])
    assert data["cases"] == [{"case_id": "true", "logical_operator": "or", "conditions": [{"id": "c"}]}]


def test_cases_win_over_leftover_conditions():
    data = data_of("if-else", cases=[{"case_id": "x", "conditions": []}], conditions=[{"id": "old"}])
    assert data["cases"] == [{"case_id": "x", "conditions": []}]
    assert data["conditions"] == [{"id": "old"}]


@pytest.mark.parametrize(
    ("kind", "body", "items"),
    [
        ("json", '{"a": "b:c"}\n', [{"key": "", "type": "text", "value": '{"a": "b:c"}\n'}]),
        ("raw-text", "x", [{"key": "", "type": "text", "value": "x"}]),
        (
            "form-data",
            "a: 1\n\nb:x:y",
            [{"key": "a", "type": "text", "value": "1"}, {"key": "b", "type": "text", "value": "x:y"}],
        ),
        ("x-www-form-urlencoded", "a:1", [{"key": "a", "type": "text", "value": "1"}]),
        ("json", " \n", []),
        ("none", None, []),
        ("json", [{"type": "text", "value": "kept"}], [{"type": "text", "value": "kept"}]),
    ],
)
def test_an_http_body_as_text_becomes_items(kind: str, body: object, items: list):
    assert data_of("http-request", body={"type": kind, "data": body})["body"] == {"type": kind, "data": items}


def test_http_timeouts_are_read_in_both_spellings_and_zero_is_the_default():
    timeout = {"max_connect_timeout": 5, "max_read_timeout": 0, "read": None, "write": 7, "max_write_timeout": 9}
    assert data_of("http-request", timeout=timeout)["timeout"] == {"connect": 5, "write": 7}


def test_a_legacy_iteration_begins_at_the_ordinary_node_it_names():
    nodes = [
        node("i", "iteration", start_node_id="a", startNodeType="code"),
        node("a", "code", parent="i", isIterationStart=True),
        node("b", "llm", parent="i"),
    ]
    seen = view(nodes, [edge("a", "b")])
    assert seen.by_id["i"].data["start_node_id"] == "a"
    assert seen.by_id["i"].data is nodes[0]["data"]
    assert [n.id for n in seen.children("i")] == ["a", "b"]
    assert [(e.source, e.target) for e in seen.edges_inside("i")] == [("a", "b")]
    assert seen.edges_inside(None) == []


@pytest.mark.parametrize("named", [None, "gone", "outside"])
def test_a_container_that_names_no_child_begins_at_its_start_node_or_marked_child(named: object):
    nodes = [node("outside", "code"), node("i", "iteration", start_node_id=named), node("x", "code", parent="i")]
    start = {**node("odd id", "iteration-start", isInIteration=True), "parentId": "i"}
    assert view([*nodes, start]).by_id["i"].data["start_node_id"] == "odd id"
    marked = node("m", "code", parent="i", isIterationStart=True)
    assert view([*nodes, marked]).by_id["i"].data["start_node_id"] == "m"


def test_an_empty_container_gets_a_start_node_of_its_own():
    seen = view([node("l", "loop"), node("lstart", "code")])
    (start,) = seen.children("l")
    assert (start.id, start.type, start.parent) == ("lstart1", "loop-start", "l")
    assert seen.by_id["l"].data["start_node_id"] == "lstart1"


def test_the_innermost_of_two_containers_is_the_one_on_the_canvas():
    nodes = [
        node("i", "iteration"),
        node("l", "loop", parent="i"),
        {**node("x", "code", iteration_id="i", loop_id="l"), "parentId": "l"},
        {**node("y", "code", iteration_id="i", loop_id="l"), "parentId": "i"},
        node("z", "code", loop_id="l"),
        {**node("w", "code"), "parentId": "i"},
    ]
    assert [view(nodes).by_id[i].parent for i in "xyzw"] == ["l", "i", "l", "i"]


def test_containers_inside_themselves_are_left_out():
    nodes = [
        node("s", "start"),
        node("a", "loop", parent="b"),
        node("b", "loop", parent="a"),
        node("c", "code", parent="a"),
    ]
    assert [n.id for n in view(nodes).nodes] == ["s"]


def test_odd_wrapper_fields_do_not_matter():
    raw = {**node("n", "llm", version=[], title=[1]), "type": [], "parentId": {}}
    (seen,) = view([raw]).nodes
    assert (seen.id, seen.title, seen.version, seen.parent) == ("n", "", "1", None)


def test_the_alias_of_the_aggregator_keeps_its_name():
    assert view([node("n", "variable-assigner")]).nodes[0].type == "variable-assigner"


def test_of_nodes_with_one_id_the_first_is_seen():
    assert [n.type for n in view([node("n", "llm"), node("n", "code")]).nodes] == ["llm"]


@pytest.mark.parametrize("broken", [None, 3, "x", {}, {"id": "n"}, {"id": "n", "data": {}}, {"data": {"type": "llm"}}])
def test_nodes_without_id_or_type_are_left_out(broken: object):
    assert view([broken, node("s", "start")]).by_id.keys() == {"s"}
