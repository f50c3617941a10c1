"""What a double received: requests with their parsed bodies, and the rules they broke."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import parse_qsl

from python_multipart.multipart import MultipartParser, parse_options_header

JsonValue = None | bool | int | float | str | list["JsonValue"] | dict[str, "JsonValue"]


@dataclass(frozen=True)
class FilePart:
    """One uploaded file of a multipart body."""

    field: str
    filename: str
    content_type: str
    content: bytes


@dataclass(frozen=True)
class Form:
    """A urlencoded or multipart body: ordered fields, and the files of a multipart one."""

    fields: tuple[tuple[str, str], ...] = ()
    files: tuple[FilePart, ...] = ()

    def values(self, name: str) -> list[str]:
        """Every value sent under `name`, in order."""
        return [value for key, value in self.fields if key == name]


@dataclass(frozen=True)
class Unreadable:
    """A body that does not hold what its content type says."""

    reason: str


@dataclass
class Request:
    """One request as it arrived. Header names are lower case; `body` is parsed by the content type."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: "JsonValue | Form | Unreadable"
    raw: bytes
    client_closed: bool = field(default=False, compare=False)
    """Whether the client hung up before the answer was complete."""

    @property
    def json(self) -> Any:
        """The JSON body, typed loosely because a test indexes deep into a shape it knows."""
        return self.body

    @property
    def bearer(self) -> str | None:
        """The bearer token of the Authorization header, or None when there is none."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token if scheme == "Bearer" and token else None


ViolationKind = Literal["auth", "route", "schema", "protocol"]


@dataclass(frozen=True)
class Violation:
    """A rule of the real service that a request broke."""

    kind: ViolationKind
    where: str
    """Method and path of the request."""
    message: str

    def __str__(self) -> str:
        return f"{self.where} [{self.kind}] {self.message}"


def parse_body(content_type: str, raw: bytes) -> "JsonValue | Form | Unreadable":
    """The body by its content type: JSON value, Form, text, or None when empty. Unknown binary stays in `raw`."""
    media, options = parse_options_header(content_type)
    if media == b"multipart/form-data":
        boundary = options.get(b"boundary")
        return parse_multipart(raw, boundary) if boundary else Unreadable("multipart body without a boundary")
    if media == b"application/x-www-form-urlencoded":
        return Form(fields=tuple(parse_qsl(raw.decode(), keep_blank_values=True)))
    if not raw:
        return None
    if media == b"application/json" or media.endswith(b"+json"):
        try:
            return json.loads(raw)
        except ValueError as error:
            return Unreadable(f"not valid JSON: {error}")
    if media.startswith(b"text/"):
        return raw.decode(options.get(b"charset", b"utf-8").decode(), errors="replace")
    return None


def parse_multipart(raw: bytes, boundary: bytes) -> Form | Unreadable:
    """The parts of a multipart/form-data body (RFC 7578), a part with a file name being a file."""
    fields: list[tuple[str, str]] = []
    files: list[FilePart] = []
    headers: dict[bytes, bytes] = {}
    name, value, content = bytearray(), bytearray(), bytearray()

    def begin_part() -> None:
        headers.clear()
        content.clear()

    def end_header() -> None:
        headers[bytes(name).lower()] = bytes(value)
        name.clear()
        value.clear()

    def end_part() -> None:
        _, options = parse_options_header(headers.get(b"content-disposition", b""))
        field_name = options.get(b"name", b"").decode()
        if b"filename" in options:
            media = headers.get(b"content-type", b"application/octet-stream").decode()
            files.append(FilePart(field_name, options[b"filename"].decode(), media, bytes(content)))
        else:
            fields.append((field_name, content.decode()))

    parser = MultipartParser(
        boundary,
        {
            "on_part_begin": begin_part,
            "on_header_field": lambda data, start, end: name.extend(data[start:end]),
            "on_header_value": lambda data, start, end: value.extend(data[start:end]),
            "on_header_end": end_header,
            "on_part_data": lambda data, start, end: content.extend(data[start:end]),
            "on_part_end": end_part,
        },
    )
    try:
        parser.write(raw)
        parser.finalize()
    except ValueError as error:
        return Unreadable(f"broken multipart body: {error}")
    return Form(tuple(fields), tuple(files))


def objects(value: JsonValue) -> list[dict[str, JsonValue]]:
    """The objects of a JSON list; nothing for None."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
