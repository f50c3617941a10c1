"""One walk of a graph with a pool: the whole graph of a run, or the body of a container in one of its rounds.

Source: spec workflow-engine §7, §8, §9, §16.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import telling
from .events import Container, Event, NodeFinished, NodeStarted, NodeStatus, Path, PauseRequested, Write
from .execution import ABANDONED, execute
from .graph import Graph, Node
from .node import SOURCE, BodyFailed, BodyPaused, NodeContext
from .past import SETTLED
from .pool import CONVERSATION, VariablePool
from .scheduler import Progress, Scheduler
from .stream import ResponseStream
from .usage import NO_USAGE
from .values import Value, files_in

if TYPE_CHECKING:
    from .run import Run

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Round:
    """A round of a container that ran to its end. `broke`: a node was reached that ends the loop."""

    pool: VariablePool
    broke: bool


class Walk:
    """Drives the nodes of one graph: readiness, parallel branches, retries, error strategies.

    Its nodes run in tasks of their own, as many at once as the limits of the run allow for each walk: a container
    that waits for its rounds takes no place from them.
    """

    __slots__ = (
        "_complete", "_halted", "_over", "_ready", "_workers", "broke", "container", "emit", "failure", "graph", "path",
        "pool", "run", "scheduler", "started", "stream", "to_go_on", "usage", "waiting", "written",
    )  # fmt: skip

    def __init__(
        self,
        run: "Run",
        graph: Graph,
        pool: VariablePool,
        container: Container | None,
        say: Callable[[Event], None],
    ) -> None:
        self.run = run
        self.graph = graph
        self.pool = pool
        self.container = container
        self.path: Path = container.path if container is not None else ()
        self.emit: Callable[[Event], None] = run.emit
        self.scheduler = Scheduler(graph)
        self.stream = ResponseStream(graph, pool, self.scheduler, say)
        self.usage = NO_USAGE
        """Of the nodes of this walk, and of those inside its containers."""
        self.written: dict[tuple[str, str], Write] = {}
        """Variables of other scopes that its nodes changed."""
        self.broke = False
        self.failure: BodyFailed | None = None
        """Why the walk ended early: a node failed without a strategy."""
        self.started: dict[int, NodeStarted] = {}
        """What runs, by node index."""
        self.waiting: dict[int, PauseRequested] = {}
        """What waits, by node index."""
        self.to_go_on: dict[int, PauseRequested] = {}
        """What waited in an earlier process and is to go on."""
        self._ready: deque[int] = deque([graph.root])
        self._workers: set[asyncio.Task[None]] = set()
        self._halted = False
        self._complete = False
        self._over = asyncio.Event()

    @property
    def over(self) -> bool:
        """Nothing can change the outcome any more."""
        return self._over.is_set()

    @property
    def halted(self) -> bool:
        """No further node starts."""
        return self._halted or self.run.halted

    async def to_end(self) -> None:
        """Run every node that can run. Afterwards none is in progress any more; `failure` and `waiting` say how it
        ended."""
        try:
            self.run.walks.add(self)
            self.stream.start()
            self._pass_entry()
            self._restore()
            if self.failure is None:
                self._hire()
                if self._workers:
                    await self._over.wait()
                elif self.container is not None:
                    await asyncio.sleep(0)  # many rounds without a node to run must not keep a stop from being heard
            self._complete = True
        finally:
            await self._wind_down()
            if self.container is not None and not self.run.halted:
                self._leave()

    def halt(self) -> set[asyncio.Task[None]]:
        """Cancel what is in progress, and give it. Once only: a node may be closing its connections."""
        self._halted = True
        self.run.halted |= self.container is None
        self._over.set()
        pending = {worker for worker in self._workers if not worker.done()}
        for worker in pending:
            if not worker.cancelling():
                worker.cancel()
        return pending

    def unheard(self) -> None:
        """Whatever a node says from now on comes too late."""
        self.emit = self.stream.emit = discard

    async def round(self, context: NodeContext, pool: VariablePool, index: int, *, together: bool) -> Round:
        """One round of the container that `context` belongs to; see `NodeContext.walk`."""
        node = self.graph.by_id[context.node_id]
        if node.body is None:
            raise ValueError(f'the node "{node.id}" has no body')
        container = Container(node.kind, node.id, index, self.container, self.run.new_id() if together else None)
        held: list[Event] = []
        say = discard
        if node.body.speaks:
            say = held.append if together else self.stream.round_sink(node.index)
        inner = Walk(self.run, node.body, pool, container, say)
        await inner.to_end()
        if inner.failure is None and inner.waiting:
            raise BodyPaused
        context.spent += inner.usage
        self._take_over(context, pool, inner.written, together=together)
        if node.body.speaks:
            if together:
                for event in held:
                    self.stream.round_sink(node.index)(event)
            self.stream.round_over(node.index, inner.stream.text() if inner.failure is None else inner.stream.shown())
        if inner.failure is not None:
            raise inner.failure
        return Round(pool, inner.broke)

    def announce(self, node_id: str, inputs: dict[str, Value], length: int) -> None:
        """See `NodeContext.announce`."""
        started = self.started[self.graph.by_id[node_id].index]
        self.emit(telling.rounds_follow(started, inputs, length, self.run.clock()))

    def announce_round(self, node_id: str, index: int) -> None:
        """See `NodeContext.announce_round`."""
        started = self.started[self.graph.by_id[node_id].index]
        self.emit(telling.round_due(started, index, self.run.clock()))

    def _take_over(
        self, context: NodeContext, pool: VariablePool, written: Mapping[tuple[str, str], Write], *, together: bool
    ) -> None:
        """Make changes that a round made to variables around its container changes that the container made."""
        for write in written.values():
            if pool is self.pool:
                if write.scope != context.node_id:
                    earlier = context.writes.get((write.scope, write.name), write)
                    context.writes[write.scope, write.name] = Write(
                        write.scope, write.name, write.value, earlier.before
                    )
            elif write.scope == CONVERSATION and together:
                context.assign(write.name, write.value)  # what is kept is that of the round that ends last, too
            elif write.scope == CONVERSATION:
                context.write(CONVERSATION, write.name, write.value)

    def _pass_entry(self) -> None:
        entry = self.graph.nodes[self.graph.root]
        if self.container is not None and entry.type.silent:
            self._ready.popleft()
            self.settle(entry, {}, SOURCE)

    def _restore(self) -> None:
        """Take over what an earlier process did here, without doing it again."""
        for event in self.run.past.take(self.path):
            node = self.graph.by_id.get(event.node_id)
            if isinstance(event, NodeFinished):
                self.usage += event.usage
                if node is not None and node.index in self._ready:
                    self._restore_node(node, event)
            elif node is not None and node.index in self._ready:
                if node.body is not None or self.run.past.answer(event.key) is not None:
                    self.to_go_on[node.index] = event
                else:
                    self._ready.remove(node.index)
                    self.run.count_step()
                    self.wait_for(node, event)

    def _restore_node(self, node: Node, event: NodeFinished) -> None:
        if event.status in SETTLED:
            self._ready.remove(node.index)
            for write in event.writes:
                self.pool.set(write.scope, write.name, write.value)
                self.written[write.scope, write.name] = write
            if node.body is not None:
                self.usage += self.run.past.usage_inside(self.path, node.id)
                if event.said:
                    self.stream.say_again(node.index, event.said)
            self.settle(node, event.outputs, event.handle)
        elif event.status is NodeStatus.FAILED and self.container is not None:
            self.failure = BodyFailed(event.error or "", event.error_type or "WorkflowNodeError")

    def _hire(self) -> None:
        """Have as many workers as nodes are ready, as far as the limit allows.

        Nodes run in tasks of our own: a stop must not leave a cancellation behind in the task of the caller.
        """
        for _ in range(min(len(self._ready), self.run.limits.concurrency - len(self._workers))):
            self._workers.add(asyncio.create_task(self._work()))

    async def _work(self) -> None:
        """Run ready nodes, one after the other."""
        try:
            while self._ready and not self.halted:
                node = self.graph.nodes[self._ready.popleft()]
                if self._ready:
                    self._hire()
                await execute(self, node)
        except BodyFailed as failure:
            if not self.halted:
                self.failure = failure
            self.halt()
        except (Exception, asyncio.CancelledError) as error:
            if not (isinstance(error, asyncio.CancelledError) and self.halted):
                self.run.crash(error)
            self.halt()
        self._workers.discard(asyncio.current_task())  # type: ignore[arg-type]
        if not self._workers:
            self._over.set()

    def wait_for(self, node: Node, event: PauseRequested) -> None:
        """A node waits for an answer."""
        self.waiting[node.index] = event
        self.run.waiting[event.key] = event

    def settle(self, node: Node, outputs: Mapping[str, Value], handle: str) -> None:
        """Make a finished node's outputs visible and find out what is next."""
        self.pool.add_outputs(node.id, outputs)
        self.broke |= node.type.breaks
        if node.response is not None:
            if node.type.terminal and self.container is None:
                self.run.outputs.update(outputs)
            for file in files_in(dict(outputs)):
                self.run.files.setdefault(file.id or file.related_id or file.url or file.remote_url or "", file)
        progress: Progress = self.scheduler.finish(node.index, handle)
        self._ready.extend(progress.ready)
        self.stream.advance()
        for edge in progress.taken:
            self.stream.edge_taken(edge.index)

    async def _wind_down(self) -> None:
        """Wait until everything still in progress has let go of its connections."""
        if not (pending := self.halt()):
            return
        # When the whole run ends, it is the run that bounds the time.
        seconds = None if self.container is not None and self.run.halted else self.run.limits.grace_seconds
        try:
            _, stuck = await asyncio.wait(pending, timeout=seconds)
        except asyncio.CancelledError:
            await asyncio.wait(pending, timeout=self.run.limits.grace_seconds)
            raise
        if stuck:
            _log.error("Run %s left %d nodes behind that do not end when cancelled", self.run.run_id, len(stuck))

    def _leave(self) -> None:
        """The run goes on without this walk."""
        run = self.run
        if self.failure is not None or not self._complete:
            error = ABANDONED if self.failure is None else str(self.failure)
            for started in self.started.values():
                self.emit(telling.stopped(started, error, run.clock()))
            for event in run.no_longer_waiting(self.path, error):
                self.emit(event)
        run.walks.discard(self)
        self.unheard()


def discard(_: Event) -> None:
    """Nobody listens to a node that outlives its walk."""
