"""When a schedule fires next.

A time of day means the clock on the wall. On the day when clocks go forward, a time that does not exist fires at the
first moment after the gap; on the day when they go back, a time that exists twice fires the first time only. A schedule
for every hour goes by the hours that pass: it fires in the repeated hour too. Source: spec workflow-nodes §24.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from treadle.nodes.trigger_schedule import Schedule
from treadle.platform.clock import SECOND

_MINUTE = timedelta(minutes=1)
_LONGEST_OVERLAP = timedelta(hours=26)
"""More than clocks were ever set back at once."""


def next_fire(schedule: Schedule, now_us: int) -> int | None:
    """The first time after `now_us` at which the schedule fires, both in microseconds since the epoch.

    None when it never will again.
    """
    from croniter.croniter import CroniterBadDateError

    now = datetime.fromtimestamp(now_us // SECOND, UTC)
    zone = ZoneInfo(schedule.timezone)
    hour = schedule.cron.split()[1]
    following = _by_passing_hours if hour == "*" else _by_the_clock
    try:
        found = following(schedule.cron, zone, now)
    except CroniterBadDateError:
        return None
    return int(found.timestamp()) * SECOND


def _by_the_clock(cron: str, zone: ZoneInfo, now: datetime) -> datetime:
    """Each time that the clock shows counts once."""
    tick = _ticks(cron, now.astimezone(zone).replace(tzinfo=None))
    while True:
        moment = _first_moment(tick(), zone)
        if moment > now:
            return moment


def _first_moment(wall: datetime, zone: ZoneInfo) -> datetime:
    """When a clock shows `wall` for the first time, or has just been set past it."""
    moment = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) == wall:
        return moment
    return _change(zone, moment - _LONGEST_OVERLAP, moment)


def _by_passing_hours(cron: str, zone: ZoneInfo, now: datetime) -> datetime:
    """Piece by piece between changes of the clock."""
    moment = now
    while True:
        offset = _offset(zone, moment)
        found = (_ticks(cron, _shown(moment, offset))() - offset).replace(tzinfo=UTC)
        if _offset(zone, found) == offset:
            return found
        change = _change(zone, moment, found)
        if change >= found:
            return found
        # Just before the change, in the clock that holds from then on.
        offset = _offset(zone, change)
        tick = (_ticks(cron, _shown(change - timedelta(seconds=1), offset))() - offset).replace(tzinfo=UTC)
        if _offset(zone, tick) == offset:
            return tick
        moment = change


def _ticks(cron: str, start: datetime) -> Callable[[], datetime]:
    from croniter import croniter

    iterator = croniter(cron, start)
    return lambda: iterator.get_next(datetime)


def _shown(moment: datetime, offset: timedelta) -> datetime:
    return (moment + offset).replace(tzinfo=None)


def _offset(zone: ZoneInfo, moment: datetime) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta()


def _change(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """The first moment between the two at which the clock is set, found to the minute by halving."""
    step = timedelta(hours=1)
    low = before
    while low < after and _offset(zone, min(low + step, after)) == _offset(zone, before):
        low += step
    high = min(low + step, after)
    while high - low > _MINUTE:
        middle = low + (high - low) // 2
        if _offset(zone, middle) == _offset(zone, before):
            low = middle
        else:
            high = middle
    return high.replace(second=0, microsecond=0)
