"""Runs whose process goes away at any event, and that another one takes up from the records alone."""

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.apps.runs import run_record
from treadle.apps.running.checkpoints import Checkpoints, RunCheckpoint
from treadle.apps.running.leases import LeaseKeeper
from treadle.apps.running.recorder import Recording, RunRecorder
from treadle.apps.running.records import RunRecord
from treadle.engine.events import Event, NodeFinished, NodeStatus
from treadle.engine.graph import Graph, GraphSpec, compile_graph
from treadle.engine.past import SETTLED
from treadle.engine.pool import VariablePool
from treadle.engine.run import Limits, Run
from treadle.platform.crypto import Crypto
from treadle.platform.db import Database
from treadle.platform.ids import new_id
from treadle.platform.writer import GroupWriter

from .random_containers import GraphWithContainers, graphs_with_containers
from .scripted import NO_PORTS, TYPES, Story, check_order, place
from .test_containers_against_reference import check

CRYPTO = Crypto(bytes(range(32)))


class Process:
    """What records runs in one process."""

    def __init__(self, db: Database, name: str) -> None:
        self.writer = GroupWriter(db, flush_interval=60)
        self.writer.start()
        self.recording = Recording(self.writer, CRYPTO, LeaseKeeper(db, name))

    async def close(self) -> None:
        await self.recording.close()
        await self.writer.close()


@pytest.fixture(scope="module")
def database_file(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite_file: Path) -> Path:
    return Path(shutil.copy(migrated_sqlite_file, tmp_path_factory.mktemp("killed") / "treadle.db"))


@given(graphs_with_containers(), st.data())
@settings(
    max_examples=100,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture],
)
def test_a_run_taken_up_from_its_records_ends_the_same_and_repeats_no_finished_node(
    database_file: Path, graph: GraphWithContainers, data: st.DataObject
) -> None:
    asyncio.run(_kill_and_take_up(database_file, graph, data))


async def _kill_and_take_up(database_file: Path, graph: GraphWithContainers, data: st.DataObject) -> None:
    db = Database(f"sqlite:///{database_file}")
    compiled = compile_graph(GraphSpec(graph.nodes, graph.edges), TYPES)
    first, second = Process(db, new_id()), Process(db, new_id())
    try:
        whole = Story()
        await _run(graph, compiled, whole.events.append, run_id="whole", past=None).execute()
        record = run_record()
        last = data.draw(st.integers(1, len(whole.events)), label="events until it is killed")
        await _run_until(graph, compiled, first, record, last)
        checkpoint = await Checkpoints(db, CRYPTO).load(record.id)
        assert checkpoint is not None
        story = Story()
        recorder = second.recording.recorder(record, resumed=checkpoint)
        story.finished = await _run(
            graph, compiled, _both(story, recorder), run_id=record.id, past=checkpoint
        ).execute()
        await recorder.finish(story.finished)
        check_order(story)
        after = await Checkpoints(db, CRYPTO).load(record.id)
        assert after is not None
        assert after.status == story.end.status
        settled = [place(event) for event in after.finished if event.status in SETTLED]
        assert len(set(settled)) == len(settled), "a finished node ran again"
        check(graph, story, [event for event in after.finished if _ended(event)])
    finally:
        await first.close()
        await second.close()
        await db.close()


async def _run_until(
    graph: GraphWithContainers, compiled: Graph, process: Process, record: RunRecord, last: int
) -> None:
    """Run until so many events have been told; then nothing more is heard of this process."""
    recorder = process.recording.recorder(record)
    told = 0

    def emit(event: Event) -> None:
        nonlocal told
        told += 1
        if told <= last:
            recorder(event)
        if told == last:
            task.cancel()

    task = asyncio.create_task(_run(graph, compiled, emit, run_id=record.id, past=None).execute())
    await asyncio.gather(task, return_exceptions=True)
    recorder.store()
    await process.writer.commit()


def _run(
    graph: GraphWithContainers,
    compiled: Graph,
    emit: Callable[[Event], None],
    *,
    run_id: str,
    past: RunCheckpoint | None,
) -> Run:
    finished = past.finished if past else ()
    assigned = {write.name: write.value for event in finished for write in event.writes}
    return Run(
        compiled,
        run_id=run_id,
        inputs={},
        pool=VariablePool({"conversation": {**graph.conversation, **assigned}}),
        ports=NO_PORTS,
        emit=emit,
        new_id=new_id,
        limits=Limits(concurrency=graph.concurrency, max_steps=10_000),
        checkpoint=finished,
    )


def _both(story: Story, recorder: RunRecorder) -> Callable[[Event], None]:
    def emit(event: Event) -> None:
        story.events.append(event)
        recorder(event)

    return emit


def _ended(event: NodeFinished) -> bool:
    return event.status is not NodeStatus.RETRY
