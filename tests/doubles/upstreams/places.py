"""Weather and maps."""

from tests.doubles.recording import JsonValue, Request
from tests.doubles.upstreams.vendor import ANY, Endpoint, Key, Vendor

KEY = "key-1"
PNG = b"\x89PNG\r\n\x1a\n picture"


def openweather() -> Vendor:
    """https://openweathermap.org/current"""
    answer: JsonValue = {
        "coord": {"lon": 12.57, "lat": 55.68},
        "weather": [{"id": 500, "main": "Rain", "description": "小雨", "icon": "10d"}],
        "main": {"temp": 4.5, "feels_like": 1.2, "humidity": 90},
        "visibility": 9000,
        "wind": {"speed": 5.1, "deg": 200},
        "clouds": {"all": 75},
        "sys": {"country": "DK", "sunrise": 1706685000},
        "timezone": 3600,
        "name": "Copenhagen",
        "cod": 200,
    }
    query = {"q": ANY, "units": "metric|imperial|standard", "lang": "zh_cn|en_us|ja"}
    key = Key("query", "appid", KEY, 401, {"cod": 401, "message": "Invalid API key."})
    return Vendor(Endpoint("GET", "/data/2.5/weather", answer, query=query), key=key)


def gaode() -> Vendor:
    """https://lbs.amap.com/api/webservice/guide/api/weatherinfo"""

    def district(request: Request) -> JsonValue:
        known: list[JsonValue] = [{"adcode": "330100", "name": "杭州市", "level": "city"}]
        found = known if dict(request.query)["keywords"] == "杭州" else []
        return {"status": "1", "info": "OK", "infocode": "10000", "districts": found}

    cast: JsonValue = {
        "date": "2024-01-31", "week": "3", "dayweather": "小雨", "nightweather": "阴", "daytemp": "9", "nighttemp": "5",
        "daywind": "北", "nightwind": "北", "daypower": "1-3", "nightpower": "1-3",
    }  # fmt: skip
    forecast: JsonValue = {
        "status": "1", "count": "1", "info": "OK", "infocode": "10000",
        "forecasts": [{"city": "杭州市", "adcode": "330100", "province": "浙江", "casts": [cast]}],
    }  # fmt: skip
    return Vendor(
        Endpoint(
            "GET", "/v3/config/district", district, query={"keywords": ANY, "subdistrict": "0", "extensions": "base"}
        ),
        Endpoint(
            "GET",
            "/v3/weather/weatherInfo",
            forecast,
            query={"city": "330100", "extensions": "all", "output": "json"},
        ),
        key=Key("query", "key", KEY, 200, {"status": "0", "info": "INVALID_USER_KEY", "infocode": "10001"}),
    )


def nominatim() -> Vendor:
    """https://nominatim.org/release-docs/latest/api/Overview/"""
    place: JsonValue = {
        "place_id": 1,
        "osm_type": "relation",
        "osm_id": 2,
        "lat": "51.5",
        "lon": "-0.1",
        "name": "London",
    }

    def reverse(request: Request) -> JsonValue:
        return place if dict(request.query)["lat"] != "0.0" else {"error": "Unable to geocode"}

    shape = {"format": "json", "addressdetails": "1"}
    agent = {"user-agent": "Treadle"}
    return Vendor(
        Endpoint("GET", "/search", [place], query={**shape, "q": ANY, "limit": r"\d+"}, headers=agent),
        Endpoint("GET", "/lookup", [place], query={**shape, "osm_ids": r"[NWR]\d+(,[NWR]\d+)*"}, headers=agent),
        Endpoint(
            "GET", "/reverse", reverse, query={"lat": r"-?[\d.]+", "lon": r"-?[\d.]+", "format": "json"}, headers=agent
        ),
    )


def tianditu() -> Vendor:
    """http://lbs.tianditu.gov.cn/server/guide.html"""
    location: JsonValue = {"lon": 116.39, "lat": 39.9, "level": "兴趣点", "keyWord": "天安门", "score": 100}
    pois: JsonValue = {"count": 1, "resultType": 1, "pois": [{"name": "茶馆", "lonlat": "116.4,39.9"}], "status": {}}
    around = (
        r'\{"keyWord":"[^"]+","queryRadius":\d+,"pointLonlat":"[\d.]+,[\d.]+","queryType":3,"start":0,"count":\d+\}'
    )
    layers = {"layers": "vec_c,cva_c", "zoom": r"\d+", "width": r"\d+", "height": r"\d+"}
    return Vendor(
        Endpoint(
            "GET",
            "/geocoder",
            {"status": "0", "msg": "ok", "location": location, "searchVersion": "6"},
            query={"ds": r'\{"keyWord":"[^"]+"\}'},
        ),
        Endpoint("GET", "/v2/search", pois, query={"postStr": around, "type": "query"}),
        Endpoint("GET", "/staticimage", PNG, query={**layers, "center": ANY, "markers": ANY}, kind="image/png"),
        key=Key("query", "tk", KEY, 403, {"msg": "权限类型错误", "resolve": "检查密钥", "code": 1}),
    )
