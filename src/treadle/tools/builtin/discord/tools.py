"""Messages through Discord's webhooks (https://discord.com/developers/docs/resources/webhook)."""

from collections.abc import AsyncIterator

from treadle.engine.values import JsonValue
from treadle.tools.builtin.call import Call
from treadle.tools.builtin.webhook import hook, post
from treadle.tools.messages import Message, Text


async def discord_webhook(call: Call) -> AsyncIterator[Message]:
    body: dict[str, JsonValue] = {"content": call.required("content")}
    body |= {name: value for name in ("username", "avatar_url") if (value := call.text(name))}
    await post(call, hook(call, call.urls["hooks"], "/api/webhooks/", "Discord"), body)
    yield Text("The message was sent.")
