"""How built-in tools speak to upstreams: guarded HTTP, answers decoded into types, failures told in one sentence."""

import re
from collections.abc import Mapping, Sequence
from secrets import token_hex
from typing import TypeAlias, TypeVar
from urllib.parse import urlencode, urlsplit

import msgspec

from treadle.engine.errors import HttpRequestNodeError, ToolCredentialsError, ToolInvokeError
from treadle.engine.ports import HttpRequest, HttpResponse
from treadle.engine.values import JsonValue

from .call import Call
from .secrecy import secrets_in

T = TypeVar("T")
Query: TypeAlias = Mapping[str, str | int | float | bool | None] | Sequence[tuple[str, str]]

_TIMEOUT = 60.0
MAX_BYTES = 10 * 1024 * 1024
"""The largest answer, in bytes."""
_REFUSED = frozenset({401, 403})
_SAYING = ("message", "error_message", "error_msg", "msg", "detail", "description", "reason", "error", "errors", "info")
"""Members under which vendors put what went wrong, the most telling first."""


async def ask(
    call: Call,
    answer: type[T],
    method: str,
    url: str,
    *,
    query: Query = (),
    headers: Mapping[str, str] | None = None,
    json: JsonValue = None,
    form: Mapping[str, str] | None = None,
    timeout: float = _TIMEOUT,
    max_bytes: int = MAX_BYTES,
) -> T:
    """The JSON that an upstream answers, as `answer`.

    `query` and `form` entries of None are left out. Raises ToolCredentialsError (401, 403) or ToolInvokeError, also for
    an answer of another shape.
    """
    accepted = {"Accept": "application/json", **(headers or {})}
    response = await send(
        call, method, url, query=query, headers=accepted, json=json, form=form, timeout=timeout, max_bytes=max_bytes
    )
    return decoded(response, answer)


async def send(
    call: Call,
    method: str,
    url: str,
    *,
    query: Query = (),
    headers: Mapping[str, str] | None = None,
    json: JsonValue = None,
    form: Mapping[str, str] | None = None,
    body: bytes | None = None,
    timeout: float = _TIMEOUT,
    max_bytes: int = MAX_BYTES,
) -> HttpResponse:
    """One exchange. Raises ToolCredentialsError (401, 403 where there are credentials) or ToolInvokeError (else)."""
    response = await exchange(
        call,
        method,
        url,
        query=query,
        headers=headers,
        json=json,
        form=form,
        body=body,
        timeout=timeout,
        max_bytes=max_bytes,
    )
    raise_for_status(response, keyed=bool(call.credentials))
    return response


async def exchange(
    call: Call,
    method: str,
    url: str,
    *,
    query: Query = (),
    headers: Mapping[str, str] | None = None,
    json: JsonValue = None,
    form: Mapping[str, str] | None = None,
    body: bytes | None = None,
    timeout: float = _TIMEOUT,
    max_bytes: int = MAX_BYTES,
) -> HttpResponse:
    """The answer, whatever its status. Raises ToolInvokeError when there is none."""
    sent = {"User-Agent": "Treadle", **(headers or {})}
    if json is not None:
        body = msgspec.json.encode(json)
        sent.setdefault("Content-Type", "application/json")
    elif form is not None:
        body = urlencode(form).encode()
        sent.setdefault("Content-Type", "application/x-www-form-urlencoded")
    secrets = secrets_in(call.credentials.values())
    request = HttpRequest(
        method=method,
        url=with_query(url, query),
        headers=tuple(sent.items()),
        secret_headers=tuple(name for name, value in sent.items() if any(secret in value for secret in secrets)),
        body=body,
        read_timeout=timeout,
        write_timeout=timeout,
        max_bytes=max_bytes,
    )
    try:
        return await call.http.send(request)
    except HttpRequestNodeError as error:
        raise ToolInvokeError(without_query(str(error))) from error


def multipart(
    fields: Mapping[str, str], files: Mapping[str, tuple[str, str, bytes]] | None = None
) -> tuple[str, bytes]:
    """The content type and body of a form (RFC 7578). `files`: name to file name, content type and bytes."""
    boundary = token_hex(16)
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    for name, (filename, kind, data) in (files or {}).items():
        shown = re.sub(r'["\r\n\\\\]', "_", filename)
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{shown}"\r\n'
        parts += [f"{head}Content-Type: {kind}\r\n\r\n".encode(), data, b"\r\n"]
    return f"multipart/form-data; boundary={boundary}", b"".join([*parts, f"--{boundary}--\r\n".encode()])


def raise_for_status(response: HttpResponse, *, keyed: bool) -> None:
    """Raises ToolCredentialsError (401, 403 of a `keyed` call) or ToolInvokeError (any other failure) with what the
    upstream said."""
    if response.status < 400:
        return
    host, said = urlsplit(response.url).netloc, saying(response.body)
    if response.status in _REFUSED and keyed:
        raise ToolCredentialsError(
            f"{host} refused the credentials (status {response.status}){said}; check them in the tool's settings."
        )
    if response.status == 429:
        raise ToolInvokeError(f"{host} allows no more calls for now (status 429){said}; try again later.")
    raise ToolInvokeError(f"{host} answered with status {response.status}{said}.")


def decoded(response: HttpResponse, answer: type[T]) -> T:
    """The body as `answer`. Raises ToolInvokeError when it is of another shape."""
    try:
        return msgspec.json.decode(response.body, type=answer, strict=False)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        host = urlsplit(response.url).netloc
        raise ToolInvokeError(f"{host} answered with something unexpected: {error}.") from error


def saying(body: bytes) -> str:
    """What an error body says, as the end of a sentence: `: ...`, or "" when it says nothing readable."""
    try:
        text = _saying_in(msgspec.json.decode(body))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        plain = body[:2000].decode("utf-8", "replace").strip()
        text = "" if plain.startswith("<") else plain
    text = " ".join(text.split())[:300].rstrip(". ")
    return f": {text}" if text else ""


def _saying_in(value: JsonValue) -> str:
    match value:
        case str():
            return value
        case dict():
            return next((text for name in _SAYING if (text := _saying_in(value.get(name)))), "")
        case list():
            return next((text for item in value if (text := _saying_in(item))), "")
        case _:
            return ""


def with_query(url: str, query: Query) -> str:
    """`url` with `query` after whatever it has already; booleans are written in lower case, None is left out."""
    pairs = query.items() if isinstance(query, Mapping) else query
    encoded = urlencode([(name, _text(value)) for name, value in pairs if value is not None])
    if not encoded:
        return url
    return f"{url}{'&' if '?' in url else '?'}{encoded}"


def without_query(text: str) -> str:
    """A message whose URLs have lost their queries, since keys may lie there."""
    return re.sub(r"(https?://[^\s?]+)\?\S*?(?=[.,:;]?(?:\s|$))", r"\1", text)


def _text(value: str | int | float | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
