"""The workspace's models of speech, as built-in tools ask for them."""

from collections.abc import AsyncIterator, Callable

from treadle.engine.ports import ModelRef
from treadle.engine.usage import Usage
from treadle.models.media import MediaModels
from treadle.models.protocols.media import Recording
from treadle.tools.builtin.call import Heard


class ToolSpeech:
    """Implements `tools.builtin.call.Speech`."""

    def __init__(self, models: MediaModels) -> None:
        self._models = models

    async def transcribe(self, data: bytes, model: ModelRef, *, filename: str, mime_type: str) -> Heard:
        """Raises InvokeError."""
        recording = Recording(data=data, filename=filename, mime_type=mime_type)
        said = await self._models.transcribe(recording, model)
        return Heard(said.text, said.usage)

    def speak(
        self, text: str, model: ModelRef, *, voice: str = "", spent: Callable[[Usage], None] | None = None
    ) -> AsyncIterator[bytes]:
        """The iterator raises InvokeError."""
        return self._models.speak(text, model, voice=voice, spent=spent)

    async def audio_type(self, model: ModelRef) -> str:
        """Raises InvokeError."""
        return await self._models.audio_type(model)
