"""Lark's messages."""

from treadle.tools.builtin.office.client import check
from treadle.tools.builtin.office.messages import (
    get_chat_messages,
    get_thread_messages,
    send_bot_message,
    send_webhook_message,
)

__all__ = ["check", "get_chat_messages", "get_thread_messages", "send_bot_message", "send_webhook_message"]
