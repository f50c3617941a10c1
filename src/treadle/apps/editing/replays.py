"""Repeating a logged run from one of its nodes on, with other values.

What ran before the chosen node keeps its recorded outputs, which are taken from the log; the chosen node and all that
depends on it run anew, as a run of its own that names its origin. Values that the caller changes hold from there on,
for every node that runs. Source: spec console §7.10.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import msgspec
from sqlalchemy import select

from treadle.apps.compile import CompiledApp
from treadle.apps.conversations.history import Owner
from treadle.apps.conversations.memory import ConversationMemory, NoMemory
from treadle.apps.conversations.state import load_conversation
from treadle.apps.definition import Definition
from treadle.apps.editing.carried import carried_over, retelling, without_writes
from treadle.apps.editing.debug_values import Needed, needed_by, paths_given, resolved, with_links, with_member
from treadle.apps.editing.debugging import DebugRuns, Person
from treadle.apps.editing.drafts import Drafts
from treadle.apps.editing.forking import Fork, Lost, changed_between, fork, with_children
from treadle.apps.running.active_run import ActiveRun
from treadle.apps.running.checkpoints import Checkpoints, RunCheckpoint
from treadle.apps.running.masking import Mask
from treadle.apps.running.recorder import Recording
from treadle.apps.running.records import ConversationRecord, MessageRecord, ReplayRecord, RunRecord, VariableRecord
from treadle.apps.running.requests import Debugging
from treadle.apps.running.runs import RunHost
from treadle.apps.service import AppService
from treadle.apps.tables import App, AppMode, AppVersion, CreatedFrom, TriggeredFrom
from treadle.apps.tool_secrets import ToolSecrets
from treadle.apps.uploads import FileOrigin, Uploads
from treadle.dsl import GraphView, JsonMap, NodeView, graph_view
from treadle.engine.errors import GraphError
from treadle.engine.events import NodeFinished
from treadle.engine.graph import TRIGGERS, Graph
from treadle.engine.pool import CONVERSATION, VariablePool
from treadle.engine.ports import Memory
from treadle.engine.run import Run
from treadle.engine.values import MISSING, JsonValue, Missing, Value, files_in, to_text, unmarked
from treadle.nodes.config import as_value
from treadle.nodes.inputs import InputError, validate_inputs
from treadle.platform.clock import now_us
from treadle.platform.crypto import Crypto, SecretError
from treadle.platform.db import Database
from treadle.platform.ids import new_id
from treadle.platform.refusals import InvalidParam, NotFound

_SYSTEM = "sys."

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayChoice:
    """From which node of a run, on which graph, and with which conversation variables it is repeated.

    `conversation` None stands for those of then where they were kept, else those of now.
    """

    node_id: str
    graph: Literal["recorded", "draft"] = "recorded"
    conversation: Literal["recorded", "now"] | None = None


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


@dataclass(frozen=True, slots=True)
class _Ground:
    """What a replay stands on: the run as its rows tell it, and the graph that is to run."""

    origin: RunCheckpoint
    app: App
    definition: Definition
    version: CompiledApp
    graph: Graph
    graph_text: str | None
    """The graph as the record of the new run keeps it."""
    view: GraphView
    node: NodeView
    fork: Fork
    changed: list[str]
    conversation: Literal["recorded", "now"]
    variables: tuple[VariableRecord, ...]


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
        self._apps = apps
        self._drafts = drafts
        self._runs = runs
        self._host = host
        self._recording = recording
        self._uploads = uploads
        self._checkpoints = Checkpoints(db, crypto)

    async def plan(self, person: Person, run_id: str, choice: ReplayChoice) -> ReplayPlan:
        """What would be kept and run. Raises NotFound, and Refusal for a run that cannot be repeated so."""
        ground = await self._ground(person, run_id, choice)
        pool = _pool(ground, ground.fork.carried, ground.variables, _system(ground.origin.inputs))
        mask = Mask(self._crypto, ground.version.secrets)
        asked: list[Replayed] = []
        gone = _gone(ground)
        for need in _asked(ground):
            value = _recorded(ground, pool, need.path)
            if isinstance(value, Missing):
                required = not need.optional and need.path[0] in gone
                asked.append(Replayed(need.path, required, False, None))
                continue
            linked = await with_links(value, self._uploads, person.workspace_id)
            shown = msgspec.json.decode(mask.json(linked))
            asked.append(
                Replayed(need.path, not need.optional, True, shown, await self._lost_file(value, person.workspace_id))
            )
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
        ground = await self._ground(person, run_id, choice)
        if not ground.fork.reached:
            raise InvalidParam(
                f"With the recorded outputs the draft does not come to {ground.node.label}; choose an earlier node.",
                param="node_id",
            )
        await self._recording.writer.room()
        files = self._uploads.for_caller(person.workspace_id, person.account_id)
        values = {name: await resolved(value, files, name) for name, value in given.items()}
        edits = paths_given(values, ground.node, _asked(ground))
        edited = await self._edited(ground, edits, given, person)
        await self._check(edited, person.workspace_id)
        return self._launch(person, edited, choice, tuple(".".join(path) for path in edits))

    async def _ground(self, person: Person, run_id: str, choice: ReplayChoice) -> _Ground:
        await self._recording.settle()
        try:
            origin = await self._checkpoints.load(run_id)
        except (SecretError, msgspec.ValidationError) as error:
            raise InvalidParam(f"The record of this run cannot be read any more: {error}.") from error
        if origin is None or origin.run.workspace_id != person.workspace_id:
            raise NotFound("There is no such run, or its log has been cleaned up.")
        record = origin.run
        if record.mode not in (AppMode.WORKFLOW, AppMode.ADVANCED_CHAT):
            raise InvalidParam("Only runs of workflows and chatflows are made of nodes to repeat them from.")
        if record.triggered_from == TriggeredFrom.SINGLE_STEP:
            raise InvalidParam("This run was of a single node; run that node alone again.")
        if not origin.finished:
            raise InvalidParam("The steps of this run were not kept, so there is nothing to go on from.")
        app = await self._apps.of_workspace(person.workspace_id, record.app_id)
        was = await self._definition_then(app, record)
        if choice.graph == "draft":
            draft = await self._drafts.read(person.workspace_id, record.app_id)
            definition, version_id, text = draft.definition, draft.row.id, draft.row.graph
        else:
            definition, version_id, text = was[0], record.version_id, was[1]
        version = self._apps.compile(definition, version_id)
        try:
            graph = version.graph_from(record.root)
        except GraphError as error:
            raise InvalidParam(" ".join(problem.message for problem in error.problems)) from error
        view = _view(definition)
        node = _outermost(view, choice, graph)
        changed = changed_between(_view(was[0]), view) if choice.graph == "draft" else set[str]()
        found = fork(graph, origin.finished, node.id, changed)
        conversation, variables = await self._variables(origin, version, choice)
        if conversation == "now":
            found = replace(found, carried=[without_writes(event, None) for event in found.carried])
        kept_though_changed = [event.node_id for event in found.carried if event.node_id in changed]
        return _Ground(
            origin, app, definition, version, graph, text, view, node, found, kept_though_changed,
            conversation, variables,
        )  # fmt: skip

    async def _definition_then(self, app: App, record: RunRecord) -> tuple[Definition, str | None]:
        """What the run was a run of, and its graph as JSON. Raises NotFound when that is gone."""
        if record.graph is None:
            try:
                definition = await self._apps.definition(app, record.version_id)
            except NotFound as error:
                raise NotFound("The version that this run was of has been deleted; repeat it on the draft.") from error
            async with self._db.session() as session:
                text = await session.scalar(select(AppVersion.graph).where(AppVersion.id == record.version_id))
            return definition, text
        draft = await self._drafts.read(record.workspace_id, record.app_id)
        graph: JsonMap = ToolSecrets(app.id, self._crypto).opened(msgspec.json.decode(record.graph))
        assert draft.definition.workflow is not None
        return replace(draft.definition, workflow=replace(draft.definition.workflow, graph=graph)), record.graph

    async def _variables(
        self, origin: RunCheckpoint, version: CompiledApp, choice: ReplayChoice
    ) -> tuple[Literal["recorded", "now"], tuple[VariableRecord, ...]]:
        """The conversation variables that the replay begins with."""
        conversation, kept = origin.run.conversation, origin.conversation_values
        wanted = choice.conversation or ("recorded" if kept is not None or conversation is None else "now")
        if not version.conversation_variables:
            return wanted, ()
        found: Mapping[str, Value] = {}
        if wanted == "now" and conversation is not None:
            owner = Owner(origin.run.app_id, origin.run.created_by)
            try:
                state = await load_conversation(self._db, self._crypto, owner, conversation.id)
            except NotFound as error:
                raise InvalidParam(
                    "The conversation of this run has been deleted, so its variables have no values of now; "
                    "take those of then.",
                    param="conversation",
                ) from error
            found = state.values(version)
        elif wanted == "recorded":
            if kept is None:
                raise InvalidParam(
                    "The conversation variables of this run were not kept; take those of now.", param="conversation"
                )
            found = kept
        return wanted, tuple(
            VariableRecord(
                id=each.id,
                name=each.name,
                value_type=each.value_type.value,
                value=found[each.name] if each.name in found else as_value(unmarked(each.value)),
                description=each.description,
            )
            for each in version.conversation_variables
        )

    async def _edited(
        self, ground: _Ground, edits: Mapping[Path, Value], given: Mapping[str, JsonValue], person: Person
    ) -> "_Edited":
        """The ground with what the caller changed. Raises InvalidParam for a value that cannot be put in."""
        edited = _Edited(
            ground=ground,
            inputs={name: value for name, value in ground.origin.inputs.items() if not name.startswith(_SYSTEM)},
            system=_system(ground.origin.inputs),
            environment=dict(ground.version.environment),
            variables={each.name: each.value for each in ground.variables},
            carried=list(ground.fork.carried),
            given=set(edits),
        )
        form = {path[1]: value for path, value in edits.items() if path[0] == ground.node.id}
        if form:
            edited.inputs |= await self._form(ground, form, given, person)
        for path, value in edits.items():
            if path[0] != ground.node.id:
                edited.put(path, value)
        return edited

    async def _form(
        self, ground: _Ground, form: Mapping[str, Value], given: Mapping[str, JsonValue], person: Person
    ) -> dict[str, Value]:
        """New inputs of the start node or the trigger."""
        if ground.node.type in TRIGGERS or ground.node.id != ground.graph.nodes[ground.graph.root].id:
            return dict(form)
        files = self._uploads.for_caller(person.workspace_id, person.account_id)
        fields = [each for each in ground.version.form if each.variable in form]
        raw = {key.removeprefix(f"{ground.node.id}."): value for key, value in given.items()}
        try:
            return await validate_inputs(fields, raw, stored=None, files=files)
        except InputError as error:
            raise InvalidParam(f"{error.message}.", param=error.variable) from error

    async def _check(self, edited: "_Edited", workspace_id: str) -> None:
        """Raises InvalidParam when what is to run reads a value that was not kept."""
        ground = edited.ground
        pool, gone = edited.pool(), _gone(ground)
        for need in needed_by(with_children(ground.view, ground.node)):
            if not need.optional and need.path[0] in gone and isinstance(pool.get(need.path), Missing):
                key = ".".join(need.path)
                raise InvalidParam(f"{key} has no recorded value: choose an earlier node.", param=key)
        for need in _needs(ground):
            value, key = pool.get(need.path), ".".join(need.path)
            if need.path[0] in ground.fork.anew or isinstance(value, Missing):
                continue
            if (name := await self._lost_file(value, workspace_id)) is not None:
                raise InvalidParam(
                    f'The file "{name}" in {key} is no longer kept: give another one, or choose an earlier node.',
                    param=key,
                )

    async def _lost_file(self, value: Value, workspace_id: str) -> str | None:
        """The name of a file in `value` that is no longer kept."""
        for file in files_in({"value": value}):
            stored = file.transfer_method in ("local_file", "tool_file")
            if stored and await self._uploads.stored(file.related_id or "", workspace_id) is None:
                return file.filename or file.related_id or ""
        return None

    def _launch(self, person: Person, edited: "_Edited", choice: ReplayChoice, keys: tuple[str, ...]) -> ActiveRun:
        ground, origin = edited.ground, edited.ground.origin.run
        record = self._record(person, edited, choice, keys)
        version = replace(ground.version, environment=edited.environment)
        carried = [carried_over(event, origin.id) for event in edited.carried]
        edited.system["workflow_run_id"], edited.system["workflow_id"] = record.id, record.version_id
        pool = edited.initial_pool()
        memory: Memory = NoMemory()
        if origin.conversation is not None and origin.message is not None:
            parent = origin.message.parent_message_id
            memory = ConversationMemory(
                self._db, origin.conversation.id, origin.message.id, parent, self._uploads.with_url
            )
        by_member = FileOrigin(record.workspace_id, record.app_id, record.created_by_role, record.created_by, record.id)
        user = str(edited.system.get("user_id", person.account_id))
        return self._host.launch(
            record,
            self._recording.recorder(record, secrets=version.secrets),
            version,
            user=user,
            debugging=self._debugging(person, edited, version),
            run=lambda emit: Run(
                ground.graph,
                run_id=record.id,
                inputs=edited.inputs,
                pool=pool,
                ports=self._host.world.ports(record.workspace_id, memory, by_member, user=user),
                emit=retelling(emit, carried),
                new_id=new_id,
                limits=self._host.world.limits(),
                checkpoint=carried,
            ),
        )

    def _debugging(self, person: Person, edited: "_Edited", version: CompiledApp) -> Debugging:
        """The values of a replay stay for single steps, unless the run was none of a draft."""
        ground = edited.ground
        of_draft = ground.origin.run.graph is not None or ground.version.version_id != ground.origin.run.version_id
        debugging = self._runs.debugging(person, ground.app.id, version, ground.graph_text)
        return debugging if of_draft else replace(debugging, keep=_nothing)

    def _record(self, person: Person, edited: "_Edited", choice: ReplayChoice, keys: tuple[str, ...]) -> RunRecord:
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
                edited=keys,
            ),
            conversation=conversation,
            message=message,
        )


@dataclass(slots=True, kw_only=True)
class _Edited:
    """The values that a replay begins with."""

    ground: _Ground
    inputs: dict[str, Value]
    system: dict[str, Value]
    environment: dict[str, Value]
    variables: dict[str, Value]
    carried: list[NodeFinished]
    given: set[Path]

    def put(self, path: Path, value: Value) -> None:
        """Have a variable hold `value`, or `value` at a place within it. Raises InvalidParam."""
        scope, name, *rest = path
        spaces = {"sys": self.system, "env": self.environment, CONVERSATION: self.variables}
        if scope in spaces:
            space = spaces[scope]
            space[name] = with_member(space.get(name, MISSING), rest, value)
            if scope == CONVERSATION:
                self.carried = [without_writes(event, name) for event in self.carried]
            return
        at = next((at for at, event in enumerate(self.carried) if event.node_id == scope), None)
        if at is None:
            raise InvalidParam(
                f"{'.'.join(path)} comes from a node that runs anew here, so it cannot be given.", param=".".join(path)
            )
        event = self.carried[at]
        outputs = {**event.outputs, name: with_member(event.outputs.get(name, MISSING), rest, value)}
        self.carried[at] = msgspec.structs.replace(event, outputs=outputs)

    def initial_pool(self) -> VariablePool:
        """Every variable before the first node."""
        scopes = {"sys": self.system, "env": self.environment, CONVERSATION: self.variables}
        return VariablePool(scopes, secrets=self.ground.version.secrets)

    def pool(self) -> VariablePool:
        """Every variable as the chosen node finds it."""
        return _filled(self.initial_pool(), self.carried)


async def _nothing() -> None:
    """The values of a run that was none of a draft are no values of the draft."""


def _system(inputs: Mapping[str, Value]) -> dict[str, Value]:
    return {name.removeprefix(_SYSTEM): value for name, value in inputs.items() if name.startswith(_SYSTEM)}


def _pool(
    ground: _Ground, carried: Iterable[NodeFinished], variables: Iterable[VariableRecord], system: Mapping[str, Value]
) -> VariablePool:
    scopes = {
        "sys": system,
        "env": ground.version.environment,
        CONVERSATION: {each.name: each.value for each in variables},
    }
    return _filled(VariablePool(scopes, secrets=ground.version.secrets), carried)


def _filled(pool: VariablePool, carried: Iterable[NodeFinished]) -> VariablePool:
    for event in carried:
        for write in event.writes:
            pool.set(write.scope, write.name, write.value)
        pool.add_outputs(event.node_id, event.outputs)
    return pool


def _recorded(ground: _Ground, pool: VariablePool, path: Path) -> "Value | Missing":
    """What a variable held; those of the chosen start node are the run's inputs."""
    if path[0] == ground.node.id:
        return ground.origin.inputs.get(path[1], MISSING)
    return pool.get(path)


def _view(definition: Definition) -> GraphView:
    assert definition.workflow is not None
    return graph_view(definition.workflow)


def _outermost(view: GraphView, choice: ReplayChoice, graph: Graph) -> NodeView:
    """The chosen node, or the outermost container around it: rounds are repeated together."""
    node = view.by_id.get(choice.node_id)
    while node is not None and node.parent is not None:
        node = view.by_id.get(node.parent)
    if node is None or node.id not in graph.by_id:
        where = "the draft" if choice.graph == "draft" else "the graph of this run"
        raise NotFound(f"The node {choice.node_id} is not in {where}.")
    return node


def _asked(ground: _Ground) -> list[Needed]:
    """The variables that the chosen node reads; the questions of a start node, and the question of a chatflow."""
    needed = needed_by(with_children(ground.view, ground.node))
    if ground.node.id == ground.graph.nodes[ground.graph.root].id:
        names = [each.variable for each in ground.version.form]
        if ground.node.type in TRIGGERS:
            names = [name for name in ground.origin.inputs if not name.startswith(_SYSTEM)]
        needed = [Needed((ground.node.id, name), "variables", ground.node.id, optional=True) for name in names]
        if ground.origin.run.message is not None:
            needed.append(Needed(("sys", "query"), "query", ground.node.id))
    return needed


def _needs(ground: _Ground) -> list[Needed]:
    """The variables that nodes which run read from those that do not."""
    tops = [ground.view.by_id[each] for each in ground.fork.anew if each in ground.view.by_id]
    return needed_by([node for top in tops for node in with_children(ground.view, top)])


def _gone(ground: _Ground) -> set[str]:
    """The nodes whose recorded outputs may lack what their readers want of them."""
    return {each.node_id for each in ground.fork.lost if not each.runs} | set(ground.changed)
