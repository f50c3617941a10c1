"""Places of OpenStreetMap (https://nominatim.org/release-docs/latest/api/Overview/)."""

from collections.abc import AsyncIterator
from typing import Any

from treadle.engine.errors import ToolInvokeError
from treadle.tools.builtin.call import Call
from treadle.tools.builtin.http import Query, ask
from treadle.tools.messages import Json, Message


async def nominatim_search(call: Call) -> AsyncIterator[Message]:
    yield await _places(call, "search", {"q": call.required("query"), "limit": call.integer("limit", 1, 40)})


async def nominatim_reverse(call: Call) -> AsyncIterator[Message]:
    query = {"lat": call.number("lat"), "lon": call.number("lon"), "format": "json"}
    url = f"{call.credential('base_url').rstrip('/')}/reverse"
    place = await ask(call, dict[str, Any], "GET", url, query=query)
    if error := place.get("error"):
        raise ToolInvokeError(f"Nominatim found nothing: {error}.")
    yield Json(place)


async def nominatim_lookup(call: Call) -> AsyncIterator[Message]:
    yield await _places(call, "lookup", {"osm_ids": call.required("osm_ids").replace(" ", "")})


async def _places(call: Call, path: str, query: dict[str, str | int]) -> Json:
    whole: Query = {**query, "format": "json", "addressdetails": 1}
    url = f"{call.credential('base_url').rstrip('/')}/{path}"
    return Json({"places": [*await ask(call, list[dict[str, Any]], "GET", url, query=whole)]})
