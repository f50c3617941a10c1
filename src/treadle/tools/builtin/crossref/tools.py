"""Publications from Crossref (https://api.crossref.org/swagger-ui/index.html)."""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import msgspec

from treadle.tools.builtin.call import Call
from treadle.tools.builtin.http import ask
from treadle.tools.messages import Json, Message


class _Work(msgspec.Struct):
    message: dict[str, Any]


class _Works(msgspec.Struct):
    items: list[dict[str, Any]]


class _Found(msgspec.Struct):
    message: _Works


async def crossref_query_doi(call: Call) -> AsyncIterator[Message]:
    doi = call.required("doi").removeprefix("https://doi.org/")
    url = f"{call.urls['api']}/{quote(doi, safe='/')}"
    work = await ask(call, _Work, "GET", url, query={"mailto": call.credential("mailto")})
    yield Json(work.message)


async def crossref_query_title(call: Call) -> AsyncIterator[Message]:
    title = call.required("query")
    query = {
        "query.bibliographic": title,
        "rows": call.integer("limit", 1, 1000),
        "sort": call.text("sort"),
        "order": call.text("order"),
        "mailto": call.credential("mailto"),
    }
    items = (await ask(call, _Found, "GET", call.urls["api"], query=query)).message.items
    if not call.flag("fuzzy_query"):
        items = [item for item in items if title.casefold() in [str(each).casefold() for each in item.get("title", [])]]
    yield Json({"items": [*items]})
