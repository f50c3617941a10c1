"""Presentations from SlideSpeak (https://docs.slidespeak.co/basics/api-references/generate-presentation/)."""

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import quote

import msgspec

from treadle.engine.errors import ToolInvokeError
from treadle.tools.builtin.call import Call
from treadle.tools.builtin.http import ask, send
from treadle.tools.messages import Json, Link, Message

_PAUSE = 3.0
_LOOKS = 100
_SLIDES = "application/vnd.openxmlformats-officedocument.presentationml.presentation"


class _Started(msgspec.Struct):
    task_id: str


class _Result(msgspec.Struct):
    url: str = ""


class _Task(msgspec.Struct):
    task_status: str
    task_result: _Result | None = None


async def check(call: Call) -> None:
    await send(call, "GET", f"{call.urls['api']}/me", headers=_key(call))


async def slides_generator(call: Call) -> AsyncIterator[Message]:
    body = {
        "plain_text": call.required("plain_text"),
        "length": call.integer("length", 1, 50),
        "template": call.text("template"),
    }
    url = f"{call.urls['api']}/presentation/generate"
    task = (await ask(call, _Started, "POST", url, headers=_key(call), json={**body})).task_id
    for _ in range(_LOOKS):
        found = await ask(
            call, _Task, "GET", f"{call.urls['api']}/task_status/{quote(task, safe='')}", headers=_key(call)
        )
        if found.task_status == "SUCCESS" and found.task_result:
            yield Json({"url": found.task_result.url})
            yield Link(found.task_result.url, _SLIDES)
            return
        if found.task_status == "FAILURE":
            raise ToolInvokeError("SlideSpeak could not make the presentation.")
        await asyncio.sleep(_PAUSE)
    raise ToolInvokeError(f"SlideSpeak did not finish the presentation within {_PAUSE * _LOOKS:g} seconds.")


def _key(call: Call) -> dict[str, str]:
    return {"X-API-Key": call.credential("slidespeak_api_key")}
