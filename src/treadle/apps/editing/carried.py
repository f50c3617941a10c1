"""Executions of one run that another takes over: as they were, at no cost, and told again as its beginning."""

from collections.abc import Callable, Sequence

import msgspec

from treadle.apps.running.container_frames import CONTAINERS
from treadle.engine.events import ContainerStarted, Event, NodeFinished, NodeStarted, RunStarted, VariableAssigned
from treadle.engine.pool import CONVERSATION
from treadle.engine.usage import NO_USAGE
from treadle.platform.ids import new_id

CARRIED = "carried_from"
"""Where the metadata of an execution names the run that its outputs were taken from."""

_SPENT = ("total_tokens", "total_price", "currency")


def carried_over(event: NodeFinished, run_id: str) -> NodeFinished:
    """An execution under a new id that costs nothing."""
    metadata = {name: value for name, value in event.metadata.items() if name not in _SPENT}
    return msgspec.structs.replace(
        event, execution_id=new_id(), usage=NO_USAGE, metadata={**metadata, CARRIED: run_id}, retry_index=0
    )


def without_writes(event: NodeFinished, name: str | None) -> NodeFinished:
    """`event` without what it wrote to conversation variables, or to one of them."""
    writes = tuple(w for w in event.writes if w.scope != CONVERSATION or (name is not None and w.name != name))
    return msgspec.structs.replace(event, writes=writes)


def retelling(emit: Callable[[Event], None], carried: Sequence[NodeFinished]) -> Callable[[Event], None]:
    """Tells what was carried over as if it had just happened, so that the record of the replay is whole."""

    def tell(event: Event) -> None:
        if not isinstance(event, RunStarted):
            emit(event)
            return
        emit(msgspec.structs.replace(event, resumed=False))
        for done in carried:
            at, rounds = event.at, done.steps or 0
            if done.node_type in CONTAINERS:
                done = msgspec.structs.replace(done, steps=rounds)
                emit(
                    ContainerStarted(
                        execution_id=done.execution_id,
                        node_id=done.node_id,
                        node_type=done.node_type,
                        title=done.title,
                        at=at,
                        length=rounds,
                        inputs=done.inputs,
                    )
                )
            emit(
                NodeStarted(
                    execution_id=done.execution_id,
                    node_id=done.node_id,
                    node_type=done.node_type,
                    title=done.title,
                    index=done.index,
                    predecessor=done.predecessor,
                    at=at,
                )
            )
            for write in done.writes:
                if write.scope == CONVERSATION:
                    emit(VariableAssigned(write.name, write.value))
            emit(msgspec.structs.replace(done, started_at=at, at=at))

    return tell
