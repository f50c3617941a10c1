"""Jina's reader, search and tokenizer (https://jina.ai/reader/, https://jina.ai/segmenter/)."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

from treadle.engine.values import JsonValue
from treadle.tools.builtin.call import Call
from treadle.tools.builtin.http import ask, exchange, raise_for_status
from treadle.tools.builtin.summary import summarised
from treadle.tools.messages import Json, Message, Text

_PAUSE = 1.0
"""Seconds before the first repetition of a request that failed; doubled each time."""

_BUSY = frozenset({429, 500, 502, 503, 504})
_SELECTORS = {
    "target_selector": "X-Target-Selector",
    "wait_for_selector": "X-Wait-For-Selector",
    "remove_selector": "X-Remove-Selector",
    "proxy_server": "X-Proxy-Url",
}
_SWITCHES = {
    "image_caption": "X-With-Generated-Alt",
    "gather_all_links_at_the_end": "X-With-Links-Summary",
    "gather_all_images_at_the_end": "X-With-Images-Summary",
    "no_cache": "X-No-Cache",
    "with_iframe": "X-With-Iframe",
}


async def jina_reader(call: Call) -> AsyncIterator[Message]:
    yield await _read(call, call.urls["reader"] + call.required("url"))


async def jina_search(call: Call) -> AsyncIterator[Message]:
    yield await _read(call, call.urls["search"] + quote(call.required("query"), safe=""))


async def jina_tokenizer(call: Call) -> AsyncIterator[Message]:
    body: dict[str, JsonValue] = {
        "content": call.required("content"),
        "return_tokens": call.flag("return_tokens"),
        "return_chunks": call.flag("return_chunks"),
        "tokenizer": call.text("tokenizer"),
    }
    yield Json(await ask(call, dict[str, Any], "POST", call.urls["tokenizer"], headers=_key(call), json=body))


async def _read(call: Call, url: str) -> Text:
    headers = {**_key(call), "Accept": "text/plain"}
    headers |= {header: call.text(name) for name, header in _SELECTORS.items() if call.text(name)}
    headers |= {header: "true" for name, header in _SWITCHES.items() if call.flag(name)}
    if not call.flag("retain_images"):
        headers["X-Retain-Images"] = "none"
    text = await _patiently(call, url, headers)
    return Text(await summarised(call, text) if call.flag("summary") else text)


async def _patiently(call: Call, url: str, headers: dict[str, str]) -> str:
    """The text at `url`, tried again as often as the parameter says while the service is busy."""
    left = call.integer("max_retries", 0, 10)
    pause = _PAUSE
    while True:
        response = await exchange(call, "GET", url, headers=headers)
        if response.status not in _BUSY or not left:
            raise_for_status(response, keyed=bool(call.credentials))
            return response.body.decode("utf-8", "replace")
        await asyncio.sleep(pause)
        left, pause = left - 1, pause * 2


def _key(call: Call) -> dict[str, str]:
    key = call.optional_credential("api_key")
    return {"Authorization": f"Bearer {key}"} if key else {}
