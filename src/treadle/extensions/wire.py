"""The calls to an extension's endpoint: one POST for each point.

Source: spec models-and-tools §5.3, service-api §7.
"""

from collections.abc import Mapping
from typing import Literal, TypeAlias

import msgspec

from treadle.engine.errors import HttpRequestNodeError
from treadle.engine.ports import Http, HttpRequest
from treadle.engine.values import JsonValue, Value

Point = Literal["ping", "app.moderation.input", "app.moderation.output", "app.external_data_tool.query"]
Params: TypeAlias = "Mapping[str, JsonValue | Value | Mapping[str, Value]]"

CONNECT_SECONDS = 5
READ_SECONDS = 60
_MAX_ANSWER = 2 * 1024 * 1024
_QUOTED = 100

_encode = msgspec.json.Encoder(enc_hook=str).encode
_decode = msgspec.json.Decoder(dict[str, object]).decode


class ExtensionFailed(Exception):
    """An extension could not be asked, or gave no usable answer. The message is a sentence for people."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


async def ask(http: Http, *, name: str, endpoint: str, key: str, point: Point, params: Params) -> dict[str, JsonValue]:
    """The JSON object that the extension answers. Raises ExtensionFailed; the message quotes its first characters."""
    request = HttpRequest(
        method="POST",
        url=endpoint,
        headers=(("Content-Type", "application/json"), ("Authorization", f"Bearer {key}")),
        body=_encode({"point": point, "params": params}),
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        write_timeout=READ_SECONDS,
        max_bytes=_MAX_ANSWER,
    )
    try:
        answer = await http.send(request)
    except HttpRequestNodeError as error:
        raise ExtensionFailed(f'The API extension "{name}" could not be asked: {error}') from error
    if answer.status != 200:
        said = answer.body[: _QUOTED * 4].decode("utf-8", "replace")[:_QUOTED]
        raise ExtensionFailed(f'The API extension "{name}" answered with status {answer.status}: {said}')
    try:
        return _decode(answer.body)  # type: ignore[return-value]
    except msgspec.DecodeError as error:
        said = answer.body.decode("utf-8", "replace")[:_QUOTED]
        raise ExtensionFailed(f'The API extension "{name}" did not answer with a JSON object: {said}') from error
