"""The run host: starts runs of apps, carries them to their end, stops them, and takes up those of dead processes.

A run belongs to nobody's request: it goes on when its reader leaves, and every reader follows its feed. Source:
design "The way of a request", spec workflow-engine §18, service-api §1.7.
"""

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from treadle.apps.app_tools import agent_strategies, tool_icons
from treadle.apps.compile import CompiledApp
from treadle.apps.conversations.asides import Asides
from treadle.apps.features.around import Around, Surroundings
from treadle.apps.forms.service import FormService
from treadle.apps.running.active_run import ActiveRun
from treadle.apps.running.beginning import Beginning
from treadle.apps.running.citations import told
from treadle.apps.running.feed import RunFeed
from treadle.apps.running.frames import Thread
from treadle.apps.running.masking import Mask
from treadle.apps.running.overheard import Overheard
from treadle.apps.running.recorder import Recording, RunRecorder
from treadle.apps.running.records import RunRecord
from treadle.apps.running.rehearsal import rehearse
from treadle.apps.running.requests import Debugging, StartRun
from treadle.apps.running.slots import Slots
from treadle.apps.running.world import RunWorld
from treadle.apps.tables import App, AppMode
from treadle.apps.uploads import Uploads
from treadle.engine.events import Citations, Event, RunEnd, RunFinished, RunPaused, RunStatus
from treadle.engine.run import STOPPED_BY_USER, Run
from treadle.platform.clock import to_seconds
from treadle.platform.crypto import Crypto
from treadle.platform.ids import new_id
from treadle.settings import Settings

_log = logging.getLogger(__name__)


class RunHost:
    """All runs of this process."""

    def __init__(
        self,
        *,
        settings: Settings,
        crypto: Crypto,
        beginning: Beginning,
        world: RunWorld,
        uploads: Uploads,
        recording: Recording,
        asides: Asides,
        surroundings: Surroundings,
        forms: FormService,
    ) -> None:
        self.world = world
        self._settings = settings
        self._crypto = crypto
        self._beginning = beginning
        self._uploads = uploads
        self._recording = recording
        self._asides = asides
        self._surroundings = surroundings
        self._forms = forms
        self._slots = Slots()
        self._by_task: dict[str, ActiveRun] = {}
        self._by_run: dict[str, ActiveRun] = {}
        self._by_message: dict[str, ActiveRun] = {}
        self.on_paused: list[Callable[[str, Debugging | None], None]] = []
        """Called with each run that has paused here: an answer may have come before the pause."""
        self.on_ended: list[Callable[[RunRecord, RunEnd], Awaitable[None]]] = []
        """Awaited with each run that has ended or paused here, once that is recorded."""

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
        return await rehearse(
            self.world,
            self._surroundings,
            self._uploads,
            version,
            workspace_id,
            inputs=inputs,
            query=query,
            user=user,
            emit=emit,
        )

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
        ready = await self._beginning.prepare(request)
        record, version, called = ready.record, ready.version, request.called
        recorder = self._recording.recorder(record, secrets=version.secrets)
        return self.launch(
            record,
            recorder,
            version,
            around=Around(entry=await self._surroundings.entry(version.extras, ready.asked, record.mode, recorder)),
            aloud=request.aloud,
            user=request.user,
            name_later=ready.name_later,
            debugging=request.debugging,
            run=lambda emit: Run(
                ready.graph,
                run_id=record.id,
                inputs=ready.inputs,
                pool=ready.pool,
                ports=self.world.ports(
                    record.workspace_id,
                    ready.memory,
                    ready.origin,
                    created_from=record.created_from,
                    user=request.user,
                    depth=called.depth if called else 0,
                    conversation_id=record.conversation.id if record.conversation else "",
                    headers=record.headers,
                ),
                emit=emit,
                new_id=new_id,
                limits=self.world.limits(),
            ),
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
        pass_on = emit if around.guard is None else around.guard.emit

        by_nodes = record.mode in (AppMode.WORKFLOW, AppMode.ADVANCED_CHAT)
        overheard = Overheard(publish) if debugging is not None and by_nodes else None

        def sink(event: Event) -> None:
            if overheard is not None:
                overheard.watch(event)
            if isinstance(event, Citations):
                event = told(event, mode=record.mode, created_from=record.created_from, debugging=debugging is not None)
            pass_on(event)

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
        if overheard is not None:
            active.overheard, active.run.overhear = overheard, overheard.add
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
            finished = await self._done(active, recorder.run)
            if active.overheard is not None:
                active.overheard.close()
            finished = await active.around.settle(finished)
            await recorder.finish(finished)
            await self.tell_ended(recorder.run, finished)
            if debugging is not None:
                await debugging.keep()
            active.feed.publish(finished)
            record = recorder.run
            if isinstance(finished, RunPaused):
                return finished
            await active.around.fall_silent(finished)
            if name_later and finished.total_steps and record.conversation is not None and record.message is not None:
                self._asides.name_later(
                    record.workspace_id, record.app_id, record.conversation.id, record.message.query
                )
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

    async def _done(self, active: ActiveRun, record: RunRecord) -> RunEnd:
        """How the run ended. A fault of ours ends it as failed: it would meet the same fault in any other process."""
        try:
            return await active.around.enter(active.run) or await active.run.execute()
        except Exception:
            _log.exception("run %s ended by a fault", record.id)
            run, at = active.run, time.time()
            return RunFinished(
                run_id=record.id,
                status=RunStatus.FAILED,
                started_at=to_seconds(record.created_at),
                at=at,
                error="The run ended by a fault of the server; its log says why.",
                error_type="WorkflowNodeError",
                exceptions_count=run.exceptions,
                usage=run.usage,
                total_tokens=run.usage.total_tokens,
            )

    async def tell_ended(self, record: RunRecord, end: RunEnd) -> None:
        """Tell those who want to know how a run ended."""
        for tell in self.on_ended:
            await tell(record, end)

    def _forget(self, active: ActiveRun) -> None:
        thread = active.thread
        self._by_run.pop(thread.run_id, None)
        self._by_task.pop(thread.task_id, None)
        self._by_message.pop(thread.message_id, None)
