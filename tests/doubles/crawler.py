"""The three crawling services in one server: Firecrawl (v1 and v2), Jina Reader and WaterCrawl.

They all "find" the pages of `site.py` under whatever address they are asked to crawl.
"""

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from aiohttp import web

from tests.doubles.http_double import RECORDED, HttpDouble, Refused
from tests.doubles.recording import JsonValue, Request
from tests.doubles.site import PAGES, Page

Json = dict[str, JsonValue]


@dataclass
class Job:
    """A crawl in progress: each look at its status advances it."""

    id: str
    base: str
    pages: list[Page]
    looks: int = 0
    cancelled: bool = False
    options: Json = field(default_factory=dict[str, JsonValue])


class Crawler(HttpDouble):
    """`url` is the base of Firecrawl and WaterCrawl; Jina has `reader_url`, `adaptive_url` and `adaptive_status_url`.

    key: the accepted API key of all three. looks: how often a job is still running when its status is asked for.
    """

    def __init__(self, *, key: str = "fc-key", looks: int = 1) -> None:
        super().__init__()
        self.key = key
        self.looks = looks
        self.pages = list(PAGES)
        self._jobs: dict[str, Job] = {}
        self._ids = itertools.count(1)
        self._bad_gateways = 0

    @property
    def reader_url(self) -> str:
        """Jina Reader: the page's address is appended to it."""
        return f"{self.origin}/reader/"

    @property
    def adaptive_url(self) -> str:
        """Jina's crawler of several pages."""
        return f"{self.origin}/adaptive"

    @property
    def adaptive_status_url(self) -> str:
        """Progress of Jina's crawler."""
        return f"{self.origin}/adaptive-status"

    def bad_gateway(self, times: int) -> None:
        """Answers the next `times` requests with status 502."""
        self._bad_gateways = times

    def routes(self) -> list[web.RouteDef]:
        found = [
            web.get("/reader/{address:.+}", self._read),
            web.post("/reader/", self._read_posted),
            web.post("/adaptive", self._adaptive),
            web.post("/adaptive-status", self._adaptive_status),
            web.post("/api/v1/core/crawl-requests/", self._water_start),
            web.get("/api/v1/core/crawl-requests/", self._water_list),
            web.get("/api/v1/core/crawl-requests/{id}/", self._water_status),
            web.delete("/api/v1/core/crawl-requests/{id}/", self._water_stop),
            web.get("/api/v1/core/crawl-requests/{id}/results/", self._water_results),
        ]
        for version in ("v1", "v2"):
            found += [
                web.post(f"/{version}/crawl", self._fire_start),
                web.get(f"/{version}/crawl/{{id}}", self._fire_status),
                web.delete(f"/{version}/crawl/{{id}}", self._fire_cancel),
                web.post(f"/{version}/scrape", self._fire_scrape),
                web.post(f"/{version}/map", self._fire_map),
            ]
        return found

    def admit(self, recorded: Request) -> None:
        if recorded.path.startswith("/api/v1/core/"):
            if recorded.headers.get("x-api-key") != self.key:
                raise Refused(401, "Invalid API key.", kind="auth")
        elif recorded.bearer != self.key:
            raise Refused(401, "Unauthorized: Invalid token", kind="auth")
        if self._bad_gateways > 0:
            self._bad_gateways -= 1
            raise Refused(502, "Bad gateway", kind=None)

    def error_body(self, refused: Refused) -> JsonValue:
        return {"success": False, "error": refused.message, "message": refused.message}

    def _new_job(self, base: str, pages: Sequence[Page], options: Json) -> Job:
        job = Job(f"00000000-0000-4000-8000-{next(self._ids):012d}", base.rstrip("/"), list(pages), options=options)
        self._jobs[job.id] = job
        return job

    def _job(self, job_id: str) -> Job:
        job = self._jobs.get(job_id)
        if job is None:
            raise Refused(404, "Job not found.", kind=None)
        return job

    async def _fire_start(self, request: web.Request) -> web.StreamResponse:
        recorded = request[RECORDED]
        version = recorded.path.split("/")[1]
        body = self.json_body(recorded, f"crawler/firecrawl_{version}_crawl")
        depth = body.get("maxDiscoveryDepth", body.get("maxDepth"))
        pages = [
            page
            for page in self.pages
            if (not isinstance(depth, int) or page.path.count("/") - (page.path == "/") <= depth)
            and allowed(page, strings(body.get("includePaths")), strings(body.get("excludePaths")))
        ]
        limit = body.get("limit")
        job = self._new_job(str(body["url"]), pages[: limit if isinstance(limit, int) else 10000], body)
        return web.json_response({"success": True, "id": job.id, "url": f"{self.origin}/{version}/crawl/{job.id}"})

    async def _fire_status(self, request: web.Request) -> web.StreamResponse:
        job = self._job(request.match_info["id"])
        done = job.looks >= self.looks
        job.looks += 1
        ready = job.pages if done else job.pages[: len(job.pages) // 2]
        skip = int(request.query.get("skip", "0"))
        page_size = 3  # small enough for a crawl of five pages to need `next`
        following = f"{self.origin}{request.path}?skip={skip + page_size}" if len(ready) > skip + page_size else None
        data: list[JsonValue] = [fire_document(page, job.base) for page in ready[skip : skip + page_size]]
        return web.json_response(
            {
                "success": True,
                "status": "cancelled" if job.cancelled else "completed" if done else "scraping",
                "total": len(job.pages),
                "completed": len(ready),
                "creditsUsed": len(ready),
                "expiresAt": "2030-01-01T00:00:00.000Z",
                "data": data,
                **({"next": following} if following else {}),
            }
        )

    async def _fire_cancel(self, request: web.Request) -> web.StreamResponse:
        self._job(request.match_info["id"]).cancelled = True
        return web.json_response({"status": "cancelled"})

    async def _fire_scrape(self, request: web.Request) -> web.StreamResponse:
        body = self.json_body(request[RECORDED], "crawler/firecrawl_scrape")
        base, page = self._page_at(str(body["url"]))
        return web.json_response({"success": True, "data": fire_document(page, base)})

    async def _fire_map(self, request: web.Request) -> web.StreamResponse:
        body = self.json_body(request[RECORDED], "crawler/firecrawl_map")
        base = str(body["url"]).rstrip("/")
        addresses: list[JsonValue] = [f"{base}{page.path}" for page in self.pages]
        if request.path.startswith("/v2"):
            return web.json_response({"success": True, "links": [{"url": address} for address in addresses]})
        return web.json_response({"success": True, "links": addresses})

    def _page_at(self, address: str) -> tuple[str, Page]:
        parts = urlsplit(address)
        for page in self.pages:
            if page.path == (parts.path or "/"):
                return f"{parts.scheme}://{parts.netloc}", page
        raise Refused(404, f"There is no page at {address}.", kind=None)

    async def _read(self, request: web.Request) -> web.StreamResponse:
        return self._reading(request, request.match_info["address"])

    async def _read_posted(self, request: web.Request) -> web.StreamResponse:
        return self._reading(request, str(self.json_body(request[RECORDED], "crawler/jina_reader")["url"]))

    def _reading(self, request: web.Request, address: str) -> web.Response:
        base, page = self._page_at(address)
        if request.headers.get("Accept") != "application/json":
            return web.Response(text=f"Title: {page.title}\n\nURL Source: {address}\n\n{page.markdown}")
        return web.json_response({"code": 200, "status": 20000, "data": jina_document(page, base)})

    async def _adaptive(self, request: web.Request) -> web.StreamResponse:
        body = self.json_body(request[RECORDED], "crawler/jina_adaptive")
        most = body.get("maxPages")
        pages = self.pages[: most if isinstance(most, int) else 10]
        job = self._new_job(str(body["url"]), pages, body)
        return web.json_response({"code": 200, "status": 20000, "data": {"taskId": job.id}})

    async def _adaptive_status(self, request: web.Request) -> web.StreamResponse:
        body = self.json_body(request[RECORDED], "crawler/jina_adaptive_status")
        job = self._job(str(body["taskId"]))
        done = job.looks >= self.looks
        job.looks += 1
        ready = job.pages if done else job.pages[: len(job.pages) // 2]
        wanted = strings(body.get("urls"))
        addresses: list[JsonValue] = [f"{job.base}{page.path}" for page in job.pages]
        processed: Json = {
            f"{job.base}{page.path}": {"data": jina_document(page, job.base)}
            for page in ready
            if not wanted or f"{job.base}{page.path}" in wanted
        }
        data: Json = {
            "status": "completed" if done else "processing",
            "urls": addresses,
            "processed": processed,
            "failed": {},
            "duration": 1500,
        }
        return web.json_response({"code": 200, "status": 20000, "data": data})

    async def _water_start(self, request: web.Request) -> web.StreamResponse:
        body = self.json_body(request[RECORDED], "crawler/watercrawl")
        sent = body.get("options")
        options = sent if isinstance(sent, dict) else {}
        spider = options.get("spider_options")
        limit = spider.get("page_limit", 1) if isinstance(spider, dict) else 1
        job = self._new_job(str(body["url"]), self.pages[: limit if isinstance(limit, int) else 1], options)
        return web.json_response(self._water_job(job, "new"), status=201)

    def _water_job(self, job: Job, status: str) -> Json:
        return {
            "uuid": job.id,
            "url": job.base,
            "status": status,
            "options": job.options,
            "created_at": "2024-05-01T09:00:00Z",
            "updated_at": "2024-05-01T09:00:01Z",
            "number_of_documents": len(job.pages) if status == "finished" else 0,
            "duration": "00:00:01.500000" if status == "finished" else None,
        }

    async def _water_list(self, request: web.Request) -> web.StreamResponse:
        jobs: list[JsonValue] = [self._water_job(job, "finished") for job in self._jobs.values()]
        return web.json_response({"count": len(jobs), "next": None, "previous": None, "results": jobs})

    async def _water_status(self, request: web.Request) -> web.StreamResponse:
        job = self._job(request.match_info["id"])
        status = "canceled" if job.cancelled else "finished" if job.looks >= self.looks else "running"
        job.looks += 1
        return web.json_response(self._water_job(job, status))

    async def _water_stop(self, request: web.Request) -> web.StreamResponse:
        self._job(request.match_info["id"]).cancelled = True
        return web.Response(status=204)

    async def _water_results(self, request: web.Request) -> web.StreamResponse:
        job = self._job(request.match_info["id"])
        number, size = int(request.query.get("page", "1")), int(request.query.get("page_size", "25"))
        start = (number - 1) * size
        shown = job.pages[start : start + size]
        results: list[JsonValue] = [
            {
                "uuid": f"{job.id[:-4]}{at:04d}",
                "url": f"{job.base}{page.path}",
                "title": page.title,
                "result": {
                    "markdown": page.markdown,
                    "metadata": {"title": page.title, "description": page.description},
                },
                "created_at": "2024-05-01T09:00:01Z",
            }
            for at, page in enumerate(shown)
        ]
        more = start + size < len(job.pages)
        following = f"{self.origin}{request.path}?page={number + 1}&page_size={size}" if more else None
        return web.json_response({"count": len(job.pages), "next": following, "previous": None, "results": results})


def allowed(page: Page, includes: Sequence[str], excludes: Sequence[str]) -> bool:
    """Whether a page passes the path patterns, which are regular expressions on the path without its first slash."""
    path = page.path.lstrip("/")
    included = not includes or any(re.search(pattern, path) for pattern in includes)
    return included and not any(re.search(pattern, path) for pattern in excludes)


def strings(value: JsonValue) -> list[str]:
    """The strings of a JSON list."""
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def fire_document(page: Page, base: str) -> Json:
    """A page as Firecrawl gives it."""
    metadata: Json = {
        "title": page.title,
        "description": page.description,
        "language": "en",
        "sourceURL": f"{base}{page.path}",
        "url": f"{base}{page.path}",
        "statusCode": 200,
    }
    return {"markdown": page.markdown, "metadata": metadata}


def jina_document(page: Page, base: str) -> Json:
    """A page as Jina Reader gives it."""
    return {
        "title": page.title,
        "description": page.description,
        "url": f"{base}{page.path}",
        "content": page.markdown,
        "usage": {"tokens": len(page.markdown.split())},
    }
