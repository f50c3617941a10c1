"""Asking a provider which models an account can use.

Source: the vendors' references; each protocol names its own.
"""

from typing import TYPE_CHECKING, Protocol

import msgspec

from treadle.models.target import Target

from . import ProtocolName

if TYPE_CHECKING:  # as in the package itself: the HTTP client takes a while to import
    from treadle.models.http import ModelHttp


class RemoteModel(msgspec.Struct, frozen=True):
    """A model that the provider offers; sizes are in tokens, None where it does not tell."""

    name: str
    label: str
    context_size: int | None = None
    max_output: int | None = None


class ListingProtocol(Protocol):
    """One way of asking. Failures are `InvokeError`s whose text names the provider."""

    async def list_models(self, target: Target) -> list[RemoteModel]:
        """The models, in the provider's order. Of `target` only address and headers count."""
        ...


def listing_protocol(name: ProtocolName, http: "ModelHttp", path: bool | str = True) -> ListingProtocol | None:
    """The protocol `name` on these connections; None when its providers cannot be asked.

    `path` is what the catalogue says of the listing (`Connection.listing`).
    """
    if isinstance(path, str):
        from .info_listing import InfoListing

        return InfoListing(http, path)
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
        case "cohere":
            from .cohere import Cohere

            return Cohere(http)
        case "bedrock":
            from .bedrock import Bedrock

            return Bedrock(http)
        case "oci":
            from .oci import OracleCloud

            return OracleCloud(http)
        case "ollama":
            from .ollama import Ollama

            return Ollama(http)
        case "azure":
            from .azure import Azure

            return Azure(http)
        case "vertex":
            from .gemini_vertex import Vertex

            return Vertex(http)
        case "replicate":
            from .replicate import Replicate

            return Replicate(http)
        case "sagemaker":
            from .sagemaker import SageMaker

            return SageMaker(http)
        case _:
            return None
