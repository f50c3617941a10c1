"""A workspace's models as a run sees them: the engine's `Models` port.

Source: spec models-and-tools §1.5, §1.8, §1.9, §1.13.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from typing import Literal, TypeVar

import msgspec

from treadle.engine.errors import InvokeBadRequestError, InvokeConnectionError, InvokeError
from treadle.engine.ports import ChatDelta, ChatRequest, Message, ModelProfile, ModelRef
from treadle.engine.values import JsonValue

from .catalogue import ModelKind
from .http import ModelHttp
from .local import EmbeddedModel, LocalModelError
from .parameters import ParameterError, accepted, fitted
from .policy import Calls, Policy, called
from .protocols import Embeddings, WireProtocol, chat_protocol, protocol
from .reranking import Ranking, ranked
from .state import Resolved
from .target import Target
from .tokens import tokens

Resolve = Callable[[ModelRef, ModelKind], Awaitable[Resolved]]
Result = TypeVar("Result")


class WorkspaceModels:
    """Calls models with the workspace's credentials. Implements `engine.ports.Models`."""

    def __init__(
        self, resolve: Resolve, http: ModelHttp, local: EmbeddedModel | None, policy: Policy | None = None
    ) -> None:
        self._resolve = resolve
        self._http = http
        self._local = local
        self._policy = policy or Policy(retries=0)

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
        calls = Calls(await self._resolve(request.model, ModelKind.LLM), ModelKind.LLM, self._policy, self._resolve)
        while True:
            resolved = await calls.next()
            begun = False
            try:
                target, wire, prepared = await self._prepared(resolved, request)
                async with self._noticing_crashes(resolved):
                    if request.tools and "stream-tool-call" not in target.profile.features:
                        whole = await wire.complete(target, prepared)
                        begun = True
                        for delta in _pieces(whole, resolved.ref if calls.stands_in else None):
                            yield delta
                        return
                    async with aclosing(wire.stream(target, prepared)) as batches:
                        async for batch in batches:
                            for delta in batch:
                                if not begun:
                                    begun = True
                                    if calls.stands_in:
                                        delta = msgspec.structs.replace(delta, model=resolved.ref)
                                yield delta
                return
            except InvokeError as error:
                if begun:
                    raise
                await calls.failed(error)
            finally:
                calls.close()

    async def complete(self, request: ChatRequest) -> ChatDelta:
        """The whole reply at once. Raises InvokeError."""

        async def call(resolved: Resolved) -> ChatDelta:
            target, wire, prepared = await self._prepared(resolved, request)
            async with self._noticing_crashes(resolved):
                return await wire.complete(target, prepared)

        return await self._called(request.model, ModelKind.LLM, call)

    async def embed(
        self, model: ModelRef, texts: Sequence[str], purpose: Literal["document", "query"] = "document"
    ) -> Embeddings:
        """A vector per text. Raises InvokeError."""

        async def call(resolved: Resolved) -> Embeddings:
            target = await self._reached(resolved)
            async with self._noticing_crashes(resolved):
                name = resolved.usable.provider.protocol_for(ModelKind.EMBEDDING)
                return await protocol(name, self._http).embed(target, texts, purpose)

        return await self._called(model, ModelKind.EMBEDDING, call)

    async def rerank(
        self,
        model: ModelRef,
        query: str,
        documents: Sequence[str],
        top_n: int | None = None,
        threshold: float | None = None,
    ) -> Ranking:
        """The `top_n` best documents for `query` whose score reaches `threshold`, best first. Raises InvokeError."""

        async def call(resolved: Resolved) -> Ranking:
            return await ranked(resolved, self._http, query, documents, top_n, threshold)

        return await self._called(model, ModelKind.RERANK, call)

    def count_tokens(self, model: ModelRef, messages: Sequence[Message]) -> int:
        """How many tokens the messages are: exact where the vocabulary is known, else about (tokens.py)."""
        return tokens(messages, model.name)

    async def _called(self, model: ModelRef, kind: ModelKind, call: Callable[[Resolved], Awaitable[Result]]) -> Result:
        return await called(await self._resolve(model, kind), kind, self._policy, self._resolve, call)

    async def _prepared(self, resolved: Resolved, request: ChatRequest) -> tuple[Target, WireProtocol, ChatRequest]:
        schema = resolved.usable.schema
        target = await self._reached(resolved)
        prepared = msgspec.structs.replace(
            request,
            parameters=_parameters(resolved, request),
            stop=request.stop if schema.stop else (),
        )
        return target, chat_protocol(resolved.usable.provider.protocol, target, self._http), prepared

    async def _reached(self, resolved: Resolved) -> Target:
        """The target; that of the embedded model once it runs."""
        target = resolved.target
        if not resolved.usable.provider.connection.embedded:
            return target
        try:
            if self._local is None:
                raise LocalModelError("The built-in model is switched off.")
            endpoint = await self._local.endpoint(target.name)
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
                await self._local.notice_end(resolved.target.name)
            raise


def _pieces(whole: ChatDelta, model: ModelRef | None) -> list[ChatDelta]:
    """A whole reply as the deltas of a stream: what is said, then how it ends, and which model stands in."""
    said = [ChatDelta(text=whole.text, reasoning=whole.reasoning)] if whole.text or whole.reasoning else []
    return [*said, msgspec.structs.replace(whole, text="", reasoning="", model=model)]


def _parameters(resolved: Resolved, request: ChatRequest) -> dict[str, JsonValue]:
    """What the model accepts of the app's parameters; those set for another model are brought into its bounds."""
    rules = resolved.usable.schema.rules
    try:
        return accepted(rules, request.parameters) if resolved.asked is None else fitted(rules, request.parameters)
    except ParameterError as error:
        raise InvokeBadRequestError(resolved.target.says(f"{error}. Change it in the model's settings.")) from error
