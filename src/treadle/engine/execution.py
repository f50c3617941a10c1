"""One execution of a node: its attempts, its error strategy, its pause.

Source: spec workflow-engine §14 to §16.
"""

import asyncio
import logging
from typing import TYPE_CHECKING

from . import telling
from .errors import NodeError
from .events import NodeStarted, NodeStatus, PauseKey
from .graph import DEFAULT_VALUE, Node
from .node import FAIL_BRANCH, SOURCE, BodyFailed, BodyPaused, NodeContext, NodeFailure, NodePaused, NodeResult
from .past import Answer

if TYPE_CHECKING:
    from .walk import Walk

_log = logging.getLogger(__name__)

ABANDONED = "What ran around this node ended before it did."


async def execute(walk: "Walk", node: Node) -> None:
    """Run `node` until it is done or waits. Raises BodyFailed when it fails and no strategy takes that up."""
    started, answer = _begin(walk, node)
    walk.started[node.index] = started
    walk.emit(started)
    context = NodeContext(walk, node.id, started.execution_id, strategy_set=node.strategy is not None, answer=answer)
    attempt = 0
    while True:
        context.last_attempt = last = attempt >= node.retry.attempts
        try:
            result = await node.type.run(context, node.config)
        except (Exception, asyncio.CancelledError) as raised:
            if walk.halted or asyncio.current_task().cancelling():  # type: ignore[union-attr]
                raise asyncio.CancelledError from raised  # whatever a node raises then, it was stopped
            if isinstance(raised, NodePaused | BodyPaused):
                _pause(walk, node, started, raised)
                return
            result, error = _failure(raised)
        else:
            _finish(walk, node, started, context, NodeStatus.SUCCEEDED, result, retry_index=attempt)
            _close(walk, node, context, result)
            return
        message, error_type = _describe(error)
        if last:
            _fail(walk, node, started, context, result, message, error_type, attempt)
            return
        attempt += 1
        _finish(walk, node, started, context, NodeStatus.RETRY, result, message, error_type, retry_index=attempt)
        await asyncio.sleep(node.retry.interval)


def _begin(walk: "Walk", node: Node) -> tuple[NodeStarted, Answer | None]:
    """A new execution; or the one that waited, with what was given to it."""
    run, waited = walk.run, walk.to_go_on.pop(node.index, None)
    if waited is None:
        execution_id, index, at, answer = *run.begin_step(), run.clock(), None
    else:
        run.count_step()
        execution_id, index, at = waited.execution_id, waited.index, waited.started_at
        answer = run.past.answer(PauseKey(node.id, walk.path))
    predecessor = walk.scheduler.predecessor[node.index]
    started = NodeStarted(
        execution_id=execution_id,
        node_id=node.id,
        node_type=node.kind,
        title=node.title,
        index=index,
        predecessor=None if predecessor is None else walk.graph.nodes[predecessor].id,
        at=at,
        container=walk.container,
    )
    return started, answer


def _pause(walk: "Walk", node: Node, started: NodeStarted, raised: Exception) -> None:
    """The node waits: so do those behind it."""
    del walk.started[node.index]
    event = telling.paused(started, raised, walk.run.clock())
    walk.wait_for(node, event)
    walk.emit(event)


def _fail(
    walk: "Walk",
    node: Node,
    started: NodeStarted,
    context: NodeContext,
    result: NodeResult,
    message: str,
    error_type: str,
    attempts: int,
) -> None:
    """The last attempt failed: take the node's error strategy, or end the walk."""
    if node.strategy is None:
        _finish(walk, node, started, context, NodeStatus.FAILED, result, message, error_type, retry_index=attempts)
        del walk.started[node.index]
        raise BodyFailed(message, error_type)
    result.outputs = {
        **(node.defaults if node.strategy == DEFAULT_VALUE else {}),
        "error_message": message,
        "error_type": error_type,
    }
    result.handle = FAIL_BRANCH if node.strategy == FAIL_BRANCH else SOURCE
    result.metadata = {**result.metadata, "error_strategy": node.strategy}
    walk.run.exceptions += 1
    _finish(walk, node, started, context, NodeStatus.EXCEPTION, result, message, error_type, retry_index=attempts)
    _close(walk, node, context, result)


def _close(walk: "Walk", node: Node, context: NodeContext, result: NodeResult) -> None:
    del walk.started[node.index]
    if context.writes:
        walk.written.update(context.writes)
    walk.settle(node, result.outputs, result.handle)


def _finish(
    walk: "Walk",
    node: Node,
    started: NodeStarted,
    context: NodeContext,
    status: NodeStatus,
    result: NodeResult,
    error: str | None = None,
    error_type: str | None = None,
    *,
    retry_index: int = 0,
) -> None:
    """Tell the end of an attempt. Every attempt costs, also those that failed."""
    run, said = walk.run, ""
    if result.usage.total_tokens:
        walk.usage += result.usage
        run.usage += result.usage
    if node.body is not None:
        walk.usage += context.spent
        for event in run.no_longer_waiting(walk.path, error or ABANDONED, container=node.id):
            walk.emit(event)
        if node.body.speaks:
            said = walk.stream.said(node.index)
    walk.emit(
        telling.finished(
            started,
            context,
            status,
            result,
            at=run.clock(),
            error=error,
            error_type=error_type,
            retry_index=retry_index,
            said=said,
        )
    )


def _failure(raised: BaseException) -> tuple[NodeResult, BaseException]:
    """What is known of a failed attempt, and what went wrong."""
    if isinstance(raised, NodeFailure):
        return raised.result, raised.__cause__ or raised
    return NodeResult(), raised


def _describe(error: BaseException) -> tuple[str, str]:
    """The sentence and the error type of a failure; an unexpected one is logged with its traceback."""
    if isinstance(error, NodeError):
        return str(error), error.error_type
    _log.error("A node failed unexpectedly", exc_info=error)
    return str(error) or type(error).__name__, "WorkflowNodeError"
