"""Messages (https://open.feishu.cn/document/server-docs/im-v1/message/intro)."""

from collections.abc import AsyncIterator
from typing import Any

import msgspec

from treadle.engine.errors import ToolParameterError
from treadle.engine.values import JsonValue
from treadle.tools.builtin.call import Call
from treadle.tools.builtin.webhook import hook, judge, post
from treadle.tools.messages import Json, Message, Text

from .client import office, paging


async def send_bot_message(call: Call) -> AsyncIterator[Message]:
    body: dict[str, JsonValue] = {
        "receive_id": call.required("receive_id"),
        "msg_type": call.text("msg_type"),
        "content": msgspec.json.encode(_content(call)).decode(),
    }
    query = {"receive_id_type": call.text("receive_id_type")}
    yield Json(await office(call, "POST", "im/v1/messages", query=query, json=body))


async def send_webhook_message(call: Call) -> AsyncIterator[Message]:
    url = hook(call, call.urls["api"], "/bot/v2/hook/", "this office", "webhook")
    kind = call.text("msg_type")
    name = "card" if kind == "interactive" else "content"
    judge(await post(call, url, {"msg_type": kind, name: _content(call)}))
    yield Text("The message was sent.")


async def get_chat_messages(call: Call) -> AsyncIterator[Message]:
    times = {name: call.text(name) or None for name in ("start_time", "end_time")}
    yield await _listed(call, "chat", times)


async def get_thread_messages(call: Call) -> AsyncIterator[Message]:
    yield await _listed(call, "thread", {})


async def _listed(call: Call, kind: str, times: dict[str, str | None]) -> Json:
    query = {
        "container_id_type": kind,
        "container_id": call.required("container_id"),
        "sort_type": call.text("sort_type"),
        **times,
        **paging(call),
    }
    return Json(await office(call, "GET", "im/v1/messages", query=query))


def _content(call: Call) -> dict[str, JsonValue]:
    """The content as an object; a plain text becomes that of a text message. Raises ToolParameterError."""
    text = call.required("content")
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except msgspec.DecodeError:
        if call.text("msg_type") == "text":
            return {"text": text}
        raise ToolParameterError('The parameter "content" must be a JSON object for this kind of message.') from None
