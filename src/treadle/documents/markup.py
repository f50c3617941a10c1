"""Reading XML and HTML of strangers: nothing is fetched, entities stay as they are, depth is bounded by the parser."""

from collections.abc import Iterable
from importlib import import_module
from typing import Any, Protocol

from treadle.engine.errors import TextExtractionError


class Element(Protocol):
    """What is used of an element of the XML library, which has no types of its own."""

    def get(self, name: str) -> str | None: ...
    def iterfind(self, path: str) -> Iterable["Element"]: ...


def parse_xml(data: bytes) -> Element:
    """The root of an XML document. Raises what the library raises for a malformed one."""
    etree: Any = import_module("lxml.etree")  # takes a moment to load, and few runs need it
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    return etree.fromstring(data, parser)


def walk_html(page: str) -> Any:
    """The iterator over starts and ends of the page's elements, None for an empty page.

    Raises TextExtractionError for a page of which the parser would leave out what is too deep.
    """
    etree: Any = import_module("lxml.etree")
    parser = etree.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True, huge_tree=True)
    root = etree.fromstring(page.encode("utf-8", "replace"), parser) if page.strip() else None
    if any("depth" in error.message for error in parser.error_log.filter_from_fatals()):
        raise TextExtractionError("The page is nested too deeply to be read; simplify it.")
    return None if root is None else etree.iterwalk(root, events=("start", "end"))
