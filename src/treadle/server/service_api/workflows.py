"""Runs of workflows after the fact: detail, log list, following one that goes on (spec service-api §3.13, §3.15)."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from starlette.types import ASGIApp

from treadle.logs.repository import RunFilter, RunRow
from treadle.platform.refusals import NotFound
from treadle.server.app_call import ANY_MODE, GRAPH_ONLY, AppCall, From
from treadle.server.responses import json_response
from treadle.server.service_api.calls import app_route
from treadle.server.service_api.shapes import seconds
from treadle.server.streams import follow

_decode = msgspec.json.Decoder().decode


class LogsQuery(
    msgspec.Struct, rename={"created_at_before": "created_at__before", "created_at_after": "created_at__after"}
):
    keyword: str = ""
    status: Literal["succeeded", "failed", "stopped", "partial-succeeded"] | None = None
    page: Annotated[int, msgspec.Meta(ge=1, le=99999)] = 1
    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = 20
    created_at_before: datetime | None = None
    created_at_after: datetime | None = None
    created_by_end_user_session_id: str | None = None
    created_by_account: str | None = None


class EventsQuery(msgspec.Struct):
    continue_on_pause: bool = False


async def run_detail(call: AppCall) -> ASGIApp:
    """GET /workflows/run/{workflow_run_id}."""
    run = (await call.services.logs.run(call.path("workflow_run_id"), app_id=call.app.id)).run
    return json_response(
        {
            "id": run.id,
            "workflow_id": run.version_id,
            "status": run.status,
            "inputs": run.inputs,
            "outputs": _decode(run.outputs) if run.outputs else {},
            "error": run.error,
            "total_steps": run.total_steps,
            "total_tokens": run.total_tokens,
            "created_at": seconds(run.created_at),
            "finished_at": seconds(run.finished_at) if run.finished_at else None,
            "elapsed_time": run.elapsed,
        }
    )


async def list_logs(call: AppCall) -> ASGIApp:
    """GET /workflows/logs: runs that have ended, debugging left out."""
    query = call.query(LogsQuery)
    ended = ("succeeded", "failed", "stopped", "partial-succeeded")
    wanted = RunFilter(
        workspace_id=call.app.workspace_id,
        app_id=call.app.id,
        statuses=(query.status,) if query.status else ended,
        keyword=query.keyword,
        created_before=_microseconds(query.created_at_before),
        created_after=_microseconds(query.created_at_after),
        session_id=query.created_by_end_user_session_id,
    )
    rows, total = await call.services.logs.page(
        wanted, page=query.page, limit=query.limit, account_email=query.created_by_account
    )
    return json_response(
        {
            "page": query.page,
            "limit": query.limit,
            "total": total,
            "has_more": query.page * query.limit < total,
            "data": [_log_item(row) for row in rows],
        }
    )


async def run_events(call: AppCall) -> ASGIApp:
    """GET /workflow/{workflow_run_id}/events: the run's stream again, from its beginning."""
    row = await call.services.logs.run(call.path("workflow_run_id"), app_id=call.app.id)
    if row.run.created_by != call.end_user_id:
        raise NotFound("There is no such run.")
    return await follow(call.services, row, through_pauses=call.query(EventsQuery).continue_on_pause)


def _microseconds(time: datetime | None) -> int | None:
    return None if time is None else int(time.timestamp() * 1_000_000)


def _log_item(row: RunRow) -> dict[str, Any]:
    run, user, account = row.run, row.end_user, row.account
    return {
        "id": run.id,
        "workflow_run": {
            "id": run.id,
            "version": row.version or "",
            "status": run.status,
            "triggered_from": run.triggered_from,
            "error": run.error,
            "elapsed_time": run.elapsed,
            "total_tokens": run.total_tokens,
            "total_steps": run.total_steps,
            "created_at": seconds(run.created_at),
            "finished_at": seconds(run.finished_at) if run.finished_at else None,
            "exceptions_count": run.exceptions_count,
        },
        "details": None,
        "created_from": run.created_from,
        "created_by_role": run.created_by_role,
        "created_by_account": {"id": account.id, "name": account.name, "email": account.email} if account else None,
        "created_by_end_user": {
            "id": user.id,
            "type": user.type,
            "is_anonymous": user.is_anonymous,
            "session_id": user.session_id,
        }
        if user
        else None,
        "created_at": seconds(run.finished_at or run.created_at),
    }


ROUTES = [
    app_route("GET", "/workflows/run/{workflow_run_id}", run_detail, modes=GRAPH_ONLY),
    app_route("GET", "/workflows/logs", list_logs, modes=ANY_MODE),
    app_route(
        "GET", "/workflow/{workflow_run_id}/events", run_events, modes=GRAPH_ONLY, user=From.QUERY, user_required=True
    ),
]
