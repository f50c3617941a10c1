"""A recorded run as a trace (spec models-and-tools §8.2). Secrets are masked in the records already."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from treadle.accounts.tables import EndUser
from treadle.apps.tables import App, AppMode, Message, NodeExecution, Run
from treadle.platform.clock import SECOND

from .trace import ModelUse, Span, Trace, as_list, as_object, shortened

_GRAPHS = (AppMode.WORKFLOW, AppMode.ADVANCED_CHAT)
_MOST_NODES = 2_000
_LETTERS = 20_000
"""Of each text that is sent."""
_E7 = 10_000_000


async def read_trace(session: AsyncSession, workspace_id: str, run_id: str) -> Trace | None:
    """The trace of a run that has ended; None when its records are gone."""
    run = (
        await session.execute(select(Run).where(Run.id == run_id, Run.workspace_id == workspace_id))
    ).scalar_one_or_none()
    if run is None:
        return None
    message = await session.get(Message, run.message_id) if run.message_id else None
    app = await session.get(App, run.app_id)
    query = select(NodeExecution).where(NodeExecution.run_id == run_id, NodeExecution.workspace_id == workspace_id)
    query = query.order_by(NodeExecution.created_at, NodeExecution.node_index, NodeExecution.id).limit(_MOST_NODES)
    nodes = list((await session.execute(query)).scalars())
    user = await user_of(session, workspace_id, run.created_by)
    spans = [bounded(span) for span in _Reading(run, message, nodes, app.name if app else "").spans()]
    return Trace(spans=tuple(spans), user_id=user, session_id=run.conversation_id)


async def user_of(session: AsyncSession, workspace_id: str, user_id: str) -> str:
    """Whom a service is told: the name that callers of the API gave to an end user, else the id."""
    found = await session.get(EndUser, user_id)
    return found.session_id if found is not None and found.workspace_id == workspace_id else user_id


def bounded(span: Span) -> Span:
    """A span whose texts are not too long to be sent."""
    return replace(
        span,
        inputs=shortened(span.inputs, _LETTERS),
        outputs=shortened(span.outputs, _LETTERS),
        metadata=shortened(span.metadata, _LETTERS),
    )


class _Reading:
    """The rows of one run."""

    def __init__(self, run: Run, message: Message | None, nodes: list[NodeExecution], app_name: str) -> None:
        self.run = run
        self.message = message
        self.nodes = nodes
        self.end = run.finished_at or run.created_at + int(run.elapsed * SECOND)
        self.error = run.error if run.status == "failed" else None
        end_user = run.created_by_role == "end_user"
        self.shared: dict[str, Any] = {
            "app_id": run.app_id,
            "app_name": app_name,
            "tenant_id": run.workspace_id,
            "conversation_id": run.conversation_id,
            "message_id": run.message_id,
            "workflow_id": run.version_id,
            "workflow_run_id": run.id,
            "parent_run_id": run.parent_run_id,
            "task_id": run.task_id,
            "from_source": "api" if end_user else "console",
            "from_end_user_id": run.created_by if end_user else None,
            "from_account_id": None if end_user else run.created_by,
            "invoke_from": run.created_from,
            "triggered_from": run.triggered_from,
            "status": run.status,
            "elapsed_time": run.elapsed,
            "total_tokens": run.total_tokens,
        }

    def spans(self) -> Iterator[Span]:
        if self.message is not None:
            yield self._message(self.message)
        if self.run.mode in _GRAPHS:
            yield self._workflow()
            yield from self._nodes()
        elif self.message is not None:
            yield from self._below(self.message)

    def _message(self, message: Message) -> Span:
        graph = self.run.mode in _GRAPHS
        return Span(
            id=message.id,
            parent_id=None,
            kind="message",
            name="message",
            start=self.run.created_at,
            end=self.end,
            inputs={
                "query": message.query,
                "inputs": _json(message.inputs),
                "files": _json(message.files),
                "message_tokens": message.message_tokens,
                "answer_tokens": message.answer_tokens,
                "total_tokens": message.message_tokens + message.answer_tokens,
                "error": message.error,
                "provider_response_latency": message.latency,
            },
            outputs=message.answer,
            metadata=self.shared
            | {
                "agent_based": self.run.mode == AppMode.AGENT_CHAT,
                "ls_provider": message.model_provider,
                "ls_model_name": message.model_name,
                "file_list": _json(message.files) or [],
            },
            tags=("message", "workflow" if graph else self.run.mode),
            error=self.error,
        )

    def _workflow(self) -> Span:
        return Span(
            id=self.run.id,
            parent_id=self.message.id if self.message else None,
            kind="workflow",
            name="workflow",
            start=self.run.created_at,
            end=self.end,
            inputs=_json(self.run.inputs),
            outputs=_json(self.run.outputs),
            metadata=self.shared,
            tags=("workflow",),
            error=self.error,
        )

    def _nodes(self) -> Iterator[Span]:
        """A span each; nodes of a container hang below it."""
        written = {self.run.id}
        for node in self.nodes:
            container = self._container(node)
            span = self._node(node, container.id if container and container.id in written else self.run.id)
            written.add(node.id)
            yield span

    def _container(self, node: NodeExecution) -> NodeExecution | None:
        """The execution of the container around a node: the latest that had begun."""
        begun = [
            other
            for other in self.nodes
            if other.node_id == node.container_node_id and other.created_at <= node.created_at and other is not node
        ]
        return begun[-1] if begun else None

    def _node(self, node: NodeExecution, parent_id: str) -> Span:
        process = _object(node.process_data)
        return Span(
            id=node.id,
            parent_id=parent_id,
            kind="node",
            name=node.node_type,
            start=node.created_at,
            end=_node_end(node),
            inputs=_json(node.inputs),
            outputs=_json(node.outputs),
            metadata=self.shared
            | {
                "node_id": node.node_id,
                "node_name": node.title,
                "node_execution_id": node.execution_id,
                "node_type": node.node_type,
                "status": node.status,
                "elapsed_time": node.elapsed,
                "total_tokens": node.total_tokens,
                "model_mode": process.get("model_mode"),
                "prompts": process.get("prompts"),
                "finish_reason": process.get("finish_reason"),
                "iteration_index": node.container_index if node.container_kind == "iteration" else None,
                "loop_index": node.container_index if node.container_kind == "loop" else None,
                "retry_index": node.retry_index or None,
            },
            tags=("node_execution",),
            error=node.error if node.status in ("failed", "exception", "retry") else None,
            model=_model_of(node, process),
        )

    def _below(self, message: Message) -> Iterator[Span]:
        """What is told of an app without a graph of its own: the model, what it looked up, and the tools it called."""
        yield self._llm(message)
        resources = _object(message.message_metadata).get("retriever_resources")
        if resources:
            yield self._retrieval(message, resources)
        for thought in as_list(_json(message.agent_thoughts)):
            yield from self._tools(message, as_object(thought))

    def _llm(self, message: Message) -> Span:
        asked = [node for node in self.nodes if _object(node.process_data).get("model_mode")]
        prompts = _object(asked[-1].process_data).get("prompts") if asked else None
        model = ModelUse(
            provider=message.model_provider or "",
            name=message.model_name or "",
            input_tokens=message.message_tokens,
            output_tokens=message.answer_tokens,
            total_tokens=message.message_tokens + message.answer_tokens,
            price=message.total_price_e7 / _E7,
            currency=message.currency,
        )
        return Span(
            id=_id(message.id, "llm"),
            parent_id=message.id,
            kind="llm",
            name="llm",
            start=asked[0].created_at if asked else self.run.created_at,
            end=_node_end(asked[-1]) if asked else self.end,
            inputs=prompts or message.query,
            outputs=message.answer,
            metadata=self.shared,
            tags=("llm", self.run.mode),
            error=self.error,
            model=model,
        )

    def _retrieval(self, message: Message, resources: Any) -> Span:
        return Span(
            id=_id(message.id, "dataset_retrieval"),
            parent_id=message.id,
            kind="retriever",
            name="dataset_retrieval",
            start=self.run.created_at,
            end=self.end,
            inputs=message.query,
            outputs={"documents": resources},
            metadata=self.shared,
            tags=("dataset_retrieval",),
        )

    def _tools(self, message: Message, thought: Mapping[str, Any]) -> Iterator[Span]:
        """A round may call several tools, their names joined by semicolons."""
        names = [name for name in str(thought.get("tool") or "").split(";") if name]
        given, seen, meta = (_loose(thought.get(key)) for key in ("tool_input", "observation", "tool_meta"))
        start = max(int(thought.get("created_at") or 0) * SECOND, self.run.created_at)
        for name in names:
            about = as_object(_of(meta, name))
            cost = about.get("time_cost")
            parameters = about.get("tool_parameters")
            yield Span(
                id=_id(str(thought.get("id")), name),
                parent_id=message.id,
                kind="tool",
                name=name,
                start=start,
                end=start + int(cost * SECOND) if isinstance(cost, int | float) else max(start, self.end),
                inputs=_of(given, name),
                outputs=_of(seen, name),
                metadata=self.shared
                | {
                    "tool_name": name,
                    "tool_config": about.get("tool_config"),
                    "tool_parameters": parameters,
                    "time_cost": cost,
                },
                tags=("tool", name),
                error=str(about["error"]) if about.get("error") else None,
            )


def _model_of(node: NodeExecution, process: Mapping[str, Any]) -> ModelUse | None:
    if not process.get("model_mode"):
        return None
    usage = _object(node.usage)
    return ModelUse(
        provider=str(process.get("model_provider") or ""),
        name=str(process.get("model_name") or ""),
        input_tokens=int(usage.get("prompt_tokens") or 0),
        output_tokens=int(usage.get("completion_tokens") or 0),
        total_tokens=node.total_tokens,
        price=node.total_price_e7 / _E7,
        currency=str(usage.get("currency") or "USD"),
    )


def _node_end(node: NodeExecution) -> int:
    return node.finished_at or node.created_at + int(node.elapsed * SECOND)


def _id(of: str, name: str) -> str:
    """The same for the same: what is sent twice is known again."""
    return str(uuid5(NAMESPACE_URL, f"{of}/{name}"))


def _json(text: str | None) -> Any:
    return msgspec.json.decode(text) if text else None


def _object(text: str | None) -> Mapping[str, Any]:
    return as_object(_json(text))


def _loose(value: Any) -> Any:
    """A text that may be JSON."""
    if not isinstance(value, str):
        return value
    try:
        return msgspec.json.decode(value)
    except (msgspec.DecodeError, UnicodeError):
        return value


def _of(value: Any, name: str) -> Any:
    """The part of one tool, where the value has a part for each."""
    return as_object(value).get(name, value)
