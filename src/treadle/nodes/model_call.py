"""One streamed model call of a node."""

import mimetypes
from base64 import b64decode
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from treadle.engine.node import NodeContext, NodeResult
from treadle.engine.ports import ChatDelta, ChatRequest, ModelRef, Part, ToolCall
from treadle.engine.usage import NO_USAGE, Usage
from treadle.engine.values import File, Value

from .config import as_value
from .reasoning import Separated, Splitter, Tagged


@dataclass(slots=True)
class Reply:
    """What a model said."""

    text: str = ""
    reasoning: str = ""
    finish_reason: str | None = None
    usage: Usage = NO_USAGE
    files: list[File] = field(default_factory=list[File])
    tool_calls: list[ToolCall] = field(default_factory=list[ToolCall])
    model: ModelRef | None = None
    """The model that answered, when it stands behind the one that was called."""


@dataclass(slots=True)
class CallRecord:
    """What is known of a call, whether it succeeds or not. `model` is the one asked for until another stands in."""

    model: ModelRef
    inputs: dict[str, Value] = field(default_factory=dict[str, Value])
    prompts: list[Value] = field(default_factory=list[Value])
    reply: Reply = field(default_factory=Reply)

    def result(self, outputs: dict[str, Value]) -> NodeResult:
        """The node's result, with the record as its process data."""
        usage = self.reply.usage
        model = self.reply.model or self.model
        return NodeResult(
            outputs=outputs,
            inputs=self.inputs,
            process_data={
                "model_mode": model.mode,
                "prompts": self.prompts,
                "usage": as_value(usage.to_map()),
                "finish_reason": self.reply.finish_reason,
                "model_provider": model.provider,
                "model_name": model.name,
            },
            metadata=usage.metadata(),
            usage=usage,
        )


async def call_model(
    ctx: NodeContext,
    request: ChatRequest,
    reply: Reply,
    *,
    separated: bool = False,
    output: str | None = "text",
    say: Callable[[str], None] | None = None,
) -> None:
    """Call the model and fill `reply`, streaming text as the node's `output` (None: not at all), or to `say`.

    With `separated`, thinking is kept out of the text. Images in the reply are stored and shown in the text. `reply`
    holds what has arrived when the call fails. Raises InvokeError.
    """
    splitter: Splitter = Separated() if separated else Tagged()
    texts: list[str] = []
    thoughts: list[str] = []

    def take(pieces: tuple[str, str]) -> None:
        text, thought = pieces
        if text:
            texts.append(text)
            if say is not None:
                say(text)
            elif output is not None:
                ctx.stream(output, text)
        if thought:
            thoughts.append(thought)
            if output is not None:
                ctx.reason(thought)

    usage: Usage | None = None
    try:
        async with _closing(ctx.ports.models.chat(request)) as deltas:
            async for delta in deltas:
                if delta.text or delta.reasoning:
                    take(splitter.feed(delta.text, delta.reasoning))
                for image in delta.images:
                    file = await _store(ctx, image)
                    reply.files.append(file)
                    take(splitter.feed(f"![]({file.url or ''})", ""))
                reply.tool_calls += delta.tool_calls
                if delta.model is not None:
                    reply.model = delta.model
                if usage is None and delta.usage is not None:
                    usage = delta.usage
                if reply.finish_reason is None and delta.finish_reason is not None:
                    reply.finish_reason = delta.finish_reason
        take(splitter.close())
    finally:
        reply.text = "".join(texts)
        reply.reasoning = "".join(thoughts)
        reply.usage = usage or NO_USAGE


@asynccontextmanager
async def _closing(deltas: AsyncIterator[ChatDelta]) -> AsyncGenerator[AsyncIterator[ChatDelta]]:
    """Closes the upstream connection at once when the node is cancelled or fails."""
    try:
        yield deltas
    finally:
        if isinstance(deltas, AsyncGenerator):
            await deltas.aclose()


async def _store(ctx: NodeContext, image: Part) -> File:
    if not image.data:
        return File(type="image", transfer_method="remote_url", remote_url=image.url, url=image.url)
    mime_type = image.mime_type or "image/png"
    extension = mimetypes.guess_extension(mime_type) or ".png"
    name = image.filename or f"image{extension}"
    return await ctx.ports.files.save(b64decode(image.data), filename=name, mime_type=mime_type)
