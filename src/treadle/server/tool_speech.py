"""The workspace's models of speech, as built-in tools ask for them."""

from collections.abc import AsyncIterator

from treadle.engine.ports import ModelRef
from treadle.models.media import MediaModels
from treadle.models.protocols.media import Recording


class ToolSpeech:
    """Implements `tools.builtin.call.Speech`."""

    def __init__(self, models: MediaModels) -> None:
        self._models = models

    async def transcribe(self, data: bytes, model: ModelRef, *, filename: str, mime_type: str) -> str:
        """Raises InvokeError."""
        return await self._models.transcribe(Recording(data=data, filename=filename, mime_type=mime_type), model)

    def speak(self, text: str, model: ModelRef, *, voice: str = "") -> AsyncIterator[bytes]:
        """The iterator raises InvokeError."""
        return self._models.speak(text, model, voice=voice)

    async def audio_type(self, model: ModelRef) -> str:
        """Raises InvokeError."""
        return await self._models.audio_type(model)
