"""A small web site: five pages that link to each other, a sitemap and a robots file."""

from dataclasses import dataclass, replace
from html import escape

from aiohttp import web

from tests.doubles.http_double import HttpDouble, Refused
from tests.doubles.recording import JsonValue


@dataclass(frozen=True)
class Page:
    """One page. `text` is its main content, a paragraph a line."""

    path: str
    title: str
    description: str
    text: str
    links: tuple[str, ...]

    @property
    def markdown(self) -> str:
        """The main content as a crawler gives it."""
        return f"# {self.title}\n\n" + "\n\n".join(self.text.splitlines())

    @property
    def main(self) -> str:
        """The main content as HTML."""
        paragraphs = "".join(f"<p>{escape(line)}</p>" for line in self.text.splitlines())
        return f"<main><h1>{escape(self.title)}</h1>{paragraphs}</main>"


PAGES = (
    Page(
        "/",
        "Harbour Boats",
        "Small boats by the day.",
        "We rent small boats in the old harbour.\nSee our guide before you sail.",
        ("/guide", "/prices"),
    ),
    Page(
        "/guide",
        "Sailing guide",
        "What to know before you sail.",
        "Wear a life jacket at all times.\nTurn back when the wind rises above seven metres a second.",
        ("/", "/guide/knots"),
    ),
    Page(
        "/guide/knots",
        "Three knots",
        "The knots every guest should know.",
        "The bowline makes a loop that does not slip.\nThe cleat hitch ties the boat to the pier.",
        ("/guide",),
    ),
    Page(
        "/prices",
        "Prices",
        "What a day on the water costs.",
        "A rowing boat costs 40 euros a day.\nA sailing boat costs 120 euros a day.",
        ("/", "/contact"),
    ),
    Page(
        "/contact",
        "Contact",
        "How to reach us.",
        "Call the harbour office between nine and five.\nThe office is in the red house by the pier.",
        ("/",),
    ),
)


class Site(HttpDouble):
    """Serves `pages` as HTML with navigation, header and footer around the main content."""

    def __init__(self) -> None:
        super().__init__()
        self.pages = {page.path: page for page in PAGES}

    def edit(self, path: str, text: str) -> None:
        """Replaces the main content of a page."""
        self.pages[path] = replace(self.pages[path], text=text)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/robots.txt", self._robots),
            web.get("/sitemap.xml", self._sitemap),
            web.get("/{path:.*}", self._page),
        ]

    def error_body(self, refused: Refused) -> JsonValue:
        return {"error": refused.message}

    async def _page(self, request: web.Request) -> web.StreamResponse:
        page = self.pages.get(request.path)
        if page is None:
            return web.Response(
                status=404, text="<!doctype html><title>Not found</title><h1>Not found</h1>", content_type="text/html"
            )
        return web.Response(text=html_of(page), content_type="text/html", charset="utf-8")

    async def _robots(self, request: web.Request) -> web.StreamResponse:
        return web.Response(text=f"User-agent: *\nAllow: /\nSitemap: {self.origin}/sitemap.xml\n")

    async def _sitemap(self, request: web.Request) -> web.StreamResponse:
        urls = "".join(f"<url><loc>{self.origin}{escape(path)}</loc></url>" for path in self.pages)
        text = (
            f'<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{urls}'
        )
        return web.Response(text=f"{text}</urlset>", content_type="application/xml")


def html_of(page: Page) -> str:
    """The whole page, boilerplate included."""
    links = "".join(f'<li><a href="{escape(link)}">{escape(link)}</a></li>' for link in page.links)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(page.title)}</title>'
        f'<meta name="description" content="{escape(page.description)}"></head>'
        f"<body><header>Harbour Boats since 1911</header><nav><ul>{links}</ul></nav>{page.main}"
        f"<footer>All rights reserved</footer><script>console.log('counted')</script></body></html>"
    )
