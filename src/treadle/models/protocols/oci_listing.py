"""Which models Oracle Cloud serves on demand in a compartment.

Source: the vendor's API reference of generative AI management (ListModels).
"""

import msgspec
from yarl import URL

from treadle.models.http import ModelHttp
from treadle.models.target import Target

from . import oci_principal
from .exchange import content_of, fetched
from .failures import unreadable
from .listing import RemoteModel
from .oci_signing import compartment_of, signed_look_up
from .rerank_http import refused

_PATH = "20231130/models"
_USED = {"CHAT", "TEXT_EMBEDDINGS"}


class _Model(msgspec.Struct, rename="camel"):
    display_name: str = ""
    capabilities: tuple[str, ...] = ()
    lifecycle_state: str = "ACTIVE"
    time_on_demand_retired: str | None = None


class _Page(msgspec.Struct):
    items: tuple[_Model, ...] = ()


_decode = msgspec.json.Decoder(_Page).decode


async def offered(http: ModelHttp, target: Target) -> list[RemoteModel]:
    """Those that chat or embed; a model that stands there twice, for calls and for tuning, is told once."""
    target = await oci_principal.opened(http, target)
    base = target.base_url.rstrip("/").replace("//inference.generativeai.", "//generativeai.")
    query = {"compartmentId": compartment_of(target), "limit": "1000"}
    names: dict[str, None] = {}
    more = True
    while more:
        url = str(URL(f"{base}/{_PATH}").with_query(query))  # as the client will write it, since that is signed
        response = await fetched(http, target, url, signed_look_up(target, url), refused)
        try:
            sent = await content_of(target, response)
            page = response.headers.get("opc-next-page", "")
        finally:
            response.close()
        try:
            found = _decode(sent).items
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise unreadable(target, sent) from error
        query["page"], more = page, bool(page)
        names |= dict.fromkeys(each.display_name for each in found if _callable(each))
    return [RemoteModel(name, name) for name in names]


def _callable(model: _Model) -> bool:
    retired = model.time_on_demand_retired is not None
    return model.lifecycle_state == "ACTIVE" and not retired and not _USED.isdisjoint(model.capabilities)
