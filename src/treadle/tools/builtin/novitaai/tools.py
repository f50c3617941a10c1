"""Pictures from Novita (https://novita.ai/docs/api-reference)."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec

from treadle.engine.errors import ToolInvokeError
from treadle.engine.values import JsonValue
from treadle.tools.builtin.call import Call
from treadle.tools.builtin.http import ask
from treadle.tools.messages import ImageUrl, Json, Message

_PAUSE = 2.0
_LOOKS = 90


class _Started(msgspec.Struct):
    task_id: str


class _Task(msgspec.Struct):
    status: str
    reason: str = ""


class _Picture(msgspec.Struct):
    image_url: str


class _Result(msgspec.Struct):
    task: _Task
    images: list[_Picture] = []


class _Models(msgspec.Struct):
    models: list[dict[str, Any]]


async def novitaai_txt2img(call: Call) -> AsyncIterator[Message]:
    asked: dict[str, JsonValue] = {
        "model_name": call.required("model_name"),
        "prompt": call.required("prompt"),
        "width": call.integer("width", 128, 2048),
        "height": call.integer("height", 128, 2048),
        "image_num": call.integer("image_num", 1, 8),
        "guidance_scale": call.number("guidance_scale"),
        "seed": call.integer("seed", -1),
        "steps": call.integer("steps", 1, 100),
        "sampler_name": call.text("sampler_name"),
    }
    if unwanted := call.text("negative_prompt"):
        asked["negative_prompt"] = unwanted
    url = f"{call.urls['api']}/async/txt2img"
    started = await ask(call, _Started, "POST", url, headers=_key(call), json={"request": asked})
    for each in (await _finished(call, started.task_id)).images:
        yield ImageUrl(each.image_url)


async def novitaai_modelquery(call: Call) -> AsyncIterator[Message]:
    query = {"pagination.limit": 10, "filter.types": "checkpoint", "filter.query": call.text("query") or None}
    found = await ask(call, _Models, "GET", f"{call.urls['api']}/model", query=query, headers=_key(call))
    yield Json({"models": [*found.models]})


async def _finished(call: Call, task: str) -> _Result:
    for _ in range(_LOOKS):
        url, query = f"{call.urls['api']}/async/task-result", {"task_id": task}
        result = await ask(call, _Result, "GET", url, query=query, headers=_key(call))
        if result.task.status == "TASK_STATUS_SUCCEED":
            return result
        if result.task.status == "TASK_STATUS_FAILED":
            raise ToolInvokeError(f"Novita could not draw the picture: {result.task.reason or 'no reason is given'}.")
        await asyncio.sleep(_PAUSE)
    raise ToolInvokeError(f"Novita did not finish the picture within {_PAUSE * _LOOKS:g} seconds.")


def _key(call: Call) -> dict[str, str]:
    return {"Authorization": f"Bearer {call.credential('api_key')}"}
