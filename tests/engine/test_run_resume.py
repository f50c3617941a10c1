"""A run taken up from its checkpoints (spec workflow-engine §20)."""

import pytest

from treadle.engine.events import NodeFinished, NodeStatus, RunStarted, RunStatus
from treadle.engine.run import Limits
from treadle.engine.usage import Usage

from .scripted import Story, answer, choice, end, graph_of, node, play, start, step

GRAPH = graph_of(
    [
        start(outputs={"x": "S"}),
        choice("pick", "yes"),
        step("flaky", failures=1, retries=1, outputs={"x": "F"}, usage=Usage(total_tokens=3, prompt_tokens=3)),
        step("bad", failures=1, strategy="default-value", defaults={"x": "D"}, ticks=3),
        step("skipped"),
        step("llm", chunks=["a", "b"], usage=Usage(total_tokens=4, prompt_tokens=4)),
        answer("first", "1 {{#llm.text#}} {{#bad.x#}}"),
        answer("second", " 2 {{#flaky.x#}}{{#skipped.x#}}"),
    ],
    "start -> pick:yes -> flaky -> llm -> first -> second",
    "pick:no -> skipped -> llm",
    "start -> bad -> llm",
)


def checkpoints(story: Story) -> list[NodeFinished]:
    return [event for event in story.events if isinstance(event, NodeFinished)]


async def test_a_run_resumed_from_any_checkpoint_ends_the_same_and_runs_no_finished_node_again() -> None:
    whole = await play(GRAPH)
    kept = checkpoints(whole)
    assert whole.end.outputs["answer"] == whole.text == "1 ab D 2 F"
    for count in range(len(kept) + 1):
        story = await play(GRAPH, checkpoint=kept[:count])
        done = {event.node_id for event in kept[:count] if event.status != NodeStatus.RETRY}
        assert not done & set(story.started)
        assert done | set(story.started) == {"start", "pick", "flaky", "bad", "llm", "first", "second"}
        assert story.text == whole.text
        assert story.end.outputs == whole.end.outputs
        assert (story.end.status, story.end.exceptions_count) == (RunStatus.PARTIAL, 1)
        assert story.end.total_steps == whole.end.total_steps
        assert story.end.total_tokens == 7


async def test_a_resumed_run_says_so() -> None:
    whole = await play(GRAPH)
    resumed = await play(GRAPH, checkpoint=checkpoints(whole))
    beginnings = [event for story in (whole, resumed) for event in story.events if isinstance(event, RunStarted)]
    assert [event.resumed for event in beginnings] == [False, True]


async def test_a_finished_run_resumes_to_its_end_without_starting_anything() -> None:
    whole = await play(GRAPH)
    story = await play(GRAPH, checkpoint=checkpoints(whole))
    assert story.started == []
    assert story.end.outputs == whole.end.outputs


@pytest.mark.parametrize("status", [NodeStatus.RETRY, NodeStatus.FAILED, NodeStatus.STOPPED])
async def test_a_node_that_did_not_get_done_runs_again(status: NodeStatus) -> None:
    graph = graph_of([start(), step("a", outputs={"x": 1}), end("end", x="a.x")], "start -> a -> end")
    first, second, _ = checkpoints(await play(graph))
    unfinished = NodeFinished(
        execution_id=second.execution_id,
        node_id="a",
        node_type="step",
        title="",
        index=2,
        predecessor="start",
        status=status,
        started_at=second.started_at,
        at=second.at,
    )
    story = await play(graph, checkpoint=[first, unfinished])
    assert story.started == ["a", "end"]
    assert story.end.outputs == {"x": 1}


async def test_checkpoints_of_nodes_that_are_gone_or_not_yet_due_are_left_out() -> None:
    graph = graph_of([start(), step("a"), step("b")], "start -> a -> b")
    first, second, third = checkpoints(await play(graph))
    shorter = graph_of([start(), step("b")], "start -> b")
    assert (await play(shorter, checkpoint=[first, second])).started == ["b"]
    assert (await play(graph, checkpoint=[first, third])).started == ["a", "b"]


async def test_a_resumed_branch_stays_chosen() -> None:
    nodes = [start(), choice("pick", "yes"), step("a"), step("b")]
    kept = checkpoints(await play(graph_of(nodes, "start -> pick:yes -> a", "pick:no -> b")))
    now_no = [start(), choice("pick", "no"), step("a"), step("b")]
    story = await play(graph_of(now_no, "start -> pick:yes -> a", "pick:no -> b"), checkpoint=kept[:2])
    assert story.started == ["a"]


async def test_steps_before_the_crash_count_towards_the_limit() -> None:
    names = [f"n{number}" for number in range(9)]
    graph = graph_of([start(), *(node("step", name) for name in names)], " -> ".join(["start", *names]))
    kept = checkpoints(await play(graph))
    story = await play(graph, checkpoint=kept[:5], limits=Limits(max_steps=7))
    assert story.end.error == "Max steps 7 reached."
    assert story.started == names[4:6]
