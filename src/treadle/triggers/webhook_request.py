"""The check of an HTTP request against a trigger-webhook node, and what its sender is answered.

Source: spec workflow-nodes §23; the order of the checks is contract.
"""

import json
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import parse_qsl

import msgspec
from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from treadle.engine.values import File, JsonValue, Value, unmarked
from treadle.nodes.config import as_value
from treadle.nodes.trigger_webhook import (
    BINARY,
    DATA,
    JSON,
    MULTIPART,
    RAW,
    Parameter,
    WebhookConfig,
    header_value,
)

_TRUE = frozenset({"true", "1", "yes"})
_FALSE = frozenset({"false", "0", "no"})
_NO_BODY = frozenset({204, 205, 304})
_MOST_PARTS = 1000
_DONE: JsonValue = {"status": "success", "message": "Webhook processed successfully"}


class WebhookRefused(Exception):
    """The request starts nothing. `status` is 400, 404, 413 or 429."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class BadWebhookRequest(WebhookRefused):
    """The request is not what the node asks for."""

    def __init__(self, message: str) -> None:
        super().__init__(400, message)


@dataclass(frozen=True, slots=True)
class Sent:
    """A file of the request, not yet stored."""

    name: str
    content_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request as it came in. Header names are as the server gives them; `query` is the raw query string."""

    method: str
    headers: Mapping[str, str]
    query: str
    body: bytes

    @property
    def content_type(self) -> str:
        """The media type alone; a request without one counts as JSON."""
        return _media_type(self.headers) or JSON


@dataclass(frozen=True, slots=True)
class Parsed:
    """The body of a request by its own content type: fields, and the files sent beside them or as the whole body."""

    body: JsonValue
    files: Mapping[str, Sent] = field(default_factory=dict[str, Sent])


Keep = Callable[[Sent], Awaitable[File]]
"""Stores a file of the request."""


async def inputs_of(config: WebhookConfig, request: Request, keep: Keep) -> dict[str, Value]:
    """The inputs of the run that this request starts. Raises WebhookRefused; then no file was kept."""
    parsed = await _parse(request)
    _check_kind(config, request)
    for header in config.headers:
        if header.required and header_value(dict(request.headers), header.name) is None:
            raise BadWebhookRequest(f"Required header missing: {header.name}")
    query = _converted(config.params, _first_values(request.query), "query parameter")
    body = _checked_body(config, parsed)
    files: dict[str, Value] = {name: await keep(sent) for name, sent in parsed.files.items()}
    if request.content_type == BINARY:
        body = {RAW: files.pop(RAW, None)}
    data: dict[str, Value] = {
        "method": request.method.upper(),
        "headers": dict(request.headers),
        "query_params": query,
        "body": body,
        "files": files,
    }
    return {
        DATA: data,
        "webhook_headers": data["headers"],
        "webhook_query_params": data["query_params"],
        "webhook_body": data["body"],
    }


def headers_of(inputs: Mapping[str, Value]) -> list[tuple[str, str]]:
    """The headers of the request that these inputs were made of."""
    headers = inputs.get("webhook_headers")
    return [(name, str(value)) for name, value in headers.items()] if isinstance(headers, dict) else []


def answer_of(config: WebhookConfig) -> tuple[int, bytes]:
    """The status and the JSON that the sender is answered at once: the configured text, taken literally."""
    text = config.response_body.strip()
    value: object = _DONE
    if text:
        value = {"message": config.response_body}
        if text.startswith(("{", "[")):
            with suppress(ValueError):
                value = json.loads(text)
    return config.status_code, b"" if config.status_code in _NO_BODY else msgspec.json.encode(value)


async def _parse(request: Request) -> Parsed:
    match request.content_type:
        case "application/json":
            if not request.body.strip():
                return Parsed({})
            try:
                return Parsed(unmarked(cast(JsonValue, msgspec.json.decode(request.body))))
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                raise BadWebhookRequest("The body is not valid JSON.") from None
        case "application/x-www-form-urlencoded":
            fields: dict[str, JsonValue] = dict(_first_values(_text(request.body)))
            return Parsed(fields)
        case "multipart/form-data":
            return await _parts(request)
        case "application/octet-stream":
            return Parsed({}, {RAW: Sent("file", BINARY, request.body)} if request.body else {})
        case _:
            return Parsed({RAW: _text(request.body)})


async def _parts(request: Request) -> Parsed:
    async def chunks() -> AsyncIterator[bytes]:
        yield request.body

    parser = MultiPartParser(
        Headers(dict(request.headers)),
        chunks(),  # type: ignore[arg-type]  # the parser iterates and nothing else
        max_files=_MOST_PARTS,
        max_fields=_MOST_PARTS,
        max_part_size=max(len(request.body), 1),
    )
    try:
        form = await parser.parse()
    except (MultiPartException, KeyError):
        raise BadWebhookRequest("The body is not a valid form.") from None
    fields: dict[str, JsonValue] = {}
    files: dict[str, Sent] = {}
    for name, part in form.multi_items():
        if isinstance(part, UploadFile):
            sent = Sent(part.filename or "file", part.content_type or "", await part.read())
            files.setdefault(name, sent)
        else:
            fields.setdefault(name, part)
    await form.close()
    return Parsed(fields, files)


def _check_kind(config: WebhookConfig, request: Request) -> None:
    if request.method.lower() != config.method:
        raise BadWebhookRequest(f"HTTP method mismatch. Expected {config.method.upper()}, got {request.method.upper()}")
    if request.content_type != config.content_type:
        raise BadWebhookRequest(f"Content-type mismatch. Expected {config.content_type}, got {request.content_type}")


def _checked_body(config: WebhookConfig, parsed: Parsed) -> Value:
    match config.content_type:
        case "application/json":
            return _checked_json(config.body, parsed.body)
        case "application/x-www-form-urlencoded" | "multipart/form-data":
            fields = parsed.body if isinstance(parsed.body, dict) else {}
            texts = {name: value for name, value in fields.items() if isinstance(value, str)}
            multipart = config.content_type == MULTIPART
            declared = [each for each in config.body if not (multipart and each.type == "file")]
            return _converted(declared, texts, "body parameter")
        case "text/plain" | "application/octet-stream":
            raw = parsed.body.get(RAW) if isinstance(parsed.body, dict) else None
            if any(each.required for each in config.body) and not (raw or parsed.files):
                raise BadWebhookRequest("The body must not be empty.")
            return {RAW: raw if isinstance(raw, str) else None}


def _checked_json(declared: Sequence[Parameter], body: JsonValue) -> dict[str, Value]:
    if not isinstance(body, dict):
        raise BadWebhookRequest("The body must be a JSON object.")
    for each in declared:
        if each.name not in body:
            if each.required:
                raise BadWebhookRequest(f"Required body parameter missing: {each.name}")
        elif not _has_type(body[each.name], each.type):
            raise BadWebhookRequest(f"Body parameter {each.name} must be of type {each.type}")
    return {name: as_value(value) for name, value in body.items()}


def _has_type(value: JsonValue, type: str) -> bool:
    if type.startswith("array["):
        item = type.removeprefix("array[").removesuffix("]")
        return isinstance(value, list) and all(_has_type(each, item) for each in value)
    match type:
        case "string":
            return isinstance(value, str)
        case "number":
            return isinstance(value, (int, float))
        case "boolean":
            return isinstance(value, bool)
        case "object":
            return isinstance(value, dict)
        case _:
            return False


def _converted(declared: Iterable[Parameter], texts: Mapping[str, str], what: str) -> dict[str, Value]:
    """Texts as their declared types; undeclared ones stay texts."""
    values: dict[str, Value] = dict(texts)
    for each in declared:
        if each.name not in texts:
            if each.required:
                raise BadWebhookRequest(f"Required {what} missing: {each.name}")
            continue
        try:
            values[each.name] = _as_type(texts[each.name], each.type)
        except ValueError as error:
            raise BadWebhookRequest(f"The {what} {each.name} {error}") from None
    return values


def _as_type(text: str, type: str) -> Value:
    match type:
        case "string":
            return text
        case "number":
            try:
                number = float(text)
            except ValueError:
                number = math.nan
            if not math.isfinite(number):
                raise ValueError(f"must be a number, not {text!r}")
            return int(number) if number.is_integer() else number
        case "boolean":
            word = text.strip().lower()
            if word not in _TRUE and word not in _FALSE:
                raise ValueError(f"must be true or false, not {text!r}")
            return word in _TRUE
        case _:
            raise ValueError(f"has the type {type}, which a text cannot have")


def _first_values(query: str) -> dict[str, str]:
    values: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True, max_num_fields=_MOST_PARTS):
        values.setdefault(name, value)
    return values


def _media_type(headers: Mapping[str, str]) -> str:
    return str(header_value(dict(headers), "content-type") or "").partition(";")[0].strip().lower()


def _text(body: bytes) -> str:
    return body.decode("utf-8", errors="replace")
