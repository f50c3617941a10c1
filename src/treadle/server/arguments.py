"""Bodies, forms and queries as typed arguments; what does not fit is refused by name.

Source: spec service-api §1.4.
"""

import uuid
from typing import Any, TypeVar, cast

import msgspec
from starlette.datastructures import FormData
from starlette.formparsers import MultiPartException
from starlette.requests import Request

from treadle.platform.refusals import BadRequest, InvalidParam, TooLarge, UnsupportedMediaType
from treadle.server.errors import invalid_argument

Arguments = TypeVar("Arguments")
JsonObject = dict[str, Any]

_decode = msgspec.json.Decoder().decode


def decode_json(body: bytes) -> Any:
    """A body as data. NUL, which no record holds, is left out of its texts.

    Raises DecodeError, UnicodeDecodeError or RecursionError.
    """
    value = _decode(body)
    return _without_nul(value) if b"\\u0000" in body else value


def _without_nul(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\x00", "")
    if isinstance(value, list):
        return [_without_nul(each) for each in cast(list[Any], value)]
    if isinstance(value, dict):
        return {name.replace("\x00", ""): _without_nul(each) for name, each in cast(JsonObject, value).items()}
    return value


async def read_json(request: Request, limit: int) -> JsonObject:
    """The JSON object of the body.

    Raises UnsupportedMediaType for another content type, BadRequest for text that is no JSON, InvalidParam for JSON
    that is no object, TooLarge beyond `limit` bytes.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise UnsupportedMediaType("Send the body as JSON, with the header `Content-Type: application/json`.")
    body = await read_body(request, limit)
    try:
        value = decode_json(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadRequest(f"The body is not valid JSON: {error}.") from error
    if not isinstance(value, dict):
        raise InvalidParam("The body must be a JSON object.")
    return cast(JsonObject, value)


async def read_body(request: Request, limit: int) -> bytes:
    """The body, read no further than `limit` bytes. Raises TooLarge."""
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit:
        raise TooLarge(f"The body is larger than {limit:,} bytes.", code="request_too_large")
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise TooLarge(f"The body is larger than {limit:,} bytes.", code="request_too_large")
        chunks.append(chunk)
    return b"".join(chunks)


async def read_form(request: Request, limit: int) -> FormData:
    """The parts of a multipart body. Raises UnsupportedMediaType, BadRequest or TooLarge."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "multipart/form-data":
        raise UnsupportedMediaType("Send the body as `multipart/form-data`.")
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit:
        raise TooLarge(f"The body is larger than {limit:,} bytes.")
    try:
        return await request.form(max_files=20, max_fields=100)
    except MultiPartException as error:
        raise BadRequest(f"The form cannot be read: {error.message}") from error


def convert(value: object, kind: type[Arguments]) -> Arguments:
    """`value` as `kind`; unknown members are ignored. Raises InvalidParam naming the first bad one."""
    try:
        return msgspec.convert(value, kind, strict=False)
    except msgspec.ValidationError as error:
        raise invalid_argument(error) from error


def read_query(request: Request, kind: type[Arguments]) -> Arguments:
    """The query string as `kind`; the empty text counts as absent, and NUL, which no record holds, as nothing."""
    given = {name: value.replace("\x00", "") for name, value in request.query_params.items()}
    return convert({name: value for name, value in given.items() if value != ""}, kind)


def optional_uuid(value: str | None, param: str) -> str | None:
    """A UUID in its usual form; None for absent or empty. Raises InvalidParam."""
    if not value:
        return None
    try:
        return str(uuid.UUID(value))
    except ValueError as error:
        raise InvalidParam(f"`{param}` is not a UUID.", param=param) from error
