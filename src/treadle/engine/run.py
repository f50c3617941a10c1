"""One run of a graph: readiness, parallel branches, retries, error strategies, stop, limits, resume.

Source: spec workflow-engine §7, §15 to §18.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from . import telling
from .events import (
    Event,
    NodeFinished,
    Path,
    PauseKey,
    PauseRequested,
    Remembered,
    RunEnd,
    RunFinished,
    RunPaused,
    RunStarted,
    RunStatus,
)
from .graph import Graph
from .past import Answer, Past
from .pool import VariablePool
from .ports import Ports
from .usage import Usage
from .values import File, JsonValue, Value
from .walk import Walk, discard

STOPPED_BY_USER = "Stopped by user."


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one run.

    `max_seconds` bounds the whole run, `concurrency` how many nodes of one level run at once (the body of a
    container has places of its own, so that containers never wait for each other), and `grace_seconds` how long
    the end of the run waits for cancelled nodes that do not let go.
    """

    max_steps: int = 500
    max_seconds: float = 1200
    concurrency: int = 10
    grace_seconds: float = 5


class RunFailed(Exception):
    """The run cannot go on."""

    def __init__(self, message: str, error_type: str) -> None:
        super().__init__(message)
        self.message = message
        self.error_type = error_type


@dataclass(frozen=True, slots=True)
class RunStopped:
    """Somebody ended the run."""

    reason: str


class Run:
    """Drives one run. `emit` is called synchronously with every event but the last, which `execute` returns."""

    def __init__(
        self,
        graph: Graph,
        *,
        run_id: str,
        inputs: Mapping[str, Value],
        pool: VariablePool,
        ports: Ports,
        emit: Callable[[Event], None],
        new_id: Callable[[], str],
        limits: Limits | None = None,
        checkpoint: Iterable[Remembered] = (),
        answers: Mapping[PauseKey, Answer] | None = None,
        kept: Mapping[PauseKey, JsonValue] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`checkpoint` is what earlier processes did of this run, in the order in which they did it, `answers` what has
        been given to those of its nodes that wait, and `kept` what those kept that did not come to their end."""
        self.graph = graph
        self.run_id = run_id
        self.inputs = dict(inputs)
        self.pool = pool
        self.ports = ports
        self.emit = emit
        self.new_id = new_id
        self.limits = limits or Limits()
        self.clock = clock
        self.past = Past(checkpoint, answers, kept)
        self.walks: set[Walk] = set()
        """Those in progress, and at the end those that the end has caught."""
        self.waiting: dict[PauseKey, PauseRequested] = {}
        self.overhear: Callable[[str, str], None] | None = None
        """Told the id of a node and each piece of text that it passes on, whether a reader is to see it or not."""
        self.halted = False
        """The whole run is ending: no node starts any more."""
        self.exceptions = self.past.exceptions
        self.usage: Usage = self.past.usage
        self.outputs: dict[str, Value] = {}
        self.files: dict[str, File] = {}
        self._steps = self.past.steps
        self._index = self.past.index
        self._verdict: RunFailed | RunStopped | None = None
        self._error: BaseException | None = None
        self._ended = False
        self._whole = Walk(self, graph, pool, None, emit)
        self.stream = self._whole.stream

    def stop(self, reason: str = STOPPED_BY_USER) -> None:
        """End the run as `stopped`, cancelling what is in progress; before `execute`, keep it from starting any node.

        Without effect once the last node has finished. May be called from `emit`.
        """
        self._cut_short(RunStopped(reason))

    async def execute(self) -> RunEnd:
        """Run to the end, or until every branch waits for an answer, and give the last event.

        A cancellation that is no `stop` leaves the run resumable. An exception that `emit` raises ends the run and is
        raised here. Either way nothing of the run is in progress any more.
        """
        started_at = self.clock()
        system = {f"sys.{name}": value for name, value in self.pool.scope("sys").items()}
        self.emit(RunStarted(self.run_id, started_at, {**self.inputs, **system}, resumed=bool(self.past)))
        self.past.restore_conversation(self.pool)
        timer = asyncio.get_running_loop().call_later(self.limits.max_seconds, self._expire)
        try:
            try:
                await self._whole.to_end()
            finally:
                timer.cancel()
            if self._error is not None:
                raise self._error
            return self._end(started_at)
        finally:
            for walk in self.walks:
                walk.unheard()
            self._let_go()

    def _let_go(self) -> None:
        """Nothing of an ended run refers to itself: it is gone with its last reader, without a search for cycles."""
        self._ended = True
        self.emit = discard
        self.walks.clear()
        del self._whole

    def begin_step(self) -> tuple[str, int]:
        """The id and the place of a new execution. Fails the run when it would be one too many."""
        if self._steps >= self.limits.max_steps:
            self._cut_short(RunFailed(f"Max steps {self.limits.max_steps} reached.", "WorkflowNodeError"))
            raise asyncio.CancelledError
        self._steps += 1
        self._index += 1
        return self.new_id(), self._index

    def count_step(self) -> None:
        """An execution that began in an earlier process goes on."""
        self._steps += 1

    def crash(self, error: BaseException) -> None:
        """Something went wrong that is no failure of a node: end the run and raise the first such error."""
        if self._ended:
            return
        if self._error is None and not self._whole.over:
            self._error = error
        self._whole.halt()

    def no_longer_waiting(self, path: Path, error: str, *, container: str | None = None) -> list[NodeFinished]:
        """Last events for what waits in the round `path`, or in any round of a container there."""
        over = [
            event
            for key, event in self.waiting.items()
            if key.path[: len(path)] == path
            and (container is None or [node_id for node_id, _ in key.path[len(path) :][:1]] == [container])
        ]
        for event in over:
            del self.waiting[event.key]
        return [telling.stopped(event, error, self.clock()) for event in over]

    def _expire(self) -> None:
        limit = f"{self.limits.max_seconds:g}"
        self._cut_short(RunFailed(f"Max execution time {limit}s reached.", "WorkflowNodeError"))

    def _cut_short(self, verdict: RunFailed | RunStopped) -> None:
        """End the run before its graph ends. The first verdict stands."""
        if not self._ended and not self._whole.over:
            self._verdict = verdict
            self._whole.halt()

    def _end(self, started_at: float) -> RunEnd:
        verdict, failure = self._verdict, self._whole.failure
        if failure is not None:
            verdict = RunFailed(str(failure), failure.error_type)
        if verdict is None and self._whole.waiting:
            return self._paused(started_at)
        return self._finished(started_at, verdict)

    def _paused(self, started_at: float) -> RunPaused:
        return RunPaused(
            run_id=self.run_id,
            started_at=started_at,
            at=self.clock(),
            paused=tuple(event for event in self.waiting.values() if event.reason is not None),
            outputs=self._outputs(self.stream.shown()),
            total_steps=self._steps,
            exceptions_count=self.exceptions,
            usage=self.usage,
            total_tokens=self.usage.total_tokens,
            files=tuple(self.files.values()),
        )

    def _finished(self, started_at: float, verdict: RunFailed | RunStopped | None) -> RunFinished:
        status, error, error_type = RunStatus.SUCCEEDED, None, None
        if isinstance(verdict, RunFailed):
            status, error, error_type = RunStatus.FAILED, verdict.message, verdict.error_type
        elif verdict is not None:
            status, error = RunStatus.STOPPED, verdict.reason
        elif self.exceptions:
            status = RunStatus.PARTIAL
        self._tell_unfinished(error or "")
        ended_well = status in (RunStatus.SUCCEEDED, RunStatus.PARTIAL)
        if ended_well:
            self.stream.finish()
        return RunFinished(
            run_id=self.run_id,
            status=status,
            started_at=started_at,
            at=self.clock(),
            outputs=self._outputs(self.stream.text() if ended_well else self.stream.shown()),
            error=error,
            error_type=error_type,
            total_steps=self._steps,
            exceptions_count=self.exceptions,
            usage=self.usage,
            total_tokens=self.usage.total_tokens,
            files=tuple(self.files.values()),
        )

    def _tell_unfinished(self, error: str) -> None:
        """Every execution that began has an end."""
        begun = [started for walk in self.walks for started in walk.started.values()]
        for event in sorted((*begun, *self.waiting.values()), key=lambda event: event.index):
            self.emit(telling.stopped(event, error, self.clock()))

    def _outputs(self, answer: str) -> dict[str, Value]:
        if not self.graph.answers:
            return dict(self.outputs)
        return {**self.outputs, "answer": answer, "files": list(self.files.values())}
