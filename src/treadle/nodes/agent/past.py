"""What a model is reminded of, within its context: earlier exchanges with their tool calls, and results of tools.

Source: spec models-and-tools §3.3.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import msgspec

from treadle.engine.ports import Files, Message, ModelProfile, ToolCall, Turn
from treadle.engine.values import JsonValue
from treadle.nodes.media import Detail, SendAs
from treadle.nodes.prompt import Draft, messages_of, room_for_history

from .belt import model_name

LEFT_OUT = "[This earlier result was left out to make room.]"

Count = Callable[[Sequence[Message]], int]


def turns_within(
    turns: Sequence[Turn],
    prompt: Sequence[Draft],
    *,
    profile: ModelProfile,
    parameters: Mapping[str, JsonValue],
    count: Count,
    with_tools: bool,
) -> list[Turn]:
    """The newest exchanges that fit beside the prompt, whole ones only; the last one is always kept.

    One that fits only without its tool calls is kept without them. With `with_tools` unset, no calls are kept.
    """
    if not with_tools:
        turns = [replace(turn, rounds=()) for turn in turns]
    room = room_for_history(prompt, profile=profile, parameters=parameters, count=count)
    kept: list[Turn] = []
    for turn in reversed(turns):
        size = count(_texts(turn))
        if size > room and turn.rounds:
            turn = replace(turn, rounds=())
            size = count(_texts(turn))
        if size > room and kept:
            break
        kept.append(turn)
        room -= size
    return kept[::-1]


def fitting(messages: Sequence[Message], *, room: int, count: Count) -> list[Message]:
    """The messages without the longest-ago results of tools, as many as do not fit into `room` tokens.

    Calls and results stay in pairs: a result that is left out says so. The newest result is always kept.
    """
    sizes = [count([message]) for message in messages]
    excess = sum(sizes) - room
    fitted = list(messages)
    for place in [place for place, message in enumerate(messages) if message.role == "tool"][:-1]:
        if excess <= 0:
            break
        short = msgspec.structs.replace(messages[place], content=LEFT_OUT)
        if (saved := sizes[place] - count([short])) > 0:
            fitted[place] = short
            excess -= saved
    return fitted


async def messages_of_turns(
    turns: Sequence[Turn], *, profile: ModelProfile, files: Files, detail: Detail, send_as: SendAs
) -> list[Message]:
    """The exchanges as messages: each question with its files, each round with its calls and results, the answer."""
    messages: list[Message] = []
    for number, turn in enumerate(turns, 1):
        asked = Draft("user", turn.query, list(turn.query_files))
        if asked.text or asked.files:
            messages += await messages_of(
                [Draft("user", turn.query or "[file]", asked.files)],
                profile=profile,
                files=files,
                detail=detail,
                send_as=send_as,
            )
        messages += _answered(turn, number)
    return messages


def _answered(turn: Turn, number: int) -> list[Message]:
    """What the model said and did. Where rounds tell what was said last, the answer is not told twice."""
    messages: list[Message] = []
    last = ""
    for place, past in enumerate(turn.rounds, 1):
        if not past.calls:
            last = past.text
            continue
        ids = [f"past_{number}_{place}_{index}" for index in range(1, len(past.calls) + 1)]
        asked = tuple(
            ToolCall(call_id, model_name(call.tool), call.arguments)
            for call_id, call in zip(ids, past.calls, strict=True)
        )
        messages.append(Message(role="assistant", content=past.text, tool_calls=asked))
        messages += [
            Message(role="tool", content=call.result, tool_call_id=call_id, name=model_name(call.tool))
            for call_id, call in zip(ids, past.calls, strict=True)
        ]
    answer = (last.strip() or turn.answer) if messages else turn.answer
    return [*messages, Message(role="assistant", content=answer)] if answer else messages


def _texts(turn: Turn) -> list[Message]:
    """An exchange to be measured."""
    return [Message(role="user", content=turn.query), *_answered(turn, 0)]
