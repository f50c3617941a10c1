"""The console API: the runs of a workspace."""

from typing import Annotated, Any

from fastapi import Query

from treadle.logs.repository import RunFilter
from treadle.logs.shapes import detail_map, run_map
from treadle.server.console_api.access import MemberDep, ServicesDep, console_router

router = console_router("Runs")


@router.get("/runs")
async def runs(
    services: ServicesDep,
    signed_in: MemberDep,
    app_id: str | None = None,
    status: str | None = None,
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> dict[str, Any]:
    """Runs of the workspace, newest first."""
    wanted = RunFilter(
        workspace_id=signed_in.workspace_id,
        app_id=app_id or None,
        statuses=(status,) if status else (),
        with_debugging=True,
    )
    rows, following = await services.logs.newest(wanted, cursor=cursor, limit=limit)
    return {"data": [run_map(row) for row in rows], "next_cursor": following or None}


@router.get("/runs/{run_id}")
async def run_detail(run_id: str, services: ServicesDep, signed_in: MemberDep) -> dict[str, Any]:
    """One run, node by node."""
    return detail_map(await services.logs.detail(run_id, workspace_id=signed_in.workspace_id))
