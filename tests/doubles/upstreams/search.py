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
        "q?": ANY, "location?": ANY, "gl?": "[A-Z]{2}", "hl?": "[a-z]{2}", "google_domain?": "google.com", "num?": r"\d+",
        "ltype?": "1", "video_id?": ANY, "lang?": "[a-z]{2}",
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
