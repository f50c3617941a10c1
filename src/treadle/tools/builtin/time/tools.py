"""The clock and the calendar."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, tzinfo
from zoneinfo import ZoneInfo

from treadle.engine.errors import ToolParameterError
from treadle.tools.builtin.call import Call
from treadle.tools.messages import Message, Text

_FORMAT = "%Y-%m-%d %H:%M:%S"


async def current_time(call: Call) -> AsyncIterator[Message]:
    now = datetime.fromtimestamp(call.clock(), UTC).astimezone(_zone(call, "timezone"))
    yield Text(now.strftime(call.required("format")))


async def localtime_to_timestamp(call: Call) -> AsyncIterator[Message]:
    yield Text(str(int(_moment(call, "localtime", "timezone").timestamp())))


async def timestamp_to_localtime(call: Call) -> AsyncIterator[Message]:
    try:
        moment = datetime.fromtimestamp(call.number("timestamp"), UTC)
    except (ValueError, OverflowError, OSError):
        raise ToolParameterError(f'"{call.text("timestamp")}" is no timestamp in seconds.') from None
    yield Text(moment.astimezone(_zone(call, "timezone")).strftime(_FORMAT))


async def timezone_conversion(call: Call) -> AsyncIterator[Message]:
    moment = _moment(call, "current_time", "current_timezone")
    yield Text(moment.astimezone(_zone(call, "target_timezone")).strftime(_FORMAT))


async def weekday(call: Call) -> AsyncIterator[Message]:
    try:
        day = date(call.integer("year"), call.integer("month"), call.integer("day"))
    except (ValueError, OverflowError) as error:
        raise ToolParameterError(f"This is no date: {error}.") from error
    yield Text(f"{day:%B} {day.day}, {day.year} is a {day:%A}.")


def _zone(call: Call, name: str) -> tzinfo:
    zone = call.required(name)
    try:
        return ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        raise ToolParameterError(f'"{zone}" is no time zone; write it like Europe/Berlin.') from None


def _moment(call: Call, name: str, zone: str) -> datetime:
    text = call.required(name)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ToolParameterError(f'"{text}" is no time; write it like 2024-01-31 08:30:00.') from None
    return moment if moment.tzinfo else moment.replace(tzinfo=_zone(call, zone))
