"""Spider's pages and crawls (https://spider.cloud/docs/api)."""

from collections.abc import AsyncIterator

import msgspec

from treadle.engine.values import JsonValue
from treadle.tools.builtin.call import Call
from treadle.tools.builtin.http import ask
from treadle.tools.messages import Message, Text


class _Page(msgspec.Struct):
    url: str
    content: str | None = None
    error: str | None = None
    status: int = 200


async def scraper_crawler(call: Call) -> AsyncIterator[Message]:
    crawling = call.text("mode") != "scrape"
    body: dict[str, JsonValue] = {
        "url": call.required("url"),
        "limit": call.integer("limit", 0) if crawling else 1,
        "depth": call.integer("depth", 0),
        "readability": call.flag("readability"),
        "return_format": "markdown",
    }
    for name in ("blacklist", "whitelist"):
        if paths := call.listed(name):
            body[name] = [*paths]
    headers = {"Authorization": f"Bearer {call.credential('spider_api_key')}"}
    url = f"{call.urls['api']}/{'crawl' if crawling else 'scrape'}"
    pages = await ask(call, list[_Page], "POST", url, headers=headers, json=body, timeout=300)
    shown = [f"URL: {page.url}\nCONTENT: {page.error or page.content or ''}" for page in pages]
    yield Text("\n\n".join(shown) or "Spider found no pages.")
