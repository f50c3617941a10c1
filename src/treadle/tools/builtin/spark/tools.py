"""Pictures from iFlytek Spark (https://www.xfyun.cn/doc/spark/ImageGeneration.html)."""

import hmac
from base64 import b64encode
from collections.abc import AsyncIterator
from email.utils import formatdate
from urllib.parse import urlsplit

import msgspec

from treadle.engine.errors import ToolCredentialsError, ToolInvokeError
from treadle.engine.values import JsonValue
from treadle.tools.builtin.call import Call
from treadle.tools.builtin.http import ask
from treadle.tools.builtin.pictures import PICTURE_BYTES, encoded_picture
from treadle.tools.messages import Message

_SIDE = 512
_BAD_APP = frozenset({10313, 11200})


class _Header(msgspec.Struct):
    code: int
    message: str = ""


class _Text(msgspec.Struct):
    content: str


class _Choices(msgspec.Struct):
    text: list[_Text] = []


class _Payload(msgspec.Struct):
    choices: _Choices = msgspec.field(default_factory=_Choices)


class _Drawn(msgspec.Struct):
    header: _Header
    payload: _Payload = msgspec.field(default_factory=_Payload)


async def spark_img_generation(call: Call) -> AsyncIterator[Message]:
    app = call.credential("APPID")
    body: dict[str, JsonValue] = {
        "header": {"app_id": app},
        "parameter": {"chat": {"domain": "general", "width": _SIDE, "height": _SIDE}},
        "payload": {"message": {"text": [{"role": "user", "content": call.required("prompt")}]}},
    }
    url = call.urls["api"]
    drawn = await ask(
        call, _Drawn, "POST", url, query=_signed(call, url), json=body, timeout=180, max_bytes=PICTURE_BYTES
    )
    if drawn.header.code in _BAD_APP:
        raise ToolCredentialsError(f"Spark refused the app ({drawn.header.message}); check it in the tool's settings.")
    if drawn.header.code:
        raise ToolInvokeError(f"Spark could not draw the picture: {drawn.header.message} ({drawn.header.code}).")
    for each in drawn.payload.choices.text:
        yield encoded_picture(each.content)


def _signed(call: Call, url: str) -> dict[str, str]:
    """What proves who calls: a signature of host, date and request line (RFC 7231 dates)."""
    parts, date = urlsplit(url), formatdate(call.clock(), usegmt=True)
    signed = f"host: {parts.netloc}\ndate: {date}\nPOST {parts.path} HTTP/1.1"
    signature = b64encode(hmac.digest(call.credential("APISecret").encode(), signed.encode(), "sha256")).decode()
    whole = (
        f'api_key="{call.credential("APIKey")}", algorithm="hmac-sha256", headers="host date request-line", '
        f'signature="{signature}"'
    )
    return {"authorization": b64encode(whole.encode()).decode(), "date": date, "host": parts.netloc}
