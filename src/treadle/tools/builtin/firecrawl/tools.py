"""Firecrawl's pages and crawls (https://docs.firecrawl.dev/api-reference/v1-introduction)."""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any, TypeVar

import msgspec

from treadle.engine.errors import ToolInvokeError, ToolParameterError
from treadle.engine.values import JsonValue
from treadle.tools.builtin.call import Call
from treadle.tools.builtin.http import ask
from treadle.tools.messages import Json, Message, Text

T = TypeVar("T")

_PAUSE = 5.0
"""Seconds between two looks at a crawl."""
_LOOKS = 120
_JOB = re.compile(r"[\w-]+")


class _Scraped(msgspec.Struct):
    data: dict[str, Any]


class _Started(msgspec.Struct):
    id: str


class _Crawl(msgspec.Struct, omit_defaults=True):
    status: str
    total: int = 0
    completed: int = 0
    data: list[dict[str, Any]] = []
    next: str | None = None
    error: str = ""


class _Mapped(msgspec.Struct):
    links: list[str]


async def scrape(call: Call) -> AsyncIterator[Message]:
    body: dict[str, JsonValue] = {
        "url": call.required("url"),
        **_page_options(call),
        "timeout": call.integer("timeout", 1),
    }
    extraction: dict[str, JsonValue] = {
        name: value for name in ("systemPrompt", "prompt") if (value := call.text(name))
    }
    if call.text("schema"):
        extraction["schema"] = _object(call, "schema")
    if extraction:
        body["jsonOptions"] = extraction
    scraped = await _firecrawl(call, _Scraped, "POST", "scrape", body)
    yield Text(str(scraped.data.get("markdown") or ""))
    yield Json(scraped.data)


async def crawl(call: Call) -> AsyncIterator[Message]:
    body: dict[str, JsonValue] = {
        "url": call.required("url"),
        "maxDepth": call.integer("maxDepth", 0),
        "limit": call.integer("limit", 1),
        "ignoreSitemap": call.flag("ignoreSitemap"),
        "allowBackwardLinks": call.flag("allowBackwardLinks"),
        "allowExternalLinks": call.flag("allowExternalLinks"),
        "scrapeOptions": {**_page_options(call)},
    }
    for name in ("includePaths", "excludePaths"):
        if paths := call.listed(name):
            body[name] = [*paths]
    if webhook := call.text("webhook"):
        body["webhook"] = webhook
    started = await _firecrawl(call, _Started, "POST", "crawl", body)
    if not call.flag("wait_for_results"):
        yield Json({"id": started.id, "status": "scraping"})
        return
    yield Json(msgspec.to_builtins(await _finished(call, started.id)))


async def crawl_job(call: Call) -> AsyncIterator[Message]:
    job = call.required("job_id")
    if not _JOB.fullmatch(job):
        raise ToolParameterError(f'"{job}" is no id of a crawl.')
    method = "DELETE" if call.text("operation") == "cancel" else "GET"
    yield Json(msgspec.to_builtins(await _firecrawl(call, _Crawl, method, f"crawl/{job}")))


async def map(call: Call) -> AsyncIterator[Message]:
    body: dict[str, JsonValue] = {
        "url": call.required("url"),
        "ignoreSitemap": call.flag("ignoreSitemap"),
        "includeSubdomains": call.flag("includeSubdomains"),
        "limit": call.integer("limit", 1, 5000),
    }
    if words := call.text("search"):
        body["search"] = words
    mapped = await _firecrawl(call, _Mapped, "POST", "map", body)
    yield Json({"links": [*mapped.links]})


async def _finished(call: Call, job: str) -> _Crawl:
    """The crawl once it has ended, with all of its pages."""
    for _ in range(_LOOKS):
        found = await _firecrawl(call, _Crawl, "GET", f"crawl/{job}")
        if found.status in ("failed", "cancelled"):
            raise ToolInvokeError(f"The crawl {job} {found.status}: {found.error or 'Firecrawl says no more'}.")
        if found.status == "completed":
            pages, following = found.data, found.next
            while following:
                skipped = following.partition("?")[2]
                more = await _firecrawl(call, _Crawl, "GET", f"crawl/{job}?{skipped}")
                pages, following = [*pages, *more.data], more.next
            return _Crawl(found.status, found.total, found.completed, pages)
        await asyncio.sleep(_PAUSE)
    raise ToolInvokeError(
        f"The crawl {job} did not end within {_LOOKS * _PAUSE:g} seconds; ask for it by its id later."
    )


async def _firecrawl(call: Call, answer: type[T], method: str, path: str, body: JsonValue = None) -> T:
    base = (call.optional_credential("base_url") or call.urls["api"]).rstrip("/")
    headers = {"Authorization": f"Bearer {call.credential('firecrawl_api_key')}"}
    return await ask(call, answer, method, f"{base}/v1/{path}", headers=headers, json=body, timeout=120)


def _page_options(call: Call) -> dict[str, JsonValue]:
    options: dict[str, JsonValue] = {
        "formats": [*(call.listed("formats") or ["markdown"])],
        "onlyMainContent": call.flag("onlyMainContent"),
        "waitFor": call.integer("waitFor", 0),
    }
    for name in ("includeTags", "excludeTags"):
        if tags := call.listed(name):
            options[name] = [*tags]
    if call.text("headers"):
        options["headers"] = _object(call, "headers")
    return options


def _object(call: Call, name: str) -> JsonValue:
    try:
        return msgspec.json.decode(call.text(name), type=dict[str, Any])
    except msgspec.DecodeError:
        raise ToolParameterError(f'The parameter "{name}" must be a JSON object.') from None
