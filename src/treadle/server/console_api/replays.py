"""The console API: repeating a logged run from one of its nodes on."""

from typing import Annotated, Literal

from fastapi import Query
from pydantic import BaseModel, Field, JsonValue

from treadle.apps.editing.replay_ground import ReplayChoice
from treadle.apps.editing.replays import ReplayPlan
from treadle.apps.running.frames import FrameEncoder
from treadle.server.console_api.access import EditorDep, ServicesDep, console_router
from treadle.server.console_api.answers import STREAM, Streamed, person_of
from treadle.server.event_stream import EventStream

router = console_router("Runs")

GraphChoice = Literal["recorded", "draft"]
ConversationChoice = Literal["recorded", "now"]


class ReplayedVariable(BaseModel):
    """A variable that the chosen node reads, with its recorded value. `lost_file` names a file that is gone."""

    key: str
    selector: list[str]
    required: bool
    known: bool
    value: JsonValue
    lost_file: str | None


class CarriedNode(BaseModel):
    """A node whose recorded outputs stay. `changed`: its settings are others than those that made them."""

    node_id: str
    title: str
    changed: bool


class LostNode(BaseModel):
    """A node whose recorded outputs cannot stay. `runs`: it runs anew, since it is still there."""

    node_id: str
    title: str
    reason: Literal["gone", "kind", "branch", "behind", "new", "unfinished"]
    runs: bool


class ReplayShown(BaseModel):
    """What a replay from a node would do. `node_id` is that of the container where the node stands in one.

    `conversation` is null for a run without conversation variables; `conversation_kept` tells whether those of then are
    known. `reached` is false when the graph, with the recorded outputs, does not come to the node.
    """

    node_id: str
    node_type: str
    title: str
    variables: list[ReplayedVariable]
    carried: list[CarriedNode]
    lost: list[LostNode]
    conversation: ConversationChoice | None
    conversation_kept: bool
    reached: bool


class StartReplay(BaseModel):
    """From where, on which graph and with what a run is repeated; of `inputs`, only what is to be another value.

    Keys of `inputs` are those of `ReplayedVariable`.
    """

    node_id: str
    graph: GraphChoice = "recorded"
    conversation: ConversationChoice | None = None
    inputs: dict[str, JsonValue] = Field(default_factory=dict)


@router.get("/runs/{run_id}/replay")
async def plan_replay(
    run_id: str,
    services: ServicesDep,
    signed_in: EditorDep,
    node_id: Annotated[str, Query()],
    graph: GraphChoice = "recorded",
    conversation: ConversationChoice | None = None,
) -> ReplayShown:
    """What would be kept, what would run anew, and the values that the node would be given."""
    choice = ReplayChoice(node_id=node_id, graph=graph, conversation=conversation)
    return _shown(await services.editing.replays.plan(person_of(signed_in), run_id, choice))


@router.post("/runs/{run_id}/replays", responses=STREAM, response_class=Streamed)
async def start_replay(run_id: str, body: StartReplay, services: ServicesDep, signed_in: EditorDep) -> Streamed:
    """Repeat a run from a node on, as a run of its own."""
    choice = ReplayChoice(node_id=body.node_id, graph=body.graph, conversation=body.conversation)
    run = await services.editing.replays.start(person_of(signed_in), run_id, choice, body.inputs)
    return Streamed(EventStream(run.feed, FrameEncoder(run.thread), on_close=run.release))


def _shown(plan: ReplayPlan) -> ReplayShown:
    return ReplayShown(
        node_id=plan.node.id,
        node_type=plan.node.type,
        title=plan.node.title,
        variables=[
            ReplayedVariable(
                key=".".join(each.path),
                selector=list(each.path),
                required=each.required,
                known=each.known,
                value=each.value,
                lost_file=each.lost,
            )
            for each in plan.asked
        ],
        carried=[
            CarriedNode(node_id=each.node_id, title=each.title, changed=each.node_id in plan.changed)
            for each in plan.carried
        ],
        lost=[
            LostNode(node_id=each.node_id, title=each.title, reason=each.reason, runs=each.runs) for each in plan.lost
        ],
        conversation=plan.conversation,
        conversation_kept=plan.conversation_kept,
        reached=plan.reached,
    )
