"""Encyclopedias, papers, shares and videos: services that know things."""

from tests.doubles.recording import JsonValue, Request
from tests.doubles.upstreams.vendor import ANY, Endpoint, Key, Vendor

KEY = "key-1"


def alphavantage() -> Vendor:
    """https://www.alphavantage.co/documentation/#daily"""
    day = {"1. open": "186.06", "2. high": "187.05", "3. low": "184.35", "4. close": "186.40", "5. volume": "55859370"}
    answer: JsonValue = {
        "Meta Data": {"1. Information": "Daily Prices", "2. Symbol": "AAPL"},
        "Time Series (Daily)": {"2024-01-31": {**day}, "2024-01-30": {**day, "4. close": "188.04"}},
    }
    query = {"function": "TIME_SERIES_DAILY", "symbol": ANY, "outputsize": "compact", "datatype": "json"}
    refusal: JsonValue = {
        "Error Message": "the parameter apikey is invalid or missing. Please claim your free API key."
    }
    return Vendor(Endpoint("GET", "/query", answer, query=query), key=Key("query", "apikey", KEY, 200, refusal))


def youtube() -> Vendor:
    """https://developers.google.com/youtube/v3/docs"""

    def search(request: Request) -> JsonValue:
        query = dict(request.query)
        if query["type"] == "channel":
            found = [{"kind": "youtube#searchResult", "id": {"kind": "youtube#channel", "channelId": "UC1"}}]
            return {"kind": "youtube#searchListResponse", "items": found if query["q"] == "Weavers" else []}
        assert query["channelId"] == "UC1"
        return {"items": [{"id": {"kind": "youtube#video", "videoId": video}} for video in ("v1", "v2")]}

    videos: JsonValue = {
        "items": [
            {"id": "v1", "snippet": {"title": "First"}, "statistics": {"viewCount": "120", "likeCount": "3"}},
            {"id": "v2", "snippet": {"title": "Second"}, "statistics": {"viewCount": "7"}},
        ]
    }
    moment = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
    query = {
        "part": "snippet", "type": "channel|video", "q?": ANY, "channelId?": ANY, "publishedAfter?": moment,
        "publishedBefore?": moment, "order?": "date", "maxResults": r"\d|[1-4]\d|50",
    }  # fmt: skip
    refusal: JsonValue = {"error": {"code": 400, "message": "API key not valid.", "status": "INVALID_ARGUMENT"}}
    return Vendor(
        Endpoint("GET", "/youtube/v3/search", search, query=query),
        Endpoint("GET", "/youtube/v3/videos", videos, query={"part": "snippet,statistics", "id": "v1,v2"}),
        key=Key("query", "key", KEY, 403, refusal),
    )
