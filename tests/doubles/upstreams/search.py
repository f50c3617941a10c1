"""The web search services as their documentation describes them."""

from tests.doubles.recording import JsonValue, Request
from tests.doubles.upstreams.vendor import ANY, BOOLEAN, INTEGER, NUMBER, TEXT, TEXTS, Endpoint, Key, Vendor, obj

KEY = "key-1"


def serpapi() -> Vendor:
    """https://serpapi.com/search-api"""

    def answer(request: Request) -> JsonValue:
        query = dict(request.query)
        if query["engine"] == "google_images":
            return {
                "search_metadata": {"status": "Success"},
                "images_results": [
                    {
                        "position": n,
                        "title": f"Loom {n}",
                        "link": f"https://p.example/{n}",
                        "original": f"https://i.example/{n}.png",
                    }
                    for n in range(1, 6)
                ],
            }
        return {
            "search_metadata": {"id": "1", "status": "Success"},
            "search_parameters": query,
            "knowledge_graph": {"title": "Loom", "type": "Machine", "description": "A loom weaves cloth."},
            "organic_results": [
                {
                    "position": 1,
                    "title": "Looms",
                    "link": "https://a.example/",
                    "displayed_link": "a",
                    "snippet": "About",
                },
                {"position": 2, "title": "No snippet", "link": "https://b.example/"},
            ],
        }

    query = {
        "engine": "google|google_images",
        "q": ANY,
        "google_domain": "google.com",
        "gl": "[a-z]{2}",
        "hl": "[a-z]{2}",
    }
    key = Key("query", "api_key", KEY, 401, {"error": "Invalid API key. Your API key should be here."})
    return Vendor(Endpoint("GET", "/search", answer, query=query), key=key)


def bing() -> Vendor:
    """https://learn.microsoft.com/bing/search-apis/bing-web-search/reference/response-objects"""
    answer: JsonValue = {
        "_type": "SearchResponse",
        "queryContext": {"originalQuery": "loom"},
        "webPages": {
            "value": [
                {"id": "1", "name": "Looms", "url": "https://a.example/", "snippet": "About looms"},
                {"id": "2", "name": "Weaving", "url": "https://b.example/", "snippet": "How to weave"},
            ]
        },
        "entities": {
            "value": [{"name": "Loom", "webSearchUrl": "https://bing.example/loom", "description": "A machine"}]
        },
        "relatedSearches": {
            "value": [{"text": "hand loom", "displayText": "hand loom", "webSearchUrl": "https://bing.example/h"}]
        },
        "computation": {"id": "c", "expression": "2*3", "value": "6"},
        "rankingResponse": {},
    }
    query = {
        "q": ANY,
        "mkt": "[a-z]{2}-[A-Z]{2}",
        "count": r"\d+",
        "responseFilter": r"(Computation|Entities|News|RelatedSearches|Webpages)(,\w+)*",
    }
    refusal: JsonValue = {"error": {"code": "401", "message": "Access denied due to invalid subscription key."}}
    key = Key("header", "Ocp-Apim-Subscription-Key", KEY, 401, refusal)
    return Vendor(Endpoint("GET", "/v7.0/search", answer, query=query), key=key)


def searchapi() -> Vendor:
    """https://www.searchapi.io/docs/google"""

    def answer(request: Request) -> JsonValue:
        query = dict(request.query)
        hits: JsonValue = [{"position": 1, "title": "Looms", "link": "https://a.example/", "snippet": "About looms"}]
        match query["engine"]:
            case "google":
                return {
                    "answer_box": {"type": "organic_result", "answer": "A machine"},
                    "knowledge_graph": {"title": "Loom", "description": "It weaves."},
                    "organic_results": hits,
                }
            case "google_news":
                return {"organic_results": hits}
            case "google_jobs":
                job: JsonValue = {
                    "title": "Weaver",
                    "company_name": "Mill",
                    "location": "Leeds",
                    "description": "Weave.",
                    "apply_link": "https://m.example/1",
                }
                return {"jobs": [job] if query.get("ltype") == "1" else []}
            case _:
                return {"transcripts": [{"text": "Hello", "start": 0, "duration": 1}, {"text": "weavers", "start": 1}]}

    query = {
        "engine": "google|google_news|google_jobs|youtube_transcripts",
        "q?": ANY, "location?": ANY, "gl?": "[A-Z]{2}", "hl?": "[a-z]{2}", "google_domain?": "google.com",
        "num?": r"\d+", "ltype?": "1", "video_id?": ANY, "lang?": "[a-z]{2}",
    }  # fmt: skip
    key = Key("header", "Authorization", f"Bearer {KEY}", 401, {"error": "Invalid API key."})
    return Vendor(Endpoint("GET", "/api/v1/search", answer, query=query), key=key)


def perplexity() -> Vendor:
    """https://docs.perplexity.ai/api-reference/chat-completions-post"""
    answer: JsonValue = {
        "id": "1",
        "model": "sonar",
        "object": "chat.completion",
        "created": 1724369245,
        "citations": ["https://a.example/", "https://b.example/"],
        "choices": [
            {
                "index": 0,
                "finish_reason": "stop",
                "message": {"role": "assistant", "content": "Looms weave."},
                "delta": {},
            }
        ],
        "usage": {"prompt_tokens": 5, "completion_tokens": 3, "total_tokens": 8},
    }
    message = obj({"role": {"enum": ["system", "user", "assistant"]}, "content": TEXT})
    body = obj(
        {"model": TEXT, "messages": {"type": "array", "items": message, "minItems": 1}},
        {
            "max_tokens": INTEGER, "temperature": NUMBER, "top_k": INTEGER, "top_p": NUMBER, "presence_penalty": NUMBER,
            "frequency_penalty": NUMBER, "return_citations": BOOLEAN, "search_domain_filter": TEXTS,
            "search_recency_filter": {"enum": ["day", "week", "month", "year"]},
        },
    )  # fmt: skip
    key = Key(
        "header", "Authorization", f"Bearer {KEY}", 401, b"<html><title>401 Authorization Required</title></html>"
    )
    return Vendor(Endpoint("POST", "/chat/completions", answer, body=body), key=key)


def searxng() -> Vendor:
    """https://docs.searxng.org/dev/search_api.html"""
    answer: JsonValue = {
        "query": "loom",
        "number_of_results": 2,
        "results": [
            {"url": "https://a.example/", "title": "Looms", "content": "About", "engine": "ddg", "score": 1.5},
            {"url": "https://b.example/", "title": "Weaving", "content": "How", "engine": "ddg", "score": 1.0},
        ],
        "answers": [],
    }
    query = {
        "q": ANY,
        "format": "json",
        "categories": "general|images|videos|news|map|music|it|science|files|social media",
    }
    return Vendor(Endpoint("GET", "/", answer, query=query))


def serper() -> Vendor:
    """https://serper.dev"""
    answer: JsonValue = {
        "searchParameters": {"q": "loom", "type": "search"},
        "knowledgeGraph": {"title": "Loom", "type": "Machine", "description": "It weaves."},
        "organic": [{"title": "Looms", "link": "https://a.example/", "snippet": "About", "position": 1}],
        "credits": 1,
    }
    key = Key("header", "X-API-KEY", KEY, 403, {"message": "Unauthorized.", "statusCode": 403})
    return Vendor(Endpoint("GET", "/search", answer, query={"q": ANY, "gl": "us", "hl": "en"}), key=key)


def brave() -> Vendor:
    """https://api-dashboard.search.brave.com/app/documentation/web-search"""
    answer: JsonValue = {
        "type": "search",
        "query": {"original": "loom"},
        "web": {
            "type": "search",
            "results": [{"title": "Löoms", "url": "https://a.example/", "description": "About", "language": "en"}],
        },
    }
    refusal: JsonValue = {"type": "ErrorResponse", "error": {"code": "SUBSCRIPTION_TOKEN_INVALID", "status": 422}}
    key = Key("header", "X-Subscription-Token", KEY, 401, refusal)
    query = {"q": ANY, "count": r"\d|1\d|20"}
    return Vendor(Endpoint("GET", "/res/v1/web/search", answer, query=query), key=key)


DDG_PAGE = b"""<html><body><div class="result results_links"><h2><a class="result__a"
 href="//duckduckgo.com/l/?uddg=https%3A%2F%2Fa.example%2F&amp;rut=1">The <b>loom</b></a></h2>
 <a class="result__snippet" href="x">About <b>looms</b></a></div>
 <div class="result result--ad"><a class="result__a" href="https://ad.example/">Buy</a></div>
 <div class="result"><a class="result__a" href="https://b.example/">Weaving</a></div></body></html>"""


def duckduckgo() -> Vendor:
    """The pages that DuckDuckGo's own site asks for."""
    news: JsonValue = {
        "results": [
            {
                "date": 1706690000,
                "title": "Mill opens",
                "excerpt": "In Leeds.",
                "url": "https://n.example/",
                "source": "N",
            }
        ]
    }
    pictures: JsonValue = {
        "results": [
            {
                "title": f"Loom {n}",
                "image": f"https://i.example/{n}.png",
                "url": "https://p.example/",
                "width": 9,
                "height": 8,
            }
            for n in (1, 2, 3)
        ]
    }
    videos: JsonValue = {
        "results": [
            {
                "title": "How to weave", "content": "https://v.example/1", "description": "Slowly.", "duration": "4:20",
                "publisher": "V", "published": "2024-01-02T03:04:05.0000000", "statistics": {"viewCount": 5},
            }
        ]
    }  # fmt: skip
    listing = {"l": "wt-wt", "o": "json", "q": ANY, "vqd": "4-123"}
    picture = {**listing, "p": "1", "f": r"(time:\w+)?,(size:\w+)?,,,,"}
    video = {**listing, "p": "-1", "f": r"(publishedAfter:\w)?,,(videoDuration:\w+)?,"}
    translation = {"vqd": "4-123", "query": "translate", "to": ANY}

    def translated(request: Request) -> JsonValue:
        return {"detected_language": "de", "translated": {"Hallo Wörld": "Hello world"}[request.raw.decode()]}

    return Vendor(
        Endpoint("POST", "/pages/html/", DDG_PAGE, form={"q": ANY, "b": "", "kl": "wt-wt"}),
        Endpoint("GET", "/site/", b'<script>vqd="4-123";</script>', query={"q": ANY}),
        Endpoint("GET", "/site/news.js", news, query={**listing, "p": "-1", "noamp": "1", "df": "|d|w|m"}),
        Endpoint("GET", "/site/i.js", pictures, query=picture),
        Endpoint("GET", "/site/v.js", videos, query=video),
        Endpoint("POST", "/site/translation.js", translated, query=translation, raw=True),
    )


def tavily() -> Vendor:
    """https://docs.tavily.com/documentation/api-reference"""

    def search(request: Request) -> JsonValue:
        body = request.json
        return {
            "query": body["query"],
            "answer": "A machine." if body["include_answer"] else None,
            "images": [{"url": "https://i.example/1.png", "description": "A loom"}] if body["include_images"] else [],
            "results": [
                {"title": "Looms", "url": "https://a.example/", "content": "About", "score": 0.9, "raw_content": None}
            ],
            "response_time": 1.2,
        }

    extract: JsonValue = {
        "results": [{"url": "https://a.example/", "raw_content": "All about looms.", "images": []}],
        "failed_results": [{"url": "https://b.example/", "error": "404"}],
        "response_time": 0.1,
    }
    body = obj(
        {"query": TEXT},
        {
            "search_depth": {"enum": ["basic", "advanced"]}, "topic": {"enum": ["general", "news"]}, "days": INTEGER,
            "max_results": {"type": "integer", "maximum": 20}, "include_images": BOOLEAN, "include_answer": BOOLEAN,
            "include_image_descriptions": BOOLEAN, "include_raw_content": BOOLEAN, "include_domains": TEXTS,
            "exclude_domains": TEXTS,
        },
    )  # fmt: skip
    key = Key("header", "Authorization", f"Bearer {KEY}", 401, {"detail": {"error": "Unauthorized: missing API key."}})
    return Vendor(
        Endpoint("POST", "/search", search, body=body),
        Endpoint("POST", "/extract", extract, body=obj({"urls": TEXTS})),
        key=key,
    )


def jina() -> Vendor:
    """https://jina.ai/reader/"""

    def read(request: Request) -> bytes:
        assert request.path == "/reader/https://a.example/"
        switches = {name: value for name, value in request.headers.items() if name.startswith("x-")}
        return f"Title: Looms\n\n{dict(sorted(switches.items()))}".encode()

    def tokens(request: Request) -> JsonValue:
        return {"num_tokens": 2, "tokenizer": request.json["tokenizer"], "usage": {"tokens": 0}, "num_chunks": 0}

    plain = {"accept": "text/plain"}
    body = obj({"content": TEXT}, {"return_tokens": BOOLEAN, "return_chunks": BOOLEAN, "tokenizer": TEXT})
    refusal: JsonValue = {"data": None, "code": 401, "name": "AuthenticationFailedError", "message": "Invalid API key"}
    return Vendor(
        Endpoint("GET", "/reader/{url:.+}", read, headers=plain),
        Endpoint("GET", "/search/hand loom", b"[1] Title: Looms", headers=plain),
        Endpoint("POST", "/tokenizer/", tokens, body=body),
        key=Key("header", "Authorization", f"Bearer {KEY}", 401, refusal),
    )


def spider() -> Vendor:
    """https://spider.cloud/docs/api"""
    pages: JsonValue = [
        {"url": "https://a.example/", "status": 200, "content": "# Looms", "error": None, "costs": {}},
        {"url": "https://a.example/x", "status": 404, "content": "", "error": "Not found"},
    ]
    body = obj(
        {"url": TEXT},
        {
            "limit": INTEGER, "depth": INTEGER, "readability": BOOLEAN, "blacklist": TEXTS, "whitelist": TEXTS,
            "return_format": {"enum": ["markdown", "raw", "text"]},
        },
    )  # fmt: skip
    return Vendor(
        Endpoint("POST", "/v1/crawl", pages, body=body),
        Endpoint("POST", "/v1/scrape", [{"url": "https://a.example/", "status": 200, "content": "# Looms"}], body=body),
        key=Key("header", "Authorization", f"Bearer {KEY}", 401, b"Unauthorized"),
    )


def serply() -> Vendor:
    """https://serply.io/docs"""
    hit: JsonValue = {"title": "Looms", "link": "https://a.example/", "description": "About"}
    entry: JsonValue = {
        "title": "Mill opens",
        "link": "https://n.example/",
        "published": "Wed, 31 Jan 2024",
        "source": {},
    }
    job: JsonValue = {
        "position": "Weaver", "employer": "Mill", "location": "Leeds", "link": "https://j.example/",
        "highlights": ["Part-time"],
    }  # fmt: skip
    words, headers = "q=[a-z+]+&gl=us&hl=en", {"x-user-agent": "desktop", "x-proxy-location": "[A-Z]{2}"}
    body = obj({"url": TEXT, "method": "GET", "response_type": "markdown"})
    return Vendor(
        Endpoint("GET", f"/v1/search/{{words:{words}}}", {"results": [hit], "total": 1}, headers=headers),
        Endpoint("GET", f"/v1/news/{{words:{words}}}", {"entries": [entry]}, headers=headers),
        Endpoint("GET", f"/v1/scholar/{{words:{words}}}", {"articles": [hit]}, headers=headers),
        Endpoint("GET", f"/v1/job/search/{{words:{words}}}", {"jobs": [job]}, headers=headers),
        Endpoint("POST", "/v1/request", b"# Looms", body=body, headers=headers),
        key=Key("header", "X-API-KEY", KEY, 401, {"detail": "Invalid API key"}),
    )
