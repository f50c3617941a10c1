"""Apps for MCP clients: POST /mcp/server/{code}/mcp speaks JSON-RPC, one request a time, without sessions.

Source: spec models-and-tools §4.6 "Server", the Model Context Protocol's streamable HTTP transport.
"""

from collections.abc import Mapping
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from treadle import __version__
from treadle.apps.passed_headers import passed_headers
from treadle.apps.served import ServedTool
from treadle.engine.values import JsonValue
from treadle.platform.refusals import NotFound, Refusal
from treadle.server.arguments import read_json
from treadle.server.declared import Caller, DeclaredRoute
from treadle.server.responses import json_response
from treadle.server.services import Services

_VERSIONS: Final = ("2024-11-05", "2025-03-26", "2025-06-18")
_UNKNOWN_METHOD, _WRONG_PARAMETERS, _FAILED = -32601, -32602, -32603
_NOBODY: Final = "mcp-client"


class _RpcError(Exception):
    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


async def call(request: Request) -> ASGIApp:
    """POST /mcp/server/{code}/mcp: one JSON-RPC request, answered as JSON; notifications are taken in silence."""
    services: Services = request.app.state.services
    try:
        tool = await _tool(request)
    except Refusal as refusal:
        status = 404 if isinstance(refusal, NotFound) else 200
        return json_response(_error(None, _RpcError(_FAILED, refusal.message)), status=status)
    message = await read_json(request, services.settings.max_request_body)
    if "id" not in message:
        return Response(status_code=202)
    try:
        headers = passed_headers(request.headers.items())
        result = await _answer(services, tool, str(message.get("method")), _object(message.get("params")), headers)
    except _RpcError as error:
        return json_response(_error(message["id"], error))
    return json_response({"jsonrpc": "2.0", "id": message["id"], "result": result})


async def refuse_stream(request: Request) -> ASGIApp:
    """GET: there is no stream of the server's own."""
    await _tool(request)
    return Response(status_code=405, headers={"Allow": "POST"})


async def _tool(request: Request) -> ServedTool:
    services: Services = request.app.state.services
    return await services.served.tool(str(request.path_params["code"]))


def _error(message_id: Any, error: _RpcError) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": message_id, "error": {"code": error.code, "message": str(error)}}


async def _answer(
    services: Services, tool: ServedTool, method: str, params: Mapping[str, JsonValue], headers: Mapping[str, str]
) -> dict[str, JsonValue]:
    match method:
        case "initialize":
            wanted = params.get("protocolVersion")
            return {
                "protocolVersion": wanted if wanted in _VERSIONS else _VERSIONS[0],
                "capabilities": {"tools": {"listChanged": False}},
                "serverInfo": {"name": "Treadle", "version": __version__},
                "instructions": tool.description,
            }
        case "ping":
            return {}
        case "tools/list":
            listed: JsonValue = {"name": tool.name, "description": tool.description, "inputSchema": tool.schema}
            return {"tools": [listed]}
        case "tools/call":
            return await _call(services, tool, params, headers)
        case _:
            raise _RpcError(_UNKNOWN_METHOD, f"The method {method} is not known here.")


async def _call(
    services: Services, tool: ServedTool, params: Mapping[str, JsonValue], headers: Mapping[str, str]
) -> dict[str, JsonValue]:
    name = params.get("name")
    if name != tool.name:
        raise _RpcError(_WRONG_PARAMETERS, f"There is no tool {name}; this server has {tool.name}.")
    try:
        arguments = _object(params.get("arguments"))
        text = await services.served.call(tool, arguments, session_id=_NOBODY, headers=headers)
    except Refusal as refusal:
        if refusal.code == "invalid_param":
            raise _RpcError(_WRONG_PARAMETERS, refusal.message) from refusal
        return {"content": [{"type": "text", "text": refusal.message}], "isError": True}
    return {"content": [{"type": "text", "text": text}], "isError": False}


def _object(value: JsonValue) -> dict[str, JsonValue]:
    """An object, or nothing where there is none. Raises _RpcError for anything else."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise _RpcError(_WRONG_PARAMETERS, "Parameters and arguments must be objects.")
    return value


ROUTES = [
    DeclaredRoute("/mcp/server/{code}/mcp", call, method="POST", caller=Caller.SECRET_ADDRESS),
    DeclaredRoute("/mcp/server/{code}/mcp", refuse_stream, method="GET", caller=Caller.SECRET_ADDRESS),
]
