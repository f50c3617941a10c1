"""Vector graphics from Vectorizer.AI (https://vectorizer.ai/api)."""

from base64 import b64encode
from collections.abc import AsyncIterator

from treadle.engine.errors import ToolParameterError
from treadle.tools.builtin.call import Call
from treadle.tools.builtin.http import multipart, send
from treadle.tools.messages import Blob, Message


async def check(call: Call) -> None:
    await send(call, "GET", f"{call.urls['api']}/account", headers=_headers(call))


async def vectorizer(call: Call) -> AsyncIterator[Message]:
    files = call.attached("image")
    if not files:
        raise ToolParameterError('The parameter "image" is empty; give it a picture.')
    data = await call.files.read(files[0])
    part = (files[0].filename or "image.png", files[0].mime_type or "image/png", data)
    kind, body = multipart({"mode": call.text("mode")}, {"image": part})
    headers = {**_headers(call), "Content-Type": kind}
    response = await send(call, "POST", f"{call.urls['api']}/vectorize", headers=headers, body=body, timeout=180)
    yield Blob(response.body, "image/svg+xml", "image.svg")


def _headers(call: Call) -> dict[str, str]:
    account = f"{call.credential('api_key_name')}:{call.credential('api_key_value')}"
    return {"Authorization": f"Basic {b64encode(account.encode()).decode()}"}
