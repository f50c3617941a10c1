"""Articles of Wikipedia (https://www.mediawiki.org/wiki/API:Search, Extension:TextExtracts)."""

import re
from collections.abc import AsyncIterator

import msgspec

from treadle.engine.errors import ToolParameterError
from treadle.tools.builtin.call import Call
from treadle.tools.builtin.http import ask
from treadle.tools.builtin.summary import summarised
from treadle.tools.messages import Message, Text

_PAGES = 3
_LETTERS = 4000
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z]+)?")


class _Page(msgspec.Struct):
    title: str
    index: int = 0
    extract: str = ""


class _Found(msgspec.Struct):
    pages: list[_Page] = []


class _Answer(msgspec.Struct):
    query: _Found = msgspec.field(default_factory=_Found)
    batchcomplete: bool = True


async def wikipedia_search(call: Call) -> AsyncIterator[Message]:
    language = call.required("language").lower()
    if not _LANGUAGE.fullmatch(language):
        raise ToolParameterError(f'"{language}" is no code of a language; write it like en.')
    query = {
        "action": "query",
        "format": "json",
        "formatversion": 2,
        "generator": "search",
        "gsrsearch": call.required("query")[:300],
        "gsrlimit": _PAGES,
        "prop": "extracts",
        "exintro": 1,
        "explaintext": 1,
        "exlimit": _PAGES,
    }
    found = await ask(call, _Answer, "GET", call.urls["api"].replace("{language}", language), query=query)
    pages = sorted(found.query.pages, key=lambda page: page.index)
    text = "\n\n".join(f"Page: {page.title}\nSummary: {page.extract}" for page in pages if page.extract)[:_LETTERS]
    if not text:
        yield Text("Wikipedia has no article about this.")
        return
    yield Text(text if call.model is None else await summarised(call, text))
