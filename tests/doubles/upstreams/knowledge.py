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


def wikipedia() -> Vendor:
    """https://www.mediawiki.org/wiki/API:Query"""

    def answer(request: Request) -> JsonValue:
        if dict(request.query)["gsrsearch"] == "nothing":
            return {"batchcomplete": True}
        pages: JsonValue = [
            {"pageid": 2, "ns": 0, "title": "Weaving", "index": 2, "extract": "Weaving is a method."},
            {"pageid": 1, "ns": 0, "title": "Loom", "index": 1, "extract": "A loom is a device."},
        ]
        return {"batchcomplete": True, "continue": {"gsroffset": 3}, "query": {"pages": pages}}

    query = {
        "action": "query", "format": "json", "formatversion": "2", "generator": "search", "gsrsearch": ANY,
        "gsrlimit": "3", "prop": "extracts", "exintro": "1", "explaintext": "1", "exlimit": "3",
    }  # fmt: skip
    return Vendor(Endpoint("GET", "/w/api.php", answer, query=query, headers={"user-agent": "Treadle"}))


ATOM = """<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom"><title>ArXiv Query</title>
<entry><id>http://arxiv.org/abs/1605.08386v1</id><published>2016-05-26T17:59:46Z</published>
<title>Heat-bath random walks
  with Markov bases</title><summary> Graphs on lattice points
 are studied. </summary><author><name>Caprice Stanley</name></author><author><name>Tobias Windisch</name></author>
</entry></feed>"""


def arxiv() -> Vendor:
    """https://info.arxiv.org/help/api/user-manual.html"""
    query = {"search_query?": "all:.+", "id_list?": r"[\w./,-]+", "start": "0", "max_results": "3"}
    return Vendor(Endpoint("GET", "/api/query", ATOM.encode(), query=query))


PAPER = """<?xml version="1.0"?><!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle, 1st January 2025//EN"
 "https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_250101.dtd"><PubmedArticleSet><PubmedArticle><MedlineCitation>
<PMID Version="1">7</PMID><Article><Journal><JournalIssue><PubDate><Year>2020</Year><Month>Jan</Month></PubDate>
</JournalIssue></Journal><ArticleTitle>On <i>looms</i></ArticleTitle><Abstract><AbstractText Label="A">First.
</AbstractText><AbstractText Label="B">Second.</AbstractText></Abstract></Article></MedlineCitation></PubmedArticle>
</PubmedArticleSet>"""


def pubmed() -> Vendor:
    """https://www.ncbi.nlm.nih.gov/books/NBK25499/"""

    def search(request: Request) -> JsonValue:
        ids: list[JsonValue] = [] if dict(request.query)["term"] == "nothing" else ["7"]
        return {"header": {"type": "esearch"}, "esearchresult": {"count": "1", "idlist": ids}}

    return Vendor(
        Endpoint(
            "GET",
            "/entrez/eutils/esearch.fcgi",
            search,
            query={"db": "pubmed", "term": ANY, "retmode": "json", "retmax": "3"},
        ),
        Endpoint(
            "GET",
            "/entrez/eutils/efetch.fcgi",
            PAPER.encode(),
            query={"db": "pubmed", "id": "7", "retmode": "xml"},
        ),
    )


def crossref() -> Vendor:
    """https://api.crossref.org/swagger-ui/index.html"""
    work: JsonValue = {"DOI": "10.1/x", "title": ["On Looms"], "type": "journal-article"}
    other: JsonValue = {"DOI": "10.1/y", "title": ["On looms and more"], "type": "journal-article"}
    listed: JsonValue = {
        "status": "ok",
        "message-type": "work-list",
        "message": {"total-results": 2, "items": [work, other]},
    }
    query = {"query.bibliographic": ANY, "rows": r"\d+", "sort": r"[a-z-]+", "order": "asc|desc", "mailto": ".+@.+"}
    single: JsonValue = {"status": "ok", "message-type": "work", "message": work}
    return Vendor(
        Endpoint("GET", "/works/10.1/x", single, query={"mailto": ".+@.+"}),
        Endpoint("GET", "/works", listed, query=query),
    )


def devdocs() -> Vendor:
    """https://devdocs.io"""
    return Vendor(Endpoint("GET", "/python~3.12/library/code.html", b"<h1>code</h1><p>Interpreter <b>base</b></p>"))


def stackexchange() -> Vendor:
    """https://api.stackexchange.com/docs"""
    question: JsonValue = {
        "question_id": 11, "title": "How to weave &amp; spin?", "link": "https://s.example/q/11", "score": 4,
        "answer_count": 2, "is_answered": True, "tags": ["loom"], "owner": {"user_id": 1},
    }  # fmt: skip
    answer: JsonValue = {"answer_id": 12, "question_id": 11, "score": 9, "is_accepted": True, "body": "<p>Slowly.</p>"}
    paging = {"site": ANY, "sort": "activity|votes|creation|relevance", "order": "asc|desc", "pagesize": r"\d+"}
    search = {**paging, "title": ANY, "tagged?": ANY, "nottagged?": ANY, "accepted?": "true|false"}
    envelope: dict[str, JsonValue] = {"has_more": False, "quota_max": 300, "quota_remaining": 299}
    return Vendor(
        Endpoint("GET", "/2.3/search/advanced", {"items": [question], **envelope}, query=search),
        Endpoint(
            "GET",
            "/2.3/questions/11/answers",
            {"items": [answer], **envelope},
            query={**paging, "page": r"\d+", "filter": "withbody"},
        ),
    )


def wolframalpha() -> Vendor:
    """https://products.wolframalpha.com/api/documentation"""
    answer: JsonValue = {
        "queryresult": {
            "success": True,
            "error": False,
            "numpods": 2,
            "pods": [
                {"title": "Input", "id": "Input", "subpods": [{"title": "", "plaintext": "1+2"}]},
                {"title": "Result", "id": "Result", "primary": True, "subpods": [{"title": "", "plaintext": "3"}]},
                {"title": "Number name", "id": "NumberName", "subpods": [{"title": "", "plaintext": "three"}]},
            ],
        }
    }
    refusal: JsonValue = {"queryresult": {"success": False, "error": {"code": "1", "msg": "Invalid appid"}}}
    query = {"input": ANY, "output": "json", "format": "plaintext"}
    return Vendor(Endpoint("GET", "/v2/query", answer, query=query), key=Key("query", "appid", KEY, 200, refusal))


def yahoo() -> Vendor:
    """What the pages of Yahoo Finance ask for."""

    def chart(request: Request) -> JsonValue:
        quote: JsonValue = {
            "open": [1.0, 2.0],
            "close": [2.0, None],
            "high": [3.0, 3.0],
            "low": [0.5, 1.5],
            "volume": [10, 20],
        }
        series: JsonValue = {
            "meta": {"symbol": "AAPL", "currency": "USD", "regularMarketPrice": 2.0},
            "timestamp": [1706572800, 1706659200],
            "indicators": {"quote": [quote]},
        }
        return {"chart": {"result": [series], "error": None}}

    news: JsonValue = {
        "news": [
            {
                "uuid": "1",
                "title": "Up",
                "link": "https://n.example/",
                "publisher": "N",
                "providerPublishTime": 1706690000,
            }
        ],
        "quotes": [],
    }
    browser = {"user-agent": "Mozilla.+"}
    return Vendor(
        Endpoint(
            "GET",
            "/v8/finance/chart/AAPL",
            chart,
            query={"period1?": r"\d+", "period2?": r"\d+", "range?": "1d", "interval": "1d"},
            headers=browser,
        ),
        Endpoint(
            "GET",
            "/v1/finance/search",
            news,
            query={"q": ANY, "newsCount": "5", "quotesCount": "0"},
            headers=browser,
        ),
    )
