"""Tools that search the web, each against its service's double (models-and-tools §4.9)."""

from pathlib import Path

import pytest

from tests.doubles.upstreams import knowledge, search
from tests.tools.builtin.cases import KEY, Case, check_failures, check_good_call, check_said, every
from treadle.engine.errors import ToolParameterError
from treadle.tools.messages import ImageUrl, Json, Link, Text

GOOGLE = Case(
    "google/google_search",
    {"query": "loom"},
    search.serpapi,
    [
        Json(
            {
                "title": "Loom",
                "description": "A loom weaves cloth.",
                "organic_results": [
                    {"title": "Looms", "link": "https://a.example/", "snippet": "About"},
                    {"title": "No snippet", "link": "https://b.example/", "snippet": ""},
                ],
            }
        )
    ],
    {"serpapi_api_key": KEY},
)

BING_JSON = {
    "organic": [
        {"title": "Looms", "url": "https://a.example/", "snippet": "About looms"},
        {"title": "Weaving", "url": "https://b.example/", "snippet": "How to weave"},
    ],
    "computation": {"expression": "2*3", "value": "6"},
    "entities": [{"name": "Loom", "url": "https://bing.example/loom", "description": "A machine"}],
    "news": [],
    "related searches": [{"name": "hand loom", "url": "https://bing.example/h"}],
}

BING_KEY = {"subscription_key": KEY, "server_url": "{origin}/v7.0/search"}
SEARCHAPI_KEY = {"searchapi_api_key": KEY}

BING = Case(
    "bing/bing_web_search",
    {"query": "loom"},
    search.bing,
    [
        Text(
            "1: Looms - About looms\n2: Weaving - How to weave\n\nComputation:\n2*3 = 6\n\n"
            "Entities:\nLoom - A machine\n\nRelated searches:\nhand loom"
        )
    ],
    BING_KEY,
)

ALPHAVANTAGE = Case(
    "alphavantage/query_stock",
    {"code": "AAPL"},
    knowledge.alphavantage,
    [
        Json(
            {
                "2024-01-31": {
                    "open": "186.06", "high": "187.05", "low": "184.35", "close": "186.40", "volume": "55859370",
                },
                "2024-01-30": {
                    "open": "186.06", "high": "187.05", "low": "184.35", "close": "188.04", "volume": "55859370",
                },
            }
        )
    ],
    {"api_key": KEY},
)  # fmt: skip

YOUTUBE = Case(
    "youtube/youtube_video_statistics",
    {"channel": "Weavers", "start_date": "2024-01-01"},
    knowledge.youtube,
    [Text("First: 120 views\nSecond: 7 views")],
    {"google_api_key": KEY},
)

CASES = [
    GOOGLE,
    Case(
        "google/google_image_search",
        {"query": "loom", "max_results": 2, "language_code": "de", "country_code": "at"},
        search.serpapi,
        [
            ImageUrl("https://i.example/1.png"),
            ImageUrl("https://i.example/2.png"),
            Json(
                {
                    "images": [
                        {"title": "Loom 1", "link": "https://p.example/1", "image": "https://i.example/1.png"},
                        {"title": "Loom 2", "link": "https://p.example/2", "image": "https://i.example/2.png"},
                    ]
                }
            ),
        ],
        {"serpapi_api_key": KEY},
    ),
    BING,
    Case("bing/bing_web_search", {"query": "loom", "result_type": "json"}, search.bing, [Json(BING_JSON)], BING_KEY),
    Case(
        "bing/bing_web_search",
        {"query": "loom", "result_type": "link", "enable_entities": False},
        search.bing,
        [
            Text("[Looms](https://a.example/)"),
            Text("[Weaving](https://b.example/)"),
            Text("[Loom](https://bing.example/loom)"),
        ],
        BING_KEY,
    ),
    Case(
        "searchapi/google_search_api",
        {"query": "loom"},
        search.searchapi,
        [Text("A machine\nLoom: It weaves.\nLooms: About looms (https://a.example/)")],
        SEARCHAPI_KEY,
    ),
    Case(
        "searchapi/google_search_api",
        {"query": "loom", "result_type": "link", "location": "Leeds"},
        search.searchapi,
        [Link("[Looms](https://a.example/)")],
        SEARCHAPI_KEY,
    ),
    Case(
        "searchapi/google_news_api",
        {"query": "loom"},
        search.searchapi,
        [Text("Looms: About looms (https://a.example/)")],
        SEARCHAPI_KEY,
    ),
    Case(
        "searchapi/google_jobs_api",
        {"query": "weaver", "is_remote": True},
        search.searchapi,
        [Text("Weaver at Mill, Leeds\nWeave.")],
        SEARCHAPI_KEY,
    ),
    Case("searchapi/google_jobs_api", {"query": "x"}, search.searchapi, [Text("No jobs were found.")], SEARCHAPI_KEY),
    Case(
        "searchapi/youtube_transcripts_api",
        {"video_id": "v1", "language": "en"},
        search.searchapi,
        [Text("Hello weavers")],
        SEARCHAPI_KEY,
    ),
    Case(
        "perplexity/perplexity",
        {"query": "What do looms do?", "search_domain_filter": "a.example, b.example", "model": "sonar"},
        search.perplexity,
        [
            Json(
                {
                    "content": "Looms weave.",
                    "role": "assistant",
                    "citations": ["https://a.example/", "https://b.example/"],
                }
            ),
            Text("Looms weave.\n\nSources:\n[1] https://a.example/\n[2] https://b.example/"),
        ],
        {"perplexity_api_key": KEY},
    ),
    ALPHAVANTAGE,
    YOUTUBE,
    Case(
        "searxng/searxng_search",
        {"query": "loom", "search_type": "social_media"},
        search.searxng,
        [
            Json({"url": "https://a.example/", "title": "Looms", "content": "About", "engine": "ddg", "score": 1.5}),
            Json({"url": "https://b.example/", "title": "Weaving", "content": "How", "engine": "ddg", "score": 1.0}),
        ],
        {"searxng_base_url": "{origin}"},
    ),
    Case(
        "serper/serper",
        {"query": "loom"},
        search.serper,
        [
            Json(
                {
                    "title": "Loom",
                    "description": "It weaves.",
                    "organic": [{"title": "Looms", "link": "https://a.example/", "snippet": "About"}],
                }
            )
        ],
        {"serperapi_api_key": KEY},
    ),
]


@every(CASES)
async def test_a_search_gives_what_the_service_found(case: Case, tmp_path: Path) -> None:
    await check_good_call(case, tmp_path)


@every(CASES)
async def test_a_search_that_fails_says_why(case: Case, tmp_path: Path) -> None:
    await check_failures(case, tmp_path)


async def test_nothing_found_is_no_failure(tmp_path: Path) -> None:
    nothing = {"error": "Google hasn't returned any results for this query."}
    assert await check_said(GOOGLE, tmp_path, nothing) == (
        "[Json(value={'title': None, 'description': None, 'organic_results': []}, suppressed=False)]"
    )
    assert await check_said(BING, tmp_path, {"_type": "SearchResponse"}) == "[Text(text='Bing found nothing.')]"
    assert await check_said(YOUTUBE, tmp_path, {"items": []}) == (
        'ToolInvokeError: YouTube has no channel named "Weavers".'
    )


async def test_refusals_inside_a_good_status_are_failures(tmp_path: Path) -> None:
    assert await check_said(GOOGLE, tmp_path, {"error": "Your account has run out of searches."}) == (
        "ToolInvokeError: Google could not be searched: Your account has run out of searches."
    )
    assert await check_said(ALPHAVANTAGE, tmp_path, {"Note": "Our standard limit is 25 requests a day."}) == (
        'ToolInvokeError: Alpha Vantage gave no prices of "AAPL": Our standard limit is 25 requests a day.'
    )


async def test_bing_needs_a_kind_of_answer_that_is_wanted_and_allowed(tmp_path: Path) -> None:
    credentials = {**BING_KEY, "allow_entities": False}
    case = Case("bing/bing_web_search", {"query": "x", "enable_webpages": False}, search.bing, [], credentials)
    with pytest.raises(ToolParameterError, match="No kind of answer is both switched on here and allowed"):
        await check_good_call(case, tmp_path)
