"""A question that a node asks a model for its own sake: nothing streams to the reader (workflow-nodes §6, §19, §5)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Literal

from treadle.engine.node import NodeContext
from treadle.engine.pool import VariablePool
from treadle.engine.ports import ChatRequest, Message, ModelProfile, ModelRef, ToolCall, ToolSpec
from treadle.engine.values import File, JsonValue, to_text

from .limits import NodeLimits
from .media import selected_files
from .model_call import CallRecord, Reply, call_model
from .model_settings import MAX_TURNS, MemoryConfig, ModelConfig, VisionConfig
from .prompt import Draft, add_files, drafts_of, history_text, logged_prompts, messages_of, within_budget
from .structured_output import pass_schema

_CALLS_TOOLS = frozenset({"tool-call", "multi-tool-call"})


@dataclass(slots=True)
class AskedModel:
    """A model that a node is about to ask."""

    ref: ModelRef
    profile: ModelProfile
    parameters: dict[str, JsonValue]
    stop: tuple[str, ...] = ()

    @property
    def calls_tools(self) -> bool:
        return bool(_CALLS_TOOLS & self.profile.features)


@dataclass(slots=True)
class Example:
    """A worked exchange that is put before the question."""

    question: str
    reply: str = ""
    call: ToolCall | None = None

    def messages(self) -> tuple[Message, ...]:
        asked = Message(role="user", content=self.question)
        if self.call is None:
            return (asked, Message(role="assistant", content=self.reply))
        return (
            asked,
            Message(role="assistant", content=self.reply, tool_calls=(self.call,)),
            Message(role="tool", content="Received.", tool_call_id=self.call.id),
            Message(role="assistant", content="The parameters are handed over."),
        )


@dataclass(slots=True)
class Question:
    """What is sent: instructions (none in a completion prompt), worked exchanges, and the question with its files."""

    text: str
    system: str = ""
    examples: Sequence[Example] = ()
    files: list[File] = field(default_factory=list[File])
    detail: Literal["low", "high", "auto"] = "high"
    tools: tuple[ToolSpec, ...] = ()
    schema: dict[str, JsonValue] | None = None
    """Of the object asked for: a model that knows schemas then replies with nothing else."""


async def asked_model(ctx: NodeContext, model: ModelConfig) -> AskedModel:
    """The model of the settings, or the one that stands in for it.

    Raises LLMModeRequiredError, ModelNotExistError or ProviderNotInitializeError.
    """
    ref = await ctx.ports.models.resolve(model.ref())
    return AskedModel(ref, await ctx.ports.models.profile(ref), model.parameters(), model.stop())


async def ask(limits: NodeLimits, ctx: NodeContext, model: AskedModel, question: Question, record: CallRecord) -> Reply:
    """The model's reply, which is the record's. Raises InvokeError, and what an unusable file gives."""
    drafts = [Draft("system", question.system)] if question.system else []
    drafts.append(Draft("user", question.text))
    add_files(drafts, question.files)
    messages = await messages_of(
        drafts, profile=model.profile, files=ctx.ports.files, detail=question.detail, send_as=limits.media
    )
    worked = tuple(message for example in question.examples for message in example.messages())
    messages = (*messages[:-1], *worked, messages[-1])
    parameters = dict(model.parameters)
    if question.schema is not None and "response_format" not in parameters:
        pass_schema(question.schema, model=model.ref, profile=model.profile, parameters=parameters)
    record.model = model.ref
    record.prompts = logged_prompts(messages)
    request = ChatRequest(
        model=model.ref,
        messages=messages,
        parameters=parameters,
        stop=model.stop,
        tools=question.tools,
        user=to_text(ctx.pool.get(("sys", "user_id"))) or None,
    )
    await call_model(ctx, request, record.reply, output=None)
    return record.reply


async def earlier_exchanges(
    ctx: NodeContext, memory: MemoryConfig | None, model: AskedModel, prompt: Sequence[str], *, any_window: bool = False
) -> str:
    """The conversation as text, cut to what fits beside `prompt`; empty without memory.

    With `any_window` the size of the window counts even when it is switched off.
    """
    if memory is None:
        return ""
    limit = memory.window.limit()
    if any_window and memory.window.size > 0:
        limit = min(memory.window.size, MAX_TURNS)
    kept = within_budget(
        drafts_of(await ctx.ports.memory.turns(limit)),
        [Draft("user", text) for text in prompt],
        profile=model.profile,
        parameters=model.parameters,
        count=partial(ctx.ports.models.count_tokens, model.ref),
    )
    return history_text(kept, user="Human", assistant="Assistant")


def seen_files(pool: VariablePool, vision: VisionConfig) -> list[File]:
    """The files that the model is to see. Raises InvalidVariableTypeError."""
    return selected_files(pool, vision.configs.variable_selector) if vision.enabled else []
