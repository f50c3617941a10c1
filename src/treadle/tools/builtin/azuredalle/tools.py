"""Pictures from OpenAI on Azure (https://learn.microsoft.com/azure/ai-services/openai/reference#image-generation)."""

from collections.abc import AsyncIterator
from urllib.parse import quote

import msgspec

from treadle.tools.builtin.call import Call
from treadle.tools.builtin.http import ask
from treadle.tools.builtin.pictures import PICTURE_BYTES, encoded_picture
from treadle.tools.messages import Message

_SIZES = {"square": "1024x1024", "vertical": "1024x1792", "horizontal": "1792x1024"}


class _Picture(msgspec.Struct):
    b64_json: str


class _Pictures(msgspec.Struct):
    data: list[_Picture]


async def azure_dalle3(call: Call) -> AsyncIterator[Message]:
    body = {
        "prompt": call.required("prompt"),
        "n": 1,
        "size": _SIZES.get(call.text("size"), call.text("size")),
        "quality": call.text("quality"),
        "style": call.text("style"),
        "response_format": "b64_json",
    }
    base = call.credential("azure_openai_base_url").rstrip("/")
    deployment = quote(call.credential("azure_openai_api_model_name"), safe="")
    url = f"{base}/openai/deployments/{deployment}/images/generations"
    query = {"api-version": call.credential("azure_openai_api_version")}
    headers = {"api-key": call.credential("azure_openai_api_key")}
    drawn = await ask(
        call, _Pictures, "POST", url, query=query, headers=headers, json={**body}, timeout=180, max_bytes=PICTURE_BYTES
    )
    for each in drawn.data:
        yield encoded_picture(each.b64_json)
