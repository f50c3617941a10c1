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
from .usage import NO_USAGE
from .values import File, Value, files_in

_log = logging.getLogger(__name__)

STOPPED_BY_USER = "Stopped by user."


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one run. `max_seconds` bounds the whole run; `concurrency` how many of its nodes run at once."""

    max_steps: int = 500
    max_seconds: float = 1200
    concurrency: int = 10


class RunFailed(Exception):
    """The run cannot go on."""

    def __init__(self, message: str, error_type: str) -> None:
        super().__init__(message)
        self.message = message
        self.error_type = error_type


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
        self._tasks: dict[asyncio.Task[None], int] = {}
        self._started: dict[int, NodeStarted] = {}
        self._main: asyncio.Task[RunFinished] | None = None
        self._stop_reason: str | None = None
        self._expired = False
        self._steps = 0
        self._exceptions = 0
        self._usage = NO_USAGE
        self._outputs: dict[str, Value] = {}
        self._files: dict[str, File] = {}
        self._has_answers = any(node.response and not node.type.terminal for node in graph.nodes)

    def stop(self, reason: str = STOPPED_BY_USER) -> None:
        """End the run as `stopped`, cancelling what is in progress. Without effect on a finished run."""
        if self._stop_reason is None and self._main is not None and not self._main.done():
            self._stop_reason = reason
            self._main.cancel()

    async def execute(self) -> RunFinished:
        """Run to the end and give the last event. A cancellation that is no `stop` leaves the run resumable."""
        self._main = asyncio.current_task()
        started_at = self._clock()
        timer = asyncio.get_running_loop().call_later(self._limits.max_seconds, self._expire)
        self.emit(RunStarted(self.run_id, started_at, self.inputs, resumed=bool(self._checkpoint)))
        failure: RunFailed | None = None
        try:
            self.stream.start()
            self._restore()
            await self._drive()
        except RunFailed as error:
            failure = error
        except asyncio.CancelledError:
            if self._stop_reason is None and not self._expired:
                await self._cancel_tasks()
                raise
            asyncio.current_task().uncancel()  # type: ignore[union-attr]
            if self._expired:
                failure = RunFailed(f"Max execution time {self._limits.max_seconds:g}s reached.", "WorkflowNodeError")
        finally:
            timer.cancel()
        await self._cancel_tasks()
        return self._finished(started_at, failure)

    def _expire(self) -> None:
        if self._main is not None and not self._main.done():
            self._expired = True
            self._main.cancel()

    def _restore(self) -> None:
        """Take over what an earlier process finished, without running it again."""
        for event in self._checkpoint:
            node = self.graph.by_id.get(event.node_id)
            if node is None or node.index not in self._ready:
                continue
            self._ready.remove(node.index)
            self._steps = max(self._steps, event.index)
            self._exceptions += event.status is NodeStatus.EXCEPTION
            self._usage += event.usage
            self._settle(node, event.outputs, event.handle)

    async def _drive(self) -> None:
        ready, tasks = self._ready, self._tasks
        while ready or tasks:
            if not tasks and len(ready) == 1:
                await self._run_node(self.graph.nodes[ready.popleft()])
                continue
            while ready and len(tasks) < self._limits.concurrency:
                index = ready.popleft()
                tasks[asyncio.create_task(self._run_node(self.graph.nodes[index]))] = index
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in sorted(done, key=tasks.__getitem__):
                del tasks[task]
                task.result()

    async def _cancel_tasks(self) -> None:
        """Cancel branches that are still running and wait until they have let go of their connections."""
        tasks = list(self._tasks)
        self._tasks.clear()
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _run_node(self, node: Node) -> None:
        if self._steps >= self._limits.max_steps:
            raise RunFailed(f"Max steps {self._limits.max_steps} reached.", "WorkflowNodeError")
        self._steps += 1
        predecessor = self._scheduler.predecessor[node.index]
        started = NodeStarted(
            execution_id=self._new_id(),
            node_id=node.id,
            node_type=node.kind,
            title=node.title,
            index=self._steps,
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
            except NodeFailure as failure:
                result, error = failure.result, failure.__cause__ or failure
            except Exception as raised:
                result, error = NodeResult(), raised
            else:
                self._succeed(node, started, result, attempt)
                return
            if last:
                self._fail(node, started, result, error, attempt)
                return
            attempt += 1
            self._emit_finished(started, NodeStatus.RETRY, result, error=error, retry_index=attempt)
            await asyncio.sleep(node.retry.interval)

    def _succeed(self, node: Node, started: NodeStarted, result: NodeResult, attempts: int) -> None:
        self._emit_finished(started, NodeStatus.SUCCEEDED, result, retry_index=attempts)
        self._usage += result.usage
        self._close(node, result.outputs, result.handle)

    def _fail(
        self, node: Node, started: NodeStarted, result: NodeResult, error: BaseException, attempts: int
    ) -> None:
        """The last attempt failed: take the node's error strategy, or end the run."""
        message, error_type = _describe(error)
        self._usage += result.usage
        if node.strategy is None:
            self._emit_finished(started, NodeStatus.FAILED, result, error=error, retry_index=attempts)
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
        self._emit_finished(started, NodeStatus.EXCEPTION, result, error=error, retry_index=attempts)
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
        *,
        error: BaseException | None = None,
        retry_index: int = 0,
    ) -> None:
        message, error_type = (None, None) if error is None else _describe(error)
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
                error=message,
                error_type=error_type,
                handle=result.handle,
                retry_index=retry_index,
            )
        )

    def _finished(self, started_at: float, failure: RunFailed | None) -> RunFinished:
        status, error, error_type = RunStatus.SUCCEEDED, None, None
        if failure is not None:
            status, error, error_type = RunStatus.FAILED, failure.message, failure.error_type
        elif self._stop_reason is not None:
            status, error = RunStatus.STOPPED, self._stop_reason
        elif self._exceptions:
            status = RunStatus.PARTIAL
        for started in self._started.values():
            self._emit_finished(started, NodeStatus.STOPPED, NodeResult(), error=NodeError(error or STOPPED_BY_USER))
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


def _describe(error: BaseException) -> tuple[str, str]:
    """The sentence and the error type of a failure; an unexpected one is logged with its traceback."""
    if isinstance(error, NodeError):
        return str(error), error.error_type
    _log.error("A node failed unexpectedly", exc_info=error)
    return str(error) or type(error).__name__, "WorkflowNodeError"
