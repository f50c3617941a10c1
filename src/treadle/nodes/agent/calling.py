"""Calling tools for a model: all calls of a round at once, and no way for one of them to end the run.

Source: spec models-and-tools §3.3 and §4.3. The reference calls them one after the other.
"""

import asyncio
import json
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing

from treadle.engine.errors import NodeError, ToolParameterError
from treadle.engine.node import NodeContext
from treadle.engine.ports import ToolCall, ToolLog, ToolMessage
from treadle.engine.values import JsonValue

from .belt import Belt, Offered, arguments_of
from .kept import Notebook
from .letters import sound
from .observation import Observation
from .rounds import Call, Result, Round, Teller

_log = logging.getLogger(__name__)

_AT_ONCE = 8


def calls_of(belt: Belt, asked: Sequence[ToolCall], number: int) -> list[Call]:
    """The calls that a model asked for natively, in round `number`."""
    calls: list[Call] = []
    ids: set[str] = set()
    for place, tool_call in enumerate(asked, 1):
        call_id = tool_call.id if tool_call.id and tool_call.id not in ids else f"call_{number}_{place}"
        ids.add(call_id)
        try:
            call = call_of(belt, tool_call.name, _read(tool_call.arguments), call_id=call_id, beside=calls)
        except (ValueError, RecursionError):
            call = call_of(belt, tool_call.name, sound(tool_call.arguments), call_id=call_id, beside=calls)
            call.broken = True
        call.carried = tool_call.carried
        calls.append(call)
    return calls


def _read(arguments: str) -> JsonValue:
    """Raises ValueError and RecursionError."""
    return sound(json.loads(arguments, strict=False)) if arguments.strip() else {}


def call_of(belt: Belt, name: str, arguments: JsonValue, *, call_id: str, beside: Sequence[Call] = ()) -> Call:
    """One call, with a key that differs from those `beside` it."""
    offered = belt.find(name)
    name = offered.spec.name if offered else name.strip().replace(";", ",")
    key, times, taken = name, 1, {call.key for call in beside}
    while key in taken:
        times += 1
        key = f"{name} ({times})"
    return Call(id=call_id, key=key, name=name, arguments=arguments, offered=offered)


async def run_calls(
    ctx: NodeContext, belt: Belt, round: Round, teller: Teller, notebook: Notebook, *, seconds: float, longest: int
) -> None:
    """Call the tools of a round and fill in the results; a stop of the run ends them all. What the notebook knows is
    not called again.

    `seconds` bounds each call, `longest` is how many characters of a result the model reads.
    """
    turn = asyncio.Semaphore(_AT_ONCE)

    async def run(call: Call) -> None:
        async with turn:
            call.began = time.time()
            teller.calling(round, call)
            if not notebook.recall(call):
                call.result = await _result(belt, round, call, teller, seconds, longest)
                call.ended = time.time()
            notebook.keep_result(call)
            if call.result is not None and call.result.cited:
                ctx.cite(list(call.result.cited))
            teller.called(round, call)

    async with asyncio.TaskGroup() as group:
        for call in round.calls:
            group.create_task(run(call))


async def _result(
    belt: Belt,
    round: Round,
    call: Call,
    teller: Teller,
    seconds: float,
    longest: int,
) -> Result:
    if call.offered is None:
        known = ", ".join(belt.names()) or "none"
        return _failed(f'There is no tool named "{call.name}". The tools that can be called: {known}.')
    if call.broken:
        return _failed(f'The arguments for "{call.name}" are no valid JSON; call it again with a JSON object.')
    heard, limit = Observation(), asyncio.timeout(seconds)
    try:
        arguments = arguments_of(call.offered, call.arguments)
        async with limit, aclosing(_closable(call.offered, arguments)) as messages:
            async for message in messages:
                if isinstance(message, ToolLog):
                    teller.log(round, call, message)
                heard.take(message)
    except ToolParameterError as error:
        return _failed(f'The arguments for "{call.name}" cannot be used: {error}', heard)
    except NodeError as error:
        return _failed(f'The tool "{call.name}" failed: {error}', heard)
    except TimeoutError:
        if limit.expired():
            return _failed(f'The tool "{call.name}" was ended: it took longer than {seconds:g} seconds.', heard)
        return _failed(f'The tool "{call.name}" failed: it waited too long for an answer.', heard)
    except asyncio.CancelledError:
        if asyncio.current_task().cancelling():  # type: ignore[union-attr]
            raise
        return _failed(f'The tool "{call.name}" was ended before it had finished.', heard)
    except Exception as error:
        _log.exception("the tool %s failed unexpectedly", call.name)
        return _failed(f'The tool "{call.name}" failed: {str(error) or type(error).__name__}', heard)
    return Result(heard.text(longest), heard.files, heard.json, heard.usage, cited=heard.cited)


def _failed(reason: str, heard: Observation | None = None) -> Result:
    """A failure in words that the model can act on; what the tool made before is kept."""
    if heard is None:
        return Result(reason, error=reason)
    return Result(reason, heard.files, heard.json, heard.usage, reason, heard.cited)


async def _closable(offered: Offered, arguments: dict[str, JsonValue]) -> AsyncGenerator[ToolMessage, None]:
    """The messages of a call, which ends at once when this is closed."""
    messages: AsyncIterator[ToolMessage] = offered.invoke(arguments)
    try:
        async for message in messages:
            yield message
    finally:
        if isinstance(messages, AsyncGenerator):
            await messages.aclose()
