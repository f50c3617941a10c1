"""Pictures from a Stable Diffusion WebUI (https://github.com/AUTOMATIC1111/stable-diffusion-webui/wiki/API)."""

from collections.abc import AsyncIterator

import msgspec

from treadle.engine.errors import ToolInvokeError
from treadle.engine.values import JsonValue
from treadle.tools.builtin.call import Call
from treadle.tools.builtin.http import ask, send
from treadle.tools.builtin.pictures import PICTURE_BYTES, encoded_picture
from treadle.tools.messages import Message

_SECONDS = 120.0


class _Model(msgspec.Struct):
    title: str
    model_name: str = ""


class _Drawn(msgspec.Struct):
    images: list[str]


async def check(call: Call) -> None:
    await _known(call, call.credential("model"))


async def stable_diffusion(call: Call) -> AsyncIterator[Message]:
    base = _base(call)
    wanted = call.text("model") or call.credential("model")
    await _known(call, wanted)
    await send(call, "POST", f"{base}/options", json={"sd_model_checkpoint": wanted}, timeout=_SECONDS)
    lora = call.text("lora")
    body: dict[str, JsonValue] = {
        "prompt": call.required("prompt") + (f", <lora:{lora}:1>" if lora else ""),
        "negative_prompt": call.text("negative_prompt"),
        "steps": call.integer("steps", 1, 150),
        "width": call.integer("width", 64, 2048),
        "height": call.integer("height", 64, 2048),
    }
    drawn = await ask(call, _Drawn, "POST", f"{base}/txt2img", json=body, timeout=_SECONDS, max_bytes=PICTURE_BYTES)
    if not drawn.images:
        raise ToolInvokeError("Stable Diffusion gave no picture.")
    yield encoded_picture(drawn.images[0])


async def _known(call: Call, wanted: str) -> None:
    """Raises ToolInvokeError when the server has no such model."""
    models = await ask(call, list[_Model], "GET", f"{_base(call)}/sd-models")
    if not any(wanted in (model.title, model.model_name) for model in models):
        names = ", ".join(model.model_name or model.title for model in models) or "none at all"
        raise ToolInvokeError(f'Stable Diffusion has no model "{wanted}"; it has {names}.')


def _base(call: Call) -> str:
    return f"{call.credential('base_url').rstrip('/')}/sdapi/v1"
