"""Which models a resource of Azure OpenAI can deploy; its API tells no names of deployments.

Source: the vendor's reference (Models - List, data plane).
"""

from urllib.parse import quote

import msgspec

from treadle.models.http import ModelHttp
from treadle.models.target import Target

from .azure_token import authorization
from .exchange import fetch
from .failures import unreadable
from .listing import RemoteModel
from .rerank_http import refused


class _Capabilities(msgspec.Struct, frozen=True):
    inference: bool = True


class _Model(msgspec.Struct):
    id: str
    capabilities: _Capabilities = _Capabilities()


class _Models(msgspec.Struct):
    data: list[_Model]


_decode = msgspec.json.Decoder(_Models).decode


async def offered(http: ModelHttp, target: Target) -> list[RemoteModel]:
    """Those that can be called once they are deployed. Raises InvokeError."""
    base = target.base_url.rstrip("/").removesuffix("/v1").removesuffix("/openai")
    version = quote(str(target.settings.get("openai_api_version", "")))
    url = f"{base}/openai/models?api-version={version}"
    body = await fetch(http, target, url, await authorization(http, target), refused)
    try:
        return [RemoteModel(each.id, each.id) for each in _decode(body).data if each.capabilities.inference]
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise unreadable(target, body) from error
