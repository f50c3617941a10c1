"""Calls of built-in tools: a world of doubles around one call, and what the tool gave."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from tests.nodes.ports import GivenCode, MemoryFiles, ScriptedModels
from treadle.engine.ports import Code, Files, Http, HttpRequest, HttpResponse, ModelRef, Models
from treadle.engine.values import Value
from treadle.platform.egress import GuardedHttp
from treadle.settings import Settings
from treadle.tools.builtin import BuiltinProvider, Call, builtin_providers
from treadle.tools.messages import Message

NOW = 1_706_690_000.0  # 2024-01-31 08:33:20 UTC


class NoHttp:
    """A world without network: any request fails the test."""

    async def send(self, request: HttpRequest) -> HttpResponse:
        raise AssertionError(f"{request.method} {request.url} was asked for")


def a_call(
    parameters: Mapping[str, Value] | None = None,
    *,
    credentials: Mapping[str, Value] | None = None,
    http: Http | None = None,
    code: Code | None = None,
    models: Models | None = None,
    model: ModelRef | None = None,
    files: Files | None = None,
) -> Call:
    return Call(
        parameters=parameters or {},
        credentials=credentials or {},
        http=http or NoHttp(),
        code=code or GivenCode(dict),
        models=models or ScriptedModels(),
        files=files or MemoryFiles(),
        model=model,
        clock=lambda: NOW,
    )


async def given(provider: str | BuiltinProvider, tool: str, call: Call) -> list[Message]:
    """All that a tool gives."""
    found = builtin_providers()[provider] if isinstance(provider, str) else provider
    return [message async for message in found.invoke(tool, call)]


@asynccontextmanager
async def open_http(tmp_path: Path) -> AsyncIterator[GuardedHttp]:
    """The real guarded client, which may reach this machine."""
    http = GuardedHttp(Settings(data_dir=tmp_path, egress_allow=("127.0.0.0/8",)))
    try:
        yield http
    finally:
        await http.close()
