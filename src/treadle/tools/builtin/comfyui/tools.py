"""Pictures from ComfyUI (https://docs.comfy.org/development/comfyui-server/comms_routes)."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from typing import Any
from urllib.parse import quote

import msgspec

from treadle.engine.errors import ToolInvokeError, ToolParameterError
from treadle.tools.builtin.call import Call
from treadle.tools.builtin.http import ask, decoded, multipart, send
from treadle.tools.builtin.pictures import picture
from treadle.tools.messages import Message

from .graph import Graph, TextToImage, drawing_graph, parsed, put_images, put_prompts, put_seeds

_PAUSE = 1.0
_LOOKS = 600


class _Queued(msgspec.Struct):
    prompt_id: str


class _Image(msgspec.Struct):
    filename: str
    subfolder: str = ""
    type: str = "output"


class _Output(msgspec.Struct):
    images: list[_Image] = []


class _Status(msgspec.Struct):
    status_str: str = ""
    messages: list[list[Any]] = []


class _Done(msgspec.Struct):
    outputs: dict[str, _Output] = {}
    status: _Status = msgspec.field(default_factory=_Status)


class _Uploaded(msgspec.Struct):
    name: str
    subfolder: str = ""


async def check(call: Call) -> None:
    await _listed(call, "checkpoints")


async def txt2img(call: Call) -> AsyncIterator[Message]:
    model, loras = call.required("model"), _loras(call)
    await _known(call, "checkpoints", [model])
    if loras:
        await _known(call, "loras", [name for name, _ in loras])
    asked = TextToImage(
        model=model,
        family=call.text("model_type"),
        prompt=call.required("prompt"),
        negative=call.text("negative_prompt"),
        loras=loras,
        width=call.integer("width", 64, 4096),
        height=call.integer("height", 64, 4096),
        steps=call.integer("steps", 1, 150),
        cfg=call.number("cfg"),
        sampler=call.text("sampler_name"),
        scheduler=call.text("scheduler"),
        seed=_seed(),
    )
    async for message in _drawn(call, drawing_graph(asked)):
        yield message


async def workflow(call: Call) -> AsyncIterator[Message]:
    graph = parsed(call.required("workflow_json"))
    graph = put_prompts(graph, call.text("positive_prompt"), call.text("negative_prompt"))
    if call.attached("images"):
        put_images(graph, await _uploaded(call), call.listed("image_ids"))
    put_seeds(graph, call.listed("seed_id"), _seed)
    async for message in _drawn(call, graph):
        yield message


async def _drawn(call: Call, graph: Graph) -> AsyncIterator[Message]:
    queued = await ask(call, _Queued, "POST", f"{_base(call)}/prompt", json={"prompt": {**graph}})
    for _ in range(_LOOKS):
        url = f"{_base(call)}/history/{quote(queued.prompt_id, safe='')}"
        done = (await ask(call, dict[str, _Done], "GET", url)).get(queued.prompt_id)
        if done is not None:
            break
        await asyncio.sleep(_PAUSE)
    else:
        raise ToolInvokeError(f"ComfyUI did not finish within {_PAUSE * _LOOKS:g} seconds.")
    if done.status.status_str == "error":
        raise ToolInvokeError(f"ComfyUI failed: {_reason(done.status)}.")
    images = [image for output in done.outputs.values() for image in output.images]
    for image in [each for each in images if each.type != "temp"] or images:
        query = {"filename": image.filename, "subfolder": image.subfolder, "type": image.type}
        yield picture((await send(call, "GET", f"{_base(call)}/view", query=query)).body)


async def _uploaded(call: Call) -> list[str]:
    """The names that ComfyUI gave the pictures."""
    names: list[str] = []
    for file in call.attached("images"):
        data = await call.files.read(file)
        part = (file.filename or "image.png", file.mime_type or "image/png", data)
        kind, body = multipart({"overwrite": "true"}, {"image": part})
        response = await send(call, "POST", f"{_base(call)}/upload/image", headers={"Content-Type": kind}, body=body)
        stored = decoded(response, _Uploaded)
        names.append(f"{stored.subfolder}/{stored.name}" if stored.subfolder else stored.name)
    return names


async def _known(call: Call, kind: str, wanted: Sequence[str]) -> None:
    offered = await _listed(call, kind)
    if missing := [name for name in wanted if name not in offered]:
        raise ToolParameterError(f'ComfyUI has no "{missing[0]}" among its {kind}: {", ".join(offered) or "none"}.')


async def _listed(call: Call, kind: str) -> list[str]:
    return await ask(call, list[str], "GET", f"{_base(call)}/models/{kind}")


def _loras(call: Call) -> list[tuple[str, float]]:
    numbers = [number for number in (1, 2, 3) if call.text(f"lora_{number}")]
    return [(call.text(f"lora_{number}"), call.number(f"lora_strength_{number}")) for number in numbers]


def _base(call: Call) -> str:
    return call.credential("base_url").rstrip("/")


def _seed() -> int:
    return random.getrandbits(48)


def _reason(status: _Status) -> str:
    for message in status.messages:
        match message:
            case ["execution_error", {"exception_message": str(said)}]:
                return " ".join(said.split()).rstrip(".")
            case _:
                continue
    return "it does not say why"
