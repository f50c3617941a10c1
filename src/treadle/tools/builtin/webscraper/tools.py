"""Reads a web page as a person would: the article without what surrounds it."""

import asyncio
from collections.abc import AsyncIterator

from treadle.documents import MIME_TYPES, extract_text
from treadle.engine.errors import HttpRequestNodeError, NodeError, ToolInvokeError
from treadle.engine.ports import HttpRequest, HttpResponse
from treadle.tools.builtin.call import Call
from treadle.tools.builtin.http import raise_for_status
from treadle.tools.builtin.summary import summarised
from treadle.tools.messages import Message, Text

_PAGES = ("text/html", "application/xhtml+xml")
_PLAIN = ("text/", "application/json", "application/xml", "application/rss+xml", "application/atom+xml")
_MAX_BYTES = 5 * 1024 * 1024
_SECONDS = 30.0
_BROWSER = (
    ("User-Agent", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/131.0.0.0 Safari/537.36"),
    ("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
    ("Accept-Language", "en-US,en;q=0.8"),
    ("Sec-Fetch-Mode", "navigate"),
)
"""What a browser sends, for sites that refuse anything else."""


async def webscraper(call: Call) -> AsyncIterator[Message]:
    url = call.required("url")
    if "://" not in url:
        url = f"https://{url}"
    own = (("User-Agent", call.text("user_agent")), ("Accept", "*/*"))
    kind = await _announced(call, url, own)
    if kind and not _readable(kind):
        yield Text(f"The address holds {_media(kind)}, which cannot be read as text.")
        return
    response = await _fetch(call, "GET", url, own)
    if response.status == 403:
        response = await _fetch(call, "GET", url, _BROWSER)
    raise_for_status(response, keyed=False)
    kind = response.headers.get("content-type", "text/html")
    if not _readable(kind):
        yield Text(f"The address holds {_media(kind)}, which cannot be read as text.")
        return
    text = await asyncio.to_thread(_text_of, response, _media(kind))
    if not text.strip():
        text = "The page holds no readable text."
    yield Text(await summarised(call, text) if call.flag("generate_summary") else text)


async def _announced(call: Call, url: str, headers: tuple[tuple[str, str], ...]) -> str:
    """The content type that the site says beforehand; "" when it answers to HEAD with a failure or not at all."""
    try:
        head = await _fetch(call, "HEAD", url, headers)
    except ToolInvokeError:
        return ""
    return head.headers.get("content-type", "") if head.status < 400 else ""


async def _fetch(call: Call, method: str, url: str, headers: tuple[tuple[str, str], ...]) -> HttpResponse:
    request = HttpRequest(method=method, url=url, headers=headers, read_timeout=_SECONDS, max_bytes=_MAX_BYTES)
    try:
        return await call.http.send(request)
    except HttpRequestNodeError as error:
        raise ToolInvokeError(str(error)) from error


def _media(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def _readable(content_type: str) -> bool:
    media = _media(content_type)
    return media.startswith((*_PAGES, *_PLAIN)) or media in MIME_TYPES


def _decoded(response: HttpResponse) -> str:
    from charset_normalizer import from_bytes

    _, _, named = response.headers.get("content-type", "").lower().partition("charset=")
    try:
        return response.body.decode(named.strip("\"' ;") or "utf-8")
    except (LookupError, UnicodeDecodeError):
        return str(from_bytes(response.body).best() or "")


def _text_of(response: HttpResponse, media: str) -> str:
    """Raises ToolInvokeError for a document that cannot be read."""
    if media in _PAGES:
        return _article(response)
    if media.startswith(_PLAIN):
        return _decoded(response)
    try:
        return extract_text(response.body, "", media)
    except NodeError as error:
        raise ToolInvokeError(f"The document at the address cannot be read: {error}") from error


def _article(response: HttpResponse) -> str:
    from trafilatura import bare_extraction
    from trafilatura.settings import Document

    page = _decoded(response)
    found = bare_extraction(page, url=response.url, with_metadata=True, include_comments=False, favor_recall=True)
    if not isinstance(found, Document):
        return ""
    lines = {"TITLE": found.title, "AUTHORS": found.author, "PUBLISH DATE": found.date, "TEXT": found.text}
    return "\n".join(f"{name}: {value}" for name, value in lines.items() if value)
