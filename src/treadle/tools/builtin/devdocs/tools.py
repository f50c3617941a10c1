"""Pages of DevDocs (https://devdocs.io)."""

from collections.abc import AsyncIterator
from urllib.parse import quote

from treadle.tools.builtin.call import Call
from treadle.tools.builtin.http import send
from treadle.tools.messages import Message, Text


async def searchDevDocs(call: Call) -> AsyncIterator[Message]:  # noqa: N802 - app files name it so
    from bs4 import BeautifulSoup

    url = f"{call.urls['api']}/{quote(call.required('doc'), safe='~')}/{quote(call.required('topic'), safe='/')}.html"
    page = await send(call, "GET", url, max_bytes=4 * 1024 * 1024)
    yield Text(BeautifulSoup(page.body, "lxml").get_text("\n", strip=True))
