"""What the replay of a run stands on: the run as its rows tell it, the graph that is to run, and what of the run holds.

Source: spec console §7.10.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import msgspec

from treadle.apps.compile import CompiledApp
from treadle.apps.conversations.history import Owner
from treadle.apps.conversations.state import load_conversation
from treadle.apps.definition import Definition
from treadle.apps.editing.carried import without_writes
from treadle.apps.editing.debug_values import Needed, needed_by
from treadle.apps.editing.drafts import Drafts
from treadle.apps.editing.forking import Fork, changed_between, fork, with_children
from treadle.apps.editing.recorded import RecordedDefinitions
from treadle.apps.running.checkpoints import Checkpoints, RunCheckpoint
from treadle.apps.running.recorder import Recording
from treadle.apps.running.records import VariableRecord
from treadle.apps.service import AppService
from treadle.apps.tables import App, AppMode, TriggeredFrom
from treadle.dsl import GraphView, NodeView, graph_view
from treadle.engine.errors import GraphError
from treadle.engine.graph import TRIGGERS, Graph
from treadle.engine.values import Value, unmarked
from treadle.nodes.config import as_value
from treadle.platform.crypto import Crypto, SecretError
from treadle.platform.db import Database
from treadle.platform.refusals import InvalidParam, NotFound

_SYSTEM = "sys."


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayChoice:
    """From which node of a run, on which graph, and with which conversation variables it is repeated.

    `conversation` None stands for those of then where they were kept, else those of now.
    """

    node_id: str
    graph: Literal["recorded", "draft"] = "recorded"
    conversation: Literal["recorded", "now"] | None = None


@dataclass(frozen=True, slots=True)
class Ground:
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
    of_draft: bool
    """The values of the new run are values of the draft."""

    @property
    def gone(self) -> set[str]:
        """The nodes whose recorded outputs may lack what their readers want of them."""
        return {each.node_id for each in self.fork.lost if not each.runs} | set(self.changed)

    @property
    def asked(self) -> list[Needed]:
        """The variables that the chosen node reads; the questions of a start node, and the question of a chatflow."""
        needed = needed_by(with_children(self.view, self.node))
        if self.node.id == self.graph.nodes[self.graph.root].id:
            names = [each.variable for each in self.version.form]
            if self.node.type in TRIGGERS:
                names = [name for name in self.origin.inputs if not name.startswith(_SYSTEM)]
            needed = [Needed((self.node.id, name), "variables", self.node.id, optional=True) for name in names]
            if self.origin.run.message is not None:
                needed.append(Needed(("sys", "query"), "query", self.node.id))
        return needed

    @property
    def needs(self) -> list[Needed]:
        """The variables that nodes which run read from those that do not."""
        tops = [self.view.by_id[each] for each in self.fork.anew if each in self.view.by_id]
        return needed_by([node for top in tops for node in with_children(self.view, top)])

    @property
    def inputs(self) -> dict[str, Value]:
        """What the form or the trigger gave."""
        return {name: value for name, value in self.origin.inputs.items() if not name.startswith(_SYSTEM)}

    @property
    def system(self) -> dict[str, Value]:
        """The system variables of then."""
        given = self.origin.inputs.items()
        return {name.removeprefix(_SYSTEM): value for name, value in given if name.startswith(_SYSTEM)}


class Grounds:
    """Finds what replays stand on."""

    def __init__(
        self,
        *,
        db: Database,
        crypto: Crypto,
        apps: AppService,
        drafts: Drafts,
        recorded: RecordedDefinitions,
        recording: Recording,
    ) -> None:
        self._db = db
        self._crypto = crypto
        self._apps = apps
        self._drafts = drafts
        self._recorded = recorded
        self._recording = recording
        self._checkpoints = Checkpoints(db, crypto)

    async def of(self, workspace_id: str, run_id: str, choice: ReplayChoice) -> Ground:
        """The ground of a replay. Raises NotFound, and Refusal for a run that cannot be repeated so."""
        await self._recording.settle()
        try:
            origin = await self._checkpoints.load(run_id)
        except (SecretError, msgspec.ValidationError) as error:
            raise InvalidParam(f"The record of this run cannot be read any more: {error}.") from error
        if origin is None or origin.run.workspace_id != workspace_id:
            raise NotFound("There is no such run, or its log has been cleaned up.")
        record = origin.run
        if record.mode not in (AppMode.WORKFLOW, AppMode.ADVANCED_CHAT):
            raise InvalidParam("Only runs of workflows and chatflows are made of nodes to repeat them from.")
        if record.triggered_from == TriggeredFrom.SINGLE_STEP:
            raise InvalidParam("This run was of a single node; run that node alone again.")
        if not origin.finished:
            raise InvalidParam("The steps of this run were not kept, so there is nothing to go on from.")
        app = await self._apps.of_workspace(workspace_id, record.app_id)
        was = await self._recorded.of(record)
        if choice.graph == "draft":
            draft = await self._drafts.read(workspace_id, record.app_id)
            definition, version_id, text = draft.definition, draft.row.id, draft.row.graph
        else:
            definition, version_id, text = was.definition, record.version_id, was.graph
        version = self._apps.compile(definition, version_id)
        try:
            graph = version.graph_from(record.root)
        except GraphError as error:
            raise InvalidParam(" ".join(problem.message for problem in error.problems)) from error
        view = _view(definition)
        node = _outermost(view, choice, graph)
        changed = changed_between(_view(was.definition), view) if choice.graph == "draft" else set[str]()
        found = fork(graph, origin.finished, node.id, changed)
        conversation, variables = await self._variables(origin, version, choice)
        if conversation == "now":
            found = replace(found, carried=[without_writes(event, None) for event in found.carried])
        kept_though_changed = [event.node_id for event in found.carried if event.node_id in changed]
        return Ground(
            origin, app, definition, version, graph, text, view, node, found, kept_though_changed,
            conversation, variables, of_draft=choice.graph == "draft" or was.of_draft,
        )  # fmt: skip

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
