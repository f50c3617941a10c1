"""What an agent is asked to do, and what a strategy needs to do it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

import msgspec

from treadle.engine.node import NodeContext
from treadle.engine.ports import ChatRequest, Message, ModelProfile, ModelRef, Part, ToolSpec
from treadle.engine.values import JsonValue
from treadle.nodes.model_call import CallRecord, Reply, call_model
from treadle.nodes.prompt import logged_prompts, output_limit

from .belt import Belt
from .calling import run_calls
from .kept import Notebook
from .past import fitting
from .rounds import Call, Result, Round, Teller

Ending = Literal["answered", "limit"]
"""Why an agent came to its end: it had an answer, or no round was left."""

_CHARACTERS_PER_TOKEN: Final = 4
_LONGEST_RESULT: Final = 100_000


@dataclass(slots=True)
class Assignment:
    """One question for an agent.

    `messages` are the prompt, ending with the question. `rounds` is the most times that the model is asked. With
    `closing`, the last of them offers no tools, so that the model must answer; without, the calls of the last one are
    refused. `tool_seconds` bounds each tool call. What the `notebook` knows is neither asked nor called again.
    """

    ctx: NodeContext
    model: ModelRef
    profile: ModelProfile
    parameters: Mapping[str, JsonValue]
    stop: tuple[str, ...]
    user: str | None
    belt: Belt
    rounds: int
    closing: bool
    teller: Teller
    record: CallRecord
    tool_seconds: float
    notebook: Notebook
    messages: list[Message] = field(default_factory=list[Message])

    async def ask(
        self,
        round: Round,
        messages: list[Message],
        *,
        tools: tuple[ToolSpec, ...] = (),
        stop: tuple[str, ...] = (),
        say: Callable[[str], None],
        separated: bool = False,
    ) -> Reply:
        """One model call, its cost noted whatever becomes of it. Results that are too much for the model's context are
        left out, the oldest first. Raises InvokeError."""
        messages = self._fitting(messages)
        self.record.prompts = logged_prompts(messages)
        self.teller.begin(round)
        if (known := self.notebook.reply()) is not None:
            if known.reasoning:
                self.ctx.reason(known.reasoning)
            say(known.text)
            self._note(round, known)
            self.notebook.keep_reply(known)
            return known
        request = ChatRequest(
            model=self.model,
            messages=tuple(messages),
            parameters=self.parameters,
            stop=(*self.stop, *(word for word in stop if word not in self.stop)),
            tools=tools,
            user=self.user,
        )
        reply = Reply()
        try:
            await call_model(self.ctx, request, reply, separated=separated, say=say)
        except BaseException as error:
            self.teller.fail(round, error)
            raise
        finally:
            self._note(round, reply)
        self.notebook.keep_reply(reply)
        return reply

    def _note(self, round: Round, reply: Reply) -> None:
        """Add a reply to what the round and the whole work came to."""
        whole = self.record.reply
        whole.usage += reply.usage
        whole.finish_reason = reply.finish_reason
        whole.files += reply.files
        round.usage = reply.usage
        round.files = list(reply.files)

    async def call_tools(self, round: Round) -> None:
        """Call the tools that the round asks for, or refuse it when no round is left. Never raises for a tool."""
        if round.number == self.rounds and (self.closing or self.rounds > 1):
            for call in round.calls:
                self._refuse(round, call)
        else:
            await run_calls(
                self.ctx,
                self.belt,
                round,
                self.teller,
                self.notebook,
                seconds=self.tool_seconds,
                longest=self._longest_result(),
            )
        for call in round.calls:
            if call.result is not None:
                self.record.reply.usage += call.result.usage
        self.teller.end(round)

    def limit_text(self) -> str:
        """What the reader is told when no round is left."""
        return f"The limit of {self.rounds} rounds was reached before the answer was complete."

    def _refuse(self, round: Round, call: Call) -> None:
        self.teller.calling(round, call)
        call.result = Result(
            f"The limit of {self.rounds} rounds is reached: {call.name} was not called. Answer with what is known."
        )
        self.teller.called(round, call)

    def excess(self, messages: list[Message]) -> int:
        """By how many tokens the prompt is too long for the model; not above 0 where it fits or nothing is known."""
        room = self._room()
        return 0 if room is None else self._count(messages) - room

    def _fitting(self, messages: list[Message]) -> list[Message]:
        room = self._room()
        return messages if room is None else fitting(messages, room=room, count=self._count)

    def _room(self) -> int | None:
        """Tokens that the prompt may have, beside the longest reply."""
        size, limit = self.profile.context_size, output_limit(self.parameters)
        return None if size is None else size - (limit[1] if limit else 0)

    def _count(self, messages: Sequence[Message]) -> int:
        return self.ctx.ports.models.count_tokens(self.model, messages)

    def _longest_result(self) -> int:
        """Half of the model's context, so that no single result crowds out everything else."""
        size = self.profile.context_size
        return _LONGEST_RESULT if size is None else max(1000, size * _CHARACTERS_PER_TOKEN // 2)


def without_media(message: Message) -> Message:
    """The message with its pictures and files as words: the model has seen them once."""
    if isinstance(message.content, str):
        return message
    words = [_word(part) for part in message.content]
    return msgspec.structs.replace(message, content="\n".join(word for word in words if word))


def _word(part: Part) -> str:
    if part.type == "text":
        return part.text
    return "[image]" if part.type == "image" else "[file]"
