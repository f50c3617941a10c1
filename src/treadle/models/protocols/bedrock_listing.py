"""Which models an account of Amazon Bedrock can call: those on demand, and those behind inference profiles.

Source: the vendor's reference (ListFoundationModels, ListInferenceProfiles).
"""

from typing import TypeVar
from urllib.parse import quote

import msgspec

from treadle.models.http import ModelHttp
from treadle.models.target import Target

from .aws_signing import signed
from .exchange import fetch
from .failures import unreadable
from .listing import RemoteModel
from .rerank_http import refused

Shape = TypeVar("Shape")


class _Lifecycle(msgspec.Struct, frozen=True):
    status: str = "ACTIVE"


class _Model(msgspec.Struct, rename="camel"):
    model_id: str
    model_name: str = ""
    output_modalities: tuple[str, ...] = ()
    inference_types_supported: tuple[str, ...] = ()
    model_lifecycle: _Lifecycle = _Lifecycle()

    @property
    def callable(self) -> bool:
        """Whether calls may name it: the others are only reached through a profile, or write no text or vectors."""
        on_demand = "ON_DEMAND" in self.inference_types_supported and self.model_lifecycle.status == "ACTIVE"
        return on_demand and bool({"TEXT", "EMBEDDING"}.intersection(self.output_modalities))


class _Models(msgspec.Struct, rename="camel"):
    model_summaries: tuple[_Model, ...] = ()


class _Profile(msgspec.Struct, rename="camel"):
    inference_profile_id: str
    inference_profile_name: str = ""
    status: str = "ACTIVE"


class _Profiles(msgspec.Struct, rename="camel"):
    inference_profile_summaries: tuple[_Profile, ...] = ()
    next_token: str | None = None


async def offered(http: ModelHttp, target: Target) -> list[RemoteModel]:
    """Profiles before single models. Raises InvokeError."""
    base = target.base_url.rstrip("/").replace("bedrock-runtime", "bedrock")
    found: list[RemoteModel] = []
    page = ""
    while True:
        profiles = await _read(http, target, f"{base}/inference-profiles?maxResults=1000{page}", _Profiles)
        found += [
            RemoteModel(each.inference_profile_id, each.inference_profile_name or each.inference_profile_id)
            for each in profiles.inference_profile_summaries
            if each.status == "ACTIVE"
        ]
        if not profiles.next_token:
            break
        page = f"&nextToken={quote(profiles.next_token, safe='')}"
    models = await _read(http, target, f"{base}/foundation-models", _Models)
    return found + [
        RemoteModel(each.model_id, each.model_name or each.model_id) for each in models.model_summaries if each.callable
    ]


async def _read(http: ModelHttp, target: Target, url: str, shape: type[Shape]) -> Shape:
    body = await fetch(http, target, url, await signed(target, url, b"", {}, method="GET"), refused)
    try:
        return msgspec.json.decode(body, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise unreadable(target, body) from error
