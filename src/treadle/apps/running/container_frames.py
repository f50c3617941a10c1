"""What followers of a run are told about iterations, loops and pauses: the `data` of those frames.

Containers have no `node_started` and no `node_finished`; their entries are not told at all. Source: spec
workflow-engine §8, §9, §11 to §13, §24.
"""

from collections.abc import Callable
from typing import Final

from treadle.engine.events import Container, ContainerStarted, NodeFinished, RoundStarted, RunPaused
from treadle.engine.values import JsonValue, Value

CONTAINERS: Final = frozenset({"iteration", "loop"})
ENTRIES: Final = frozenset({"iteration-start", "loop-start"})

Show = Callable[[dict[str, Value]], object]
"""Values as this follower may see them."""


def started(event: ContainerStarted, show: Show) -> dict[str, object]:
    """`iteration_started`, `loop_started`."""
    return {
        **_head(event),
        "created_at": int(event.at),
        "extras": {},
        "metadata": {f"{event.node_type}_length": event.length},
        "inputs": show(event.inputs),
        "inputs_truncated": False,
        **around(event.container),
    }


def round_due(event: RoundStarted) -> dict[str, object]:
    """`iteration_next`, `loop_next`. The texts of earlier rounds are not repeated."""
    return {
        **_head(event),
        "index": event.index,
        "created_at": int(event.at),
        "extras": {},
        f"pre_{event.node_type}_output": {} if event.node_type == "loop" else None,
        **around(event.container),
    }


def completed(event: NodeFinished, details: dict[str, object], show: Show) -> dict[str, object]:
    """`iteration_completed`, `loop_completed`; `details` are those of any node as this follower may see them."""
    return {
        **_head(event),
        "inputs": show(event.inputs),
        "inputs_truncated": False,
        "outputs": show(event.outputs),
        "outputs_truncated": False,
        "status": event.status,
        "error": details["error"],
        "elapsed_time": round(event.elapsed, 6),
        "total_tokens": event.metadata.get("total_tokens", 0),
        "execution_metadata": details["execution_metadata"],
        "created_at": int(event.started_at),
        "finished_at": int(event.at),
        "steps": event.steps,
        "extras": {},
        **around(event.container),
    }


def paused(event: RunPaused, created_at: int) -> dict[str, object]:
    """`workflow_paused`, and the `data` of a blocking answer."""
    return {
        "workflow_run_id": event.run_id,
        "paused_nodes": [waiting.node_id for waiting in event.paused],
        "outputs": event.outputs,
        "reasons": event.reasons,
        "status": event.status,
        "created_at": created_at,
        "elapsed_time": round(event.elapsed, 6),
        "total_tokens": event.total_tokens,
        "total_steps": event.total_steps,
    }


def around(container: Container | None) -> dict[str, JsonValue]:
    """The ids of the containers around a node, the innermost of each kind."""
    ids: dict[str, JsonValue] = {"iteration_id": None, "loop_id": None}
    while container is not None:
        key = f"{container.kind}_id"
        ids[key] = ids.get(key) or container.node_id
        container = container.parent
    return ids


def round_metadata(container: Container | None) -> dict[str, JsonValue]:
    """The rounds that a node ran in, the innermost of each kind, for its `execution_metadata`."""
    found: dict[str, JsonValue] = {}
    while container is not None:
        found.setdefault(f"{container.kind}_id", container.node_id)
        found.setdefault(f"{container.kind}_index", container.index)
        if container.parallel_run_id is not None:
            found.setdefault("parallel_mode_run_id", container.parallel_run_id)
        container = container.parent
    return found


def _head(event: ContainerStarted | RoundStarted | NodeFinished) -> dict[str, object]:
    return {"id": event.node_id, "node_id": event.node_id, "node_type": event.node_type, "title": event.title}
