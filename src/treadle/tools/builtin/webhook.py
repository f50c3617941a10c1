"""Sending messages by webhooks: the address is a secret, so no error may name it."""

from urllib.parse import urlsplit

import msgspec

from treadle.engine.errors import HttpRequestNodeError, ToolInvokeError, ToolParameterError
from treadle.engine.ports import HttpRequest, HttpResponse
from treadle.engine.values import JsonValue

from .call import Call
from .http import saying


def hook(call: Call, base: str, path: str, vendor: str, name: str = "webhook_url") -> str:
    """The parameter `name`, which must be an address below `path` of `base`. Raises ToolParameterError."""
    url = call.required(name)
    if not url.startswith(f"{base}{path}"):
        raise ToolParameterError(f'The parameter "{name}" is no webhook of {vendor}; it begins with {base}{path}.')
    return url


async def post(call: Call, url: str, body: JsonValue) -> HttpResponse:
    """Send `body` as JSON. Raises ToolInvokeError, which names the host alone."""
    host = urlsplit(url).netloc
    headers = (("User-Agent", "Treadle"), ("Content-Type", "application/json"))
    request = HttpRequest(method="POST", url=url, headers=headers, body=msgspec.json.encode(body), read_timeout=30)
    try:
        response = await call.http.send(request)
    except HttpRequestNodeError as error:
        raise ToolInvokeError(f"{host} could not be reached: {str(error).replace(url, host)}") from error
    if response.status >= 400:
        raise ToolInvokeError(f"{host} refused the message with status {response.status}{saying(response.body)}.")
    return response


class Verdict(msgspec.Struct):
    """What Chinese messengers answer: 0 is success. Feishu's names are `code` and `msg`."""

    errcode: int = 0
    errmsg: str = ""
    code: int = 0
    msg: str = ""


def judge(response: HttpResponse) -> None:
    """Raises ToolInvokeError when the answer says in its body that the message was refused."""
    host = urlsplit(response.url).netloc
    try:
        verdict = msgspec.json.decode(response.body, type=Verdict)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ToolInvokeError(f"{host} answered with something unexpected: {error}.") from error
    if number := verdict.errcode or verdict.code:
        raise ToolInvokeError(f"{host} refused the message: {verdict.errmsg or verdict.msg} ({number}).")
