"""The console API: what was run of a draft, and what went into it."""

from typing import Annotated, Any

import msgspec
from fastapi import Query
from pydantic import BaseModel, JsonValue

from treadle.apps.editing.debug_history import DebugRun
from treadle.apps.tool_secrets import masked
from treadle.platform.refusals import NotFound
from treadle.server.console_api.access import EditorDep, ServicesDep, console_router
from treadle.server.console_api.answers import STREAM, Author, Streamed, author_of
from treadle.server.console_api.workflow_debugging import NodeRun, node_run
from treadle.server.streams import follow

router = console_router("Run history")

JsonObject = dict[str, JsonValue]
_SYSTEM = "sys."
_decode = msgspec.json.Decoder().decode


class RunEntry(BaseModel):
    """A run of a draft. Times are seconds since the epoch, `elapsed_time` seconds."""

    id: str
    task_id: str
    mode: str
    status: str
    error: str | None
    elapsed_time: float
    total_tokens: int
    total_steps: int
    exceptions_count: int
    triggered_from: str
    root_node_id: str | None
    """The trigger that it began with, or the container that ran alone."""
    conversation_id: str | None
    message_id: str | None
    query: str | None
    created_by_account: Author | None
    created_at: float
    finished_at: float | None


class RunPage(BaseModel):
    data: list[RunEntry]
    limit: int
    has_more: bool


class Replay(BaseModel):
    """What a run was given, in the shape in which the next one takes it."""

    inputs: JsonObject
    files: list[JsonValue]
    query: str


class RunShown(RunEntry):
    """A run whole, with the graph that it ran."""

    version: str
    graph: JsonObject | None
    inputs: JsonObject
    outputs: JsonValue
    answer: str | None
    replay: Replay


class NodeRunList(BaseModel):
    data: list[NodeRun]


@router.get("/apps/{app_id}/workflow-runs")
async def list_runs(
    app_id: str,
    services: ServicesDep,
    signed_in: EditorDep,
    last_id: str | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    alone: bool = False,
) -> RunPage:
    """Runs of the draft, newest first, behind `last_id`; `alone` those of single iterations and loops."""
    await services.apps.of_workspace(signed_in.workspace_id, app_id)
    found, more = await services.editing.history.runs(
        signed_in.workspace_id, app_id, limit=limit, last_id=last_id or None, alone=alone
    )
    return RunPage(data=[RunEntry(**_entry(run)) for run in found], limit=limit, has_more=more)


@router.get("/apps/{app_id}/advanced-chat/workflow-runs", include_in_schema=False)
async def list_chatflow_runs(
    app_id: str,
    services: ServicesDep,
    signed_in: EditorDep,
    last_id: str | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> RunPage:
    """The same under the address that chatflows know."""
    return await list_runs(app_id, services, signed_in, last_id, limit)


@router.get("/apps/{app_id}/workflow-runs/{run_id}")
async def read_run(app_id: str, run_id: str, services: ServicesDep, signed_in: EditorDep) -> RunShown:
    """One run of the app."""
    found = await services.editing.history.run(signed_in.workspace_id, app_id, run_id)
    run, message = found.run, found.message
    inputs: dict[str, Any] = _decode(run.inputs)
    form = {name: value for name, value in inputs.items() if not name.startswith(_SYSTEM)}
    return RunShown(
        **_entry(found),
        version=run.version_id,
        graph=masked(_decode(run.graph)) if run.graph else None,
        inputs=inputs,
        outputs=_decode(run.outputs) if run.outputs else None,
        answer=message.answer if message else None,
        replay=Replay(inputs=form, files=inputs.get("sys.files") or [], query=message.query if message else ""),
    )


@router.get("/apps/{app_id}/workflow-runs/{run_id}/node-executions")
async def list_run_nodes(app_id: str, run_id: str, services: ServicesDep, signed_in: EditorDep) -> NodeRunList:
    """The node executions of a run, in the order of their start."""
    await services.editing.history.run(signed_in.workspace_id, app_id, run_id)
    return NodeRunList(data=[node_run(row) for row in await services.editing.history.nodes(run_id)])


@router.get("/apps/{app_id}/workflow-runs/{run_id}/events", responses=STREAM, response_class=Streamed)
async def follow_run(app_id: str, run_id: str, services: ServicesDep, signed_in: EditorDep) -> Streamed:
    """The stream of a run that this member started, from its beginning; of one that is over, its last event."""
    found = await services.editing.history.run(signed_in.workspace_id, app_id, run_id)
    if found.run.created_by != signed_in.account_id:
        raise NotFound("There is no such run.")
    return Streamed(await follow(services, await services.logs.run(run_id, app_id=app_id)))


def _entry(found: DebugRun) -> dict[str, Any]:
    run, message = found.run, found.message
    return {
        "id": run.id,
        "task_id": run.task_id,
        "mode": run.mode,
        "status": run.status,
        "error": run.error,
        "elapsed_time": run.elapsed,
        "total_tokens": run.total_tokens,
        "total_steps": run.total_steps,
        "exceptions_count": run.exceptions_count,
        "triggered_from": run.triggered_from,
        "root_node_id": run.root_node_id,
        "conversation_id": run.conversation_id,
        "message_id": run.message_id,
        "query": message.query if message else None,
        "created_by_account": author_of(found.account),
        "created_at": run.created_at / 1e6,
        "finished_at": run.finished_at / 1e6 if run.finished_at else None,
    }
