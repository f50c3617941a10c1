"""One exchange with a tracing service, and what its answer means."""

import json
from collections.abc import Mapping
from typing import Any

import msgspec

from treadle.engine.errors import NodeError
from treadle.engine.ports import Http, HttpRequest

_SECONDS = 20
_SHOWN = 300


class TracingFailed(Exception):
    """A service took nothing. `final`: the same again would be refused again. The message is a sentence."""

    def __init__(self, message: str, *, final: bool = False) -> None:
        super().__init__(message)
        self.final = final


async def exchange(
    http: Http,
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes | None = None,
    *,
    welcome: tuple[int, ...] = (),
) -> Any:
    """The JSON of an answer, None for one without. Raises TracingFailed."""
    answer = await answered(http, method, url, headers, body, welcome=welcome)
    try:
        return msgspec.json.decode(answer) if answer else None
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


async def answered(
    http: Http,
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes | None = None,
    *,
    content_type: str = "application/json",
    welcome: tuple[int, ...] = (),
) -> bytes:
    """What a service answers; `welcome` are statuses that count as success too. Raises TracingFailed."""
    sent = (("Content-Type", content_type), *headers.items()) if body is not None else tuple(headers.items())
    request = HttpRequest(
        method=method,
        url=url,
        headers=sent,
        body=body,
        read_timeout=_SECONDS,
        write_timeout=_SECONDS,
        secret_headers=tuple(headers),
    )
    try:
        answer = await http.send(request)
    except NodeError as error:
        raise TracingFailed(str(error)) from error
    if answer.status in (401, 403):
        raise TracingFailed(f"{url} does not accept the credentials (status {answer.status}).")
    if not (200 <= answer.status < 300 or answer.status in welcome):
        final = 400 <= answer.status < 500 and answer.status not in (404, 408, 429)
        said = answer.body[:_SHOWN].decode("utf-8", "replace").strip()
        raise TracingFailed(f"{url} answered with status {answer.status}: {said}", final=final)
    return answer.body


def encoded(value: Any) -> bytes:
    """JSON; what has no JSON form goes as text."""
    return json.dumps(value, ensure_ascii=True, default=str).encode()
