"""What one run has around it: the way in, the guard of its answer, and the voice that reads it aloud."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass

import msgspec

from treadle.apps.features.external_data import ExternalDataError
from treadle.apps.features.gate import STOPPED_BY_MODERATION, Admitted, Asked, Gate, Reply
from treadle.apps.features.moderation import ModerationError
from treadle.apps.features.output_guard import OutputGuard
from treadle.apps.features.plan import Extras
from treadle.apps.features.speech import Speaker
from treadle.apps.features.speech_costs import Occasion, SpeechCosts
from treadle.apps.running.recorder import RunRecorder
from treadle.apps.running.records import RunRecord
from treadle.dsl import AppMode
from treadle.engine.errors import NodeError
from treadle.engine.events import AnnotationUsed, AnswerChunk, Event, RunEnd, RunFinished, RunStarted, RunStatus
from treadle.engine.ports import ModelRef
from treadle.engine.run import Run
from treadle.engine.values import Value, to_text
from treadle.models.service import ModelService

DEFAULT_MODEL = ModelRef("", "")
"""The workspace's default model of the kind that is wanted."""


class Entry:
    """Takes a request to its run, or answers in its place. Without a `recorder` nothing of it is kept."""

    def __init__(self, gate: Gate, extras: Extras, asked: Asked, mode: str, recorder: RunRecorder | None) -> None:
        self._gate = gate
        self._extras = extras
        self._asked = asked
        self._mode = AppMode(mode)
        self._recorder = recorder
        self._asking: asyncio.Task[Admitted | Reply] | None = None
        self._stopped = False

    def stop(self) -> None:
        """Ask nobody any more: the run has been stopped before it began."""
        self._stopped = True
        if self._asking is not None:
            self._asking.cancel()

    async def answer(self, run: Run, emit: Callable[[Event], None]) -> RunFinished | None:
        """Prepare the run; its last event when it is over before it begins. `emit` goes past the guard."""
        began = time.time()
        self._asking = asyncio.create_task(self._gate.admit(self._extras, self._asked), name="entry of a run")
        try:
            outcome = await self._asking
        except asyncio.CancelledError:
            if self._stopped:
                return None  # the run, which is stopped too, says so
            raise
        except (ModerationError, ExternalDataError) as error:
            return self._over(run, emit, began, RunStatus.FAILED, str(error), type(error).__name__)
        except NodeError as error:
            return self._over(run, emit, began, RunStatus.FAILED, str(error), error.error_type)
        if isinstance(outcome, Admitted):
            self._prepare(run, outcome)
            return None
        if hit := outcome.annotation:
            emit(AnnotationUsed(hit.id, hit.account_id, hit.account_name))
        finished = self._over(run, emit, began, RunStatus.STOPPED, outcome.reason, text=outcome.text)
        # What the app's owner wrote as the answer to bad questions needs no check of its own.
        say = emit if outcome.reason == STOPPED_BY_MODERATION else run.emit
        whole = self._mode.has_graph
        for piece in [outcome.text] if whole else outcome.text:
            say(AnswerChunk(piece, None, ""))
        return finished

    def _prepare(self, run: Run, admitted: Admitted) -> None:
        run.inputs.clear()
        run.inputs.update(admitted.inputs)
        if self._extras.query_variable:
            run.pool.set("sys", "query", to_text(run.inputs.get(self._extras.query_variable)))
        if not admitted.rewritten:
            return
        if not self._extras.query_variable and run.pool.scope("sys").get("query") is not None:
            run.pool.set("sys", "query", admitted.query)
        record = self._recorder.run if self._recorder else None
        if self._recorder and record and record.message:
            kept = {name: value for name, value in admitted.inputs.items() if name in record.message.inputs}
            message = msgspec.structs.replace(record.message, query=admitted.query, inputs=kept)
            self._recorder.run = msgspec.structs.replace(record, message=message)

    def _over(
        self,
        run: Run,
        emit: Callable[[Event], None],
        began: float,
        status: RunStatus,
        error: str,
        error_type: str | None = None,
        *,
        text: str = "",
    ) -> RunFinished:
        """The last event of a run without nodes. Readers of chats are not told that it began."""
        system = {f"sys.{name}": value for name, value in run.pool.scope("sys").items()}
        started = RunStarted(run.run_id, began, {**run.inputs, **system})
        in_chat = self._mode is not AppMode.WORKFLOW
        if not in_chat:
            emit(started)
        elif self._recorder is not None:
            self._recorder(started)
        outputs: dict[str, Value] = {"answer": text, "files": []} if in_chat else {}
        return RunFinished(
            run_id=run.run_id,
            status=status,
            started_at=began,
            at=time.time(),
            outputs=outputs,
            error=error,
            error_type=error_type,
        )


def _nobody(_: Event) -> None:
    """There is no run yet."""


@dataclass(slots=True)
class Around:
    """Most runs have nothing around them."""

    entry: Entry | None = None
    guard: OutputGuard | None = None
    speaker: Speaker | None = None
    stopped: bool = False
    emit: Callable[[Event], None] = _nobody
    """Tells everybody, past the guard."""

    async def enter(self, run: Run) -> RunFinished | None:
        """The last event of a run that is over before it begins."""
        return None if self.entry is None else await self.entry.answer(run, self.emit)

    async def settle(self, finished: RunEnd) -> RunEnd:
        """The last event, once what was written is checked."""
        return finished if self.guard is None else await self.guard.finish(finished)

    async def fall_silent(self, finished: RunFinished) -> None:
        """Wait for the last words, unless the answer broke off."""
        if self.speaker is not None:
            await self.speaker.finish(rest=finished.status is not RunStatus.FAILED and not self.stopped)

    def stop(self) -> None:
        """Somebody wants no more of the run: nothing is asked or said any more."""
        self.stopped = True
        if self.entry is not None:
            self.entry.stop()

    def close(self) -> None:
        """The run is over, or given up."""
        if self.guard is not None:
            self.guard.close()
        if self.speaker is not None:
            self.speaker.close()


class Surroundings:
    """Makes what runs have around them."""

    def __init__(self, gate: Gate, models: ModelService, costs: SpeechCosts, *, buffer: int = 300) -> None:
        self._gate = gate
        self._models = models
        self._costs = costs
        self._buffer = buffer

    async def entry(self, extras: Extras, asked: Asked, mode: str, recorder: RunRecorder | None = None) -> Entry | None:
        """The way into a run; None when nothing is to be asked on it."""
        if not await self._gate.concerns(extras, asked.app_id):
            return None
        return Entry(self._gate, extras, asked, mode, recorder)

    def guard(
        self,
        extras: Extras,
        *,
        workspace_id: str,
        app_id: str,
        mode: str,
        note: Callable[[Event], None],
        publish: Callable[[Event], None],
    ) -> OutputGuard | None:
        """The guard of an answer; None when the app does not moderate answers, or gives none.

        A moderation that this server does not have guards nothing, as one that fails.
        """
        plan = extras.moderation
        if plan is None or not plan.outputs or mode == AppMode.WORKFLOW:
            return None
        try:
            moderator = self._gate.moderator(plan, workspace_id, app_id)
        except ModerationError:
            return None
        return OutputGuard(moderator, record=note, publish=publish, buffer=self._buffer)

    def speaker(self, extras: Extras, record: RunRecord, publish: Callable[[Event], None]) -> Speaker | None:
        """The voice of an app that reads its answers aloud."""
        if extras.voice is None:
            return None
        models, voice = self._models.media_for(record.workspace_id), extras.voice
        message_id = None if record.message is None else record.message.id
        occasion = Occasion(record.workspace_id, record.app_id, record.created_from, message_id)

        def speak(text: str) -> AsyncGenerator[bytes, None]:
            return models.speak(text, DEFAULT_MODEL, voice=voice, spent=self._costs.of("tts", occasion))

        return Speaker(speak, publish)
