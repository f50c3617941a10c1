"""The body of a request: JSON, a form, a form with files, a file, or text."""

import json
from collections.abc import Mapping
from typing import Final, TypeAlias
from urllib.parse import urlencode
from uuid import uuid4

from treadle.engine.errors import ToolParameterError
from treadle.engine.ports import Files
from treadle.engine.values import File, JsonValue, Value, files_in

from .json_types import Unconvertible, converted, text_of
from .operations import Field, Operation, parameter_type
from .plain_values import json_of

_OCTETS: Final = "application/octet-stream"
_Member: TypeAlias = "JsonValue | list[File]"


async def body_of(operation: Operation, parameters: Mapping[str, Value], files: Files) -> tuple[bytes | None, str]:
    """The bytes and the content type; nothing for an operation without a body, or an optional one without values.

    Raises ToolParameterError and FileFetchError.
    """
    body = operation.body
    if body is None:
        return None, ""
    fields = [field for field in operation.fields if field.place == "body"]
    members = _members(fields, parameters)
    if not members and not body.required:
        return None, ""
    media_type = body.media_type.partition(";")[0].strip().lower()
    if body.whole:
        whole = next(iter(members.values()), None)
        if isinstance(whole, list) and whole and isinstance(whole[0], File):
            file = whole[0]
            own_type = file.mime_type or _OCTETS
            return await files.read(file), body.media_type if media_type not in ("", _OCTETS) else own_type
        return _whole(_json(whole), media_type), body.media_type
    if media_type == "multipart/form-data":
        return await _multipart(fields, members, files)
    if media_type == "application/x-www-form-urlencoded":
        return _form({name: _json(member) for name, member in members.items()}), media_type
    document = {name: _json(member) for name, member in members.items()}
    return json.dumps(document, ensure_ascii=False).encode(), body.media_type


def _members(fields: list[Field], parameters: Mapping[str, Value]) -> dict[str, _Member]:
    """The members that have a value, each in its own type. Raises ToolParameterError."""
    members: dict[str, _Member] = {}
    for field in fields:
        kind = parameter_type(field.schema)
        given = parameters.get(field.name)
        if kind in ("file", "files"):
            found = files_in(given)
            if not found and field.required:
                raise ToolParameterError(f'The parameter "{field.name}" is required: give it a file.')
            if found:
                members[field.name] = found
            continue
        value = json_of(given)
        if value is None:
            value = field.schema.get("default")
        if value is None or (value == "" and kind in ("number", "boolean", "array", "object")):
            if field.required:
                raise ToolParameterError(f'The parameter "{field.name}" is required, but has no value.')
            continue
        try:
            members[field.name] = converted(value, field.schema)
        except Unconvertible as error:
            raise ToolParameterError(f'The parameter "{field.name}" does not fit: {error}.') from error
    return members


def _json(member: _Member) -> JsonValue:
    """A member without files: where bytes cannot be written, a file is its address."""
    if isinstance(member, list):
        return [json_of(item) if isinstance(item, File) else item for item in member]
    return member


def _whole(value: JsonValue, media_type: str) -> bytes:
    is_json = media_type == "application/json" or media_type.endswith("+json")
    return (json.dumps(value, ensure_ascii=False) if is_json else text_of(value)).encode()


def _form(members: Mapping[str, JsonValue]) -> bytes:
    pairs: list[tuple[str, str]] = []
    for name, member in members.items():
        listed = member if isinstance(member, list) else [member]
        pairs += [(name, text_of(item)) for item in listed]
    return urlencode(pairs).encode("ascii")


async def _multipart(fields: list[Field], members: Mapping[str, _Member], files: Files) -> tuple[bytes, str]:
    """RFC 7578: a part for each item of a list; objects as JSON; files with their names."""
    boundary = uuid4().hex
    content = bytearray()

    def part(head: str, data: bytes) -> None:
        content.extend(f"--{boundary}\r\nContent-Disposition: form-data; {head}\r\n\r\n".encode() + data + b"\r\n")

    for field in fields:
        if field.name not in members:
            continue
        member = members[field.name]
        for item in member if isinstance(member, list) else [member]:
            head = f'name="{_quoted(field.name)}"'
            if isinstance(item, File):
                head += f'; filename="{_quoted(item.filename or "file")}"'
                part(f"{head}\r\nContent-Type: {_one_line(item.mime_type or _OCTETS)}", await files.read(item))
            elif field.media_type or isinstance(item, (dict, list)):
                part(f"{head}\r\nContent-Type: {_one_line(field.media_type or 'application/json')}",
                     text_of(item).encode())  # fmt: skip
            else:
                part(head, text_of(item).encode())
    content.extend(f"--{boundary}--\r\n".encode())
    return bytes(content), f"multipart/form-data; boundary={boundary}"


def _quoted(text: str) -> str:
    return text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def _one_line(text: str) -> str:
    return text.replace("\r", "").replace("\n", "")
