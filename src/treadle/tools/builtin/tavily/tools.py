"""Tavily's search and extraction (https://docs.tavily.com/documentation/api-reference)."""

from collections.abc import AsyncIterator

import msgspec

from treadle.engine.values import JsonValue
from treadle.tools.builtin.call import Call
from treadle.tools.builtin.http import ask
from treadle.tools.messages import Json, Message, Text


class _Hit(msgspec.Struct, omit_defaults=True):
    title: str = ""
    url: str = ""
    content: str = ""
    score: float = 0
    raw_content: str | None = None
    published_date: str | None = None


class _Picture(msgspec.Struct):
    url: str
    description: str | None = None


class _Found(msgspec.Struct, omit_defaults=True):
    results: list[_Hit]
    query: str = ""
    answer: str | None = None
    images: list[_Picture | str] = []


class _Page(msgspec.Struct):
    url: str
    raw_content: str = ""


class _Failure(msgspec.Struct):
    url: str
    error: str = ""


class _Extracted(msgspec.Struct):
    results: list[_Page]
    failed_results: list[_Failure] = []


async def tavily_search(call: Call) -> AsyncIterator[Message]:
    body: dict[str, JsonValue] = {
        "query": call.required("query"),
        "search_depth": call.text("search_depth"),
        "topic": call.text("topic"),
        "max_results": call.integer("max_results", 1, 20),
        "include_images": call.flag("include_images"),
        "include_image_descriptions": call.flag("include_image_descriptions"),
        "include_answer": call.flag("include_answer"),
        "include_raw_content": call.flag("include_raw_content"),
        "include_domains": [*call.listed("include_domains")],
        "exclude_domains": [*call.listed("exclude_domains")],
    }
    if call.text("topic") == "news":
        body["days"] = call.integer("days", 1)
    found = await ask(call, _Found, "POST", f"{call.urls['api']}/search", headers=_key(call), json=body)
    yield Json(msgspec.to_builtins(found))
    yield Text(_text(found))


async def tavily_extract(call: Call) -> AsyncIterator[Message]:
    call.required("urls")
    body: dict[str, JsonValue] = {"urls": [*call.listed("urls")]}
    found = await ask(call, _Extracted, "POST", f"{call.urls['api']}/extract", headers=_key(call), json=body)
    yield Json(msgspec.to_builtins(found))
    pages = [f"# {page.url}\n\n{page.raw_content}" for page in found.results]
    failures = [f"{failure.url} could not be read: {failure.error}" for failure in found.failed_results]
    yield Text("\n\n".join([*pages, *failures]))


def _key(call: Call) -> dict[str, str]:
    return {"Authorization": f"Bearer {call.credential('tavily_api_key')}"}


def _text(found: _Found) -> str:
    parts = [f"**Answer:** {found.answer}"] if found.answer else []
    for hit in found.results:
        whole = f"\n\n{hit.raw_content}" if hit.raw_content else ""
        parts.append(f"# [{hit.title}]({hit.url})\n\n{hit.content}{whole}")
    for picture in found.images:
        address, said = (picture, "") if isinstance(picture, str) else (picture.url, picture.description or "")
        parts.append(f"![{said}]({address})")
    return "\n\n".join(parts) or "Tavily found nothing."
