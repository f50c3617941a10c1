"""Charts as PNG pictures."""

import asyncio
from collections.abc import AsyncIterator

from treadle.engine.errors import ToolParameterError
from treadle.tools.builtin.call import Call
from treadle.tools.messages import Blob, Message, Text

from .drawing import Kind, draw

_MOST = 1000


async def bar_chart(call: Call) -> AsyncIterator[Message]:
    for message in await _chart(call, "bar", "x_axis"):
        yield message


async def line_chart(call: Call) -> AsyncIterator[Message]:
    for message in await _chart(call, "line", "x_axis"):
        yield message


async def pie_chart(call: Call) -> AsyncIterator[Message]:
    for message in await _chart(call, "pie", "categories"):
        yield message


async def _chart(call: Call, kind: Kind, labels: str) -> list[Message]:
    call.required("data")
    numbers = [_number(part) for part in call.listed("data", ";")]
    names = call.listed(labels, ";")
    if not 0 < len(numbers) <= _MOST:
        raise ToolParameterError(f"A chart shows between 1 and {_MOST:,} numbers; these are {len(numbers):,}.")
    if names and len(names) != len(numbers):
        raise ToolParameterError(f'There are {len(numbers)} numbers in "data" but {len(names)} names in "{labels}".')
    if kind == "pie" and (min(numbers) < 0 or sum(numbers) <= 0):
        raise ToolParameterError("A pie chart needs numbers that are not negative and not all zero.")
    picture = await asyncio.to_thread(draw, kind, numbers, names)
    return [Text(f"Here is the {kind} chart."), Blob(picture, "image/png", f"{kind}_chart.png")]


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        raise ToolParameterError(f'"{text}" in "data" is no number.') from None
    if not abs(number) < 1e300:
        raise ToolParameterError(f'"{text}" in "data" cannot be drawn.')
    return number
