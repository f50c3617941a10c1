"""Prompt sizes without a network and without a vocabulary: an estimate, documented and always the same.

An ideograph, kana or hangul syllable counts as one token, any four other characters as one, and each message as three
more (spec models-and-tools §1.10 counts so for OpenAI's vocabularies). English prose comes out within about 15 % of
those; code and other scripts are estimated lower than they are. Media parts count nothing.
"""

import re
from collections.abc import Sequence

from treadle.engine.ports import Message

PER_MESSAGE = 3
CHARACTERS_PER_TOKEN = 4

_WIDE = re.compile(
    r"[\u1100-\u11ff\u2e80-\u30ff\u3130-\u318f\u31a0-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]"
)


def text_tokens(text: str) -> int:
    """About how many tokens `text` is; 0 for the empty text only."""
    wide = 0 if text.isascii() else len(_WIDE.findall(text))
    return wide + -(-(len(text) - wide) // CHARACTERS_PER_TOKEN)


def tokens(messages: Sequence[Message]) -> int:
    """About how many tokens these messages are as a prompt."""
    return sum(PER_MESSAGE + _message_tokens(message) for message in messages)


def _message_tokens(message: Message) -> int:
    content = message.content
    if isinstance(content, str):
        count = text_tokens(content)
    else:
        count = sum(text_tokens(part.text) for part in content if part.type == "text")
    return count + sum(text_tokens(call.name) + text_tokens(call.arguments) for call in message.tool_calls)
