"""Pictures from getimg.ai (https://docs.getimg.ai/reference)."""

from collections.abc import AsyncIterator

import msgspec

from treadle.engine.errors import ToolParameterError
from treadle.engine.values import JsonValue
from treadle.tools.builtin.call import Call
from treadle.tools.builtin.http import ask
from treadle.tools.builtin.pictures import PICTURE_BYTES, encoded_picture
from treadle.tools.messages import Message

_MODES = ("essential-v2", "stable-diffusion-xl", "stable-diffusion", "latent-consistency", "flux-schnell")


class _Drawn(msgspec.Struct):
    image: str
    seed: int | None = None


async def text2image(call: Call) -> AsyncIterator[Message]:
    mode = call.text("mode")
    if mode not in _MODES:
        raise ToolParameterError(f'There is no mode "{mode}"; there are {", ".join(_MODES)}.')
    body: dict[str, JsonValue] = {"prompt": call.required("prompt"), "output_format": call.text("output_format")}
    if mode == "essential-v2":
        body |= {"style": call.text("style"), "aspect_ratio": call.text("aspect_ratio")}
    else:
        body |= {"width": call.integer("width", 256, 1536), "height": call.integer("height", 256, 1536)}
        if call.text("steps"):
            body["steps"] = call.integer("steps", 1, 100)
        if call.text("seed"):
            body["seed"] = call.integer("seed", 1)
    if mode not in ("essential-v2", "flux-schnell"):
        body |= {name: value for name in ("model", "negative_prompt") if (value := call.text(name))}
    base = (call.optional_credential("base_url") or call.urls["api"]).rstrip("/")
    headers = {"Authorization": f"Bearer {call.credential('getimg_api_key')}"}
    drawn = await ask(
        call,
        _Drawn,
        "POST",
        f"{base}/{mode}/text-to-image",
        headers=headers,
        json=body,
        timeout=180,
        max_bytes=PICTURE_BYTES,
    )
    yield encoded_picture(drawn.image)
