"""Runs the operator's tools: what their methods give becomes messages, what they raise becomes one sentence."""

import asyncio
import inspect
import logging
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any, cast

from treadle.engine.errors import NodeError, ToolCredentialsError, ToolInvokeError
from treadle.tools.builtin.call import Call
from treadle.tools.messages import Message

from .base import CredentialsRefused, Runtime, Tool, ToolProvider

_log = logging.getLogger(__name__)


def function_of(kind: type[Tool]) -> Callable[[Call], AsyncIterator[Message]]:
    """The tool as a provider calls it."""

    async def run(call: Call) -> AsyncIterator[Message]:
        tool = kind(Runtime(call, asyncio.get_running_loop()))
        try:
            async for message in _given(tool._invoke, call.user_id, dict(call.parameters)):  # pyright: ignore[reportPrivateUsage]
                yield message
        except NodeError:
            raise
        except CredentialsRefused as error:
            raise ToolCredentialsError(str(error) or "The credentials are refused.") from error
        except Exception as error:
            _log.exception("the tool %s failed", kind.__name__)
            raise ToolInvokeError(str(error) or type(error).__name__) from error

    return run


def check_of(kind: type[ToolProvider]) -> Callable[[Call], Any]:
    """Whether credentials work, as a provider asks it."""

    async def check(call: Call) -> None:
        validate: Callable[..., Any] = kind()._validate_credentials  # pyright: ignore[reportPrivateUsage]
        try:
            if inspect.iscoroutinefunction(validate):
                await validate(dict(call.credentials))
            else:
                await asyncio.to_thread(validate, dict(call.credentials))
        except NodeError:
            raise
        except Exception as error:
            raise ToolCredentialsError(str(error) or "The credentials are refused.") from error

    return check


async def _given(method: Callable[..., Any], *arguments: Any) -> AsyncIterator[Message]:
    if inspect.isasyncgenfunction(method):
        async for message in method(*arguments):
            yield _checked(message)
        return
    if inspect.iscoroutinefunction(method):
        messages = _listed(await method(*arguments))
    else:
        messages = await asyncio.to_thread(lambda: _listed(method(*arguments)))
    for message in messages:
        yield _checked(message)


def _listed(result: Any) -> list[Any]:
    """A message alone, several, or what a generator yields; nothing for None."""
    if result is None:
        return []
    several = isinstance(result, Iterable) and not isinstance(result, (str, bytes, dict))
    return list(cast("Iterable[Any]", result)) if several else [result]


def _checked(message: Any) -> Message:
    if not type(message).__module__.startswith("treadle.tools.messages"):
        raise ToolInvokeError(
            f"The tool gave a {type(message).__name__}; it gives what its create_…_message methods make."
        )
    return message
