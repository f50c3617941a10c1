"""The run host: starts runs of apps, carries them to their end, stops them, and takes up those of dead processes.

A run belongs to nobody's request: it goes on when its reader leaves, and every reader follows its feed. Source:
design "The way of a request", spec workflow-engine §18, service-api §1.7.
"""

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from treadle.apps.app_tools import agent_strategies, tool_icons
from treadle.apps.compile import CompiledApp
from treadle.apps.conversations.asides import Asides
from treadle.apps.conversations.history import Owner
from treadle.apps.conversations.memory import NIL_UUID, ConversationMemory, NoMemory
from treadle.apps.conversations.state import ConversationState, load_conversation, new_conversation
from treadle.apps.features.around import Around, Surroundings
from treadle.apps.features.gate import Asked
from treadle.apps.forms.service import FormService
from treadle.apps.running.active_run import ActiveRun
from treadle.apps.running.feed import RunFeed
from treadle.apps.running.frames import Thread
from treadle.apps.running.masking import Mask
from treadle.apps.running.preparation import RunIdentity, accept_files, accept_inputs, build_pool
from treadle.apps.running.recorder import Recording, RunRecorder
from treadle.apps.running.records import CreatorRole, MessageRecord, RunRecord
from treadle.apps.running.slots import Slots
from treadle.apps.service import AppService
from treadle.apps.tables import App, AppMode, CreatedFrom, TriggeredFrom
from treadle.apps.uploads import FileOrigin, Uploads
from treadle.engine.errors import GraphError
from treadle.engine.events import Event, RunEnd, RunPaused
from treadle.engine.graph import TRIGGERS, Graph
from treadle.engine.ports import Http, Memory, NoForms, Ports
from treadle.engine.run import STOPPED_BY_USER, Limits, Run
from treadle.engine.values import JsonValue, to_text
from treadle.models.service import ModelService
from treadle.nodes.inputs import FileResolver
from treadle.platform.clock import to_us
from treadle.platform.crypto import Crypto
from treadle.platform.db import Database
from treadle.platform.ids import new_id
from treadle.platform.refusals import InvalidParam, Refusal
from treadle.sandbox import Sandbox
from treadle.settings import Settings
from treadle.tools.service import ToolService
from treadle.tools.sources import Caller, ToolWorld

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Debugging:
    """What makes a run one of a draft: a member tries it, and its values are kept for that member."""

    version: CompiledApp
    """The draft as it is now."""
    graph: str | None
    """Its graph as JSON, for the record."""
    person: Mapping[str, JsonValue]
    """The member as frames name one: id, name and email."""
    watch: Callable[[Event], None]
    """Called with every event but the last."""
    keep: Callable[[], Awaitable[None]]
    """Awaited when the run has ended, before its readers are told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """A run that calls another one as a tool, and waits for it.

    `files` finds the files that it passes on; `depth` counts the runs that called each other to get here.
    """

    run_id: str | None
    role: CreatorRole
    depth: int
    files: FileResolver


@dataclass(frozen=True, slots=True, kw_only=True)
class StartRun:
    """A request for a run. `user` is the caller's own name for the end user `user_id`: a member in a debug run.

    `root` is the trigger node that fired; its `inputs` were checked by whoever fired it, and no form is asked.
    """

    app: App
    created_from: CreatedFrom
    triggered_from: TriggeredFrom = TriggeredFrom.APP_RUN
    root: str | None = None
    user_id: str
    user: str
    inputs: Mapping[str, Any]
    files: Sequence[Mapping[str, Any]] = ()
    query: str = ""
    conversation_id: str | None = None
    parent_message_id: str | None = None
    auto_name: bool = False
    version_id: str | None = None
    debugging: Debugging | None = None
    compiled: CompiledApp | None = None
    """A version that is made for this run alone."""
    aloud: bool = False
    """The caller follows the stream, and hears the answer where the app reads it aloud."""
    called: Called | None = None
    """The run that this one is a part of."""


class RunHost:
    """All runs of this process."""

    def __init__(
        self,
        *,
        settings: Settings,
        db: Database,
        crypto: Crypto,
        apps: AppService,
        models: ModelService,
        uploads: Uploads,
        code: Sandbox,
        http: Http,
        recording: Recording,
        asides: Asides,
        surroundings: Surroundings,
        tools: ToolService,
        forms: FormService,
    ) -> None:
        self._settings = settings
        self._forms = forms
        self._db = db
        self._crypto = crypto
        self._apps = apps
        self._models = models
        self._uploads = uploads
        self._code = code
        self._http = http
        self._recording = recording
        self._asides = asides
        self._surroundings = surroundings
        self._tools = tools
        self._slots = Slots()
        self._by_task: dict[str, ActiveRun] = {}
        self._by_run: dict[str, ActiveRun] = {}
        self._by_message: dict[str, ActiveRun] = {}
        self.on_paused: list[Callable[[str, Debugging | None], None]] = []
        """Called with each run that has paused here: an answer may have come before the pause."""

    async def start(self, request: StartRun) -> ActiveRun:
        """Begin a run. Raises Refusal for everything that is wrong with the request; then nothing is left behind."""
        app = request.app
        release = self._slots.take(app.id, self._ceiling(app))
        try:
            active = await self._begin(request)
        except BaseException:
            release()
            raise
        active.hold_slot(release)
        return active

    async def call(self, request: StartRun) -> ActiveRun:
        """Begin a run that is a part of another one, which has a slot already. Raises Refusal."""
        return await self._begin(request)

    async def rehearse(
        self,
        version: CompiledApp,
        workspace_id: str,
        *,
        inputs: Mapping[str, Any],
        query: str,
        user: str,
        emit: Callable[[Event], None],
    ) -> RunEnd:
        """Run a version that is no stored app's, and keep nothing of it. Raises Refusal for wrong inputs."""
        files = self._uploads.for_caller(workspace_id, user)
        accepted = await accept_inputs(version, inputs, stored=None, files=files)
        conversation = new_conversation()
        run_id = new_id()
        identity = RunIdentity(
            run_id=run_id,
            app_id="",
            user=user,
            at=time.time(),
            conversation_id="" if version.mode == AppMode.COMPLETION else conversation.id,
            dialogue_count=1,
        )
        asked = Asked(
            workspace_id=workspace_id,
            app_id="",
            inputs=accepted,
            query=query,
            user_id=user,
            created_from=CreatedFrom.CONSOLE,
            message_id="",
        )
        looked_up = version.extras.query_variable
        around = Around(entry=await self._surroundings.entry(version.extras, asked, version.mode), emit=emit)
        around.guard = self._surroundings.guard(
            version.extras,
            workspace_id=workspace_id,
            app_id="",
            mode=version.mode,
            note=_kept_nowhere,
            publish=emit,
        )
        run = Run(
            version.graph,
            run_id=run_id,
            inputs=accepted,
            pool=build_pool(
                version,
                identity,
                query=to_text(accepted.get(looked_up)) if looked_up else query,
                files=(),
                conversation=conversation.values(version),
            ),
            ports=self.ports(workspace_id, NoMemory(), FileOrigin(workspace_id, "", "end_user", user, None)),
            emit=emit if around.guard is None else around.guard.emit,
            new_id=new_id,
            limits=self.limits(),
        )
        if around.guard is not None:
            around.guard.stop = run.stop
        try:
            return await around.settle(await around.enter(run) or await run.execute())
        finally:
            around.close()

    def find(
        self, *, task_id: str | None = None, run_id: str | None = None, message_id: str | None = None
    ) -> ActiveRun | None:
        """A run in progress in this process."""
        if task_id is not None:
            return self._by_task.get(task_id)
        if run_id is not None:
            return self._by_run.get(run_id)
        return self._by_message.get(message_id) if message_id else None

    def stop(self, task_id: str, *, app_id: str, user_id: str, reason: str = STOPPED_BY_USER) -> bool:
        """Stop a run for who started it; whether there was one to stop."""
        active = self._by_task.get(task_id)
        if active is None or active.created_by != user_id or active.app_id != app_id:
            return False
        active.stop(reason)
        return True

    def stop_run(self, run_id: str) -> None:
        """Stop a run that goes on here, for whoever may; without effect on any other."""
        active = self._by_run.get(run_id)
        if active is not None:
            active.stop(STOPPED_BY_USER)

    def lose(self, run_id: str) -> None:
        """Another process has taken up this run: let go of it without a trace."""
        active = self._by_run.get(run_id)
        if active is not None and active.task is not None:
            active.task.cancel()

    async def close(self) -> None:
        """Let go of all runs; their leases end, and another process takes them up."""
        tasks = [active.task for active in self._by_run.values() if active.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _ceiling(self, app: App) -> int:
        """The smallest positive limit of the app and the server, 0 for none (spec service-api §1.7).

        Workers that share a port have a part of it each, rounded up.
        """
        own = app.max_active_requests or self._settings.app_default_active_requests
        limits = [limit for limit in (own, self._settings.app_max_active_requests) if limit]
        return math.ceil(min(limits, default=0) / self._settings.workers)

    async def _begin(self, request: StartRun) -> ActiveRun:
        app, owner, debugging = request.app, Owner(request.app.id, request.user_id), request.debugging
        called = request.called
        now = time.time()
        conversation = await self._conversation(request, owner)
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
            conversation = conversation.begun(version, inputs)
            if request.auto_name:
                # Words that moderation may refuse are no name.
                unjudged = version.extras.moderation is not None and version.extras.moderation.inputs
                name = None if unjudged else await self._asides.first_name(app.workspace_id, request.query)
                name_later = name is None
                conversation = replace(conversation, name=name or conversation.name)
        identity = RunIdentity(
            run_id=new_id(),
            app_id=app.id,
            user=request.user,
            at=now,
            conversation_id=conversation.id if conversation else "",
            dialogue_count=conversation.dialogue_count if conversation else 1,
        )
        message_id = new_id() if app.mode != AppMode.WORKFLOW else ""
        looked_up = version.extras.query_variable
        pool = build_pool(
            version,
            identity,
            query=to_text(inputs.get(looked_up)) if looked_up else request.query,
            files=sent,
            conversation=conversation.values(version) if conversation else {},
        )
        parent = request.parent_message_id or (NIL_UUID if request.created_from == CreatedFrom.SERVICE_API else None)
        record = RunRecord(
            id=identity.run_id,
            workspace_id=app.workspace_id,
            app_id=app.id,
            version_id=version.version_id,
            mode=app.mode,
            triggered_from=request.triggered_from,
            created_from=request.created_from,
            created_by_role=called.role if called else "account" if debugging else "end_user",
            created_by=request.user_id,
            task_id=new_id(),
            created_at=to_us(now),
            graph=debugging.graph if debugging else None,
            root=request.root,
            parent_run_id=called.run_id if called else None,
            conversation=conversation.record(version, inputs) if conversation else None,
            message=MessageRecord(
                id=message_id,
                query=request.query,
                inputs=inputs,
                files=tuple(sent),
                parent_message_id=parent,
                model_provider=version.model.provider if version.model else None,
                model_name=version.model.name if version.model else None,
                show_citations=debugging is not None or version.features.retriever_resource.enabled,
            )
            if message_id
            else None,
        )
        memory: Memory = NoMemory()
        if conversation is not None and not conversation.new:
            memory = ConversationMemory(self._db, conversation.id, message_id, parent, self._uploads.with_url)
        recorder = self._recording.recorder(record, secrets=version.secrets)
        asked = Asked(
            workspace_id=app.workspace_id,
            app_id=app.id,
            inputs=inputs,
            query=request.query,
            user_id=request.user_id,
            created_from=request.created_from,
            message_id=message_id,
        )
        return self.launch(
            record,
            recorder,
            version,
            around=Around(entry=await self._surroundings.entry(version.extras, asked, app.mode, recorder)),
            aloud=request.aloud,
            user=request.user,
            name_later=name_later,
            debugging=debugging,
            run=lambda emit: Run(
                graph,
                run_id=record.id,
                inputs=inputs,
                pool=pool,
                ports=self.ports(
                    app.workspace_id,
                    memory,
                    FileOrigin(app.workspace_id, app.id, record.created_by_role, record.created_by, record.id),
                    created_from=record.created_from,
                    user=request.user,
                    depth=called.depth if called else 0,
                ),
                emit=emit,
                new_id=new_id,
                limits=self.limits(),
            ),
        )

    async def _conversation(self, request: StartRun, owner: Owner) -> ConversationState | None:
        if request.app.mode in (AppMode.WORKFLOW, AppMode.COMPLETION):
            return None
        if request.conversation_id is None:
            return new_conversation()
        await self._recording.settle()
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

    def limits(self) -> Limits:
        """The bounds of every run."""
        return Limits(
            max_steps=self._settings.workflow_max_execution_steps,
            max_seconds=self._settings.workflow_max_execution_time,
        )

    def ports(
        self,
        workspace_id: str,
        memory: Memory,
        origin: FileOrigin,
        *,
        created_from: str = CreatedFrom.CONSOLE,
        user: str = "",
        depth: int = 0,
    ) -> Ports:
        """What a run of this workspace may ask of the world. `depth`: how many runs called each other to get here."""
        models, files = self._models.for_workspace(workspace_id), self._uploads.for_run(origin)
        code = self._code.for_workspace(workspace_id)
        caller = Caller(
            workspace_id=workspace_id,
            app_id=origin.app_id,
            role=origin.role,
            user_id=origin.user_id,
            user=user,
            created_from=created_from,
            run_id=origin.run_id,
            depth=depth,
        )
        return Ports(
            models=models,
            code=code,
            http=self._http,
            files=files,
            memory=memory,
            tools=self._tools.for_run(caller, ToolWorld(models=models, code=code, http=self._http, files=files)),
            forms=self._forms.for_run(origin) if origin.run_id else NoForms(),
        )

    def launch(
        self,
        record: RunRecord,
        recorder: RunRecorder,
        version: CompiledApp,
        *,
        user: str,
        run: Callable[[Callable[[Event], None]], Run],
        name_later: bool = False,
        debugging: Debugging | None = None,
        around: Around | None = None,
        aloud: bool = False,
    ) -> ActiveRun:
        """Carry a run that `run` makes for its sink of events. `aloud`: it is followed, and may be heard."""
        feed, around = RunFeed(), around or Around()
        publish = feed.publish
        if aloud:
            around.speaker = self._surroundings.speaker(version.extras, record, feed.publish)
        if around.speaker is not None:
            publish = around.speaker.hearing(feed.publish)

        def note(event: Event) -> None:
            recorder(event)
            if debugging is not None:
                debugging.watch(event)

        def emit(event: Event) -> None:
            note(event)
            publish(event)

        around.emit = emit
        around.guard = self._surroundings.guard(
            version.extras,
            workspace_id=record.workspace_id,
            app_id=record.app_id,
            mode=record.mode,
            note=note,
            publish=publish,
        )
        sink = emit if around.guard is None else around.guard.emit

        thread = Thread(
            mode=record.mode,  # type: ignore[arg-type]
            task_id=record.task_id,
            run_id=record.id,
            version_id=record.version_id,
            created_at=record.created_at // 1_000_000,
            created_by=debugging.person if debugging else {"id": record.created_by, "user": user},
            message_id=record.message.id if record.message else "",
            conversation_id=record.conversation.id if record.conversation else "",
            show_citations=debugging is not None or version.features.retriever_resource.enabled,
            mask=Mask(self._crypto, version.secrets) if version.secrets else None,
            agent_strategies=agent_strategies(version.graph),
            tool_icons=tool_icons(version.graph),
            form_token=self._forms.token,
        )
        active = ActiveRun(
            app_id=record.app_id,
            created_by=record.created_by,
            thread=thread,
            run=run(sink),
            feed=feed,
            around=around,
        )
        if around.guard is not None:
            around.guard.stop = active.run.stop
        self._by_run[record.id] = self._by_task[record.task_id] = active
        if record.message is not None:
            self._by_message[record.message.id] = active
        active.task = asyncio.create_task(self._carry(active, recorder, name_later, debugging))
        return active

    async def _carry(
        self, active: ActiveRun, recorder: RunRecorder, name_later: bool, debugging: Debugging | None
    ) -> RunEnd:
        """Run to the end or to a pause, commit, then tell the readers."""
        timer = asyncio.get_running_loop().call_later(
            self._settings.app_max_execution_time, active.stop, "The request took longer than allowed."
        )
        finished: RunEnd | None = None
        try:
            finished = await active.around.enter(active.run) or await active.run.execute()
            finished = await active.around.settle(finished)
            await recorder.finish(finished)
            if debugging is not None:
                await debugging.keep()
            active.feed.publish(finished)
            record = recorder.run
            if isinstance(finished, RunPaused):
                return finished
            await active.around.fall_silent(finished)
            if name_later and finished.total_steps and record.conversation is not None and record.message is not None:
                self._asides.name_later(record.workspace_id, record.conversation.id, record.message.query)
            return finished
        except asyncio.CancelledError:
            recorder.abandon()
            raise
        finally:
            timer.cancel()
            active.around.close()
            active.feed.close()
            self._forget(active)
            if isinstance(finished, RunPaused):
                for tell in self.on_paused:
                    tell(finished.run_id, debugging)

    def _forget(self, active: ActiveRun) -> None:
        thread = active.thread
        self._by_run.pop(thread.run_id, None)
        self._by_task.pop(thread.task_id, None)
        self._by_message.pop(thread.message_id, None)


def _kept_nowhere(_: Event) -> None:
    """A rehearsal has no record."""


def _graph(version: CompiledApp, root: str | None) -> Graph:
    """The graph of a run that the trigger `root` starts, or a caller. Raises Refusal."""
    if root is None and version.graph.nodes[version.graph.root].kind in TRIGGERS:
        raise Refusal("This workflow is started by its triggers; it cannot be called.")
    try:
        return version.graph_from(root)
    except GraphError as error:
        raise InvalidParam(" ".join(problem.message for problem in error.problems)) from error
