"""Alibaba Cloud Model Studio's own protocol, for what its OpenAI-compatible one has not: scores, speech, transcription.

Source: spec models-and-tools §1.19 (DSH), §1.20 (`tongyi`); the vendor's references of Text Rerank, Qwen-TTS, Qwen-ASR.
"""

import base64
import struct
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

import aiohttp
import msgspec

from treadle.engine.usage import Usage
from treadle.engine.values import JsonValue
from treadle.models.sse import SseReader
from treadle.models.target import Target

from .batches import cut_to
from .exchange import content_of, pieces_of, send
from .failures import unreadable
from .lacking import NoMedia
from .media import Meter, Recording, Transcript
from .rerank import Score, Scores
from .rerank_http import Body, refused

_COMPATIBLE = "/compatible-mode/v1"
_RANKING = "services/rerank/text-rerank/text-rerank"
_GENERATION = "services/aigc/multimodal-generation/generation"
_SAMPLE_RATE = 24_000


class _Result(msgspec.Struct):
    index: int
    relevance_score: float


class _Sound(msgspec.Struct):
    data: str | None = None
    """Samples of 16 bits, as base64."""


class _Text(msgspec.Struct):
    text: str = ""


class _Said(msgspec.Struct):
    content: list[_Text] = []


class _Choice(msgspec.Struct):
    message: _Said


class _Output(msgspec.Struct):
    results: list[_Result] = []
    audio: _Sound | None = None
    choices: list[_Choice] = []


class _Counted(msgspec.Struct):
    total_tokens: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    seconds: float = 0.0


class _Answer(msgspec.Struct):
    output: _Output | None = None
    usage: _Counted | None = None
    message: str | None = None


_decode = msgspec.json.Decoder(_Answer).decode


class DashScope(NoMedia):
    """Speaks to Model Studio."""

    async def rerank(self, target: Target, query: str, documents: Sequence[str], top_n: int | None) -> Scores:
        """The scores of the `top_n` best documents; documents longer than the model's context are cut."""
        cut: list[JsonValue] = [cut_to(document, target.profile.context_size) for document in documents]
        parameters: Body = {"return_documents": False}
        if top_n is not None:
            parameters["top_n"] = min(top_n, len(cut))
        body: Body = {"model": target.upstream, "input": {"query": query, "documents": cut}, "parameters": parameters}
        answer = await self._asked(target, _RANKING, body)
        results = answer.output.results if answer.output else []
        used = answer.usage.total_tokens if answer.usage else 0
        return Scores(
            [Score(each.index, each.relevance_score) for each in results],
            Usage.priced(used, 0, target.profile.price),
        )

    async def transcribe(self, target: Target, recording: Recording) -> Transcript:
        """What is said in the recording."""
        sound = f"data:{recording.mime_type};base64,{base64.b64encode(recording.data).decode()}"
        body: Body = {
            "model": target.upstream,
            "input": {"messages": [{"role": "user", "content": [{"audio": sound}]}]},
            "parameters": {"asr_options": {"enable_itn": True}},
        }
        answer = await self._asked(target, _GENERATION, body)
        choices = answer.output.choices if answer.output else []
        said = "".join(part.text for choice in choices for part in choice.message.content)
        return Transcript(text=said, seconds=answer.usage.seconds if answer.usage else 0.0)

    async def speak(
        self, target: Target, text: str, *, voice: str, audio_type: str, meter: Meter | None = None
    ) -> AsyncGenerator[bytes, None]:
        """The sound of `text` as WAV, in pieces. Closing the iterator closes the connection."""
        body: Body = {"model": target.upstream, "input": {"text": text, "voice": voice, "language_type": "Auto"}}
        response = await self._posted(target, _GENERATION, body, {"X-DashScope-SSE": "enable"})
        async with aclosing(pieces_of(target, response, SseReader())) as payloads:
            yield wave_header(_SAMPLE_RATE)
            counted = _Counted()
            async for payload in payloads:
                answer = _read(target, payload)
                counted = answer.usage or counted  # counts grow from event to event
                if answer.output is None:
                    raise unreadable(target, (answer.message or "").encode() or payload)
                if answer.output.audio is not None and answer.output.audio.data:
                    yield base64.b64decode(answer.output.audio.data)
            if meter is not None:
                meter.prompt_tokens += counted.input_tokens
                meter.completion_tokens += counted.output_tokens

    async def _asked(self, target: Target, service: str, body: Body) -> _Answer:
        response = await self._posted(target, service, body, {})
        try:
            return _read(target, await content_of(target, response))
        finally:
            response.close()

    async def _posted(
        self, target: Target, service: str, body: Body, headers: dict[str, str]
    ) -> aiohttp.ClientResponse:
        url = f"{target.base_url.rstrip('/').removesuffix(_COMPATIBLE).removesuffix('/api/v1')}/api/v1/{service}"
        sent = {"Content-Type": "application/json", **target.headers, **headers}
        return await send(self._http, target, url, msgspec.json.encode(body), sent, refused)


def wave_header(rate: int) -> bytes:
    """The head of a WAV file of 16-bit samples of one channel whose length is not known yet."""
    unknown = 0xFFFFFFFF
    return struct.pack(
        "<4sI4s4sIHHIIHH4sI", b"RIFF", unknown, b"WAVE", b"fmt ", 16, 1, 1, rate, rate * 2, 2, 16, b"data", unknown - 36
    )


def _read(target: Target, sent: bytes) -> _Answer:
    try:
        return _decode(sent)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise unreadable(target, sent) from error
