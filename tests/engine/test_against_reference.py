"""The engine agrees with the slow interpreter on graphs that nobody thought of."""

import asyncio

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from treadle.engine.events import NodeFinished, NodeStatus, RunStatus
from treadle.engine.graph import GraphSpec, compile_graph
from treadle.engine.pool import VariablePool
from treadle.engine.run import Limits

from .random_graphs import RandomGraph, random_graphs
from .reference import EXCEPTION, SUCCEEDED, Expected, interpret
from .scripted import TYPES, Place, Story, place, play

SHORT = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
LONG = settings(SHORT, max_examples=10_000)


@given(random_graphs())
@SHORT
def test_random_graphs_agree_with_the_reference(graph: RandomGraph) -> None:
    _compare(graph)


@pytest.mark.long
@given(random_graphs(most_nodes=10))
@LONG
def test_ten_thousand_random_graphs_agree_with_the_reference(graph: RandomGraph) -> None:
    _compare(graph)


@given(random_graphs(), st.data())
@SHORT
def test_a_run_resumed_from_any_checkpoint_agrees_with_the_reference(graph: RandomGraph, data: st.DataObject) -> None:
    _compare_resumed(graph, data)


@pytest.mark.long
@given(random_graphs(most_nodes=10), st.data())
@LONG
def test_ten_thousand_resumed_runs_agree_with_the_reference(graph: RandomGraph, data: st.DataObject) -> None:
    _compare_resumed(graph, data)


def _compare(graph: RandomGraph) -> None:
    story = _play(graph)
    finishing = [place(event) for event in story.executions]
    _check(graph, story, interpret(graph.nodes, graph.edges, finishing), finishing)


def _compare_resumed(graph: RandomGraph, data: st.DataObject) -> None:
    events = [event for event in _play(graph).events if isinstance(event, NodeFinished)]
    checkpoint = events[: data.draw(st.integers(0, len(events)), label="events kept")]
    settled = [event.node_id for event in checkpoint if event.status != NodeStatus.RETRY]
    succeeded = [event.node_id for event in checkpoint if event.status == NodeStatus.SUCCEEDED]
    assigned = {
        name: value
        for spec in graph.nodes
        if spec.id in succeeded
        for name, value in dict(spec.data).get("assigns", {}).items()  # type: ignore[union-attr]
    }
    story = _play(graph, checkpoint, VariablePool({"conversation": assigned}))
    assert not set(settled) & set(story.started), "a finished node ran again"
    finishing = [*((node_id, ()) for node_id in settled), *(place(event) for event in story.executions)]
    _check(graph, story, interpret(graph.nodes, graph.edges, finishing), finishing)


def _play(graph: RandomGraph, checkpoint: list[NodeFinished] | None = None, pool: VariablePool | None = None) -> Story:
    compiled = compile_graph(GraphSpec(graph.nodes, graph.edges), TYPES)
    limits = Limits(concurrency=graph.concurrency)
    return asyncio.run(play(compiled, limits=limits, checkpoint=checkpoint or (), pool=pool))


def _check(graph: RandomGraph, story: Story, expected: Expected, places: list[Place]) -> None:
    finishing = [node_id for node_id, _ in places]
    ran = {node_id for node_id, status in expected.statuses.items() if status in (SUCCEEDED, EXCEPTION)}
    assert set(finishing) == ran
    assert story.statuses == {node_id: expected.statuses[node_id] for node_id in story.statuses}
    assert story.outputs == {node_id: expected.outputs[node_id] for node_id in story.outputs}
    assert story.end.exceptions_count == expected.exceptions_count
    assert story.end.status == (RunStatus.PARTIAL if expected.exceptions_count else RunStatus.SUCCEEDED)
    assert story.end.total_steps >= len(ran)
    kinds = {spec.id: spec.kind for spec in graph.nodes}
    ends = [node_id for node_id in finishing if kinds[node_id] == "end"]
    outputs = {name: value for node_id in ends for name, value in expected.outputs[node_id].items()}
    if any(kinds[node_id] == "answer" and expected.statuses[node_id] != "unreachable" for node_id in kinds):
        outputs |= {"answer": expected.text, "files": []}
    assert story.end.outputs == outputs
    if _shows_twice(graph, expected):
        assert story.replaced in ([], [expected.text])
    else:
        assert not story.replaced
    if not story.replaced and (not ends or not _shows_twice(graph, expected)):
        assert story.text == expected.text


def _shows_twice(graph: RandomGraph, expected: Expected) -> bool:
    """Whether pieces may be shown that are not in the text: of failed attempts, or read before they were written."""
    return any(
        (data.get("chunks") and data.get("failures")) or data.get("assigns")
        for data in (dict(spec.data) for spec in graph.nodes if spec.id in expected.outputs)
    )
