"""Collectors of OpenTelemetry traces, over OTLP/HTTP with protobuf, which every one of them takes.

Source: opentelemetry.io, OTLP 1.x.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit, urlunsplit

from treadle.engine.ports import Http
from treadle.platform.refusals import InvalidParam

from .otlp_protobuf import export, rejected
from .otlp_spans import spans_of
from .providers import Config, ConfigField
from .trace import Trace
from .wire import TracingFailed, answered

_PATH = "/v1/traces"
_PROTOBUF = "application/x-protobuf"


@dataclass(frozen=True, slots=True)
class Collector:
    """Where an export goes: its whole address, headers, and attributes that say what it comes from."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    resource: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class OtlpService:
    """A service that collects traces of OpenTelemetry: its form, and what the form means."""

    name: str
    fields: tuple[ConfigField, ...]
    collector: Callable[[Config], Collector]
    """Raises InvalidParam."""
    site: Callable[[Config], str] = lambda config: ""
    """The address of the project, empty where it has none."""

    async def verify(self, http: Http, config: Config) -> str:
        """An export without spans is a valid one."""
        await send(http, self.collector(config), [])
        return self.site(config)

    async def send(self, http: Http, config: Config, traces: Sequence[Trace]) -> None:
        await send(http, self.collector(config), traces)


async def send(http: Http, collector: Collector, traces: Sequence[Trace]) -> None:
    """Export traces. Raises TracingFailed."""
    spans = [span for trace in traces for span in spans_of(trace)]
    resource = {"service.name": "treadle", **collector.resource}
    answer = await answered(
        http, "POST", collector.url, collector.headers, export(spans, resource), content_type=_PROTOBUF
    )
    try:
        refused, reason = rejected(answer)
    except ValueError:
        return  # it has taken the spans, and says so in words of its own
    if refused > 0:
        raise TracingFailed(f"The collector refused {refused} spans: {reason or 'no reason was given'}", final=True)


def address(endpoint: str) -> str:
    """Where traces go: a base address gets the path that collectors listen at."""
    parts = urlsplit(endpoint)
    path = parts.path if parts.path.endswith(_PATH) else parts.path.rstrip("/") + _PATH
    return urlunsplit(parts._replace(path=path))


def headers_of(text: str) -> dict[str, str]:
    """The headers of a list. Raises InvalidParam."""
    headers: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, equals, value = part.partition("=")
        if not equals or not name.strip().replace("-", "").replace("_", "").isalnum():
            raise InvalidParam("`headers` must read `name=value,name=value`.", param="headers")
        headers[name.strip()] = unquote(value.strip())
    return headers
