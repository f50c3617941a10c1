"""Code run by Judge0 (https://ce.judge0.com)."""

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import quote

import msgspec

from treadle.engine.errors import ToolInvokeError
from treadle.engine.values import JsonValue
from treadle.tools.builtin.call import Call
from treadle.tools.builtin.http import ask
from treadle.tools.messages import Message, Text

_PAUSE = 1.0
_LOOKS = 60
_PROCESSING = 2
"""Up to here a submission waits or runs."""


class _Submitted(msgspec.Struct):
    token: str


class _Status(msgspec.Struct):
    id: int
    description: str = ""


class _Submission(msgspec.Struct):
    status: _Status
    stdout: str | None = None
    stderr: str | None = None
    compile_output: str | None = None
    time: str | None = None
    memory: float | None = None


async def executeCode(call: Call) -> AsyncIterator[Message]:  # noqa: N802 - app files name it so
    headers = {
        "X-RapidAPI-Key": call.credential("X_RAPIDAPI_KEY"),
        "X-RapidAPI-Host": call.credential("X_RAPIDAPI_HOST"),
    }
    body: dict[str, JsonValue] = {
        "source_code": call.required("source_code"),
        "language_id": call.integer("language_id"),
    }
    body |= {name: value for name in ("stdin", "expected_output") if (value := call.text(name))}
    url, query = f"{call.urls['api']}/submissions", {"base64_encoded": "false"}
    token = (await ask(call, _Submitted, "POST", url, query=query, headers=headers, json=body)).token
    for _ in range(_LOOKS):
        found = await ask(call, _Submission, "GET", f"{url}/{quote(token, safe='')}", query=query, headers=headers)
        if found.status.id > _PROCESSING:
            yield Text(_told(found))
            return
        await asyncio.sleep(_PAUSE)
    raise ToolInvokeError(f"Judge0 did not finish within {_PAUSE * _LOOKS:g} seconds.")


def _told(found: _Submission) -> str:
    parts = {
        "stdout": found.stdout,
        "stderr": found.stderr,
        "compile_output": found.compile_output,
        "status": found.status.description,
        "time": f"{found.time} seconds" if found.time else None,
        "memory": f"{found.memory:g} kilobytes" if found.memory else None,
    }
    return "\n".join(f"{name}: {value}" for name, value in parts.items() if value)
