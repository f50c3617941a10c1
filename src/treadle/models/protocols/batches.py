"""Many texts in requests of the size that a model takes: cut, sent a few at a time, sent again after a rate limit.

Source: spec models-and-tools §1.19 (Embedding).
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from treadle.engine.errors import InvokeRateLimitError
from treadle.engine.usage import Usage
from treadle.models.target import Target
from treadle.models.tokens import CHARACTERS_PER_TOKEN, text_tokens

from . import Embeddings

REQUESTS = 4
"""How many requests of one call are open at a time."""

PAUSES = (1.0, 2.0, 4.0, 8.0)
"""Seconds before each further try after a rate limit, unless the provider names its own."""

LONGEST_PAUSE = 20.0
"""A provider that wants a longer pause than this is not waited for."""

Result = TypeVar("Result")


async def embedded(
    target: Target, texts: Sequence[str], embed: Callable[[list[str]], Awaitable[Embeddings]]
) -> Embeddings:
    """A vector per text, in order, with the usage of all requests; `embed` asks for those of one batch.

    Texts longer than the model's context are cut in proportion. Raises InvokeError.
    """
    cut = [cut_to(text, target.profile.context_size) for text in texts]
    parts = await in_batches(cut, target.batch, embed)
    usage = sum((part.usage for part in parts), Usage())
    return Embeddings([vector for part in parts for vector in part.vectors], usage)


async def in_batches(texts: list[str], size: int, ask: Callable[[list[str]], Awaitable[Result]]) -> list[Result]:
    """What `ask` says to each batch of `texts`, in order. The first failure ends the others.

    Several batches wait out rate limits where they stand, so that what is done need not be done again; a single one
    leaves that to who called, who may have another credential.
    """
    gate = asyncio.Semaphore(REQUESTS)
    size = max(size, 1)
    batches = [texts[at : at + size] for at in range(0, len(texts), size)]

    async def asked(batch: list[str]) -> Result:
        async with gate:
            return await (ask(batch) if len(batches) == 1 else patiently(lambda: ask(batch)))

    tasks = [asyncio.ensure_future(asked(batch)) for batch in batches]
    try:
        return list(await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()


async def patiently(call: Callable[[], Awaitable[Result]]) -> Result:
    """What `call` gives, tried again after a rate limit. Raises what the last try raised."""
    for pause in PAUSES:
        try:
            return await call()
        except InvokeRateLimitError as error:
            wait = pause if error.retry_after is None else error.retry_after
            if wait > LONGEST_PAUSE:
                raise
        await asyncio.sleep(wait)
    return await call()


def cut_to(text: str, context_size: int | None) -> str:
    """`text`, cut in proportion to what the model takes of it."""
    if context_size is None or len(text) <= context_size or (size := text_tokens(text)) <= context_size:
        return text
    return text[: max(len(text) * context_size // size, CHARACTERS_PER_TOKEN)]
