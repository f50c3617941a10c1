"""Text messages through Twilio (https://www.twilio.com/docs/messaging/api/message-resource)."""

from base64 import b64encode
from collections.abc import AsyncIterator
from urllib.parse import quote

import msgspec

from treadle.tools.builtin.call import Call
from treadle.tools.builtin.http import ask, send
from treadle.tools.messages import Message, Text


class _Sent(msgspec.Struct):
    sid: str
    status: str = ""


async def check(call: Call) -> None:
    await send(call, "GET", f"{_account(call)}.json", headers=_headers(call))


async def send_message(call: Call) -> AsyncIterator[Message]:
    sender, to = call.credential("from_number"), call.required("to_number")
    if to.startswith("whatsapp:") and not sender.startswith("whatsapp:"):
        sender = f"whatsapp:{sender}"
    form = {"Body": call.required("message"), "From": sender, "To": to}
    sent = await ask(call, _Sent, "POST", f"{_account(call)}/Messages.json", headers=_headers(call), form=form)
    yield Text(f"The message was handed to Twilio ({sent.sid}, {sent.status}).")


def _account(call: Call) -> str:
    return f"{call.urls['api']}/Accounts/{quote(call.credential('account_sid'), safe='')}"


def _headers(call: Call) -> dict[str, str]:
    secret = f"{call.credential('account_sid')}:{call.credential('auth_token')}"
    return {"Authorization": f"Basic {b64encode(secret.encode()).decode()}"}
