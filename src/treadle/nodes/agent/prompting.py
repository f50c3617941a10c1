"""From what a builder wrote and a person asked to the rounds of a strategy; shared by agent nodes and agent apps."""

from collections.abc import Sequence
from dataclasses import dataclass

from treadle.engine.errors import NoPromptFoundError
from treadle.engine.ports import Message, ModelProfile
from treadle.nodes.media import Detail, SendAs
from treadle.nodes.prompt import Draft, history_text, messages_of

from . import function_calling, react
from .assignment import Assignment, Ending
from .react_prompt import CHAT_PROMPT, COMPLETION_PROMPT, ReActPrompt

_TOOL_CALLS = frozenset({"tool-call", "multi-tool-call"})


def can_call_tools(profile: ModelProfile) -> bool:
    """Whether the model can ask for tool calls itself."""
    return bool(profile.features & _TOOL_CALLS)


@dataclass(slots=True, kw_only=True)
class Briefing:
    """The parts of a prompt.

    `frame` stands before the conversation; a ReAct prompt has `instruction` in its place. `past` are earlier exchanges
    with their tool calls, for models that can read those; None: as in `history`. `template` is a ReAct prompt of the
    builder's own.
    """

    frame: Sequence[Draft]
    instruction: str
    question: Draft
    history: Sequence[Draft] = ()
    past: Sequence[Message] | None = None
    template: str = ""
    user_prefix: str = "Human"
    assistant_prefix: str = "Assistant"
    detail: Detail = "high"
    send_as: SendAs = "base64"


async def work(assignment: Assignment, briefing: Briefing, *, natively: bool) -> Ending:
    """Answer, with tool calls of the model's own when `natively`, else with thoughts and actions as text.

    Without any tool this is a plain chat. Raises InvokeError, and NoPromptFoundError when there is nothing to send.
    """
    history = await _messages(assignment, briefing, briefing.history)
    question = await _messages(assignment, briefing, [briefing.question])
    if natively or not assignment.belt:
        frame = await _messages(assignment, briefing, briefing.frame)
        past = history if briefing.past is None else briefing.past
        assignment.messages = [*frame, *past, *question]
        if not assignment.messages:
            raise NoPromptFoundError("The prompt is empty; write an instruction or a question.")
        return await function_calling.run(assignment)
    completion = assignment.model.mode == "completion"
    prompt = ReActPrompt(
        template=briefing.template or (COMPLETION_PROMPT if completion else CHAT_PROMPT),
        instruction=briefing.instruction,
        completion=completion,
        history=history,
        question=question[0] if question else None,
        past=history_text(briefing.history, user=briefing.user_prefix, assistant=briefing.assistant_prefix),
        query=briefing.question.text,
    )
    return await react.run(assignment, prompt)


async def _messages(assignment: Assignment, briefing: Briefing, drafts: Sequence[Draft]) -> list[Message]:
    """The messages of `drafts`; none when all are empty."""
    try:
        return list(
            await messages_of(
                drafts,
                profile=assignment.profile,
                files=assignment.ctx.ports.files,
                detail=briefing.detail,
                send_as=briefing.send_as,
            )
        )
    except NoPromptFoundError:
        return []
