"""Web sites as sources, read by the crawler that needs no key (spec knowledge §4.3)."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from tests.knowledge.api.bench import PARAGRAPHS, Bench, Caller, refused

PAGE = "<html><head><title>{0}</title></head><body><main><h1>{0}</h1><p>{1}</p>{2}</main></body></html>"


@pytest.fixture
async def site() -> AsyncIterator[str]:
    """The address of a site of two pages."""
    pages = {
        "/": PAGE.format("Harbour", "No swimming in the harbour, whatever the weather.", '<a href="/ferry">Ferry</a>'),
        "/ferry": PAGE.format("Ferry", "The ferry leaves at nine every morning.", ""),
    }

    async def answer(request: web.Request) -> web.Response:
        page = pages.get(request.path)
        return web.Response(text=page or "", status=200 if page else 404, content_type="text/html")

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def crawled(console: Caller, job_id: str) -> dict[str, Any]:
    """What a crawl has found when it has ended."""
    async with asyncio.timeout(60):
        while True:
            found = (await console.get(f"/website/crawl/status/{job_id}")).json()
            if found["status"] != "active":
                return dict(found)
            await asyncio.sleep(0.05)


async def test_chosen_pages_of_a_crawl_become_documents(here: Bench, api: Caller, site: str) -> None:
    console = await here.member("admin")
    refused(await console.post("/website/crawl", {"provider": "magic", "url": site}), 400, "invalid_param")
    refused(await console.post("/website/crawl", {"provider": "treadle", "url": site}), 400, "invalid_param")
    keyless = {"provider": "firecrawl", "url": site, "options": {"limit": 5}}
    refused(await console.post("/website/crawl", keyless), 400, "provider_not_initialize")
    order = {"provider": "treadle", "url": site, "options": {"limit": 5, "crawl_sub_pages": True}}
    begun = (await console.post("/website/crawl", order)).json()
    found = await crawled(console, begun["job_id"])
    assert found["status"] == "completed", found
    assert {page["title"] for page in found["data"]} == {"Harbour", "Ferry"}
    base = await here.base(console, permission="all_team_members")
    urls = [page["source_url"] for page in found["data"]]
    pages = {"provider": "treadle", "job_id": begun["job_id"], "urls": urls, "only_main_content": True}
    source = {"info_list": {"data_source_type": "website_crawl", "website_info_list": pages}}
    body = {"data_source": source, "indexing_technique": "economy", "process_rule": PARAGRAPHS}
    added = await console.post(f"/datasets/{base}/documents", body)
    assert added.status_code == 200, added.text
    for document in added.json()["documents"]:
        shown = await here.indexed(api, base, document["id"])
        assert (shown["display_status"], shown["data_source_type"]) == ("available", "website_crawl"), shown
    records = (await api.post(f"/datasets/{base}/retrieve", {"query": "ferry morning"})).json()["records"]
    assert "leaves at nine" in records[0]["segment"]["content"]
    again = added.json()["documents"][0]["id"]
    assert (await console.get(f"/datasets/{base}/documents/{again}/website-sync")).status_code == 200
    await here.idle(again)
    assert (await here.indexed(api, base, again))["display_status"] == "available"
    stranger = await here.member("admin", await here.workspace())
    refused(await stranger.get(f"/website/crawl/status/{begun['job_id']}"), 404, "not_found")


async def test_only_administrators_connect_sources(here: Bench) -> None:
    editor = await here.member("editor")
    binding = {"provider": "firecrawl", "credentials": {"config": {"api_key": "k"}}}
    refused(await editor.post("/api-key-auth/data-source/binding", binding), 403, "forbidden")
    refused(await editor.get("/oauth/data-source/notion"), 403, "forbidden")
    assert (await editor.get("/api-key-auth/data-source")).json() == {"sources": []}
    admin = await here.member("admin")
    refused(await admin.get("/oauth/data-source/notion"), 400, "invalid_param")


async def test_pages_of_a_converted_base_are_read_anew_when_they_are_run(here: Bench, api: Caller, site: str) -> None:
    console = await here.member("admin")
    order = {"provider": "treadle", "url": f"{site}/ferry", "options": {"limit": 1}}
    begun = (await console.post("/website/crawl", order)).json()
    await crawled(console, begun["job_id"])
    base = await here.base(console, permission="all_team_members")
    pages = {"provider": "treadle", "job_id": begun["job_id"], "urls": [f"{site}/ferry"], "only_main_content": True}
    source = {"info_list": {"data_source_type": "website_crawl", "website_info_list": pages}}
    body = {"data_source": source, "indexing_technique": "economy", "process_rule": PARAGRAPHS}
    (document,) = (await console.post(f"/datasets/{base}/documents", body)).json()["documents"]
    await here.indexed(api, base, document["id"])
    before = [row["content"] for row in await here.segments(api, base, document["id"])]
    turned = await console.post(f"/rag/pipelines/transform/datasets/{base}")
    assert turned.status_code == 200, turned.text
    (offered,) = (await console.get(f"/datasets/{base}/pipeline/sources")).json()["data"]
    assert offered["datasource_type"] == "website_crawl"
    again = await console.post(f"/datasets/{base}/documents/{document['id']}/pipeline-run", {})
    assert again.status_code == 200, again.text
    shown = await here.indexed(api, base, document["id"])
    assert (shown["display_status"], shown["error"]) == ("available", None)
    after = [row["content"].removeprefix("# ") for row in await here.segments(api, base, document["id"])]
    assert after == before
    log = (await console.get(f"/datasets/{base}/documents/{document['id']}/pipeline-execution-log")).json()
    assert log["datasource_info"] == {"source_url": f"{site}/ferry", "title": f"{site}/ferry", "description": ""}
