"""DuckDuckGo, read as its pages read it: there is no documented interface."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import TypeVar
from urllib.parse import parse_qs, urlsplit

import msgspec

from treadle.engine.errors import ToolInvokeError
from treadle.tools.builtin.call import Call
from treadle.tools.builtin.http import ask, decoded, send
from treadle.tools.builtin.summary import summarised
from treadle.tools.messages import ImageUrl, Json, Message, Text

T = TypeVar("T")
_PAGE = 2 * 1024 * 1024
"""The largest page that is read, in bytes."""

_BROWSER = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0",
    "Accept-Language": "en-US,en;q=0.5",
}
_TOKEN = re.compile(r"""vqd=["']?([\d-]+)""")
_TIMES = {"d": "Day", "w": "Week", "m": "Month"}
_VIDEO_TIMES = {"d": "d", "w": "w", "m": "m"}


class _News(msgspec.Struct):
    title: str
    url: str
    excerpt: str = ""
    source: str = ""
    date: int = 0


class _Picture(msgspec.Struct):
    title: str
    image: str
    url: str = ""
    width: int = 0
    height: int = 0


class _Statistics(msgspec.Struct):
    viewCount: int | None = None  # noqa: N815 - the wire's names


class _Video(msgspec.Struct):
    title: str
    content: str
    description: str = ""
    duration: str = ""
    publisher: str = ""
    published: str = ""
    statistics: _Statistics = msgspec.field(default_factory=_Statistics)


class _AllNews(msgspec.Struct):
    results: list[_News]


class _Pictures(msgspec.Struct):
    results: list[_Picture]


class _Videos(msgspec.Struct):
    results: list[_Video]


class _Translation(msgspec.Struct):
    translated: str
    detected_language: str = ""


async def ddgo_search(call: Call) -> AsyncIterator[Message]:
    headers = {**_BROWSER, "Referer": "https://html.duckduckgo.com/"}
    form = {"q": _words(call), "b": "", "kl": "wt-wt"}
    page = await send(call, "POST", call.urls["pages"], headers=headers, form=form, max_bytes=_PAGE)
    hits = _hits(page.body)[: _most(call)]
    if not hits:
        if b"anomaly" in page.body:
            raise ToolInvokeError("DuckDuckGo takes this server for a robot and gives no results; try again later.")
        yield Text("DuckDuckGo found nothing.")
        return
    if call.flag("require_summary"):
        yield Text(await summarised(call, "\n\n".join(f"{hit['title']}\n{hit['body']}" for hit in hits)))
    for hit in hits:
        yield Json({**hit})


async def ddgo_news(call: Call) -> AsyncIterator[Message]:
    query = {"l": "wt-wt", "o": "json", "noamp": "1", "p": "-1", "df": call.text("timelimit")}
    found = (await _results(call, _AllNews, "news.js", query)).results[: _most(call)]
    if call.flag("require_summary"):
        yield Text(await summarised(call, "\n\n".join(f"{each.title}\n{each.excerpt}" for each in found)))
        return
    lines = [
        f"[{each.title}]({each.url}) {each.source}, {datetime.fromtimestamp(each.date, UTC):%Y-%m-%d}\n{each.excerpt}"
        for each in found
    ]
    yield Text("\n\n".join(lines) or "DuckDuckGo found no news.")


async def ddgo_img(call: Call) -> AsyncIterator[Message]:
    time, size = _TIMES.get(call.text("timelimit")), call.text("size")
    chosen = [f"time:{time}" if time else "", f"size:{size}" if size else "", "", "", "", ""]
    found = await _results(call, _Pictures, "i.js", {"l": "wt-wt", "o": "json", "p": "1", "f": ",".join(chosen)})
    pictures = found.results[: _most(call)]
    for picture in pictures:
        yield ImageUrl(picture.image)
    yield Json({"images": [msgspec.to_builtins(picture) for picture in pictures]})


async def ddgo_video(call: Call) -> AsyncIterator[Message]:
    time, duration = _VIDEO_TIMES.get(call.text("timelimit")), call.text("duration")
    chosen = [f"publishedAfter:{time}" if time else "", "", f"videoDuration:{duration}" if duration else "", ""]
    found = await _results(call, _Videos, "v.js", {"l": "wt-wt", "o": "json", "p": "-1", "f": ",".join(chosen)})
    lines = [
        f"[{each.title}]({each.content}) {each.publisher}, {each.duration}, {each.published[:10]}\n{each.description}"
        for each in found.results[: _most(call)]
    ]
    yield Text("\n\n".join(lines) or "DuckDuckGo found no videos.")


async def ddgo_translate(call: Call) -> AsyncIterator[Message]:
    text = call.required("query")
    query = {"vqd": await _token(call, "translate"), "query": "translate", "to": call.required("translate_to")}
    headers = {**_BROWSER, "Content-Type": "text/plain; charset=utf-8"}
    url = f"{call.urls['site']}/translation.js"
    answer = await send(call, "POST", url, query=query, headers=headers, body=text.encode())
    yield Text(decoded(answer, _Translation).translated)


async def _results(call: Call, answer: type[T], page: str, query: dict[str, str]) -> T:
    words = _words(call)
    whole = {**query, "q": words, "vqd": await _token(call, words)}
    headers = {**_BROWSER, "Referer": f"{call.urls['site']}/"}
    return await ask(call, answer, "GET", f"{call.urls['site']}/{page}", query=whole, headers=headers)


async def _token(call: Call, words: str) -> str:
    """What DuckDuckGo gives for a query and wants back with requests about it."""
    page = await send(call, "GET", f"{call.urls['site']}/", query={"q": words}, headers=_BROWSER, max_bytes=_PAGE)
    found = _TOKEN.search(page.body.decode("utf-8", "replace"))
    if found is None:
        raise ToolInvokeError("duckduckgo.com answered with something unexpected: a page without a token.")
    return found.group(1)


def _hits(page: bytes) -> list[dict[str, str]]:
    from bs4 import BeautifulSoup

    hits: list[dict[str, str]] = []
    for result in BeautifulSoup(page, "lxml").select(".result:not(.result--ad)"):
        link, snippet = result.select_one("a.result__a"), result.select_one(".result__snippet")
        if link is not None:
            body = snippet.get_text(" ", strip=True) if snippet else ""
            hits.append({"title": link.get_text(" ", strip=True), "href": _target(str(link.get("href"))), "body": body})
    return hits


def _target(link: str) -> str:
    """Where a link that goes through DuckDuckGo leads."""
    return parse_qs(urlsplit(link).query).get("uddg", [link])[0]


def _words(call: Call) -> str:
    return f"{call.text('query_prefix')} {call.required('query')}".strip()


def _most(call: Call) -> int:
    return call.integer("max_results", 1, 20)
