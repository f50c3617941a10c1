"""ComfyUI, as far as drawing goes (https://docs.comfy.org/development/comfyui-server/comms_routes)."""

from aiohttp import web

from tests.doubles.http_double import Refused
from tests.doubles.recording import JsonValue, Request
from tests.doubles.upstreams.vendor import TEXT, Endpoint, Vendor, obj

PNG = b"\x89PNG\r\n\x1a\n picture"


def comfyui(looks: int = 0, fails: bool = False) -> Vendor:
    """looks: how often the picture is not ready yet when it is asked for."""
    seen = [0]

    def queue(request: Request) -> JsonValue:
        graph = request.json["prompt"]
        for node in graph.values():
            for link in node["inputs"].values():
                if isinstance(link, list) and link[0] not in graph:
                    raise Refused(400, f"A link leads to {link[0]}, which is no node.", kind="schema")
        return {"prompt_id": "p1", "number": 1, "node_errors": {}}

    def history(request: Request) -> JsonValue:
        seen[0] += 1
        if seen[0] <= looks:
            return {}
        if fails:
            error: JsonValue = ["execution_error", {"node_id": "3", "exception_message": "CUDA out of memory.\n"}]
            return {"p1": {"outputs": {}, "status": {"status_str": "error", "completed": False, "messages": [error]}}}
        kept: JsonValue = {"filename": "treadle_1.png", "subfolder": "", "type": "output"}
        preview: JsonValue = {"filename": "x.png", "subfolder": "", "type": "temp"}
        outputs: JsonValue = {"8": {"images": [preview]}, "9": {"images": [kept]}, "10": {"text": ["x"]}}
        return {"p1": {"outputs": outputs, "status": {"status_str": "success", "completed": True, "messages": []}}}

    node = obj({"class_type": TEXT, "inputs": {"type": "object"}}, {"_meta": {"type": "object"}})
    graph = {"type": "object", "additionalProperties": node, "minProperties": 1}
    uploaded = web.json_response
    return Vendor(
        Endpoint("GET", "/models/checkpoints", ["dream.safetensors"]),
        Endpoint("GET", "/models/loras", ["wool.safetensors"]),
        Endpoint("POST", "/prompt", queue, body=obj({"prompt": graph}, {"client_id": TEXT})),
        Endpoint("GET", "/history/p1", history),
        Endpoint(
            "GET",
            "/view",
            PNG,
            query={"filename": "treadle_1.png", "subfolder": "", "type": "output"},
            kind="image/png",
        ),
        Endpoint(
            "POST",
            "/upload/image",
            lambda request: uploaded({"name": "cat.png", "subfolder": "in", "type": "input"}),
            form={"overwrite": "true"},
            files=("image",),
        ),
    )
