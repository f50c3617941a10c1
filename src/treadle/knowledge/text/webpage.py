"""Web pages as a reader takes them in: what they say as Markdown, without what surrounds it, and where they link to."""

import codecs
import re
from importlib import import_module
from typing import Any, Final
from urllib.parse import urldefrag, urljoin

from .formats.html import decode_html, html_markdown
from .wire import PageFrame, PageOrder

_MOST_LINKS: Final = 5000
_LEAST_SHARE: Final = 0.2
"""Of the words of a page that its content must hold; with less, something was missed."""
_SHORT_PAGE: Final = 4000
_AROUND: Final = "//nav|//header[not(ancestor::article or ancestor::main)]|//footer|//aside|//*[@role='navigation']"
_MAIN: Final = "//main|//*[@role='main']|//article[not(//main) and not(//*[@role='main'])]"
_WORD = re.compile(r"\w+")


def read_page(data: bytes, order: PageOrder) -> PageFrame:
    """The page in `data`. Nothing is fetched."""
    html: Any = import_module("lxml.html")  # has no types of its own
    page = _decoded(data, order.charset).replace("\x00", "")
    try:
        parser = html.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True)
        tree = html.document_fromstring(page.encode("utf-8", "replace"), parser=parser)
    except Exception:  # an empty page, or nothing but comments
        return PageFrame("", "", "", [], False)
    title = _title(tree)
    description = next(iter([*_metas(tree, "description"), *_metas(tree, "og:description")]), "")
    robots = {word.strip() for text in _metas(tree, "robots") for word in text.lower().split(",")}
    links = [] if robots & {"nofollow", "none"} else _links(tree, order.url)
    markdown = _markdown(page, tree, html, order)  # takes the tree apart
    return PageFrame(title, description, markdown, links, bool(robots & {"noindex", "none"}))


def _decoded(data: bytes, charset: str) -> str:
    if charset:
        try:
            codecs.lookup(charset)
            return data.decode({"iso-8859-1": "cp1252", "gb2312": "gb18030"}.get(charset.lower(), charset))
        except (LookupError, UnicodeDecodeError):
            pass
    return decode_html(data)


def _markdown(page: str, tree: Any, html: Any, order: PageOrder) -> str:
    """The content of the page: what it marks as its main part, else what trafilatura takes for it.

    Of a short page, or one of which that finds little, everything but the navigation and the like around it.
    """
    if not order.main_content:
        return html_markdown(page, order.url)
    for surroundings in list(tree.xpath(_AROUND)):
        surroundings.drop_tree()
    around_gone = html_markdown(html.tostring(tree, encoding="unicode"), order.url)
    main = tree.xpath(_MAIN)
    if len(main) == 1:
        found = html_markdown(html.tostring(main[0], encoding="unicode", with_tail=False), order.url)
        if _words(found) >= _LEAST_SHARE * _words(around_gone):
            return found
    if len(around_gone) <= _SHORT_PAGE:
        return around_gone
    import trafilatura

    found = trafilatura.extract(
        page, url=order.url, output_format="markdown", include_links=True, include_comments=False, favor_recall=True
    )
    content = (found or "").strip()
    if _words(content) < _LEAST_SHARE * _words(around_gone):
        return around_gone
    heading = tree.find(".//h1")
    name = " ".join(heading.text_content().split()) if heading is not None else ""
    return f"# {name}\n\n{content}" if name and name not in content[: len(name) + 200] else content


def _words(text: str) -> int:
    return sum(1 for _ in _WORD.finditer(text))


def _title(tree: Any) -> str:
    element = tree.find(".//title")
    text = " ".join(element.text_content().split()) if element is not None else ""
    return text or next(iter(_metas(tree, "og:title")), "")


def _metas(tree: Any, name: str) -> list[str]:
    return [
        text
        for meta in tree.iter("meta")
        if (meta.get("name") or meta.get("property") or "").lower() == name
        and (text := " ".join((meta.get("content") or "").split()))
    ]


def _links(tree: Any, url: str) -> list[str]:
    """The web addresses that the page links to, without their fragments, in order, each once."""
    base = tree.find(".//base")
    start = urljoin(url, base.get("href") or "") if base is not None else url
    found: dict[str, None] = {}
    for anchor in tree.iter("a", "area"):
        href = (anchor.get("href") or "").strip()
        if not href or "nofollow" in (anchor.get("rel") or "").lower().split():
            continue
        try:
            address = urldefrag(urljoin(start, href)).url
        except ValueError:
            continue
        if address.startswith(("http://", "https://")):
            found[address] = None
            if len(found) >= _MOST_LINKS:
                break
    return list(found)
