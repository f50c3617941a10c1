"""Speech on request: writing down a recording, and reading a text or an answer aloud.

Source: spec service-api §3.10, models-and-tools §2.9.
"""

from collections.abc import AsyncGenerator
from dataclasses import dataclass

from treadle.apps.compile import CompiledApp
from treadle.apps.features.around import DEFAULT_MODEL
from treadle.apps.features.speech_costs import Occasion, SpeechCosts
from treadle.apps.running.model_failures import code_of
from treadle.engine.errors import InvokeError
from treadle.models.catalogue import ModelKind
from treadle.models.protocols.media import Recording
from treadle.models.service import ModelService
from treadle.platform.refusals import InvalidParam, Refusal, TooLarge, UnsupportedMediaType

MAX_MEGABYTES = 30
_MIB = 1024 * 1024
SOUNDS = frozenset(f"audio/{kind}" for kind in ("mp3", "mp4", "mpeg", "mpga", "m4a", "wav", "webm", "amr"))
_SAME = {
    "audio/x-wav": "audio/wav",
    "audio/wave": "audio/wav",
    "audio/x-m4a": "audio/m4a",
    "audio/mp4a-latm": "audio/m4a",
}
_MEDIA_TYPES = {"mp3": "audio/mpeg", "wav": "audio/wav", "opus": "audio/ogg", "aac": "audio/aac", "flac": "audio/flac"}


@dataclass(frozen=True, slots=True)
class Sound:
    """A text read aloud: its media type, its first piece and the others."""

    media_type: str
    first: bytes
    rest: AsyncGenerator[bytes, None]


class Speech:
    """Uses the workspace's default models of the kinds speech2text and tts."""

    def __init__(self, models: ModelService, costs: SpeechCosts) -> None:
        self._models = models
        self._costs = costs

    async def write_down(
        self, version: CompiledApp, occasion: Occasion, *, name: str, mime_type: str, data: bytes
    ) -> str:
        """What a recording says. Raises Refusal."""
        if not version.features.speech_to_text.enabled:
            raise InvalidParam("Speech to text is switched off for this app.")
        return await self.write_down_trial(occasion, name=name, mime_type=mime_type, data=data)

    async def write_down_trial(self, occasion: Occasion, *, name: str, mime_type: str, data: bytes) -> str:
        """The same for a draft, whose settings need not be saved. Raises Refusal."""
        kind = mime_type.partition(";")[0].strip().lower()
        kind = _SAME.get(kind, kind)
        if kind not in SOUNDS:
            raise UnsupportedMediaType(
                f"Recordings of the type {kind or 'unknown'} are not accepted.", code="unsupported_audio_type"
            )
        if len(data) > MAX_MEGABYTES * _MIB:
            raise TooLarge(f"The recording is larger than {MAX_MEGABYTES} MB.", code="audio_too_large")
        if await self._models.default_model(occasion.workspace_id, ModelKind.SPEECH_TO_TEXT) is None:
            raise Refusal(
                "This workspace has no model that writes down speech; add one of the type speech2text.",
                code="provider_not_support_speech_to_text",
            )
        recording = Recording(data=data, filename=_filename(name, kind), mime_type=kind)
        try:
            heard = await self._models.media_for(occasion.workspace_id).transcribe(recording, DEFAULT_MODEL)
        except InvokeError as error:
            raise refused(error) from error
        self._costs.of("speech2text", occasion)(heard.usage)
        return heard.text

    async def read_aloud(self, version: CompiledApp, occasion: Occasion, *, text: str, voice: str = "") -> Sound:
        """A text as sound, as soon as its first piece is there. Raises Refusal."""
        speech = version.features.text_to_speech
        if not speech.enabled:
            raise InvalidParam("Text to speech is switched off for this app.")
        return await self.read_trial(occasion, text=text, voice=voice or speech.voice)

    async def read_trial(self, occasion: Occasion, *, text: str, voice: str = "") -> Sound:
        """The same for a draft, whose settings need not be saved. Raises Refusal."""
        if not text.strip():
            raise InvalidParam("There is no text to read; send `text`, or the `message_id` of an answer.", param="text")
        models = self._models.media_for(occasion.workspace_id)
        pieces = models.speak(text, DEFAULT_MODEL, voice=voice, spent=self._costs.of("tts", occasion))
        try:
            media_type = _MEDIA_TYPES.get(await models.audio_type(DEFAULT_MODEL), "audio/mpeg")
            first = await anext(pieces, b"")
        except InvokeError as error:
            raise refused(error) from error
        return Sound(media_type, first, pieces)


def refused(error: InvokeError) -> Refusal:
    """A model's failure as the answer of an endpoint."""
    return Refusal(str(error), code=code_of(error.error_type) or "completion_request_error")


def _filename(name: str, mime_type: str) -> str:
    """A name that tells the format, which providers go by."""
    ending = mime_type.rpartition("/")[2]
    known = name.rpartition(".")[2].lower()
    return (
        name
        if "." in name and known in ("mp3", "mp4", "mpeg", "mpga", "m4a", "wav", "webm", "amr")
        else f"temp.{ending}"
    )
