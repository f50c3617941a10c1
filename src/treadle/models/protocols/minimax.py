"""MiniMax's own protocol, for what its OpenAI-compatible one has not: vectors and speech.

Refusals come with status 200 and a code in `base_resp`.

Source: spec models-and-tools §1.20 (`minimax`); the vendor's references of embeddings and T2A version 2.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Literal
from urllib.parse import quote

import aiohttp
import msgspec

from treadle.engine.errors import (
    InvokeAuthorizationError,
    InvokeBadRequestError,
    InvokeError,
    InvokeRateLimitError,
    InvokeServerUnavailableError,
)
from treadle.models.http import ModelHttp
from treadle.models.sse import SseReader
from treadle.models.target import Target

from . import Embeddings
from .batches import embedded
from .exchange import content_of, pieces_of, send
from .failures import unreadable
from .lacking import NoChat, NoMedia
from .media import Meter
from .rerank_http import Body, refused
from .retrieval import vectors_of

_PURPOSE = {"document": "db", "query": "query"}
_SAMPLE_RATE = 32_000
_REFUSALS: dict[int, type[InvokeError]] = {
    1000: InvokeServerUnavailableError,
    1001: InvokeServerUnavailableError,
    1002: InvokeRateLimitError,
    1004: InvokeAuthorizationError,
    1013: InvokeServerUnavailableError,
    1039: InvokeRateLimitError,
    2049: InvokeAuthorizationError,
}


class _State(msgspec.Struct):
    status_code: int = 0
    status_msg: str = ""


class _Sound(msgspec.Struct):
    audio: str = ""
    """Hexadecimal."""
    status: int = 1
    """2: the whole once more, at the end."""


class _Counted(msgspec.Struct):
    usage_characters: int = 0


class _Answer(msgspec.Struct):
    vectors: list[list[float]] | None = None
    total_tokens: int = 0
    data: _Sound | None = None
    extra_info: _Counted | None = None
    base_resp: _State | None = None


_decode = msgspec.json.Decoder(_Answer).decode


class MiniMax(NoChat):
    """Asks MiniMax for vectors."""

    async def embed(self, target: Target, texts: Sequence[str], purpose: Literal["document", "query"]) -> Embeddings:
        """A vector per text."""

        async def ask(batch: list[str]) -> Embeddings:
            body: Body = {"model": target.upstream, "texts": list(batch), "type": _PURPOSE[purpose]}
            response = await _posted(self._http, target, "embeddings", body)
            try:
                answer = _read(target, await content_of(target, response))
            finally:
                response.close()
            return vectors_of(target, answer.vectors or [], batch, answer.total_tokens)

        return await embedded(target, texts, ask)


class MiniMaxSpeech(NoMedia):
    """Has MiniMax read aloud."""

    async def speak(
        self, target: Target, text: str, *, voice: str, audio_type: str, meter: Meter | None = None
    ) -> AsyncGenerator[bytes, None]:
        """The sound of `text`, in pieces. Closing the iterator closes the connection."""
        body: Body = {
            "model": target.upstream,
            "text": text,
            "stream": True,
            "voice_setting": {"voice_id": voice, "speed": 1, "vol": 1, "pitch": 0},
            "audio_setting": {"sample_rate": _SAMPLE_RATE, "bitrate": 128_000, "format": audio_type, "channel": 1},
        }
        response = await _posted(self._http, target, "t2a_v2", body)
        if response.content_type == "application/json":  # nothing but a refusal comes so
            try:
                _read(target, sent := await content_of(target, response))
            finally:
                response.close()
            raise unreadable(target, sent)
        async with aclosing(pieces_of(target, response, SseReader())) as payloads:
            async for payload in payloads:
                answer = _read(target, payload)
                sound = answer.data
                if meter is not None and answer.extra_info is not None:
                    meter.characters += answer.extra_info.usage_characters
                if sound is not None and sound.status == 1 and sound.audio:
                    yield bytes.fromhex(sound.audio)


async def _posted(http: ModelHttp, target: Target, path: str, body: Body) -> aiohttp.ClientResponse:
    group = target.settings.get("minimax_group_id")
    url = f"{target.base_url.rstrip('/')}/{path}" + (f"?GroupId={quote(str(group))}" if group else "")
    headers = {"Content-Type": "application/json", **target.headers}
    return await send(http, target, url, msgspec.json.encode(body), headers, refused)


def _read(target: Target, sent: bytes) -> _Answer:
    try:
        answer = _decode(sent)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise unreadable(target, sent) from error
    state = answer.base_resp
    if state is not None and state.status_code:
        kind = _REFUSALS.get(state.status_code, InvokeBadRequestError)
        raise kind(target.says(f"the provider refused the request ({state.status_code}: {state.status_msg})."))
    return answer
