"""Runs and node executions as plain maps, for the console and the terminal. Times are seconds since the epoch."""

from typing import Any

import msgspec

from treadle.accounts.tables import ApiKey
from treadle.apps.tables import NodeExecution, Run
from treadle.logs.repository import RunRow
from treadle.logs.service import RunDetail

_decode = msgspec.json.Decoder().decode
_PREVIEW_LENGTH = 280


def run_map(row: RunRow) -> dict[str, Any]:
    """A run in a list, with the first lines of what went in and came out."""
    run = row.run
    return {
        "id": run.id,
        "app_id": run.app_id,
        "app_name": row.app.name,
        "mode": run.mode,
        "version": row.version,
        "status": run.status,
        "created_at": run.created_at / 1e6,
        "finished_at": run.finished_at / 1e6 if run.finished_at else None,
        "elapsed_time": run.elapsed,
        "total_tokens": run.total_tokens,
        "total_price": f"{run.total_price_e7 / 1e7:.7f}",
        "currency": run.currency,
        "total_steps": run.total_steps,
        "exceptions_count": run.exceptions_count,
        "error": run.error,
        "error_type": run.error_type,
        "created_from": run.created_from,
        "triggered_from": run.triggered_from,
        "end_user": row.end_user.session_id if row.end_user else None,
        "account": row.account.email if row.account else None,
        "preview": _preview(row),
        "read_at": run.read_at / 1e6 if run.read_at else None,
        "api_key": key_map(row.key),
        "replay_of": run.replay_of,
        "replay": _replay(run),
    }


def key_map(key: ApiKey | None) -> dict[str, str] | None:
    """A key as logs name it."""
    return None if key is None else {"id": key.id, "name": key.name, "last_characters": key.last_characters}


def detail_map(detail: RunDetail) -> dict[str, Any]:
    """A run with its values and nodes."""
    run, message = detail.row.run, detail.row.message
    return {
        **run_map(detail.row),
        "inputs": _json(run.inputs),
        "outputs": _json(run.outputs),
        "nodes": [node_map(node) for node in detail.nodes],
        "replays": [
            {"id": replay.id, "status": replay.status, "created_at": replay.created_at / 1e6, **(_replay(replay) or {})}
            for replay in detail.replays
        ],
        "message": {
            "id": message.id,
            "query": message.query,
            "answer": message.answer,
            "conversation_id": message.conversation_id,
        }
        if message
        else None,
    }


def node_map(node: NodeExecution) -> dict[str, Any]:
    """One execution of a node."""
    return {
        "id": node.id,
        "node_id": node.node_id,
        "node_type": node.node_type,
        "title": node.title,
        "index": node.node_index,
        "predecessor_node_id": node.predecessor_node_id,
        "status": node.status,
        "error": node.error,
        "error_type": node.error_type,
        "inputs": _json(node.inputs),
        "process_data": _json(node.process_data),
        "outputs": _json(node.outputs),
        "execution_metadata": _json(node.execution_metadata),
        "elapsed_time": node.elapsed,
        "created_at": node.created_at / 1e6,
        "finished_at": node.finished_at / 1e6 if node.finished_at else None,
        "iteration_id": node.container_node_id if node.container_kind == "iteration" else None,
        "loop_id": node.container_node_id if node.container_kind == "loop" else None,
        "retry_index": node.retry_index,
    }


def _preview(row: RunRow) -> dict[str, str]:
    """What was asked (a question, or a form) and what was answered."""
    message = row.message
    if message is not None and message.query:
        return {"query": message.query[:_PREVIEW_LENGTH], "answer": message.answer[:_PREVIEW_LENGTH]}
    recorded: dict[str, Any] = _json(row.run.inputs) or {}
    inputs = _shortened({name: value for name, value in recorded.items() if not name.startswith("sys.")})
    if message is not None:
        return {"inputs": inputs, "answer": message.answer[:_PREVIEW_LENGTH]}
    return {"inputs": inputs, "outputs": _shortened(_json(row.run.outputs))}


def _shortened(value: object) -> str:
    return msgspec.json.encode(value).decode()[:_PREVIEW_LENGTH] if value else ""


def _replay(run: Run) -> dict[str, Any] | None:
    """How a run repeats another one; what it remembers concerns nobody but its models."""
    told: dict[str, Any] | None = _json(run.replay)
    return told and {name: value for name, value in told.items() if name != "remembers"}


def _json(text: str | None) -> Any:
    return _decode(text) if text else None
