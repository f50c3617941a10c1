"""Translations from Google, asked for as its browser extension does."""

from collections.abc import AsyncIterator
from typing import Any

import msgspec

from treadle.engine.errors import ToolInvokeError
from treadle.tools.builtin.call import Call
from treadle.tools.builtin.http import ask
from treadle.tools.messages import Message, Text


async def translate(call: Call) -> AsyncIterator[Message]:
    query = {"client": "gtx", "sl": "auto", "tl": call.required("dest"), "dt": "t", "q": call.required("content")}
    answer = await ask(call, list[Any], "GET", call.urls["api"], query=query)
    try:
        sentences = msgspec.convert(answer[0], list[list[Any]])
        yield Text("".join(str(sentence[0]) for sentence in sentences if sentence[0]))
    except (msgspec.ValidationError, IndexError) as error:
        raise ToolInvokeError("translate.googleapis.com answered with something unexpected.") from error
