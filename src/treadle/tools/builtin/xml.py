"""Reads XML that upstreams answer, without entities that it declares itself."""

from collections.abc import Mapping
from urllib.parse import urlsplit
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from treadle.engine.errors import ToolInvokeError
from treadle.engine.ports import HttpResponse


def tree(response: HttpResponse, name: str) -> Element:
    """The root of the answer, which must have this name. Raises ToolInvokeError for anything else, and for XML that
    declares entities."""
    host = urlsplit(response.url).netloc
    if b"<!ENTITY" in response.body:
        raise ToolInvokeError(f"{host} answered with something unexpected: XML with entities.")
    try:
        root = ElementTree.fromstring(response.body)
    except (ElementTree.ParseError, ValueError) as error:
        raise ToolInvokeError(f"{host} answered with something unexpected: {error}.") from error
    if root.tag != name:
        raise ToolInvokeError(f"{host} answered with something unexpected: XML of another kind.")
    return root


def text(element: Element, path: str, namespaces: Mapping[str, str] | None = None) -> str:
    """All text below the first element at `path`, blanks joined; "" without one."""
    found = element.find(path, dict(namespaces or {}))
    return "" if found is None else " ".join("".join(found.itertext()).split())
