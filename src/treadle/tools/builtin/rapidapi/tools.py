"""Headlines of Google News through RapidAPI (https://rapidapi.com/rphrp1985/api/google-news13)."""

from collections.abc import AsyncIterator

import msgspec

from treadle.engine.values import JsonValue
from treadle.tools.builtin.call import Call
from treadle.tools.builtin.http import ask
from treadle.tools.messages import Json, Message


class _Headline(msgspec.Struct):
    title: str = ""
    snippet: str = ""
    newsUrl: str = ""  # noqa: N815 - the wire's names
    publisher: str = ""
    timestamp: str = ""


class _Headlines(msgspec.Struct):
    items: list[_Headline]


async def google_news(call: Call) -> AsyncIterator[Message]:
    headers = {
        "X-RapidAPI-Key": call.credential("x-rapidapi-key"),
        "X-RapidAPI-Host": call.credential("x-rapidapi-host"),
    }
    query = {"lr": call.required("language_region")}
    found = await ask(call, _Headlines, "GET", f"{call.urls['api']}/latest", query=query, headers=headers)
    yield Json({"news": [*map(_told, found.items)]})


def _told(headline: _Headline) -> JsonValue:
    return {
        "title": headline.title,
        "snippet": headline.snippet,
        "link": headline.newsUrl,
        "publisher": headline.publisher,
        "timestamp": headline.timestamp,
    }
