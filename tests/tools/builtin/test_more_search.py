"""Tools that search without a key or read pages, each against its service's double (models-and-tools §4.9)."""

from pathlib import Path

import pytest

from tests.doubles.crawler import Crawler
from tests.doubles.site import PAGES
from tests.doubles.upstreams import search
from tests.tools.builtin.calls import a_call, given, open_http
from tests.tools.builtin.cases import KEY, Case, check_failures, check_good_call, check_said, every
from treadle.engine.errors import ToolCredentialsError, ToolInvokeError, ToolParameterError
from treadle.engine.values import Value
from treadle.tools.messages import ImageUrl, Json, Message, Text

BRAVE_KEY = {"brave_search_api_key": KEY, "base_url": "{origin}/res/v1/web/search"}
BRAVE = Case(
    "brave/brave_search",
    {"query": "loom"},
    search.brave,
    [Text('[{"title": "L\\u00f6oms", "link": "https://a.example/", "snippet": "About"}]')],
    BRAVE_KEY,
)

DDGO = Case(
    "duckduckgo/ddgo_search",
    {"query": "loom", "query_prefix": "site:a.example"},
    search.duckduckgo,
    [
        Json({"title": "The loom", "href": "https://a.example/", "body": "About looms"}),
        Json({"title": "Weaving", "href": "https://b.example/", "body": ""}),
    ],
    malformed=False,
)

TAVILY_KEY = {"tavily_api_key": KEY}
HIT = {"title": "Looms", "url": "https://a.example/", "content": "About", "score": 0.9}
JINA = Case(
    "jina/jina_reader",
    {"url": "https://a.example/", "no_cache": True, "image_caption": True, "target_selector": "main", "max_retries": 0},
    search.jina,
    [
        Text(
            "Title: Looms\n\n{'x-no-cache': 'true', 'x-retain-images': 'none', 'x-target-selector': 'main', "
            "'x-with-generated-alt': 'true'}"
        )
    ],
    {"api_key": KEY},
    malformed=False,
)
SERPLY_KEY = {"serply_api_key": KEY}
LOOM = {"query": "hand loom"}

CASES = [
    BRAVE,
    DDGO,
    Case(
        "duckduckgo/ddgo_news",
        {"query": "loom", "timelimit": "w"},
        search.duckduckgo,
        [Text("[Mill opens](https://n.example/) N, 2024-01-31\nIn Leeds.")],
        malformed=False,
    ),
    Case(
        "duckduckgo/ddgo_img",
        {"query": "loom", "max_results": 1, "size": "Small", "timelimit": "d"},
        search.duckduckgo,
        [
            ImageUrl("https://i.example/1.png"),
            Json(
                {
                    "images": [
                        {
                            "title": "Loom 1",
                            "image": "https://i.example/1.png",
                            "url": "https://p.example/",
                            "width": 9,
                            "height": 8,
                        }
                    ]
                }
            ),
        ],
        malformed=False,
    ),
    Case(
        "duckduckgo/ddgo_video",
        {"query": "loom", "duration": "short"},
        search.duckduckgo,
        [Text("[How to weave](https://v.example/1) V, 4:20, 2024-01-02\nSlowly.")],
        malformed=False,
    ),
    Case(
        "duckduckgo/ddgo_translate",
        {"query": "Hallo Wörld", "translate_to": "en"},
        search.duckduckgo,
        [Text("Hello world")],
        malformed=False,
    ),
    Case(
        "tavily/tavily_search",
        {"query": "loom", "include_answer": True, "include_images": True, "include_domains": "a.example, b.example"},
        search.tavily,
        [
            Json(
                {
                    "results": [HIT],
                    "query": "loom",
                    "answer": "A machine.",
                    "images": [{"url": "https://i.example/1.png", "description": "A loom"}],
                }
            ),
            Text(
                "**Answer:** A machine.\n\n# [Looms](https://a.example/)\n\nAbout\n\n![A loom](https://i.example/1.png)"
            ),
        ],
        TAVILY_KEY,
    ),
    Case(
        "tavily/tavily_search",
        {"query": "loom", "topic": "news", "days": 1},
        search.tavily,
        [Json({"results": [HIT], "query": "loom"}), Text("# [Looms](https://a.example/)\n\nAbout")],
        TAVILY_KEY,
    ),
    Case(
        "tavily/tavily_extract",
        {"urls": "https://a.example/,https://b.example/"},
        search.tavily,
        [
            Json(
                {
                    "results": [{"url": "https://a.example/", "raw_content": "All about looms."}],
                    "failed_results": [{"url": "https://b.example/", "error": "404"}],
                }
            ),
            Text("# https://a.example/\n\nAll about looms.\n\nhttps://b.example/ could not be read: 404"),
        ],
        TAVILY_KEY,
    ),
    JINA,
    Case(
        "jina/jina_search",
        {"query": "hand loom", "retain_images": True, "max_retries": 0},
        search.jina,
        [Text("[1] Title: Looms")],
        {"api_key": KEY},
        malformed=False,
    ),
    Case(
        "jina/jina_tokenizer",
        {"content": "hand loom"},
        search.jina,
        [Json({"num_tokens": 2, "tokenizer": "cl100k_base", "usage": {"tokens": 0}, "num_chunks": 0})],
        {"api_key": KEY},
    ),
    Case(
        "spider/scraper_crawler",
        {"url": "https://a.example/", "blacklist": "/private, /old"},
        search.spider,
        [Text("URL: https://a.example/\nCONTENT: # Looms\n\nURL: https://a.example/x\nCONTENT: Not found")],
        {"spider_api_key": KEY},
    ),
    Case(
        "spider/scraper_crawler",
        {"url": "https://a.example/", "mode": "scrape"},
        search.spider,
        [Text("URL: https://a.example/\nCONTENT: # Looms")],
        {"spider_api_key": KEY},
    ),
    Case("websearch/web_search", LOOM, search.serply, [Text("Looms\nhttps://a.example/\nAbout")], SERPLY_KEY),
    Case(
        "websearch/news_search",
        LOOM,
        search.serply,
        [Text("Mill opens\nhttps://n.example/\nWed, 31 Jan 2024")],
        SERPLY_KEY,
    ),
    Case("websearch/scholar_search", LOOM, search.serply, [Text("Looms\nhttps://a.example/\nAbout")], SERPLY_KEY),
    Case(
        "websearch/job_search",
        LOOM,
        search.serply,
        [Text("Weaver at Mill, Leeds\nhttps://j.example/\nPart-time")],
        SERPLY_KEY,
    ),
    Case(
        "websearch/get_markdown",
        {"url": "https://a.example/"},
        search.serply,
        [Text("# Looms")],
        SERPLY_KEY,
        malformed=False,
    ),
]


@every(CASES)
async def test_a_search_gives_what_the_service_found(case: Case, tmp_path: Path) -> None:
    await check_good_call(case, tmp_path)


@every(CASES)
async def test_a_search_that_fails_says_why(case: Case, tmp_path: Path) -> None:
    await check_failures(case, tmp_path)


async def test_nothing_found_is_no_failure(tmp_path: Path) -> None:
    assert await check_said(BRAVE, tmp_path, {"type": "search"}) == "[Text(text='Brave found nothing.')]"
    assert await check_said(DDGO, tmp_path, b"<html></html>") == "[Text(text='DuckDuckGo found nothing.')]"
    assert await check_said(DDGO, tmp_path, b'<div class="anomaly-modal">') == (
        "ToolInvokeError: DuckDuckGo takes this server for a robot and gives no results; try again later."
    )


async def test_the_reader_tries_again_while_the_service_is_busy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("treadle.tools.builtin.jina.tools._PAUSE", 0)
    case = Case("jina/jina_reader", {**JINA.parameters, "max_retries": 1}, search.jina, JINA.gives, JINA.credentials)
    assert "Title: Looms" in await check_said(case, tmp_path, b"busy", 503)
    gone = await check_said(case, tmp_path, {"message": "no such page"}, 404)
    assert gone == "ToolInvokeError: HOST answered with status 404: no such page."


async def fire(
    tool: str, parameters: dict[str, Value], crawler: Crawler, tmp_path: Path, key: str = ""
) -> list[Message]:
    async with open_http(tmp_path) as http:
        credentials = {"firecrawl_api_key": key or crawler.key, "base_url": crawler.origin}
        return await given("firecrawl", tool, a_call(parameters, credentials=credentials, http=http))


async def test_firecrawl_scrapes(tmp_path: Path) -> None:
    async with Crawler() as crawler:
        parameters: dict[str, Value] = {
            "url": "https://boats.example/guide", "formats": "markdown,links", "headers": '{"X-A": "b"}',
            "prompt": "Knots", "schema": '{"type": "object"}', "excludeTags": "nav, footer",
        }  # fmt: skip
        text, whole = await fire("scrape", parameters, crawler, tmp_path)
        assert text == Text(PAGES[1].markdown)
        assert isinstance(whole, Json)
        assert crawler.requests[0].json == {
            "url": "https://boats.example/guide",
            "formats": ["markdown", "links"],
            "onlyMainContent": False,
            "waitFor": 0,
            "timeout": 30000,
            "headers": {"X-A": "b"},
            "excludeTags": ["nav", "footer"],
            "jsonOptions": {"prompt": "Knots", "schema": {"type": "object"}},
        }
        with pytest.raises(ToolParameterError, match='"schema" must be a JSON object'):
            await fire("scrape", {**parameters, "schema": "["}, crawler, tmp_path)


async def test_firecrawl_crawls_to_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("treadle.tools.builtin.firecrawl.tools._PAUSE", 0)
    async with Crawler(looks=2) as crawler:
        [done] = await fire("crawl", {"url": "https://boats.example", "maxDepth": 5}, crawler, tmp_path)
        assert isinstance(done, Json)
        assert isinstance(done.value, dict)
        assert (done.value["status"], done.value["total"]) == ("completed", 5)
        pages = done.value["data"]
        assert isinstance(pages, list)
        assert [page["markdown"] for page in pages if isinstance(page, dict)] == [page.markdown for page in PAGES]


async def test_firecrawl_gives_the_job_of_a_crawl_that_is_not_waited_for(tmp_path: Path) -> None:
    async with Crawler() as crawler:
        parameters: dict[str, Value] = {"url": "https://boats.example", "wait_for_results": False}
        [started] = await fire("crawl", parameters, crawler, tmp_path)
        job = "00000000-0000-4000-8000-000000000001"
        assert started == Json({"id": job, "status": "scraping"})
        [cancelled] = await fire("crawl_job", {"job_id": job, "operation": "cancel"}, crawler, tmp_path)
        assert cancelled == Json({"status": "cancelled"})
        with pytest.raises(ToolParameterError, match="is no id of a crawl"):
            await fire("crawl_job", {"job_id": "../scrape"}, crawler, tmp_path)


async def test_firecrawl_maps(tmp_path: Path) -> None:
    async with Crawler() as crawler:
        [mapped] = await fire("map", {"url": "https://boats.example", "search": "knots"}, crawler, tmp_path)
        assert mapped == Json({"links": [f"https://boats.example{page.path}" for page in PAGES]})


async def test_firecrawl_says_why_it_failed(tmp_path: Path) -> None:
    async with Crawler() as crawler:
        with pytest.raises(ToolCredentialsError, match=r"\(status 401\): Unauthorized: Invalid token;"):
            await fire("map", {"url": "https://boats.example"}, crawler, tmp_path, key="another")
        crawler.take_violations()
        crawler.bad_gateway(1)
        with pytest.raises(ToolInvokeError, match="answered with status 502: Bad gateway"):
            await fire("map", {"url": "https://boats.example"}, crawler, tmp_path)
