"""Pictures from StepFun (https://platform.stepfun.com/docs/api-reference/image/image)."""

from collections.abc import AsyncIterator

import msgspec

from treadle.engine.values import JsonValue
from treadle.tools.builtin.call import Call
from treadle.tools.builtin.http import ask
from treadle.tools.builtin.pictures import PICTURE_BYTES, encoded_picture
from treadle.tools.messages import Message


class _Picture(msgspec.Struct):
    b64_json: str


class _Drawn(msgspec.Struct):
    data: list[_Picture]


async def image(call: Call) -> AsyncIterator[Message]:
    body: dict[str, JsonValue] = {
        "model": "step-1x-medium",
        "prompt": call.required("prompt"),
        "size": call.text("size"),
        "n": 1,
        "response_format": "b64_json",
        "seed": call.integer("seed", 0),
        "steps": call.integer("steps", 1, 100),
    }
    base = (call.optional_credential("stepfun_base_url") or call.urls["api"]).rstrip("/")
    headers = {"Authorization": f"Bearer {call.credential('stepfun_api_key')}"}
    url = f"{base}/images/generations"
    for each in (
        await ask(call, _Drawn, "POST", url, headers=headers, json=body, timeout=180, max_bytes=PICTURE_BYTES)
    ).data:
        yield encoded_picture(each.b64_json)
