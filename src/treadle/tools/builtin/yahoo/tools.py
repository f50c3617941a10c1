"""Shares on Yahoo Finance, read as its pages read them: there is no documented interface."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, date, datetime, timedelta
from statistics import fmean
from typing import Any
from urllib.parse import quote

import msgspec

from treadle.engine.errors import ToolInvokeError, ToolParameterError
from treadle.engine.values import JsonValue
from treadle.tools.builtin.call import Call
from treadle.tools.builtin.http import ask
from treadle.tools.messages import Json, Message, Text

_BROWSER = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0"}
_STRETCHES = 15
_NEWS = 5

Column = list[float | None]


class _Quotes(msgspec.Struct):
    open: Column = []
    close: Column = []
    high: Column = []
    low: Column = []
    volume: Column = []


class _Indicators(msgspec.Struct):
    quote: list[_Quotes]


class _Series(msgspec.Struct):
    meta: dict[str, Any]
    indicators: _Indicators
    timestamp: list[int] = []


class _Error(msgspec.Struct):
    code: str = ""
    description: str = ""


class _Chart(msgspec.Struct):
    result: list[_Series] | None = None
    error: _Error | None = None


class _Answer(msgspec.Struct):
    chart: _Chart


class _Article(msgspec.Struct):
    title: str
    link: str
    publisher: str = ""
    providerPublishTime: int = 0  # noqa: N815 - the wire's name


class _Found(msgspec.Struct):
    news: list[_Article]


async def yahoo_finance_analytics(call: Call) -> AsyncIterator[Message]:
    today = datetime.fromtimestamp(call.clock(), UTC).date()
    last = _day(call, "end_date", today)
    first = _day(call, "start_date", last - timedelta(days=365))
    query = {"period1": _seconds(first), "period2": _seconds(last + timedelta(days=1)), "interval": "1d"}
    series = await _chart(call, query)
    days = series.timestamp
    if not days:
        yield Text(f"Yahoo Finance has no prices between {first} and {last}.")
        return
    step = -(-len(days) // _STRETCHES)
    stretches: list[JsonValue] = [_stretch(series, start, start + step) for start in range(0, len(days), step)]
    yield Json({"symbol": call.text("symbol"), "stretches": stretches})


async def yahoo_finance_news(call: Call) -> AsyncIterator[Message]:
    query = {"q": call.required("symbol"), "newsCount": _NEWS, "quotesCount": 0}
    found = await ask(call, _Found, "GET", f"{call.urls['api']}/v1/finance/search", query=query, headers=_BROWSER)
    lines = [
        f"[{each.title}]({each.link}) {each.publisher}, "
        f"{datetime.fromtimestamp(each.providerPublishTime, UTC):%Y-%m-%d}"
        for each in found.news
    ]
    yield Text("\n".join(lines) or "Yahoo Finance has no news about this share.")


async def yahoo_finance_ticker(call: Call) -> AsyncIterator[Message]:
    yield Json((await _chart(call, {"range": "1d", "interval": "1d"})).meta)


async def _chart(call: Call, query: dict[str, str | int]) -> _Series:
    symbol = call.required("symbol")
    url = f"{call.urls['api']}/v8/finance/chart/{quote(symbol, safe='^')}"
    chart = (await ask(call, _Answer, "GET", url, query=query, headers=_BROWSER)).chart
    if chart.error is not None or not chart.result:
        said = chart.error.description if chart.error else "no data"
        raise ToolInvokeError(f'Yahoo Finance knows nothing about "{symbol}": {said}.')
    return chart.result[0]


def _stretch(series: _Series, start: int, end: int) -> JsonValue:
    quotes = series.indicators.quote[0] if series.indicators.quote else _Quotes()
    columns = {"open": quotes.open, "high": quotes.high, "low": quotes.low, "close": quotes.close}
    days = series.timestamp[start:end]
    averages: dict[str, JsonValue] = {
        f"average_{name}": _average(column[start:end]) for name, column in columns.items()
    }
    return {
        "first_day": f"{datetime.fromtimestamp(days[0], UTC):%Y-%m-%d}",
        "last_day": f"{datetime.fromtimestamp(days[-1], UTC):%Y-%m-%d}",
        **averages,
        "average_volume": _average(quotes.volume[start:end]),
    }


def _average(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return round(fmean(known), 4) if known else None


def _day(call: Call, name: str, otherwise: date) -> date:
    text = call.text(name)
    try:
        return date.fromisoformat(text) if text else otherwise
    except ValueError:
        raise ToolParameterError(f'"{text}" is no date; write it like 2024-01-31.') from None


def _seconds(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
