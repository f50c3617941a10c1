"""Taking up runs whose processes are gone, from their checkpoints.

Source: design "A run is a row, a lease and checkpoints", spec workflow-engine §20.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping

import msgspec
from sqlalchemy.exc import DBAPIError

from treadle.apps.conversations.history import Owner
from treadle.apps.conversations.memory import memory_of
from treadle.apps.conversations.state import load_conversation
from treadle.apps.pipeline_inputs import rag_scope
from treadle.apps.running.checkpoints import Checkpoints, RunCheckpoint
from treadle.apps.running.leases import LeaseKeeper
from treadle.apps.running.pauses import Pauses
from treadle.apps.running.recorder import Recording
from treadle.apps.running.records import RunRecord
from treadle.apps.running.requests import Debugging
from treadle.apps.running.runs import RunHost
from treadle.apps.service import AppService
from treadle.apps.tables import TRIALS
from treadle.apps.uploads import FileOrigin, Uploads
from treadle.engine.errors import GraphError
from treadle.engine.events import NodeStatus, PauseKey, PauseRequested, RunFinished, RunStarted, RunStatus
from treadle.engine.past import Answer
from treadle.engine.pool import VariablePool
from treadle.engine.run import STOPPED_BY_USER, Run
from treadle.engine.telling import stopped
from treadle.engine.usage import NO_USAGE
from treadle.engine.values import Value
from treadle.platform.clock import to_seconds
from treadle.platform.crypto import Crypto, SecretError
from treadle.platform.db import Database
from treadle.platform.ids import new_id
from treadle.platform.refusals import Refusal
from treadle.settings import Settings

_log = logging.getLogger(__name__)

_AT_ONCE = 20
_DRAFTS_KEPT = 100
_SYSTEM = "sys."


class Resumer:
    """Looks for runs with an expired lease, now and then, and carries them on."""

    def __init__(
        self,
        *,
        settings: Settings,
        db: Database,
        crypto: Crypto,
        apps: AppService,
        uploads: Uploads,
        recording: Recording,
        leases: LeaseKeeper,
        host: RunHost,
    ) -> None:
        self._settings = settings
        self._db = db
        self._crypto = crypto
        self._apps = apps
        self._uploads = uploads
        self._recording = recording
        self._leases = leases
        self._host = host
        self._checkpoints = Checkpoints(db, crypto)
        self._pauses = Pauses(db, leases)
        self._drafts: dict[str, Debugging] = {}
        """What paused runs of drafts need to go on, of those that began here."""
        self.debugging_again: Callable[[RunRecord], Awaitable[Debugging]] | None = None
        """The same for those that began in another process. Raises Refusal."""
        self._waking: set[asyncio.Task[None]] = set()
        self._task: asyncio.Task[None] | None = None
        host.on_paused.append(self._paused)

    def start(self) -> None:
        """Begin to look."""
        self._task = asyncio.create_task(self._watch(), name="run resumer")

    async def close(self) -> None:
        """Look no more."""
        tasks = [*self._waking, *([] if self._task is None else [self._task])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def go_on(self, run_id: str, answers: Mapping[PauseKey, Answer]) -> bool:
        """Give answers to nodes of a run that wait, and carry it on, here or where it still runs.

        True when the answers are committed: from then on the run goes on, whatever becomes of this process. False when
        one of the nodes does not wait (any more); then no answer is kept.
        """
        await self._recording.settle()
        kept = await self._pauses.keep(run_id, answers)
        if kept:
            await self._wake(run_id)
        return kept

    async def end_paused(self, run_id: str, reason: str = STOPPED_BY_USER) -> None:
        """Stop a run that waits; without effect on any other."""
        if not await self._pauses.claim(run_id):
            return
        checkpoint = await self._checkpoints.load(run_id)
        if checkpoint is None:
            return
        await self._end(checkpoint, RunStatus.STOPPED, reason)

    async def waiting(self, run_id: str) -> tuple[PauseRequested, ...]:
        """What a paused run waits for."""
        checkpoint = await self._checkpoints.load(run_id)
        return tuple(event for event in checkpoint.paused if event.reason is not None) if checkpoint else ()

    def _paused(self, run_id: str, debugging: Debugging | None) -> None:
        """A run has paused here: go on at once if it was answered before."""
        if debugging is not None:
            self._drafts[run_id] = debugging
            while len(self._drafts) > _DRAFTS_KEPT:
                del self._drafts[next(iter(self._drafts))]
        task = asyncio.create_task(self._wake(run_id), name=f"answers of run {run_id}")
        self._waking.add(task)
        task.add_done_callback(self._waking.discard)

    async def _wake(self, run_id: str) -> None:
        """Carry a paused run on if it has an answer."""
        try:
            if await self._pauses.claim_answered(run_id):
                await self._take_up(run_id)
        except (DBAPIError, OSError) as error:
            _log.warning("cannot go on with run %s yet: %s", run_id, error)

    async def _watch(self) -> None:
        while True:
            try:
                for run_id in await self._leases.claim_expired(_AT_ONCE):
                    await self._take_up(run_id)
            except (DBAPIError, OSError) as error:
                _log.warning("cannot look for abandoned runs: %s", error)
            await asyncio.sleep(self._settings.run_lease_seconds / 4)

    async def _take_up(self, run_id: str) -> None:
        """Carry a run on, or end it as failed when that is not possible."""
        try:
            checkpoint = await self._checkpoints.load(run_id)
        except (SecretError, msgspec.ValidationError) as error:
            _log.error("run %s cannot be read, and stays as it is: %s", run_id, error)
            return
        if checkpoint is None:
            return
        if checkpoint.attempts > self._settings.run_max_attempts:
            times = checkpoint.attempts - 1
            await self._give_up(checkpoint, f"The run was given up: its process died {times} times.")
            return
        try:
            await self.resume(checkpoint)
            _log.info("took up run %s after %d finished nodes", run_id, checkpoint.position)
        except Refusal as refusal:
            await self._give_up(checkpoint, f"The run cannot be taken up: {refusal.message}")

    async def resume(self, checkpoint: RunCheckpoint) -> None:
        """Go on behind the last finished node. Raises Refusal when the app or the version is gone."""
        record = checkpoint.run
        app = await self._apps.app(record.app_id)
        debugging = self._drafts.pop(record.id, None)
        if debugging is None and record.triggered_from in TRIALS:
            if self.debugging_again is None or not checkpoint.answers:
                raise Refusal("a run of a draft ends with its process; run the draft again.")
            debugging = await self.debugging_again(record)
            for event in checkpoint.finished:
                debugging.watch(event)
        if record.parent_run_id is not None:
            raise Refusal("it was called as a tool, and the run that called it calls it again.")
        version = debugging.version if debugging else await self._apps.version(app, record.version_id)
        try:
            graph = version.graph_from(record.root)
        except GraphError as error:
            raise Refusal(str(error)) from error
        system = _system(checkpoint.inputs)
        inputs = {name: value for name, value in checkpoint.inputs.items() if not name.startswith(_SYSTEM)}
        variables: dict[str, Value] = {}
        if record.conversation is not None and record.message is not None:
            owner = Owner(record.app_id, record.created_by)
            state = await load_conversation(self._db, self._crypto, owner, record.conversation.id)
            variables = state.values(version)
            conversation = msgspec.structs.replace(record.conversation, variables=state.variables(version))
            record = msgspec.structs.replace(record, conversation=conversation)
        pool = VariablePool(
            {
                "sys": system,
                "env": version.environment,
                "conversation": variables,
                "rag": rag_scope(version.pipeline_variables, record.root, inputs),
            },
            secrets=version.secrets,
        )
        memory = memory_of(record, self._db, self._uploads.with_url)
        origin = FileOrigin(record.workspace_id, record.app_id, record.created_by_role, record.created_by, record.id)
        recorder = self._recording.recorder(record, secrets=version.secrets, resumed=checkpoint)
        self._host.launch(
            record,
            recorder,
            version,
            user=str(system.get("user_id", "")),
            debugging=debugging,
            run=lambda emit: Run(
                graph,
                run_id=record.id,
                inputs=inputs,
                pool=pool,
                ports=self._host.world.ports(
                    record.workspace_id,
                    memory,
                    origin,
                    created_from=record.created_from,
                    user=str(system.get("user_id", "")),
                    conversation_id=record.conversation.id if record.conversation else "",
                    headers=record.headers,
                ),
                emit=emit,
                new_id=new_id,
                limits=self._host.world.limits(),
                checkpoint=(*checkpoint.finished, *checkpoint.paused),
                answers=checkpoint.answers,
                kept=checkpoint.kept,
            ),
        )

    async def _give_up(self, checkpoint: RunCheckpoint, reason: str) -> None:
        _log.error("run %s: %s", checkpoint.run.id, reason)
        await self._end(checkpoint, RunStatus.FAILED, reason)

    async def _end(self, checkpoint: RunCheckpoint, status: RunStatus, reason: str) -> None:
        """End a run that goes on nowhere, with what is known of it."""
        run_id, now = checkpoint.run.id, time.time()
        recorder = self._recording.recorder(checkpoint.run, resumed=checkpoint)
        recorder(RunStarted(run_id, now, checkpoint.inputs, resumed=True))
        for event in checkpoint.paused:
            recorder(stopped(event, reason, now))
        usage = sum((event.usage for event in checkpoint.finished), NO_USAGE)
        ended = RunFinished(
            run_id=run_id,
            status=status,
            started_at=now if checkpoint.elapsed else to_seconds(checkpoint.run.created_at),
            at=now,
            outputs=checkpoint.outputs,
            error=reason,
            error_type="WorkflowNodeError" if status is RunStatus.FAILED else None,
            total_steps=len({event.execution_id for event in (*checkpoint.finished, *checkpoint.paused)}),
            exceptions_count=sum(event.status is NodeStatus.EXCEPTION for event in checkpoint.finished),
            usage=usage,
            total_tokens=usage.total_tokens,
        )
        await recorder.finish(ended)
        await self._host.tell_ended(checkpoint.run, ended)


def _system(inputs: dict[str, Value]) -> dict[str, Value]:
    return {name.removeprefix(_SYSTEM): value for name, value in inputs.items() if name.startswith(_SYSTEM)}
