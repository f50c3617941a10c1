"""The payloads of the Service API as the specification spells them, with placeholders for what differs."""

from typing import Any
from uuid import uuid4

from tests.doubles.recording import Request
from tests.server.harness import Workbench
from tests.server.http_client import AppApi
from tests.server.matchers import COUNT, ID, NOW, SECONDS, TEXT

JsonMap = dict[str, Any]


def unique(word: str) -> str:
    """A text that no other test sends, so that the model's script can tell this test's calls."""
    return f"{word} {uuid4().hex[:10]}"


def asked(bench: Workbench, text: str) -> list[Request]:
    """The requests that reached the model with this text in them."""
    return [request for request in bench.model.requests_to("/chat/completions") if text in str(request.json)]


def node_started(envelope: JsonMap, **members: Any) -> JsonMap:
    data = {
        "id": ID,
        "node_id": TEXT,
        "node_type": TEXT,
        "title": TEXT,
        "index": COUNT,
        "predecessor_node_id": TEXT,
        "inputs": None,
        "inputs_truncated": False,
        "created_at": NOW,
        "extras": {},
        "agent_strategy": None,
        "iteration_id": None,
        "loop_id": None,
        "parallel_id": None,
        "parallel_start_node_id": None,
        "parent_parallel_id": None,
        "parent_parallel_start_node_id": None,
        "parallel_run_id": None,
        **members,
    }
    return {"event": "node_started", **envelope, "data": data}


def node_finished(envelope: JsonMap, event: str = "node_finished", **members: Any) -> JsonMap:
    data = {
        "id": ID,
        "node_id": TEXT,
        "node_type": TEXT,
        "title": TEXT,
        "index": COUNT,
        "predecessor_node_id": TEXT,
        "inputs": None,
        "inputs_truncated": False,
        "process_data": None,
        "process_data_truncated": False,
        "outputs": None,
        "outputs_truncated": False,
        "status": "succeeded",
        "error": None,
        "elapsed_time": SECONDS,
        "execution_metadata": None,
        "created_at": NOW,
        "finished_at": NOW,
        "files": [],
        "iteration_id": None,
        "loop_id": None,
        "parallel_id": None,
        "parallel_start_node_id": None,
        "parent_parallel_id": None,
        "parent_parallel_start_node_id": None,
        **members,
    }
    return {"event": event, **envelope, "data": data}


def run_finished(envelope: JsonMap, **members: Any) -> JsonMap:
    data = {
        "id": envelope["workflow_run_id"],
        "workflow_id": ID,
        "sequence_number": 0,
        "status": "succeeded",
        "outputs": None,
        "error": None,
        "elapsed_time": SECONDS,
        "total_tokens": 0,
        "total_steps": COUNT,
        "created_by": {"id": ID, "user": TEXT},
        "created_at": NOW,
        "finished_at": NOW,
        "exceptions_count": 0,
        "files": [],
        **members,
    }
    return {"event": "workflow_finished", **envelope, "data": data}


def system_inputs(envelope: JsonMap, api: AppApi, **members: Any) -> JsonMap:
    return {
        "sys.files": [],
        "sys.user_id": api.user,
        "sys.app_id": ID,
        "sys.workflow_id": ID,
        "sys.workflow_run_id": envelope["workflow_run_id"],
        **members,
    }
