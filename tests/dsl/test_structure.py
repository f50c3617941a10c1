"""What is wrong with a graph, without knowing its nodes (workflow-engine §6)."""

import time

import pytest

from tests.dsl.files import app, basic_map, edge, node, parsed
from treadle.dsl import AppFile, AppMode, Problem, ProblemKind, check_structure, read_environment_variables
from treadle.dsl.variables import read_conversation_variables

START, END = node("s", "start"), node("e", "end")


def problems(nodes: list, edges: list | None = None, **options: object) -> list[Problem]:
    return check_structure(app(nodes, edges or []), **options)


def only(nodes: list, edges: list | None = None, **options: object) -> Problem:
    (problem,) = problems(nodes, edges, **options)
    return problem


def test_a_sound_graph_has_no_problems():
    nodes = [
        START,
        node("i", "iteration", iterator_selector=["s", "items"], start_node_id="istart"),
        node("istart", "iteration-start", parent="i"),
        node("x", "llm", parent="i", prompt_template=[{"text": "{{#i.item#}} {{#sys.query#}}"}]),
        END,
    ]
    assert problems(nodes, [edge("s", "i"), edge("istart", "x"), edge("i", "e")]) == []


def test_no_start_is_an_error():
    problem = only([node("l", "llm")])
    assert (problem.kind, problem.severity, problem.blocks_run) == (ProblemKind.NO_ROOT, "error", True)
    assert problem.message == "The workflow has nothing to begin with: add a start node or a trigger."


@pytest.mark.parametrize("kind", ["start", "datasource", "trigger-webhook", "trigger-schedule", "trigger-plugin"])
def test_start_datasource_and_triggers_are_roots(kind: str):
    assert problems([node("r", kind), node("t", "llm")], [edge("r", "t")]) == []


def test_several_triggers_are_fine_and_several_starts_are_not():
    assert problems([node("a", "trigger-webhook"), node("b", "trigger-plugin")]) == []
    problem = only([START, node("t", "start")])
    assert (problem.kind, problem.severity, problem.node) == (ProblemKind.SEVERAL_STARTS, "error", "t")


def test_a_start_and_a_trigger_exclude_each_other():
    problem = only([START, node("t", "trigger-webhook")])
    assert (problem.kind, problem.severity, problem.node) == (ProblemKind.START_AND_TRIGGER, "error", "t")


def test_a_cycle_names_the_nodes_on_it_in_order():
    nodes = [START, node("a", "llm"), node("b", "code"), node("c", "code")]
    problem = only(nodes, [edge("s", "a"), edge("a", "b"), edge("b", "c"), edge("c", "a")])
    assert (problem.kind, problem.severity, problem.blocks_run) == (ProblemKind.CYCLE, "error", True)
    assert (problem.node, problem.where) == ("a", "workflow.graph.nodes[1]")
    assert problem.message == (
        'The nodes "A" (a) → "B" (b) → "C" (c) → "A" (a) wait for each other in a circle: remove one of the edges.'
    )


def test_a_node_that_waits_for_itself_is_a_cycle():
    assert only([START, node("a", "llm")], [edge("s", "a"), edge("a", "a")]).kind is ProblemKind.CYCLE


def test_a_cycle_that_nothing_leads_to_only_warns():
    nodes = [START, node("a", "llm"), node("b", "code")]
    found = problems(nodes, [edge("a", "b"), edge("b", "a")])
    assert [(p.kind, p.severity, p.node) for p in found] == [
        (ProblemKind.CYCLE, "warning", "a"),
        (ProblemKind.UNREACHABLE_NODE, "warning", "a"),
        (ProblemKind.UNREACHABLE_NODE, "warning", "b"),
    ]


def test_a_cycle_inside_an_iteration_is_found():
    nodes = [
        START,
        node("i", "iteration", start_node_id="a"),
        node("a", "llm", parent="i"),
        node("b", "llm", parent="i"),
    ]
    problem = only(nodes, [edge("s", "i"), edge("a", "b"), edge("b", "a")])
    assert (problem.kind, problem.severity) == (ProblemKind.CYCLE, "error")


@pytest.mark.parametrize(("end", "broken"), [("source", edge("gone", "s")), ("target", edge("s", "gone"))])
def test_a_dangling_edge_stops_a_publish_but_not_a_run(end: str, broken: dict):
    problem = only([START], [broken])
    assert (problem.kind, problem.severity, problem.blocks_run) == (ProblemKind.DANGLING_EDGE, "error", False)
    assert (problem.node, problem.field, problem.where) == ("gone", end, f"workflow.graph.edges[0].{end}")
    assert f"has the {end} gone, which does not exist: remove the edge." in problem.message


@pytest.mark.parametrize("broken", [3, {}, {"source": "s"}, {"source": "s", "target": None}])
def test_an_edge_without_ends_is_an_error(broken: object):
    assert only([START], [broken]).kind is ProblemKind.BAD_EDGE


def test_ids_used_twice_are_an_error_even_for_notes():
    nodes = [START, node("s", "", wrapper={"type": "custom-note"})]
    problem = only(nodes)
    assert (problem.kind, problem.node, problem.where) == (
        ProblemKind.DUPLICATE_NODE,
        "s",
        "workflow.graph.nodes[1].id",
    )
    assert problem.message == "The id s is used by 2 nodes: give each node its own."


@pytest.mark.parametrize(
    ("broken", "where"),
    [
        ("text", "nodes[1]"),
        ({"data": {"type": "llm"}}, "nodes[1].id"),
        ({"id": "x"}, "nodes[1].data.type"),
        ({"id": "x", "data": {"type": 4}}, "nodes[1].data.type"),
    ],
)
def test_nodes_that_are_none_are_named_by_place(broken: object, where: str):
    problem = only([START, broken])
    assert (problem.kind, problem.where) == (ProblemKind.BAD_NODE, f"workflow.graph.{where}")


def test_a_node_nothing_leads_to_is_a_warning():
    problem = only([START, node("lost", "llm")])
    assert (problem.kind, problem.severity, problem.node) == (ProblemKind.UNREACHABLE_NODE, "warning", "lost")
    assert problem.message == 'No path leads to the node "Lost" (lost), so it never runs: connect it or remove it.'


@pytest.mark.parametrize(
    ("graph", "kind"),
    [
        ({}, ProblemKind.NO_NODES),
        ({"nodes": [], "edges": []}, ProblemKind.NO_NODES),
        ({"nodes": "x", "edges": []}, ProblemKind.BAD_FIELD),
        ({"nodes": [START], "edges": {}}, ProblemKind.BAD_FIELD),
        ({"nodes": [START]}, ProblemKind.BAD_FIELD),
    ],
)
def test_a_graph_needs_its_two_lists(graph: dict, kind: ProblemKind):
    draft = app([], [])
    assert draft.workflow is not None
    draft.workflow.graph = graph
    found = check_structure(draft)
    assert found[0].kind is kind
    assert found[0].severity == "error"


def test_a_missing_part_is_an_error():
    assert [p.kind for p in check_structure(AppFile(mode=AppMode.WORKFLOW))] == [ProblemKind.NO_WORKFLOW]
    assert [p.kind for p in check_structure(AppFile(mode=AppMode.CHAT))] == [ProblemKind.NO_MODEL_CONFIG]


def test_a_basic_app_without_a_model_warns():
    with_model, without = parsed(basic_map()).app, parsed(basic_map(model={})).app
    assert with_model is not None
    assert without is not None
    assert check_structure(with_model) == []
    assert [(p.kind, p.severity) for p in check_structure(without)] == [(ProblemKind.NO_MODEL, "warning")]


def test_children_of_containers_that_do_not_exist_are_an_error():
    problem = problems([START, node("x", "code", parent="gone")])[0]
    assert (problem.kind, problem.severity, problem.node) == (ProblemKind.UNKNOWN_CONTAINER, "error", "x")
    assert "belongs to the container gone, which does not exist" in problem.message


def test_children_of_what_is_no_container_are_an_error():
    problem = only([START, node("x", "code", parent="s")])
    assert problem.kind is ProblemKind.UNKNOWN_CONTAINER
    assert 'lies inside "S" (s), which is no iteration or loop' in problem.message


def test_containers_inside_themselves_are_an_error():
    found = problems([START, node("a", "loop", parent="b"), node("b", "loop", parent="a")])
    assert [(p.kind, p.node) for p in found] == [(ProblemKind.CONTAINER_CYCLE, "a"), (ProblemKind.CONTAINER_CYCLE, "b")]


def test_a_container_with_children_but_no_start_is_an_error():
    nodes = [START, node("i", "iteration"), node("x", "llm", parent="i")]
    problem = problems(nodes, [edge("s", "i")])[0]
    assert (problem.kind, problem.node, problem.field) == (ProblemKind.NO_ENTRY, "i", "start_node_id")


@pytest.mark.parametrize("crossing", [edge("s", "x"), edge("x", "e")])
def test_an_edge_across_a_border_is_an_error(crossing: dict):
    nodes = [START, node("i", "iteration", start_node_id="x"), node("x", "llm", parent="i"), END]
    found = problems(nodes, [edge("s", "i"), edge("i", "e"), crossing])
    assert [(p.kind, p.severity, p.blocks_run) for p in found] == [(ProblemKind.BORDER_EDGE, "error", False)]


def nested_forks(depth: int) -> tuple[list, list]:
    nodes, edges, at = [START], [], "s"
    for level in range(depth):
        nodes += [node(f"l{level}", "code"), node(f"r{level}", "code")]
        edges += [edge(at, f"l{level}"), edge(at, f"r{level}")]
        at = f"l{level}"
    return nodes, edges


def test_parallel_branches_may_nest_three_deep_unless_set_otherwise():
    assert problems(*nested_forks(3)) == []
    problem = only(*nested_forks(4))
    assert (problem.kind, problem.severity, problem.node) == (ProblemKind.PARALLEL_DEPTH, "error", "l2")
    assert problem.message.startswith("Parallel branches are nested more than 3 deep at the node")
    assert problems(*nested_forks(4), parallel_depth_limit=4) == []


def test_branches_that_met_again_and_branches_that_exclude_each_other_do_not_nest():
    nodes, edges, at = [START], [], "s"
    for level in range(6):
        nodes += [node(f"{side}{level}", "code") for side in "lrj"]
        edges += [
            edge(at, f"l{level}"),
            edge(at, f"r{level}"),
            edge(f"l{level}", f"j{level}"),
            edge(f"r{level}", f"j{level}"),
        ]
        at = f"j{level}"
    assert problems(nodes, edges) == []
    nodes, edges, at = [START], [], "s"
    for level in range(6):
        nodes += [node(f"l{level}", "code"), node(f"r{level}", "code")]
        edges += [edge(at, f"l{level}", "true"), edge(at, f"r{level}", "false")]
        at = f"l{level}"
    assert problems(nodes, edges) == []


def test_names_used_twice_in_a_form_or_among_variables_warn():
    draft = app([node("s", "start", variables=[{"variable": "a"}, {"variable": "a"}, {"variable": "b"}])], [])
    assert draft.workflow is not None
    (variable,), _ = read_environment_variables([{"name": "k", "value_type": "string", "value": ""}])
    draft.workflow.environment_variables = [variable, variable]
    assert [(p.kind, p.severity, p.node) for p in check_structure(draft)] == [
        (ProblemKind.DUPLICATE_VARIABLE, "warning", None),
        (ProblemKind.DUPLICATE_VARIABLE, "warning", "s"),
    ]


@pytest.mark.parametrize(
    ("kind", "data", "field"),
    [
        ("llm", {"prompt_template": [{"role": "user", "text": "Say {{#gone.text#}}"}]}, "prompt_template[0].text"),
        ("llm", {"context": {"enabled": True, "variable_selector": ["gone", "x"]}}, "context.variable_selector"),
        ("answer", {"answer": "{{#gone.a.b#}}"}, "answer"),
        ("end", {"outputs": [{"variable": "o", "value_selector": ["gone", "x"]}]}, "outputs[0].value_selector"),
        ("code", {"variables": [{"variable": "v", "value_selector": ["gone", "x"]}]}, "variables[0].value_selector"),
        (
            "if-else",
            {"cases": [{"case_id": "true", "conditions": [{"variable_selector": ["gone", "x"]}]}]},
            "cases[0].conditions[0].variable_selector",
        ),
        ("variable-aggregator", {"variables": [["s", "a"], ["gone", "x"]]}, "variables[1]"),
        (
            "variable-aggregator",
            {"advanced_settings": {"group_enabled": True, "groups": [{"variables": [["gone", "x"]]}]}},
            "advanced_settings.groups[0].variables[0]",
        ),
        ("tool", {"tool_parameters": {"q": {"type": "variable", "value": ["gone", "x"]}}}, "tool_parameters.q.value"),
        ("tool", {"tool_parameters": {"q": {"type": "mixed", "value": "{{#gone.x#}}"}}}, "tool_parameters.q.value"),
        ("parameter-extractor", {"query": ["gone", "x"]}, "query"),
        ("list-operator", {"variable": ["gone", "x"]}, "variable"),
        ("http-request", {"url": "http://x/{{#gone.id#}}"}, "url"),
        ("llm", {"prompt_template": [{"text": "{{#env.missing#}}"}]}, "prompt_template[0].text"),
        ("llm", {"prompt_template": [{"text": "{{#conversation.missing#}}"}]}, "prompt_template[0].text"),
    ],
)
def test_references_to_nothing_warn_with_node_and_field(kind: str, data: dict, field: str):
    problem = only([START, node("n", kind, **data)], [edge("s", "n")])
    assert (problem.kind, problem.severity) == (ProblemKind.UNKNOWN_REFERENCE, "warning")
    assert (problem.node, problem.node_title, problem.field) == ("n", "N", field)
    assert problem.where == f"workflow.graph.nodes[1].data.{field}"
    assert "which does not exist: choose another" in problem.message


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("llm", {"variables": [{"value_selector": ["gone", "x"]}], "title": "{{#gone.x#}}"}),
        ("llm", {"context": {"enabled": False, "variable_selector": ["gone", "x"]}}),
        ("llm", {"context": {"enabled": True, "variable_selector": []}}),
        (
            "llm",
            {"prompt_template": [{"edition_type": "jinja2", "jinja2_text": "{{#gone.x#}}", "text": "{{#gone.x#}}"}]},
        ),
        ("llm", {"prompt_template": [{"text": "{{#context#}} {{#sys.user_id#}} {{ #gone.x# }} {{#a-1.b#}}"}]}),
        ("code", {"code": "x = '{{#gone.x#}}'"}),
        ("template-transform", {"template": "{{#gone.x#}}"}),
        ("if-else", {"cases": [], "conditions": [{"variable_selector": ["gone", "x"]}]}),
        (
            "variable-aggregator",
            {"advanced_settings": {"group_enabled": False, "groups": [{"variables": [["gone", "x"]]}]}},
        ),
        ("tool", {"tool_parameters": {"q": {"type": "constant", "value": ["gone", "x"]}}}),
        ("llm", {"_state": {"value_selector": ["gone", "x"]}}),
    ],
)
def test_what_has_no_effect_is_not_looked_at(kind: str, data: dict):
    assert problems([START, node("n", kind, **data)], [edge("s", "n")]) == []


def test_a_selector_of_one_item_warns():
    problem = only([START, node("n", "end", outputs=[{"value_selector": ["s"]}])], [edge("s", "n")])
    assert (problem.kind, problem.severity, problem.field) == (
        ProblemKind.SHORT_SELECTOR,
        "warning",
        "outputs[0].value_selector",
    )


def test_references_to_variables_that_exist_are_fine():
    draft = app([node("s", "start"), node("n", "answer", answer="{{#env.k#}}{{#conversation.c#}}")], [edge("s", "n")])
    assert draft.workflow is not None
    draft.workflow.environment_variables, _ = read_environment_variables(
        [{"name": "k", "value_type": "string", "value": ""}]
    )
    draft.workflow.conversation_variables, _ = read_conversation_variables(
        [{"name": "c", "value_type": "object", "value": {}}]
    )
    assert check_structure(draft) == []


def test_a_large_graph_is_checked_in_time_that_grows_with_its_size():
    count = 4000
    nodes = [
        START,
        *(node(f"n{i}", "code", variables=[{"value_selector": [f"n{i - 1}", "x"]}]) for i in range(1, count)),
    ]
    edges = [edge("s", "n1"), *(edge(f"n{i}", f"n{i + 1}") for i in range(1, count - 1))]
    began = time.perf_counter()
    assert [p.kind for p in problems(nodes, edges)] == [ProblemKind.UNKNOWN_REFERENCE]
    assert time.perf_counter() - began < 3
