"""Failures, error strategies and retries (spec workflow-engine §16)."""

import asyncio
import logging

import pytest

from treadle.engine.events import NodeFinished, NodeStatus, RunStatus
from treadle.engine.node import NodeContext, NodeFailure, NodeResult
from treadle.engine.run import Limits
from treadle.engine.usage import Usage

from .scripted import Story, Upset, answer, end, graph_of, new_run, no_task_left, play_spec, start, step


async def never(_: NodeContext) -> NodeResult:
    await asyncio.Event().wait()
    raise AssertionError


async def test_a_failure_without_a_strategy_ends_the_run() -> None:
    story = await play_spec([start(), step("a", failures=1), step("b")], "start -> a -> b")
    assert story.statuses == {"start": "succeeded", "a": "failed"}
    assert (story.end.status, story.end.error, story.end.error_type) == (RunStatus.FAILED, "a is upset", "Upset")
    assert (story.end.exceptions_count, story.end.outputs, story.end.total_steps) == (0, {}, 2)
    assert (story.executions[-1].error, story.executions[-1].error_type) == ("a is upset", "Upset")


async def test_a_failure_stops_the_siblings_which_are_told_about_it() -> None:
    nodes = [start(), step("bad", ticks=2, failures=1), step("endless", body=never), step("never")]
    async with no_task_left():
        story = await play_spec(nodes, "start -> bad", "start -> endless -> never")
    assert story.statuses == {"start": "succeeded", "bad": "failed", "endless": "stopped"}
    assert story.executions[-1].error == "bad is upset"


async def test_siblings_that_wait_for_their_turn_do_not_start_after_a_failure() -> None:
    nodes = [start(), step("bad", failures=1), step("next")]
    story = await play_spec(nodes, "start -> bad", "start -> next", limits=Limits(concurrency=1))
    assert story.started == ["start", "bad"]


async def test_of_two_failures_at_once_the_first_counts(caplog: pytest.LogCaptureFixture) -> None:
    meeting = asyncio.Barrier(2)

    async def meet_and_fail(context: NodeContext) -> NodeResult:
        await meeting.wait()
        raise Upset(f"{context.node_id} is upset")

    nodes = [start(), step("a", body=meet_and_fail), step("b", body=meet_and_fail)]
    story = await play_spec(nodes, "start -> a", "start -> b")
    failed, stopped = story.executions[1:]
    assert (failed.status, stopped.status) == (NodeStatus.FAILED, NodeStatus.STOPPED)
    assert story.end.error == failed.error == stopped.error == f"{failed.node_id} is upset"
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


async def test_what_was_shown_before_a_failure_is_kept() -> None:
    nodes = [start(), step("a", chunks=["12", "34"], failures=1), answer("out", "> {{#a.text#}}")]
    story = await play_spec(nodes, "start -> a -> out")
    assert story.end.outputs == {"answer": "> 12", "files": []}


async def test_default_values_take_the_place_of_outputs() -> None:
    nodes = [start(), step("a", failures=1, strategy="default-value", defaults={"x": 5}), end("end", x="a.x")]
    story = await play_spec(nodes, "start -> a -> end")
    assert story.statuses == {"start": "succeeded", "a": "exception", "end": "succeeded"}
    assert story.outputs["a"] == {"x": 5, "error_message": "a is upset", "error_type": "Upset"}
    assert story.executions[1].metadata == {"error_strategy": "default-value"}
    assert (story.end.status, story.end.exceptions_count, story.end.error) == (RunStatus.PARTIAL, 1, None)
    assert story.end.outputs == {"x": 5}


async def test_a_failed_branch_takes_the_fail_edge() -> None:
    nodes = [start(), step("a", failures=1, strategy="fail-branch", defaults={"x": 5}), step("good"), step("bad")]
    story = await play_spec(nodes, "start -> a -> good", "a:fail-branch -> bad")
    assert story.statuses == {"start": "succeeded", "a": "exception", "bad": "succeeded"}
    assert story.outputs["a"] == {"error_message": "a is upset", "error_type": "Upset"}
    assert story.executions[1].handle == "fail-branch"
    assert story.end.status == RunStatus.PARTIAL


async def test_a_fail_branch_is_skipped_on_success() -> None:
    nodes = [start(), step("a", strategy="fail-branch"), end("end", error="a.error_message"), step("bad")]
    story = await play_spec(nodes, "start -> a -> end", "a:fail-branch -> bad")
    assert story.statuses == {"start": "succeeded", "a": "succeeded", "end": "succeeded"}
    assert story.end.outputs == {"error": None}
    assert (story.end.status, story.end.exceptions_count) == (RunStatus.SUCCEEDED, 0)


async def test_a_fail_branch_without_an_edge_ends_its_path() -> None:
    story = await play_spec([start(), step("a", failures=1, strategy="fail-branch"), step("b")], "start -> a -> b")
    assert story.statuses == {"start": "succeeded", "a": "exception"}
    assert story.end.status == RunStatus.PARTIAL


async def test_a_retry_keeps_the_execution_and_counts_its_attempts() -> None:
    nodes = [start(), step("a", failures=2, retries=2, outputs={"x": 1})]
    story = await play_spec(nodes, "start -> a")
    attempts = [event for event in story.events if isinstance(event, NodeFinished) and event.node_id == "a"]
    assert [(event.status, event.retry_index, event.error) for event in attempts] == [
        (NodeStatus.RETRY, 1, "a is upset"),
        (NodeStatus.RETRY, 2, "a is upset"),
        (NodeStatus.SUCCEEDED, 2, None),
    ]
    assert len({event.execution_id for event in attempts}) == 1
    assert (story.end.status, story.end.exceptions_count, story.end.total_steps) == (RunStatus.SUCCEEDED, 0, 2)


async def test_the_strategy_comes_after_the_last_attempt() -> None:
    nodes = [start(), step("a", failures=9, retries=1, strategy="default-value", defaults={"x": 1})]
    story = await play_spec(nodes, "start -> a")
    assert [event.status for event in story.events if isinstance(event, NodeFinished)] == [
        NodeStatus.SUCCEEDED,
        NodeStatus.RETRY,
        NodeStatus.EXCEPTION,
    ]
    assert story.end.exceptions_count == 1


async def test_a_node_knows_its_last_attempt_and_whether_a_failure_is_taken_up() -> None:
    seen: list[tuple[bool, bool]] = []

    async def look(context: NodeContext) -> NodeResult:
        seen.append((context.last_attempt, context.strategy_set))
        raise Upset("no")

    await play_spec([start(), step("a", body=look, retries=1, strategy="fail-branch")], "start -> a")
    await play_spec([start(), step("a", body=look)], "start -> a")
    assert seen == [(False, True), (True, True), (True, False)]


async def test_a_retry_waits_its_interval() -> None:
    loop = asyncio.get_running_loop()
    before = loop.time()
    await play_spec([start(), step("a", failures=2, retries=2, interval=0.02)], "start -> a")
    assert 0.04 <= loop.time() - before < 1


async def test_failed_attempts_cost_tokens_too() -> None:
    attempts = 0

    async def burn(_: NodeContext) -> NodeResult:
        nonlocal attempts
        attempts += 1
        result = NodeResult(usage=Usage(total_tokens=10, prompt_tokens=10))
        if attempts < 3:
            raise NodeFailure(result) from Upset("again")
        return result

    story = await play_spec([start(), step("a", body=burn, retries=2)], "start -> a")
    assert story.end.total_tokens == 30


async def test_a_failure_brings_along_what_is_known_for_the_log() -> None:
    async def explain(_: NodeContext) -> NodeResult:
        known = NodeResult(inputs={"q": 1}, process_data={"p": 2}, metadata={"m": 3}, usage=Usage(total_tokens=4))
        raise NodeFailure(known) from Upset("why")

    for strategy, status in ((None, NodeStatus.FAILED), ("default-value", NodeStatus.EXCEPTION)):
        story = await play_spec([start(), step("a", body=explain, strategy=strategy)], "start -> a")
        event = story.executions[1]
        assert (event.status, event.error, event.error_type) == (status, "why", "Upset")
        assert (event.inputs, event.process_data, event.metadata["m"]) == ({"q": 1}, {"p": 2}, 3)
        assert story.end.total_tokens == 4


@pytest.mark.parametrize(
    ("error", "message"), [(ValueError("odd"), "odd"), (KeyError(), "KeyError"), (TimeoutError(), "TimeoutError")]
)
async def test_an_unexpected_error_is_logged_once_with_its_traceback(
    error: Exception, message: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def burst(_: NodeContext) -> NodeResult:
        raise error

    story = await play_spec([start(), step("a", body=burst)], "start -> a")
    assert (story.end.error, story.end.error_type) == (message, "WorkflowNodeError")
    [record] = caplog.records
    assert record.exc_info is not None
    assert record.exc_info[1] is error


@pytest.mark.parametrize("alone", [True, False])
async def test_a_node_that_raises_a_cancellation_of_its_own_has_failed(alone: bool) -> None:
    async def give_up(_: NodeContext) -> NodeResult:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_soon(future.cancel)
        await future
        return NodeResult()

    nodes = [start(), step("a", body=give_up, strategy="fail-branch"), step("bad"), step("other")]
    chains = ["start -> a", "a:fail-branch -> bad", *([] if alone else ["start -> other"])]
    async with no_task_left():
        story = await play_spec(nodes, *chains)
    assert story.statuses == {"start": "succeeded", "a": "exception", "bad": "succeeded"} | (
        {} if alone else {"other": "succeeded"}
    )
    assert story.outputs["a"]["error_type"] == "WorkflowNodeError"


async def test_a_timeout_inside_a_node_is_an_ordinary_failure() -> None:
    async def late(_: NodeContext) -> NodeResult:
        async with asyncio.timeout(0.001):
            await asyncio.Event().wait()
        return NodeResult()

    nodes = [start(), step("a", body=late, retries=1, strategy="default-value", defaults={"x": 1}), step("b")]
    story = await play_spec(nodes, "start -> a -> b")
    assert story.statuses == {"start": "succeeded", "a": "exception", "b": "succeeded"}


async def test_the_listeners_own_failure_ends_the_run_and_its_nodes() -> None:
    def listen(event: object) -> None:
        if isinstance(event, NodeFinished) and event.node_id == "a":
            raise OSError("disk full")

    graph = graph_of([start(), step("a", ticks=1), step("endless", body=never)], "start -> a", "start -> endless")
    async with no_task_left():
        with pytest.raises(OSError, match="disk full"):
            await new_run(graph, Story(), listener=listen).execute()


async def test_the_501st_step_fails_the_run() -> None:
    names = [f"n{number}" for number in range(10)]
    chain = " -> ".join(["start", *names])
    story = await play_spec([start(), *(step(name) for name in names)], chain, limits=Limits(max_steps=10))
    assert (story.end.status, story.end.error) == (RunStatus.FAILED, "Max steps 10 reached.")
    assert story.end.total_steps == 10
    assert story.started == ["start", *names[:9]]
    story = await play_spec([start(), *(step(name) for name in names)], chain, limits=Limits(max_steps=11))
    assert story.end.status == RunStatus.SUCCEEDED
