"""Replicate: a call is a prediction that is made, listened to, and cancelled when nobody listens any more.

A model takes a prompt and, beside it, a system prompt; a conversation is written out as the prompt. What a model of
embeddings calls its texts is read from its own description.

Source: spec models-and-tools §1.20 (`replicate`); the vendor's HTTP API and its page on streams.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Sequence
from typing import Literal
from urllib.parse import quote

import aiohttp
import msgspec

from treadle.engine.errors import InvokeError, InvokeServerUnavailableError
from treadle.engine.ports import ChatDelta, ChatRequest
from treadle.models.http import ModelHttp
from treadle.models.target import Target

from . import Embeddings
from .batches import embedded
from .exchange import content_of, fetch, fetched, relayed, send
from .failures import shorten, unreadable
from .listing import RemoteModel
from .request_values import text_of
from .rerank_http import Body, refused
from .retrieval import vectors_of
from .transcript import Transcript, joined

_POLL = 0.5
_CANCEL_SECONDS = 5.0
_TEXT_FIELDS = ("texts", "text_batch", "inputs", "text")
"""What models of embeddings call their texts, the first that a model has being taken."""


class _Collected(msgspec.Struct):
    owner: str
    name: str


class _Collection(msgspec.Struct):
    models: list[_Collected] = []


class _Urls(msgspec.Struct):
    get: str
    cancel: str | None = None
    stream: str | None = None


class _Prediction(msgspec.Struct):
    """`output` is a text, its pieces, or vectors: bare, or each as `{"embedding": …}`."""

    status: str
    urls: _Urls
    output: msgspec.Raw = msgspec.Raw(b"null")
    error: object = None


class _Event(msgspec.Struct):
    event: str
    data: str


class _Members(msgspec.Struct, frozen=True):
    properties: dict[str, object] = {}


class _Components(msgspec.Struct, frozen=True):
    schemas: dict[str, "_Members"] = {}


class _OpenApi(msgspec.Struct, frozen=True):
    components: _Components = _Components()


class _Version(msgspec.Struct, frozen=True):
    openapi_schema: _OpenApi = _OpenApi()


class _Model(msgspec.Struct, frozen=True):
    latest_version: _Version | None = None


class _Named(msgspec.Struct):
    embedding: list[float]


_decode_text = msgspec.json.Decoder(str | list[str] | None).decode
_decode_vectors = msgspec.json.Decoder(list[list[float]]).decode
_decode_vector = msgspec.json.Decoder(list[float]).decode
_decode_named = msgspec.json.Decoder(list[_Named]).decode
_decode_prediction = msgspec.json.Decoder(_Prediction).decode
_decode_event = msgspec.json.Decoder(_Event).decode
_decode_version = msgspec.json.Decoder(_Version).decode
_decode_model = msgspec.json.Decoder(_Model).decode


class Replicate:
    """Speaks to Replicate."""

    def __init__(self, http: ModelHttp) -> None:
        self._http = http

    async def stream(self, target: Target, request: ChatRequest) -> AsyncGenerator[list[ChatDelta], None]:
        """The reply as it comes. Closing it closes the connection and cancels the prediction."""
        prediction = await self._begun(target, chat_input(request), stream=True)
        ended = False
        try:
            address = prediction.urls.stream
            if address is None:  # a model that cannot stream
                yield [_whole(target, request, await self._ended(target, prediction))]
                ended = True
                return

            async def opened() -> aiohttp.ClientResponse:
                headers = {"Accept": "text/event-stream", "Cache-Control": "no-store", **target.headers}
                return await fetched(self._http, target, address, headers, refused)

            pieces = relayed(target, opened, _ReplyReader(target, request), events=_Events())
            async with contextlib.aclosing(pieces):
                async for piece in pieces:
                    yield piece
            ended = True
        finally:
            if not ended:
                await self._cancelled(target, prediction)

    async def list_models(self, target: Target) -> list[RemoteModel]:
        """The language models that the vendor has collected; there are thousands more, which can be named."""
        url = f"{target.base_url.rstrip('/')}/collections/language-models"
        sent = await fetch(self._http, target, url, target.headers, refused)
        try:
            names = [f"{each.owner}/{each.name}" for each in msgspec.json.decode(sent, type=_Collection).models]
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise unreadable(target, sent) from error
        return [RemoteModel(name, name) for name in names]

    async def complete(self, target: Target, request: ChatRequest) -> ChatDelta:
        """The whole reply at once."""
        return _whole(target, request, await self._result(target, chat_input(request)))

    async def embed(self, target: Target, texts: Sequence[str], purpose: Literal["document", "query"]) -> Embeddings:
        """A vector per text."""
        field = await self._text_field(target)

        async def ask(batch: list[str]) -> Embeddings:
            return vectors_of(target, await self._vectors(target, field, batch), batch, 0)

        return await embedded(target, texts, ask)

    async def _vectors(self, target: Target, field: str, texts: list[str]) -> list[list[float]]:
        if field == "text":
            found = [await self._result(target, {field: text}) for text in texts]
            return [vector for each in found for vector in _vectors_in(target, each.output)]
        given = msgspec.json.encode(texts).decode() if field != "inputs" else "\n".join(texts)
        return _vectors_in(target, (await self._result(target, {field: given})).output)

    async def _text_field(self, target: Target) -> str:
        """What the model calls its texts."""
        version = str(target.settings.get("model_version", ""))
        base = f"{_root(target)}/models/{quote(target.upstream)}"
        sent = await fetch(
            self._http, target, f"{base}/versions/{quote(version)}" if version else base, target.headers, refused
        )
        try:
            described = _decode_version(sent) if version else _decode_model(sent).latest_version or _Version()
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise unreadable(target, sent) from error
        names = described.openapi_schema.components.schemas.get("Input", _Members()).properties
        return next((field for field in _TEXT_FIELDS if field in names), "text")

    async def _result(self, target: Target, given: Body) -> _Prediction:
        prediction = await self._begun(target, given, stream=False)
        try:
            return await self._ended(target, prediction)
        except asyncio.CancelledError:
            await asyncio.shield(self._cancelled(target, prediction))
            raise

    async def _begun(self, target: Target, given: Body, *, stream: bool) -> _Prediction:
        body: Body = {"input": given}
        version = str(target.settings.get("model_version", ""))
        path = "predictions" if version else f"models/{quote(target.upstream)}/predictions"
        if version:
            body["version"] = version
        if stream:
            body["stream"] = True
        headers = {"Content-Type": "application/json", **target.headers}
        if not stream:
            headers["Prefer"] = "wait"
        url = f"{_root(target)}/{path}"
        response = await send(self._http, target, url, msgspec.json.encode(body), headers, refused)
        try:
            return _read(target, await content_of(target, response))
        finally:
            response.close()

    async def _ended(self, target: Target, prediction: _Prediction) -> _Prediction:
        """The prediction once it has succeeded. Raises InvokeError."""
        while prediction.status in ("starting", "processing"):
            await asyncio.sleep(_POLL)
            prediction = _read(target, await fetch(self._http, target, prediction.urls.get, target.headers, refused))
        if prediction.status != "succeeded":
            said = shorten(str(prediction.error or prediction.status))
            raise InvokeServerUnavailableError(target.says(f"the model failed: {said}."))
        return prediction

    async def _cancelled(self, target: Target, prediction: _Prediction) -> None:
        """Tells the vendor to stop, as far as it can be reached."""
        if prediction.urls.cancel is None:
            return
        with contextlib.suppress(InvokeError, TimeoutError):
            async with asyncio.timeout(_CANCEL_SECONDS):
                (await send(self._http, target, prediction.urls.cancel, b"", target.headers, refused)).close()


class _Events:
    """Cuts a stream of events with names into `{"event", "data"}`."""

    def __init__(self) -> None:
        self._held = b""

    def feed(self, data: bytes) -> list[bytes]:
        """The events that `data` completes."""
        *whole, self._held = (self._held + data).replace(b"\r\n", b"\n").split(b"\n\n")
        return [event for block in whole if (event := _named(block))]

    def end(self) -> list[bytes]:
        """A last event that nothing ended."""
        block, self._held = self._held, b""
        return [event] if (event := _named(block)) else []


def _named(block: bytes) -> bytes:
    name, data = "message", list[str]()
    for line in block.decode("utf-8", "replace").split("\n"):
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "event":
            name = value
        elif field == "data":
            data.append(value)
    return msgspec.json.encode({"event": name, "data": "\n".join(data)}) if data or name == "done" else b""


class _ReplyReader:
    """Reads one reply, event by event."""

    def __init__(self, target: Target, request: ChatRequest) -> None:
        self._target = target
        self._transcript = Transcript(target, request)
        self.done = False
        self.failure: InvokeError | None = None

    @property
    def complete(self) -> bool:
        """Whether the reply has come to its end."""
        return self.done

    def read(self, payloads: list[bytes]) -> list[ChatDelta]:
        """The deltas in these events, up to a failure."""
        deltas: list[ChatDelta] = []
        for payload in payloads:
            event = _decode_event(payload)
            if event.event == "output":
                self._transcript.say(event.data, deltas)
            elif event.event == "error":
                self.failure = InvokeServerUnavailableError(
                    self._target.says(f"the model failed: {shorten(event.data)}.")
                )
                break
            elif event.event == "done":
                self.done = True
                break
        return deltas

    def whole(self, body: bytes) -> ChatDelta:
        """Raises InvokeError: a stream is never answered by a document."""
        raise unreadable(self._target, body)

    def end(self) -> ChatDelta:
        """The last delta: usage and finish reason."""
        return self._transcript.end()


def chat_input(request: ChatRequest) -> Body:
    """What a language model is given: the prompt, its system prompt, the parameters."""
    system = "\n\n".join(text_of(each.content) for each in request.messages if each.role == "system")
    turns = [each for each in request.messages if each.role != "system"]
    body: Body = {name: value for name, value in request.parameters.items() if value is not None}
    if len(turns) == 1:
        body["prompt"] = text_of(turns[0].content)
    else:
        names = {"user": "User", "assistant": "Assistant", "tool": "Tool"}
        said = [f"{names.get(each.role, each.role)}: {text_of(each.content)}" for each in turns]
        body["prompt"] = "\n\n".join([*said, "Assistant:"]) if turns else system
    if system and turns:
        body["system_prompt"] = system
    if request.stop:
        body["stop_sequences"] = ",".join(request.stop)
    return body


def _whole(target: Target, request: ChatRequest, prediction: _Prediction) -> ChatDelta:
    transcript, deltas = Transcript(target, request), list[ChatDelta]()
    try:
        output = _decode_text(prediction.output)
    except msgspec.DecodeError as error:
        raise unreadable(target, bytes(prediction.output)) from error
    transcript.say("".join(output or ()), deltas)
    return joined(deltas, transcript.end())


def _vectors_in(target: Target, output: msgspec.Raw) -> list[list[float]]:
    """The vectors, bare or in objects, one or many. Raises InvokeServerUnavailableError."""
    with contextlib.suppress(msgspec.DecodeError):
        return _decode_vectors(output)
    with contextlib.suppress(msgspec.DecodeError):
        return [_decode_vector(output)]
    with contextlib.suppress(msgspec.DecodeError):
        return [each.embedding for each in _decode_named(output)]
    raise unreadable(target, bytes(output))


def _read(target: Target, sent: bytes) -> _Prediction:
    try:
        return _decode_prediction(sent)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise unreadable(target, sent) from error


def _root(target: Target) -> str:
    return target.base_url.rstrip("/")
