"""Pictures from Amazon Nova Canvas.

Source: https://docs.aws.amazon.com/nova/latest/userguide/image-gen-req-resp-structure.html.
"""

import re
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator

import msgspec

from treadle.engine.errors import ToolInvokeError, ToolParameterError
from treadle.engine.values import JsonValue
from treadle.tools.builtin.call import Call
from treadle.tools.messages import Blob, Message, Text

from .client import asked, in_s3, path_in_s3

_MODEL = "/model/amazon.nova-canvas-v1%3A0/invoke"
_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}\b")


class _Pictures(msgspec.Struct):
    images: list[str] = []
    error: str | None = None


async def nova_canvas(call: Call) -> AsyncIterator[Message]:
    body = await _task(call)
    if call.text("task_type") != "BACKGROUND_REMOVAL":
        body["imageGenerationConfig"] = {
            "numberOfImages": 1,
            "width": call.integer("width", 320, 4096),
            "height": call.integer("height", 320, 4096),
            "cfgScale": call.number("cfg_scale"),
            "seed": call.integer("seed", 0),
            "quality": call.text("quality"),
        }
    made = await asked(call, _Pictures, "runtime", _MODEL, body, timeout=300)
    if made.error or not made.images:
        raise ToolInvokeError(f"Nova Canvas made no picture: {made.error or 'no reason is given'}.")
    picture = b64decode(made.images[0])
    name = f"canvas-output-{int(call.clock())}.png"
    if folder := call.text("image_output_s3uri").rstrip("/"):
        place = f"{folder}/{name}"
        await in_s3(call, "PUT", path_in_s3(place), picture, kind="image/png")
        yield Text(f"The picture was written to {place}.")
    yield Blob(picture, "image/png", name)


async def _task(call: Call) -> dict[str, JsonValue]:
    """What is to be made, as the model wants it. Raises ToolParameterError."""
    kind = call.text("task_type")
    words: dict[str, JsonValue] = {"text": call.required("prompt")}
    if negative := call.text("negative_prompt"):
        words["negativeText"] = negative
    match kind:
        case "TEXT_IMAGE":
            return {"taskType": kind, "textToImageParams": words}
        case "COLOR_GUIDED_GENERATION":
            colours: list[JsonValue] = [*_COLOUR.findall(call.text("colors"))]
            if not colours:
                raise ToolParameterError('The parameter "colors" names no colour; write some like #FF8800.')
            reference: dict[str, JsonValue] = {}
            if call.text("image_input_s3uri"):
                reference["referenceImage"] = await _picture(call)
            return {"taskType": kind, "colorGuidedGenerationParams": {**words, **reference, "colors": colours}}
        case "IMAGE_VARIATION":
            like: dict[str, JsonValue] = {
                "images": [await _picture(call)],
                "similarityStrength": call.number("similarity_strength"),
            }
            return {"taskType": kind, "imageVariationParams": {**words, **like}}
        case "INPAINTING":
            where: dict[str, JsonValue] = {"image": await _picture(call), "maskPrompt": call.required("mask_prompt")}
            return {"taskType": kind, "inPaintingParams": {**words, **where}}
        case "OUTPAINTING":
            where = {
                "image": await _picture(call),
                "maskPrompt": call.required("mask_prompt"),
                "outPaintingMode": call.text("outpainting_mode"),
            }
            return {"taskType": kind, "outPaintingParams": {**words, **where}}
        case _:
            return {"taskType": kind, "backgroundRemovalParams": {"image": await _picture(call)}}


async def _picture(call: Call) -> str:
    """The picture to work on, in base64."""
    found = await in_s3(call, "GET", path_in_s3(call.required("image_input_s3uri")))
    return b64encode(found.body).decode("ascii")
