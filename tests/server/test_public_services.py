"""An agent with the tools of services that others published: httpbin by its Swagger description, and the reference
server of the Model Context Protocol.

Both are installed for the tests alone, into folders of their own.
"""

import json
import os
import shutil
import subprocess
import sys
import time
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from scripts.npm import machine_has_node, node_from_wheel
from tests.doubles.script import Reply, ToolCall
from tests.server import agents
from tests.server.agents import agent_app, in_round
from tests.server.console_client import console_of
from tests.server.harness import JsonMap, Workbench, eventually
from tests.server.http_client import text_of
from tests.server.payloads import unique
from tests.tools.mcp_servers.test_servers import free_port

pytestmark = pytest.mark.long

HTTPBIN = ("httpbin==0.10.0", "flask==2.2.5", "werkzeug==2.2.3")
EVERYTHING = "@modelcontextprotocol/server-everything@2026.8.31"


@pytest.fixture
def bench(workbench: Workbench) -> Workbench:
    return agents.with_caller(workbench)


def installed(command: list[str | Path], environment: dict[str, str] | None = None) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=400, env=environment, check=False)
    if done.returncode != 0:
        pytest.skip(f"the package cannot be installed here: {done.stderr[-300:]}")


@contextmanager
def running(command: list[str | Path], address: str, environment: dict[str, str]) -> Iterator[str]:
    """`address` while the program that serves it runs; anything it answers is a sign of life."""
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        eventually(lambda: answers(address), f"{address} answers", 60)
        yield address
    finally:
        process.kill()
        process.wait()


def answers(address: str) -> bool:
    try:
        return bool(httpx.get(address, timeout=5).status_code)
    except httpx.TransportError:
        time.sleep(0.2)
        return False


@pytest.fixture(scope="module")
def httpbin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("httpbin") / "env"
    venv.create(folder, with_pip=True)
    python = folder / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    installed([python, "-m", "pip", "install", "--quiet", *HTTPBIN])
    port = free_port()
    program = f"from httpbin import app; app.run('127.0.0.1', {port})"
    with running([python, "-c", program], f"http://127.0.0.1:{port}", dict(os.environ)) as address:
        yield address


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("everything")
    environment = dict(os.environ) if machine_has_node() else node_from_wheel()
    npm, node = (shutil.which(name, path=environment["PATH"]) for name in ("npm", "node"))
    assert npm, "npm comes with the packages that make the web app"
    assert node
    installed([npm, "install", "--silent", "--no-audit", "--no-fund", "--prefix", folder, EVERYTHING], environment)
    port = free_port()
    program = folder / "node_modules" / "@modelcontextprotocol" / "server-everything" / "dist" / "index.js"
    environment["PORT"] = str(port)
    with running([node, program, "streamableHttp"], f"http://127.0.0.1:{port}/mcp", environment) as address:
        yield address


def tool(kind: str, provider: str, name: str) -> JsonMap:
    names = {"provider_type": kind, "provider_id": provider, "provider_name": provider, "tool_name": name}
    return {"enabled": True, "tool_label": name, "tool_parameters": {}, **names}


def observed(events: list[JsonMap]) -> list[str]:
    """What tools answered, in order."""
    thoughts = {event["id"]: event["observation"] for event in events if event["event"] == "agent_thought"}
    return [observation for observation in thoughts.values() if observation]


def test_an_agent_uses_httpbin_by_its_description(bench: Workbench, httpbin: str) -> None:
    description = httpx.get(f"{httpbin}/spec.json").json()
    assert description["swagger"] == "2.0"
    description |= {"host": httpbin.removeprefix("http://"), "schemes": ["http"]}
    console = console_of(bench)
    name = unique("httpbin")
    body = {"provider": name, "schema": json.dumps(description), "credentials": {"auth_type": "none"}}
    added = console.post("/workspaces/current/tool-provider/api/add", body)
    assert added.status_code == 200, added.text
    offered = console.get("/workspaces/current/tool-provider/api/tools", provider=name).json()
    assert len(offered) > 60
    decode = next(each["name"] for each in offered if "base64" in each["name"])
    status = next(each["name"] for each in offered if "status" in each["name"] and "get" in each["name"].lower())
    query = unique("decode")
    calls = (ToolCall(decode, {"value": "VHJlYWRsZQ=="}), ToolCall(status, {"codes": "418"}))
    bench.model.reply_when(in_round(query, 0), Reply(tool_calls=calls))
    bench.model.reply_when(in_round(query, 2), "It says Treadle, and it is a teapot.")
    app = agent_app(tool("api", name, decode), tool("api", name, status))
    events = bench.of(app).chat_events(query)
    assert text_of(events) == "It says Treadle, and it is a teapot."
    (observation,) = observed(events)
    assert "Treadle" in observation
    assert "418" in observation


def test_an_agent_uses_the_reference_server_of_mcp(bench: Workbench, everything: str) -> None:
    console = console_of(bench)
    body = {"name": "Everything", "server_identifier": "everything", "server_url": everything}
    added = console.post("/workspaces/current/tool-provider/mcp", body)
    assert added.status_code == 200, added.text
    offered = {each["name"] for each in added.json()["tools"]}
    assert {"echo", "get-sum", "get-tiny-image", "get-structured-content"} <= offered
    query = unique("everything")
    calls = (ToolCall("get-sum", {"a": 20, "b": 22}), ToolCall("echo", {"message": "warp and weft"}))
    bench.model.reply_when(in_round(query, 0), Reply(tool_calls=calls))
    bench.model.reply_when(in_round(query, 2), Reply(tool_calls=(ToolCall("get-tiny-image", {}),)))
    bench.model.reply_when(in_round(query, 3), "42, with a picture.")
    app = agent_app(*(tool("mcp", "everything", name) for name in ("get-sum", "echo", "get-tiny-image")))
    events = bench.of(app).chat_events(query)
    assert text_of(events) == "42, with a picture."
    first, _ = observed(events)
    assert "42" in first
    assert "warp and weft" in first
    assert [event["type"] for event in events if event["event"] == "message_file"] == ["image"]
