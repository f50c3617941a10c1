"""The strategy for models that can ask for tool calls themselves.

Source: spec models-and-tools §3.3, workflow-nodes §22.
"""

import msgspec

from treadle.engine.ports import Message, ToolCall
from treadle.engine.values import JsonValue, json_text
from treadle.nodes.config import as_value
from treadle.nodes.reasoning import without_thinking

from .assignment import Assignment, Ending, without_media
from .belt import model_name
from .calling import calls_of
from .rounds import Call, Round

_ANSWER_NOW = "[No round is left: answer now, without tools.]"


async def run(assignment: Assignment) -> Ending:
    """Ask and call until the model answers. Raises InvokeError."""
    trail = list(assignment.messages)
    for number in range(1, assignment.rounds + 1):
        last = number == assignment.rounds
        tools = () if last and assignment.closing else assignment.belt.specs
        round = Round(number)

        def say(text: str, round: Round = round) -> None:
            assignment.teller.say(round, text)

        reply = await assignment.ask(
            round, _closed(trail) if last and assignment.closing else trail, tools=tools, say=say
        )
        round.thought = reply.text
        round.calls = calls_of(assignment.belt, reply.tool_calls, number)
        if not round.calls:
            round.answer = reply.text
            assignment.teller.asked(round)
            return "answered"
        assignment.teller.asked(round)
        await assignment.call_tools(round)
        if number == 1:
            trail = [without_media(message) for message in trail]
        trail += turns_of(reply.text, round.calls)
        if last:
            _end_without_answer(assignment, round)
    return "limit"


def turns_of(text: str, calls: list[Call]) -> list[Message]:
    """A round as the model is reminded of it: what it said and asked for, then the results in the same order."""
    asked = tuple(ToolCall(call.id, model_name(call.name), _written(call.arguments), call.carried) for call in calls)
    turns = [Message(role="assistant", content=without_thinking(text).strip(), tool_calls=asked)]
    for call in calls:
        result = call.result.text if call.result else ""
        turns.append(Message(role="tool", content=result, tool_call_id=call.id, name=model_name(call.name)))
    return turns


def _written(arguments: JsonValue) -> str:
    """Arguments as JSON. Those that were no JSON become none: providers refuse broken ones in a conversation."""
    return json_text(as_value(arguments)) if isinstance(arguments, dict) else "{}"


def _closed(trail: list[Message]) -> list[Message]:
    """The trail, with a word behind the last result that no tool can be called any more."""
    if trail and trail[-1].role == "tool" and isinstance(trail[-1].content, str):
        return [*trail[:-1], msgspec.structs.replace(trail[-1], content=f"{trail[-1].content}\n\n{_ANSWER_NOW}")]
    return trail


def _end_without_answer(assignment: Assignment, round: Round) -> None:
    """The only round's results are the answer; after several, the reader is told that the limit was reached."""
    if assignment.rounds == 1 and not assignment.closing:
        text = "\n".join(call.result.text for call in round.calls if call.result)
    else:
        text = assignment.limit_text()
    assignment.teller.say(round, text if not round.thought or round.thought.endswith("\n") else f"\n{text}")
