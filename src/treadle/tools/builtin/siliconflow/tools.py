"""Pictures from SiliconFlow (https://docs.siliconflow.cn/cn/api-reference/images/images-generations)."""

from collections.abc import AsyncIterator

import msgspec

from treadle.engine.values import JsonValue
from treadle.tools.builtin.call import Call
from treadle.tools.builtin.http import ask, send
from treadle.tools.messages import ImageUrl, Json, Message

_DIFFUSION = {
    "sd_3": "stabilityai/stable-diffusion-3-medium",
    "sd_xl": "stabilityai/stable-diffusion-xl-base-1.0",
    "sd_3.5_large": "stabilityai/stable-diffusion-3-5-large",
}


class _Picture(msgspec.Struct):
    url: str


class _Timings(msgspec.Struct):
    inference: float = 0


class _Drawn(msgspec.Struct):
    images: list[_Picture]
    seed: int | None = None
    timings: _Timings = msgspec.field(default_factory=_Timings)


async def flux(call: Call) -> AsyncIterator[Message]:
    model = "dev" if call.text("model") == "dev" else "schnell"
    body = {**_common(call)}
    for message in await _drawn(call, f"black-forest-labs/FLUX.1-{model}/text-to-image", body):
        yield message


async def stable_diffusion(call: Call) -> AsyncIterator[Message]:
    model = call.text("model")
    body: dict[str, JsonValue] = {
        "model": _DIFFUSION.get(model, model),
        **_common(call),
        "batch_size": call.integer("batch_size", 1, 4),
        "guidance_scale": call.number("guidance_scale"),
    }
    if unwanted := call.text("negative_prompt"):
        body["negative_prompt"] = unwanted
    for message in await _drawn(call, "images/generations", body):
        yield message


async def check(call: Call) -> None:
    headers = {"Authorization": f"Bearer {call.credential('siliconFlow_api_key')}"}
    await send(call, "GET", f"{call.urls['api']}/models", headers=headers)


def _common(call: Call) -> dict[str, JsonValue]:
    body: dict[str, JsonValue] = {
        "prompt": call.required("prompt"),
        "image_size": call.text("image_size"),
        "num_inference_steps": call.integer("num_inference_steps", 1, 100),
    }
    if call.text("seed"):
        body["seed"] = call.integer("seed", 0)
    return body


async def _drawn(call: Call, path: str, body: dict[str, JsonValue]) -> list[Message]:
    headers = {"Authorization": f"Bearer {call.credential('siliconFlow_api_key')}"}
    drawn = await ask(call, _Drawn, "POST", f"{call.urls['api']}/{path}", headers=headers, json=body, timeout=180)
    return [Json(msgspec.to_builtins(drawn)), *(ImageUrl(each.url) for each in drawn.images)]
