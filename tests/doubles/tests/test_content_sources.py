"""The site, the Notion workspace and the crawlers behave as their originals do."""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlsplit
from urllib.robotparser import RobotFileParser
from xml.etree import ElementTree

import aiohttp
import pytest

from tests.doubles.crawler import Crawler
from tests.doubles.notion import Notion
from tests.doubles.notion_objects import text_block
from tests.doubles.site import PAGES, Site

Json = dict[str, Any]


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def notion() -> AsyncIterator[Notion]:
    async with Notion() as workspace:
        yield workspace


@pytest.fixture
async def crawler() -> AsyncIterator[Crawler]:
    async with Crawler() as server:
        yield server


async def call(
    http: aiohttp.ClientSession, method: str, url: str, headers: dict[str, str], **more: Any
) -> tuple[int, Json]:
    async with http.request(method, url, headers=headers, **more) as response:
        return response.status, await response.json()


def notion_headers(notion: Notion) -> dict[str, str]:
    return {"Authorization": f"Bearer {notion.token}", "Notion-Version": "2022-06-28"}


async def test_all_pages_of_the_site_are_reached_by_links_and_listed_in_the_sitemap(
    http: aiohttp.ClientSession,
) -> None:
    async with Site() as site:
        seen, waiting = set[str](), ["/"]
        while waiting:
            path = waiting.pop()
            async with http.get(site.url + path) as response:
                html = await response.text()
            assert site.pages[path].text.splitlines()[0] in html
            seen.add(path)
            waiting += [link for link in site.pages[path].links if link not in seen and f'href="{link}"' in html]
        async with http.get(f"{site.url}/sitemap.xml") as response:
            locations = [
                element.text for element in ElementTree.fromstring(await response.text()).iter() if element.text
            ]
        robots = RobotFileParser()
        async with http.get(f"{site.url}/robots.txt") as response:
            robots.parse((await response.text()).splitlines())
        async with http.get(f"{site.url}/nowhere") as response:
            assert response.status == 404

        assert seen == {page.path for page in PAGES}
        assert sorted(locations) == sorted(site.url + page.path for page in PAGES)
        assert robots.can_fetch("any", f"{site.url}/guide")
        assert robots.site_maps() == [f"{site.url}/sitemap.xml"]


async def test_notion_gives_pages_blocks_and_rows(http: aiohttp.ClientSession, notion: Notion) -> None:
    headers = notion_headers(notion)

    _, found = await call(
        http, "POST", f"{notion.url}/search", headers, json={"filter": {"property": "object", "value": "database"}}
    )
    _, page = await call(http, "GET", f"{notion.url}/pages/{notion.child.replace('-', '')}", headers)
    _, blocks = await call(http, "GET", f"{notion.url}/blocks/{notion.handbook}/children", headers)
    bullet = next(block for block in blocks["results"] if block["type"] == "bulleted_list_item")
    _, nested = await call(http, "GET", f"{notion.url}/blocks/{bullet['id']}/children", headers)
    _, rows = await call(http, "POST", f"{notion.url}/databases/{notion.stock}/query", headers, json={})

    assert [item["id"] for item in found["results"]] == [notion.stock]
    assert page["parent"] == {"type": "page_id", "page_id": notion.handbook}
    assert page["properties"]["title"]["title"][0]["plain_text"] == "Knots"
    assert [block["type"] for block in blocks["results"]] == [
        "heading_1", "paragraph", "bulleted_list_item", "table", "image", "child_page",
    ]  # fmt: skip
    assert blocks["results"][-1]["id"] == notion.child
    assert bullet["has_children"] is True
    assert nested["results"][0]["bulleted_list_item"]["rich_text"][0]["plain_text"] == "Read the weather report"
    assert [row["properties"]["Name"]["title"][0]["plain_text"] for row in rows["results"]] == ["Rope", "Lamp", "Map"]
    assert rows["results"][0]["properties"]["Tags"]["multi_select"][1]["name"] == "long"


async def test_notion_pages_through_long_lists_with_cursors(http: aiohttp.ClientSession, notion: Notion) -> None:
    long = notion.add_page("Long", [text_block("paragraph", f"line {at}") for at in range(250)])
    url, lines, cursor = f"{notion.url}/blocks/{long}/children", list[str](), None
    sizes: list[int] = []
    while True:
        query = {"page_size": "100", **({"start_cursor": cursor} if cursor else {})}
        _, part = await call(http, "GET", url, notion_headers(notion), params=query)
        lines += [block["paragraph"]["rich_text"][0]["plain_text"] for block in part["results"]]
        sizes.append(len(part["results"]))
        cursor = part["next_cursor"]
        if not part["has_more"]:
            break
    assert lines == [f"line {at}" for at in range(250)]
    assert sizes == [100, 100, 50]


async def test_an_edit_in_notion_moves_the_edited_time(http: aiohttp.ClientSession, notion: Notion) -> None:
    url = f"{notion.url}/pages/{notion.rules}"
    _, before = await call(http, "GET", url, notion_headers(notion))
    notion.edit_page(notion.rules, [text_block("paragraph", "Swimming is fine in July.")])
    _, after = await call(http, "GET", url, notion_headers(notion))
    _, blocks = await call(http, "GET", f"{notion.url}/blocks/{notion.rules}/children", notion_headers(notion))
    notion.remove(notion.rules)
    status, gone = await call(http, "GET", url, notion_headers(notion))

    assert before["last_edited_time"] < after["last_edited_time"]
    assert [block["paragraph"]["rich_text"][0]["plain_text"] for block in blocks["results"]] == [
        "Swimming is fine in July."
    ]
    assert (status, gone["code"]) == (404, "object_not_found")


async def test_notion_refuses_wrong_headers_ids_and_bodies(http: aiohttp.ClientSession, notion: Notion) -> None:
    good = notion_headers(notion)
    refused = [
        await call(http, "GET", f"{notion.url}/users/me", {"Authorization": "Bearer other"}),
        await call(http, "GET", f"{notion.url}/users/me", {"Authorization": good["Authorization"]}),
        await call(http, "GET", f"{notion.url}/users/me", {**good, "Notion-Version": "2020-01-01"}),
        await call(http, "GET", f"{notion.url}/pages/not-an-id", good),
        await call(http, "POST", f"{notion.url}/search", good, json={"filter": {"value": "page"}}),
        await call(http, "GET", f"{notion.url}/blocks/{notion.rules}/children?page_size=500", good),
        await call(http, "GET", f"{notion.url}/workspaces", good),
    ]
    assert [(status, body["code"]) for status, body in refused] == [
        (401, "unauthorized"),
        (400, "missing_version"),
        (400, "validation_error"),
        (400, "validation_error"),
        (400, "validation_error"),
        (400, "validation_error"),
        (404, "invalid_request_url"),
    ]
    assert len(notion.take_violations()) == 7


async def test_notion_oauth_ends_with_a_token(http: aiohttp.ClientSession, notion: Notion) -> None:
    query = {"client_id": "client", "response_type": "code", "owner": "user", "state": "s1"}
    async with http.get(
        f"{notion.url}/oauth/authorize",
        params={**query, "redirect_uri": "http://127.0.0.1/back"},
        allow_redirects=False,
    ) as response:
        answer = parse_qs(urlsplit(response.headers["Location"]).query)
    assert answer["state"] == ["s1"]

    async with http.post(
        f"{notion.url}/oauth/token",
        auth=aiohttp.BasicAuth("client", "client-secret"),
        json={"grant_type": "authorization_code", "code": answer["code"][0], "redirect_uri": "http://127.0.0.1/back"},
    ) as response:
        granted = await response.json()
    assert (granted["access_token"], granted["workspace_id"]) == (notion.token, notion.workspace_id)


@pytest.mark.parametrize("version", ["v1", "v2"])
async def test_firecrawl_crawls_in_the_background_and_pages_its_result(
    http: aiohttp.ClientSession, crawler: Crawler, version: str
) -> None:
    headers = {"Authorization": f"Bearer {crawler.key}"}
    options = {
        "limit": 5,
        "excludePaths": ["contact"],
        "scrapeOptions": {"formats": ["markdown"], "onlyMainContent": True},
    }
    _, started = await call(
        http, "POST", f"{crawler.url}/{version}/crawl", headers, json={"url": "https://boats.test", **options}
    )

    _, running = await call(http, "GET", f"{crawler.url}/{version}/crawl/{started['id']}", headers)
    _, done = await call(http, "GET", f"{crawler.url}/{version}/crawl/{started['id']}", headers)
    _, rest = await call(http, "GET", done["next"], headers)

    assert (running["status"], running["completed"], running["total"]) == ("scraping", 2, 4)
    assert (done["status"], done["completed"]) == ("completed", 4)
    documents = done["data"] + rest["data"]
    assert [item["metadata"]["sourceURL"] for item in documents] == [
        f"https://boats.test{page.path}" for page in PAGES[:4]
    ]
    assert documents[0]["markdown"] == PAGES[0].markdown


async def test_firecrawl_scrapes_maps_and_refuses(http: aiohttp.ClientSession, crawler: Crawler) -> None:
    headers = {"Authorization": f"Bearer {crawler.key}"}
    _, page = await call(http, "POST", f"{crawler.url}/v1/scrape", headers, json={"url": "https://boats.test/prices"})
    _, links = await call(http, "POST", f"{crawler.url}/v1/map", headers, json={"url": "https://boats.test"})
    status, _ = await call(http, "POST", f"{crawler.url}/v1/crawl", headers, json={"url": "boats.test", "depth": 1})
    crawler.bad_gateway(times=1)
    first, _ = await call(http, "POST", f"{crawler.url}/v1/map", headers, json={"url": "https://boats.test"})
    unauthorised, _ = await call(http, "POST", f"{crawler.url}/v1/map", {}, json={"url": "https://boats.test"})

    assert page["data"]["metadata"]["title"] == "Prices"
    assert len(links["links"]) == 5
    assert (status, first, unauthorised) == (400, 502, 401)
    assert [violation.kind for violation in crawler.take_violations()] == ["schema", "auth"]


async def test_jina_reads_one_page_and_crawls_several(http: aiohttp.ClientSession, crawler: Crawler) -> None:
    headers = {"Authorization": f"Bearer {crawler.key}", "Accept": "application/json"}
    _, page = await call(http, "GET", f"{crawler.reader_url}https://boats.test/guide", headers)
    _, started = await call(
        http,
        "POST",
        crawler.adaptive_url,
        headers,
        json={"url": "https://boats.test", "maxPages": 3, "useSitemap": True},
    )
    asked = {"taskId": started["data"]["taskId"]}
    _, running = await call(http, "POST", crawler.adaptive_status_url, headers, json=asked)
    _, done = await call(http, "POST", crawler.adaptive_status_url, headers, json=asked)

    assert page["data"]["content"] == PAGES[1].markdown
    assert (running["data"]["status"], len(running["data"]["processed"])) == ("processing", 1)
    assert done["data"]["status"] == "completed"
    assert done["data"]["urls"] == [f"https://boats.test{page.path}" for page in PAGES[:3]]
    assert done["data"]["processed"]["https://boats.test/guide"]["data"]["title"] == "Sailing guide"


async def test_watercrawl_runs_a_request_and_pages_its_results(http: aiohttp.ClientSession, crawler: Crawler) -> None:
    headers, base = {"X-API-Key": crawler.key}, f"{crawler.url}/api/v1/core/crawl-requests/"
    options = {
        "spider_options": {"page_limit": 3, "max_depth": 1},
        "page_options": {"wait_time": 1000, "timeout": 15000},
    }
    status, started = await call(http, "POST", base, headers, json={"url": "https://boats.test", "options": options})
    states = [(await call(http, "GET", f"{base}{started['uuid']}/", headers))[1]["status"] for _ in range(2)]
    _, first = await call(http, "GET", f"{base}{started['uuid']}/results/?page=1&page_size=2", headers)
    _, second = await call(http, "GET", first["next"], headers)

    assert (status, started["status"], states) == (201, "new", ["running", "finished"])
    assert [item["url"] for item in first["results"] + second["results"]] == [
        f"https://boats.test{page.path}" for page in PAGES[:3]
    ]
    assert first["results"][0]["result"]["markdown"] == PAGES[0].markdown
