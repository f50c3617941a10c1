"""The charts of an app: a value per day. Source: spec console §8.2."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Float, case, cast, distinct, func, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from treadle.apps.tables import TRIALS, Conversation, CreatedFrom, Feedback, Message, Run, SpeechCall
from treadle.logs.days import Column, Period, day_name, day_number
from treadle.platform.clock import now_us
from treadle.platform.db import Database

Chart = Literal[
    "daily-messages",
    "daily-conversations",
    "daily-end-users",
    "token-costs",
    "average-session-interactions",
    "user-satisfaction-rate",
    "average-response-time",
    "tokens-per-second",
    "daily-runs",
    "daily-terminals",
    "run-token-costs",
    "average-app-interactions",
]
CHARTS: tuple[str, ...] = get_args(Chart)
Value = str | int | float
Day = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class _Asked:
    app_id: str
    period: Period
    day: "Callable[[Column], ColumnElement[int]]"


class StatisticsService:
    """Only days on which something happened have a value; trials in the console are left out.

    `settled` waits until records written behind can be read.
    """

    def __init__(self, db: Database, settled: Callable[[], Awaitable[None]]) -> None:
        self._db = db
        self._settled = settled

    async def chart(self, chart: Chart, *, app_id: str, period: Period, zone: ZoneInfo) -> list[Day]:
        """The days of a chart in order, each with `date` and its values."""
        await self._settled()
        async with self._db.session() as session:
            first = period.start if period.start is not None else await _beginning(session, app_id)
            last = period.stop if period.stop is not None else now_us()
            # The day of what lies outside the period is never asked for.
            asked = _Asked(app_id, period, lambda column: day_number(column, min(first, last), last, zone))
            rows = (await session.execute(_QUERIES[chart](asked))).all()
        names = _VALUES[chart]
        return [{"date": day_name(row[0]), **_named(names, row[1:])} for row in rows]


async def _beginning(session: AsyncSession, app_id: str) -> int:
    """When the oldest record of an app was made."""
    found = [
        (await session.execute(select(func.min(table.created_at)).where(table.app_id == app_id))).scalar_one_or_none()
        for table in (Message, Run, Conversation, SpeechCall)
    ]
    return min((at for at in found if at is not None), default=now_us())


def _messages(asked: _Asked, *values: Any) -> Any:
    day = asked.day(Message.created_at).label("day")
    return (
        select(day, *values)
        .where(
            Message.app_id == asked.app_id,
            Message.created_from != CreatedFrom.CONSOLE,
            *asked.period.bounds(Message.created_at),
        )
        .group_by(day)
        .order_by(day)
    )


def _runs(asked: _Asked, *values: Any) -> Any:
    day = asked.day(Run.created_at).label("day")
    return (
        select(day, *values)
        .where(
            Run.app_id == asked.app_id,
            Run.triggered_from.not_in(TRIALS),
            *asked.period.bounds(Run.created_at),
        )
        .group_by(day)
        .order_by(day)
    )


def _ratio(one: Any, other: Any) -> "ColumnElement[float]":
    """0 where nothing is divided by."""
    return case((other > 0, cast(one, Float) / other), else_=0.0)


def _sum(column: Any) -> "ColumnElement[Any]":
    return func.coalesce(func.sum(column), 0)


def _costs(asked: _Asked) -> Any:
    """Of answers, and of the speech beside them."""
    tables = (
        (Message, Message.message_tokens + Message.answer_tokens),
        (SpeechCall, SpeechCall.tokens),
    )
    each = union_all(
        *[
            select(
                asked.day(table.created_at).label("day"),
                tokens.label("tokens"),
                table.total_price_e7.label("price"),
                table.currency.label("currency"),
            ).where(
                table.app_id == asked.app_id,
                table.created_from != CreatedFrom.CONSOLE,
                *asked.period.bounds(table.created_at),
            )
            for table, tokens in tables
        ]
    ).subquery()
    priced = func.max(case((each.c.price > 0, each.c.currency)))
    return select(each.c.day, _sum(each.c.tokens), _sum(each.c.price), priced).group_by(each.c.day).order_by(each.c.day)


def _interactions(asked: _Asked) -> Any:
    """Messages of a conversation, on the day on which it began."""
    counted = (
        select(Conversation.created_at.label("created_at"), func.count(Message.id).label("messages"))
        .join(Message, Message.conversation_id == Conversation.id)
        .where(
            Conversation.app_id == asked.app_id,
            Conversation.created_from != CreatedFrom.CONSOLE,
            *asked.period.bounds(Conversation.created_at),
        )
        .group_by(Conversation.id, Conversation.created_at)
        .subquery()
    )
    day = asked.day(counted.c.created_at).label("day")
    return select(day, func.avg(cast(counted.c.messages, Float))).group_by(day).order_by(day)


def _satisfaction(asked: _Asked) -> Any:
    """A message that both sides like counts once."""
    liked = select(Feedback.message_id).where(Feedback.app_id == asked.app_id, Feedback.rating == "like")
    likes = func.sum(case((Message.id.in_(liked), 1), else_=0))
    return _messages(asked, 1000 * _ratio(likes, func.count(Message.id)))


def _app_interactions(asked: _Asked) -> Any:
    counted = _runs(asked, func.count(Run.id).label("runs")).group_by(Run.created_by).order_by(None).subquery()
    return select(counted.c.day, func.avg(cast(counted.c.runs, Float))).group_by(counted.c.day).order_by(counted.c.day)


_QUERIES: dict[str, Callable[[_Asked], Any]] = {
    "daily-messages": lambda asked: _messages(asked, func.count(Message.id)),
    "daily-conversations": lambda asked: _messages(
        asked, func.count(distinct(func.coalesce(Message.conversation_id, Message.id)))
    ),
    "daily-end-users": lambda asked: _messages(
        asked, func.count(distinct(case((Message.created_by_role == "end_user", Message.created_by))))
    ),
    "token-costs": _costs,
    "average-session-interactions": _interactions,
    "user-satisfaction-rate": _satisfaction,
    "average-response-time": lambda asked: _messages(asked, func.avg(Message.latency) * 1000),
    "tokens-per-second": lambda asked: _messages(asked, _ratio(_sum(Message.answer_tokens), _sum(Message.latency))),
    "daily-runs": lambda asked: _runs(asked, func.count(Run.id)),
    "daily-terminals": lambda asked: _runs(asked, func.count(distinct(Run.created_by))),
    "run-token-costs": lambda asked: _runs(asked, _sum(Run.total_tokens)),
    "average-app-interactions": _app_interactions,
}
_VALUES: dict[str, tuple[str, ...]] = {
    "daily-messages": ("message_count",),
    "daily-conversations": ("conversation_count",),
    "daily-end-users": ("terminal_count",),
    "token-costs": ("token_count", "total_price", "currency"),
    "average-session-interactions": ("interactions",),
    "user-satisfaction-rate": ("rate",),
    "average-response-time": ("latency",),
    "tokens-per-second": ("tps",),
    "daily-runs": ("runs",),
    "daily-terminals": ("terminal_count",),
    "run-token-costs": ("token_count",),
    "average-app-interactions": ("interactions",),
}
"""What a chart calls the values of a day, in the order of its query."""
_DECIMALS = {"interactions": 2, "rate": 2, "latency": 4, "tps": 4}


def _named(names: Sequence[str], values: Sequence[Any]) -> dict[str, Value]:
    return {name: _value(name, value) for name, value in zip(names, values, strict=True)}


def _value(name: str, value: Any) -> Value:
    if name == "currency":
        return str(value or "USD")
    if name == "total_price":
        return f"{int(value) / 1e7:.7f}"
    decimals = _DECIMALS.get(name)
    return int(value) if decimals is None else round(float(value), decimals)
