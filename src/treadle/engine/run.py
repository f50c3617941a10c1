"""One run of a graph: readiness, parallel branches, retries, error strategies, stop, limits, resume.

Source: spec workflow-engine §7, §15 to §18.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from .errors import NodeError
from .events import Event, NodeFinished, NodeStarted, NodeStatus, RunFinished, RunStarted, RunStatus
from .graph import DEFAULT_VALUE, Graph, Node
from .node import FAIL_BRANCH, SOURCE, NodeContext, NodeFailure, NodeResult
from .pool import VariablePool
from .ports import Ports
from .scheduler import Progress, Scheduler
from .stream import ResponseStream
from .usage import NO_USAGE, Usage
from .values import File, Value, files_in

_log = logging.getLogger(__name__)

STOPPED_BY_USER = "Stopped by user."

_SETTLED = (NodeStatus.SUCCEEDED, NodeStatus.EXCEPTION)
"""A node with this status is done; anything else in a checkpoint is to be run again."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one run.

    `max_seconds` bounds the whole run, `concurrency` how many of its nodes run at once, and `grace_seconds` how long
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
        checkpoint: Iterable[NodeFinished] = (),
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.graph = graph
        self.run_id = run_id
        self.inputs = dict(inputs)
        self.pool = pool
        self.ports = ports
        self.emit = emit
        self._new_id = new_id
        self._limits = limits or Limits()
        self._checkpoint = tuple(checkpoint)
        self._clock = clock
        self._scheduler = Scheduler(graph)
        self.stream = ResponseStream(graph, pool, self._scheduler, emit)
        self._ready: deque[int] = deque([graph.root])
        self._workers: set[asyncio.Task[None]] = set()
        self._started: dict[int, NodeStarted] = {}
        self._verdict: RunFailed | RunStopped | None = None
        self._error: BaseException | None = None
        self._halted = False
        self._over = asyncio.Event()
        self._steps = 0
        self._index = 0
        self._exceptions = 0
        self._usage = NO_USAGE
        self._outputs: dict[str, Value] = {}
        self._files: dict[str, File] = {}
        self._has_answers = any(node.response and not node.type.terminal for node in graph.nodes)

    def stop(self, reason: str = STOPPED_BY_USER) -> None:
        """End the run as `stopped`, cancelling what is in progress; before `execute`, keep it from starting any node.

        Without effect once the last node has finished. May be called from `emit`.
        """
        self._cut_short(RunStopped(reason))

    async def execute(self) -> RunFinished:
        """Run to the end and give the last event.

        A cancellation that is no `stop` leaves the run resumable. An exception that `emit` raises ends the run and is
        raised here. Either way nothing of the run is in progress any more.
        """
        started_at = self._clock()
        system = {f"sys.{name}": value for name, value in self.pool.scope("sys").items()}
        self.emit(RunStarted(self.run_id, started_at, {**self.inputs, **system}, resumed=bool(self._checkpoint)))
        timer = asyncio.get_running_loop().call_later(self._limits.max_seconds, self._expire)
        try:
            try:
                self.stream.start()
                self._restore()
                self._hire()
                if self._workers:
                    await self._over.wait()
            finally:
                timer.cancel()
                await self._wind_down()
            return self._finished(started_at, self._outcome())
        finally:
            self.emit = self.stream.emit = _discard

    def _expire(self) -> None:
        limit = f"{self._limits.max_seconds:g}"
        self._cut_short(RunFailed(f"Max execution time {limit}s reached.", "WorkflowNodeError"))

    def _cut_short(self, verdict: RunFailed | RunStopped) -> None:
        """End the run before its graph ends. The first verdict stands."""
        if not self._over.is_set():
            self._verdict = verdict
            self._halt()

    def _halt(self) -> set[asyncio.Task[None]]:
        """Cancel what is in progress, and give it. Once only: a node may be closing its connections."""
        self._halted = True
        self._over.set()
        pending = {worker for worker in self._workers if not worker.done()}
        for worker in pending:
            if not worker.cancelling():
                worker.cancel()
        return pending

    async def _wind_down(self) -> None:
        """Wait until everything still in progress has let go of its connections."""
        if pending := self._halt():
            _, stuck = await asyncio.wait(pending, timeout=self._limits.grace_seconds)
            if stuck:
                _log.error("Run %s left %d nodes behind that do not end when cancelled", self.run_id, len(stuck))

    def _outcome(self) -> RunFailed | RunStopped | None:
        """Why the run ended early; None when it ran to its end."""
        if self._error is None or isinstance(self._error, RunFailed):
            return self._error or self._verdict
        raise self._error

    def _restore(self) -> None:
        """Take over what an earlier process finished, without running it again."""
        for event in self._checkpoint:
            node = self.graph.by_id.get(event.node_id)
            if event.status not in _SETTLED or node is None or node.index not in self._ready:
                continue
            self._ready.remove(node.index)
            self._steps += 1
            self._index = max(self._index, event.index)
            self._exceptions += event.status is NodeStatus.EXCEPTION
            self._settle(node, event.outputs, event.handle)
        for event in self._checkpoint:
            self._spend(event.usage)

    def _hire(self) -> None:
        """Have as many workers as nodes are ready, as far as the limit allows.

        Nodes run in tasks of our own: a stop must not leave a cancellation behind in the task of the caller.
        """
        for _ in range(min(len(self._ready), self._limits.concurrency - len(self._workers))):
            self._workers.add(asyncio.create_task(self._work()))

    async def _work(self) -> None:
        """Run ready nodes, one after the other."""
        try:
            while self._ready and not self._halted:
                node = self.graph.nodes[self._ready.popleft()]
                if self._ready:
                    self._hire()
                await self._run_node(node)
        except (Exception, asyncio.CancelledError) as error:
            if self._error is None and not (self._halted and isinstance(error, asyncio.CancelledError)):
                self._error = error
            self._halt()
        self._workers.discard(asyncio.current_task())  # type: ignore[arg-type]
        if not self._workers:
            self._over.set()

    async def _run_node(self, node: Node) -> None:
        if self._steps >= self._limits.max_steps:
            raise RunFailed(f"Max steps {self._limits.max_steps} reached.", "WorkflowNodeError")
        self._steps += 1
        self._index += 1
        predecessor = self._scheduler.predecessor[node.index]
        started = NodeStarted(
            execution_id=self._new_id(),
            node_id=node.id,
            node_type=node.kind,
            title=node.title,
            index=self._index,
            predecessor=None if predecessor is None else self.graph.nodes[predecessor].id,
            at=self._clock(),
        )
        self._started[node.index] = started
        self.emit(started)
        attempt = 0
        while True:
            last = attempt >= node.retry.attempts
            context = NodeContext(
                self, node.id, started.execution_id, last_attempt=last, strategy_set=node.strategy is not None
            )
            try:
                result = await node.type.run(context, node.config)
            except (Exception, asyncio.CancelledError) as raised:
                if self._halted or asyncio.current_task().cancelling():  # type: ignore[union-attr]
                    raise asyncio.CancelledError from raised  # whatever a node raises then, it was stopped
                result, error = _failure(raised)
            else:
                self._emit_finished(started, NodeStatus.SUCCEEDED, result, retry_index=attempt)
                self._close(node, result.outputs, result.handle)
                return
            message, error_type = _describe(error)
            if last:
                self._fail(node, started, result, message, error_type, attempt)
                return
            attempt += 1
            self._emit_finished(started, NodeStatus.RETRY, result, message, error_type, retry_index=attempt)
            await asyncio.sleep(node.retry.interval)

    def _fail(
        self, node: Node, started: NodeStarted, result: NodeResult, message: str, error_type: str, attempts: int
    ) -> None:
        """The last attempt failed: take the node's error strategy, or end the run."""
        if node.strategy is None:
            self._emit_finished(started, NodeStatus.FAILED, result, message, error_type, retry_index=attempts)
            del self._started[node.index]
            raise RunFailed(message, error_type)
        result.outputs = {
            **(node.defaults if node.strategy == DEFAULT_VALUE else {}),
            "error_message": message,
            "error_type": error_type,
        }
        result.handle = FAIL_BRANCH if node.strategy == FAIL_BRANCH else SOURCE
        result.metadata = {**result.metadata, "error_strategy": node.strategy}
        self._exceptions += 1
        self._emit_finished(started, NodeStatus.EXCEPTION, result, message, error_type, retry_index=attempts)
        self._close(node, result.outputs, result.handle)

    def _close(self, node: Node, outputs: Mapping[str, Value], handle: str) -> None:
        del self._started[node.index]
        self._settle(node, outputs, handle)

    def _settle(self, node: Node, outputs: Mapping[str, Value], handle: str) -> None:
        """Make a finished node's outputs visible and find out what is next."""
        self.pool.add_outputs(node.id, outputs)
        if node.response is not None:
            if node.type.terminal:
                self._outputs.update(outputs)
            for file in files_in(dict(outputs)):
                self._files.setdefault(file.id or file.related_id or file.url or file.remote_url or "", file)
        progress: Progress = self._scheduler.finish(node.index, handle)
        self._ready.extend(progress.ready)
        self.stream.advance()
        for edge in progress.taken:
            self.stream.edge_taken(edge.index)

    def _emit_finished(
        self,
        started: NodeStarted,
        status: NodeStatus,
        result: NodeResult,
        error: str | None = None,
        error_type: str | None = None,
        *,
        retry_index: int = 0,
    ) -> None:
        self._spend(result.usage)
        self.emit(
            NodeFinished(
                execution_id=started.execution_id,
                node_id=started.node_id,
                node_type=started.node_type,
                title=started.title,
                index=started.index,
                predecessor=started.predecessor,
                status=status,
                started_at=started.at,
                at=self._clock(),
                inputs=result.inputs,
                process_data=result.process_data,
                outputs=result.outputs,
                metadata=result.metadata,
                usage=result.usage,
                error=error,
                error_type=error_type,
                handle=result.handle,
                retry_index=retry_index,
            )
        )

    def _spend(self, usage: Usage) -> None:
        """Every attempt counts, also those that failed."""
        if usage.total_tokens:
            self._usage += usage

    def _finished(self, started_at: float, verdict: RunFailed | RunStopped | None) -> RunFinished:
        status, error, error_type = RunStatus.SUCCEEDED, None, None
        if isinstance(verdict, RunFailed):
            status, error, error_type = RunStatus.FAILED, verdict.message, verdict.error_type
        elif verdict is not None:
            status, error = RunStatus.STOPPED, verdict.reason
        elif self._exceptions:
            status = RunStatus.PARTIAL
        for started in self._started.values():
            self._emit_finished(started, NodeStatus.STOPPED, NodeResult(), error)
        ended_well = status in (RunStatus.SUCCEEDED, RunStatus.PARTIAL)
        if ended_well:
            self.stream.finish()
        outputs = dict(self._outputs)
        if self._has_answers:
            outputs["answer"] = self.stream.text() if ended_well else self.stream.shown()
            outputs["files"] = list(self._files.values())
        return RunFinished(
            run_id=self.run_id,
            status=status,
            started_at=started_at,
            at=self._clock(),
            outputs=outputs,
            error=error,
            error_type=error_type,
            total_steps=self._steps,
            exceptions_count=self._exceptions,
            usage=self._usage,
            total_tokens=self._usage.total_tokens,
            files=tuple(self._files.values()),
        )


def _failure(raised: BaseException) -> tuple[NodeResult, BaseException]:
    """What is known of a failed attempt, and what went wrong."""
    if isinstance(raised, NodeFailure):
        return raised.result, raised.__cause__ or raised
    return NodeResult(), raised


def _describe(error: BaseException) -> tuple[str, str]:
    """The sentence and the error type of a failure; an unexpected one is logged with its traceback."""
    if isinstance(error, NodeError):
        return str(error), error.error_type
    _log.error("A node failed unexpectedly", exc_info=error)
    return str(error) or type(error).__name__, "WorkflowNodeError"


def _discard(_: Event) -> None:
    """Nobody listens to a node that outlives its run."""
