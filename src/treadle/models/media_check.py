"""The short call that checks a model of the kinds moderation, speech2text and tts (spec models-and-tools §1.12)."""

import io
import wave
from contextlib import aclosing

from treadle.engine.ports import ModelRef

from .catalogue import ModelKind
from .media import MediaModels
from .protocols.media import Recording

_RATE = 16_000
_SECONDS = 0.5


async def media_reply(models: MediaModels, model: ModelRef, kind: ModelKind) -> str:
    """What the model answered, in words. Raises InvokeError."""
    match kind:
        case ModelKind.MODERATION:
            return "flagged" if await models.moderate("Hello", model) else "not flagged"
        case ModelKind.SPEECH_TO_TEXT:
            silence = Recording(data=_silence(), filename="silence.wav", mime_type="audio/wav")
            return (await models.transcribe(silence, model)).text
        case _:
            async with aclosing(models.speak("Hello", model)) as pieces:
                return f"{sum([len(piece) async for piece in pieces])} bytes of sound"


def _silence() -> bytes:
    """Half a second of nothing, as WAV."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(_RATE)
        sound.writeframes(b"\0\0" * int(_RATE * _SECONDS))
    return file.getvalue()
