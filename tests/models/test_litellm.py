"""A LiteLLM proxy over llama.cpp, asked by the protocols of OpenAI and of Anthropic.

The proxy is installed for the test alone, into a folder of its own.
"""

import asyncio
import os
import socket
import subprocess
import sys
import venv
from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import httpx
import pytest

from tests.models.vendors import ask, said, target_at, text_of
from treadle.engine.errors import InvokeBadRequestError
from treadle.engine.ports import Message
from treadle.models.http import ModelHttp
from treadle.models.local import MODEL_NAME, LocalModel
from treadle.models.protocols import ProtocolName, protocol
from treadle.models.target import Target

pytestmark = [pytest.mark.long, pytest.mark.local_model]

_PACKAGE = "litellm[proxy]==1.108.7"
_KEY = "sk-of-the-proxy"
_QUESTION = ask(
    Message(role="system", content="You are terse."), Message(role="user", content="Say hello."), max_tokens=16
)


@pytest.fixture(scope="module")
def litellm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command of the proxy."""
    folder = tmp_path_factory.mktemp("litellm") / "env"
    venv.create(folder, with_pip=True)
    binaries = folder / ("Scripts" if sys.platform == "win32" else "bin")
    installed = subprocess.run(
        [binaries / "python", "-m", "pip", "install", "--quiet", _PACKAGE],
        capture_output=True,
        text=True,
        timeout=400,
    )
    if installed.returncode != 0:
        pytest.skip(f"the package cannot be installed here: {installed.stderr[-300:]}")
    return binaries / "litellm"


@pytest.fixture
async def proxy(litellm: Path, tmp_path: Path) -> AsyncIterator[str]:
    """The address of a proxy that knows the embedded model as `small`."""
    model = LocalModel()
    if not model.available():
        pytest.skip(model.unavailable_reason or "")
    endpoint = await model.endpoint()
    config = tmp_path / "config.yaml"
    config.write_text(
        f"""
model_list:
  - model_name: small
    litellm_params:
      model: openai/{MODEL_NAME}
      api_base: {endpoint.base_url}
      api_key: {endpoint.key or "none"}
general_settings:
  master_key: {_KEY}
litellm_settings:
  telemetry: false
  num_retries: 0
"""
    )
    port = _free_port()
    environment = {**os.environ, "LITELLM_LOCAL_MODEL_COST_MAP": "True", "PYTHONUNBUFFERED": "1"}
    process = await asyncio.create_subprocess_exec(
        litellm, "--config", config, "--host", "127.0.0.1", "--port", str(port),
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL, env=environment,
    )  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    try:
        await _ready(address, process)
        yield address
    finally:
        process.terminate()
        await process.wait()
        await model.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def _ready(address: str, process: asyncio.subprocess.Process) -> None:
    async with httpx.AsyncClient() as client, asyncio.timeout(120):
        while True:
            assert process.returncode is None, "the proxy ended before it answered"
            try:
                if (await client.get(f"{address}/health/liveliness")).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.2)


def _target(proxy: str, name: str, *, key: str = _KEY, model: str = "small") -> Target:
    if name == "anthropic":
        target = target_at(f"{proxy}/v1", model=model)
        target.headers["x-api-key"] = key
        return target
    return target_at(f"{proxy}/v1", key, model=model)


@pytest.mark.parametrize("name", ["openai", "anthropic", "responses"])
async def test_the_proxy_answers_in_each_protocol(http: ModelHttp, proxy: str, name: str) -> None:
    chunks = await said(protocol(cast(ProtocolName, name), http), _target(proxy, name), _QUESTION)
    assert text_of(chunks).strip()
    usage = next(chunk.usage for chunk in reversed(chunks) if chunk.usage is not None)
    assert usage.prompt_tokens > 5
    assert usage.completion_tokens > 0


@pytest.mark.parametrize("name", ["openai", "anthropic"])
async def test_what_the_proxy_refuses_is_passed_on(http: ModelHttp, proxy: str, name: str) -> None:
    """Without a database it knows no key but its own, and says so in its own way."""
    wire = protocol(cast(ProtocolName, name), http)
    with pytest.raises(InvokeBadRequestError, match=r"\[vendor\] small: .*No connected db"):
        await said(wire, _target(proxy, name, key="sk-wrong"), _QUESTION)
    with pytest.raises(InvokeBadRequestError, match=r"\[vendor\] absent: .*absent"):
        await said(wire, _target(proxy, name, model="absent"), _QUESTION)
