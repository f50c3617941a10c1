"""A store of JSON that others wrote (the package kinto, which describes itself in Swagger 2), used through its tools.

The package is installed for the test alone, into a folder of its own.
"""

import json
import re
import subprocess
import sys
import venv
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.tools.conftest import WORKSPACE, Tooling
from treadle.engine.errors import ToolInvokeError
from treadle.engine.ports import ToolJson, ToolRef, ToolText
from treadle.engine.values import Value
from treadle.tools.api.service import ApiDraft

pytestmark = pytest.mark.long

_PACKAGES = ("kinto==26.5.0", "setuptools<81")
_READY = re.compile(r"Serving on (http://\S+?:\d+)")
_MEMORY = ("--backend", "memory", "--cache-backend", "memory", "--host", "127.0.0.1")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the store, with the account of `admin`, who may do everything in it."""
    folder = tmp_path_factory.mktemp("kinto")
    venv.create(folder / "env", with_pip=True)
    binaries = folder / "env" / ("Scripts" if sys.platform == "win32" else "bin")
    installed = subprocess.run(
        [binaries / "python", "-m", "pip", "install", "--quiet", *_PACKAGES],
        capture_output=True,
        text=True,
        timeout=240,
    )
    if installed.returncode != 0:
        pytest.skip(f"the package cannot be installed here: {installed.stderr[-300:]}")
    settings = folder / "kinto.ini"
    subprocess.run([binaries / "kinto", "init", *_MEMORY, "--ini", settings], check=True, capture_output=True)
    process = subprocess.Popen(
        [binaries / "kinto", "start", "--ini", settings, "--port", "0"], stderr=subprocess.PIPE, text=True
    )
    try:
        address = _address(process)
        account = {"data": {"password": "s3cret:x"}}
        assert httpx.put(f"{address}/v1/accounts/admin", json=account).status_code == 201
        yield address
    finally:
        process.terminate()
        process.wait(20)


def _address(process: "subprocess.Popen[str]") -> str:
    assert process.stderr is not None
    said: list[str] = []
    for line in process.stderr:
        plain = re.sub(r"\x1b\[[0-9;]*m", "", line)
        if found := _READY.search(plain):
            return found[1]
        said.append(plain)
    raise AssertionError("".join(said))


class Store:
    """The tools of the store, called one after the other."""

    def __init__(self, tooling: Tooling, provider_id: str) -> None:
        self._tooling = tooling
        self._provider_id = provider_id

    async def __call__(self, tool: str, **parameters: Value) -> Any:
        ref = ToolRef(provider_type="api", provider_id=self._provider_id, tool_name=tool)
        messages = await self._tooling.call(ref, parameters)
        assert isinstance(messages[0], ToolText)
        answer = json.loads(messages[0].text)
        assert messages[1:] == [ToolJson(answer, suppressed=True)]
        return answer


async def test_records_are_written_found_changed_and_removed(tooling: Tooling, store: str) -> None:
    apis = tooling.tools.apis
    schema = await apis.fetch(f"{store}/v1/__api__")
    free = Store(tooling, (await apis.add(WORKSPACE, ApiDraft(name="open", schema=schema))).id)
    assert (await apis.get(WORKSPACE, "open"))["schema_type"] == "swagger"
    assert (await free("server_info"))["project_name"] == "kinto"
    key = {"auth_type": "api_key", "api_key_header_prefix": "basic", "api_key_value": "admin:s3cret:x"}
    call = Store(tooling, (await apis.add(WORKSPACE, ApiDraft(name="store", schema=schema, credentials=key))).id)

    bucket = f"looms-{uuid4().hex[:8]}"
    await call("create_bucket", data={"id": bucket})
    await call("update_collection", bucket_id=bucket, id="cloths", data='{"kind": "täglich"}')
    records = {"bucket_id": bucket, "collection_id": "cloths"}
    for name, threads in (("linen", 3), ("silk & wool", 9), ("felt", 1)):
        made = await call("create_record", **records, data={"name": name, "threads": threads})
        assert made["data"]["threads"] == threads
    listed = await call("get_records", **records, _sort=["-threads"], _fields=["name", "threads"], _limit="2")
    assert [(each["name"], each["threads"]) for each in listed["data"]] == [("silk & wool", 9), ("linen", 3)]
    assert set(listed["data"][0]) == {"name", "threads", "id", "last_modified"}
    record = listed["data"][0]["id"]
    changed = await call("patch_record", **records, id=record, data='{"threads": 10}')
    assert (changed["data"]["name"], changed["data"]["threads"]) == ("silk & wool", 10)
    assert (await call("delete_record", **records, id=record))["data"]["deleted"] is True
    with pytest.raises(ToolInvokeError, match="status 404"):
        await call("get_record", **records, id=record)
    with pytest.raises(ToolInvokeError, match=r"status 40[13]"):
        await free("get_records", **records)
    held = await call("get_collection", bucket_id=bucket, id="cloths")
    with pytest.raises(ToolInvokeError, match="status 412"):
        await call(
            "delete_collection",
            bucket_id=bucket,
            id="cloths",
            **{"If-Match": f'"{held["data"]["last_modified"] - 1}"'},
        )
