"""The HTTP request of a call: path, query, headers, cookies and body as the operation describes them.

Source: spec models-and-tools §4.4 "Request building", OpenAPI 3 "Style Values".
"""

import re
from collections.abc import Mapping
from typing import Final, TypeAlias
from urllib.parse import quote

from treadle.engine.errors import ToolParameterError
from treadle.engine.ports import Files, HttpRequest
from treadle.engine.values import File, JsonValue, Value

from .auth import ApiCredentials
from .body import body_of
from .json_types import Unconvertible, converted, text_of
from .operations import Field, Operation
from .plain_values import json_of

Headers: TypeAlias = list[tuple[str, str]]

_HEADER_NAME: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_OUR_HEADERS: Final = frozenset(
    {"host", "content-length", "transfer-encoding", "connection", "upgrade", "content-type"}
)
_SEPARATORS: Final = {"spaceDelimited": "%20", "pipeDelimited": "|"}


async def request_of(
    operation: Operation,
    parameters: Mapping[str, Value],
    credentials: ApiCredentials,
    files: Files,
    *,
    connect_timeout: float = 10,
    read_timeout: float = 60,
) -> HttpRequest:
    """The request for a call of `operation`.

    Raises ToolParameterError for a value that is missing or does not fit, FileFetchError for a file that is gone.
    """
    path, query, headers, cookies = operation.path, list[str](), Headers(), list[str]()
    for field in operation.fields:
        if field.place == "body":
            continue
        value = _value(field, parameters)
        match field.place:
            case "path":
                path = path.replace(f"{{{field.name}}}", _segment(field, value))
            case "query":
                query += _query(field, value)
            case "header":
                headers += _header(field, value)
            case "cookie" if value not in (None, ""):
                cookies.append(f"{quote(field.name, safe='')}={quote(_joined(value), safe='')}")
            case _:
                pass
    if left := re.search(r"\{[^}/]*\}", path):
        raise ToolParameterError(f"The description of {operation.name} says nothing about {left[0]} of its path.")
    if key := credentials.query():
        query.append(f"{quote(key[0], safe='')}={quote(key[1], safe='')}")
    if cookies:
        headers.append(("Cookie", "; ".join(cookies)))
    content, media_type = await body_of(operation, parameters, files)
    if media_type:
        headers.append(("Content-Type", media_type))
    secret: tuple[str, ...] = ()
    if key := credentials.header():
        headers = [header for header in headers if header[0].lower() != key[0].lower()]
        headers.append(key)
        secret = (key[0],)
    return HttpRequest(
        method=operation.method.upper(),
        url=operation.server + path + (f"{'&' if '?' in path else '?'}{'&'.join(query)}" if query else ""),
        headers=tuple(headers),
        body=content,
        connect_timeout=connect_timeout,
        read_timeout=read_timeout,
        write_timeout=read_timeout,
        secret_headers=secret,
    )


def _value(field: Field, parameters: Mapping[str, Value]) -> JsonValue:
    """The value of a field in its own type, its default where none is given; None without either."""
    given = parameters.get(field.name)
    if isinstance(given, File):
        raise ToolParameterError(f'The parameter "{field.name}" takes no file.')
    value = json_of(given)
    if value is None or value == "":
        value = field.schema.get("default")
    if value is None or value == "":
        if field.required:
            raise ToolParameterError(f'The parameter "{field.name}" is required, but has no value.')
        return None
    try:
        return converted(value, field.schema)
    except Unconvertible as error:
        raise ToolParameterError(f'The parameter "{field.name}" does not fit: {error}.') from error


def _segment(field: Field, value: JsonValue) -> str:
    """A part of the path. One that would lead to another path is refused."""
    text = _joined(value)
    if text in (".", ".."):
        raise ToolParameterError(f'The parameter "{field.name}" must not be {text!r}, which is another path.')
    return quote(text, safe="")


def _query(field: Field, value: JsonValue) -> list[str]:
    if value is None or value == "":
        return []
    name = quote(field.name, safe="[]")
    if field.media_type or not isinstance(value, (list, dict)):
        return [f"{name}={quote(text_of(value), safe='')}"]
    explode = field.explode if field.explode is not None else field.style in ("", "form", "deepObject")
    if isinstance(value, list):
        if explode:
            return [f"{name}={quote(text_of(item), safe='')}" for item in value]
        separator = _SEPARATORS.get(field.style, ",")
        return [f"{name}={separator.join(quote(text_of(item), safe='') for item in value)}"] if value else []
    members = {key: text_of(member) for key, member in value.items() if member is not None}
    if field.style == "deepObject":
        return [f"{name}[{quote(key, safe='')}]={quote(text, safe='')}" for key, text in members.items()]
    if explode:
        return [f"{quote(key, safe='')}={quote(text, safe='')}" for key, text in members.items()]
    pairs = ",".join(f"{quote(key, safe='')},{quote(text, safe='')}" for key, text in members.items())
    return [f"{name}={pairs}"]


def _header(field: Field, value: JsonValue) -> Headers:
    if value is None or value == "" or field.name.lower() in _OUR_HEADERS:
        return []
    if not _HEADER_NAME.fullmatch(field.name):
        raise ToolParameterError(f'"{field.name}" is no name that a header can have.')
    text = text_of(value) if field.media_type else _joined(value)
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in text):
        raise ToolParameterError(f'The header "{field.name}" must not have line breaks or control characters.')
    return [(field.name, text)]


def _joined(value: JsonValue) -> str:
    """A list or object in one word, as paths, headers and cookies write them."""
    match value:
        case list():
            return ",".join(text_of(item) for item in value)
        case dict():
            return ",".join(f"{key},{text_of(member)}" for key, member in value.items())
        case _:
            return text_of(value)
