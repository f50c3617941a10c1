"""Repeating a logged run from one of its nodes on, with other values.

What ran before the chosen node keeps its recorded outputs, which are taken from the log; the chosen node and all that
depends on it run anew, as a run of its own that names its origin. Values that the caller changes hold from there on,
for every node that runs. Source: spec console §7.10.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import msgspec

from treadle.apps.conversations.memory import memory_of
from treadle.apps.editing.carried import carried_over, retelling
from treadle.apps.editing.debug_values import with_links
from treadle.apps.editing.debugging import DebugRuns, Person
from treadle.apps.editing.drafts import Drafts
from treadle.apps.editing.forking import Lost
from treadle.apps.editing.replay_ground import Ground, Grounds, ReplayChoice
from treadle.apps.editing.replay_values import Edited, Path, ReplayValues
from treadle.apps.running.active_run import ActiveRun
from treadle.apps.running.masking import Mask
from treadle.apps.running.recorder import Recording
from treadle.apps.running.records import ConversationRecord, MessageRecord, ReplayRecord, RunRecord
from treadle.apps.running.runs import RunHost
from treadle.apps.service import AppService
from treadle.apps.tables import CreatedFrom, TriggeredFrom
from treadle.apps.uploads import FileOrigin, Uploads
from treadle.dsl import NodeView
from treadle.engine.events import NodeFinished
from treadle.engine.pool import VariablePool
from treadle.engine.run import Run
from treadle.engine.values import MISSING, JsonValue, Missing, Value, to_text
from treadle.platform.clock import now_us
from treadle.platform.crypto import Crypto
from treadle.platform.db import Database
from treadle.platform.ids import new_id
from treadle.platform.refusals import InvalidParam


@dataclass(frozen=True, slots=True)
class Replayed:
    """A variable that the chosen node reads, with its recorded value. `lost` names what of it was not kept."""

    path: Path
    required: bool
    known: bool
    value: JsonValue
    lost: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayPlan:
    """What a replay would do. `node` is the chosen one, or the container around it; `changed` are nodes whose recorded
    outputs are kept although their settings are others now."""

    node: NodeView
    asked: list[Replayed]
    carried: list[NodeFinished]
    changed: list[str]
    lost: list[Lost]
    conversation: Literal["recorded", "now"] | None
    """None for a run without conversation variables."""
    conversation_kept: bool
    reached: bool


class Replays:
    """Plans and begins replays."""

    def __init__(
        self,
        *,
        db: Database,
        crypto: Crypto,
        apps: AppService,
        drafts: Drafts,
        runs: DebugRuns,
        host: RunHost,
        recording: Recording,
        uploads: Uploads,
    ) -> None:
        self._db = db
        self._crypto = crypto
        self._runs = runs
        self._host = host
        self._recording = recording
        self._uploads = uploads
        self._grounds = Grounds(
            db=db, crypto=crypto, apps=apps, drafts=drafts, recorded=runs.recorded, recording=recording
        )
        self._values = ReplayValues(uploads)

    async def plan(self, person: Person, run_id: str, choice: ReplayChoice) -> ReplayPlan:
        """What would be kept and run. Raises NotFound, and Refusal for a run that cannot be repeated so."""
        ground = await self._grounds.of(person.workspace_id, run_id, choice)
        pool = Edited.of(ground).pool()
        mask = Mask(self._crypto, ground.version.secrets)
        asked: list[Replayed] = []
        for need in ground.asked:
            value = _recorded(ground, pool, need.path)
            if isinstance(value, Missing):
                required = not need.optional and need.path[0] in ground.gone
                asked.append(Replayed(need.path, required, False, None))
                continue
            linked = await with_links(value, self._uploads, person.workspace_id)
            shown = msgspec.json.decode(mask.json(linked))
            lost = await self._values.lost_file(value, person.workspace_id)
            asked.append(Replayed(need.path, not need.optional, True, shown, lost))
        return ReplayPlan(
            node=ground.node,
            asked=asked,
            carried=ground.fork.carried,
            changed=ground.changed,
            lost=ground.fork.lost,
            conversation=ground.conversation if ground.variables else None,
            conversation_kept=ground.origin.conversation_values is not None,
            reached=ground.fork.reached,
        )

    async def start(
        self, person: Person, run_id: str, choice: ReplayChoice, given: Mapping[str, JsonValue]
    ) -> ActiveRun:
        """Begin a replay with the values `given`, by the keys of `Replayed.path` joined by dots.

        Raises NotFound, and Refusal for a run that cannot be repeated so, or for values that cannot be taken.
        """
        ground = await self._grounds.of(person.workspace_id, run_id, choice)
        if not ground.fork.reached:
            raise InvalidParam(
                f"With the recorded outputs the draft does not come to {ground.node.label}; choose an earlier node.",
                param="node_id",
            )
        await self._recording.writer.room()
        edited = await self._values.edited(ground, given, person)
        await self._values.check(edited, person.workspace_id)
        headers = await self._host.world.passed_on(person.workspace_id, person.headers)
        return self._launch(person, edited, choice, headers)

    def _launch(self, person: Person, edited: Edited, choice: ReplayChoice, headers: dict[str, str]) -> ActiveRun:
        ground, version = edited.ground, edited.version
        record = msgspec.structs.replace(self._record(person, edited, choice), headers=headers)
        carried = [carried_over(event, ground.origin.run.id) for event in edited.carried]
        edited.system["workflow_run_id"], edited.system["workflow_id"] = record.id, record.version_id
        pool = edited.initial_pool()
        memory = memory_of(record, self._db, self._uploads.with_url)
        by_member = FileOrigin(record.workspace_id, record.app_id, record.created_by_role, record.created_by, record.id)
        user = str(edited.system.get("user_id", person.account_id))
        return self._host.launch(
            record,
            self._recording.recorder(record, secrets=version.secrets),
            version,
            user=user,
            debugging=self._runs.debugging(person, ground.app.id, version, ground.graph_text, keeps=ground.of_draft),
            run=lambda emit: Run(
                ground.graph,
                run_id=record.id,
                inputs=edited.inputs,
                pool=pool,
                ports=self._host.world.ports(record.workspace_id, memory, by_member, user=user, headers=record.headers),
                emit=retelling(emit, carried),
                new_id=new_id,
                limits=self._host.world.limits(),
                checkpoint=carried,
            ),
        )

    def _record(self, person: Person, edited: Edited, choice: ReplayChoice) -> RunRecord:
        ground, origin = edited.ground, edited.ground.origin.run
        conversation: ConversationRecord | None = None
        message: MessageRecord | None = None
        if origin.message is not None and origin.conversation is not None:
            variables = [msgspec.structs.replace(v, value=edited.variables[v.name]) for v in ground.variables]
            conversation = ConversationRecord(
                id=new_id(),
                name=origin.conversation.name,
                inputs=edited.inputs,
                dialogue_count=origin.conversation.dialogue_count,
                new=True,
                variables=tuple(variables),
            )
            message = msgspec.structs.replace(
                origin.message,
                id=new_id(),
                query=to_text(edited.system.get("query", origin.message.query)),
                inputs=edited.inputs,
                parent_message_id=None,
                show_citations=True,
            )
        return RunRecord(
            id=new_id(),
            workspace_id=person.workspace_id,
            app_id=ground.app.id,
            version_id=ground.version.version_id,
            mode=origin.mode,
            triggered_from=TriggeredFrom.DEBUGGING,
            created_from=CreatedFrom.CONSOLE,
            created_by_role="account",
            created_by=person.account_id,
            task_id=new_id(),
            created_at=now_us(),
            graph=ground.graph_text,
            root=origin.root,
            replay_of=origin.id,
            replay=ReplayRecord(
                node_id=ground.node.id,
                title=ground.node.title,
                graph=choice.graph,
                conversation=ground.conversation,
                edited=tuple(".".join(path) for path in edited.given),
                remembers=origin.remembers,
            ),
            environment=edited.environment,
            conversation=conversation,
            message=message,
        )


def _recorded(ground: Ground, pool: VariablePool, path: Path) -> "Value | Missing":
    """What a variable held; those of the chosen start node are the run's inputs."""
    if path[0] == ground.node.id:
        return ground.inputs.get(path[1], MISSING)
    return pool.get(path)
