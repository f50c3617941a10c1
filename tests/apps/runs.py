"""Events and records of small runs, for tests of what is kept of them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from treadle.apps.running.records import RunRecord
from treadle.engine.events import NodeFinished, NodeStarted, NodeStatus, RunFinished, RunStarted, RunStatus
from treadle.platform.clock import to_us
from treadle.platform.db import AnyTable, Database
from treadle.platform.ids import new_id

AT = 1_750_000_000.25


def run_record(**changes: Any) -> RunRecord:
    fields: dict[str, Any] = {
        "id": new_id(),
        "workspace_id": new_id(),
        "app_id": new_id(),
        "version_id": new_id(),
        "mode": "workflow",
        "triggered_from": "app-run",
        "created_from": "service-api",
        "created_by_role": "end_user",
        "created_by": new_id(),
        "task_id": new_id(),
        "created_at": to_us(AT),
    }
    return RunRecord(**{**fields, **changes})


def run_started(run: RunRecord, **inputs: Any) -> RunStarted:
    return RunStarted(run.id, AT, inputs)


def node_started(node_id: str, *, index: int = 1, at: float = AT, **changes: Any) -> NodeStarted:
    fields: dict[str, Any] = {
        "execution_id": new_id(),
        "node_id": node_id,
        "node_type": "code",
        "title": node_id.title(),
        "index": index,
        "predecessor": None,
        "at": at,
    }
    return NodeStarted(**{**fields, **changes})


def node_finished(started: NodeStarted, status: NodeStatus = NodeStatus.SUCCEEDED, **changes: Any) -> NodeFinished:
    fields: dict[str, Any] = {
        "execution_id": started.execution_id,
        "node_id": started.node_id,
        "node_type": started.node_type,
        "title": started.title,
        "index": started.index,
        "predecessor": started.predecessor,
        "status": status,
        "started_at": started.at,
        "at": started.at + 0.5,
    }
    return NodeFinished(**{**fields, **changes})


def run_finished(run: RunRecord, status: RunStatus = RunStatus.SUCCEEDED, **changes: Any) -> RunFinished:
    return RunFinished(**{"run_id": run.id, "status": status, "started_at": AT, "at": AT + 2.0, **changes})


async def rows(db: Database, table: AnyTable, order: Sequence[str] = ("created_at",)) -> list[dict[str, Any]]:
    """All rows of a table, in order."""
    async with db.connect() as connection:
        found = await connection.execute(select(table).order_by(*(table.c[name] for name in order)))
        return [dict(row) for row in found.mappings()]
