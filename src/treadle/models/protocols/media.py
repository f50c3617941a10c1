"""What models do that are no chat models: judge texts, write down speech, read texts aloud.

A protocol that can do so has a module of its own beside its chat module. Source: spec models-and-tools §1.8, §1.19.
"""

from collections.abc import AsyncGenerator, Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

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


class Transcript(msgspec.Struct, frozen=True, kw_only=True):
    """What a recording says, and what the provider counted: 0 where it did not. Of the prompt's tokens `sound_tokens`
    are sound."""

    text: str
    seconds: float = 0.0
    prompt_tokens: int = 0
    sound_tokens: int = 0
    completion_tokens: int = 0


class Meter(msgspec.Struct, kw_only=True):
    """What the provider counted while a text was read aloud, added up: 0 where it does not count."""

    characters: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0


class OfferedVoice(msgspec.Struct, frozen=True):
    """A voice that the vendor offers an account; without `languages` it speaks all of them."""

    id: str
    name: str
    languages: tuple[str, ...] = ()


@runtime_checkable
class VoiceSource(Protocol):
    """A protocol whose voices are the account's own."""

    async def voices(self, target: Target) -> list[OfferedVoice]:
        """The voices of the account. Raises InvokeError."""
        ...


class MediaProtocol(Protocol):
    """One way of speaking to such models. Failures are `InvokeError`s whose text names provider and model."""

    async def moderate(self, target: Target, texts: Sequence[str]) -> list[bool]:
        """For each text whether it is flagged."""
        ...

    async def transcribe(self, target: Target, recording: Recording) -> Transcript:
        """What is said in the recording."""
        ...

    def speak(
        self, target: Target, text: str, *, voice: str, audio_type: str, meter: Meter | None = None
    ) -> AsyncGenerator[bytes, None]:
        """The sound of `text`, in pieces, counted in `meter`. Closing the iterator closes the connection."""
        ...


def media_protocol(name: ProtocolName, http: "ModelHttp") -> MediaProtocol | None:
    """The protocol `name` on these connections; None when it has none of these abilities."""
    match name:
        case "openai":
            from .openai_media import OpenAIMedia

            return OpenAIMedia(http)
        case "azure":
            from .azure import AzureMedia

            return AzureMedia(http)
        case "dashscope":
            from .dashscope import DashScope

            return DashScope(http)
        case "minimax":
            from .minimax import MiniMaxSpeech

            return MiniMaxSpeech(http)
        case "fishaudio":
            from .fishaudio import FishAudio

            return FishAudio(http)
        case "tencent":
            from .tencent import TencentSpeech

            return TencentSpeech(http)
        case "sagemaker":
            from .sagemaker_media import SageMakerMedia

            return SageMakerMedia(http)
        case _:
            return None
