"""Runs the operator's tools: what their methods give becomes messages, what they raise becomes one sentence."""

import asyncio
import inspect
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, Final, cast

from treadle.engine.errors import NodeError, ToolCredentialsError, ToolInvokeError, ToolNodeError
from treadle.tools.builtin.call import Call
from treadle.tools.builtin.provider import Parameter
from treadle.tools.builtin.provider_file import parameters_of as parameters_in
from treadle.tools.messages import Message

from .base import CredentialsRefused, Runtime, Tool, ToolProvider
from .parameters import ToolParameter, parameter_tree

_log = logging.getLogger(__name__)

SECONDS_TO_TELL: Final = 20.0
"""How long the code of a tool may take to say which parameters it has."""


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


def parameters_of(kind: type[Tool]) -> Callable[[Call], Awaitable[tuple[Parameter, ...]]]:
    """The parameters that the tool has for a call, as a provider asks for them."""

    async def tell(call: Call) -> tuple[Parameter, ...]:
        method: Callable[..., Any] = kind(Runtime(call, asyncio.get_running_loop())).get_runtime_parameters
        try:
            async with asyncio.timeout(SECONDS_TO_TELL):
                if inspect.iscoroutinefunction(method):
                    told = await method()
                else:
                    told = await asyncio.to_thread(lambda: _listed(method()))
                return _declared(kind, _listed(told))
        except NodeError:
            raise
        except CredentialsRefused as error:
            raise ToolCredentialsError(str(error) or "The credentials are refused.") from error
        except Exception as error:
            reason = str(error) or type(error).__name__
            if isinstance(error, TimeoutError):
                reason = f"it took longer than {SECONDS_TO_TELL:g} seconds."
            else:
                _log.exception("the tool %s cannot tell its parameters", kind.__name__)
            raise ToolNodeError(f"The tool {kind.__name__} cannot tell its parameters: {reason}") from error

    return tell


def _declared(kind: type[Tool], told: Sequence[object]) -> tuple[Parameter, ...]:
    """Raises ValueError for what are no parameters."""
    if len(told) == 1 and not isinstance(told[0], (Mapping, ToolParameter)):
        raise ValueError(f"it gave a {type(told[0]).__name__} instead of a list of parameters.")
    declared = parameters_in([parameter_tree(each) for each in told])
    sealed = {each.name for each in kind.parameters if each.type == "secret-input"}
    for parameter in declared:
        if parameter.type == "secret-input" and parameter.name not in sealed:
            raise ValueError(f'the secret "{parameter.name}" must stand in the file of the tool too, to be sealed.')
    return declared


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
