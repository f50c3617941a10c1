"""Runs that wait: what is kept of them, and how they are found again by whoever answers (spec workflow-engine §24)."""

from collections.abc import AsyncIterator

import pytest

from tests.apps.runs import AT, node_finished, node_started, rows, run_record, run_started
from treadle.apps.running.checkpoints import Checkpoints
from treadle.apps.running.leases import LeaseKeeper
from treadle.apps.running.masking import MASK
from treadle.apps.running.pauses import Pauses
from treadle.apps.running.recorder import Recording
from treadle.apps.running.records import RunRecord
from treadle.apps.tables import NodeExecution, Run
from treadle.engine.events import Container, NodeStarted, PauseKey, PauseRequested, RunPaused, Write
from treadle.engine.usage import Usage
from treadle.engine.values import File
from treadle.platform.crypto import Crypto
from treadle.platform.db import Database, table_of
from treadle.platform.writer import GroupWriter

RUNS, NODES = table_of(Run), table_of(NodeExecution)
CRYPTO = Crypto(bytes(range(32)))
DEEP = Container("iteration", "it", 2, Container("loop", "lp", 1))
KEY = PauseKey("ask", (("lp", 1), ("it", 2)))


class Process:
    """What one process keeps of runs, and what it finds."""

    def __init__(self, db: Database, name: str) -> None:
        self.writer = GroupWriter(db, flush_interval=60)
        self.writer.start()
        self.leases = LeaseKeeper(db, name)
        self.recording = Recording(self.writer, CRYPTO, self.leases)
        self.pauses = Pauses(db, self.leases)

    async def close(self) -> None:
        await self.recording.close()
        await self.writer.close()


@pytest.fixture
async def process(db: Database) -> AsyncIterator[Process]:
    process = Process(db, "this process")
    yield process
    await process.close()


@pytest.fixture
async def other(db: Database) -> AsyncIterator[Process]:
    process = Process(db, "another process")
    yield process
    await process.close()


def waits(started: NodeStarted, **reason: str) -> PauseRequested:
    return PauseRequested(
        execution_id=started.execution_id,
        node_id=started.node_id,
        node_type=started.node_type,
        title=started.title,
        index=started.index,
        predecessor=started.predecessor,
        started_at=started.at,
        at=started.at + 1.5,
        reason=dict(reason) if reason else None,
        container=started.container,
    )


async def pause(process: Process, **changes: str) -> tuple[RunRecord, PauseRequested]:
    """A run that waits for the node `ask` in a round."""
    run = run_record(**changes)
    recorder = process.recording.recorder(run, secrets=["hunter22"])
    recorder(run_started(run, city="Bergen"))
    recorder(node_finished(node_started("start")))
    asked = waits(node_started("ask", index=3, container=DEEP), question="the hunter22?")
    recorder(asked)
    around = waits(node_started("it", index=2, container=DEEP.parent))
    recorder(around)
    await recorder.finish(
        RunPaused(run_id=run.id, started_at=AT, at=AT + 4, paused=(asked,), total_steps=3, outputs={"answer": "so far"})
    )
    return run, asked


async def test_a_paused_run_has_no_lease_and_is_not_taken_up(db: Database, process: Process, other: Process) -> None:
    run, asked = await pause(process)
    (row,) = await rows(db, RUNS)
    assert (row["status"], row["lease_owner"], row["lease_until"], row["finished_at"]) == ("paused", None, None, None)
    assert (row["total_steps"], row["elapsed"]) == (3, 4.0)
    assert await other.leases.claim_expired(10) == []
    node = next(row for row in await rows(db, NODES) if row["id"] == asked.execution_id)
    assert (node["status"], node["answer"]) == ("paused", None)
    assert MASK in node["effects"]
    checkpoint = await Checkpoints(db, CRYPTO).load(run.id)
    assert checkpoint is not None
    assert [(event.key, event.reason) for event in checkpoint.paused] == [
        (KEY, {"question": "the hunter22?"}),
        (PauseKey("it", (("lp", 1),)), None),
    ]
    assert (checkpoint.answers, checkpoint.elapsed) == ({}, 4.0)


async def test_the_first_answer_stands(db: Database, process: Process) -> None:
    run, _ = await pause(process)
    assert not await process.pauses.keep(run.id, {KEY: {"says": "yes"}, PauseKey("gone"): {}})
    assert not await process.pauses.claim_answered(run.id)
    assert await process.pauses.keep(run.id, {KEY: {"says": "yes"}})
    assert not await process.pauses.keep(run.id, {KEY: {"says": "no"}})
    checkpoint = await Checkpoints(db, CRYPTO).load(run.id)
    assert checkpoint is not None
    assert checkpoint.answers == {KEY: {"says": "yes"}}


async def test_an_answered_run_is_given_to_one_process(db: Database, process: Process, other: Process) -> None:
    run, _ = await pause(process)
    await other.pauses.keep(run.id, {KEY: {"says": "yes"}})
    assert [await each.pauses.claim_answered(run.id) for each in (other, process)] == [True, False]
    (row,) = await rows(db, RUNS)
    assert (row["status"], row["lease_owner"]) == ("running", "another process")


async def test_a_node_that_goes_on_keeps_its_row(db: Database, process: Process, other: Process) -> None:
    run, asked = await pause(process)
    await other.pauses.keep(run.id, {KEY: {"says": "yes"}})
    await other.pauses.claim_answered(run.id)
    checkpoint = await Checkpoints(db, CRYPTO).load(run.id)
    recorder = other.recording.recorder(run, resumed=checkpoint)
    recorder(run_started(run, city="Bergen"))
    again = node_started("ask", index=3, container=DEEP, execution_id=asked.execution_id)
    recorder(again)
    recorder.tick(AT + 100)
    await other.writer.commit()
    taken_up = await Checkpoints(db, CRYPTO).load(run.id)
    assert taken_up is not None
    assert taken_up.answers == {KEY: {"says": "yes"}}, "an answer outlives the process that goes on with it"
    recorder(node_finished(again, outputs={"answer": "yes"}, container=DEEP))
    await other.recording.settle()
    found = [row for row in await rows(db, NODES) if row["node_id"] == "ask" and row["container_index"] is not None]
    assert [(row["id"], row["status"]) for row in found] == [(asked.execution_id, "succeeded")]
    recorder.abandon()


async def test_a_node_that_asks_again_waits_for_a_new_answer(db: Database, process: Process, other: Process) -> None:
    run, asked = await pause(process)
    await other.pauses.keep(run.id, {KEY: {"says": "perhaps"}})
    assert await other.pauses.claim_answered(run.id)
    recorder = other.recording.recorder(run, resumed=await Checkpoints(db, CRYPTO).load(run.id))
    recorder(run_started(run))
    recorder(node_started("ask", index=3, container=DEEP, execution_id=asked.execution_id))
    recorder(asked)
    await recorder.finish(RunPaused(run_id=run.id, started_at=AT, at=AT + 4, paused=(asked,)))
    assert not await other.pauses.claim_answered(run.id)
    assert await other.pauses.keep(run.id, {KEY: {"says": "yes"}})


async def test_what_a_node_wrote_and_said_can_be_read_back(db: Database, process: Process) -> None:
    run = run_record()
    recorder = process.recording.recorder(run, secrets=["hunter22"])
    recorder(run_started(run))
    started = node_started("lp", container=DEEP)
    recorder(started)
    file = File(type="image", transfer_method="tool_file", related_id="f", filename="a.png")
    writes = (
        Write("conversation", "password", "hunter22", before=None),
        Write("lp", "files", [file], before=[]),
        Write("lp", "n", 2, before=0),
    )
    recorder(node_finished(started, writes=writes, said="Hello hunter22", container=DEEP, usage=Usage()))
    await process.recording.settle()
    (row,) = await rows(db, NODES)
    assert "hunter22" not in row["effects"]
    checkpoint = await Checkpoints(db, CRYPTO).load(run.id)
    assert checkpoint is not None
    (event,) = checkpoint.finished
    assert (event.writes, event.said, event.container) == (writes, "Hello hunter22", DEEP)
    recorder.abandon()
