"""What a graph must be to run, and what is made of it (spec workflow-engine §6, §10.2)."""

from collections.abc import Sequence

import pytest

from treadle.engine.errors import GraphError, GraphProblem
from treadle.engine.graph import EdgeSpec, Graph, GraphSpec, NodeSpec, compile_graph, root_ids
from treadle.engine.node import NodeType

from .scripted import TYPES, answer, choice, edges, end, graph_of, iteration, loop, node, start, step


def problems_of(nodes: Sequence[NodeSpec], *chains: str, roots: tuple[str, ...] = ("start",)) -> list[GraphProblem]:
    with pytest.raises(GraphError) as caught:
        compile_graph(GraphSpec(nodes, edges(*chains)), TYPES | {"broken": BROKEN}, roots=roots)
    assert str(caught.value) == "; ".join(problem.message for problem in caught.value.problems)
    return caught.value.problems


def refuse(_: object) -> None:
    raise GraphProblem("the url is empty.", field="data.url")


BROKEN: NodeType[None] = NodeType("broken", refuse, TYPES["step"].run)  # type: ignore[arg-type]


def named_edges(graph: Graph) -> list[tuple[str, str, str]]:
    return [(graph.nodes[edge.source].id, edge.handle, graph.nodes[edge.target].id) for edge in graph.edges]


def activations(graph: Graph) -> dict[tuple[str, str, str], list[str]]:
    names = named_edges(graph)
    return {names[edge]: [graph.nodes[index].id for index in group] for edge, group in graph.activated.items()}


def test_a_graph_without_nodes_is_refused() -> None:
    [problem] = problems_of([])
    assert (problem.message, problem.field) == ("The graph has no nodes; add a start node.", "graph.nodes")


def test_a_graph_without_a_root_is_refused() -> None:
    [problem] = problems_of([step("a")])
    assert (problem.message, problem.field) == (
        "The graph has no start node; add one and connect it.",
        "graph.nodes",
    )


def test_a_root_with_an_incoming_edge_is_refused() -> None:
    [problem] = problems_of([start(), step("a")], "start -> a -> start")
    assert (problem.message, problem.node) == ("The start node has an incoming edge; remove it.", "start")


def test_two_free_roots_are_refused() -> None:
    [problem] = problems_of([start(), node("start", "second")])
    assert (problem.message, problem.node) == ("The graph has more than one start node; keep one.", "second")


def test_other_kinds_may_be_roots() -> None:
    graph = compile_graph(GraphSpec([step("hook"), step("a")], edges("hook -> a")), TYPES, roots=["step"])
    assert [item.id for item in graph.nodes] == ["hook", "a"]


def test_every_problem_is_told_at_once() -> None:
    nodes = [start(), node("teleport", "a"), node("broken", "b"), NodeSpec("c", "broken", title="Call"), step("d")]
    problems = problems_of([*nodes, step("e", strategy="hope")], "start -> a", "start -> b -> c -> d -> d", "b -> e")
    assert [(problem.node, problem.field, problem.message) for problem in problems] == [
        ("a", "data.type", 'The node "a" has the type "teleport", which cannot be run here.'),
        ("b", "data.url", 'The node "b": the url is empty.'),
        ("c", "data.url", 'The node "Call": the url is empty.'),
        (
            "e",
            "data.error_strategy",
            'The node "e" has the error strategy "hope"; choose "default-value" or "fail-branch", or take it away.',
        ),
        ("d", "graph.edges", 'The edges "d" → "d" form a cycle; remove one of them.'),
    ]


def test_nodes_that_cannot_be_reached_are_not_looked_at() -> None:
    graph = compile_graph(
        GraphSpec(
            [start(), step("a"), node("broken", "x"), node("teleport", "y"), node("custom-note", "note")],
            edges("start -> a", "x -> y -> x", "x -> a"),
        ),
        TYPES | {"broken": BROKEN},
    )
    assert named_edges(graph) == [("start", "source", "a")]
    assert graph.incoming == (0, 1)


def test_inner_nodes_of_containers_are_left_to_their_container() -> None:
    graph = graph_of([start(), step("a"), NodeSpec("inner", "step", parent="a")], "start -> a", "a -> inner")
    assert [item.id for item in graph.nodes] == ["start", "a"]


def test_edges_to_or_from_nodes_that_do_not_exist_are_left_out() -> None:
    graph = graph_of([start(), step("a")], "start -> gone -> a", "start -> a -> nowhere")
    assert named_edges(graph) == [("start", "source", "a")]


def test_an_edge_on_a_handle_that_its_source_does_not_have_leads_nowhere() -> None:
    nodes = [start(), step("a"), step("b"), step("behind"), step("c")]
    graph = graph_of(nodes, "start -> a -> c", "a:fail-branch -> behind -> c", "a:yes -> b -> c")
    assert named_edges(graph) == [("start", "source", "a"), ("a", "source", "c")]


def test_nodes_that_choose_keep_all_their_handles() -> None:
    nodes = [start(), choice("pick", "yes"), step("risky", strategy="fail-branch"), step("a"), step("b")]
    graph = graph_of(nodes, "start -> pick:yes -> a", "pick:no -> b", "start -> risky:fail-branch -> b", "risky -> a")
    assert set(named_edges(graph)) == {
        ("start", "source", "pick"),
        ("start", "source", "risky"),
        ("pick", "yes", "a"),
        ("pick", "no", "b"),
        ("risky", "fail-branch", "b"),
        ("risky", "source", "a"),
    }


def test_the_strategy_none_means_no_strategy() -> None:
    graph = graph_of([start(), step("a", strategy="none")], "start -> a")
    assert graph.by_id["a"].strategy is None


def test_nodes_are_numbered_by_their_distance_from_the_root_in_edge_order() -> None:
    nodes = [step("d"), step("c"), step("b"), step("a"), start()]
    graph = graph_of(nodes, "start -> b -> d", "start -> a -> c -> d")
    assert [item.id for item in graph.nodes] == ["start", "b", "a", "d", "c"]
    assert [item.index for item in graph.nodes] == [0, 1, 2, 3, 4]
    assert graph.root == 0
    assert graph.by_id["c"] is graph.nodes[4]
    assert [[edge.target for edge in group] for group in graph.outgoing] == [[1, 2], [3], [4], [], [3]]
    assert [edge.index for edge in graph.edges] == list(range(len(graph.edges)))


def test_a_self_loop_is_a_cycle() -> None:
    [problem] = problems_of([start(), step("a")], "start -> a -> a")
    assert (problem.node, problem.message) == ("a", 'The edges "a" → "a" form a cycle; remove one of them.')


def test_a_cycle_is_named_in_its_order_without_what_leads_to_it_and_from_it() -> None:
    nodes = [start(), *(step(name) for name in "abcde")]
    [problem] = problems_of(nodes, "start -> a -> b -> c -> d -> b", "d -> e")
    assert problem.message == 'The edges "b" → "c" → "d" → "b" form a cycle; remove one of them.'


def test_a_cycle_through_a_branch_that_is_never_taken_is_a_cycle() -> None:
    [problem] = problems_of([start(), choice("pick", "yes"), step("a")], "start -> pick:no -> a -> pick")
    assert problem.node in ("pick", "a")


def test_a_long_cycle_is_found_quickly() -> None:
    names = [f"n{number}" for number in range(20_000)]
    nodes = [start(), *(NodeSpec(name, "step") for name in names)]
    chain = [EdgeSpec(left, right) for left, right in zip(names, [*names[1:], names[0]], strict=True)]
    with pytest.raises(GraphError) as caught:
        compile_graph(GraphSpec(nodes, [EdgeSpec("start", "n0"), *chain]), TYPES)
    assert caught.value.problems[0].message.count("→") == 20_000


def test_a_long_chain_is_no_cycle() -> None:
    names = ["start", *(f"n{number}" for number in range(20_000))]
    graph = graph_of([start(), *(NodeSpec(name, "step") for name in names[1:])], " -> ".join(names))
    assert len(graph.nodes) == 20_001


def test_a_diamond_and_doubled_edges_are_no_cycle() -> None:
    graph = graph_of([start(), *(step(name) for name in "abc")], "start -> a -> c", "start -> b -> c", "b -> c")
    assert graph.incoming == (0, 1, 1, 3)


def test_an_answer_on_a_straight_path_is_certain_from_the_start() -> None:
    graph = graph_of([start(), step("a"), answer("out", "{{#a.text#}}")], "start -> a -> out")
    assert graph.certain == (2,)
    assert activations(graph) == {}


def test_an_answer_behind_a_branch_is_certain_when_one_of_its_edges_is_taken() -> None:
    nodes = [start(), choice("pick", "yes"), step("a"), step("b"), answer("out", ""), end("end", x="a.text")]
    graph = graph_of(nodes, "start -> pick:yes -> a -> out", "pick:no -> b -> out", "b -> end")
    assert graph.certain == ()
    assert activations(graph) == {("pick", "yes", "a"): ["out"], ("pick", "no", "b"): ["out", "end"]}


def test_an_answer_beside_a_branch_is_certain() -> None:
    graph = graph_of(
        [start(), choice("pick", "yes"), step("a"), answer("out", "")], "start -> pick:yes -> out", "start -> a -> out"
    )
    assert [graph.nodes[index].id for index in graph.certain] == ["out"]


def test_an_answer_behind_a_failing_branch_waits_for_it() -> None:
    graph = graph_of([start(), step("a", strategy="fail-branch"), answer("out", "")], "start -> a -> out")
    assert activations(graph) == {("a", "source", "out"): ["out"]}


def test_an_answer_waits_for_the_answer_before_it() -> None:
    graph = graph_of([start(), answer("first", "1"), answer("second", "2")], "start -> first -> second")
    assert [graph.nodes[index].id for index in graph.certain] == ["first"]
    assert activations(graph) == {("first", "source", "second"): ["second"]}


def test_an_answer_waits_for_an_assigner_of_its_own_variables_only() -> None:
    nodes = [
        start(),
        node("assigner", "set", assigns={"mood": "good"}),
        answer("about", "{{#conversation.mood.deep#}}"),
        answer("other", "{{#conversation.name#}}"),
    ]
    graph = graph_of(nodes, "start -> set -> about", "set -> other")
    assert [graph.nodes[index].id for index in graph.certain] == ["other"]
    assert activations(graph) == {("set", "source", "about"): ["about"]}


WITH_TRIGGERS = TYPES | {
    kind: NodeType(kind, TYPES["step"].load, TYPES["step"].run) for kind in ("trigger-webhook", "trigger-schedule")
}


def test_a_run_begins_with_the_trigger_that_it_is_given() -> None:
    nodes = [node("trigger-webhook", "hook"), node("trigger-schedule", "clock"), step("a"), step("b"), step("join")]
    spec = GraphSpec(nodes, edges("hook -> a -> join", "clock -> b -> join"))
    assert root_ids(spec) == ["hook", "clock"]
    graph = compile_graph(spec, WITH_TRIGGERS, root="clock")
    assert [each.id for each in graph.nodes] == ["clock", "b", "join"]
    assert graph.incoming == (0, 1, 1)
    with pytest.raises(GraphError, match="more than one node to start with"):
        compile_graph(spec, WITH_TRIGGERS)
    with pytest.raises(GraphError, match='no node "a" that a run could start with'):
        compile_graph(spec, WITH_TRIGGERS, root="a")


def test_a_start_node_beside_a_trigger_is_refused() -> None:
    nodes = [start(), node("trigger-webhook", "hook"), step("a")]
    with pytest.raises(GraphError, match="both a start node and a trigger") as caught:
        compile_graph(GraphSpec(nodes, edges("start -> a", "hook -> a")), WITH_TRIGGERS, root="start")
    assert caught.value.problems[0].node == "hook"


def test_the_body_of_a_container_is_a_graph_of_its_own() -> None:
    nodes = [
        start(),
        *iteration("it", "start.x", "a.x"),
        node("step", "a", inside="it"),
        node("step", "stray", inside="it"),
        *loop("lp", 2, inside="it"),
        node("step", "deep", inside="lp"),
    ]
    graph = graph_of(nodes, "start -> it", "itstart -> a -> lp", "lpstart -> deep", "a -> start", "start -> deep")
    body = graph.by_id["it"].body
    assert body is not None
    assert [each.id for each in body.nodes] == ["itstart", "a", "lp"]
    assert graph.all_ids == ("start", "it", "itstart", "a", "lp", "lpstart", "deep")
    assert not graph.speaks


def test_problems_of_a_body_are_problems_of_the_graph() -> None:
    nodes = [
        start(),
        *iteration("it", "start.x", "a.x"),
        node("broken", "a", inside="it"),
        node("step", "b", inside="it"),
        node("step", "c", inside="it"),
        node("broken", "stray", inside="it"),
    ]
    found = problems_of(nodes, "start -> it", "itstart -> a", "itstart -> b -> c -> b")
    assert [problem.node for problem in found] == ["a", "b"]


def test_containers_nest_ten_deep_and_no_deeper() -> None:
    def nested(depth: int) -> list[NodeSpec]:
        names: list[str | None] = [None, *(f"lp{number}" for number in range(depth))]
        return [
            start(),
            *(
                each
                for name, around in zip(names[1:], names, strict=False)
                for each in loop(str(name), 1, inside=around)
            ),
        ]

    def chains(depth: int) -> list[str]:
        return ["start -> lp0", *(f"lp{number}start -> lp{number + 1}" for number in range(depth - 1))]

    graph_of(nested(10), *chains(10))
    [problem] = problems_of(nested(11), *chains(11))
    assert problem.node == "lp10"


def test_a_container_that_speaks_takes_its_turn_among_the_answers() -> None:
    nodes = [
        start(),
        *iteration("it", "start.x", "say.answer"),
        node("answer", "say", inside="it", template="x"),
        answer("last", "y"),
    ]
    graph = graph_of(nodes, "start -> it -> last", "itstart -> say")
    assert graph.answers
    assert [graph.nodes[index].id for index in graph.certain] == ["it"]
    assert activations(graph) == {("it", "source", "last"): ["last"]}
