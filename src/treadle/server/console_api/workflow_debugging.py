"""The console API: running drafts, whole or node by node.

Answers of whole runs are event streams in the words of the app's mode (spec service-api §4), in full detail.
"""

from typing import Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field, JsonValue

from treadle.apps.conversations.history import Owner
from treadle.apps.editing.debugging import GIVEN, TryOut
from treadle.apps.running.active_run import ActiveRun
from treadle.apps.running.frames import FrameEncoder
from treadle.apps.tables import NodeExecution
from treadle.dsl import AppMode
from treadle.logs.shapes import node_map
from treadle.platform.refusals import InvalidParam
from treadle.server.arguments import optional_uuid
from treadle.server.console_api.access import EditorDep, ServicesDep, console_router
from treadle.server.console_api.answers import STREAM, Done, Streamed, person_of
from treadle.server.event_stream import EventStream

router: APIRouter = console_router("Debugging")

JsonObject = dict[str, JsonValue]


class RunDraft(BaseModel):
    """What a workflow is run on. `start_node_id` is the trigger to begin with, in a workflow with triggers."""

    inputs: JsonObject = Field(default_factory=dict)
    files: list[JsonObject] = Field(default_factory=list[JsonObject])
    start_node_id: str | None = None


class ChatWithDraft(BaseModel):
    """A question to a chatflow. Without `conversation_id` a new conversation begins."""

    inputs: JsonObject = Field(default_factory=dict)
    files: list[JsonObject] = Field(default_factory=list[JsonObject])
    query: str = Field(min_length=1)
    conversation_id: str | None = None
    parent_message_id: str | None = None


class AskConfiguration(BaseModel):
    """A call of an app without a canvas, on a `configuration` that need not be saved."""

    inputs: JsonObject = Field(default_factory=dict)
    files: list[JsonObject] = Field(default_factory=list[JsonObject])
    query: str = ""
    conversation_id: str | None = None
    parent_message_id: str | None = None
    configuration: JsonObject | None = None


class StepInputs(BaseModel):
    """What a node is run on.

    Keys of `inputs` are `node_id.name`, also within `#`, or the node's own names for its variables; those of a start
    node are its form's. What is left out comes from the member's last runs, or from the draft.
    """

    inputs: JsonObject = Field(default_factory=dict)
    query: str = ""
    files: list[JsonObject] = Field(default_factory=list[JsonObject])


class NodeRun(BaseModel):
    """One execution of a node. Times are seconds since the epoch, `elapsed_time` seconds.

    `given_inputs` is what the caller of a single step gave, to fill its form again.
    """

    id: str
    node_id: str
    node_type: str
    title: str
    index: int
    predecessor_node_id: str | None
    triggered_from: str
    status: str
    error: str | None
    error_type: str | None
    inputs: JsonObject | None
    process_data: JsonObject | None
    outputs: JsonObject | None
    execution_metadata: JsonObject | None
    given_inputs: JsonObject | None
    retry_index: int
    iteration_id: str | None
    loop_id: str | None
    elapsed_time: float
    created_at: float
    finished_at: float | None


class AskedVariable(BaseModel):
    """A variable that a node reads. `known`: a step finds `value` without being given one."""

    key: str
    selector: list[str]
    node_id: str
    field: str
    required: bool
    known: bool
    value: JsonValue


class AskedVariables(BaseModel):
    items: list[AskedVariable]


class FollowUps(BaseModel):
    """What may be asked next; empty when the model gives nothing usable."""

    data: list[str]


@router.post("/apps/{app_id}/workflows/draft/run", responses=STREAM, response_class=Streamed)
async def run_draft(app_id: str, body: RunDraft, services: ServicesDep, signed_in: EditorDep) -> Streamed:
    """Run the draft of a workflow."""
    await _mode(services, signed_in.workspace_id, app_id, AppMode.WORKFLOW)
    asked = TryOut(inputs=body.inputs, files=body.files, root=body.start_node_id or None)
    return streamed(await services.editing.runs.start(person_of(signed_in), app_id, asked))


@router.post("/apps/{app_id}/advanced-chat/workflows/draft/run", responses=STREAM, response_class=Streamed)
async def chat_with_draft(app_id: str, body: ChatWithDraft, services: ServicesDep, signed_in: EditorDep) -> Streamed:
    """Ask the draft of a chatflow."""
    await _mode(services, signed_in.workspace_id, app_id, AppMode.ADVANCED_CHAT)
    asked = TryOut(
        inputs=body.inputs,
        files=body.files,
        query=body.query.replace("\x00", ""),
        conversation_id=optional_uuid(body.conversation_id, "conversation_id"),
        parent_message_id=body.parent_message_id or None,
    )
    return streamed(await services.editing.runs.start(person_of(signed_in), app_id, asked))


@router.post("/apps/{app_id}/chat-messages", responses=STREAM, response_class=Streamed)
async def chat_with_configuration(
    app_id: str, body: AskConfiguration, services: ServicesDep, signed_in: EditorDep
) -> Streamed:
    """Ask a chat or agent app, on an unsaved configuration if one is sent."""
    await _mode(services, signed_in.workspace_id, app_id, AppMode.CHAT, AppMode.AGENT_CHAT)
    if not body.query:
        raise InvalidParam("`query` must not be empty.", param="query")
    return streamed(await services.editing.runs.start(person_of(signed_in), app_id, _asked(body)))


@router.post("/apps/{app_id}/completion-messages", responses=STREAM, response_class=Streamed)
async def complete_with_configuration(
    app_id: str, body: AskConfiguration, services: ServicesDep, signed_in: EditorDep
) -> Streamed:
    """Call a text generator, on an unsaved configuration if one is sent."""
    await _mode(services, signed_in.workspace_id, app_id, AppMode.COMPLETION)
    return streamed(await services.editing.runs.start(person_of(signed_in), app_id, _asked(body)))


@router.get("/apps/{app_id}/chat-messages/{message_id}/suggested-questions")
async def suggest_questions(app_id: str, message_id: str, services: ServicesDep, signed_in: EditorDep) -> FollowUps:
    """What the member may ask the draft after one of its answers."""
    app = await services.apps.of_workspace(signed_in.workspace_id, app_id)
    owner = Owner(app.id, signed_in.account_id)
    return FollowUps(data=await services.asides.tried_questions(app, owner, message_id))


@router.get("/apps/{app_id}/completion-messages/{message_id}/more-like-this", responses=STREAM, response_class=Streamed)
async def more_like_this(app_id: str, message_id: str, services: ServicesDep, signed_in: EditorDep) -> Streamed:
    """Another text like one that the member got from the draft, with a warmer model."""
    await _mode(services, signed_in.workspace_id, app_id, AppMode.COMPLETION)
    person = person_of(signed_in)
    asked = await services.again.tried_like(person, services.editing.drafts, app_id, message_id)
    return streamed(await services.editing.runs.start(person, app_id, asked))


@router.post("/apps/{app_id}/workflows/draft/nodes/{node_id}/run")
async def run_node(app_id: str, node_id: str, body: StepInputs, services: ServicesDep, signed_in: EditorDep) -> NodeRun:
    """Run one node alone, with its retries and its error strategy. A node that fails is answered with 200 too."""
    person = person_of(signed_in)
    row_id = await services.editing.runs.step(person, app_id, node_id, _given(body))
    return node_run(await services.editing.history.step(person.in_app(app_id), row_id))


@router.get("/apps/{app_id}/workflows/draft/nodes/{node_id}/inputs")
async def list_node_inputs(app_id: str, node_id: str, services: ServicesDep, signed_in: EditorDep) -> AskedVariables:
    """The variables that a node reads, and the values that a step would take."""
    asked = await services.editing.runs.asked_by(person_of(signed_in), app_id, node_id)
    return AskedVariables(
        items=[
            AskedVariable(
                key=each.needed.key,
                selector=list(each.needed.path),
                node_id=each.needed.node_id,
                field=each.needed.field,
                required=not each.needed.optional,
                known=each.known,
                value=each.value,
            )
            for each in asked
        ]
    )


@router.get("/apps/{app_id}/workflows/draft/nodes/{node_id}/last-run")
async def read_last_run(app_id: str, node_id: str, services: ServicesDep, signed_in: EditorDep) -> NodeRun:
    """What a node gave when this member ran it last, alone or with the whole draft."""
    await services.apps.of_workspace(signed_in.workspace_id, app_id)
    row = await services.editing.history.last(person_of(signed_in).in_app(app_id), node_id)
    shown = node_run(row)
    if shown.given_inputs is None:
        shown.given_inputs = await services.editing.history.given(row)
    return shown


async def _run_container(
    app_id: str,
    node_id: str,
    kind: Literal["iteration", "loop"],
    body: StepInputs,
    services: ServicesDep,
    signed_in: EditorDep,
) -> Streamed:
    run = await services.editing.runs.walk(person_of(signed_in), app_id, node_id, kind, _given(body))
    return streamed(run)


@router.post("/apps/{app_id}/workflows/draft/iteration/nodes/{node_id}/run", responses=STREAM, response_class=Streamed)
@router.post(
    "/apps/{app_id}/advanced-chat/workflows/draft/iteration/nodes/{node_id}/run",
    responses=STREAM,
    response_class=Streamed,
    include_in_schema=False,
)
async def run_iteration(
    app_id: str, node_id: str, body: StepInputs, services: ServicesDep, signed_in: EditorDep
) -> Streamed:
    """Run one iteration alone."""
    return await _run_container(app_id, node_id, "iteration", body, services, signed_in)


@router.post("/apps/{app_id}/workflows/draft/loop/nodes/{node_id}/run", responses=STREAM, response_class=Streamed)
@router.post(
    "/apps/{app_id}/advanced-chat/workflows/draft/loop/nodes/{node_id}/run",
    responses=STREAM,
    response_class=Streamed,
    include_in_schema=False,
)
async def run_loop(
    app_id: str, node_id: str, body: StepInputs, services: ServicesDep, signed_in: EditorDep
) -> Streamed:
    """Run one loop alone."""
    return await _run_container(app_id, node_id, "loop", body, services, signed_in)


@router.post("/apps/{app_id}/workflow-runs/tasks/{task_id}/stop")
async def stop_run(app_id: str, task_id: str, services: ServicesDep, signed_in: EditorDep) -> Done:
    """Stop a run that this member started; without effect on any other."""
    app = await services.apps.of_workspace(signed_in.workspace_id, app_id)
    if not services.host.stop(task_id, app_id=app.id, user_id=signed_in.account_id):
        services.elsewhere.stop(task_id, app_id=app.id, user_id=signed_in.account_id)
    return Done()


def node_run(row: NodeExecution) -> NodeRun:
    """An execution as the editor shows it."""
    shown = node_map(row)
    metadata: dict[str, Any] = dict(shown["execution_metadata"] or {})
    given = metadata.pop(GIVEN, None)
    return NodeRun.model_validate(
        {
            **shown,
            "execution_metadata": metadata or None,
            "triggered_from": row.triggered_from,
            "given_inputs": given,
        }
    )


async def _mode(services: ServicesDep, workspace_id: str, app_id: str, *modes: AppMode) -> None:
    """Raises NotFound for an unknown app, InvalidParam for one of another mode."""
    app = await services.apps.of_workspace(workspace_id, app_id)
    if app.mode not in modes:
        raise InvalidParam(f"This app is of mode {app.mode}; use the endpoint of its mode.", code="app_unavailable")


def _asked(body: AskConfiguration) -> TryOut:
    return TryOut(
        inputs=body.inputs,
        files=body.files,
        query=body.query.replace("\x00", ""),
        conversation_id=optional_uuid(body.conversation_id, "conversation_id"),
        parent_message_id=body.parent_message_id or None,
        model_config=body.configuration,
    )


def _given(body: StepInputs) -> TryOut:
    return TryOut(inputs=body.inputs, files=body.files, query=body.query.replace("\x00", ""))


def streamed(run: ActiveRun) -> Streamed:
    """The events of a run that a member tries."""
    return Streamed(EventStream(run.feed, FrameEncoder(run.thread), on_close=run.release))
