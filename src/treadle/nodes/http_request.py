"""The HTTP request node (workflow-nodes §20)."""

import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Literal
from urllib.parse import quote, unquote_plus, urlsplit, urlunsplit

from pydantic import BeforeValidator, Field

from treadle.engine.errors import (
    AuthorizationConfigError,
    HttpRequestNodeError,
    HTTPResponseCodeError,
    InvalidHttpMethodError,
    InvalidURLError,
    NodeError,
)
from treadle.engine.node import NodeContext, NodeFailure, NodeResult, NodeType
from treadle.engine.pool import VariablePool
from treadle.engine.ports import HttpRequest
from treadle.engine.template import Template
from treadle.engine.values import JsonValue, Value

from .about import NodeAbout, Output, Words
from .config import JsonField, NodeConfig, TemplateField, empty_template, load
from .http_body import Body, BodyConfig, encode, pairs, without_line_breaks
from .http_response import outputs_of
from .limits import HttpLimits, NodeLimits

_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
_FAILURES = frozenset({429, 500, 502, 503, 504})
_HEADER_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_URL_SAFE = "/%:@!$&'()*+,;=~-._?"
_LINE_BREAKS = str.maketrans({"\n": "%0A", "\r": "%0D", "\t": "%09"})
"""What would vanish from an address otherwise."""
_MASK = "********"

Seconds = Annotated[float, BeforeValidator(lambda value: value or 0)]


class Credentials(NodeConfig):
    """A key, and how it is sent. Without a `header` it goes into Authorization."""

    type: Literal["basic", "bearer", "custom"] = "bearer"
    api_key: TemplateField = Field(default_factory=empty_template, json_schema_extra={"secret": True})
    header: str = ""


class Authorization(NodeConfig):
    """Whether a key is sent. `config` counts for `api-key` only."""

    type: Literal["no-auth", "api-key"] = "no-auth"
    config: JsonField = Field(
        default=None, json_schema_extra={"ui": "http-credentials", "shown_if": {"type": "api-key"}}
    )


class Timeout(NodeConfig):
    """Seconds; 0 is the longest allowed."""

    connect: Seconds = 0
    read: Seconds = 0
    write: Seconds = 0


class HttpConfig(NodeConfig):
    """A request. Headers and parameters are `key:value` lines."""

    method: str = Field(json_schema_extra={"ui": "http-method"})
    url: TemplateField = Field(json_schema_extra={"ui": "template"})
    authorization: Authorization = Authorization()
    headers: TemplateField = Field(default_factory=empty_template, json_schema_extra={"ui": "key-value"})
    params: str = Field(default="", json_schema_extra={"ui": "key-value"})
    body: BodyConfig = Field(default_factory=BodyConfig, json_schema_extra={"ui": "http-body"})
    timeout: Timeout = Timeout()
    ssl_verify: bool | None = None


@dataclass(frozen=True, slots=True)
class Http:
    """An HTTP request node ready to run."""

    config: HttpConfig
    params: tuple[tuple[Template, Template], ...]
    credentials: Credentials | None


def read(data: Mapping[str, JsonValue]) -> Http:
    """Raises GraphProblem."""
    config = load(HttpConfig, data)
    credentials = None
    if config.authorization.type == "api-key":
        raw = config.authorization.config
        credentials = load(Credentials, raw if isinstance(raw, dict) else {})
    params = tuple((Template.parse(key), Template.parse(value)) for key, value in pairs(config.params))
    return Http(config, params, credentials)


async def run(limits: NodeLimits, ctx: NodeContext, node: Http) -> NodeResult:
    """Raises HttpRequestNodeError and its kinds (spec workflow-nodes §20), also for answers that ask to try again."""
    process_data: dict[str, Value] = {}
    try:
        outputs = await _run(limits.http, ctx, node, process_data)
    except NodeError as error:
        raise NodeFailure(NodeResult(process_data=process_data)) from error
    return NodeResult(outputs=outputs, process_data=process_data)


async def _run(limits: HttpLimits, ctx: NodeContext, node: Http, process_data: dict[str, Value]) -> dict[str, Value]:
    config, pool = node.config, ctx.pool
    method = config.method.strip().upper()
    if method not in _METHODS:
        raise InvalidHttpMethodError(f'"{config.method}" is no HTTP method that can be sent.')
    secret = _authorization(node.credentials, pool)
    url = _url(config.url.text(pool), node.params, pool)
    body = await encode(config.body, pool, ctx.ports.files)
    headers = _headers(config.headers, pool, body)
    if secret:
        headers = _with_header(headers, *secret)
    process_data["request"] = _dump(method, url, headers, body, masked=secret[0] if secret else "")
    response = await ctx.ports.http.send(
        HttpRequest(
            method=method,
            url=url,
            headers=tuple(headers),
            body=body.content,
            connect_timeout=_within(config.timeout.connect, limits.connect_timeout),
            read_timeout=_within(config.timeout.read, limits.read_timeout),
            write_timeout=_within(config.timeout.write, limits.write_timeout),
            verify_tls=limits.verify_tls if config.ssl_verify is None else config.ssl_verify,
            max_bytes=max(limits.binary_size, limits.text_size),
        )
    )
    if response.status in _FAILURES:
        raise HttpRequestNodeError(f"The server answered {response.status}; reached maximum retries (0) for {url}.")
    if not 200 <= response.status < 300 and (ctx.strategy_set or not ctx.last_attempt):
        raise HTTPResponseCodeError(f"Request failed with status code {response.status}.")
    return await outputs_of(response, ctx.ports.files, limits)


def _within(seconds: float, longest: float) -> float:
    return min(seconds, longest) if seconds > 0 else longest


def _authorization(credentials: Credentials | None, pool: VariablePool) -> tuple[str, str] | None:
    """The header that carries the key."""
    if credentials is None:
        return None
    key = without_line_breaks(credentials.api_key, pool).strip()
    if not key:
        raise AuthorizationConfigError("Authorization is switched on, but its key is empty.")
    if credentials.type == "bearer":
        key = f"Bearer {key}"
    elif credentials.type == "basic":
        key = f"Basic {b64encode(key.encode()).decode('ascii') if ':' in key else key}"
    return credentials.header.strip() or "Authorization", key


def _url(text: str, params: Sequence[tuple[Template, Template]], pool: VariablePool) -> str:
    """An absolute URL with everything percent-encoded and `params` in its query."""
    text = text.strip().translate(_LINE_BREAKS)
    if not text:
        raise InvalidURLError("The URL is empty.")
    if not text.lower().startswith(("http://", "https://")):
        raise InvalidURLError("The URL must begin with http:// or https://.")
    try:
        parts = urlsplit(text)
        if not parts.hostname or parts.port == 0:
            raise InvalidURLError("The URL names no host or no port.")
        netloc = parts.netloc if parts.netloc.isascii() else _ascii_netloc(parts.netloc, parts.hostname)
    except ValueError as error:
        raise InvalidURLError(f"The URL is malformed: {error}.") from error
    query = _query(parts.query, params, pool)
    return urlunsplit((parts.scheme, netloc, quote(parts.path, safe=_URL_SAFE), query, ""))


def _ascii_netloc(netloc: str, host: str) -> str:
    return netloc.lower().replace(host, host.encode("idna").decode("ascii"))


def _query(own: str, params: Sequence[tuple[Template, Template]], pool: VariablePool) -> str:
    """The URL's own query, in which parameters of the same name give way, and the parameters."""
    added: dict[str, list[str]] = {}
    for key_template, value_template in params:
        key = key_template.text(pool).strip()
        if key:
            added.setdefault(key, []).append(f"{quote(key, safe='')}={quote(value_template.text(pool), safe='')}")
    pieces: list[str] = []
    placed: set[str] = set()
    for piece in own.split("&") if own else ():
        name = unquote_plus(piece.partition("=")[0])
        if name not in added:
            pieces.append(quote(piece, safe=_URL_SAFE))
        elif name not in placed:
            placed.add(name)
            pieces += added[name]
    return "&".join([*pieces, *(pair for name, values in added.items() if name not in placed for pair in values)])


def _headers(template: Template, pool: VariablePool, body: Body) -> list[tuple[str, str]]:
    """Names as given, later ones in the place of earlier ones; the body's content type unless one is set."""
    headers: list[tuple[str, str]] = []
    for name, value in pairs(without_line_breaks(template, pool)):
        if not _HEADER_NAME.fullmatch(name):
            raise HttpRequestNodeError(f'"{name}" is no valid name of a header.')
        if not (body.fixed_type and name.lower() == "content-type"):
            headers = _with_header(headers, name, value)
    if body.content_type and not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("Content-Type", body.content_type))
    return headers


def _with_header(headers: Sequence[tuple[str, str]], name: str, value: str) -> list[tuple[str, str]]:
    return [*(header for header in headers if header[0].lower() != name.lower()), (name, value)]


def _dump(method: str, url: str, headers: Sequence[tuple[str, str]], body: Body, *, masked: str) -> str:
    """The request as text for the log, its key masked."""
    parts = urlsplit(url)
    target = urlunsplit(("", "", parts.path or "/", parts.query, ""))
    lines = [f"{method} {target} HTTP/1.1"]
    if not any(name.lower() == "host" for name, _ in headers):
        lines.append(f"Host: {parts.netloc.rpartition('@')[2]}")
    lines += [f"{name}: {_MASK if name.lower() == masked.lower() else value}" for name, value in headers]
    if body.content is not None:
        lines.append(f"Content-Length: {len(body.content)}")
    return "\r\n".join(lines) + "\r\n\r\n" + body.shown


def http_request(limits: NodeLimits) -> NodeType[Http]:
    """The node type under `limits`."""
    return NodeType("http-request", load=read, run=partial(run, limits))


ABOUT = NodeAbout(
    kind="http-request",
    family="tools",
    icon="Globe",
    title=Words("HTTP request", "HTTP 请求", "HTTP リクエスト"),
    description=Words("Calls an address on the web.", "调用一个网络地址。", "ウェブ上のアドレスを呼び出します。"),
    outputs=(
        Output("status_code", "number"),
        Output("body", "string"),
        Output("headers", "object"),
        Output("files", "array[file]"),
    ),
    runs_alone=True,
    retries=True,
    handles_errors=True,
)
