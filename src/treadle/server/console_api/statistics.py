"""The console API: the charts of an app."""

from pydantic import BaseModel

from treadle.logs.statistics import Chart
from treadle.server.console_api.access import AppUserDep, ServicesDep, console_router
from treadle.server.console_api.log_queries import Moment, asked_period, zone_of

router = console_router("Statistics")


class ChartDays(BaseModel):
    """The days on which something happened, in order: `date` as 2025-01-20, and what the chart counts."""

    data: list[dict[str, str | int | float]]


@router.get("/apps/{app_id}/statistics/{chart}")
async def read_chart(
    app_id: str, chart: Chart, services: ServicesDep, signed_in: AppUserDep, start: Moment = "", end: Moment = ""
) -> ChartDays:
    """A chart over a period, in days of the reader's time zone."""
    app = await services.apps.of_workspace(signed_in.workspace_id, app_id)
    days = await services.statistics.chart(
        chart,
        app_id=app.id,
        period=await asked_period(services, signed_in, start, end),
        zone=await zone_of(services, signed_in),
    )
    return ChartDays(data=[dict(day) for day in days])
