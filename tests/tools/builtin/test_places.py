"""Weather and maps, each against its service's double (models-and-tools §4.9)."""

from pathlib import Path

from tests.doubles.upstreams import places
from tests.tools.builtin.cases import KEY, Case, check_failures, check_good_call, check_said, every
from treadle.tools.messages import Blob, Json, Text

PLACE = {"place_id": 1, "osm_type": "relation", "osm_id": 2, "lat": "51.5", "lon": "-0.1", "name": "London"}
NOMINATIM_URL = {"base_url": "{origin}"}
TIANDITU_KEY = {"tianditu_api_key": KEY}
GAODE = Case(
    "gaode/gaode_weather",
    {"city": "杭州"},
    places.gaode,
    [Text("杭州市 2024-01-31: 小雨/阴, 9°C/5°C, 北风1-3级")],
    {"api_key": KEY},
)
REVERSE = Case(
    "nominatim/nominatim_reverse", {"lat": 51.5, "lon": -0.1}, places.nominatim, [Json({**PLACE})], NOMINATIM_URL
)
GEOCODER = Case(
    "tianditu/geocoder",
    {"keyword": "天安门"},
    places.tianditu,
    [Json({"keyword": "天安门", "lon": 116.39, "lat": 39.9})],
    TIANDITU_KEY,
)

CASES = [
    Case(
        "openweather/weather",
        {"city": "Copenhagen"},
        places.openweather,
        [
            Text(
                '{"main": {"temp": 4.5, "feels_like": 1.2, "humidity": 90.0}, "weather": [{"id": 500, "main": "Rain", '
                '"description": "小雨", "icon": "10d"}], "name": "Copenhagen", "visibility": 9000, '
                '"wind": {"speed": 5.1, "deg": 200.0}, "clouds": {"all": 75.0}, '
                '"sys": {"country": "DK", "sunrise": 1706685000}, "timezone": 3600}'
            )
        ],
        {"api_key": KEY},
    ),
    GAODE,
    Case(
        "gaode/gaode_weather",
        {"city": "Atlantis"},
        places.gaode,
        [Text("Gaode knows no place named Atlantis.")],
        {"api_key": KEY},
    ),
    Case(
        "nominatim/nominatim_search",
        {"query": "London"},
        places.nominatim,
        [Json({"places": [{**PLACE}]})],
        NOMINATIM_URL,
    ),
    REVERSE,
    Case(
        "nominatim/nominatim_lookup",
        {"osm_ids": "R146656, W104393803"},
        places.nominatim,
        [Json({"places": [{**PLACE}]})],
        NOMINATIM_URL,
    ),
    GEOCODER,
    Case(
        "tianditu/point_of_interest_search",
        {"keyword": "茶馆", "baseAddress": "天安门"},
        places.tianditu,
        [Json({"count": 1, "pois": [{"name": "茶馆", "lonlat": "116.4,39.9"}]})],
        TIANDITU_KEY,
    ),
    Case(
        "tianditu/generate_static_map",
        {"keyword": "天安门"},
        places.tianditu,
        [Blob(places.PNG, "image/png", "map.png")],
        TIANDITU_KEY,
    ),
]


@every(CASES)
async def test_a_place_is_told(case: Case, tmp_path: Path) -> None:
    await check_good_call(case, tmp_path)


@every(CASES)
async def test_a_failure_says_why(case: Case, tmp_path: Path) -> None:
    await check_failures(case, tmp_path)


async def test_refusals_inside_a_good_status_are_failures(tmp_path: Path) -> None:
    over = {"status": "0", "info": "DAILY_QUERY_OVER_LIMIT", "infocode": "10003"}
    assert await check_said(GAODE, tmp_path, over) == "ToolInvokeError: Gaode failed: DAILY_QUERY_OVER_LIMIT (10003)."
    assert await check_said(REVERSE, tmp_path, {"error": "Unable to geocode"}) == (
        "ToolInvokeError: Nominatim found nothing: Unable to geocode."
    )
    assert await check_said(GEOCODER, tmp_path, {"status": "404", "msg": "无结果"}) == (
        'ToolInvokeError: Tianditu knows no place named "天安门": 无结果.'
    )
