"""Azure OpenAI: OpenAI's protocol under the address of a deployment, with a key or a service principal's token.

Source: spec models-and-tools §1.19 (AZ), §1.20 (`azure_openai`).
"""

from urllib.parse import quote

import aiohttp
import msgspec

from treadle.models.target import Target

from . import azure_listing
from .azure_token import authorization
from .exchange import send
from .listing import RemoteModel
from .openai import OpenAI
from .openai_media import OpenAIMedia
from .openai_request import Body
from .rerank_http import refused


class Azure(OpenAI):
    """Speaks to deployments of OpenAI's models."""

    async def list_models(self, target: Target) -> list[RemoteModel]:
        """The models that the resource can deploy."""
        return await azure_listing.offered(self._http, target)

    async def _post(self, target: Target, path: str, body: Body) -> aiohttp.ClientResponse:
        headers = {"Content-Type": "application/json", **await authorization(self._http, target)}
        return await send(self._http, target, address(target, path), msgspec.json.encode(body), headers, refused)


class AzureMedia(OpenAIMedia):
    """Speaks to deployments of OpenAI's models of sound."""

    async def _post(self, target: Target, path: str, body: bytes, content_type: str) -> aiohttp.ClientResponse:
        headers = {"Content-Type": content_type, **await authorization(self._http, target)}
        return await send(self._http, target, address(target, path), body, headers, refused)


def address(target: Target, path: str) -> str:
    """The URL of an operation on a deployment: the model's name here is the deployment's there."""
    base = target.base_url.rstrip("/").removesuffix("/v1").removesuffix("/openai")
    version = quote(str(target.settings.get("openai_api_version", "")))
    return f"{base}/openai/deployments/{quote(target.upstream, safe='')}/{path}?api-version={version}"
