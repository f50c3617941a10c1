"""A workspace's models as a run sees them: the engine's `Models` port.

Source: spec models-and-tools §1.5, §1.8, §1.9, §1.13.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from typing import Literal

import msgspec

from treadle.engine.errors import InvokeBadRequestError, InvokeConnectionError
from treadle.engine.ports import ChatDelta, ChatRequest, Message, ModelProfile, ModelRef
from treadle.engine.values import JsonValue

from .catalogue import ModelKind
from .http import ModelHttp
from .local import EmbeddedModel, LocalModelError
from .parameters import ParameterError, accepted, fitted
from .protocols import Embeddings, WireProtocol, protocol
from .state import Resolved
from .target import Target
from .tokens import tokens

Resolve = Callable[[ModelRef, ModelKind], Awaitable[Resolved]]


class WorkspaceModels:
    """Calls models with the workspace's credentials. Implements `engine.ports.Models`."""

    def __init__(self, resolve: Resolve, http: ModelHttp, local: EmbeddedModel | None) -> None:
        self._resolve = resolve
        self._http = http
        self._local = local

    async def resolve(self, model: ModelRef) -> ModelRef:
        """The model that calls for `model` go to. Raises ModelNotExistError or ProviderNotInitializeError."""
        return (await self._resolve(model, ModelKind.LLM)).ref

    async def profile(self, model: ModelRef) -> ModelProfile:
        """What that model can do. Raises ModelNotExistError or ProviderNotInitializeError."""
        return (await self._resolve(model, ModelKind.LLM)).target.profile

    async def chat(self, request: ChatRequest) -> AsyncGenerator[ChatDelta, None]:
        """Streams the reply; a model that cannot stream tool calls gives a reply with tools in one piece.

        Closing the iterator closes the upstream connection at once. Raises InvokeError.
        """
        resolved = await self._resolve(request.model, ModelKind.LLM)
        target, wire, request = await self._prepared(resolved, request)
        async with self._noticing_crashes(resolved):
            if request.tools and "stream-tool-call" not in target.profile.features:
                whole = await wire.complete(target, request)
                if whole.text or whole.reasoning:
                    yield ChatDelta(text=whole.text, reasoning=whole.reasoning)
                yield msgspec.structs.replace(whole, text="", reasoning="")
                return
            async with aclosing(wire.stream(target, request)) as batches:
                async for batch in batches:
                    for delta in batch:
                        yield delta

    async def complete(self, request: ChatRequest) -> ChatDelta:
        """The whole reply at once. Raises InvokeError."""
        resolved = await self._resolve(request.model, ModelKind.LLM)
        target, wire, request = await self._prepared(resolved, request)
        async with self._noticing_crashes(resolved):
            return await wire.complete(target, request)

    async def embed(
        self, model: ModelRef, texts: Sequence[str], purpose: Literal["document", "query"] = "document"
    ) -> Embeddings:
        """A vector per text. Raises InvokeError."""
        resolved = await self._resolve(model, ModelKind.EMBEDDING)
        target = await self._reached(resolved)
        return await protocol(resolved.usable.provider.protocol, self._http).embed(target, texts, purpose)

    def count_tokens(self, model: ModelRef, messages: Sequence[Message]) -> int:
        """About how many tokens the messages are; the same estimate for every model (tokens.py)."""
        return tokens(messages)

    async def _prepared(self, resolved: Resolved, request: ChatRequest) -> tuple[Target, WireProtocol, ChatRequest]:
        schema = resolved.usable.schema
        target = await self._reached(resolved)
        prepared = msgspec.structs.replace(
            request,
            parameters=_parameters(resolved, request),
            stop=request.stop if schema.stop else (),
        )
        return target, protocol(resolved.usable.provider.protocol, self._http), prepared

    async def _reached(self, resolved: Resolved) -> Target:
        """The target; that of the embedded model once it runs."""
        target = resolved.target
        if not resolved.usable.provider.connection.embedded:
            return target
        try:
            if self._local is None:
                raise LocalModelError("The built-in model is switched off.")
            endpoint = await self._local.endpoint()
        except LocalModelError as error:
            raise InvokeConnectionError(target.says(str(error))) from error
        headers = {"Authorization": f"Bearer {endpoint.key}"}
        return replace(target, base_url=endpoint.base_url, headers=headers, secrets=(endpoint.key,))

    @asynccontextmanager
    async def _noticing_crashes(self, resolved: Resolved) -> AsyncGenerator[None, None]:
        """Lets a lost connection to the embedded model go on only once its end is known, so that the next call finds
        it started again."""
        try:
            yield
        except InvokeConnectionError:
            if self._local is not None and resolved.usable.provider.connection.embedded:
                await self._local.notice_end()
            raise


def _parameters(resolved: Resolved, request: ChatRequest) -> dict[str, JsonValue]:
    """What the model accepts of the app's parameters; those set for another model are brought into its bounds."""
    rules = resolved.usable.schema.rules
    try:
        return accepted(rules, request.parameters) if resolved.asked is None else fitted(rules, request.parameters)
    except ParameterError as error:
        raise InvokeBadRequestError(resolved.target.says(f"{error}. Change it in the model's settings.")) from error
