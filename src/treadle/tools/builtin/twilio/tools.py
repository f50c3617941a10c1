"""Text messages through Twilio (https://www.twilio.com/docs/messaging/api/message-resource)."""

from base64 import b64encode
from collections.abc import AsyncIterator
from urllib.parse import quote

import msgspec

from treadle.tools.builtin.call import Call
from treadle.tools.builtin.http import ask
from treadle.tools.messages import Message, Text


class _Sent(msgspec.Struct):
    sid: str
    status: str = ""


async def send_message(call: Call) -> AsyncIterator[Message]:
    account, sender, to = call.credential("account_sid"), call.credential("from_number"), call.required("to_number")
    if to.startswith("whatsapp:") and not sender.startswith("whatsapp:"):
        sender = f"whatsapp:{sender}"
    secret = b64encode(f"{account}:{call.credential('auth_token')}".encode()).decode()
    form = {"Body": call.required("message"), "From": sender, "To": to}
    url = f"{call.urls['api']}/Accounts/{quote(account, safe='')}/Messages.json"
    sent = await ask(call, _Sent, "POST", url, headers={"Authorization": f"Basic {secret}"}, form=form)
    yield Text(f"The message was handed to Twilio ({sent.sid}, {sent.status}).")
