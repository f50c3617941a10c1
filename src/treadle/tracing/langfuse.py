"""Langfuse, through its ingestion API. Source: spec models-and-tools §8.4; langfuse.com, public API reference."""

import base64
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from treadle.engine.ports import Http

from .providers import Config, ConfigField
from .trace import ModelUse, Span, Trace, as_list, as_object, iso
from .wire import TracingFailed, encoded, exchange

Event = dict[str, Any]


class Langfuse:
    """Langfuse in the cloud or on a server of one's own."""

    name = "langfuse"
    fields = (
        ConfigField(name="public_key", secret=True),
        ConfigField(name="secret_key", secret=True),
        ConfigField(name="host", default="https://cloud.langfuse.com", url=("https", "http")),
    )

    async def verify(self, http: Http, config: Config) -> str:
        answer = await exchange(http, "GET", f"{config['host']}/api/public/projects", _login(config))
        projects = as_list(as_object(answer).get("data"))
        if not projects:
            raise TracingFailed(f"{config['host']} does not answer as Langfuse does; check the host.")
        return f"{config['host']}/project/{as_object(projects[0]).get('id', '')}"

    async def send(self, http: Http, config: Config, traces: Sequence[Trace]) -> None:
        batch = [event for trace in traces for event in events_of(trace)]
        url = f"{config['host']}/api/public/ingestion"
        answer = await exchange(http, "POST", url, _login(config), encoded({"batch": batch}))
        errors = as_list(as_object(answer).get("errors"))
        if errors:
            raise TracingFailed(f"Langfuse refused {len(errors)} of {len(batch)} events: {errors[0]}"[:500], final=True)


def _login(config: Config) -> dict[str, str]:
    login = base64.b64encode(f"{config['public_key']}:{config['secret_key']}".encode()).decode()
    return {"Authorization": f"Basic {login}"}


def events_of(trace: Trace) -> Iterator[Event]:
    """The root becomes the trace, everything below a span or a generation. A name for a conversation is both."""
    spans = trace.spans
    if trace.around is None:
        root = spans[0]
        yield _trace(root, trace)
        spans = spans[1:] if root.kind != "generate_name" else (replace(root, id=_below(root), parent_id=root.id),)
    for span in spans:
        yield from _observations(span, trace.id)


def _trace(root: Span, trace: Trace) -> Event:
    body: Event = {
        "id": root.id,
        "timestamp": iso(root.start),
        "name": root.name,
        "userId": trace.user_id,
        "sessionId": trace.session_id,
        "input": _content(root.inputs),
        "output": _content(root.outputs),
        "metadata": dict(root.metadata) | ({"error": root.error} if root.error else {}),
        "tags": list(root.tags),
    }
    return _event("trace-create", root.id, root.end, body)


def _below(span: Span) -> str:
    return str(uuid5(NAMESPACE_URL, f"{span.id}/span"))


def _observations(span: Span, trace_id: str) -> Iterator[Event]:
    body: Event = {
        "id": span.id,
        "traceId": trace_id,
        "parentObservationId": None if span.parent_id == trace_id else span.parent_id,
        "name": span.name,
        "startTime": iso(span.start),
        "endTime": iso(span.end),
        "input": _content(span.inputs),
        "output": _content(span.outputs),
        "metadata": dict(span.metadata),
        "level": "ERROR" if span.error else "DEFAULT",
        "statusMessage": span.error,
    }
    if span.kind in ("llm", "suggested_question"):
        yield _event("generation-create", span.id, span.end, body | _model(span))
        return
    yield _event("span-create", span.id, span.end, body)
    if span.model is not None:
        inner = str(uuid5(NAMESPACE_URL, f"{span.id}/llm"))
        prompts = span.metadata.get("prompts") or span.inputs
        generation = body | {"id": inner, "parentObservationId": span.id, "name": "llm", "input": _content(prompts)}
        yield _event("generation-create", inner, span.end, generation | _model(span))


def _model(span: Span) -> Event:
    if span.kind == "suggested_question":
        given, told = len(str(span.inputs)), len(str(span.outputs))
        usage: Event = {"input": given, "output": told, "total": given + told, "unit": "CHARACTERS"}
        return {"model": span.model.name if span.model else None, "usage": usage}
    return {"model": span.model.name, "usage": _usage(span.model)} if span.model else {}


def _usage(model: ModelUse) -> Event:
    usage: Event = {"input": model.input_tokens, "output": model.output_tokens, "total": model.total_tokens}
    usage["unit"] = "TOKENS"
    return usage | ({"totalCost": model.price} if model.currency == "USD" else {})


def _event(kind: str, of: str, at: int, body: Event) -> Event:
    """The id of an event says what it is about: one that comes twice counts once."""
    return {"id": str(uuid5(NAMESPACE_URL, f"{of}/{kind}")), "type": kind, "timestamp": iso(at), "body": body}


def _content(value: Any) -> Any:
    """Langfuse shows `content` where our values have `text`."""
    found = as_object(value)
    if "text" not in found or "content" in found:
        return value
    return {("content" if name == "text" else name): item for name, item in found.items()}
