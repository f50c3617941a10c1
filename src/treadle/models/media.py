"""A workspace's models of the kinds moderation, speech2text and tts.

Source: spec models-and-tools §1.4, §1.8, §5.2.
"""

import asyncio
import re
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import aclosing

import msgspec

from treadle.engine.errors import InvokeBadRequestError, InvokeError
from treadle.engine.ports import ModelRef
from treadle.engine.usage import Sound, Usage

from .catalogue import ModelKind, Voice
from .http import ModelHttp
from .policy import Calls, Policy, called
from .protocols.media import MediaProtocol, Meter, Recording, Transcript, VoiceSource, media_protocol
from .sound_length import seconds_of
from .state import Resolved

_SENTENCE_END = re.compile(r"(?<=[。.!?！？\n])")

Spend = Callable[[Usage], None]


class Heard(msgspec.Struct, frozen=True):
    """What a recording says, and what it cost to be written down."""

    text: str
    usage: Usage


Resolve = Callable[[ModelRef, ModelKind], Awaitable[Resolved]]


class MediaModels:
    """Calls such models with the workspace's credentials. An empty provider means the workspace's default."""

    def __init__(self, resolve: Resolve, http: ModelHttp, policy: Policy | None = None) -> None:
        self._resolve = resolve
        self._http = http
        self._policy = policy or Policy(retries=0)

    async def moderate(self, text: str, model: ModelRef) -> bool:
        """Whether any part of the text is flagged. Long texts go in pieces, in batches. Raises InvokeError."""
        resolved = await self._resolve(model, ModelKind.MODERATION)
        schema = resolved.usable.schema
        pieces = [text[at : at + schema.max_characters] for at in range(0, len(text), schema.max_characters)]
        for at in range(0, len(pieces), max(schema.max_chunks, 1)):
            batch = pieces[at : at + max(schema.max_chunks, 1)]

            async def call(now: Resolved, batch: list[str] = batch) -> bool:
                return any(await self._wire(now).moderate(now.target, batch))

            if await called(resolved, ModelKind.MODERATION, self._policy, self._resolve, call):
                return True
        return False

    async def transcribe(self, recording: Recording, model: ModelRef) -> Heard:
        """What is said in a recording. Raises InvokeError."""
        resolved = await self._resolve(model, ModelKind.SPEECH_TO_TEXT)

        async def call(now: Resolved) -> Heard:
            started = time.perf_counter()
            said = await self._wire(now).transcribe(now.target, recording)
            return Heard(said.text, await asyncio.to_thread(_cost_of, now, recording, said, started))

        return await called(resolved, ModelKind.SPEECH_TO_TEXT, self._policy, self._resolve, call)

    async def voices(self, model: ModelRef, language: str | None = None) -> tuple[Voice, ...]:
        """The voices of a model, those of one language when it is named. Raises InvokeError."""
        resolved = await self._resolve(model, ModelKind.TTS)
        voices, wire = resolved.usable.schema.voices, self._wire(resolved)
        if not voices and isinstance(wire, VoiceSource):
            voices = tuple(Voice(each.id, each.name, each.languages) for each in await wire.voices(resolved.target))
        return voices if language is None else tuple(voice for voice in voices if voice.speaks(language))

    async def speak(
        self, text: str, model: ModelRef, *, voice: str = "", spent: Spend | None = None
    ) -> AsyncGenerator[bytes, None]:
        """The sound of a text, piece by piece; a voice that the model has not is its default. Raises InvokeError.

        `spent` is told what each part of the text has cost.

        A call that fails before its first sound goes to the next credential; what has begun stays with its own. Closing
        the iterator closes the connection.
        """
        calls = Calls(await self._resolve(model, ModelKind.TTS), ModelKind.TTS, self._policy, self._resolve)
        while True:
            resolved = await calls.next()
            begun = False
            try:
                async with aclosing(self._spoken(resolved, text, voice, spent)) as pieces:
                    async for piece in pieces:
                        begun = True
                        yield piece
                return
            except InvokeError as error:
                if begun:
                    raise
                await calls.failed(error)
            finally:
                calls.close()

    async def _spoken(
        self, resolved: Resolved, text: str, voice: str, spent: Spend | None
    ) -> AsyncGenerator[bytes, None]:
        wire, schema = self._wire(resolved), resolved.usable.schema
        offered = [each.mode for each in schema.voices]
        chosen = voice if voice in offered else schema.default_voice or (offered[0] if offered else voice)
        for part in spoken_parts(text, schema.word_limit):
            meter, started = Meter(), time.perf_counter()
            async with aclosing(
                wire.speak(resolved.target, part, voice=chosen, audio_type=schema.audio_type, meter=meter)
            ) as pieces:
                async for piece in pieces:
                    yield piece
            if spent is not None:
                sound = Sound(characters=meter.characters or len(part), completion_tokens=meter.completion_tokens)
                price, latency = resolved.target.profile.price, time.perf_counter() - started
                counted = meter.prompt_tokens, meter.completion_tokens
                spent(Usage.priced(*counted, price, sound=sound, latency=latency))

    async def audio_type(self, model: ModelRef) -> str:
        """The format of a model's sound, such as mp3. Raises InvokeError."""
        return (await self._resolve(model, ModelKind.TTS)).usable.schema.audio_type

    def _wire(self, resolved: Resolved) -> MediaProtocol:
        usable = resolved.usable
        wire = media_protocol(usable.provider.protocol_for(usable.key.kind), self._http)
        if wire is None:
            raise InvokeBadRequestError(resolved.target.says("this provider's protocol offers no such models here."))
        return wire


def _cost_of(resolved: Resolved, recording: Recording, said: Transcript, started: float) -> Usage:
    """By the provider's counts; the length of the recording is measured where it tells none."""
    seconds = said.seconds or (0.0 if said.prompt_tokens else seconds_of(recording.data) or 0.0)
    return Usage.priced(
        said.prompt_tokens,
        said.completion_tokens,
        resolved.target.profile.price,
        sound=Sound(prompt_tokens=said.sound_tokens, seconds=round(seconds, 3)),
        latency=time.perf_counter() - started,
    )


def spoken_parts(text: str, limit: int) -> Iterator[str]:
    """`text` in parts of at most `limit` characters, cut at sentence ends where there are any."""
    part = ""
    for sentence in _SENTENCE_END.split(text):
        if part and len(part) + len(sentence) > limit:
            yield part
            part = ""
        part += sentence
        while len(part) > limit:
            yield part[:limit]
            part = part[limit:]
    if part.strip():
        yield part
