"""LangSmith, through batches of runs. Source: spec models-and-tools §8.3; docs.smith.langchain.com, API reference."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from treadle.engine.ports import Http

from .providers import Config, ConfigField
from .trace import ModelUse, Span, Trace, as_list, as_object, iso
from .wire import TracingFailed, encoded, exchange

_CONFLICT = 409
"""What a run that LangSmith has already is answered with."""


class LangSmith:
    """LangSmith in the cloud or on a server of one's own."""

    name = "langsmith"
    fields = (
        ConfigField(name="api_key", secret=True),
        ConfigField(name="project"),
        ConfigField(name="endpoint", default="https://api.smith.langchain.com", url=("https",)),
    )

    async def verify(self, http: Http, config: Config) -> str:
        """Makes a project and deletes it again: the key must be able to write."""
        endpoint, key = config["endpoint"], _key(config)
        probe = encoded({"name": f"treadle-check-{uuid4().hex}"})
        made = as_object(await exchange(http, "POST", f"{endpoint}/sessions", key, probe))
        if not isinstance(made.get("id"), str):
            raise TracingFailed(f"{endpoint} does not answer as LangSmith does; check the endpoint.")
        await exchange(http, "DELETE", f"{endpoint}/sessions/{made['id']}", key)
        site = "https://smith.langchain.com"
        return f"{site}/o/{made['tenant_id']}/projects" if made.get("tenant_id") and "langchain.com" in endpoint else ""

    async def send(self, http: Http, config: Config, traces: Sequence[Trace]) -> None:
        runs = [run for trace in traces for run in runs_of(trace, config["project"])]
        url = f"{config['endpoint']}/runs/batch"
        await exchange(http, "POST", url, _key(config), encoded({"post": runs, "patch": []}), welcome=(_CONFLICT,))


def _key(config: Config) -> dict[str, str]:
    return {"x-api-key": config["api_key"]}


def runs_of(trace: Trace, project: str) -> Iterator[dict[str, Any]]:
    """A run for each span, the root first."""
    orders: dict[str, str] = {}
    if trace.around is not None:
        orders[trace.around.id] = _step(trace.around.start, trace.around.id)
    for span in trace.spans:
        step = _step(span.start, span.id)
        orders[span.id] = step if span.parent_id is None else f"{orders[span.parent_id]}.{step}"
        usage = _usage(span.model)
        metadata = dict(span.metadata)
        if span.model is not None:
            metadata |= {"ls_provider": span.model.provider, "ls_model_name": span.model.name}
            metadata["usage_metadata"] = usage
        files = metadata.get("file_list", [])
        yield {
            "id": span.id,
            "name": span.name,
            "run_type": _run_type(span),
            "start_time": iso(span.start),
            "end_time": iso(span.end),
            "inputs": _given(span.inputs, usage, files),
            "outputs": _told(span.outputs, usage, files),
            "extra": {"metadata": metadata},
            "error": span.error,
            "tags": list(span.tags),
            "trace_id": trace.id,
            "dotted_order": orders[span.id],
            "parent_run_id": span.parent_id,
            "session_name": project,
        }


def _step(start: int, of: str) -> str:
    return datetime.fromtimestamp(start / 1e6, UTC).strftime("%Y%m%dT%H%M%S%fZ") + of


def _run_type(span: Span) -> str:
    match span.kind:
        case "message":
            return "chain"
        case "workflow":
            return "tool" if span.parent_id else "chain"
        case "llm" | "retriever":
            return span.kind
        case "node" if span.name == "knowledge-retrieval":
            return "retriever"
        case "node" if span.metadata.get("model_mode") == "chat":
            return "llm"
        case _:
            return "tool"


def _usage(model: ModelUse | None) -> dict[str, int]:
    if model is None:
        return {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0}
    return {
        "input_tokens": model.input_tokens,
        "output_tokens": model.output_tokens,
        "total_tokens": model.total_tokens,
    }


def _given(value: Any, usage: Mapping[str, int], files: Any) -> dict[str, Any]:
    return _wrapped("messages", "user", value, usage, files)


def _told(value: Any, usage: Mapping[str, int], files: Any) -> dict[str, Any]:
    return _wrapped("choices", "ai", value, usage, files)


def _wrapped(name: str, role: str, value: Any, usage: Mapping[str, int], files: Any) -> dict[str, Any]:
    """LangSmith takes objects alone: texts and lists of them become messages."""

    def message(item: Any) -> dict[str, Any]:
        if members := as_object(item):
            return {"role": role, **members}
        return {"role": role, "content": item, "usage_metadata": dict(usage), "file_list": files}

    if value is None or value == {}:
        return {}
    if members := as_object(value):
        return members
    if items := as_list(value):
        return {name: [message(item) for item in items]}
    return {name: message(value)}
