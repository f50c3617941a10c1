"""Messages through Feishu's group robots (https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot)."""

from collections.abc import AsyncIterator
from urllib.parse import quote

from treadle.tools.builtin.call import Call
from treadle.tools.builtin.webhook import judge, post
from treadle.tools.messages import Message, Text


async def feishu_group_bot(call: Call) -> AsyncIterator[Message]:
    url = f"{call.urls['api']}/{quote(call.required('hook_key'), safe='')}"
    judge(await post(call, url, {"msg_type": "text", "content": {"text": call.required("content")}}))
    yield Text("The message was sent.")
