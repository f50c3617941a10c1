"""The engine agrees with the slow interpreter on iterations that nobody thought of, also when they are interrupted."""

import asyncio
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from treadle.engine.events import Container, NodeFinished, NodeStatus, Path, RunStatus
from treadle.engine.graph import GraphSpec, compile_graph
from treadle.engine.past import SETTLED
from treadle.engine.pool import VariablePool
from treadle.engine.run import Limits

from .random_containers import GraphWithContainers, graphs_with_containers
from .reference import EXCEPTION, SUCCEEDED, Expected, interpret
from .scripted import TYPES, Story, place, play

SHORT = settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
LONG = settings(SHORT, max_examples=10_000)


@given(graphs_with_containers())
@SHORT
def test_random_iterations_agree_with_the_reference(graph: GraphWithContainers) -> None:
    _compare(graph)


@pytest.mark.long
@given(graphs_with_containers(most_nodes=7))
@LONG
def test_ten_thousand_random_iterations_agree_with_the_reference(graph: GraphWithContainers) -> None:
    _compare(graph)


@given(graphs_with_containers(), st.data())
@SHORT
def test_iterations_resumed_from_any_checkpoint_agree_with_the_reference(
    graph: GraphWithContainers, data: st.DataObject
) -> None:
    _compare_resumed(graph, data)


@pytest.mark.long
@given(graphs_with_containers(most_nodes=7), st.data())
@LONG
def test_ten_thousand_resumed_iterations_agree_with_the_reference(
    graph: GraphWithContainers, data: st.DataObject
) -> None:
    _compare_resumed(graph, data)


def _compare(graph: GraphWithContainers) -> None:
    story = _play(graph, [])
    check(graph, story, story.executions)


def _compare_resumed(graph: GraphWithContainers, data: st.DataObject) -> None:
    events = [event for event in _play(graph, []).events if isinstance(event, NodeFinished)]
    kept = events[: data.draw(st.integers(0, len(events)), label="events kept")]
    story = _play(graph, kept)
    settled = {place(event) for event in kept if event.status in SETTLED}
    again = [event for event in story.executions if place(event) in settled]
    assert not again, "a finished node ran again"
    before = [event for event in kept if event.status != NodeStatus.RETRY]
    check(graph, story, [*before, *story.executions])


def _play(graph: GraphWithContainers, checkpoint: list[NodeFinished]) -> Story:
    compiled = compile_graph(GraphSpec(graph.nodes, graph.edges), TYPES)
    assigned = {write.name: write.value for event in checkpoint for write in event.writes}
    return asyncio.run(
        play(
            compiled,
            limits=Limits(concurrency=graph.concurrency, max_steps=10_000),
            checkpoint=checkpoint,
            pool=VariablePool({"conversation": {**graph.conversation, **assigned}}),
        )
    )


def check(graph: GraphWithContainers, story: Story, executions: list[NodeFinished]) -> None:
    expected = interpret(graph.nodes, graph.edges, [place(event) for event in executions], graph.conversation)
    rounds = dict(_rounds(expected, ()))
    ran: dict[Path, set[str]] = {path: set() for path in rounds}
    for event in executions:
        there = rounds[_path(event.container)]
        ran[_path(event.container)].add(event.node_id)
        if not there.errors and not _inside_failed(rounds, _path(event.container)):
            assert event.status.value == there.statuses[event.node_id]
            assert event.outputs == there.outputs[event.node_id]
    for path, there in rounds.items():
        wanted = {node_id for node_id, status in there.statuses.items() if status in (SUCCEEDED, EXCEPTION)}
        silent = {f"{path[-1][0]}start"} if path else set[str]()
        if not there.errors and not _inside_failed(rounds, path):
            assert ran[path] == wanted - silent
    assert story.end.status == (RunStatus.PARTIAL if story.end.exceptions_count else RunStatus.SUCCEEDED)
    if expected.some_round_failed:
        return
    assert story.end.exceptions_count == expected.exceptions_count
    assert story.end.total_steps == len({event.execution_id for event in executions})
    if story.end.outputs.get("answer") is not None:
        assert story.end.outputs["answer"] == expected.text
        assert story.replaced in ([], [expected.text] if _shows_twice(graph) else [])
        if not story.replaced:
            assert story.text == expected.text


def _shows_twice(graph: GraphWithContainers) -> bool:
    """Whether pieces may be shown that are not in the text: of failed attempts, or read before they were written."""
    scripts = [dict(spec.data) for spec in graph.nodes]
    return any((data.get("chunks") and data.get("failures")) or data.get("assigns") for data in scripts)


def _rounds(expected: Expected, path: Path) -> Iterator[tuple[Path, Expected]]:
    yield path, expected
    for node_id, rounds in expected.rounds.items():
        for index, each in enumerate(rounds):
            yield from _rounds(each, (*path, (node_id, index)))


def _inside_failed(rounds: dict[Path, Expected], path: Path) -> bool:
    """Whether a round around this one fails, or another one ends it: then it may stop anywhere."""
    for depth in range(len(path)):
        around = rounds[path[:depth]]
        node_id = path[depth][0]
        if around.errors or around.statuses.get(node_id) in (EXCEPTION, "failed"):
            return True
    return False


def _path(container: Container | None) -> Path:
    return container.path if container else ()
