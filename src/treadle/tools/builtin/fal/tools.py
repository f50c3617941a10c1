"""Pictures and transcripts from fal (https://fal.ai/models)."""

from base64 import b64encode
from collections.abc import AsyncIterator

import msgspec

from treadle.engine.errors import ToolParameterError
from treadle.engine.values import JsonValue
from treadle.tools.builtin.call import Call
from treadle.tools.builtin.http import ask
from treadle.tools.messages import ImageUrl, Json, Message, Text

_AUDIO = 7 * 1024 * 1024
"""The largest recording in bytes: it travels inside the request."""


class _Picture(msgspec.Struct):
    url: str


class _Drawn(msgspec.Struct):
    images: list[_Picture]
    seed: int | None = None


class _Transcript(msgspec.Struct):
    text: str


async def flux_1_1_pro(call: Call) -> AsyncIterator[Message]:
    body = {"image_size": call.text("image_size"), "safety_tolerance": call.text("safety_tolerance")}
    for message in await _drawn(call, "flux-pro/v1.1", {**body}):
        yield message


async def flux_1_1_pro_ultra(call: Call) -> AsyncIterator[Message]:
    body: dict[str, JsonValue] = {
        "aspect_ratio": call.text("aspect_ratio"),
        "safety_tolerance": call.text("safety_tolerance"),
        "raw": call.flag("raw"),
    }
    for message in await _drawn(call, "flux-pro/v1.1-ultra", body):
        yield message


async def flux_1_dev(call: Call) -> AsyncIterator[Message]:
    body: dict[str, JsonValue] = {
        "image_size": call.text("image_size"),
        "num_inference_steps": call.integer("num_inference_steps", 1, 50),
        "guidance_scale": call.number("guidance_scale"),
    }
    for message in await _drawn(call, "flux/dev", body):
        yield message


async def wizper(call: Call) -> AsyncIterator[Message]:
    files = call.attached("audio_file")
    if not files:
        raise ToolParameterError('The parameter "audio_file" is empty; give it a recording.')
    data = await call.files.read(files[0])
    if len(data) > _AUDIO:
        raise ToolParameterError(f"The recording has {len(data):,} bytes, more than the limit of {_AUDIO:,}.")
    recording = f"data:{files[0].mime_type or 'audio/mpeg'};base64,{b64encode(data).decode()}"
    body = {"audio_url": recording, "task": call.text("task"), "language": call.text("language")}
    url = f"{call.urls['api']}/wizper"
    yield Text((await ask(call, _Transcript, "POST", url, headers=_key(call), json={**body}, timeout=300)).text)


async def _drawn(call: Call, model: str, more: dict[str, JsonValue]) -> list[Message]:
    body: dict[str, JsonValue] = {
        "prompt": call.required("prompt"),
        "num_images": call.integer("num_images", 1, 4),
        **more,
    }
    if call.text("seed"):
        body["seed"] = call.integer("seed", 0)
    url = f"{call.urls['api']}/{model}"
    drawn = await ask(call, _Drawn, "POST", url, headers=_key(call), json=body, timeout=180)
    return [*(ImageUrl(each.url) for each in drawn.images), Json({"seed": drawn.seed})]


def _key(call: Call) -> dict[str, str]:
    return {"Authorization": f"Key {call.credential('fal_api_key')}"}
