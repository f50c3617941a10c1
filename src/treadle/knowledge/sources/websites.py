"""What all crawlers of web sites share: options, pages, and how far they are. Source: spec knowledge §4.3."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, Protocol, TypeAlias, cast
from urllib.parse import urlsplit

from .errors import SourceError

Status: TypeAlias = Literal["active", "completed", "error"]

MOST_PAGES: Final = 10_000
_LISTED = re.compile(r"[,\n]")


class CrawlOptionsError(ValueError):
    """Options that no crawler can use; answered with status 400."""


@dataclass(frozen=True, slots=True)
class WebPage:
    """A page of a web site. `url` is the address that the crawler knows it by."""

    url: str
    title: str
    description: str
    markdown: str

    def dump(self) -> dict[str, str]:
        return {
            "source_url": self.url,
            "title": self.title,
            "description": self.description,
            "markdown": self.markdown,
        }


@dataclass(frozen=True, slots=True)
class CrawlOptions:
    """`includes` and `excludes` are patterns of paths; `max_depth` counts links from the first page."""

    limit: int
    crawl_sub_pages: bool = True
    only_main_content: bool = True
    includes: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    max_depth: int | None = None
    use_sitemap: bool = True
    prompt: str = ""

    @classmethod
    def parse(cls, data: object) -> "CrawlOptions":
        """The options of a request. Raises CrawlOptionsError."""
        if not isinstance(data, Mapping):
            raise CrawlOptionsError("options is missing or no JSON object.")
        given = cast("Mapping[str, object]", data)
        return cls(
            limit=_number(given, "limit", 1, MOST_PAGES) or _missing_limit(),
            crawl_sub_pages=_flag(given, "crawl_sub_pages"),
            only_main_content=_flag(given, "only_main_content"),
            includes=_patterns(given, "includes"),
            excludes=_patterns(given, "excludes"),
            max_depth=_number(given, "max_depth", 0, 100),
            use_sitemap=_flag(given, "use_sitemap"),
            prompt=str(given.get("prompt") or ""),
        )

    @property
    def pages(self) -> int:
        """How many pages are wanted."""
        return self.limit if self.crawl_sub_pages else 1


@dataclass(frozen=True, slots=True)
class CrawlStatus:
    """How far a crawl is. `pages` are there once it is completed; `reason` says why it failed."""

    status: Status
    job_id: str
    total: int
    current: int
    pages: tuple[WebPage, ...] = ()
    time_consuming: float | None = None
    """Seconds."""
    reason: str = ""

    def dump(self) -> dict[str, object]:
        return {
            "status": self.status,
            "job_id": self.job_id,
            "total": self.total,
            "current": self.current,
            "data": [page.dump() for page in self.pages],
            "time_consuming": self.time_consuming,
        }


@dataclass(frozen=True, slots=True)
class Started:
    """A crawl that was begun: the job to ask about, or the page itself where one was wanted and is there."""

    job_id: str | None = None
    page: WebPage | None = None


class WebSource(Protocol):
    """A service that crawls web sites. Every method raises SourceError."""

    async def start(self, url: str, options: CrawlOptions) -> Started: ...

    async def status(self, job_id: str, options: CrawlOptions | None = None) -> CrawlStatus:
        """`options` as given to `start`, where they are still known: they tell how many pages were wanted."""
        ...

    async def page(self, url: str, *, only_main_content: bool = True) -> WebPage:
        """One page, fetched anew."""
        ...

    async def check(self) -> None:
        """A small call that shows whether the key is good. Raises CredentialError when it is not."""
        ...


def checked_url(url: str) -> str:
    """A web address as typed, completed with its scheme. Raises CrawlOptionsError."""
    url = url.strip()
    if "://" not in url:
        url = f"https://{url}"
    try:
        parts = urlsplit(url)
        named = bool(parts.hostname) and parts.scheme in ("http", "https") and parts.port != 0
    except ValueError:
        named = False
    if not named or any(letter.isspace() for letter in url):
        raise CrawlOptionsError(f"{url} is no web address; it should look like https://example.org/docs.")
    return url


def page_at(pages: tuple[WebPage, ...], url: str) -> WebPage | None:
    """The page of a crawl with exactly this address."""
    return next((page for page in pages if page.url == url), None)


def job_path(job_id: str) -> str:
    """The id of a job as part of a path. Raises SourceError for what is no id."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,100}", job_id):
        raise SourceError("There is no crawl with this id.")
    return job_id


def _missing_limit() -> int:
    raise CrawlOptionsError("options.limit is missing; say how many pages to crawl at most.")


def _number(given: Mapping[str, object], name: str, least: int, most: int) -> int | None:
    value = given.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, str) and value.strip().isdecimal() and len(value) < 10:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise CrawlOptionsError(f"options.{name} must be a whole number from {least} to {most:,}.")
    return value


def _flag(given: Mapping[str, object], name: str) -> bool:
    value = given.get(name, True)
    if value is None:
        return True
    if not isinstance(value, bool):
        raise CrawlOptionsError(f"options.{name} must be true or false.")
    return value


def _patterns(given: Mapping[str, object], name: str) -> tuple[str, ...]:
    value = given.get(name) or ""
    entries = cast("list[object]", value) if isinstance(value, list) else _LISTED.split(str(value))
    found = tuple(text for entry in entries if (text := str(entry).strip()))
    if len(found) > 100 or any(len(text) > 500 for text in found):
        raise CrawlOptionsError(f"options.{name} may hold at most 100 patterns of 500 characters.")
    return found
