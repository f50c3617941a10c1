"""Google's results through Serper (https://serper.dev)."""

from collections.abc import AsyncIterator

import msgspec

from treadle.engine.values import JsonValue
from treadle.tools.builtin.call import Call
from treadle.tools.builtin.http import ask
from treadle.tools.messages import Json, Message


class _Hit(msgspec.Struct):
    title: str = ""
    link: str = ""
    snippet: str = ""


class _KnowledgeGraph(msgspec.Struct):
    title: str | None = None
    description: str | None = None


class _Results(msgspec.Struct):
    organic: list[_Hit]
    knowledgeGraph: _KnowledgeGraph | None = None  # noqa: N815 - the wire's name


async def serper(call: Call) -> AsyncIterator[Message]:
    headers = {"X-API-KEY": call.credential("serperapi_api_key")}
    query = {"q": call.required("query"), "gl": "us", "hl": "en"}
    found = await ask(call, _Results, "GET", f"{call.urls['api']}/search", query=query, headers=headers)
    graph = found.knowledgeGraph or _KnowledgeGraph()
    hits: list[JsonValue] = [{"title": hit.title, "link": hit.link, "snippet": hit.snippet} for hit in found.organic]
    yield Json({"title": graph.title, "description": graph.description, "organic": hits})
