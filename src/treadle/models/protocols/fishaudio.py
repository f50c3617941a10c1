"""Fish Audio: reads texts aloud and writes down speech.

Source: spec models-and-tools §1.20 (`fishaudio`); the vendor's reference.
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing

import msgspec

from treadle.models.target import Target

from .exchange import bytes_of, content_of, fetch, send
from .failures import unreadable
from .lacking import NoMedia
from .media import Meter, OfferedVoice, Recording, Transcript
from .openai_media import form_of
from .rerank_http import Body, refused


class _Transcript(msgspec.Struct):
    text: str


class _Voice(msgspec.Struct):
    id: str = msgspec.field(name="_id")
    title: str = ""
    languages: tuple[str, ...] = ()


class _Voices(msgspec.Struct):
    items: list[_Voice]


_decode = msgspec.json.Decoder(_Transcript).decode
_decode_voices = msgspec.json.Decoder(_Voices).decode
_MOST_VOICES = 100


class FishAudio(NoMedia):
    """Speaks to Fish Audio."""

    async def speak(
        self, target: Target, text: str, *, voice: str, audio_type: str, meter: Meter | None = None
    ) -> AsyncGenerator[bytes, None]:
        """The sound of `text`, in pieces; `voice` is the id of a voice there. Closing closes the connection."""
        body: Body = {"text": text, "format": audio_type, "latency": str(target.settings.get("latency", "normal"))}
        if voice:
            body["reference_id"] = voice
        headers = {"Content-Type": "application/json", "model": target.upstream, **target.headers}
        url = f"{_root(target)}/v1/tts"
        response = await send(self._http, target, url, msgspec.json.encode(body), headers, refused)
        async with aclosing(bytes_of(target, response)) as pieces:
            async for piece in pieces:
                yield piece

    async def transcribe(self, target: Target, recording: Recording) -> Transcript:
        """What is said in the recording."""
        body, content_type = form_of({"ignore_timestamps": "true"}, recording, field="audio")
        headers = {"Content-Type": content_type, "model": target.upstream, **target.headers}
        response = await send(self._http, target, f"{_root(target)}/v1/asr", body, headers, refused)
        try:
            sent = await content_of(target, response)
        finally:
            response.close()
        try:
            return Transcript(text=_decode(sent).text)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise unreadable(target, sent) from error

    async def voices(self, target: Target) -> list[OfferedVoice]:
        """The account's own voices, or the public ones that are used most."""
        public = target.settings.get("use_public_models") in (True, "true")
        own = "sort_by=task_count" if public else "self=true"
        url = f"{_root(target)}/model?page_size={_MOST_VOICES}&{own}"
        sent = await fetch(self._http, target, url, target.headers, refused)
        try:
            return [OfferedVoice(each.id, each.title or each.id, each.languages) for each in _decode_voices(sent).items]
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise unreadable(target, sent) from error


def _root(target: Target) -> str:
    """The server's address: the form's may end with the version."""
    return target.base_url.rstrip("/").removesuffix("/v1")
