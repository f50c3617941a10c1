"""Searches through Serply (https://serply.io/docs)."""

from collections.abc import AsyncIterator
from typing import TypeVar
from urllib.parse import urlencode

import msgspec

from treadle.tools.builtin.call import Call
from treadle.tools.builtin.http import ask, send
from treadle.tools.messages import Message, Text

T = TypeVar("T")


class _Hit(msgspec.Struct):
    title: str = ""
    link: str = ""
    description: str = ""
    published: str = ""


class _Job(msgspec.Struct):
    position: str = ""
    employer: str = ""
    location: str = ""
    link: str = ""
    highlights: list[str] = []


class _Pages(msgspec.Struct):
    results: list[_Hit]


class _News(msgspec.Struct):
    entries: list[_Hit]


class _Papers(msgspec.Struct):
    articles: list[_Hit]


class _Jobs(msgspec.Struct):
    jobs: list[_Job]


async def web_search(call: Call) -> AsyncIterator[Message]:
    yield _told((await _search(call, _Pages, "search")).results)


async def news_search(call: Call) -> AsyncIterator[Message]:
    yield _told((await _search(call, _News, "news")).entries)


async def scholar_search(call: Call) -> AsyncIterator[Message]:
    yield _told((await _search(call, _Papers, "scholar")).articles)


async def job_search(call: Call) -> AsyncIterator[Message]:
    jobs = (await _search(call, _Jobs, "job/search")).jobs
    lines = [
        "\n".join([f"{job.position} at {job.employer}, {job.location}", job.link, *job.highlights]) for job in jobs
    ]
    yield Text("\n\n".join(lines) or "Nothing was found.")


async def get_markdown(call: Call) -> AsyncIterator[Message]:
    body = {"url": call.required("url"), "method": "GET", "response_type": "markdown"}
    page = await send(call, "POST", f"{call.urls['api']}/request", headers=_headers(call), json={**body})
    yield Text(page.body.decode("utf-8", "replace"))


async def _search(call: Call, answer: type[T], kind: str) -> T:
    words = urlencode({"q": call.required("query"), "gl": call.text("gl"), "hl": call.text("hl")})
    return await ask(call, answer, "GET", f"{call.urls['api']}/{kind}/{words}", headers=_headers(call))


def _headers(call: Call) -> dict[str, str]:
    return {
        "X-API-KEY": call.credential("serply_api_key"),
        "X-User-Agent": "desktop",
        "X-Proxy-Location": call.text("location"),
    }


def _told(hits: list[_Hit]) -> Text:
    lines = ["\n".join(filter(None, (hit.title, hit.link, hit.published, hit.description))) for hit in hits]
    return Text("\n\n".join(lines) or "Nothing was found.")
