"""Pictures from OpenAI (https://platform.openai.com/docs/api-reference/images/create)."""

from collections.abc import AsyncIterator

import msgspec

from treadle.engine.values import JsonValue
from treadle.tools.builtin.call import Call
from treadle.tools.builtin.http import ask, send
from treadle.tools.builtin.pictures import PICTURE_BYTES, encoded_picture
from treadle.tools.messages import Message

_SIZES = {
    "dall-e-2": {"small": "256x256", "medium": "512x512", "large": "1024x1024"},
    "dall-e-3": {"square": "1024x1024", "vertical": "1024x1792", "horizontal": "1792x1024"},
}


class _Picture(msgspec.Struct):
    b64_json: str


class Pictures(msgspec.Struct):
    """What OpenAI's image endpoint answers."""

    data: list[_Picture]


async def dalle2(call: Call) -> AsyncIterator[Message]:
    for each in (await _drawn(call, "dall-e-2", {})).data:
        yield encoded_picture(each.b64_json)


async def dalle3(call: Call) -> AsyncIterator[Message]:
    for each in (await _drawn(call, "dall-e-3", {"quality": call.text("quality"), "style": call.text("style")})).data:
        yield encoded_picture(each.b64_json)


async def check(call: Call) -> None:
    await send(call, "GET", f"{_base(call)}/models", headers=_headers(call))


async def _drawn(call: Call, model: str, more: dict[str, JsonValue]) -> Pictures:
    size = call.text("size")
    body: dict[str, JsonValue] = {
        "model": model,
        "prompt": call.required("prompt"),
        "n": call.integer("n", 1, 10 if model == "dall-e-2" else 1),
        "size": _SIZES[model].get(size, size),
        "response_format": "b64_json",
        **more,
    }
    url, headers = f"{_base(call)}/images/generations", _headers(call)
    return await ask(call, Pictures, "POST", url, headers=headers, json=body, timeout=180, max_bytes=PICTURE_BYTES)


def _base(call: Call) -> str:
    base = (call.optional_credential("openai_base_url") or call.urls["api"]).rstrip("/")
    return f"{base.removesuffix('/v1')}/v1"


def _headers(call: Call) -> dict[str, str]:
    headers = {"Authorization": f"Bearer {call.credential('openai_api_key')}"}
    if organisation := call.optional_credential("openai_organization_id"):
        headers["OpenAI-Organization"] = organisation
    return headers
