"""From a request to a run that can be carried: which version, which conversation, valid inputs, its record.

Nothing is written here: what is wrong with a request leaves nothing behind.
"""

import time
from dataclasses import dataclass, replace

import msgspec

from treadle.apps.compile import CompiledApp
from treadle.apps.conversations.asides import Asides
from treadle.apps.conversations.history import Owner
from treadle.apps.conversations.memory import NIL_UUID, ConversationMemory, NoMemory
from treadle.apps.conversations.state import ConversationState, load_conversation, new_conversation
from treadle.apps.features.gate import Asked
from treadle.apps.pipeline_inputs import rag_scope
from treadle.apps.running.preparation import RunIdentity, accept_files, accept_inputs, build_pool
from treadle.apps.running.recorder import Recording
from treadle.apps.running.records import MessageRecord, RunRecord
from treadle.apps.running.requests import StartRun
from treadle.apps.service import AppService
from treadle.apps.tables import AppMode, CreatedFrom
from treadle.apps.uploads import FileOrigin, Uploads
from treadle.engine.errors import GraphError
from treadle.engine.graph import TRIGGERS, Graph
from treadle.engine.pool import VariablePool
from treadle.engine.ports import Memory
from treadle.engine.values import File, Value, to_text
from treadle.nodes.trigger_plugin import PluginTriggerConfig
from treadle.platform.clock import to_us
from treadle.platform.crypto import Crypto
from treadle.platform.db import Database
from treadle.platform.ids import new_id
from treadle.platform.refusals import InvalidParam, Refusal
from treadle.tools.service import ToolService

_BRANCHING = frozenset({CreatedFrom.WEB_APP, CreatedFrom.INSTALLED_APP, CreatedFrom.CONSOLE})
"""Whose callers name the message that theirs follows; a message of theirs without one begins the conversation anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A run that is about to begin. `name_later`: its conversation gets a name once it has an answer."""

    request: StartRun
    version: CompiledApp
    graph: Graph
    record: RunRecord
    inputs: dict[str, Value]
    pool: VariablePool
    memory: Memory
    name_later: bool

    @property
    def origin(self) -> FileOrigin:
        """Whose files it makes."""
        record = self.record
        return FileOrigin(record.workspace_id, record.app_id, record.created_by_role, record.created_by, record.id)

    @property
    def asked(self) -> Asked:
        """What moderation and the like look at before it begins."""
        return Asked(
            workspace_id=self.record.workspace_id,
            app_id=self.record.app_id,
            inputs=self.inputs,
            query=self.request.query,
            user_id=self.request.user_id,
            created_from=self.request.created_from,
            message_id=self.record.message.id if self.record.message else "",
            conversation_id=self.record.conversation.id if self.record.conversation else None,
            at=self.record.created_at,
        )


class Beginning:
    """Prepares runs of stored apps."""

    def __init__(
        self,
        *,
        db: Database,
        crypto: Crypto,
        apps: AppService,
        uploads: Uploads,
        recording: Recording,
        asides: Asides,
        tools: ToolService,
    ) -> None:
        self._db = db
        self._crypto = crypto
        self._apps = apps
        self._uploads = uploads
        self._recording = recording
        self._asides = asides
        self._tools = tools

    async def prepare(self, request: StartRun) -> Prepared:
        """Raises Refusal for everything that is wrong with the request."""
        app, called = request.app, request.called
        now = time.time()
        conversation = await self._conversation(request)
        version = await self._version(request, conversation)
        files = called.files if called else self._uploads.for_caller(app.workspace_id, request.user_id)
        stored = conversation.inputs if conversation and not conversation.new else None
        if request.root is None:
            inputs = await accept_inputs(version, request.inputs, stored=stored, files=files)
        else:
            inputs = dict(request.inputs)
        graph = _graph(version, request.root)
        sent = await accept_files(version, request.files, files=files)
        await self._recording.writer.room()
        name_later = False
        if conversation is not None and conversation.new:
            conversation, name_later = await self._named(request, version, conversation.begun(version, inputs))
        identity = RunIdentity(
            run_id=request.run_id or new_id(),
            app_id=app.id,
            user=request.user,
            at=now,
            conversation_id=conversation.id if conversation else "",
            dialogue_count=conversation.dialogue_count if conversation else 1,
        )
        looked_up = version.extras.query_variable
        pool = build_pool(
            version,
            identity,
            query=to_text(inputs.get(looked_up)) if looked_up else request.query,
            files=sent,
            conversation=conversation.values(version) if conversation else {},
            more=request.system,
            asked=rag_scope(version.pipeline_variables, request.root, inputs),
        )
        message = _message(request, version, inputs, sent)
        memory: Memory = NoMemory()
        if conversation is not None and not conversation.new and message is not None:
            parent = message.parent_message_id
            memory = ConversationMemory(self._db, conversation.id, message.id, parent, self._uploads.with_url)
        return Prepared(
            request=request,
            version=version,
            graph=graph,
            record=msgspec.structs.replace(
                _record(request, version, identity, conversation, message, inputs),
                headers=await self._tools.passed_on(app.workspace_id, request.headers),
            ),
            inputs=inputs,
            pool=pool,
            memory=memory,
            name_later=name_later,
        )

    async def _conversation(self, request: StartRun) -> ConversationState | None:
        if request.app.mode in (AppMode.WORKFLOW, AppMode.COMPLETION, AppMode.RAG_PIPELINE):
            return None
        if request.conversation_id is None:
            return new_conversation()
        await self._recording.settle()
        owner = Owner(request.app.id, request.user_id)
        state = await load_conversation(self._db, self._crypto, owner, request.conversation_id)
        if state.status != "normal":
            raise Refusal("This conversation is closed.", code="conversation_completed")
        return state

    async def _version(self, request: StartRun, conversation: ConversationState | None) -> CompiledApp:
        """The version asked for, the one that a basic app's conversation keeps to, or the published one."""
        app = request.app
        if request.debugging is not None:
            return request.debugging.version
        if request.compiled is not None:
            return request.compiled
        if request.version_id is not None:
            return await self._apps.version(app, request.version_id)
        if conversation is not None and not conversation.new and app.mode != AppMode.ADVANCED_CHAT:
            return await self._apps.version(app, conversation.version_id)
        return await self._apps.published(app)

    async def _named(
        self, request: StartRun, version: CompiledApp, conversation: ConversationState
    ) -> tuple[ConversationState, bool]:
        """A new conversation with its first name, and whether it gets a better one later."""
        if not request.auto_name:
            return conversation, False
        # Words that moderation may refuse are no name.
        unjudged = version.extras.moderation is not None and version.extras.moderation.inputs
        name = None if unjudged else await self._asides.first_name(request.app.workspace_id, request.query)
        return replace(conversation, name=name or conversation.name), name is None


def _message(
    request: StartRun, version: CompiledApp, inputs: dict[str, Value], sent: list[File]
) -> MessageRecord | None:
    if request.app.mode in (AppMode.WORKFLOW, AppMode.RAG_PIPELINE):
        return None
    return MessageRecord(
        id=new_id(),
        query=request.query,
        inputs=inputs,
        files=tuple(sent),
        parent_message_id=request.parent_message_id or (None if request.created_from in _BRANCHING else NIL_UUID),
        model_provider=version.model.provider if version.model else None,
        model_name=version.model.name if version.model else None,
        show_citations=request.debugging is not None or version.features.retriever_resource.enabled,
    )


def _record(
    request: StartRun,
    version: CompiledApp,
    identity: RunIdentity,
    conversation: ConversationState | None,
    message: MessageRecord | None,
    inputs: dict[str, Value],
) -> RunRecord:
    app, called, debugging = request.app, request.called, request.debugging
    by_member = app.mode == AppMode.RAG_PIPELINE
    return RunRecord(
        id=identity.run_id,
        workspace_id=app.workspace_id,
        app_id=app.id,
        version_id=version.version_id,
        mode=version.mode,
        triggered_from=request.triggered_from,
        created_from=request.created_from,
        created_by_role=called.role if called else "account" if debugging or by_member else "end_user",
        created_by=request.user_id,
        task_id=new_id(),
        created_at=to_us(identity.at),
        api_key_id=request.api_key_id,
        graph=debugging.graph if debugging else None,
        root=request.root,
        parent_run_id=called.run_id if called else None,
        conversation=conversation.record(version, inputs) if conversation else None,
        message=message,
    )


def _uncallable(trigger: object) -> str:
    if isinstance(trigger, PluginTriggerConfig):
        return (
            f'This workflow is started by the event "{trigger.event_name}" of the plugin '
            f'"{trigger.provider_id or trigger.plugin_id}", which is not installed here, so nothing starts it. '
            "Replace the trigger by a webhook, a schedule or a start node, and publish again."
        )
    return "This workflow is started by its triggers; it cannot be called."


def _graph(version: CompiledApp, root: str | None) -> Graph:
    """The graph of a run that the trigger `root` starts, or a caller. Raises Refusal."""
    first = version.graph.nodes[version.graph.root]
    if root is None and first.kind in TRIGGERS:
        raise Refusal(_uncallable(first.config))
    try:
        return version.graph_from(root)
    except GraphError as error:
        raise InvalidParam(" ".join(problem.message for problem in error.problems)) from error
