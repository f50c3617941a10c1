"""The numbered tests of spec workflow-nodes about what else a graph may hold: notes, placeholders, unknown types."""

from collections.abc import Mapping, Sequence

import pytest
import yaml

from tests.dsl.files import edge, file_map, node, parsed, text
from tests.nodes.harness import Played, play_graph
from treadle.apps.check import check_file
from treadle.apps.compile import graph_spec
from treadle.apps.definition import Definition
from treadle.dsl import AppFile, dump
from treadle.engine.errors import GraphError
from treadle.engine.events import RunStatus

NOTE_TEXT = '{"root":{"children":[{"text":"Mind the  gap\\u00e9"}]}}'


def note(note_id: str, **wrapper: object) -> dict:
    return {
        "id": note_id,
        "type": "custom-note",
        "data": {"type": "", "title": " (1)", "desc": "", "text": NOTE_TEXT, "theme": "blue", "author": "A"},
        **wrapper,
    }


def app_of(nodes: Sequence[Mapping], edges: Sequence[Mapping]) -> AppFile:
    read = parsed(file_map(nodes, edges))
    assert (read.status, read.problems) == ("completed", [])
    assert read.app is not None
    return read.app


async def run(app: AppFile) -> Played:
    return await play_graph(graph_spec(Definition.from_file(app)), inputs={"q": "hi"})


def exported(app: AppFile) -> list[dict]:
    return yaml.safe_load(dump(app, include_secrets=False))["workflow"]["graph"]["nodes"]


QUESTION = node("start", "start", variables=[{"variable": "q", "type": "text-input"}])
ITEM = {"variable": "x", "value_selector": ["it", "item"]}
END = node("end", "end", outputs=[{"variable": "q", "value_selector": ["start", "q"]}])


async def test_NT_1_a_note_is_not_run_and_comes_back_unchanged() -> None:
    app = app_of([QUESTION, note("n"), END], [edge("start", "end"), edge("n", "end")])
    played = await run(app)
    assert played.finished.outputs == {"q": "hi"}
    assert not played.ran("n")
    assert [each["data"] for each in exported(app) if each["id"] == "n"] == [note("n")["data"]]


def test_NT_2_a_note_without_a_type_is_no_problem() -> None:
    assert check_file(text(file_map([QUESTION, note("n"), END], [edge("start", "end")]))).problems == []


def test_NT_3_a_note_inside_of_an_iteration_is_not_part_of_its_body() -> None:
    body = node("inner", "template-transform", parent="it", template="x", variables=[])
    iteration = node("it", "iteration", start_node_id="inner", iterator_selector=["s", "x"], output_selector=["i", "o"])
    app = app_of([QUESTION, iteration, body, note("n", parentId="it"), END], [edge("start", "it"), edge("it", "end")])
    spec = graph_spec(Definition.from_file(app))
    assert [(each.id, each.parent) for each in spec.nodes] == [
        ("start", None),
        ("it", None),
        ("inner", "it"),
        ("end", None),
    ]


async def test_NT_4_a_start_among_notes_is_a_run() -> None:
    played = await run(app_of([note("a"), QUESTION, note("b")], []))
    assert played.finished.status is RunStatus.SUCCEEDED
    assert played.node("start").outputs == {"q": "hi", "sys.user_id": "u1"}


async def test_NT_5_a_placeholder_of_the_editor_is_not_run_and_comes_back() -> None:
    placeholder = {"id": "p", "type": "custom-data-source-empty", "data": {"type": "datasource-empty", "title": "x"}}
    app = app_of([placeholder, QUESTION, END], [edge("start", "end"), edge("p", "end")])
    played = await run(app)
    assert (played.finished.outputs, played.ran("p")) == ({"q": "hi"}, False)
    assert placeholder in exported(app)


async def test_MG_2_an_iteration_runs_from_the_ordinary_node_that_it_names() -> None:
    first = node("A", "template-transform", parent="it", isIterationStart=True, template="{{ x }}.", variables=[ITEM])
    iteration = node(
        "it", "iteration", start_node_id="A", iterator_selector=["start", "q"], output_selector=["B", "output"]
    )
    then = [{"variable": "x", "value_selector": ["A", "output"]}]
    second = node("B", "template-transform", parent="it", template="{{ x }}{{ x }}", variables=then)
    end = node("end", "end", outputs=[{"variable": "all", "value_selector": ["it", "output"]}])
    app = app_of([QUESTION, iteration, first, second, end], [edge("start", "it"), edge("A", "B"), edge("it", "end")])
    played = await play_graph(graph_spec(Definition.from_file(app)), inputs={"q": ["a", "b"]})
    assert played.finished.outputs == {"all": ["a.a.", "b.b."]}


async def test_MG_6_an_unknown_type_is_kept_and_only_fails_where_a_run_could_reach_it() -> None:
    strange = node("x", "acme-new", dial=[1, 1.0, "1"])
    apart = app_of([QUESTION, strange, END], [edge("start", "end"), edge("x", "end")])
    assert (await run(apart)).finished.outputs == {"q": "hi"}
    assert strange in exported(apart)
    within = app_of([QUESTION, strange, END], [edge("start", "x"), edge("x", "end")])
    assert strange in exported(within)
    with pytest.raises(GraphError, match='The node "X" has the type "acme-new", which cannot be run here'):
        await run(within)
    problems = check_file(text(file_map([QUESTION, strange, END], [edge("start", "x"), edge("x", "end")]))).problems
    assert [(problem.node, problem.message) for problem in problems] == [
        ("x", 'The node "X": The type "acme-new" is unknown.')
    ]
