"""The trigger-schedule node: a workflow that the clock starts (workflow-nodes §24).

What the editor shows as fields becomes a cron expression; one that cannot be understood is refused here, before the
workflow is published. When it fires is `treadle.triggers.schedule`'s.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field

from treadle.engine.errors import GraphProblem
from treadle.engine.node import NodeContext, NodeResult, NodeType
from treadle.engine.values import JsonValue, Value

from .about import NodeAbout, Words
from .config import NodeConfig, load

_TIME = re.compile(r"(\d{1,2}):(\d{2})\s*(AM|PM)", re.IGNORECASE)
_WEEKDAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_MACROS: Final = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_FIELDS: Final = (
    r"[\d*/,\-]+",
    r"[\d*/,\-]+",
    r"[\d*/,\-?L]+",
    r"[\d*/,\-A-Z]+",
    r"[\d*/,\-?LA-Z]+",
)
"""The letters of each field. The parser behind knows more (hashes, random numbers) than is meant here."""
_LAST_WEEKDAY = re.compile(r"(?<![\dA-Z])([0-7]|SUN|MON|TUE|WED|THU|FRI|SAT)L(?![A-Z])")


class VisualSchedule(NodeConfig):
    """A schedule as the editor shows it."""

    time: str = "12:00 AM"
    on_minute: int = Field(default=0, ge=0, le=59)
    weekdays: tuple[Literal["sun", "mon", "tue", "wed", "thu", "fri", "sat"], ...] = ("sun",)
    monthly_days: tuple[int | Literal["last"], ...] = (1,)


class ScheduleConfig(NodeConfig):
    """When the workflow is started."""

    mode: Literal["visual", "cron"] = "visual"
    frequency: Literal["hourly", "daily", "weekly", "monthly"] | None = Field(
        default=None, json_schema_extra={"shown_if": {"mode": "visual"}}
    )
    visual_config: VisualSchedule = Field(default=VisualSchedule(), json_schema_extra={"shown_if": {"mode": "visual"}})
    cron_expression: str = Field(default="", json_schema_extra={"shown_if": {"mode": "cron"}})
    timezone: str = Field(default="UTC", json_schema_extra={"ui": "timezone"})


@dataclass(frozen=True, slots=True)
class Schedule:
    """A cron expression of five fields as `croniter` reads it, and the IANA name of the zone that it speaks of."""

    cron: str
    timezone: str


class BadCron(Exception):
    """The expression cannot be understood. The message says why."""


def cron_of(config: ScheduleConfig) -> str:
    """The cron expression as people know it. Raises GraphProblem naming the field that is missing or wrong."""
    if config.mode == "cron":
        if not config.cron_expression.strip():
            raise GraphProblem("The cron expression is empty; enter one.", field="cron_expression")
        return " ".join(config.cron_expression.split())
    visual = config.visual_config
    match config.frequency:
        case None:
            raise GraphProblem("The schedule says no frequency; choose one.", field="frequency")
        case "hourly":
            return f"{visual.on_minute} * * * *"
        case "daily":
            return f"{_minute_and_hour(visual)} * * *"
        case "weekly":
            if not visual.weekdays:
                raise GraphProblem("The schedule names no weekday; choose one.", field="visual_config.weekdays")
            days = sorted({_WEEKDAYS.index(day) for day in visual.weekdays})
            return f"{_minute_and_hour(visual)} * * {_listed(days)}"
        case "monthly":
            return f"{_minute_and_hour(visual)} {_days(visual.monthly_days)} * *"


def parsed(cron: str) -> str:
    """`cron` in the words of `croniter`, which understands it and finds a time for it. Raises BadCron."""
    from datetime import datetime

    from croniter import croniter
    from croniter.croniter import CroniterBadDateError, CroniterError

    expression = _MACROS.get(cron.lower(), cron).upper()
    fields = expression.split()
    if len(fields) != len(_FIELDS):
        raise BadCron(
            f'The cron expression "{cron}" has {len(fields)} fields; it needs five: minute, hour, day of month, month '
            "and day of week."
        )
    for field, letters in zip(fields, _FIELDS, strict=True):
        if not re.fullmatch(letters, field):
            raise BadCron(f'The part "{field}" of the cron expression "{cron}" cannot be understood.')
    fields[4] = _LAST_WEEKDAY.sub(_last_weekday, fields[4])
    understood = " ".join(fields)
    try:
        croniter(understood, datetime(2024, 1, 1)).get_next(datetime)
    except CroniterBadDateError:
        raise BadCron(f'The cron expression "{cron}" names a day that never comes.') from None
    except (CroniterError, ValueError, KeyError) as error:
        raise BadCron(f'The cron expression "{cron}" cannot be understood: {error}.') from error
    return understood


def _last_weekday(found: re.Match[str]) -> str:
    """`5L` and `FRIL` as the parser spells the last Friday of a month."""
    day = found[1]
    return f"L{int(day) % 7 if day.isdigit() else _WEEKDAYS.index(day.lower())}"


def read(data: Mapping[str, JsonValue]) -> Schedule:
    """Raises GraphProblem for everything that would keep the schedule from firing."""
    config = load(ScheduleConfig, data)
    cron = cron_of(config)
    try:
        understood = parsed(cron)
    except BadCron as error:
        raise GraphProblem(str(error), field="cron_expression") from None
    try:
        ZoneInfo(config.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise GraphProblem(
            f'"{config.timezone}" is no time zone; use an IANA name such as Europe/Oslo.', field="timezone"
        ) from None
    return Schedule(understood, config.timezone)


def _minute_and_hour(visual: VisualSchedule) -> str:
    """`12 AM` is hour 0, `12 PM` hour 12."""
    found = _TIME.fullmatch(visual.time.strip())
    hour, minute = (int(found[1]), int(found[2])) if found else (0, 0)
    if not found or not 1 <= hour <= 12 or minute > 59:
        raise GraphProblem(
            f'The time "{visual.time}" cannot be read; write it like 9:30 AM.', field="visual_config.time"
        )
    return f"{minute} {hour % 12 + (12 if found[3].upper() == 'PM' else 0)}"


def _days(chosen: Sequence[int | str]) -> str:
    """Days of a month, sorted, the last day at the end."""
    if not chosen:
        raise GraphProblem("The schedule names no day of the month; choose one.", field="visual_config.monthly_days")
    numbers = sorted({day for day in chosen if isinstance(day, int)})
    wrong = next((day for day in numbers if not 1 <= day <= 31), None)
    if wrong is not None:
        raise GraphProblem(f"{wrong} is no day of a month.", field="visual_config.monthly_days")
    return ",".join([*map(str, numbers), *(["L"] if "last" in chosen else [])])


def _listed(numbers: Sequence[int]) -> str:
    return ",".join(map(str, numbers))


async def run(ctx: NodeContext, schedule: Schedule) -> NodeResult:
    """System variables only: `sys.timestamp` says when it fired."""
    system: dict[str, Value] = {f"sys.{name}": value for name, value in ctx.pool.scope("sys").items()}
    return NodeResult(outputs=system, inputs=system)


TRIGGER_SCHEDULE = NodeType("trigger-schedule", load=read, run=run)

ABOUT = NodeAbout(
    kind="trigger-schedule",
    family="io",
    icon="CalendarClock",
    title=Words("Schedule", "定时", "スケジュール"),
    description=Words("Starts at set times.", "在设定的时间启动。", "決めた時刻に始まります。"),
    runs_alone=True,
)
