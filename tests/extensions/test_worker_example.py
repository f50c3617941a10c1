"""The example of an extension as a Cloudflare Worker, served by a runtime of its own and registered as any other."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from treadle.extensions.service import ExtensionService
from treadle.extensions.wire import ExtensionFailed
from treadle.platform.crypto import Crypto
from treadle.platform.db import Database
from treadle.platform.egress import GuardedHttp
from treadle.platform.refusals import Refusal
from treadle.settings import Settings

WORKER = Path(__file__).parents[2] / "examples" / "extension-worker" / "worker.js"
WORKSPACE, KEY = "workspace-1", "worker-key"
NODE = shutil.which("node")

# Calls a worker's `fetch` with the Request and Response that workers have, for each HTTP request.
HOST = """
import { createServer } from "node:http";
import worker from WORKER;
const env = ENV;
createServer(async (asked, answered) => {
  const parts = [];
  for await (const part of asked) parts.push(part);
  const body = parts.length ? Buffer.concat(parts) : undefined;
  const request = new Request("http://worker" + asked.url, { method: asked.method, headers: asked.headers, body });
  const answer = await worker.fetch(request, env);
  answered.writeHead(answer.status, Object.fromEntries(answer.headers));
  answered.end(Buffer.from(await answer.arrayBuffer()));
}).listen(0, "127.0.0.1", function () { console.log(this.address().port); });
"""

pytestmark = pytest.mark.skipif(NODE is None, reason="node is not installed")


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the running worker."""
    folder = tmp_path_factory.mktemp("worker")
    shutil.copy(WORKER, folder / "worker.mjs")
    env = json.dumps({"API_KEY": KEY, "WORD": "shuttle"})
    (folder / "host.mjs").write_text(HOST.replace("WORKER", '"./worker.mjs"').replace("ENV", env))
    with subprocess.Popen([str(NODE), str(folder / "host.mjs")], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}/"
        process.kill()


async def test_it_answers_the_ping_and_the_points(worker: str, db: Database, tmp_path: Path) -> None:
    http = GuardedHttp(Settings(data_dir=tmp_path, egress_allow=("127.0.0.1",)))
    service = ExtensionService(db, Crypto.open(tmp_path / "key"), http)
    try:
        with pytest.raises(Refusal, match="The key is wrong"):
            await service.create(WORKSPACE, name="Weather", api_endpoint=worker, api_key="another-key")
        row = await service.create(WORKSPACE, name="Weather", api_endpoint=worker, api_key=KEY)
        asked = {"app_id": "a", "tool_variable": "weather", "inputs": {"town": "Lyon"}, "query": "Hm?"}
        assert await service.ask(WORKSPACE, row.id, "app.external_data_tool.query", asked) == {"result": "21 °C, dry"}
        said = {"app_id": "a", "inputs": {"topic": "a shuttle", "n": 3}, "query": "shuttles?"}
        assert await service.ask(WORKSPACE, row.id, "app.moderation.input", said) == {
            "flagged": True,
            "action": "overridden",
            "inputs": {"topic": "a *******", "n": 3},
            "query": "*******s?",
        }
        told = {"app_id": "a", "text": "A loom."}
        assert await service.ask(WORKSPACE, row.id, "app.moderation.output", told) == {
            "flagged": False,
            "action": "overridden",
            "text": "A loom.",
        }
        with pytest.raises(ExtensionFailed, match=r"The point app\.other is not known"):
            await service.ask(WORKSPACE, row.id, "app.other", {})  # type: ignore[arg-type]
    finally:
        await http.close()
