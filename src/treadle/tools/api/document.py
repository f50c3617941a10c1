"""The description of an API as somebody gives it: which kind it is, and what it offers.

Source: spec models-and-tools §4.4 "Input".
"""

import asyncio
import json
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias
from urllib.parse import urljoin, urlsplit

from treadle.dsl.reader import read_yaml
from treadle.engine.errors import NodeError
from treadle.engine.ports import Http, HttpRequest
from treadle.engine.values import JsonValue

from .failures import ApiDocumentError
from .openapi import Parsed, parse_openapi
from .swagger import from_swagger

SchemaType: TypeAlias = Literal["openapi", "swagger", "openai_plugin", "openai_actions"]

MAX_BYTES: Final = 4 * 1024 * 1024
_FETCH_SECONDS: Final = 10.0
_MANIFEST_SECONDS: Final = 5.0
_BROWSER: Final = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36"


@dataclass(frozen=True, slots=True)
class Description:
    """A description that was understood."""

    schema_type: SchemaType
    parsed: Parsed


async def understand(text: str, *, http: Http, environment: str | None = None) -> Description:
    """Read a description, whatever kind it is; a plugin manifest's document is fetched.

    Raises ApiDocumentError with one reason for each kind that it is not.
    """
    tree = await asyncio.to_thread(tree_of, text)
    failures: list[str] = []
    try:
        return Description("openapi", await asyncio.to_thread(parse_openapi, tree, environment=environment))
    except ApiDocumentError as error:
        failures.append(f"As OpenAPI: {error}")
    try:
        return Description("swagger", await asyncio.to_thread(lambda: parse_openapi(from_swagger(tree))))
    except ApiDocumentError as error:
        failures.append(f"As Swagger 2: {error}")
    try:
        linked = await fetch_linked(tree, http)
        document = await asyncio.to_thread(tree_of, linked)
        return Description("openai_plugin", await asyncio.to_thread(parse_openapi, document))
    except ApiDocumentError as error:
        failures.append(f"As a plugin manifest: {error}")
    # A document that says what it is, is only that.
    said = next((index for index, mark in enumerate(("openapi", "swagger")) if mark in tree), None)
    raise ApiDocumentError(
        "The description cannot be used. " + (failures[said] if said is not None else " ".join(failures))
    )


def tree_of(text: str) -> dict[str, JsonValue]:
    """The description as data, from JSON or YAML. Raises ApiDocumentError."""
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise ApiDocumentError(f"The description is larger than {MAX_BYTES // 1024 // 1024} MB.")
    if not text.strip():
        raise ApiDocumentError("The description is empty.")
    try:
        tree: JsonValue = json.loads(text)
    except (ValueError, RecursionError):
        read = read_yaml(text)
        if errors := [problem.message for problem in read.problems if problem.severity == "error"]:
            raise ApiDocumentError(f"The description is neither JSON nor YAML. {errors[0]}") from None
        tree = read.data
    if not isinstance(tree, dict):
        raise ApiDocumentError("The description is no object with members such as `openapi` and `paths`.")
    return tree


async def fetch_linked(manifest: dict[str, JsonValue], http: Http) -> str:
    """The document that a plugin manifest points to. Raises ApiDocumentError."""
    api = manifest.get("api")
    if not isinstance(api, dict) or not isinstance(api.get("url"), str):
        raise ApiDocumentError("It has no `api` with a `url`.")
    if api.get("type") != "openapi":
        raise ApiDocumentError(f"Its `api.type` must be openapi, but is {api.get('type')!r}.")
    return await _fetch(str(api["url"]), http, _MANIFEST_SECONDS)


async def fetch_description(url: str, http: Http) -> str:
    """The description at an address, through the guard. Raises ApiDocumentError.

    A document that names no server, or one relative to its own address, means the server that it came from; that is
    written into it, since it is not known any more once the text is stored.
    """
    text = await _fetch(url, http, _FETCH_SECONDS)
    return await asyncio.to_thread(_with_server, text, url)


async def _fetch(url: str, http: Http, seconds: float) -> str:
    request = HttpRequest(
        method="GET",
        url=url,
        headers=(("User-Agent", _BROWSER), ("Accept", "*/*")),
        connect_timeout=seconds,
        read_timeout=seconds,
        write_timeout=seconds,
        max_bytes=MAX_BYTES,
    )
    try:
        answer = await http.send(request)
    except NodeError as error:
        raise ApiDocumentError(f"{url} cannot be fetched: {error}") from error
    if answer.status != 200:
        raise ApiDocumentError(f"{url} cannot be fetched: it answered with status {answer.status}.")
    return answer.body.decode("utf-8", "replace")


def _with_server(text: str, url: str) -> str:
    try:
        tree = tree_of(text)
    except ApiDocumentError:
        return text
    if "openapi" in tree:
        servers = tree.get("servers")
        first = servers[0] if isinstance(servers, list) and servers else None
        address = first.get("url") if isinstance(first, dict) else None
        if isinstance(address, str) and urlsplit(address).scheme:
            return text
        tree["servers"] = [{"url": urljoin(url, address if isinstance(address, str) else "/")}]
    elif "swagger" in tree and not tree.get("host"):
        tree["host"] = urlsplit(url).netloc
        tree.setdefault("schemes", [urlsplit(url).scheme])
    else:
        return text
    return json.dumps(tree, ensure_ascii=False, indent=2)
