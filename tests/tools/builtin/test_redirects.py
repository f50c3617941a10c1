"""Keys stay with the service that they were entered for: whatever it redirects to gets none of them.

Each tool of each provider with credentials asks a service that sends it elsewhere, and so do the providers' own checks
of credentials and a custom API with a key in a header of its own.
"""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiohttp import web

from tests.tools.builtin.calls import a_call, given, open_http
from tests.tools.conftest import WORKSPACE, Tooling
from treadle.engine.errors import NodeError
from treadle.engine.ports import ToolRef
from treadle.engine.values import Value
from treadle.tools.api.service import ApiDraft
from treadle.tools.builtin import BuiltinProvider, builtin_providers
from treadle.tools.builtin.secrecy import secrets_in


@dataclass
class Elsewhere:
    """A server that sends every request on to another, which keeps what arrives."""

    status: int
    origin: str = ""
    asked: int = 0
    arrived: list[str] = field(default_factory=list[str])

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Elsewhere"]:
        async def keep(request: web.Request) -> web.Response:
            headers = "\n".join(f"{name}: {value}" for name, value in request.headers.items())
            self.arrived.append(f"{request.method} {request.url}\n{headers}\n{await request.text()}")
            return web.json_response({})

        async with _serving(keep) as other:

            async def send_on(request: web.Request) -> web.Response:
                self.asked += 1
                return web.Response(status=self.status, headers={"Location": f"{other}/elsewhere"})

            async with _serving(send_on) as self.origin:
                yield self


@asynccontextmanager
async def _serving(handler: object) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)  # type: ignore[arg-type]
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


KEYED = [name for name, provider in builtin_providers().items() if provider.credentials_for_provider]
FORMS = {"aws_region": "eu-west-1", "smtp_port": "1", "encrypt_method": "NONE"}


ASKS_NO_HTTP = {"email"}


def entered(provider: BuiltinProvider, origin: str) -> dict[str, Value]:
    """A credential for every field, which can be told from all others."""
    found: dict[str, Value] = {}
    for name, each in provider.credentials_for_provider.items():
        if each.options:
            found[name] = each.options[0].value
        elif each.type == "boolean":
            found[name] = True
        elif any(word in name for word in ("url", "host", "server", "site", "endpoint")):
            found[name] = origin
        else:
            found[name] = FORMS.get(name, f"s3cret-{name}")
    return found


def asked(provider: BuiltinProvider, tool: str, origin: str) -> dict[str, Value]:
    """A value for every parameter."""
    found: dict[str, Value] = {}
    for each in provider.tool(tool).parameters:
        if each.options:
            found[each.name] = each.options[0].value
        elif each.default is not None:
            found[each.name] = each.default  # type: ignore[assignment]
        elif each.type == "number":
            found[each.name] = 1
        elif each.type == "boolean":
            found[each.name] = False
        elif "url" in each.name:
            found[each.name] = f"{origin}/page"
        elif "s3uri" in each.name or each.name == "s3_uri":
            found[each.name] = "s3://mill/loom.png"
        else:
            found[each.name] = "loom"
    return found


@pytest.mark.parametrize("status", [302, 307])
@pytest.mark.parametrize("name", KEYED)
async def test_no_credential_follows_a_redirect(
    name: str, status: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = builtin_providers()[name]
    async with Elsewhere(status).running() as service, open_http(tmp_path) as http:
        provider = provider.at(**dict.fromkeys(provider.urls, service.origin))
        credentials = entered(provider, service.origin)
        call = a_call(credentials=credentials, http=http)
        calls = [(tool.name, asked(provider, tool.name, service.origin)) for tool in provider.tools]
        for tool, parameters in calls:
            with suppress(NodeError):  # what came back is of no use to it
                await given(provider, tool, a_call(parameters, credentials=credentials, http=http))
        with suppress(NodeError):
            await provider.validate(credentials, call)
    assert service.asked > 0 or name in ASKS_NO_HTTP
    secrets = secrets_in(value for key, value in credentials.items() if value == f"s3cret-{key}")
    assert [(secret, request) for request in service.arrived for secret in secrets if secret in request] == []
    assert [request for request in service.arrived if "authorization:" in request.lower()] == []


@pytest.mark.parametrize("status", [302, 307])
async def test_a_key_of_a_custom_api_stays_whatever_its_header_is_called(status: int, tooling: Tooling) -> None:
    async with Elsewhere(status).running() as service:
        schema = {
            "openapi": "3.1.0",
            "info": {"title": "Looms", "version": "1"},
            "servers": [{"url": service.origin}],
            "paths": {"/looms": {"get": {"operationId": "looms", "responses": {}}}},
        }
        for header in ("X-API-KEY", "X-Loom", "Authorization"):
            credentials = {
                "auth_type": "api_key_header",
                "api_key_header": header,
                "api_key_header_prefix": "custom",
                "api_key_value": "s3cret-loom",
            }
            draft = ApiDraft(name=f"looms {header}", schema=json.dumps(schema), credentials=credentials)
            api = await tooling.tools.apis.add(WORKSPACE, draft)
            await tooling.call(ToolRef(provider_type="api", provider_id=api.id, tool_name="looms"), {})
    assert (service.asked, len(service.arrived)) == (3, 3)
    assert [request for request in service.arrived if "s3cret" in request] == []
