"""Days as people in a time zone see them, for queries that know only microseconds. Source: spec console §8.2."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import TypeAlias
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, ColumnElement, case, cast, literal
from sqlalchemy.orm import InstrumentedAttribute

from treadle.platform.clock import SECOND
from treadle.platform.refusals import InvalidParam

Column: TypeAlias = "ColumnElement[int] | InstrumentedAttribute[int]"
_DAY = 86_400 * SECOND
_FORMAT = "%Y-%m-%d %H:%M"
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Period:
    """From `start` up to before `stop`, in microseconds since the epoch; None has no end there."""

    start: int | None = None
    stop: int | None = None

    def bounds(self, column: Column) -> "list[ColumnElement[bool]]":
        """The conditions that keep a column within it."""
        found: list[ColumnElement[bool]] = []
        if self.start is not None:
            found.append(column >= self.start)
        if self.stop is not None:
            found.append(column < self.stop)
        return found


ALWAYS = Period()


def period(start: str, stop: str, zone: ZoneInfo) -> Period:
    """What a page asks for, as `YYYY-MM-DD HH:mm` in a zone; empty texts are no end. Raises InvalidParam."""
    asked = Period(_moment(start, "start", zone), _moment(stop, "end", zone))
    if asked.start is not None and asked.stop is not None and asked.start > asked.stop:
        raise InvalidParam("`start` is after `end`.", param="start")
    return asked


def day_number(column: Column, first: int, last: int, zone: ZoneInfo) -> "ColumnElement[int]":
    """Days since the epoch in a zone, for values of a column of microseconds between `first` and `last`."""
    offsets = _offsets(first, last, zone)
    shift = literal(offsets[-1][1], BigInteger)
    if len(offsets) > 1:
        changes = pairwise(offsets)
        before = ((column < until, literal(offset, BigInteger)) for (_, offset), (until, _) in changes)
        shift = case(*before, else_=shift)
    return cast((column + shift) // _DAY, BigInteger)


def day_name(number: int) -> str:
    """`2025-01-20`."""
    return (_EPOCH + timedelta(days=number)).isoformat()


def _moment(text: str, param: str, zone: ZoneInfo) -> int | None:
    if not text:
        return None
    try:
        wall = datetime.strptime(text, _FORMAT)
    except ValueError as error:
        raise InvalidParam(f"`{param}` must look like 2025-01-31 09:30.", param=param) from error
    # An hour that comes twice is the later one, in standard time; one that is left out is an hour later.
    twice = wall.replace(tzinfo=zone, fold=1)
    once = wall.replace(tzinfo=zone, fold=0)
    missing = once.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != wall
    return round((once if missing else twice).timestamp()) * SECOND


def _offsets(first: int, last: int, zone: ZoneInfo) -> list[tuple[int, int]]:
    """Each offset of the zone in microseconds, with the moment from which it holds."""

    def offset(at: int) -> int:
        delta = datetime.fromtimestamp(at / SECOND, UTC).astimezone(zone).utcoffset()
        return round((delta or timedelta()).total_seconds()) * SECOND

    found = [(first, offset(first))]
    at = first
    while at < last:
        following = min(at + _DAY, last)
        if (changed := offset(following)) != found[-1][1]:
            before, after = at, following
            while after - before > SECOND:
                middle = (before + after) // 2
                before, after = (middle, after) if offset(middle) == found[-1][1] else (before, middle)
            found.append((after, changed))
        at = following
    return found
