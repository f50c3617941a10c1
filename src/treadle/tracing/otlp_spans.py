"""A trace as spans of OpenTelemetry.

Source: spec models-and-tools §8.5 for the attributes; opentelemetry.io, conventions for generative AI; OpenInference.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from .trace import Span, Trace

_SPAN_KINDS = {
    "llm": "LLM",
    "retriever": "RETRIEVER",
    "tool": "TOOL",
    "suggested_question": "LLM",
    "generate_name": "LLM",
}
_OPENINFERENCE = {"TASK": "CHAIN"}


@dataclass(frozen=True, slots=True, kw_only=True)
class OtlpSpan:
    """A span with binary ids that follow from ours. Times are nanoseconds since the epoch."""

    trace_id: bytes
    span_id: bytes
    parent_id: bytes
    """Empty for the root."""
    name: str
    start: int
    end: int
    attributes: Mapping[str, Any]
    error: str | None


def spans_of(trace: Trace) -> Iterator[OtlpSpan]:
    """The spans of a trace."""
    trace_id = _bytes(trace.id, 16)
    for span in trace.spans:
        yield OtlpSpan(
            trace_id=trace_id,
            span_id=_bytes(span.id, 8),
            parent_id=_bytes(span.parent_id, 8) if span.parent_id else b"",
            name=span.name,
            start=span.start * 1000,
            end=span.end * 1000,
            attributes={name: value for name, value in _described(span, trace).items() if value is not None},
            error=span.error,
        )


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
        "user.id": trace.user_id,
        "dify.app_id": meta.get("app_id"),
        "dify.tenant_id": meta.get("tenant_id"),
        "dify.workflow_id": meta.get("workflow_id"),
        "dify.invoke_from": meta.get("invoke_from"),
        "node.id": meta.get("node_id"),
        "node.execution_id": span.id if span.kind == "node" else None,
        "node.type": span.name if span.kind == "node" else None,
        "input.value": span.inputs,
        "output.value": span.outputs,
        "openinference.span.kind": "GUARDRAIL" if span.kind == "moderation" else _OPENINFERENCE.get(kind, kind),
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


def _bytes(of: str, size: int) -> bytes:
    return sha256(of.encode()).digest()[:size]
