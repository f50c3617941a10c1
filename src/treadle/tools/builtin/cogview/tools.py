"""Pictures from Zhipu AI (https://open.bigmodel.cn/dev/api/image-model/cogview)."""

from collections.abc import AsyncIterator

import msgspec

from treadle.tools.builtin.call import Call
from treadle.tools.builtin.http import ask
from treadle.tools.messages import ImageUrl, Message

_SIZES = {"square": "1024x1024", "vertical": "768x1344", "horizontal": "1344x768"}


class _Picture(msgspec.Struct):
    url: str


class _Drawn(msgspec.Struct):
    data: list[_Picture]


async def cogview3(call: Call) -> AsyncIterator[Message]:
    size = call.text("size")
    body = {"model": call.text("model"), "prompt": call.required("prompt"), "size": _SIZES.get(size, size)}
    base = (call.optional_credential("zhipuai_base_url") or call.urls["api"]).rstrip("/")
    headers = {"Authorization": f"Bearer {call.credential('zhipuai_api_key')}"}
    url = f"{base}/images/generations"
    drawn = await ask(call, _Drawn, "POST", url, headers=headers, json={**body}, timeout=180)
    for each in drawn.data:
        yield ImageUrl(each.url)
