"""Wire protocols: a module each, chosen by the name that a catalogue file gives.

A protocol turns a `ChatRequest` and a `Target` into bytes and the answer into `ChatDelta`s. It knows nothing of
vendors, workspaces or storage.
"""

from collections.abc import AsyncGenerator, Sequence
from typing import TYPE_CHECKING, Literal, Protocol

import msgspec

from treadle.engine.ports import ChatDelta, ChatRequest
from treadle.engine.usage import Usage
from treadle.models.target import Target

if TYPE_CHECKING:  # the HTTP client takes a while to import, and the catalogue needs only the names
    from treadle.models.http import ModelHttp

ProtocolName = Literal["openai"]


class Embeddings(msgspec.Struct, frozen=True):
    """A vector per text, in the order of the texts."""

    vectors: list[list[float]]
    usage: Usage


class WireProtocol(Protocol):
    """One way of speaking to models. Failures are `InvokeError`s whose text names provider and model."""

    def stream(self, target: Target, request: ChatRequest) -> AsyncGenerator[list[ChatDelta], None]:
        """The reply, a list for each piece that the network brings. Closing the iterator closes the connection."""
        ...

    async def complete(self, target: Target, request: ChatRequest) -> ChatDelta:
        """The whole reply in one piece."""
        ...

    async def embed(self, target: Target, texts: Sequence[str], purpose: Literal["document", "query"]) -> Embeddings:
        """Vectors of `texts`."""
        ...


def protocol(name: ProtocolName, http: "ModelHttp") -> WireProtocol:
    """The protocol `name` on these connections."""
    match name:
        case "openai":
            from .openai import OpenAI

            return OpenAI(http)
