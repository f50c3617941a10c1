"""Daily prices from Alpha Vantage (https://www.alphavantage.co/documentation/#daily)."""

from collections.abc import AsyncIterator

import msgspec

from treadle.engine.errors import ToolCredentialsError, ToolInvokeError
from treadle.engine.values import JsonValue
from treadle.tools.builtin.call import Call
from treadle.tools.builtin.http import ask
from treadle.tools.messages import Json, Message


class _Day(msgspec.Struct):
    open: str = msgspec.field(name="1. open")
    high: str = msgspec.field(name="2. high")
    low: str = msgspec.field(name="3. low")
    close: str = msgspec.field(name="4. close")
    volume: str = msgspec.field(name="5. volume")


class _Series(msgspec.Struct):
    days: dict[str, _Day] = msgspec.field(name="Time Series (Daily)", default_factory=dict[str, _Day])
    error: str | None = msgspec.field(name="Error Message", default=None)
    note: str | None = msgspec.field(name="Note", default=None)
    information: str | None = msgspec.field(name="Information", default=None)


async def query_stock(call: Call) -> AsyncIterator[Message]:
    symbol = call.required("code")
    query = {
        "function": "TIME_SERIES_DAILY",
        "symbol": symbol,
        "outputsize": "compact",
        "datatype": "json",
        "apikey": call.credential("api_key"),
    }
    series = await ask(call, _Series, "GET", call.urls["api"], query=query)
    if refusal := series.error or series.note or series.information:
        if "apikey is invalid" in refusal:
            raise ToolCredentialsError("Alpha Vantage refused the key; check it in the tool's settings.")
        raise ToolInvokeError(f'Alpha Vantage gave no prices of "{symbol}": {refusal}')
    days: dict[str, JsonValue] = {day: _prices(prices) for day, prices in series.days.items()}
    yield Json(days)


def _prices(day: _Day) -> JsonValue:
    return {"open": day.open, "high": day.high, "low": day.low, "close": day.close, "volume": day.volume}
