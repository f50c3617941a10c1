"""Brave Search (https://api-dashboard.search.brave.com/app/documentation/web-search)."""

import json
from collections.abc import AsyncIterator

import msgspec

from treadle.tools.builtin.call import Call
from treadle.tools.builtin.http import ask
from treadle.tools.messages import Message, Text


class _Hit(msgspec.Struct):
    title: str = ""
    url: str = ""
    description: str = ""


class _Hits(msgspec.Struct):
    results: list[_Hit] = []


class _Answer(msgspec.Struct):
    type: str
    web: _Hits = msgspec.field(default_factory=_Hits)


async def brave_search(call: Call) -> AsyncIterator[Message]:
    headers = {"X-Subscription-Token": call.credential("brave_search_api_key")}
    query = {"q": call.required("query"), "count": call.integer("count", 1, 20)}
    found = await ask(call, _Answer, "GET", call.credential("base_url"), query=query, headers=headers)
    hits = [{"title": hit.title, "link": hit.url, "snippet": hit.description} for hit in found.web.results]
    yield Text(json.dumps(hits, ensure_ascii=call.flag("ensure_ascii")) if hits else "Brave found nothing.")
