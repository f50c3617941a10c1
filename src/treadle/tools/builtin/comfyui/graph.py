"""Graphs of ComfyUI: nodes by id, whose inputs are values or `[id of another node, number of its output]`."""

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

import msgspec

from treadle.engine.errors import ToolParameterError
from treadle.engine.values import JsonValue

Node: TypeAlias = dict[str, JsonValue]
Graph: TypeAlias = dict[str, Node]

_POSITIVE = "{{positive_prompt}}"
_NEGATIVE = "{{negative_prompt}}"
_SEEDS = ("seed", "noise_seed")


class TextToImage(msgspec.Struct, frozen=True, kw_only=True):
    """What a picture is drawn from. `loras` are names and strengths; `family` is SD15, SDXL, SD3 or FLUX."""

    model: str
    family: str
    prompt: str
    negative: str
    loras: list[tuple[str, float]]
    width: int
    height: int
    steps: int
    cfg: float
    sampler: str
    scheduler: str
    seed: int


def drawing_graph(asked: TextToImage) -> Graph:
    """Checkpoint, LoRAs, the two texts, an empty picture, the sampler, and what saves its result."""
    graph: Graph = {"model": _node("CheckpointLoaderSimple", ckpt_name=asked.model)}
    last = "model"
    for number, (name, strength) in enumerate(asked.loras, 1):
        links: dict[str, JsonValue] = {"model": [last, 0], "clip": [last, 1]}
        last = f"lora{number}"
        graph[last] = _node("LoraLoader", lora_name=name, strength_model=strength, strength_clip=strength, **links)
    empty = "EmptySD3LatentImage" if asked.family in ("SD3", "FLUX") else "EmptyLatentImage"
    graph["positive"] = _node("CLIPTextEncode", text=asked.prompt, clip=[last, 1])
    graph["negative"] = _node("CLIPTextEncode", text=asked.negative, clip=[last, 1])
    graph["empty"] = _node(empty, width=asked.width, height=asked.height, batch_size=1)
    positive = "positive"
    if asked.family == "FLUX":
        positive = "guidance"
        graph["guidance"] = _node("FluxGuidance", guidance=3.5, conditioning=["positive", 0])
    graph["sampler"] = _node(
        "KSampler",
        model=[last, 0],
        positive=[positive, 0],
        negative=["negative", 0],
        latent_image=["empty", 0],
        seed=asked.seed,
        steps=asked.steps,
        cfg=1.0 if asked.family == "FLUX" else asked.cfg,
        sampler_name=asked.sampler,
        scheduler=asked.scheduler,
        denoise=1.0,
    )
    graph["decoded"] = _node("VAEDecode", samples=["sampler", 0], vae=["model", 2])
    graph["saved"] = _node("SaveImage", images=["decoded", 0], filename_prefix="treadle")
    return graph


def parsed(text: str) -> Graph:
    """A workflow as ComfyUI exports it for its API. Raises ToolParameterError."""
    try:
        graph = msgspec.json.decode(text, type=dict[str, dict[str, Any]])
    except msgspec.ValidationError:
        graph = {}
    except (msgspec.DecodeError, RecursionError) as error:
        raise ToolParameterError(f'The parameter "workflow_json" is not valid JSON: {error}.') from None
    if not graph or not all("class_type" in node for node in graph.values()):
        raise ToolParameterError('The parameter "workflow_json" must be a workflow as ComfyUI exports it for its API.')
    return graph


def put_prompts(graph: Graph, positive: str, negative: str) -> Graph:
    """Both prompts in the places marked for them or, without marks, in the texts that lead to samplers."""
    text = json.dumps(graph)
    if _POSITIVE in text or _NEGATIVE in text:
        for mark, prompt in ((_POSITIVE, positive), (_NEGATIVE, negative)):
            text = text.replace(mark, json.dumps(prompt)[1:-1])
        return json.loads(text)
    for node in list(graph.values()):
        if "KSampler" in str(node["class_type"]):
            for name, prompt in (("positive", positive), ("negative", negative)):
                if prompt:
                    _put_text(graph, _inputs(node).get(name), prompt)
    return graph


def put_images(graph: Graph, names: Sequence[str], ids: Sequence[str]) -> None:
    """One picture for each of the nodes `ids` or, without any, for each LoadImage node. Raises ToolParameterError."""
    places = ids or [key for key, node in graph.items() if node["class_type"] == "LoadImage"]
    for place, name in zip(places, names, strict=False):
        _inputs(_of(graph, place))["image"] = name


def put_seeds(graph: Graph, ids: Sequence[str], seed: Callable[[], int]) -> None:
    """New seeds for the nodes `ids` or, without any, for all that have one. Raises ToolParameterError."""
    for node in [_of(graph, key) for key in ids] if ids else list(graph.values()):
        inputs = _inputs(node)
        for name in _SEEDS:
            if isinstance(inputs.get(name), int):
                inputs[name] = seed()


def _put_text(graph: Graph, link: JsonValue, prompt: str) -> None:
    """Writes the prompt into the first texts that come before `link`."""
    for node in _before(graph, link, set()):
        inputs = _inputs(node)
        if isinstance(inputs.get("text"), str):
            inputs["text"] = prompt
            return


def _before(graph: Graph, link: JsonValue, seen: set[str]) -> Iterator[Node]:
    if not (isinstance(link, list) and link and isinstance(link[0], str)) or link[0] in seen or link[0] not in graph:
        return
    seen.add(link[0])
    node = graph[link[0]]
    yield node
    for following in _inputs(node).values():
        yield from _before(graph, following, seen)


def _of(graph: Graph, key: str) -> Node:
    if key not in graph:
        raise ToolParameterError(f'The workflow has no node "{key}"; it has {", ".join(graph)}.')
    return graph[key]


def _inputs(node: Node) -> dict[str, JsonValue]:
    inputs = node.get("inputs")
    return inputs if isinstance(inputs, dict) else {}


def _node(kind: str, **inputs: JsonValue) -> Node:
    return {"class_type": kind, "inputs": inputs}
