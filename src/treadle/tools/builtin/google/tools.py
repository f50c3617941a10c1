"""Google's results through SerpApi (https://serpapi.com/search-api)."""

from collections.abc import AsyncIterator

import msgspec

from treadle.engine.errors import ToolInvokeError
from treadle.engine.values import JsonValue
from treadle.tools.builtin.call import Call
from treadle.tools.builtin.http import ask
from treadle.tools.messages import ImageUrl, Json, Message

_NOTHING_FOUND = "hasn't returned any results"


class _Hit(msgspec.Struct):
    title: str = ""
    link: str = ""
    snippet: str = ""


class _KnowledgeGraph(msgspec.Struct):
    title: str | None = None
    description: str | None = None


class _Picture(msgspec.Struct):
    title: str = ""
    link: str = ""
    original: str = ""


class _Results(msgspec.Struct):
    knowledge_graph: _KnowledgeGraph | None = None
    organic_results: list[_Hit] = []
    images_results: list[_Picture] = []
    error: str | None = None


async def google_search(call: Call) -> AsyncIterator[Message]:
    found = await _search(call, "google")
    graph = found.knowledge_graph or _KnowledgeGraph()
    hits: list[JsonValue] = [
        {"title": hit.title, "link": hit.link, "snippet": hit.snippet} for hit in found.organic_results
    ]
    yield Json({"title": graph.title, "description": graph.description, "organic_results": hits})


async def google_image_search(call: Call) -> AsyncIterator[Message]:
    found = await _search(call, "google_images")
    pictures = [each for each in found.images_results if each.original][: call.integer("max_results", 1, 10)]
    for picture in pictures:
        yield ImageUrl(picture.original)
    yield Json({"images": [{"title": each.title, "link": each.link, "image": each.original} for each in pictures]})


async def _search(call: Call, engine: str) -> _Results:
    query = {
        "engine": engine,
        "q": call.required("query"),
        "google_domain": "google.com",
        "gl": call.text("country_code"),
        "hl": call.text("language_code"),
        "api_key": call.credential("serpapi_api_key"),
    }
    found = await ask(call, _Results, "GET", call.urls["api"], query=query)
    if found.error and _NOTHING_FOUND not in found.error:
        raise ToolInvokeError(f"Google could not be searched: {found.error}")
    return found
