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

_OPENAI = "https://api.openai.com/v1"

ProtocolName = Literal[
    "openai",
    "responses",
    "azure",
    "anthropic",
    "gemini",
    "vertex",
    "cohere",
    "ollama",
    "bedrock",
    "sagemaker",
    "oci",
    "replicate",
    "retrieval",
    "minimax",
    "dashscope",
    "fishaudio",
    "tencent",
]


LISTED: frozenset[ProtocolName] = frozenset({
    "openai", "anthropic", "gemini", "cohere", "bedrock", "oci", "ollama", "azure", "vertex", "replicate", "sagemaker",
})  # fmt: skip
"""The protocols whose APIs have a list."""


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
        case "anthropic":
            from .anthropic import Anthropic

            return Anthropic(http)
        case "gemini":
            from .gemini import Gemini

            return Gemini(http)
        case "vertex":
            from .gemini_vertex import Vertex

            return Vertex(http)
        case "responses":
            from .openai_responses import Responses

            return Responses(http)
        case "azure":
            from .azure import Azure

            return Azure(http)
        case "cohere":
            from .cohere import Cohere

            return Cohere(http)
        case "ollama":
            from .ollama import Ollama

            return Ollama(http)
        case "bedrock":
            from .bedrock import Bedrock

            return Bedrock(http)
        case "retrieval":
            from .retrieval import Retrieval

            return Retrieval(http)
        case "minimax":
            from .minimax import MiniMax

            return MiniMax(http)
        case "sagemaker":
            from .sagemaker import SageMaker

            return SageMaker(http)
        case "oci":
            from .oci import OracleCloud

            return OracleCloud(http)
        case "replicate":
            from .replicate import Replicate

            return Replicate(http)
        case "dashscope" | "fishaudio" | "tencent":
            from .lacking import NoChat

            return NoChat(http)


def chat_protocol(name: ProtocolName, target: Target, http: "ModelHttp") -> WireProtocol:
    """The protocol for chats with this model. OpenAI itself is spoken to by its newer one, a server at another address
    only where the credential asks for it."""
    if name != "openai" or target.profile.mode != "chat":
        return protocol(name, http)
    itself = target.provider == "openai" and target.base_url == _OPENAI
    chosen = target.settings.get("api_protocol") or ("responses" if itself else "chat")
    return protocol("responses" if chosen == "responses" else name, http)
