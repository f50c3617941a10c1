"""Pictures from Xinference (https://inference.readthedocs.io), which answers as a Stable Diffusion WebUI does."""

from collections.abc import AsyncIterator

import msgspec

from treadle.engine.errors import ToolInvokeError
from treadle.engine.values import JsonValue
from treadle.tools.builtin.call import Call
from treadle.tools.builtin.http import ask
from treadle.tools.builtin.pictures import PICTURE_BYTES, encoded_picture
from treadle.tools.messages import Message


class _Drawn(msgspec.Struct):
    images: list[str]


async def stable_diffusion(call: Call) -> AsyncIterator[Message]:
    key = call.optional_credential("api_key")
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    body: dict[str, JsonValue] = {
        "model": call.text("model") or call.credential("model"),
        "prompt": call.required("prompt"),
        "negative_prompt": call.text("negative_prompt"),
        "steps": call.integer("steps", 1, 150),
        "width": call.integer("width", 64, 2048),
        "height": call.integer("height", 64, 2048),
    }
    url = f"{call.credential('base_url').rstrip('/')}/sdapi/v1/txt2img"
    drawn = await ask(call, _Drawn, "POST", url, headers=headers, json=body, timeout=300, max_bytes=PICTURE_BYTES)
    if not drawn.images:
        raise ToolInvokeError("Xinference gave no picture.")
    yield encoded_picture(drawn.images[0])
