"""ComfyUI (models-and-tools §4.9), against a double that checks each graph's links."""

import json
from pathlib import Path

import pytest

from tests.doubles.upstreams.comfy import PNG, comfyui
from tests.doubles.upstreams.vendor import Vendor
from tests.nodes.ports import MemoryFiles, file
from tests.tools.builtin.calls import a_call, given, open_http
from tests.tools.builtin.cases import Case, check_failures, check_good_call
from treadle.engine.errors import ToolInvokeError, ToolParameterError
from treadle.engine.values import Value
from treadle.tools.builtin.comfyui.graph import parsed, put_prompts
from treadle.tools.messages import Blob, Message

PICTURE = Blob(PNG, "image/png", "image.png")
DRAW: dict[str, Value] = {"prompt": "a loom", "model": "dream.safetensors"}
WORKFLOW = {
    "3": {
        "class_type": "KSampler",
        "inputs": {"seed": 7, "steps": 20, "positive": ["5", 0], "negative": ["6", 0], "latent_image": ["4", 0]},
    },
    "4": {"class_type": "LoadImage", "inputs": {"image": "example.png"}},
    "5": {"class_type": "FluxGuidance", "inputs": {"conditioning": ["7", 0], "guidance": 3}},
    "6": {"class_type": "CLIPTextEncode", "inputs": {"text": "old", "clip": ["8", 0]}},
    "7": {"class_type": "CLIPTextEncode", "inputs": {"text": "old", "clip": ["8", 0]}},
    "8": {"class_type": "CLIPLoader", "inputs": {"clip_name": "c"}},
}


async def draw(tool: str, parameters: dict[str, Value], vendor: Vendor, tmp_path: Path) -> list[Message]:
    files = MemoryFiles({"cat.png": PNG})
    async with open_http(tmp_path) as http:
        call = a_call(parameters, credentials={"base_url": vendor.origin}, http=http, files=files)
        return await given("comfyui", tool, call)


@pytest.mark.parametrize("family", ["SD15", "SDXL", "SD3", "FLUX"])
async def test_a_picture_is_drawn(family: str, tmp_path: Path) -> None:
    async with comfyui() as vendor:
        parameters: dict[str, Value] = {
            **DRAW,
            "model_type": family,
            "lora_2": "wool.safetensors",
            "lora_strength_2": 0.5,
        }
        assert await draw("txt2img", parameters, vendor, tmp_path) == [PICTURE]
        graph = vendor.requests_to("/prompt")[0].json["prompt"]
        assert graph["lora1"]["inputs"] == {
            "lora_name": "wool.safetensors", "strength_model": 0.5, "strength_clip": 0.5, "model": ["model", 0],
            "clip": ["model", 1],
        }  # fmt: skip
        assert graph["positive"]["inputs"] == {"text": "a loom", "clip": ["lora1", 1]}
        assert graph["sampler"]["inputs"]["cfg"] == (1.0 if family == "FLUX" else 7.0)
        assert graph["empty"]["class_type"] == (
            "EmptyLatentImage" if family in ("SD15", "SDXL") else "EmptySD3LatentImage"
        )


async def test_a_picture_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("treadle.tools.builtin.comfyui.tools._PAUSE", 0)
    async with comfyui(looks=3) as vendor:
        assert await draw("txt2img", DRAW, vendor, tmp_path) == [PICTURE]
        assert len(vendor.requests_to("/history/p1")) == 4


async def test_a_workflow_gets_prompts_pictures_and_seeds(tmp_path: Path) -> None:
    async with comfyui() as vendor:
        parameters: dict[str, Value] = {
            "workflow_json": json.dumps(WORKFLOW), "positive_prompt": 'a "red" loom', "negative_prompt": "cats",
            "images": [file("cat.png")],
        }  # fmt: skip
        assert await draw("workflow", parameters, vendor, tmp_path) == [PICTURE]
        [upload] = vendor.requests_to("/upload/image")
        assert [(part.filename, part.content_type, part.content) for part in upload.body.files] == [
            ("cat.png", "image/png", PNG)
        ]
        graph = vendor.requests_to("/prompt")[0].json["prompt"]
        assert graph["7"]["inputs"]["text"] == 'a "red" loom'
        assert graph["6"]["inputs"]["text"] == "cats"
        assert graph["4"]["inputs"]["image"] == "in/cat.png"
        assert graph["3"]["inputs"]["seed"] != 7


def test_marks_come_before_samplers() -> None:
    text = json.dumps(WORKFLOW).replace("example.png", "{{positive_prompt}}")
    graph = put_prompts(parsed(text), 'a "loom"', "cats")
    assert graph["4"]["inputs"] == {"image": 'a "loom"'}
    assert graph["7"]["inputs"] == {"text": "old", "clip": ["8", 0]}


@pytest.mark.parametrize(
    ("tool", "parameters", "error", "reason"),
    [
        ("txt2img", {**DRAW, "model": "x"}, ToolParameterError, 'has no "x" among its checkpoints: dream.safetensors'),
        ("txt2img", {**DRAW, "lora_1": "x"}, ToolParameterError, 'has no "x" among its loras: wool.safetensors'),
        ("workflow", {"workflow_json": "{"}, ToolParameterError, "is not valid JSON"),
        ("workflow", {"workflow_json": '{"nodes": []}'}, ToolParameterError, "exports it for its API"),
        ("workflow", {"workflow_json": json.dumps(WORKFLOW), "seed_id": "99"}, ToolParameterError, 'no node "99"'),
    ],
)
async def test_what_cannot_be_drawn_is_told(
    tool: str, parameters: dict[str, Value], error: type[Exception], reason: str, tmp_path: Path
) -> None:
    async with comfyui() as vendor:
        with pytest.raises(error, match=reason):
            await draw(tool, parameters, vendor, tmp_path)
        assert vendor.requests_to("/prompt") == []


async def test_a_failed_drawing_says_why(tmp_path: Path) -> None:
    async with comfyui(fails=True) as vendor:
        with pytest.raises(ToolInvokeError, match="ComfyUI failed: CUDA out of memory"):
            await draw("txt2img", DRAW, vendor, tmp_path)


async def test_failures_of_the_server_are_told(tmp_path: Path) -> None:
    case = Case("comfyui/txt2img", DRAW, comfyui, [PICTURE], {"base_url": "{origin}"})
    await check_good_call(case, tmp_path)
    await check_failures(case, tmp_path)
