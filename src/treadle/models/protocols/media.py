"""What models do that are no chat models: judge texts, write down speech, read texts aloud.

A protocol that can do so has a module of its own beside its chat module. Source: spec models-and-tools §1.8, §1.19.
"""

from collections.abc import AsyncGenerator, Sequence
from typing import TYPE_CHECKING, Protocol

import msgspec

from treadle.models.target import Target

from . import ProtocolName

if TYPE_CHECKING:  # as in the package itself: the HTTP client takes a while to import
    from treadle.models.http import ModelHttp


class Recording(msgspec.Struct, frozen=True, kw_only=True):
    """A sound to be written down."""

    data: bytes
    filename: str = "temp.mp3"
    mime_type: str = "audio/mpeg"


class MediaProtocol(Protocol):
    """One way of speaking to such models. Failures are `InvokeError`s whose text names provider and model."""

    async def moderate(self, target: Target, texts: Sequence[str]) -> list[bool]:
        """For each text whether it is flagged."""
        ...

    async def transcribe(self, target: Target, recording: Recording) -> str:
        """What is said in the recording."""
        ...

    def speak(self, target: Target, text: str, *, voice: str, audio_type: str) -> AsyncGenerator[bytes, None]:
        """The sound of `text`, in pieces. Closing the iterator closes the connection."""
        ...


def media_protocol(name: ProtocolName, http: "ModelHttp") -> MediaProtocol | None:
    """The protocol `name` on these connections; None when it has none of these abilities."""
    if name == "openai":
        from .openai_media import OpenAIMedia

        return OpenAIMedia(http)
    if name == "azure":
        from .azure import AzureMedia

        return AzureMedia(http)
    return None
