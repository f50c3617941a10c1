"""Events about an execution, from its beginning: what they have in common is written once."""

from .events import ContainerStarted, NodeFinished, NodeStarted, NodeStatus, PauseRequested, RoundStarted
from .node import NodeContext, NodePaused, NodeResult
from .values import Value


def finished(
    started: NodeStarted,
    context: NodeContext,
    status: NodeStatus,
    result: NodeResult,
    *,
    at: float,
    error: str | None,
    error_type: str | None,
    retry_index: int,
    said: str,
) -> NodeFinished:
    """An attempt has ended."""
    return NodeFinished(
        execution_id=started.execution_id,
        node_id=started.node_id,
        node_type=started.node_type,
        title=started.title,
        index=started.index,
        predecessor=started.predecessor,
        status=status,
        started_at=started.at,
        at=at,
        inputs=result.inputs,
        process_data=result.process_data,
        outputs=result.outputs,
        metadata=result.metadata,
        usage=result.usage,
        error=error,
        error_type=error_type,
        handle=result.handle,
        retry_index=retry_index,
        container=started.container,
        writes=tuple(context.writes.values()) if context.writes else (),
        said=said,
        steps=context.steps,
    )


def stopped(begun: NodeStarted | PauseRequested, error: str, at: float) -> NodeFinished:
    """What ran or waited ends with what is around it."""
    return NodeFinished(
        execution_id=begun.execution_id,
        node_id=begun.node_id,
        node_type=begun.node_type,
        title=begun.title,
        index=begun.index,
        predecessor=begun.predecessor,
        status=NodeStatus.STOPPED,
        started_at=begun.at if isinstance(begun, NodeStarted) else begun.started_at,
        at=at,
        error=error,
        container=begun.container,
    )


def paused(started: NodeStarted, raised: Exception, at: float) -> PauseRequested:
    """It waits: for what it says, or for a node inside it."""
    return PauseRequested(
        execution_id=started.execution_id,
        node_id=started.node_id,
        node_type=started.node_type,
        title=started.title,
        index=started.index,
        predecessor=started.predecessor,
        started_at=started.at,
        at=at,
        reason=raised.reason if isinstance(raised, NodePaused) else None,
        container=started.container,
    )


def rounds_follow(started: NodeStarted, inputs: dict[str, Value], length: int, at: float) -> ContainerStarted:
    """A container is about to run its rounds."""
    return ContainerStarted(
        execution_id=started.execution_id,
        node_id=started.node_id,
        node_type=started.node_type,
        title=started.title,
        at=at,
        length=length,
        inputs=inputs,
        container=started.container,
    )


def round_due(started: NodeStarted, index: int, at: float) -> RoundStarted:
    """A round of a container is due."""
    return RoundStarted(
        execution_id=started.execution_id,
        node_id=started.node_id,
        node_type=started.node_type,
        title=started.title,
        at=at,
        index=index,
        container=started.container,
    )
