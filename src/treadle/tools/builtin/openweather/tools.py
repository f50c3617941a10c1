"""Present weather from OpenWeather (https://openweathermap.org/current)."""

import json
from collections.abc import AsyncIterator
from typing import Any

import msgspec

from treadle.tools.builtin.call import Call
from treadle.tools.builtin.http import ask
from treadle.tools.messages import Message, Text


class _Weather(msgspec.Struct):
    main: dict[str, float]
    weather: list[dict[str, Any]]
    name: str = ""
    visibility: int | None = None
    wind: dict[str, float] = {}
    clouds: dict[str, float] = {}
    sys: dict[str, Any] = {}
    timezone: int = 0


async def weather(call: Call) -> AsyncIterator[Message]:
    query = {
        "q": call.required("city"),
        "appid": call.credential("api_key"),
        "units": call.text("units"),
        "lang": call.text("lang"),
    }
    found = await ask(call, _Weather, "GET", call.urls["api"], query=query)
    yield Text(json.dumps(msgspec.to_builtins(found), ensure_ascii=False))
