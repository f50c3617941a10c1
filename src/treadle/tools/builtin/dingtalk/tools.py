"""Messages through DingTalk's group robots (https://open.dingtalk.com/document/robots/custom-robot-access)."""

import hmac
from base64 import b64encode
from collections.abc import AsyncIterator

from treadle.tools.builtin.call import Call
from treadle.tools.builtin.http import with_query
from treadle.tools.builtin.webhook import judge, post
from treadle.tools.messages import Message, Text


async def dingtalk_group_bot(call: Call) -> AsyncIterator[Message]:
    secret, moment = call.required("sign_secret"), str(int(call.clock() * 1000))
    signature = b64encode(hmac.digest(secret.encode(), f"{moment}\n{secret}".encode(), "sha256")).decode()
    query = {"access_token": call.required("access_token"), "timestamp": moment, "sign": signature}
    url = with_query(call.urls["api"], query)
    judge(await post(call, url, {"msgtype": "text", "text": {"content": call.required("content")}}))
    yield Text("The message was sent.")
