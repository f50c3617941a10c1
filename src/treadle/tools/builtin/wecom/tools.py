"""Messages through WeCom's group robots (https://developer.work.weixin.qq.com/document/path/91770)."""

from collections.abc import AsyncIterator

from treadle.engine.errors import ToolParameterError
from treadle.tools.builtin.call import Call
from treadle.tools.builtin.http import with_query
from treadle.tools.builtin.webhook import judge, post
from treadle.tools.messages import Message, Text


async def wecom_group_bot(call: Call) -> AsyncIterator[Message]:
    kind = call.text("message_type")
    if kind not in ("text", "markdown"):
        raise ToolParameterError(f'A message cannot be "{kind}"; it is text or markdown.')
    url = with_query(call.urls["api"], {"key": call.required("hook_key")})
    judge(await post(call, url, {"msgtype": kind, kind: {"content": call.required("content")}}))
    yield Text("The message was sent.")
