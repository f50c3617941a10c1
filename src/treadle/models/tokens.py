"""Prompt sizes without a network: exact where the model's vocabulary is installed and known, else an estimate.

Source: spec models-and-tools §1.10. Of a model of OpenAI's the extra `treadle[tokens]` counts exactly; every other one,
and every one without it, gets the estimate of `tokens_estimate`. Each message counts three more, and a prompt for a
known vocabulary three once more. Media parts count nothing.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from treadle.engine.ports import Message

from .tokens_estimate import Vocabulary, estimated
from .tokens_vocabulary import counter

PER_MESSAGE = 3
PRIMING = 3
CHARACTERS_PER_TOKEN = 4
LONGEST = 20_000
"""Characters that are counted exactly, in about a millisecond; what follows is estimated in proportion."""

_NEWER = re.compile(r"(?:chatgpt-4o|gpt-4o|gpt-4\.[15]|gpt-[5-9]|gpt-oss|o[1-9])(?:$|[-.:])")
_OLDER = re.compile(r"(?:gpt-4|gpt-3\.5|gpt-35|text-embedding-(?:3|ada))(?:$|[-.:])")


def text_tokens(text: str, model: str = "") -> int:
    """How many tokens `text` is for the model of this name; 0 for the empty text only."""
    if not text:
        return 0
    known = vocabulary_of(model)
    count = None if known is None else counter(known)
    if known is None or count is None:
        return _estimate(text, known or "cl100k_base")
    if len(text) <= LONGEST:
        return _exact(text, known)
    head = text[:LONGEST]
    return _exact(head, known) * estimated(text, known) // estimated(head, known)


def tokens(messages: Sequence[Message], model: str = "") -> int:
    """How many tokens these messages are as a prompt for the model of this name."""
    count = sum(PER_MESSAGE + _message_tokens(message, model) for message in messages)
    return count + PRIMING if messages and vocabulary_of(model) is not None else count


@lru_cache(256)
def vocabulary_of(model: str) -> Vocabulary | None:
    """The vocabulary of OpenAI's that a model with this name uses, None for everybody else's.

    A router's `openai/gpt-4o` and a fine-tuned `ft:gpt-4o:...` count as what they come from.
    """
    name = model.rpartition("/")[2].removeprefix("ft:")
    if _NEWER.match(name):
        return "o200k_base"
    return "cl100k_base" if _OLDER.match(name) else None


def _message_tokens(message: Message, model: str) -> int:
    content = message.content
    if isinstance(content, str):
        count = text_tokens(content, model)
    else:
        count = sum(text_tokens(part.text, model) for part in content if part.type == "text")
    return count + sum(
        text_tokens(call.name, model) + text_tokens(call.arguments, model) for call in message.tool_calls
    )


def _estimate(text: str, vocabulary: Vocabulary) -> int:
    return estimated(text, vocabulary) if len(text) > LONGEST else _kept_estimate(text, vocabulary)


@lru_cache(128)
def _kept_estimate(text: str, vocabulary: Vocabulary) -> int:
    """System prompts come again with every call."""
    return estimated(text, vocabulary)


@lru_cache(128)
def _exact(text: str, vocabulary: Vocabulary) -> int:
    count = counter(vocabulary)
    assert count is not None, "only asked once it is there"
    return count(text)
