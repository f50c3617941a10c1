"""Any collector of OpenTelemetry traces, over OTLP/HTTP with JSON: Phoenix, Arize, Opik, Weave, Jaeger and others.

Source: spec models-and-tools §8.5 for the attributes; opentelemetry.io, OTLP 1.x and conventions for generative AI.
"""

from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

from treadle.engine.ports import Http
from treadle.platform.refusals import InvalidParam

from .providers import Config, ConfigField
from .trace import Span, Trace, as_object
from .wire import TracingFailed, encoded, exchange

_SPAN_KINDS = {"llm": "LLM", "retriever": "RETRIEVER", "tool": "TOOL", "suggested_question": "LLM"}
_INTERNAL, _ERROR, _OK = 1, 2, 1
_PATH = "/v1/traces"


class Otlp:
    """A collector. `headers` are written as OpenTelemetry's own variable has them: `name=value,name=value`."""

    name = "otlp"
    fields = (
        ConfigField(name="endpoint", default="http://localhost:4318", url=("https", "http")),
        ConfigField(name="headers", secret=True, required=False),
        ConfigField(name="service_name", default="treadle"),
    )

    async def verify(self, http: Http, config: Config) -> str:
        """An export without spans is a valid one."""
        await self._export(http, config, [])
        return ""

    async def send(self, http: Http, config: Config, traces: Sequence[Trace]) -> None:
        resource = {"attributes": _attributes({"service.name": config["service_name"]})}
        spans = [span for trace in traces for span in spans_of(trace)]
        scopes = [{"scope": {"name": "treadle"}, "spans": spans}]
        await self._export(http, config, [{"resource": resource, "scopeSpans": scopes}])

    async def _export(self, http: Http, config: Config, resource_spans: list[dict[str, Any]]) -> None:
        url, body = address(config["endpoint"]), encoded({"resourceSpans": resource_spans})
        answer = await exchange(http, "POST", url, headers_of(config["headers"]), body)
        partial = as_object(as_object(answer).get("partialSuccess"))
        if int(partial.get("rejectedSpans") or 0) > 0:
            said = partial.get("errorMessage") or "no reason was given"
            raise TracingFailed(f"The collector refused {partial['rejectedSpans']} spans: {said}", final=True)


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


def spans_of(trace: Trace) -> Iterator[dict[str, Any]]:
    """The spans of a trace with hex ids that follow from ours."""
    trace_id = _hex(trace.root.id, 32)
    for span in trace.spans:
        yield {
            "traceId": trace_id,
            "spanId": _hex(span.id, 16),
            **({"parentSpanId": _hex(span.parent_id, 16)} if span.parent_id else {}),
            "name": span.name,
            "kind": _INTERNAL,
            "startTimeUnixNano": str(span.start * 1000),
            "endTimeUnixNano": str(span.end * 1000),
            "attributes": _attributes(_described(span, trace)),
            "status": {"code": _ERROR, "message": span.error} if span.error else {"code": _OK},
        }


def _described(span: Span, trace: Trace) -> dict[str, Any]:
    meta = span.metadata
    kind = "LLM" if span.model and span.kind == "node" else _SPAN_KINDS.get(span.kind, "TASK")
    if span.kind == "node":
        kind = {"knowledge-retrieval": "RETRIEVER", "tool": "TOOL"}.get(span.name, kind)
    found: dict[str, Any] = {
        "gen_ai.span.kind": kind,
        "gen_ai.framework": "treadle",
        "gen_ai.user.id": trace.user_id,
        "session.id": trace.session_id,
        "dify.app_id": meta.get("app_id"),
        "dify.tenant_id": meta.get("tenant_id"),
        "dify.workflow_id": meta.get("workflow_id"),
        "dify.invoke_from": meta.get("invoke_from"),
        "node.id": meta.get("node_id"),
        "node.execution_id": span.id if span.kind == "node" else None,
        "node.type": span.name if span.kind == "node" else None,
        "input.value": span.inputs,
        "output.value": span.outputs,
        "openinference.span.kind": "CHAIN" if kind == "TASK" else kind,
    }
    if span.model is not None:
        found |= {
            "gen_ai.request.model": span.model.name,
            "gen_ai.provider.name": span.model.provider,
            "gen_ai.usage.input_tokens": span.model.input_tokens,
            "gen_ai.usage.output_tokens": span.model.output_tokens,
            "gen_ai.usage.total_tokens": span.model.total_tokens,
            "gen_ai.prompt": meta.get("prompts") or span.inputs,
            "gen_ai.completion": span.outputs,
            "gen_ai.response.finish_reason": meta.get("finish_reason"),
        }
    if kind == "RETRIEVER":
        found |= {"retrieval.query": span.inputs, "retrieval.document": span.outputs}
    if kind == "TOOL":
        found |= {
            "gen_ai.tool.name": meta.get("tool_name") or span.name,
            "gen_ai.tool.call.id": span.id,
            "gen_ai.tool.call.arguments": span.inputs,
            "gen_ai.tool.call.result": span.outputs,
        }
    return found


def _attributes(values: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"key": name, "value": _value(value)} for name, value in values.items() if value is not None]


def _value(value: Any) -> dict[str, Any]:
    match value:
        case bool():
            return {"boolValue": value}
        case int():
            return {"intValue": str(value)}
        case float():
            return {"doubleValue": value}
        case str():
            return {"stringValue": value}
        case _:
            return {"stringValue": encoded(value).decode()}


def _hex(of: str, digits: int) -> str:
    return sha256(of.encode()).hexdigest()[:digits]
