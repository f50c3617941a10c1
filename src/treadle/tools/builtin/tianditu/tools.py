"""Places and maps of Tianditu (http://lbs.tianditu.gov.cn/server/guide.html)."""

from collections.abc import AsyncIterator
from typing import Any

import msgspec

from treadle.engine.errors import ToolInvokeError
from treadle.engine.values import JsonValue
from treadle.tools.builtin.call import Call
from treadle.tools.builtin.http import ask, send
from treadle.tools.messages import Blob, Json, Message

_RADIUS = 5000
"""How far around a place is searched, in metres."""
_PLACES = 10
_MAP = {"layers": "vec_c,cva_c", "zoom": 15, "width": 600, "height": 400}


class _Point(msgspec.Struct):
    lon: float
    lat: float
    keyWord: str = ""  # noqa: N815 - the wire's name


class _Found(msgspec.Struct):
    status: str
    msg: str = ""
    location: _Point | None = None


class _Places(msgspec.Struct):
    count: int = 0
    pois: list[dict[str, Any]] = []


async def geocoder(call: Call) -> AsyncIterator[Message]:
    point = await _point(call, call.required("keyword"))
    yield Json({"keyword": call.text("keyword"), "lon": point.lon, "lat": point.lat})


async def point_of_interest_search(call: Call) -> AsyncIterator[Message]:
    point = await _point(call, call.required("baseAddress"))
    asked: dict[str, JsonValue] = {
        "keyWord": call.required("keyword"),
        "queryRadius": _RADIUS,
        "pointLonlat": f"{point.lon},{point.lat}",
        "queryType": 3,
        "start": 0,
        "count": _PLACES,
    }
    query = {"postStr": _json(asked), "type": "query", "tk": call.credential("tianditu_api_key")}
    found = await ask(call, _Places, "GET", f"{call.urls['api']}/v2/search", query=query)
    yield Json({"count": found.count, "pois": [*found.pois]})


async def generate_static_map(call: Call) -> AsyncIterator[Message]:
    point = await _point(call, call.required("keyword"))
    centre = f"{point.lon},{point.lat}"
    query = {"center": centre, "markers": centre, **_MAP, "tk": call.credential("tianditu_api_key")}
    picture = await send(call, "GET", f"{call.urls['api']}/staticimage", query=query)
    kind = picture.headers.get("content-type", "").partition(";")[0]
    if not kind.startswith("image/"):
        raise ToolInvokeError("Tianditu answered with something unexpected instead of a map.")
    yield Blob(picture.body, kind, "map.png")


async def _point(call: Call, place: str) -> _Point:
    query = {"ds": _json({"keyWord": place}), "tk": call.credential("tianditu_api_key")}
    found = await ask(call, _Found, "GET", f"{call.urls['api']}/geocoder", query=query)
    if found.status != "0" or found.location is None:
        raise ToolInvokeError(f'Tianditu knows no place named "{place}": {found.msg or "no result"}.')
    return found.location


def _json(value: JsonValue) -> str:
    return msgspec.json.encode(value).decode()
