"""The body of an HTTP request (workflow-nodes §20, step 5)."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, cast
from urllib.parse import urlencode
from uuid import uuid4

from pydantic import Field, model_validator

from treadle.engine.errors import FileFetchError, RequestBodyError
from treadle.engine.pool import VariablePool
from treadle.engine.ports import Files
from treadle.engine.template import Template
from treadle.engine.values import File

from .config import NodeConfig, SelectorField, TemplateField, empty_template
from .media import files_of

BodyType = Literal["none", "form-data", "x-www-form-urlencoded", "raw-text", "json", "binary"]

_OCTETS = "application/octet-stream"


class BodyItem(NodeConfig):
    """A field of a form, or the whole of a body of another type."""

    key: TemplateField = Field(default_factory=empty_template)
    type: Literal["text", "file"] = "text"
    value: TemplateField = Field(default_factory=empty_template)
    file: SelectorField = ()


class BodyConfig(NodeConfig):
    """What is sent. Text in the place of items is an older form."""

    type: BodyType = "none"
    data: tuple[BodyItem, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _items_of_text(cls, settings: object) -> object:
        if not isinstance(settings, Mapping):
            return settings
        given = cast("Mapping[str, object]", settings)
        text = given.get("data")
        if not isinstance(text, str):
            return given
        is_form = given.get("type") in ("form-data", "x-www-form-urlencoded")
        items = [{"key": key, "value": value} for key, value in pairs(text)] if is_form else [{"value": text}]
        return {**given, "data": items if text.strip() else []}


def pairs(text: str) -> list[tuple[str, str]]:
    """`key:value` lines. Lines without a key are left out, a missing colon means an empty value."""
    found: list[tuple[str, str]] = []
    for line in text.splitlines():
        key, _, value = line.strip().partition(":")
        if key.strip():
            found.append((key.strip(), value.strip()))
    return found


@dataclass(frozen=True, slots=True)
class Body:
    """`shown` is the body as the log shows it: without the bytes of files."""

    content: bytes | None = None
    content_type: str | None = None
    shown: str = ""
    fixed_type: bool = False
    """The content type must be this one, whatever the headers say."""


async def encode(config: BodyConfig, pool: VariablePool, files: Files) -> Body:
    """Raises RequestBodyError for settings that give no body, FileFetchError for a file that is missing."""
    match config.type:
        case "none":
            return Body()
        case "json":
            return _json(_single(config).value.text(pool))
        case "raw-text":
            text = _single(config).value.text(pool)
            return Body(text.encode(), "text/plain", text)
        case "binary":
            return await _binary(_single(config), pool, files)
        case "x-www-form-urlencoded":
            fields = {item.key.text(pool): item.value.text(pool) for item in config.data}
            text = urlencode(fields)
            return Body(text.encode("ascii"), "application/x-www-form-urlencoded", text)
        case "form-data":
            return await _multipart(config.data, pool, files)


def _single(config: BodyConfig) -> BodyItem:
    if len(config.data) != 1:
        raise RequestBodyError(f"A body of type {config.type} needs exactly one item, but has {len(config.data)}.")
    return config.data[0]


def _json(text: str) -> Body:
    """Control characters in strings are allowed, and malformed JSON is repaired."""
    try:
        value = json.loads(text, strict=False)
    except ValueError as error:
        value = _repaired(text, error)
    shown = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return Body(shown.encode(), "application/json", shown)


def _repaired(text: str, error: ValueError) -> object:
    from json_repair import repair_json  # loading it takes time, and most bodies are sound

    repaired = repair_json(text) if text.strip() else ""
    if repaired in ("", '""'):
        raise RequestBodyError(f"The body is not JSON: {error}.") from error
    return json.loads(repaired)


async def _binary(item: BodyItem, pool: VariablePool, files: Files) -> Body:
    file = pool.get(item.file)
    if not isinstance(file, File):
        if not item.file:
            raise FileFetchError("No variable is chosen for the file to send.")
        raise FileFetchError(f"The variable {'.'.join(item.file)} holds no file to send.")
    content = await files.read(file)
    return Body(content, file.mime_type or _OCTETS, f"<{len(content)} bytes of {file.filename or 'a file'}>")


async def _multipart(items: Sequence[BodyItem], pool: VariablePool, files: Files) -> Body:
    """RFC 7578. Fields whose files cannot be found are left out."""
    boundary = uuid4().hex
    content = bytearray()
    shown: list[str] = []

    def part(head: str, data: bytes, text: str) -> None:
        opening = f"--{boundary}\r\nContent-Disposition: form-data; {head}\r\n\r\n"
        content.extend(opening.encode() + data + b"\r\n")
        shown.append(f"{opening}{text}\r\n")

    for item in items:
        name = _quoted(item.key.text(pool))
        if item.type == "text":
            text = item.value.text(pool)
            part(f'name="{name}"', text.encode(), text)
            continue
        for file in files_of(pool.get(item.file)):
            data = await files.read(file)
            head = f'name="{name}"; filename="{_quoted(file.filename or "file")}"'
            head += f"\r\nContent-Type: {_one_line(file.mime_type or _OCTETS)}"
            part(head, data, f"<{len(data)} bytes>")
    closing = f"--{boundary}--\r\n"
    content.extend(closing.encode())
    return Body(bytes(content), f"multipart/form-data; boundary={boundary}", "".join(shown) + closing, fixed_type=True)


def _quoted(text: str) -> str:
    return text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def _one_line(text: str) -> str:
    return text.replace("\r", "").replace("\n", "")


def without_line_breaks(template: Template, pool: VariablePool) -> str:
    """The text of `template`; its values lose their line breaks, so that they cannot add lines."""
    return "".join(
        part if isinstance(part, str) else _one_line(Template((part,)).text(pool)) for part in template.parts
    )
