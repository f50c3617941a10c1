"""Oracle Cloud's generative AI: chats and vectors.

Source: spec models-and-tools §1.20 (`oci`); the vendor's API reference of generative AI inference.
"""

from collections.abc import AsyncGenerator, Sequence
from typing import Literal

import aiohttp
import msgspec

from treadle.engine.errors import InvokeError
from treadle.engine.ports import ChatDelta, ChatRequest
from treadle.models.http import ModelHttp
from treadle.models.target import Target

from . import Embeddings, oci_listing, oci_principal
from .batches import embedded
from .exchange import content_of, relayed, send
from .failures import unreadable
from .listing import RemoteModel
from .oci_request import addressed, chat_details
from .oci_signing import signed
from .openai_request import Body
from .rerank_http import refused
from .retrieval import vectors_of
from .transcript import Transcript, joined

_VERSION = "20231130"
_INPUT = {"document": "SEARCH_DOCUMENT", "query": "SEARCH_QUERY"}
_FINISH = {"max_tokens": "length", "length": "length", "tool_calls": "tool_calls", "tool_call": "tool_calls"}


class _Vectors(msgspec.Struct):
    embeddings: list[list[float]]


class _Part(msgspec.Struct):
    text: str | None = None


class _Call(msgspec.Struct):
    """A tool call: arguments as text in the general layout, as an object in Cohere's."""

    name: str = ""
    id: str = ""
    arguments: str = ""
    parameters: dict[str, object] | None = None


class _Message(msgspec.Struct, rename="camel"):
    content: list[_Part] | None = None
    tool_calls: list[_Call] | None = None
    reasoning_content: str | None = None


class _Details(msgspec.Struct, rename="camel"):
    cached_tokens: int | None = None


class _Usage(msgspec.Struct, rename="camel"):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    prompt_tokens_details: _Details | None = None


class _Choice(msgspec.Struct, rename="camel"):
    message: _Message | None = None
    finish_reason: str | None = None


class _Event(msgspec.Struct, rename="camel"):
    """An event of either layout, or the `chatResponse` of a whole answer."""

    message: _Message | str | None = None
    text: str | None = None
    tool_calls: list[_Call] | None = None
    finish_reason: str | None = None
    usage: _Usage | None = None
    choices: list[_Choice] = []
    error_message: str | None = None
    code: str | int | None = None


class _Whole(msgspec.Struct, rename="camel"):
    chat_response: _Event


_decode_event = msgspec.json.Decoder(_Event).decode
_decode_whole = msgspec.json.Decoder(_Whole).decode
_decode_vectors = msgspec.json.Decoder(_Vectors).decode


class OracleCloud:
    """Speaks to Oracle Cloud."""

    def __init__(self, http: ModelHttp) -> None:
        self._http = http

    def stream(self, target: Target, request: ChatRequest) -> AsyncGenerator[list[ChatDelta], None]:
        """The reply as it comes, a list of deltas per network read. Closing it closes the connection at once."""

        async def opened() -> aiohttp.ClientResponse:
            as_whom = await oci_principal.opened(self._http, target)
            return await self._post(as_whom, "chat", chat_details(as_whom, request, stream=True))

        return relayed(target, opened, ReplyReader(target, request))

    async def complete(self, target: Target, request: ChatRequest) -> ChatDelta:
        """The whole reply at once."""
        target = await oci_principal.opened(self._http, target)
        response = await self._post(target, "chat", chat_details(target, request, stream=False))
        try:
            return ReplyReader(target, request).whole(await content_of(target, response))
        finally:
            response.close()

    async def embed(self, target: Target, texts: Sequence[str], purpose: Literal["document", "query"]) -> Embeddings:
        """A vector per text."""
        target = await oci_principal.opened(self._http, target)

        async def ask(batch: list[str]) -> Embeddings:
            body: Body = {**addressed(target), "inputs": list(batch), "inputType": _INPUT[purpose], "truncate": "END"}
            response = await self._post(target, "embedText", body)
            try:
                sent = await content_of(target, response)
            finally:
                response.close()
            try:
                return vectors_of(target, _decode_vectors(sent).embeddings, batch, 0)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise unreadable(target, sent) from error

        return await embedded(target, texts, ask)

    async def list_models(self, target: Target) -> list[RemoteModel]:
        """The models that the compartment can call on demand."""
        return await oci_listing.offered(self._http, target)

    async def _post(self, target: Target, action: str, body: Body) -> aiohttp.ClientResponse:
        url = f"{target.base_url.rstrip('/')}/{_VERSION}/actions/{action}"
        encoded = msgspec.json.encode(body)
        return await send(self._http, target, url, encoded, signed(target, url, encoded), refused)


class ReplyReader:
    """Reads one reply, event by event: the last one has the finish reason."""

    def __init__(self, target: Target, request: ChatRequest) -> None:
        self._target = target
        self._transcript = Transcript(target, request)
        self._told = False
        self._calls = 0
        self.done = False
        self.failure: InvokeError | None = None

    @property
    def complete(self) -> bool:
        """Whether the reply has come to its end."""
        return self._told

    def read(self, payloads: list[bytes]) -> list[ChatDelta]:
        """The deltas in these events, up to a failure."""
        deltas: list[ChatDelta] = []
        for payload in payloads:
            if payload.strip() == b"[DONE]":
                self.done = True
                break
            try:
                event = _decode_event(payload)
            except (msgspec.DecodeError, UnicodeDecodeError):
                self.failure = unreadable(self._target, payload)
                break
            if event.error_message or (event.code and isinstance(event.message, str)):
                self.failure = unreadable(self._target, (event.error_message or str(event.message)).encode())
                break
            self._hear(event, deltas, repeated=event.finish_reason is not None)
        return deltas

    def whole(self, body: bytes) -> ChatDelta:
        """The delta of an unstreamed answer. Raises InvokeError."""
        try:
            answer = _decode_whole(body).chat_response
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise unreadable(self._target, body) from error
        deltas: list[ChatDelta] = []
        self._hear(answer, deltas, repeated=False)
        return joined(deltas, self._transcript.end())

    def end(self) -> ChatDelta:
        """The last delta: complete tool calls, usage and finish reason."""
        return self._transcript.end()

    def _hear(self, event: _Event, deltas: list[ChatDelta], *, repeated: bool) -> None:
        """Takes an event in; the last one of Cohere's layout has the whole text once more."""
        if event.text and not repeated:
            self._transcript.say(event.text, deltas)
        for message in [event.message, *(choice.message for choice in event.choices)]:
            if isinstance(message, _Message):
                self._transcript.think(message.reasoning_content or "", deltas)
                for part in message.content or []:
                    self._transcript.say(part.text or "", deltas)
                self._take(message.tool_calls)
        self._take(event.tool_calls)
        finish = event.finish_reason or next((each.finish_reason for each in event.choices if each.finish_reason), None)
        if finish is not None:
            self._told = True
            self._transcript.finish = None if self._calls else _FINISH.get(finish.lower(), "stop")
        if event.usage is not None:
            details = event.usage.prompt_tokens_details
            self._transcript.prompt = event.usage.prompt_tokens or 0
            self._transcript.completion = event.usage.completion_tokens or 0
            self._transcript.cached = (details.cached_tokens if details else None) or 0

    def _take(self, calls: list[_Call] | None) -> None:
        """Opens calls; a piece without a name belongs to the call before it."""
        for call in calls or []:
            if call.name:
                self._calls += 1
                arguments = call.arguments
                if call.parameters is not None:
                    arguments = msgspec.json.encode(call.parameters).decode()
                self._transcript.open(self._calls, call.id, call.name, arguments)
            else:
                self._transcript.add(self._calls, call.arguments)
