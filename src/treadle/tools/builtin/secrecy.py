"""Keeps secrets out of what a tool says when it fails: upstreams and URLs repeat keys now and then."""

from collections.abc import AsyncGenerator, Collection, Iterable
from contextlib import aclosing
from urllib.parse import quote, quote_plus

from treadle.engine.errors import NodeError
from treadle.engine.values import Value
from treadle.tools.messages import Message

_SHORTEST = 4
"""Shorter values are no secrets, and would black out words."""
_MASK = "***"


def secrets_in(values: Iterable[Value]) -> frozenset[str]:
    """The texts among `values` that may show up in a message, plain or as part of a URL."""
    texts = [value.strip() for value in values if isinstance(value, str) and len(value.strip()) >= _SHORTEST]
    return frozenset(form for text in texts for form in (text, quote(text, safe=""), quote(text), quote_plus(text)))


async def kept_secret(
    messages: AsyncGenerator[Message, None], secrets: Collection[str]
) -> AsyncGenerator[Message, None]:
    """The same messages; an error that names a secret comes with that part masked."""
    async with aclosing(messages) as given:
        try:
            async for message in given:
                yield message
        except NodeError as error:
            text = str(error)
            for secret in sorted(secrets, key=len, reverse=True):
                text = text.replace(secret, _MASK)
            if text == str(error):
                raise
            raise type(error)(text) from None
