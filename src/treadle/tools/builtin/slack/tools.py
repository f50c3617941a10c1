"""Messages through Slack's incoming webhooks (https://api.slack.com/messaging/webhooks)."""

from collections.abc import AsyncIterator

from treadle.tools.builtin.call import Call
from treadle.tools.builtin.webhook import hook, post
from treadle.tools.messages import Message, Text


async def slack_webhook(call: Call) -> AsyncIterator[Message]:
    url = hook(call, call.urls["hooks"], "/services/", "Slack")
    await post(call, url, {"text": call.required("content")})
    yield Text("The message was sent.")
