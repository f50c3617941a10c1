"""Papers on arXiv (https://info.arxiv.org/help/api/user-manual.html)."""

import re
from collections.abc import AsyncIterator

from treadle.tools.builtin.call import Call
from treadle.tools.builtin.http import send
from treadle.tools.builtin.xml import text, tree
from treadle.tools.messages import Message, Text

_ATOM = {"a": "http://www.w3.org/2005/Atom"}
_PAPERS = 3
_ID = re.compile(r"\d{4}\.\d{4,5}(v\d+)?|[a-z-]+(\.[A-Z]{2})?/\d{7}(v\d+)?")


async def arxiv_search(call: Call) -> AsyncIterator[Message]:
    words = call.required("query")[:300]
    ids = words.replace(",", " ").split()
    wanted = {"id_list": ",".join(ids)} if all(map(_ID.fullmatch, ids)) else {"search_query": f"all:{words}"}
    query = {**wanted, "start": 0, "max_results": _PAPERS}
    feed = tree(await send(call, "GET", call.urls["api"], query=query), f"{{{_ATOM['a']}}}feed")
    papers = [
        f"Published: {text(entry, 'a:published', _ATOM)[:10]}\n"
        f"Title: {text(entry, 'a:title', _ATOM)}\n"
        f"Authors: {', '.join(text(author, 'a:name', _ATOM) for author in entry.findall('a:author', _ATOM))}\n"
        f"Link: {text(entry, 'a:id', _ATOM)}\n"
        f"Summary: {text(entry, 'a:summary', _ATOM)}"
        for entry in feed.findall("a:entry", _ATOM)
    ]
    yield Text("\n\n".join(papers) or "arXiv has no such paper.")
