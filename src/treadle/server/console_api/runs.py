"""The console API: the runs of a workspace."""

from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, ConfigDict, JsonValue

from treadle.logs.repository import RunFilter
from treadle.logs.shapes import detail_map, run_map
from treadle.server.console_api.access import EditorDep, ServicesDep, console_router

router = console_router("Runs")


class _Logged(BaseModel):
    """A map of `treadle.logs.shapes`, which the terminal shows too: what is added there is passed on."""

    model_config = ConfigDict(extra="allow")


class KeyNamed(BaseModel):
    """A key of an app, as logs name it."""

    id: str
    name: str
    last_characters: str


class LoggedReplay(_Logged):
    """How a run repeats another one: from `node_id` on, with the variables `edited` changed."""

    node_id: str
    title: str
    graph: str
    conversation: str
    edited: list[str]


class LoggedReplayRun(LoggedReplay):
    """A run that repeats the one that is shown."""

    id: str
    status: str
    created_at: float


class LoggedRun(_Logged):
    """A run in a list; `preview` has the first lines of what went in and out. Times are seconds since the epoch."""

    id: str
    app_id: str
    app_name: str
    mode: str
    version: str | None
    status: str
    created_at: float
    finished_at: float | None
    elapsed_time: float
    total_tokens: int
    total_price: str
    currency: str
    total_steps: int
    exceptions_count: int
    error: str | None
    error_type: str | None
    created_from: str
    triggered_from: str
    end_user: str | None
    account: str | None
    preview: dict[str, str]
    read_at: float | None
    """When somebody first opened it in the log of its app."""
    api_key: KeyNamed | None = None
    """The key that was called with, while it is there."""
    replay_of: str | None
    """The run that this one repeats."""
    replay: LoggedReplay | None


class LoggedRuns(BaseModel):
    """`next_cursor` asks for the next page; null at the end."""

    data: list[LoggedRun]
    next_cursor: str | None


class LoggedNode(_Logged):
    """One execution of a node."""

    id: str
    node_id: str
    node_type: str
    title: str
    index: int
    predecessor_node_id: str | None
    status: str
    error: str | None
    error_type: str | None
    inputs: JsonValue
    process_data: JsonValue
    outputs: JsonValue
    execution_metadata: JsonValue
    elapsed_time: float
    created_at: float
    finished_at: float | None
    iteration_id: str | None
    loop_id: str | None
    retry_index: int


class LoggedMessage(_Logged):
    """The message that a run answered."""

    id: str
    query: str
    answer: str
    conversation_id: str | None


class LoggedRunDetail(LoggedRun):
    """A run with its values, its nodes and its message."""

    inputs: JsonValue
    outputs: JsonValue
    nodes: list[LoggedNode]
    message: LoggedMessage | None
    replays: list[LoggedReplayRun]


@router.get("/runs")
async def runs(
    services: ServicesDep,
    signed_in: EditorDep,
    app_id: str | None = None,
    status: str | None = None,
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> LoggedRuns:
    """Runs of the workspace, newest first."""
    wanted = RunFilter(
        workspace_id=signed_in.workspace_id,
        app_id=app_id or None,
        statuses=(status,) if status else (),
        with_debugging=True,
    )
    rows, following = await services.logs.newest(wanted, cursor=cursor, limit=limit)
    return LoggedRuns(data=[LoggedRun.model_validate(run_map(row)) for row in rows], next_cursor=following or None)


@router.get("/runs/{run_id}")
async def run_detail(run_id: str, services: ServicesDep, signed_in: EditorDep) -> LoggedRunDetail:
    """One run, node by node."""
    detail = await services.logs.detail(run_id, workspace_id=signed_in.workspace_id)
    return LoggedRunDetail.model_validate(detail_map(detail))
