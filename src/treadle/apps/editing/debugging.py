"""Trying a draft: whole runs, and single nodes on given or remembered values.

Source: spec workflow-engine §19.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import msgspec

from treadle.accounts.tables import Account
from treadle.apps.compile import CompiledApp
from treadle.apps.conversations.memory import NoMemory
from treadle.apps.editing.basic import checked_config
from treadle.apps.editing.debug_part import compile_part
from treadle.apps.editing.debug_values import Needed, give, missing, needed_by, resolved, with_links
from treadle.apps.editing.drafts import Draft, Drafts
from treadle.apps.editing.recorded import RecordedDefinitions, with_environment
from treadle.apps.editing.variables import CONVERSATION, SYSTEM, Debugger, DraftVariables, Trail
from treadle.apps.pipeline_inputs import pipeline_variables, rag_defaults
from treadle.apps.running.active_run import ActiveRun
from treadle.apps.running.masking import Mask
from treadle.apps.running.recorder import Recording
from treadle.apps.running.records import RunRecord, finish_node_row, node_columns, node_row
from treadle.apps.running.requests import Debugging, StartRun
from treadle.apps.running.runs import RunHost
from treadle.apps.service import AppService
from treadle.apps.tables import AppMode, CreatedFrom, NodeExecution, TriggeredFrom
from treadle.apps.tool_secrets import with_known_config
from treadle.apps.uploads import FileOrigin, Uploads
from treadle.dsl import AppMode as FileMode
from treadle.dsl import EnvironmentType, JsonMap, NodeView, graph_view
from treadle.engine.errors import GraphError
from treadle.engine.events import Event, NodeFinished
from treadle.engine.graph import TRIGGERS
from treadle.engine.pool import VariablePool
from treadle.engine.run import Run
from treadle.engine.values import JsonValue, Missing, Value, plain, unmarked
from treadle.nodes.config import as_value
from treadle.nodes.inputs import InputError, validate_inputs
from treadle.nodes.start import Start
from treadle.platform.clock import now_us
from treadle.platform.crypto import Crypto
from treadle.platform.db import Database, table_of
from treadle.platform.ids import new_id
from treadle.platform.refusals import InvalidParam, NotFound

GIVEN = "given_inputs"
"""Where the record of a single step keeps what its caller gave."""

_NODES = table_of(NodeExecution)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """The member who tries a draft."""

    workspace_id: str
    account_id: str
    name: str
    email: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    """Headers of their request that tools may pass on, by lower-case names."""

    def in_app(self, app_id: str) -> Debugger:
        return Debugger(self.workspace_id, app_id, self.account_id)

    def shown(self) -> dict[str, JsonValue]:
        return {"id": self.account_id, "name": self.name, "email": self.email}


@dataclass(frozen=True, slots=True, kw_only=True)
class TryOut:
    """What a draft is run on.

    `model_config` is the unsaved configuration of an app without a canvas, `root` the trigger that a run begins with.
    """

    inputs: Mapping[str, JsonValue] = field(default_factory=dict[str, JsonValue])
    files: Sequence[Mapping[str, JsonValue]] = ()
    query: str = ""
    conversation_id: str | None = None
    parent_message_id: str | None = None
    model_config: JsonMap | None = None
    root: str | None = None
    caught: Mapping[str, Value] | None = None
    """What came to the trigger while the editor listened, or was checked before; it takes the place of inputs."""
    system: Mapping[str, Value] = field(default_factory=dict[str, Value])
    """More system variables, such as those of knowledge pipelines."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A variable that a node reads, with the value that a step would take; `known` is false where it has none."""

    needed: Needed
    known: bool
    value: JsonValue


@dataclass(frozen=True, slots=True)
class _Part:
    """Some nodes of a draft, ready to run alone."""

    draft: Draft
    version: CompiledApp
    node: NodeView
    needed: list[Needed]


class DebugRuns:
    """Everything that members run of drafts."""

    def __init__(
        self,
        *,
        db: Database,
        drafts: Drafts,
        apps: AppService,
        variables: DraftVariables,
        host: RunHost,
        recording: Recording,
        uploads: Uploads,
        crypto: Crypto,
    ) -> None:
        self._db = db
        self._drafts = drafts
        self._apps = apps
        self._variables = variables
        self._host = host
        self._recording = recording
        self._uploads = uploads
        self._crypto = crypto
        self.recorded = RecordedDefinitions(db, crypto, apps, drafts)

    async def start(self, person: Person, app_id: str, asked: TryOut) -> ActiveRun:
        """Begin a run of the whole draft. Raises NotFound, and Refusal for a draft or inputs that cannot run."""
        draft = await self._drafts.read(person.workspace_id, app_id)
        definition = draft.definition
        if asked.model_config is not None:
            if definition.model_config is None:
                raise InvalidParam("This app has a canvas; its draft is what runs.", param="model_config")
            config = checked_config(asked.model_config, definition.mode)
            definition = replace(definition, model_config=with_known_config(config, definition.model_config))
        version = self._apps.compile(definition, draft.row.id)
        inputs: Mapping[str, Value | JsonValue] = asked.inputs
        if asked.caught is not None:
            inputs = asked.caught
        elif asked.root is not None:
            files = self._uploads.for_caller(person.workspace_id, person.account_id)
            inputs = {name: await resolved(value, files, name) for name, value in asked.inputs.items()}
        return await self._host.start(
            StartRun(
                app=draft.app,
                created_from=CreatedFrom.CONSOLE,
                triggered_from=TriggeredFrom.PIPELINE_DEBUGGING
                if draft.app.mode == AppMode.RAG_PIPELINE
                else TriggeredFrom.DEBUGGING,
                user_id=person.account_id,
                user=person.account_id,
                inputs=inputs,
                root=asked.root,
                system=asked.system,
                files=asked.files,
                query=asked.query,
                conversation_id=asked.conversation_id,
                parent_message_id=asked.parent_message_id,
                debugging=self.debugging(person, app_id, version, draft.row.graph),
                headers=person.headers,
            )
        )

    async def again(self, record: RunRecord) -> Debugging:
        """What a run of a draft needs that began in another process: its graph is that of then, and so is what a replay
        was given; what else is around it is the draft's of now, or the published version's that it repeats.

        Raises NotFound, and InvalidParam for a graph that cannot run any more.
        """
        recorded = await self.recorded.of(record)
        async with self._db.session() as session:
            account = await session.get(Account, record.created_by)
        if account is None:
            raise NotFound("The member who tried the draft is gone.")
        person = Person(workspace_id=record.workspace_id, account_id=account.id, name=account.name, email=account.email)
        compiled = self._apps.compile(recorded.definition, record.version_id)
        version = with_environment(compiled, recorded.definition, record.environment)
        return self.debugging(person, record.app_id, version, record.graph, keeps=recorded.of_draft)

    def debugging(
        self, person: Person, app_id: str, version: CompiledApp, graph: str | None, *, keeps: bool = True
    ) -> Debugging:
        """What makes a run of `version` one that this member tries. `keeps`: its values stay for single steps."""
        trail = Trail(self._variables, person.in_app(app_id), version.secrets)
        return Debugging(
            version=version,
            graph=graph,
            person=person.shown(),
            watch=trail.watch,
            keep=trail.keep if keeps and graph is not None else _nothing,
        )

    async def asked_by(self, person: Person, app_id: str, node_id: str) -> list[Asked]:
        """What a node reads, for a form. Raises NotFound."""
        draft = await self._drafts.read(person.workspace_id, app_id)
        needed = needed_by(_together(draft, node_id))
        pool = await self._pool(draft, person, needed, run_id="", secrets=())
        found = [(need, pool.get(need.path)) for need in needed]
        mask = Mask(self._crypto, _secrets(draft))
        return [
            Asked(need, False, None)
            if isinstance(value, Missing)
            else Asked(need, True, msgspec.json.decode(mask.json(value)))
            for need, value in found
        ]

    async def step(self, person: Person, app_id: str, node_id: str, asked: TryOut) -> str:
        """Run one node, its retries and error strategy included, and give the id of its record.

        Raises NotFound, and Refusal for settings or inputs that cannot run; a node that fails is no refusal.
        """
        part = await self._part(person, app_id, node_id)
        who = person.in_app(app_id)
        record = await self._record(person, part, AppMode(part.draft.definition.mode))
        given, inputs, pool = await self._prepared(person, part, asked, record.id)
        trail = Trail(self._variables, who, part.version.secrets)
        finished: list[NodeFinished] = []

        def emit(event: Event) -> None:
            trail.watch(event)
            if isinstance(event, NodeFinished):
                finished.append(event)

        run = self._run(part, record, inputs, pool, emit=emit)
        await run.execute()
        if not finished:
            raise InvalidParam(f"Nodes of type {part.node.type} wait for a person; run the whole draft to try one.")
        mask, row_id = Mask(self._crypto, part.version.secrets), ""
        for position, event in enumerate(finished, 1):
            noted = msgspec.structs.replace(event, metadata={**event.metadata, GIVEN: plain(dict(given))})
            row_id = self._put_step(record, noted, mask, position, last=event is finished[-1])
        await self._recording.writer.commit()
        await trail.without_system().keep()
        return row_id

    async def walk(self, person: Person, app_id: str, node_id: str, kind: str, asked: TryOut) -> ActiveRun:
        """Run one iteration or loop alone, as a run that can be followed and stopped. Raises NotFound and Refusal."""
        part = await self._part(person, app_id, node_id)
        if part.node.type != kind:
            raise InvalidParam(f"This node is of type {part.node.type}, not {kind}.")
        # In the words of a workflow, also in a chatflow: there is no message here.
        record = await self._record(person, part, AppMode.WORKFLOW)
        given, _, pool = await self._prepared(person, part, asked, record.id)
        trail = Trail(self._variables, person.in_app(app_id), part.version.secrets)

        async def keep() -> None:
            await trail.without_system().keep()

        return self._host.launch(
            record,
            self._recording.recorder(record, secrets=part.version.secrets),
            part.version,
            user=person.account_id,
            # What was given is recorded as the inputs of the run, for its form to be filled again.
            run=lambda emit: self._run(part, record, given, pool, emit=emit),
            debugging=Debugging(
                version=part.version,
                graph=part.draft.row.graph,
                person=person.shown(),
                watch=trail.watch,
                keep=keep,
            ),
        )

    async def _part(self, person: Person, app_id: str, node_id: str) -> _Part:
        """Raises NotFound, and InvalidParam with what is wrong with the node."""
        draft = await self._drafts.read(person.workspace_id, app_id)
        nodes = _together(draft, node_id)
        try:
            version = compile_part(draft.definition, nodes, self._apps.types, version_id=draft.row.id)
        except GraphError as error:
            raise InvalidParam(" ".join(problem.message for problem in error.problems)) from error
        return _Part(draft, version, nodes[0], needed_by(nodes))

    async def _prepared(
        self, person: Person, part: _Part, asked: TryOut, run_id: str
    ) -> tuple[dict[str, Value], dict[str, Value], VariablePool]:
        """What the caller gave, the inputs of a form, and every variable. Raises InvalidParam naming a missing one."""
        files = self._uploads.for_caller(person.workspace_id, person.account_id)
        start = part.version.graph.nodes[part.version.graph.root].config
        pool = await self._pool(part.draft, person, part.needed, run_id=run_id, secrets=part.version.secrets)
        if asked.query:
            pool.set(SYSTEM, "query", asked.query)
        if asked.files:
            pool.set(SYSTEM, "files", [await resolved(dict(file), files, "files") for file in asked.files])
        if isinstance(start, Start):
            try:
                inputs = await validate_inputs(start.config.variables, asked.inputs, stored=None, files=files)
            except InputError as error:
                raise InvalidParam(f"{error.message}.", param=error.variable) from error
            return inputs, inputs, pool
        given = {name: await resolved(value, files, name) for name, value in asked.inputs.items()}
        if part.node.type in TRIGGERS:
            return given, given, pool
        give(pool, given, part.node, part.needed)
        if lacking := missing(pool, part.needed):
            names = ", ".join(need.key for need in lacking)
            raise InvalidParam(
                f"variable key {names} not found in user inputs: give a value, or run what comes before.",
                param=lacking[0].key,
            )
        return given, {}, pool

    async def _pool(
        self, draft: Draft, person: Person, needed: Sequence[Needed], *, run_id: str, secrets: Sequence[str]
    ) -> VariablePool:
        """Every variable that a step may read: from the last runs, from the draft, and of this moment."""
        workflow = draft.workflow
        scopes = {need.path[0] for need in needed} | {SYSTEM, CONVERSATION}
        kept = await self._variables.values(person.in_app(draft.app.id), scopes)
        saved = {
            scope: {name: await with_links(value, self._uploads, person.workspace_id) for name, value in values.items()}
            for scope, values in kept.items()
        }
        system: dict[str, Value] = {
            "files": [],
            **saved.pop(SYSTEM, {}),
            "user_id": person.account_id,
            "app_id": draft.app.id,
            "workflow_id": draft.row.id,
            "workflow_run_id": run_id,
        }
        if draft.definition.mode is FileMode.WORKFLOW:
            system["timestamp"] = int(time.time())
        conversation = {each.name: as_value(unmarked(each.value)) for each in workflow.conversation_variables}
        conversation |= saved.pop(CONVERSATION, {})
        return VariablePool(
            {
                **saved,
                "sys": system,
                "env": {variable.name: as_value(variable.value) for variable in workflow.environment_variables},
                "conversation": conversation,
                "rag": rag_defaults(pipeline_variables(workflow.pipeline_variables)),
            },
            secrets=secrets,
        )

    async def _record(self, person: Person, part: _Part, mode: AppMode) -> RunRecord:
        return RunRecord(
            id=new_id(),
            workspace_id=person.workspace_id,
            app_id=part.draft.app.id,
            version_id=part.draft.row.id,
            mode=mode,
            triggered_from=TriggeredFrom.SINGLE_STEP,
            created_from=CreatedFrom.CONSOLE,
            created_by_role="account",
            created_by=person.account_id,
            task_id=new_id(),
            created_at=now_us(),
            graph=part.draft.row.graph,
            root=part.node.id,
            headers=await self._host.world.passed_on(person.workspace_id, person.headers),
        )

    def _run(
        self,
        part: _Part,
        record: RunRecord,
        inputs: Mapping[str, Value],
        pool: VariablePool,
        *,
        emit: Callable[[Event], None],
    ) -> Run:
        origin = FileOrigin(record.workspace_id, record.app_id, record.created_by_role, record.created_by, record.id)
        return Run(
            part.version.graph,
            run_id=record.id,
            inputs=inputs,
            pool=pool,
            ports=self._host.world.ports(
                record.workspace_id, NoMemory(), origin, user=record.created_by, headers=record.headers
            ),
            emit=emit,
            new_id=new_id,
            limits=self._host.world.limits(),
        )

    def _put_step(self, record: RunRecord, event: NodeFinished, mask: Mask, position: int, *, last: bool) -> str:
        """Hand one attempt to the writer, and give the id of its row."""
        row = node_row(node_columns(record), event, event.started_at)
        row |= {"run_id": None, "triggered_from": TriggeredFrom.SINGLE_STEP, "position": position}
        if not last:
            row["id"] = new_id()
        finish_node_row(row, event, mask)
        self._recording.writer.put(_NODES, row, "upsert")
        return str(row["id"])


async def _nothing() -> None:
    """Apps without a canvas have no nodes to look at, and what was no run of a draft has no values of it."""


def _together(draft: Draft, node_id: str) -> list[NodeView]:
    """A node, and what is inside it, the node first. Raises NotFound."""
    view = graph_view(draft.workflow)
    node = view.by_id.get(node_id)
    if node is None:
        raise NotFound("The draft has no such node; save it first.")
    nodes = [node]
    for around in nodes:
        nodes += view.children(around.id)
    return nodes


def _secrets(draft: Draft) -> list[str]:
    variables = draft.workflow.environment_variables
    environment = [str(each.value) for each in variables if each.value_type is EnvironmentType.SECRET]
    return [*environment, *draft.definition.tool_secrets]
