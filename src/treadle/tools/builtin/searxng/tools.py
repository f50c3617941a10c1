"""Results of a SearXNG instance (https://docs.searxng.org/dev/search_api.html)."""

from collections.abc import AsyncIterator
from typing import Any

import msgspec

from treadle.tools.builtin.call import Call
from treadle.tools.builtin.http import ask
from treadle.tools.messages import Json, Message


class _Results(msgspec.Struct):
    results: list[dict[str, Any]]


async def searxng_search(call: Call) -> AsyncIterator[Message]:
    category = call.text("search_type").replace("_", " ")
    query = {"q": call.required("query"), "format": "json", "categories": category}
    found = await ask(call, _Results, "GET", call.credential("searxng_base_url").rstrip("/") + "/", query=query)
    for result in found.results:
        yield Json(result)
