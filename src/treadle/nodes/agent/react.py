"""The strategy for models without tool calls of their own: thoughts and actions as text.

Source: spec models-and-tools §3.4, workflow-nodes §22. Only the answer is shown to the reader while it is written.
"""

from typing import Final

from treadle.engine.ports import Message, ToolSpec

from .assignment import Assignment, Ending
from .calling import call_of
from .past import LEFT_OUT
from .react_prompt import ReActPrompt, Step
from .react_reply import ReplyReader
from .rounds import Round

_STOP: Final = "Observation"
_WITHOUT_STOP: Final = "wenxin"
_MOST_STOPS: Final = 4
"""Stop words that providers take. Whatever a model writes behind its action is not read anyway."""
_NO_THOUGHT: Final = "I am working out how to answer this."


async def run(assignment: Assignment, prompt: ReActPrompt) -> Ending:
    """Ask and call until the model answers. Raises InvokeError."""
    steps: list[Step] = []
    without_stop = assignment.model.provider.rsplit("/", 1)[-1] == _WITHOUT_STOP
    stop = () if without_stop or len(assignment.stop) >= _MOST_STOPS else (_STOP,)
    for number in range(1, assignment.rounds + 1):
        last = number == assignment.rounds
        tools = () if last and assignment.closing else assignment.belt.specs
        round, reader = Round(number), ReplyReader()

        def read(text: str, round: Round = round, reader: ReplyReader = reader) -> None:
            if piece := reader.feed(text):
                assignment.teller.say(round, piece)

        messages = _prompt(assignment, prompt, tools, steps, last=last and assignment.closing)
        reply = await assignment.ask(round, messages, stop=stop, say=read, separated=True)
        parsed = reader.close()
        if parsed.action is None:
            round.thought = round.answer = parsed.answer
            if parsed.unsaid:
                assignment.teller.say(round, parsed.unsaid)
            assignment.teller.asked(round)
            return "answered"
        round.thought = parsed.thought or reply.reasoning or _NO_THOUGHT
        action = parsed.action
        call = call_of(assignment.belt, action.name, action.input, call_id=f"call_{number}")
        call.broken = parsed.broken
        round.calls = [call]
        assignment.teller.asked(round)
        await assignment.call_tools(round)
        result = call.result.text if call.result else ""
        steps.append(Step(round.thought, action.name, action.input, result))
        if last:
            only = assignment.rounds == 1 and not assignment.closing
            assignment.teller.say(round, result if only else assignment.limit_text())
    return "limit"


def _prompt(
    assignment: Assignment, prompt: ReActPrompt, tools: tuple[ToolSpec, ...], steps: list[Step], *, last: bool
) -> list[Message]:
    """The prompt of a round. Observations that are too much for the model's context are left out, the oldest first."""
    messages = prompt.messages(tools, steps, last=last)
    for step in steps[:-1]:
        if assignment.excess(messages) <= 0:
            break
        if len(step.observation) > len(LEFT_OUT):
            step.observation = LEFT_OUT
            messages = prompt.messages(tools, steps, last=last)
    return messages
