"""Sends e-mail (RFC 5321) through the server that the credentials name."""

import asyncio
import json
from collections.abc import AsyncIterator

import msgspec

from treadle.engine.errors import ToolInvokeError, ToolParameterError
from treadle.tools.builtin.call import Call
from treadle.tools.messages import Message, Text

from .delivery import MailServer, deliver, written

_MOST = 100


async def send_mail(call: Call) -> AsyncIterator[Message]:
    server, to = await _server(call), call.required("send_to")
    mail = written(server.account, to, call.required("subject"), call.required("email_content"), call.clock())
    refused = await asyncio.to_thread(deliver, server, [mail])
    if refused:
        raise ToolInvokeError(f"The mail to {to} was refused: {', '.join(refused.values())}.")
    yield Text(f"The mail to {to} was sent.")


async def send_mail_batch(call: Call) -> AsyncIterator[Message]:
    server, text = await _server(call), call.required("send_to")
    try:
        receivers = msgspec.json.decode(text, type=list[str])
    except msgspec.DecodeError:
        raise ToolParameterError('The parameter "send_to" must be a JSON list of addresses.') from None
    if not 0 < len(receivers) <= _MOST:
        raise ToolParameterError(f"Between 1 and {_MOST} people can be written to at once.")
    subject, content = call.required("subject"), call.required("email_content")
    mails = [written(server.account, to, subject, content, call.clock()) for to in receivers]
    refused = await asyncio.to_thread(deliver, server, mails)
    yield Text(json.dumps({to: refused.get(to, "sent") for to in receivers}, ensure_ascii=False))


async def _server(call: Call) -> MailServer:
    return await MailServer.found(
        call.egress,
        host=call.credential("smtp_server"),
        port=call.credential("smtp_port"),
        account=call.credential("email_account"),
        password=call.credential("email_password"),
        encryption=call.credential("encrypt_method"),
    )
