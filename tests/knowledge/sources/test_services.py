"""The crawling services and external knowledge, each against a strict double."""

from collections.abc import Callable

import pytest

from tests.doubles.crawler import Crawler
from tests.doubles.external_knowledge import ExternalKnowledge as Double
from tests.doubles.external_knowledge import Record
from tests.doubles.site import PAGES
from tests.knowledge.sources.conftest import no_sleep
from treadle.knowledge.sources.errors import CredentialError, SourceError
from treadle.knowledge.sources.external import ExternalKnowledge, ExternalKnowledgeError, ExternalRecord
from treadle.knowledge.sources.firecrawl import Firecrawl
from treadle.knowledge.sources.jina import JinaReader
from treadle.knowledge.sources.watercrawl import WaterCrawl
from treadle.knowledge.sources.websites import CrawlOptions, CrawlStatus, WebPage, WebSource
from treadle.platform.egress import GuardedHttp
from treadle.settings import Settings

BASE = "https://boats.test"
Open = Callable[[GuardedHttp, Crawler, str], WebSource]


def firecrawl(http: GuardedHttp, double: Crawler, key: str) -> WebSource:
    return Firecrawl(http, key, double.url, sleep=no_sleep)


def firecrawl_v1(http: GuardedHttp, double: Crawler, key: str) -> WebSource:
    return Firecrawl(http, key, double.url, version="v1", sleep=no_sleep)


def jina(http: GuardedHttp, double: Crawler, key: str) -> WebSource:
    return JinaReader(
        http,
        key,
        reader=double.reader_url,
        crawler=double.adaptive_url,
        crawler_status=double.adaptive_status_url,
        sleep=no_sleep,
    )


def watercrawl(http: GuardedHttp, double: Crawler, key: str) -> WebSource:
    return WaterCrawl(http, key, double.url, sleep=no_sleep)


def expected(count: int) -> tuple[WebPage, ...]:
    return tuple(WebPage(f"{BASE}{page.path}", page.title, page.description, page.markdown) for page in PAGES[:count])


every = pytest.mark.parametrize("source", [firecrawl, firecrawl_v1, jina, watercrawl])


@every
async def test_a_crawl_goes_on_and_ends_with_its_pages(http: GuardedHttp, source: Open) -> None:
    async with Crawler() as double:
        service = source(http, double, double.key)
        options = CrawlOptions(limit=5)
        job = (await service.start(BASE, options)).job_id
        assert job is not None
        running = await service.status(job, options)
        done = await service.status(job, options)
    assert (running.status, running.total, running.pages) == ("active", 5, ())
    assert (done.status, done.current, done.pages) == ("completed", 5, expected(5))


@every
async def test_one_page(http: GuardedHttp, source: Open) -> None:
    async with Crawler(looks=0) as double:
        service = source(http, double, double.key)
        assert (await service.page(f"{BASE}/")).markdown == PAGES[0].markdown
        started = await service.start(f"{BASE}/", CrawlOptions(limit=10, crawl_sub_pages=False))
        if started.page is None:
            assert started.job_id is not None
            assert (await service.status(started.job_id)).pages[:1] == expected(1)
        else:
            assert started.page == expected(1)[0]


@every
async def test_keys_are_checked(http: GuardedHttp, source: Open) -> None:
    async with Crawler(looks=0) as double:
        await source(http, double, double.key).check()
        with pytest.raises(CredentialError, match=r"refuses the key \(status 401"):
            await source(http, double, "wrong").check()
        double.take_violations()


@every
async def test_a_service_that_is_busy_is_asked_again(http: GuardedHttp, source: Open) -> None:
    async with Crawler(looks=0) as double:
        double.bad_gateway(3)
        assert (await source(http, double, double.key).start(BASE, CrawlOptions(limit=2))).job_id
        double.bad_gateway(4)
        with pytest.raises(SourceError, match="answered with status 502: Bad gateway"):
            await source(http, double, double.key).start(BASE, CrawlOptions(limit=2))


async def test_options_reach_firecrawl(http: GuardedHttp) -> None:
    async with Crawler(looks=0) as double:
        service = Firecrawl(http, double.key, double.url)
        options = CrawlOptions(limit=9, excludes=("contact",), includes=("^(guide|prices|contact)",), max_depth=1)
        job = (await service.start(BASE, options)).job_id or ""
        status = await service.status(job, options)
    assert [page.title for page in status.pages] == ["Sailing guide", "Prices"]


async def test_a_job_that_is_none(http: GuardedHttp) -> None:
    async with Crawler() as double:
        with pytest.raises(SourceError, match="status 404: Job not found"):
            await Firecrawl(http, double.key, double.url).status("unknown")
        with pytest.raises(SourceError, match="There is no crawl with this id"):
            await Firecrawl(http, double.key, double.url).status("../team")


async def test_a_private_address_is_not_asked() -> None:
    guarded = GuardedHttp(Settings())
    try:
        with pytest.raises(SourceError, match=r"could not be asked: .* is refused"):
            await Firecrawl(guarded, "key", "http://127.0.0.1:9/").check()
    finally:
        await guarded.close()


def test_a_status_as_the_api_writes_it() -> None:
    page = WebPage("https://a.b/", "T", "D", "M")
    assert CrawlStatus("completed", "j", 1, 1, (page,), 1.5).dump() == {
        "status": "completed",
        "job_id": "j",
        "total": 1,
        "current": 1,
        "data": [{"source_url": "https://a.b/", "title": "T", "description": "D", "markdown": "M"}],
        "time_consuming": 1.5,
    }


class TestExternal:
    async def test_records_and_metadata_that_is_null(self, http: GuardedHttp) -> None:
        async with Double() as double:
            double.records["port-docs"].append(Record("The ferry is blue.", "blue.md", None))
            found = await ExternalKnowledge(http, double.url, double.key).retrieve("ferry", "port-docs", top_k=3)
            assert double.requests[-1].json == {
                "retrieval_setting": {"top_k": 3, "score_threshold": 0.0},
                "query": "ferry",
                "knowledge_id": "port-docs",
            }
        by_title = {record.title: record for record in found}
        assert by_title["blue.md"].metadata == {}
        assert by_title["ferry.md"] == ExternalRecord(
            "The ferry leaves at nine.", 1.0, "ferry.md", {"path": "ferry.md", "port": "Oslo"}
        )

    async def test_conditions_are_sent_on(self, http: GuardedHttp) -> None:
        condition = {
            "logical_operator": "and",
            "conditions": [{"name": "port", "comparison_operator": "is", "value": "Oslo"}],
        }
        async with Double() as double:
            service = ExternalKnowledge(http, double.url, double.key)
            await service.retrieve("ferry", "port-docs", top_k=1, score_threshold=0.5, metadata_condition=condition)
            assert double.requests[-1].json["metadata_condition"] == condition
            assert double.requests[-1].json["retrieval_setting"]["score_threshold"] == 0.5

    async def test_the_probe_takes_any_answer_but_a_refusal(self, http: GuardedHttp) -> None:
        async with Double() as double:
            await ExternalKnowledge(http, double.url, double.key).probe()
            with pytest.raises(CredentialError, match=r"refuses the key \(status 403: Authorisation failed"):
                await ExternalKnowledge(http, double.url, "wrong").probe()
            with pytest.raises(SourceError, match="has no retrieval service at this address"):
                await ExternalKnowledge(http, f"{double.url}/other", double.key).probe()
            double.take_violations()
        with pytest.raises(SourceError, match="could not be asked"):
            await ExternalKnowledge(http, double.url, double.key).probe()

    async def test_an_unknown_knowledge_id_is_an_error_with_its_words(self, http: GuardedHttp) -> None:
        async with Double() as double:
            with pytest.raises(ExternalKnowledgeError, match="status 404: No such knowledge"):
                await ExternalKnowledge(http, double.url, double.key).retrieve("x", "none", top_k=1)

    @pytest.mark.parametrize("endpoint", ["", "ftp://a.b", "a.b/c", "http://"])
    def test_an_endpoint_that_is_no_address(self, http: GuardedHttp, endpoint: str) -> None:
        with pytest.raises(SourceError):
            ExternalKnowledge(http, endpoint, "key")
