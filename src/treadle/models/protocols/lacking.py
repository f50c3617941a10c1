"""What a protocol answers where it lacks an ability: a protocol inherits these and brings what it has."""

from collections.abc import AsyncGenerator, Sequence
from typing import Literal

from treadle.engine.errors import InvokeBadRequestError
from treadle.engine.ports import ChatDelta, ChatRequest
from treadle.models.http import ModelHttp
from treadle.models.target import Target

from . import Embeddings
from .media import Meter, Recording, Transcript


class NoChat:
    """A `WireProtocol` of a vendor that has neither chat models nor vectors."""

    def __init__(self, http: ModelHttp) -> None:
        self._http = http

    async def stream(self, target: Target, request: ChatRequest) -> AsyncGenerator[list[ChatDelta], None]:
        """Raises InvokeBadRequestError."""
        raise _lacking(target, "chat models")
        yield []

    async def complete(self, target: Target, request: ChatRequest) -> ChatDelta:
        """Raises InvokeBadRequestError."""
        raise _lacking(target, "chat models")

    async def embed(self, target: Target, texts: Sequence[str], purpose: Literal["document", "query"]) -> Embeddings:
        """Raises InvokeBadRequestError."""
        raise _lacking(target, "embedding models")


class NoMedia:
    """A `MediaProtocol` without any ability."""

    def __init__(self, http: ModelHttp) -> None:
        self._http = http

    async def moderate(self, target: Target, texts: Sequence[str]) -> list[bool]:
        """Raises InvokeBadRequestError."""
        raise _lacking(target, "moderation models")

    async def transcribe(self, target: Target, recording: Recording) -> Transcript:
        """Raises InvokeBadRequestError."""
        raise _lacking(target, "models that write down speech")

    async def speak(
        self, target: Target, text: str, *, voice: str, audio_type: str, meter: Meter | None = None
    ) -> AsyncGenerator[bytes, None]:
        """Raises InvokeBadRequestError."""
        raise _lacking(target, "models that read texts aloud")
        yield b""


def _lacking(target: Target, what: str) -> InvokeBadRequestError:
    return InvokeBadRequestError(target.says(f"this provider has no {what}; choose another provider's."))
