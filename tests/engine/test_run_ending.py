"""Stop, cancellation and the time limit, and what is left behind: nothing (spec workflow-engine §17, §18)."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

import pytest

from treadle.engine.events import AnswerChunk, Event, NodeFinished, NodeStarted, NodeStatus, RunFinished, RunStatus
from treadle.engine.graph import Graph
from treadle.engine.node import NodeContext, NodeResult
from treadle.engine.run import Limits, Run

from .scripted import Story, answer, check_order, end, graph_of, new_run, no_task_left, play, start, step

Body = Callable[[NodeContext], Awaitable[NodeResult]]


class Waiting:
    """A node body that says when it runs, and waits until it is let go or cancelled."""

    def __init__(self) -> None:
        self.running = asyncio.Event()
        self.released = asyncio.Event()
        self.cancelled = False

    async def __call__(self, context: NodeContext) -> NodeResult:
        context.stream("text", "part ")
        self.running.set()
        try:
            await self.released.wait()
        except asyncio.CancelledError:
            self.cancelled = True
            raise
        return NodeResult(outputs={"text": "part whole"})


def waiting_graph(body: Body, *, alone: bool = True) -> Graph:
    """`a` waits; where it is not alone, `b` runs beside it."""
    nodes = [start(), step("a", body=body), step("b", outputs={"x": 1}), step("later"), answer("out", "> {{#a.text#}}")]
    chains = ["start -> a -> later -> out"] if alone else ["start -> a -> later -> out", "start -> b"]
    return graph_of(nodes, *chains)


async def begin(graph: Graph, waiting: Waiting, **settings: object) -> tuple[Run, Story, asyncio.Task[RunFinished]]:
    """A run whose waiting node has started."""
    story = Story()
    run = new_run(graph, story, **settings)  # type: ignore[arg-type]
    task = asyncio.create_task(run.execute())
    await waiting.running.wait()
    return run, story, task


async def end_of(task: asyncio.Task[RunFinished], story: Story) -> Story:
    story.finished = await asyncio.wait_for(task, 5)
    check_order(story)
    return story


both = pytest.mark.parametrize("alone", [True, False])


@both
async def test_a_stop_cancels_what_is_in_progress_and_keeps_what_was_shown(alone: bool) -> None:
    waiting = Waiting()
    async with no_task_left():
        run, story, task = await begin(waiting_graph(waiting, alone=alone), waiting)
        run.stop()
        await end_of(task, story)
    assert waiting.cancelled
    assert task.cancelling() == 0
    assert (story.end.status, story.end.error, story.end.error_type) == (RunStatus.STOPPED, "Stopped by user.", None)
    assert story.end.outputs == {"answer": "> part ", "files": []}
    assert story.statuses["a"] == "stopped"
    assert story.executions[-1].error == "Stopped by user."


async def test_a_stop_has_its_reason_and_the_first_one_stands() -> None:
    waiting = Waiting()
    run, story, task = await begin(waiting_graph(waiting), waiting)
    run.stop("Stopped by output moderation.")
    run.stop()
    await end_of(task, story)
    assert story.end.error == "Stopped by output moderation."


@both
async def test_a_stop_at_the_moment_when_a_node_ends_still_stops(alone: bool) -> None:
    waiting = Waiting()
    async with no_task_left():
        run, story, task = await begin(waiting_graph(waiting, alone=alone), waiting)
        waiting.released.set()
        run.stop()
        await end_of(task, story)
    assert story.end.status == RunStatus.STOPPED
    assert "later" not in story.started


@both
async def test_a_stop_a_little_after_a_node_ends_leaves_a_consistent_end(alone: bool) -> None:
    for turns in range(8):
        waiting = Waiting()
        async with no_task_left():
            run, story, task = await begin(waiting_graph(waiting, alone=alone), waiting)
            waiting.released.set()
            for _ in range(turns):
                await asyncio.sleep(0)
            run.stop()
            await end_of(task, story)
        assert task.cancelling() == 0
        if story.end.status == RunStatus.SUCCEEDED:
            assert story.end.outputs["answer"] == "> part whole"
        else:
            assert story.end.status == RunStatus.STOPPED


async def test_a_stop_before_the_run_begins_keeps_every_node_from_starting() -> None:
    story = Story()
    run = new_run(graph_of([start(), answer("out", "hi")], "start -> out"), story)
    run.stop()
    async with no_task_left():
        story.finished = await run.execute()
    check_order(story)
    assert (story.end.status, story.end.error, story.started) == (RunStatus.STOPPED, "Stopped by user.", [])


async def test_a_stop_after_the_end_has_no_effect() -> None:
    story = Story()
    run = new_run(graph_of([start()]), story)
    story.finished = await run.execute()
    run.stop()
    await asyncio.sleep(0)
    assert story.end.status == RunStatus.SUCCEEDED


@pytest.mark.parametrize("kind", [NodeStarted, NodeFinished, AnswerChunk])
@pytest.mark.parametrize("ticks", [0, 1])
async def test_a_listener_may_stop_the_run_that_it_listens_to(kind: type, ticks: int) -> None:
    nodes = [start(ticks=ticks), step("a", chunks=["1", "2"], ticks=ticks), answer("out", "{{#a.text#}}"), step("b")]
    graph = graph_of(nodes, "start -> a -> out -> b")

    def listen(event: Event) -> None:
        if isinstance(event, kind) and event.node_id != "start":
            run.stop("Stopped by output moderation.")

    story = Story()
    run = new_run(graph, story, listener=listen)
    async with no_task_left():
        story.finished = await run.execute()
        await asyncio.sleep(0)  # a cancellation left behind would strike here
    check_order(story)
    assert asyncio.current_task().cancelling() == 0  # type: ignore[union-attr]
    assert (story.end.status, story.end.error) == (RunStatus.STOPPED, "Stopped by output moderation.")
    assert "out" not in story.started


async def test_a_stop_ends_the_wait_before_a_retry() -> None:
    story = Story()
    retried = asyncio.Event()

    def listen(event: Event) -> None:
        if isinstance(event, NodeFinished) and event.status == NodeStatus.RETRY:
            retried.set()

    graph = graph_of([start(), step("a", failures=1, retries=1, interval=3600)], "start -> a")
    run = new_run(graph, story, listener=listen)
    task = asyncio.create_task(run.execute())
    await retried.wait()
    run.stop()
    async with no_task_left():
        await end_of(task, story)
    assert story.statuses["a"] == "stopped"


@both
async def test_a_cancellation_from_outside_passes_through_and_leaves_no_task(alone: bool) -> None:
    waiting = Waiting()
    async with no_task_left():
        _, story, task = await begin(waiting_graph(waiting, alone=alone), waiting)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert waiting.cancelled
    assert "a" not in story.statuses, "the run can be taken up again: nothing says that the node has ended"


async def test_a_timeout_around_a_run_is_a_timeout() -> None:
    waiting = Waiting()
    async with no_task_left():
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await new_run(waiting_graph(waiting), Story()).execute()


@both
async def test_a_run_that_takes_too_long_fails(alone: bool) -> None:
    waiting = Waiting()
    async with no_task_left():
        story = await play(waiting_graph(waiting, alone=alone), limits=Limits(max_seconds=0.01))
        assert asyncio.current_task().cancelling() == 0  # type: ignore[union-attr]
    assert (story.end.status, story.end.error) == (RunStatus.FAILED, "Max execution time 0.01s reached.")
    assert story.statuses["a"] == "stopped"
    assert story.executions[-1].error == "Max execution time 0.01s reached."
    assert story.end.outputs["answer"] == "> part "


@pytest.mark.parametrize("stop_first", [True, False])
async def test_a_stop_and_the_time_limit_together_leave_the_first_verdict(stop_first: bool) -> None:
    waiting = Waiting()
    async with no_task_left():
        run, story, task = await begin(waiting_graph(waiting), waiting)
        for end_run in [run.stop, run._expire] if stop_first else [run._expire, run.stop]:
            end_run()
        await end_of(task, story)
    assert task.cancelling() == 0
    assert story.end.status == (RunStatus.STOPPED if stop_first else RunStatus.FAILED)


@both
async def test_a_stop_during_the_clean_up_of_a_failure_does_not_lose_the_end(alone: bool) -> None:
    closing, closed = asyncio.Event(), asyncio.Event()

    async def close_slowly(_: NodeContext) -> NodeResult:
        try:
            await asyncio.Event().wait()
        finally:
            closing.set()
            await closed.wait()
        raise AssertionError

    nodes = [start(), step("bad", ticks=3, failures=1), step("slow", body=close_slowly)]
    story = Story()
    run = new_run(graph_of(nodes, "start -> bad", "start -> slow"), story)
    task = asyncio.create_task(run.execute())
    await closing.wait()
    if alone:
        run.stop()
    closed.set()
    await end_of(task, story)
    assert (story.end.status, story.end.error) == (RunStatus.FAILED, "bad is upset")


@both
async def test_a_node_may_take_its_time_to_close_what_it_opened(alone: bool) -> None:
    steps: list[str] = []
    running = asyncio.Event()

    async def close_slowly(_: NodeContext) -> NodeResult:
        running.set()
        try:
            await asyncio.Event().wait()
        finally:
            for _ in range(5):
                await asyncio.sleep(0)
            steps.append("closed")
        raise AssertionError

    story = Story()
    run = new_run(waiting_graph(close_slowly, alone=alone), story)
    task = asyncio.create_task(run.execute())
    await running.wait()
    run.stop()
    await end_of(task, story)
    assert steps == ["closed"]


@both
async def test_a_node_that_turns_its_cancellation_into_an_error_was_stopped(alone: bool) -> None:
    running = asyncio.Event()

    async def translate(_: NodeContext) -> NodeResult:
        running.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise ConnectionError("gone") from None
        raise AssertionError

    nodes = [
        start(),
        step("a", body=translate, retries=3, interval=3600, strategy="default-value"),
        step("b", ticks=99),
    ]
    story = Story()
    run = new_run(graph_of(nodes, "start -> a", *([] if alone else ["start -> b"])), story)
    task = asyncio.create_task(run.execute())
    await running.wait()
    async with no_task_left():
        run.stop()
        await end_of(task, story)
    assert story.statuses["a"] == "stopped"
    assert (story.end.status, story.end.exceptions_count) == (RunStatus.STOPPED, 0)


@both
@pytest.mark.parametrize("outside", [True, False])
async def test_a_node_that_swallows_its_cancellation_is_the_last_to_run(alone: bool, outside: bool) -> None:
    running = asyncio.Event()

    async def swallow(_: NodeContext) -> NodeResult:
        running.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return NodeResult(outputs={"text": "too late"})
        raise AssertionError

    story = Story()
    run = new_run(waiting_graph(swallow, alone=alone), story)
    task = asyncio.create_task(run.execute())
    await running.wait()
    async with no_task_left():
        if outside:
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        else:
            run.stop()
            await end_of(task, story)
            assert story.end.status == RunStatus.STOPPED
    assert story.statuses["a"] == "succeeded"
    assert "later" not in story.started


@both
async def test_a_node_that_will_not_end_is_left_behind_and_not_heard_again(
    alone: bool, caplog: pytest.LogCaptureFixture
) -> None:
    running, released, left = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def stubborn(context: NodeContext) -> NodeResult:
        running.set()
        while not released.is_set():
            try:
                await released.wait()
            except asyncio.CancelledError:
                continue
        context.stream("text", "late")
        context.reason("late")
        left.set()
        return NodeResult(outputs={"text": "late"})

    story = Story()
    run = new_run(waiting_graph(stubborn, alone=alone), story, limits=Limits(grace_seconds=0.01))
    task = asyncio.create_task(run.execute())
    await running.wait()
    run.stop()
    await end_of(task, story)
    heard = len(story.events)
    assert story.statuses["a"] == "stopped"
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    async with no_task_left():
        released.set()
        await left.wait()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        left_behind = asyncio.all_tasks() - {asyncio.current_task()}  # type: ignore[arg-type]
        assert not left_behind
    assert len(story.events) == heard


async def test_a_run_inside_a_task_group_leaves_the_group_alone() -> None:
    waiting = Waiting()
    story = Story()
    run = new_run(waiting_graph(waiting), story)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(run.execute())
        await waiting.running.wait()
        run.stop()
        sibling = group.create_task(asyncio.sleep(0.01, "done"))
    assert (task.result().status, sibling.result()) == (RunStatus.STOPPED, "done")


@both
@pytest.mark.parametrize("nodes_first", [True, False])
@pytest.mark.parametrize("turns", [0, 5])
async def test_closing_the_loop_is_no_failure_of_the_run(alone: bool, nodes_first: bool, turns: int) -> None:
    steps: list[str] = []
    running = asyncio.Event()

    async def close_slowly(_: NodeContext) -> NodeResult:
        running.set()
        try:
            await asyncio.Event().wait()
        finally:
            for _ in range(turns):
                await asyncio.sleep(0)
            steps.append("closed")
        raise AssertionError

    story = Story()
    task = asyncio.create_task(new_run(waiting_graph(close_slowly, alone=alone), story).execute())
    await running.wait()
    nodes = asyncio.all_tasks() - {asyncio.current_task(), task}
    for each in [*nodes, task] if nodes_first else [task, *nodes]:
        each.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert set(story.statuses.values()) == {"succeeded"}
    assert steps == ["closed"]


async def test_outputs_of_a_stopped_workflow_are_those_of_ends_that_were_reached() -> None:
    waiting = Waiting()
    nodes = [start(outputs={"x": 1}), end("end", x="start.x"), step("a", body=waiting)]
    run, story, task = await begin(graph_of(nodes, "start -> end", "start -> a"), waiting)
    for _ in range(3):
        await asyncio.sleep(0)
    run.stop()
    await end_of(task, story)
    assert story.end.outputs == {"x": 1}
