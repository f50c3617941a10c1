"""OpenTelemetry traces over HTTP: reading what an exporter sends, and a plain collector."""

import json
from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from google.protobuf.json_format import MessageToDict, Parse, ParseError
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.doubles.http_double import RECORDED, HttpDouble, Refused
from tests.doubles.recording import JsonValue, Request

OTLP_JSON, OTLP_PROTOBUF = "application/json", "application/x-protobuf"


@dataclass(frozen=True)
class Span:
    """A finished span; ids in lower-case hex, times in nanoseconds since the epoch."""

    trace_id: str
    span_id: str
    parent_id: str | None
    name: str
    start: int
    end: int
    attributes: Mapping[str, JsonValue]
    failed: bool
    status_message: str
    event_names: tuple[str, ...]
    resource: Mapping[str, JsonValue]


def spans_of(request: Request) -> list[Span]:
    """The spans of an export request, in either encoding. Raises Refused when it is neither or holds bad ids."""
    media = request.headers.get("content-type", "").partition(";")[0].strip()
    message = ExportTraceServiceRequest()
    try:
        if media == OTLP_PROTOBUF:
            message.ParseFromString(request.raw)
        elif media == OTLP_JSON:
            Parse(base64_ids(request.raw), message)
        else:
            raise Refused(415, f"Traces must be {OTLP_PROTOBUF} or {OTLP_JSON}, not {media!r}.")
    except (DecodeError, ParseError, ValueError) as error:
        raise Refused(400, f"Unreadable export request: {error}") from error
    found: list[Span] = []
    for resource in message.resource_spans:
        shared = attributes_of(resource.resource.attributes)
        for scope in resource.scope_spans:
            found.extend(read_span(span, shared) for span in scope.spans)
    return found


def base64_ids(raw: bytes) -> str:
    """OTLP JSON with its hex ids as the base64 that protobuf's own JSON mapping expects."""
    return json.dumps(json.loads(raw, object_hook=with_base64_ids))


def with_base64_ids(members: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """One JSON object with its hex ids as base64."""
    ids = {name: value for name in ("traceId", "spanId", "parentSpanId") if (value := members.get(name)) is not None}
    return members | {name: b64encode(bytes.fromhex(str(value))).decode() for name, value in ids.items()}


def read_span(span: Any, resource: Mapping[str, JsonValue]) -> Span:
    """A protobuf span as a Span. Raises Refused when an id has the wrong length or a time is missing."""
    if len(span.trace_id) != 16 or len(span.span_id) != 8 or len(span.parent_span_id) not in (0, 8):
        raise Refused(400, f"Span {span.name!r} has an id of the wrong length.")
    if not 0 < span.start_time_unix_nano <= span.end_time_unix_nano:
        raise Refused(400, f"Span {span.name!r} does not end after it starts.")
    return Span(
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_id=span.parent_span_id.hex() or None,
        name=span.name,
        start=span.start_time_unix_nano,
        end=span.end_time_unix_nano,
        attributes=attributes_of(span.attributes),
        failed=span.status.code == 2,
        status_message=span.status.message,
        event_names=tuple(event.name for event in span.events),
        resource=resource,
    )


def attributes_of(pairs: Iterable[Any]) -> dict[str, JsonValue]:
    """Attributes as plain values."""
    return {pair.key: plain(MessageToDict(pair.value)) for pair in pairs}


def plain(value: Mapping[str, Any]) -> JsonValue:
    """An AnyValue, in protobuf's JSON form, as the value it holds."""
    for kind, held in value.items():
        match kind:
            case "intValue":
                return int(held)
            case "arrayValue":
                return [plain(item) for item in held.get("values", [])]
            case "kvlistValue":
                return {pair["key"]: plain(pair["value"]) for pair in held.get("values", [])}
            case _:
                return held
    return None


class OtlpCollector(HttpDouble):
    """A collector at `url`, which ends with `/v1/traces`. `headers`: what every request must carry; `resource`: what
    every span must be said to come from. With `binary` it takes protobuf alone, as many do."""

    def __init__(
        self,
        *,
        headers: Mapping[str, str] | None = None,
        path: str = "/v1/traces",
        resource: Mapping[str, str] | None = None,
        binary: bool = False,
    ) -> None:
        super().__init__()
        self.path = path
        self.resource = dict(resource or {})
        self.binary = binary
        self.headers = dict(headers or {})
        self.spans: list[Span] = []

    @property
    def url(self) -> str:
        return f"{self.origin}{self.path}"

    def routes(self) -> list[web.RouteDef]:
        return [web.post(self.path, self._export)]

    def admit(self, recorded: Request) -> None:
        for name, value in self.headers.items():
            if recorded.headers.get(name.lower()) != value:
                raise Refused(401, f"The header {name} is missing or wrong.", kind="auth")

    def error_body(self, refused: Refused) -> JsonValue:
        return {"code": 3, "message": refused.message}

    async def wait_spans(self, count: int = 1, timeout: float = 10) -> list[Span]:
        """Awaits so many spans and returns all. Raises TimeoutError."""
        await self.wait_until(lambda: len(self.spans) >= count, f"{count} spans", timeout)
        return self.spans

    async def _export(self, request: web.Request) -> web.StreamResponse:
        recorded: Request = request[RECORDED]
        if self.binary and recorded.headers.get("content-type") != OTLP_PROTOBUF:
            raise Refused(415, f"Traces must be {OTLP_PROTOBUF}.")
        spans = spans_of(recorded)
        for span in spans:
            if wrong := sorted(name for name, value in self.resource.items() if span.resource.get(name) != value):
                raise Refused(422, f"The resource lacks {', '.join(wrong)}.")
        self.spans.extend(spans)
        self.changed()
        return accepted(request[RECORDED])


def accepted(request: Request) -> web.Response:
    """The answer to a good export, in the encoding of the request."""
    if request.headers["content-type"].startswith(OTLP_PROTOBUF):
        return web.Response(body=b"", content_type=OTLP_PROTOBUF)
    return web.json_response({})
