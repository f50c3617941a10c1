"""Forecasts from Gaode (https://lbs.amap.com/api/webservice/guide/api/weatherinfo)."""

from collections.abc import AsyncIterator
from typing import TypeVar

import msgspec

from treadle.engine.errors import ToolCredentialsError, ToolInvokeError
from treadle.tools.builtin.call import Call
from treadle.tools.builtin.http import ask
from treadle.tools.messages import Message, Text

_BAD_KEY = frozenset({"10001", "10005", "10009"})


class _Answer(msgspec.Struct):
    status: str
    info: str = ""
    infocode: str = ""


class _District(msgspec.Struct):
    adcode: str


class _Districts(_Answer):
    districts: list[_District] = []


class _Day(msgspec.Struct):
    date: str
    dayweather: str = ""
    nightweather: str = ""
    daytemp: str = ""
    nighttemp: str = ""
    daywind: str = ""
    daypower: str = ""


class _Forecast(msgspec.Struct):
    city: str
    casts: list[_Day] = []


class _Forecasts(_Answer):
    forecasts: list[_Forecast] = []


A = TypeVar("A", bound=_Answer)


async def gaode_weather(call: Call) -> AsyncIterator[Message]:
    city = call.required("city")
    found = await _gaode(
        call, _Districts, "config/district", {"keywords": city, "subdistrict": "0", "extensions": "base"}
    )
    if not found.districts:
        yield Text(f"Gaode knows no place named {city}.")
        return
    query = {"city": found.districts[0].adcode, "extensions": "all", "output": "json"}
    forecasts = (await _gaode(call, _Forecasts, "weather/weatherInfo", query)).forecasts
    lines = [
        f"{forecast.city} {day.date}: {day.dayweather}/{day.nightweather}, {day.daytemp}°C/{day.nighttemp}°C, "
        f"{day.daywind}风{day.daypower}级"
        for forecast in forecasts
        for day in forecast.casts
    ]
    yield Text("\n".join(lines) or f"Gaode has no forecast for {city}.")


async def _gaode(call: Call, answer: type[A], path: str, query: dict[str, str]) -> A:
    keyed = {"key": call.credential("api_key"), **query}
    found = await ask(call, answer, "GET", f"{call.urls['api']}/{path}", query=keyed)
    if found.status != "1":
        if found.infocode in _BAD_KEY:
            raise ToolCredentialsError(f"Gaode refused the key ({found.info}); check it in the tool's settings.")
        raise ToolInvokeError(f"Gaode failed: {found.info} ({found.infocode}).")
    return found
