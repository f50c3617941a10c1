"""Which models of Google and Anthropic Vertex AI serves.

Source: the vendor's reference (publishers.models.list, v1beta1).
"""

from collections.abc import Mapping
from urllib.parse import quote

import msgspec

from treadle.models.http import ModelHttp
from treadle.models.target import Target

from .exchange import fetch
from .failures import unreadable
from .gemini_reply import refused
from .listing import RemoteModel

_PREFIXES = {"google": ("gemini-", "text-embedding-", "text-multilingual-embedding-"), "anthropic": ("claude-",)}
"""What their names begin with, of each publisher, that this protocol can call."""


class _Model(msgspec.Struct, rename="camel"):
    name: str
    version_id: str = ""


class _Page(msgspec.Struct, rename="camel"):
    publisher_models: list[_Model] = []
    next_page_token: str = ""


_decode = msgspec.json.Decoder(_Page).decode


async def offered(http: ModelHttp, target: Target, host: str, headers: Mapping[str, str]) -> list[RemoteModel]:
    """The models by the names that calls take. Raises InvokeError."""
    found: dict[str, None] = {}
    for publisher, prefixes in _PREFIXES.items():
        page = ""
        while True:
            url = f"{host}/v1beta1/publishers/{publisher}/models?pageSize=100{page}"
            body = await fetch(http, target, url, headers, refused)
            try:
                listed = _decode(body)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise unreadable(target, body) from error
            names = (_called(publisher, each) for each in listed.publisher_models)
            found |= dict.fromkeys(name for name in names if name.startswith(prefixes))
            if not listed.next_page_token:
                break
            page = f"&pageToken={quote(listed.next_page_token, safe='')}"
    return [RemoteModel(name, name) for name in found]


def _called(publisher: str, model: _Model) -> str:
    """A Claude is called by name and version."""
    name = model.name.rpartition("/")[2]
    dated = publisher == "anthropic" and model.version_id.isdecimal()
    return f"{name}@{model.version_id}" if dated and "@" not in name else name
