"""Videos of faces from D-ID (https://docs.d-id.com/reference)."""

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import quote

import msgspec

from treadle.engine.errors import ToolInvokeError
from treadle.engine.values import JsonValue
from treadle.tools.builtin.call import Call
from treadle.tools.builtin.http import ask, send
from treadle.tools.messages import Json, Link, Message

_PAUSE = 3.0
_LOOKS = 100


class _Error(msgspec.Struct):
    description: str = ""


class _Video(msgspec.Struct, omit_defaults=True):
    id: str
    status: str
    result_url: str | None = None
    error: _Error | None = None


async def check(call: Call) -> None:
    await send(call, "GET", f"{_base(call)}/credits", headers=_key(call))


async def talks(call: Call) -> AsyncIterator[Message]:
    script: dict[str, JsonValue] = {"type": "text", "input": call.required("text_input")}
    if voice := call.text("voice_id"):
        script["provider"] = {"type": call.text("voice_provider"), "voice_id": voice}
    for message in await _made(call, "talks", {"source_url": call.required("source_url"), "script": script}):
        yield message


async def animations(call: Call) -> AsyncIterator[Message]:
    body: dict[str, JsonValue] = {"source_url": call.required("source_url")}
    if driver := call.text("driver_url"):
        body["driver_url"] = driver
    for message in await _made(call, "animations", body):
        yield message


async def _made(call: Call, kind: str, body: dict[str, JsonValue]) -> list[Message]:
    """The video once it is there."""
    video = await ask(call, _Video, "POST", f"{_base(call)}/{kind}", headers=_key(call), json=body)
    for _ in range(_LOOKS):
        url = f"{_base(call)}/{kind}/{quote(video.id, safe='')}"
        video = await ask(call, _Video, "GET", url, headers=_key(call))
        if video.status == "done" and video.result_url:
            return [Json(msgspec.to_builtins(video)), Link(video.result_url, "video/mp4")]
        if video.status in ("error", "rejected"):
            reason = video.error.description if video.error else "no reason is given"
            raise ToolInvokeError(f"D-ID could not make the video: {reason}.")
        await asyncio.sleep(_PAUSE)
    raise ToolInvokeError(f"D-ID did not finish the video within {_PAUSE * _LOOKS:g} seconds.")


def _base(call: Call) -> str:
    return (call.optional_credential("base_url") or call.urls["api"]).rstrip("/")


def _key(call: Call) -> dict[str, str]:
    return {"Authorization": f"Basic {call.credential('did_api_key')}"}
