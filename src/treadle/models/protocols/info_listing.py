"""Which model a server of a single one has: a description of the model stands in for a list.

Source: the OpenAPI document of Text Embeddings Inference (GET /info); the reference of Azure AI Model Inference (Info).
"""

import msgspec

from treadle.models.http import ModelHttp
from treadle.models.target import Target

from .exchange import fetch
from .failures import unreadable
from .listing import RemoteModel
from .rerank_http import base_of, refused


class _Info(msgspec.Struct):
    model_id: str = ""
    model_name: str = ""
    max_input_length: int | None = None


_decode = msgspec.json.Decoder(_Info).decode


class InfoListing:
    """Asks at `path`, which stands beside the version of the base URL."""

    def __init__(self, http: ModelHttp, path: str) -> None:
        self._http = http
        self._path = path

    async def list_models(self, target: Target) -> list[RemoteModel]:
        """The one model."""
        sent = await fetch(self._http, target, f"{base_of(target)}/{self._path}", target.headers, refused)
        try:
            info = _decode(sent)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise unreadable(target, sent) from error
        name = info.model_id or info.model_name
        if not name:
            raise unreadable(target, sent)
        return [RemoteModel(name, name, info.max_input_length)]
