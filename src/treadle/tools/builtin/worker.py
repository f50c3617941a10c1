"""Runs a function of a tool in a process of its own, for work whose time cannot be known beforehand.

A pattern or a path that a person or a model wrote may take for ever, and a thread cannot be ended; a process can.
"""

import asyncio
import sys
from importlib import import_module
from weakref import WeakKeyDictionary

import msgspec

from treadle.engine.errors import ToolInvokeError, ToolParameterError
from treadle.engine.values import JsonValue

SECONDS = 10.0
_MEMORY = 512 * 1024 * 1024
_INPUT = 5 * 1024 * 1024
_OUTPUT = 10 * 1024 * 1024


async def in_process(module: str, function: str, *arguments: JsonValue, seconds: float = SECONDS) -> JsonValue:
    """What `function` of `module` returns for `arguments`, all of them JSON; a ValueError that it raises comes as
    ToolParameterError. Raises ToolInvokeError when it takes too long or too much memory."""
    given = msgspec.json.encode([module, function, list(arguments)])
    if len(given) > _INPUT:
        raise ToolParameterError(f"The content has {len(given):,} bytes, more than the limit of {_INPUT:,}.")
    async with _slots():
        return await _answer(given, seconds)


async def _answer(given: bytes, seconds: float) -> JsonValue:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-I", "-m", __name__,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL, env={},
    )  # fmt: skip
    try:
        async with asyncio.timeout(seconds):
            answer, _ = await process.communicate(given)
    except TimeoutError:
        raise ToolInvokeError(f"It took longer than {seconds:g} seconds; use a simpler expression.") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        raise ToolInvokeError("It took more memory than allowed; use a simpler expression or less content.")
    result, problem = msgspec.json.decode(answer)
    if problem is not None:
        raise ToolParameterError(problem)
    return result


_AT_ONCE = 4
_semaphores: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()


def _slots() -> asyncio.Semaphore:
    """How many such processes run at once; others wait."""
    return _semaphores.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(_AT_ONCE))


def _serve() -> None:
    """The process itself: reads one request, writes `[result, problem]`."""
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    module, function, arguments = msgspec.json.decode(sys.stdin.buffer.read())
    try:
        answer = msgspec.json.encode([getattr(import_module(module), function)(*arguments), None])
    except (ValueError, TypeError, RecursionError) as error:
        answer = msgspec.json.encode([None, str(error)])
    if len(answer) > _OUTPUT:
        answer = msgspec.json.encode([None, f"The result has more than {_OUTPUT:,} bytes."])
    sys.stdout.buffer.write(answer)


if __name__ == "__main__":
    _serve()
