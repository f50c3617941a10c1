"""The built-in crawler on small sites of this machine."""

import gzip
import re
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from aiohttp import web

from tests.doubles.http_double import HttpDouble, Refused
from tests.doubles.recording import JsonValue
from tests.doubles.site import Site
from treadle.knowledge.sources.crawler import BuiltInCrawler, matches, normal_url
from treadle.knowledge.sources.errors import SourceError
from treadle.knowledge.sources.websites import CrawlOptions, CrawlOptionsError, CrawlStatus, checked_url
from treadle.knowledge.text.extraction import Extractor
from treadle.platform.egress import GuardedHttp
from treadle.settings import Settings


class Small(HttpDouble):
    """A site of which `answers` says what is where."""

    def __init__(self, answers: dict[str, Callable[[str], web.StreamResponse]]) -> None:
        super().__init__()
        self.answers = answers

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/{path:.*}", self._answer)]

    def error_body(self, refused: Refused) -> JsonValue:
        return {"error": refused.message}

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        answer = self.answers.get(request.path)
        return answer(self.origin) if answer else web.Response(status=404)

    def paths(self) -> list[str]:
        return [request.path for request in self.requests]


def page(body: str, *, kind: str = "text/html") -> Callable[[str], web.StreamResponse]:
    return lambda origin: web.Response(text=body.replace("ORIGIN", origin), content_type=kind)


@pytest.fixture
async def crawler(http: GuardedHttp) -> AsyncIterator[BuiltInCrawler]:
    async with Extractor(1) as extractor:
        built_in = BuiltInCrawler(http, extractor, pause=0)
        yield built_in
        await built_in.close()


async def crawled(crawler: BuiltInCrawler, url: str, **options: Any) -> CrawlStatus:
    started = await crawler.start(url, CrawlOptions(**{"limit": 20, **options}))
    return await crawler.wait(started.job_id or "")


async def test_a_site_is_read_as_markdown_without_what_surrounds_it(crawler: BuiltInCrawler) -> None:
    async with Site() as site:
        status = await crawled(crawler, site.url)
    assert (status.status, status.total, status.current) == ("completed", 5, 5)
    assert [found.url.removeprefix(site.url) for found in status.pages] == [
        "/",
        "/guide",
        "/prices",
        "/guide/knots",
        "/contact",
    ]
    guide = status.pages[1]
    assert (guide.title, guide.description) == ("Sailing guide", "What to know before you sail.")
    assert "Wear a life jacket at all times." in guide.markdown
    assert guide.markdown.startswith("# Sailing guide")
    assert "All rights reserved" not in guide.markdown
    assert "console.log" not in guide.markdown


async def test_limit_depth_and_patterns(crawler: BuiltInCrawler) -> None:
    async with Site() as site:

        async def paths(**options: Any) -> list[str]:
            found = (await crawled(crawler, site.url, **options)).pages
            return [entry.url.removeprefix(site.url) for entry in found]

        assert await paths(limit=2) == ["/", "/guide"]
        assert await paths(crawl_sub_pages=False) == ["/"]
        assert await paths(max_depth=1, use_sitemap=False) == ["/", "/guide", "/prices"]
        assert await paths(max_depth=0) == ["/"]
        assert await paths(includes=("guide",)) == ["/guide", "/guide/knots"]
        assert await paths(excludes=("guide/*", "con*")) == ["/", "/prices"]


async def test_robots_and_pages_that_do_not_want_to_be_taken(crawler: BuiltInCrawler) -> None:
    answers = {
        "/robots.txt": page("User-agent: *\nDisallow: /private\n", kind="text/plain"),
        "/": page(
            '<p>Start here.</p><a href="/private/a">a</a><a href="/hidden">b</a><a rel="nofollow" href="/c">c</a>'
        ),
        "/hidden": page('<meta name="robots" content="noindex"><p>hidden</p><a href="/below">x</a>'),
        "/below": page("<p>Below the hidden page.</p>"),
        "/c": page("<p>c</p>"),
    }
    async with Small(answers) as site:
        status = await crawled(crawler, site.url)
        assert [found.url.removeprefix(site.url) for found in status.pages] == ["/", "/below"]
        assert "/private/a" not in site.paths()
        refused = await crawled(crawler, f"{site.url}/private/a")
    assert (refused.status, refused.reason) == (
        "error",
        f"{site.url}/private/a must not be read by programs: its robots.txt says so.",
    )


async def test_sitemaps_of_sitemaps_packed_ones_too(crawler: BuiltInCrawler) -> None:
    packed = gzip.compress(b"<urlset><url><loc>ORIGIN/far</loc></url></urlset>")

    def zipped(origin: str) -> web.Response:
        return web.Response(body=gzip.compress(gzip.decompress(packed).replace(b"ORIGIN", origin.encode())))

    answers: dict[str, Callable[[str], web.StreamResponse]] = {
        "/robots.txt": page("Sitemap: ORIGIN/index.xml", kind="text/plain"),
        "/index.xml": page(
            "<sitemapindex><sitemap><loc>ORIGIN/map.xml.gz</loc></sitemap><sitemap><loc>ORIGIN/index.xml</loc></sitemap>"
            "</sitemapindex>",
            kind="application/xml",
        ),
        "/map.xml.gz": zipped,
        "/": page("<p>Start</p>"),
        "/far": page("<p>Linked from nowhere.</p>"),
    }
    async with Small(answers) as site:
        status = await crawled(crawler, site.url)
        assert [found.markdown for found in status.pages] == ["Start", "Linked from nowhere."]
        assert len((await crawled(crawler, site.url, use_sitemap=False)).pages) == 1


async def test_circles_redirects_other_sites_and_failures(crawler: BuiltInCrawler) -> None:
    def moved(where: str) -> Callable[[str], web.StreamResponse]:
        return lambda origin: web.Response(status=302, headers={"Location": where.replace("ORIGIN", origin)})

    links = "".join(
        f'<a href="{href}">x</a>'
        for href in ("/", "#top", "/a?utm_source=x", "/a", "/old", "/away", "/broken", "/none", "/empty", "/x.zip",
                     "mailto:a@b.c", "javascript:void(0)", "http://[bad", "https://elsewhere.test/")
    )  # fmt: skip
    answers: dict[str, Callable[[str], web.StreamResponse]] = {
        "/": page(f"<h1>Start</h1>{links}"),
        "/a": page('<p>A page.</p><a href="/">back</a>'),
        "/old": moved("/new"),
        "/new": page("<p>The new place.</p>"),
        "/away": moved("http://127.0.0.2:1/"),
        "/broken": lambda _: web.Response(status=500),
        "/empty": page("<html></html>"),
        "/x.zip": lambda _: web.Response(body=b"PK", content_type="application/zip"),
        "/robots.txt": page("", kind="text/plain"),
    }
    async with Small(answers) as site:
        status = await crawled(crawler, site.url)
    assert [found.url.removeprefix(site.url) for found in status.pages] == ["/", "/a", "/new"]


async def test_other_encodings_and_plain_texts(crawler: BuiltInCrawler) -> None:
    answers: dict[str, Callable[[str], web.StreamResponse]] = {
        "/": page('<p>Start</p><a href="/jp">a</a><a href="/meta">b</a><a href="/notes.md">c</a>'),
        "/jp": lambda _: web.Response(
            body="<p>港の船を借りる方法について説明します。</p>".encode("shift_jis"),
            headers={"Content-Type": "text/html; charset=shift_jis"},
        ),
        "/meta": lambda _: web.Response(
            body='<meta charset="windows-1251"><p>Привет, гавань</p>'.encode("windows-1251"), content_type="text/html"
        ),
        "/notes.md": page("# Notes\n\nTie the boat.", kind="text/markdown"),
    }
    async with Small(answers) as site:
        status = await crawled(crawler, site.url)
    assert [found.markdown for found in status.pages[1:]] == [
        "港の船を借りる方法について説明します。",
        "Привет, гавань",
        "# Notes\n\nTie the boat.",
    ]


PRIVATE = (
    "http://169.254.169.254/latest/meta-data", "http://localhost:1/", "http://127.1/", "http://2130706433/",
    "http://0x7f.0.0.1/", "http://0.0.0.0/", "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://10.0.0.1/",
    "http://[fd00::1]/", "http://public.test@127.0.0.1/",
)  # fmt: skip


async def test_a_site_that_is_not_there_and_those_that_are_private(crawler: BuiltInCrawler) -> None:
    async with Small({}) as site:
        missing = await crawled(crawler, site.url)
        url = site.url
    assert (missing.status, missing.reason) == ("error", f"{url}/ answered with status 404.")
    guarded = GuardedHttp(Settings())
    async with Extractor(1) as extractor:
        strict = BuiltInCrawler(guarded, extractor, pause=0)
        for url in PRIVATE:
            private = await crawled(strict, url)
            assert private.status == "error", url
            assert re.search(r"no public address|not a canonical IPv4 address", private.reason), private.reason
    await guarded.close()


async def test_progress_is_told_and_a_page_is_read_anew(crawler: BuiltInCrawler) -> None:
    told: list[CrawlStatus] = []

    async def changed(status: CrawlStatus) -> None:
        told.append(status)

    async with Site() as site:
        started = await crawler.start(site.url, CrawlOptions(limit=5), changed=changed)
        await crawler.wait(started.job_id or "")
        site.edit("/guide", "Stay ashore.")
        assert "Stay ashore." in (await crawler.page(f"{site.url}/guide")).markdown
        with pytest.raises(SourceError, match=r"/none answered with status 404\."):
            await crawler.page(f"{site.url}/none")
    assert [status.status for status in told][-1] == "completed"
    assert {status.status for status in told[:-1]} == {"active"}
    with pytest.raises(SourceError, match="There is no crawl with this id"):
        await crawler.status("unknown")


@pytest.mark.parametrize(
    ("url", "normal"),
    [
        ("HTTP://Example.org:80", "http://example.org/"),
        ("https://a.b/c?utm_medium=x&d=1#e", "https://a.b/c?d=1"),
        ("https://a.b:8443/c/", "https://a.b:8443/c/"),
        ("http://[::1]:99/x", "http://[::1]:99/x"),
    ],
)
def test_one_form_of_an_address(url: str, normal: str) -> None:
    assert normal_url(url) == normal


@pytest.mark.parametrize(
    ("patterns", "path", "fits"),
    [
        (("blog",), "/blog/a", True),
        (("/blog/",), "/blog", True),
        (("blog",), "/blogs", False),
        (("blog/*",), "/blog/a/b", True),
        (("blog/.*",), "/blog/a", True),
        (("*.html",), "/x/y.html", True),
        (("*/en/*",), "/docs/en/a", True),
        (("*a" * 100,), "/" + "b" * 1000, False),
        (("^docs/.*$",), "/docs/a", True),
    ],
)
def test_patterns(patterns: tuple[str, ...], path: str, fits: bool) -> None:
    assert matches(f"https://a.b{path}", CrawlOptions(1, includes=patterns)) is fits
    assert matches(f"https://a.b{path}", CrawlOptions(1, excludes=patterns)) is not fits


def test_options_of_a_request() -> None:
    given = {"limit": "10", "includes": "a, b", "excludes": "", "max_depth": "", "crawl_sub_pages": True}
    assert CrawlOptions.parse(given) == CrawlOptions(10, includes=("a", "b"))
    for wrong, said in (
        ({}, "options.limit is missing"),
        ({"limit": 0}, "options.limit must be a whole number from 1 to 10,000"),
        ({"limit": 1, "max_depth": -1}, "options.max_depth must be"),
        ({"limit": 1, "use_sitemap": "yes"}, "options.use_sitemap must be true or false"),
        ("x", "options is missing or no JSON object"),
    ):
        with pytest.raises(CrawlOptionsError, match=said):
            CrawlOptions.parse(wrong)


@pytest.mark.parametrize("url", ["", "ftp://a.b", "https://", "https://a b.c", "http://[", "javascript:alert(1)"])
def test_what_is_no_web_address(url: str) -> None:
    with pytest.raises(CrawlOptionsError, match="is no web address"):
        checked_url(url)


def test_an_address_without_scheme_is_completed() -> None:
    assert checked_url(" example.org/docs ") == "https://example.org/docs"
