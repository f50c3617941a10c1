"""Videos from Amazon Nova Reel, which writes them into S3.

Source: https://docs.aws.amazon.com/nova/latest/userguide/video-gen-access.html.
"""

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator
from urllib.parse import quote

import msgspec

from treadle.engine.errors import ToolInvokeError, ToolParameterError
from treadle.engine.values import JsonValue
from treadle.tools.builtin.call import Call
from treadle.tools.messages import Json, Link, Message, Text

from .client import asked, in_s3, link, path_in_s3

_MODEL = "amazon.nova-reel-v1:0"
_PAUSE = 10.0
_LOOKS = 90
_SHOWN_FOR = 24 * 3600
"""Seconds that the link to a video is good for."""


class _Begun(msgspec.Struct, rename="camel"):
    invocation_arn: str


class _Place(msgspec.Struct):
    s3Uri: str = ""  # noqa: N815 - the wire's name


class _Output(msgspec.Struct):
    s3OutputDataConfig: _Place = msgspec.field(default_factory=_Place)  # noqa: N815


class _Video(msgspec.Struct, rename="camel"):
    status: str
    failure_message: str = ""
    output_data_config: _Output = msgspec.field(default_factory=_Output)


async def nova_reel(call: Call) -> AsyncIterator[Message]:
    folder = call.required("video_output_s3uri").rstrip("/")
    path_in_s3(f"{folder}/output.mp4")
    body: dict[str, JsonValue] = {
        "modelId": _MODEL,
        "modelInput": await _asked_for(call),
        "outputDataConfig": {"s3OutputDataConfig": {"s3Uri": folder}},
    }
    begun = await asked(call, _Begun, "runtime", "/async-invoke", body)
    if call.flag("async"):
        yield Text(f"The video is being made. Ask for it under {begun.invocation_arn}; it is written to {folder}.")
        yield Json({"invocation_arn": begun.invocation_arn, "output": folder})
        return
    place = f"{await _made(call, begun.invocation_arn) or folder}/output.mp4"
    yield Text(f"The video was written to {place}.")
    yield Json({"invocation_arn": begun.invocation_arn, "output": place})
    yield Link(link(call, path_in_s3(place), _SHOWN_FOR), "video/mp4")


async def _asked_for(call: Call) -> JsonValue:
    """What is to be seen, as the model wants it. Raises ToolParameterError."""
    shown: dict[str, JsonValue] = {"text": call.required("prompt")}
    if first := call.text("image_input_s3uri"):
        kind = first.rpartition(".")[2].lower().replace("jpg", "jpeg")
        if kind not in ("png", "jpeg"):
            raise ToolParameterError(f'"{first}" is no picture that a video can begin with; give a PNG or JPEG.')
        found = await in_s3(call, "GET", path_in_s3(first))
        shown["images"] = [{"format": kind, "source": {"bytes": b64encode(found.body).decode("ascii")}}]
    return {
        "taskType": "TEXT_VIDEO",
        "textToVideoParams": shown,
        "videoGenerationConfig": {
            "durationSeconds": call.integer("duration", 6, 6),
            "fps": call.integer("fps", 24, 24),
            "dimension": call.text("dimension"),
            "seed": call.integer("seed", 0, 2_147_483_646),
        },
    }


async def _made(call: Call, arn: str) -> str:
    """The folder of the video, once it is there. Raises ToolInvokeError."""
    for _ in range(_LOOKS):
        video = await asked(call, _Video, "runtime", f"/async-invoke/{quote(arn, safe='')}", None)
        match video.status:
            case "Completed":
                return video.output_data_config.s3OutputDataConfig.s3Uri.rstrip("/")
            case "Failed":
                raise ToolInvokeError(f"Nova Reel made no video: {video.failure_message or 'no reason is given'}.")
            case _:
                await asyncio.sleep(_PAUSE)
    raise ToolInvokeError(f"Nova Reel did not finish the video within {_PAUSE * _LOOKS:g} seconds; see {arn}.")
