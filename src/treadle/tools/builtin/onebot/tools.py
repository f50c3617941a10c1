"""Messages through OneBot 11 (https://github.com/botuniverse/onebot-11)."""

from collections.abc import AsyncIterator

import msgspec

from treadle.engine.errors import ToolCredentialsError, ToolInvokeError
from treadle.engine.values import JsonValue
from treadle.tools.builtin.call import Call
from treadle.tools.builtin.http import ask
from treadle.tools.messages import Message, Text

_REFUSED = frozenset({1401, 1403})


class _Done(msgspec.Struct):
    status: str
    retcode: int = 0
    message: str = ""
    wording: str = ""


async def check(call: Call) -> None:
    await _asked(call, "get_status", {})


async def send_group_msg(call: Call) -> AsyncIterator[Message]:
    await _asked(call, "send_group_msg", {"group_id": call.integer("group_id", 1), "message": _message(call)})
    yield Text("The message was sent.")


async def send_private_msg(call: Call) -> AsyncIterator[Message]:
    await _asked(call, "send_private_msg", {"user_id": call.integer("user_id", 1), "message": _message(call)})
    yield Text("The message was sent.")


async def _asked(call: Call, action: str, body: dict[str, JsonValue]) -> None:
    token = call.optional_credential("access_token")
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    url = f"{call.credential('ob11_http_url').rstrip('/')}/{action}"
    done = await ask(call, _Done, "POST", url, headers=headers, json=body)
    if done.retcode in _REFUSED:
        raise ToolCredentialsError("The OneBot server refused the token; check it in the tool's settings.")
    if done.status not in ("ok", "async"):
        raise ToolInvokeError(
            f"The OneBot server failed: {done.wording or done.message or done.status} ({done.retcode})."
        )


def _message(call: Call) -> JsonValue:
    return [{"type": "text", "data": {"text": call.required("message")}}]
