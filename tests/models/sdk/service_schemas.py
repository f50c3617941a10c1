"""More of the vendors' request schemas: Cohere's and Responses' from the SDKs, those of AWS from botocore's data.

`python -m tests.models.sdk.service_schemas` writes them. Objects are closed, and so are the unions of AWS.
"""

import gzip
import inspect
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import botocore
from cohere.v2.client import V2Client
from openai.types.responses.response_create_params import ResponseCreateParamsBase
from pydantic import TypeAdapter, create_model

from tests.doubles.schema import SCHEMAS
from tests.models.sdk.schemas import Schema, finished, written

_RESPONSE_ITEMS = frozenset({
    "EasyInputMessageParam", "ResponseFunctionToolCallParam", "FunctionCallOutput", "ResponseReasoningItemParam",
    "FunctionToolParam", "ResponseInputTextParam", "ResponseInputImageParam", "ResponseInputFileParam",
})  # fmt: skip
"""Of a union with one of these members, the other objects are left out: they run at the vendor's side."""


def schemas() -> dict[str, Schema]:
    """Every derived schema by the file that keeps it."""
    return {
        "cohere/chat": of_call("POST /v2/chat", V2Client.chat, ["model", "messages", "stream"], stream=True),
        "cohere/embed": of_call("POST /v2/embed", V2Client.embed, ["model", "input_type"]),
        "cohere/rerank": of_call("POST /v2/rerank", V2Client.rerank, ["model", "query", "documents"]),
        "openai/responses": responses(),
        "bedrock/converse": of_service("bedrock-runtime", "ConverseStreamRequest"),
        "bedrock/rerank": of_service("bedrock-agent-runtime", "RerankRequest"),
    }


def of_call(title: str, call: Callable[..., Any], required: list[str], *, stream: bool = False) -> Schema:
    """The body that a method of Cohere's SDK builds from its arguments."""
    given = {
        name: (parameter.annotation, None)
        for name, parameter in inspect.signature(call).parameters.items()
        if name not in ("self", "request_options")
    }
    if stream:
        given["stream"] = (bool, False)
    schema = _closed(TypeAdapter(create_model("Body", **given)).json_schema())  # type: ignore[call-overload]
    schema.setdefault("$defs", {})
    return finished(title, schema, required)


def responses() -> Schema:
    """`POST /v1/responses`."""
    schema = _chosen(TypeAdapter(ResponseCreateParamsBase).json_schema())
    schema["properties"]["stream"] = {"type": "boolean"}
    return finished("POST /v1/responses", schema, ["model", "input"])


def of_service(service: str, shape: str) -> Schema:
    """The body of an operation of AWS."""
    folder = Path(botocore.__file__).parent / "data" / service
    data = json.loads(gzip.decompress(next(folder.glob("*/service-2.json.gz")).read_bytes()))
    shapes = data["shapes"]
    schema = _of_shape(shapes, shape)
    schema["$defs"] = {name: _of_shape(shapes, name) for name in shapes}
    return finished(shape, schema, schema.get("required", []))


def _of_shape(shapes: dict[str, Any], name: str) -> Schema:
    shape = shapes[name]
    match shape["type"]:
        case "structure" if shape.get("document"):
            return {}
        case "structure":
            members = {
                key: {"$ref": f"#/$defs/{each['shape']}"}
                for key, each in shape.get("members", {}).items()
                if "location" not in each
            }
            required = [key for key in shape.get("required", []) if key in members]
            one = {"minProperties": 1, "maxProperties": 1} if shape.get("union") else {}
            return {"type": "object", "properties": members, "required": required, **one}
        case "list":
            return {"type": "array", "items": {"$ref": f"#/$defs/{shape['member']['shape']}"}, **_size(shape, "Items")}
        case "map":
            return {"type": "object", "additionalProperties": {"$ref": f"#/$defs/{shape['value']['shape']}"}}
        case "string":
            enum = {"enum": shape["enum"]} if "enum" in shape else {}
            return {"type": "string", **enum, **_size(shape, "Length")}
        case "blob":
            return {"type": "string", "pattern": "^[A-Za-z0-9+/]*={0,2}$"}
        case "integer" | "long":
            return {"type": "integer", **_bounds(shape)}
        case "float" | "double":
            return {"type": "number", **_bounds(shape)}
        case other:
            return {"type": other}


def _size(shape: dict[str, Any], what: str) -> Schema:
    return {f"{bound}{what}": shape[bound] for bound in ("min", "max") if bound in shape}


def _bounds(shape: dict[str, Any]) -> Schema:
    return {word: shape[bound] for bound, word in (("min", "minimum"), ("max", "maximum")) if bound in shape}


def _closed(value: Any) -> Any:
    """The SDK's models let anything in beside their members, and anything in place of a word: neither is the API's."""
    if isinstance(value, list):
        return [_closed(each) for each in value]
    if not isinstance(value, dict):
        return value
    kept = {name: _closed(each) for name, each in value.items()}
    if "properties" in kept:
        kept.pop("additionalProperties", None)
    if "anyOf" in kept:
        kept["anyOf"] = [each for each in kept["anyOf"] if each]
    return kept


def _chosen(value: Any) -> Any:
    """Unions without what runs at the vendor's side."""
    if isinstance(value, list):
        return [_chosen(each) for each in value]
    if not isinstance(value, dict):
        return value
    kept = {name: _chosen(each) for name, each in value.items()}
    for union in ("anyOf", "oneOf"):
        members = kept.get(union, [])
        if any(_named(each) in _RESPONSE_ITEMS for each in members):
            kept[union] = [each for each in members if _named(each) in _RESPONSE_ITEMS or "$ref" not in each]
    return kept


def _named(schema: Schema) -> str:
    return str(schema.get("$ref", "")).rpartition("/")[2]


def main() -> None:
    for name, schema in schemas().items():
        file = SCHEMAS / f"{name}.json"
        file.parent.mkdir(exist_ok=True)
        file.write_text(written(schema))


if __name__ == "__main__":
    main()
