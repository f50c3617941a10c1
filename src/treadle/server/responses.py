"""JSON answers."""

import msgspec
from starlette.responses import Response

DONE = {"result": "success"}

_encode = msgspec.json.Encoder().encode


def json_response(value: object, status: int = 200) -> Response:
    """`value` as JSON."""
    return Response(_encode(value), status, media_type="application/json")
