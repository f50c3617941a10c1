import asyncio
import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.apps.runs import AT, node_finished, node_started, rows, run_finished, run_record, run_started
from treadle.apps.running.checkpoints import Checkpoints
from treadle.apps.running.leases import LeaseKeeper
from treadle.apps.running.masking import MASK
from treadle.apps.running.recorder import INTERRUPTED, Recording
from treadle.apps.running.records import ConversationRecord, MessageRecord, VariableRecord
from treadle.apps.tables import (
    Conversation,
    ConversationVariable,
    Message,
    MessageFile,
    NodeExecution,
    Run,
)
from treadle.engine.events import (
    AnswerChunk,
    AnswerReplaced,
    Citations,
    Container,
    NodeStatus,
    RunStatus,
    VariableAssigned,
)
from treadle.engine.usage import Price, Usage
from treadle.engine.values import File
from treadle.platform.clock import to_us
from treadle.platform.crypto import Crypto
from treadle.platform.db import Database, table_of
from treadle.platform.writer import GroupWriter

RUNS = table_of(Run)
NODES = table_of(NodeExecution)
MESSAGES = table_of(Message)
CONVERSATIONS = table_of(Conversation)
VARIABLES = table_of(ConversationVariable)
CRYPTO = Crypto(bytes(range(32)))
USAGE = Usage.priced(12, 3, Price(input=Decimal("0.5"), output=Decimal("1.5")), latency=0.4)


@pytest.fixture
async def writer(db: Database) -> AsyncIterator[GroupWriter]:
    writer = GroupWriter(db, flush_interval=60)
    writer.start()
    yield writer
    await writer.close()


@pytest.fixture
async def recording(db: Database, writer: GroupWriter) -> AsyncIterator[Recording]:
    """Not started: tests tick themselves."""
    recording = Recording(writer, CRYPTO, LeaseKeeper(db, "this process"))
    yield recording
    await recording.close()


async def test_a_short_run_is_written_whole_in_two_statements(
    db: Database, writer: GroupWriter, recording: Recording
) -> None:
    run = run_record()
    recorder = recording.recorder(run)
    recorder(run_started(run, city="Bergen"))
    for index, node_id in enumerate(("start", "llm", "end"), 1):
        started = node_started(node_id, index=index)
        recorder(started)
        recorder(
            node_finished(
                started,
                inputs={"a": 1},
                outputs={"text": "Rain"},
                usage=USAGE if node_id == "llm" else Usage(),
                metadata={"note": True},
            )
        )
    finished = run_finished(run, outputs={"text": "Rain"}, usage=USAGE, total_tokens=USAGE.total_tokens, total_steps=3)
    await recorder.finish(finished)

    assert (writer.written_statements, writer.written_rows, writer.lost_rows) == (2, 4, 0)
    [row] = await rows(db, RUNS)
    assert row == {
        "id": run.id,
        "workspace_id": run.workspace_id,
        "app_id": run.app_id,
        "version_id": run.version_id,
        "mode": "workflow",
        "triggered_from": "app-run",
        "created_from": "service-api",
        "created_by_role": "end_user",
        "created_by": run.created_by,
        "parent_run_id": None,
        "conversation_id": None,
        "message_id": None,
        "task_id": run.task_id,
        "status": "succeeded",
        "graph": None,
        "root_node_id": None,
        "replay_of": None,
        "replay": None,
        "conversation_values": None,
        "sealed_conversation_values": None,
        "environment_values": None,
        "sealed_environment_values": None,
        "sealed_headers": None,
        "api_key_id": None,
        "inputs": '{"city":"Bergen"}',
        "outputs": '{"text":"Rain"}',
        "sealed_inputs": None,
        "error": None,
        "error_type": None,
        "total_tokens": 15,
        "total_price_e7": 105,
        "currency": "USD",
        "total_steps": 3,
        "exceptions_count": 0,
        "elapsed": 2.0,
        "created_at": to_us(AT),
        "finished_at": to_us(AT + 2),
        "lease_owner": None,
        "lease_until": None,
        "attempts": 1,
        "read_at": None,
    }
    nodes = await rows(db, NODES, ("position",))
    assert [(node["node_id"], node["node_index"], node["position"], node["status"]) for node in nodes] == [
        ("start", 1, 1, "succeeded"),
        ("llm", 2, 2, "succeeded"),
        ("end", 3, 3, "succeeded"),
    ]
    assert json.loads(nodes[1]["execution_metadata"]) == {
        "total_tokens": 15,
        "total_price": "0.0000105",
        "currency": "USD",
        "note": True,
    }
    assert (nodes[1]["total_price_e7"], nodes[1]["elapsed"], nodes[0]["usage"]) == (105, 0.5, None)


async def test_empty_maps_are_stored_as_null(db: Database, recording: Recording) -> None:
    run = run_record()
    recorder = recording.recorder(run)
    recorder(run_started(run))
    recorder(node_finished(node_started("start")))
    await recorder.finish(run_finished(run))
    [node] = await rows(db, NODES)
    columns = ("inputs", "process_data", "outputs", "execution_metadata", "usage", "error")
    assert [node[name] for name in columns] == [None] * 6
    assert (await rows(db, RUNS))[0]["outputs"] is None


async def test_a_run_that_lasts_appears_with_its_nodes(db: Database, writer: GroupWriter, recording: Recording) -> None:
    run = run_record()
    recorder = recording.recorder(run)
    recorder(run_started(run))
    first, second = node_started("first"), node_started("second", at=AT + 1)
    recorder(first)
    recorder(node_finished(first, outputs={"x": 1}))
    recorder(second)
    await writer.commit()
    assert await rows(db, NODES) == []

    recorder.tick(AT + 1.1)
    await writer.commit()
    [row] = await rows(db, RUNS)
    assert (row["status"], row["lease_owner"]) == ("running", "this process")
    assert row["lease_until"] > row["created_at"]
    assert [node["node_id"] for node in await rows(db, NODES)] == ["first"]

    recorder.tick(AT + 1.5)
    await writer.commit()
    shown = {node["node_id"]: node for node in await rows(db, NODES)}
    assert (shown["second"]["status"], shown["second"]["position"]) == ("running", 0)

    recorder(node_finished(second))
    await recorder.finish(run_finished(run))
    assert [node["status"] for node in await rows(db, NODES)] == ["succeeded", "succeeded"]
    [row] = await rows(db, RUNS)
    assert (row["status"], row["lease_owner"]) == ("succeeded", None)


async def test_a_run_is_safe_once_it_is_told_to_have_started(db: Database, recording: Recording) -> None:
    run = run_record()
    recorder = recording.recorder(run)
    recorder(run_started(run, a=1))
    await recorder.started()
    [row] = await rows(db, RUNS)
    assert (row["id"], row["status"], row["inputs"]) == (run.id, "running", '{"a":1}')
    await recorder.finish(run_finished(run))


async def test_retried_attempts_are_rows_of_their_own(db: Database, recording: Recording) -> None:
    run = run_record()
    recorder = recording.recorder(run)
    recorder(run_started(run))
    started = node_started("http")
    recorder(started)
    for attempt in (1, 2):
        recorder(
            node_finished(
                started, NodeStatus.RETRY, retry_index=attempt, error="refused", error_type="HttpRequestNodeError"
            )
        )
    recorder(node_finished(started, retry_index=2, outputs={"body": "ok"}))
    await recorder.finish(run_finished(run))
    nodes = await rows(db, NODES, ("position",))
    assert [(node["status"], node["retry_index"], node["error"]) for node in nodes] == [
        ("retry", 1, "refused"),
        ("retry", 2, "refused"),
        ("succeeded", 2, None),
    ]
    assert {node["execution_id"] for node in nodes} == {started.execution_id}
    assert nodes[2]["id"] == started.execution_id


async def test_nodes_that_a_stop_cut_off_are_failed_with_its_text(db: Database, recording: Recording) -> None:
    run = run_record()
    recorder = recording.recorder(run)
    recorder(run_started(run))
    started = node_started("llm")
    recorder(started)
    recorder.tick(AT + 60)
    recorder(node_finished(started, NodeStatus.STOPPED, error="Stopped by user."))
    await recorder.finish(run_finished(run, RunStatus.STOPPED, error="Stopped by user."))
    [node] = await rows(db, NODES)
    assert (node["status"], node["error"]) == ("failed", "Stopped by user.")
    [row] = await rows(db, RUNS)
    assert (row["status"], row["error"]) == ("stopped", "Stopped by user.")


async def test_secrets_show_in_no_record_but_can_be_resumed(
    db: Database, writer: GroupWriter, recording: Recording
) -> None:
    secret = "sk-very-secret"
    run = run_record(
        message=MessageRecord(id="m" * 36, query=f"my {secret}", inputs={"k": secret}),
        conversation=ConversationRecord(
            id="c" * 36,
            name=secret,
            inputs={"k": secret},
            new=True,
            variables=(VariableRecord(id="v", name="token", value_type="string", value=secret),),
        ),
    )
    recorder = recording.recorder(run, secrets=[secret])
    recorder(run_started(run, key=secret))
    first, second = node_started("first"), node_started("second", index=2)
    recorder(node_finished(first, inputs={"k": secret}, process_data={"k": secret}, outputs={"k": secret, "n": 1}))
    recorder(node_finished(second, NodeStatus.EXCEPTION, error=f"bad {secret}", outputs={"error_message": secret}))
    recorder.tick(AT)
    await writer.commit()

    checkpoint = await Checkpoints(db, CRYPTO).load(run.id)
    assert checkpoint
    assert checkpoint.inputs == {"key": secret}
    assert [node.outputs for node in checkpoint.finished] == [{"k": secret, "n": 1}, {"error_message": secret}]

    recorder(AnswerChunk(f"It is {secret}", None, "answer"))
    await recorder.finish(run_finished(run, RunStatus.FAILED, error=f"bad {secret}", outputs={"answer": secret}))
    for table in (RUNS, NODES, MESSAGES, CONVERSATIONS, VARIABLES):
        text = repr(await rows(db, table))
        assert secret not in text
        assert MASK in text


async def test_a_chat_turn_keeps_message_conversation_and_variables(db: Database, recording: Recording) -> None:
    sent = File(
        type="image", transfer_method="local_file", related_id="f" * 36, filename="a.png", url="http://x/?sign=1"
    )
    made = File(type="document", transfer_method="tool_file", related_id="t" * 36, filename="b.pdf", url="http://y")
    remote = File(type="image", transfer_method="remote_url", remote_url="http://z/c.png")
    run = run_record(
        mode="advanced-chat",
        message=MessageRecord(id="m" * 36, query="Is it raining?", inputs={"city": "Bergen"}, files=(sent, remote)),
        conversation=ConversationRecord(
            id="c" * 36,
            name="New conversation",
            introduction="Ahoy",
            inputs={"city": "Bergen", "chart": sent},
            new=True,
            variables=(
                VariableRecord(id="v1", name="basket", value_type="array[string]", value=[]),
                VariableRecord(id="v2", name="count", value_type="number", value=1),
            ),
        ),
    )
    recorder = recording.recorder(run)
    recorder(run_started(run, city="Bergen"))
    started = node_started("assign")
    recorder(started)
    recorder(VariableAssigned("basket", ["jacket"]))
    recorder(node_finished(started))
    recorder(Citations("k", [{"content": "low", "score": 0.1}, {"content": "high", "score": 0.9}]))
    recorder(AnswerChunk("Light", ("llm", "text"), "answer"))
    recorder(AnswerChunk("ly.", ("llm", "text"), "answer"))
    outputs: dict[str, Any] = {"answer": "Lightly.", "files": [made]}
    await recorder.finish(run_finished(run, usage=USAGE, total_tokens=15, outputs=outputs, files=(made,)))

    [message] = await rows(db, MESSAGES)
    metadata = json.loads(message.pop("message_metadata"))
    assert [item["content"] for item in metadata["retriever_resources"]] == ["high", "low"]
    assert metadata["usage"]["total_price"] == "0.0000105"
    files = json.loads(message.pop("files"))
    assert [(item["belongs_to"], item["file"]["filename"], item["file"]["url"]) for item in files] == [
        ("user", "a.png", None),
        ("user", None, None),
        ("assistant", "b.pdf", None),
    ]
    assert message == {
        "id": "m" * 36,
        "workspace_id": run.workspace_id,
        "app_id": run.app_id,
        "conversation_id": "c" * 36,
        "run_id": run.id,
        "parent_message_id": None,
        "created_from": "service-api",
        "created_by_role": "end_user",
        "created_by": run.created_by,
        "model_provider": None,
        "model_name": None,
        "inputs": '{"city":"Bergen"}',
        "query": "Is it raining?",
        "answer": "Lightly.",
        "agent_thoughts": "[]",
        "status": "normal",
        "error": None,
        "message_tokens": 12,
        "message_unit_price": "0.5",
        "message_price_unit": "0.000001",
        "answer_tokens": 3,
        "answer_unit_price": "1.5",
        "answer_price_unit": "0.000001",
        "total_price_e7": 105,
        "currency": "USD",
        "latency": 2.0,
        "created_at": to_us(AT),
        "updated_at": to_us(AT + 2),
        "read_at": None,
    }
    [conversation] = await rows(db, CONVERSATIONS)
    assert (conversation["name"], conversation["introduction"]) == ("New conversation", "Ahoy")
    assert (conversation["updated_at"], conversation["dialogue_count"]) == (to_us(AT + 2), 1)
    assert json.loads(conversation["inputs"])["chart"]["url"] is None
    variables = await rows(db, VARIABLES, ("id",))
    assert [(item["name"], item["value"], item["updated_at"]) for item in variables] == [
        ("basket", '["jacket"]', to_us(AT + 0.5)),
        ("count", "1", to_us(AT)),
    ]
    links = await rows(db, table_of(MessageFile), ("belongs_to",))
    assert [(link["file_id"], link["belongs_to"]) for link in links] == [("t" * 36, "assistant"), ("f" * 36, "user")]


async def test_a_later_turn_leaves_the_title_that_was_given_meanwhile(
    db: Database, writer: GroupWriter, recording: Recording
) -> None:
    first = run_record(conversation=ConversationRecord(id="c" * 36, name="New conversation", new=True))
    recorder = recording.recorder(first)
    recorder(run_started(first))
    recorder.tick(AT)
    await writer.commit()
    async with db.begin() as connection:
        await connection.execute(CONVERSATIONS.update().values(name="Rain in Bergen"))
    await recorder.finish(run_finished(first))

    second = run_record(conversation=ConversationRecord(id="c" * 36, name="New conversation", dialogue_count=2))
    recorder = recording.recorder(second)
    recorder(run_started(second))
    await recorder.finish(run_finished(second, at=AT + 9))
    [conversation] = await rows(db, CONVERSATIONS)
    assert (conversation["name"], conversation["dialogue_count"]) == ("Rain in Bergen", 2)
    assert conversation["updated_at"] == to_us(AT + 9)


@pytest.mark.parametrize(
    ("events", "outputs", "answer"),
    [
        ([AnswerChunk("partial", None, "a")], {"answer": "partial"}, "partial"),
        ([AnswerChunk("bad", None, "a"), AnswerReplaced("I cannot say.", "output_moderation")], {"answer": "bad"},
         "I cannot say."),
        ([AnswerChunk("what was ", None, "a"), AnswerChunk("sent", None, "a")], {}, "what was sent"),
        ([], {}, ""),
    ],
)  # fmt: skip
async def test_the_message_keeps_what_the_reader_saw(
    db: Database, recording: Recording, events: list[Any], outputs: dict[str, Any], answer: str
) -> None:
    run = run_record(message=MessageRecord(id="m" * 36, query="q"))
    recorder = recording.recorder(run)
    recorder(run_started(run))
    for event in events:
        recorder(event)
    await recorder.finish(run_finished(run, RunStatus.STOPPED, outputs=outputs, error="Stopped by user."))
    [message] = await rows(db, MESSAGES)
    assert (message["answer"], message["status"], message["error"]) == (answer, "normal", None)


async def test_a_failed_turn_is_an_error_message(db: Database, recording: Recording) -> None:
    run = run_record(message=MessageRecord(id="m" * 36, query="q"))
    recorder = recording.recorder(run)
    recorder(run_started(run))
    await recorder.finish(run_finished(run, RunStatus.FAILED, error="boom", error_type="CodeNodeError"))
    [message] = await rows(db, MESSAGES)
    assert (message["status"], message["error"]) == ("error", "boom")
    [row] = await rows(db, RUNS)
    assert (row["error"], row["error_type"]) == ("boom", "CodeNodeError")


async def test_odd_texts_break_no_record(db: Database, writer: GroupWriter, recording: Recording) -> None:
    odd = "a\x00b\ud800"
    run = run_record(message=MessageRecord(id="m" * 36, query=odd, inputs={odd: odd}))
    recorder = recording.recorder(run)
    recorder(run_started(run, odd=odd))
    recorder(node_finished(node_started("n", title=odd), outputs={"x": odd, "n": 2**80}, error=odd, error_type="E"))
    recorder(AnswerChunk(odd, None, "a"))
    await recorder.finish(run_finished(run, error=odd))
    assert writer.lost_rows == 0
    checkpoint = await Checkpoints(db, CRYPTO).load(run.id)
    assert checkpoint
    assert checkpoint.inputs == {"odd": odd}
    assert checkpoint.finished[0].outputs == {"x": odd, "n": 2**80}


async def test_a_checkpoint_gives_back_what_the_events_said(
    db: Database, writer: GroupWriter, recording: Recording
) -> None:
    file = File(
        type="image", transfer_method="tool_file", related_id="f" * 36, filename="a.png", size=3, url="http://x"
    )
    run = run_record(
        graph='{"nodes":[]}',
        parent_run_id="p" * 36,
        message=MessageRecord(id="m" * 36, query="q", inputs={"a": 1}, files=(), model_name="gpt"),
        conversation=ConversationRecord(id="c" * 36, name="n", introduction="i", inputs={"a": 1}, new=True),
    )
    recorder = recording.recorder(run)
    recorder(run_started(run, chart=file, n=1.5))
    llm, inner, running = node_started("llm"), node_started("inner", index=2), node_started("slow", index=3)
    recorder(running)
    events = [
        node_finished(
            inner,
            outputs={"item": [{"deep": file}], "none": None},
            container=Container("iteration", "loop", 4),
            metadata={"iteration_id": "loop", "iteration_index": 4},
        ),
        node_finished(
            llm, NodeStatus.RETRY, retry_index=1, error="429", error_type="InvokeRateLimitError", usage=USAGE
        ),
        node_finished(
            llm,
            NodeStatus.EXCEPTION,
            retry_index=1,
            inputs={"a": 1},
            process_data={"model_mode": "chat"},
            outputs={"error_message": "no"},
            handle="fail-branch",
            error="no",
            error_type="InvokeError",
        ),
    ]
    for event in events:
        recorder(event)
    recorder.tick(AT + 60)
    await writer.commit()

    checkpoint = await Checkpoints(db, CRYPTO).load(run.id)
    assert checkpoint
    assert checkpoint.inputs == {"chart": file, "n": 1.5}
    assert (checkpoint.status, checkpoint.position, checkpoint.attempts) == ("running", 3, 1)
    assert checkpoint.unfinished == (running.execution_id,)
    assert checkpoint.finished[0] == events[0]
    assert checkpoint.finished[1].usage == USAGE
    assert checkpoint.finished[2] == events[2]
    assert checkpoint.run.message == run.message
    assert checkpoint.run.conversation == ConversationRecord(
        id="c" * 36, name="n", introduction="i", inputs={"a": 1}, dialogue_count=1
    )
    assert (checkpoint.run.graph, checkpoint.run.parent_run_id) == ('{"nodes":[]}', "p" * 36)
    assert await Checkpoints(db, CRYPTO).load("unknown") is None


async def test_a_resumed_run_goes_on_in_its_rows(db: Database, writer: GroupWriter, recording: Recording) -> None:
    run = run_record(message=MessageRecord(id="m" * 36, query="q"))
    recorder = recording.recorder(run)
    recorder(run_started(run, a=1))
    first, second = node_started("first"), node_started("second", index=2)
    recorder(node_finished(first, outputs={"x": 1}))
    recorder(second)
    recorder.tick(AT + 60)
    await writer.commit()
    recorder.abandon()

    keeper = LeaseKeeper(db, "other process", seconds=10)
    assert await keeper.claim_expired(10) == []
    async with db.begin() as connection:
        await connection.execute(RUNS.update().values(lease_until=1))
    assert await keeper.claim_expired(10) == [run.id]
    checkpoint = await Checkpoints(db, CRYPTO).load(run.id)
    assert checkpoint
    assert checkpoint.attempts == 2

    other = Recording(writer, CRYPTO, keeper)
    resumed = other.recorder(checkpoint.run, resumed=checkpoint)
    resumed(run_started(run, **checkpoint.inputs))
    again = node_started("second", index=2)
    resumed(node_finished(again, outputs={"y": 2}))
    await resumed.finish(run_finished(run, outputs={"y": 2}, started_at=AT + 50, at=AT + 60))

    nodes = await rows(db, NODES, ("position",))
    assert [(node["id"], node["position"], node["status"], node["error"]) for node in nodes] == [
        (second.execution_id, 0, "failed", INTERRUPTED),
        (first.execution_id, 1, "succeeded", None),
        (again.execution_id, 2, "succeeded", None),
    ]
    [row] = await rows(db, RUNS)
    assert (row["status"], row["attempts"], row["elapsed"], row["inputs"]) == ("succeeded", 2, 60.0, '{"a":1}')


async def test_a_process_that_lost_its_lease_writes_no_end(
    db: Database, writer: GroupWriter, recording: Recording
) -> None:
    run = run_record()
    recorder = recording.recorder(run)
    recorder(run_started(run))
    await recorder.started()
    async with db.begin() as connection:
        await connection.execute(RUNS.update().values(lease_owner="other process"))
    assert await recording.leases.renew() == [run.id]
    await recorder.finish(run_finished(run))
    [row] = await rows(db, RUNS)
    assert (row["status"], row["lease_owner"]) == ("running", "other process")


async def test_an_interrupted_run_is_left_for_another_process(db: Database, writer: GroupWriter) -> None:
    recording = Recording(writer, CRYPTO, LeaseKeeper(db, "this process", seconds=600))
    recording.start()
    run = run_record()
    recorder = recording.recorder(run)
    recorder(run_started(run))
    recorder(node_finished(node_started("first")))
    recorder.abandon()
    recorder(node_finished(node_started("ignored")))
    await recording.close()
    assert [node["node_id"] for node in await rows(db, NODES)] == ["first"]
    assert await LeaseKeeper(db, "other process").claim_expired(10) == [run.id]


async def test_settling_makes_a_run_in_progress_readable(db: Database, recording: Recording) -> None:
    run = run_record()
    recorder = recording.recorder(run)
    recorder(run_started(run))
    await recording.settle()
    assert [row["status"] for row in await rows(db, RUNS)] == ["running"]
    await recorder.finish(run_finished(run))


async def test_the_recording_ticks_by_itself(db: Database) -> None:
    writer = GroupWriter(db, flush_interval=0.01)
    writer.start()
    recording = Recording(writer, CRYPTO, LeaseKeeper(db, "this process"), tick=0.01)
    recording.start()
    run = run_record()
    recording.recorder(run)(run_started(run))
    async with asyncio.timeout(5):
        while not await rows(db, RUNS):  # noqa: ASYNC110 - nobody is told when the tick has passed
            await asyncio.sleep(0.01)
    await recording.close()
    await writer.close()


_RUN_UNTIL_KILLED = """
import asyncio, sys
from tests.apps.runs import node_finished, node_started, run_finished, run_record, run_started
from treadle.apps.running.leases import LeaseKeeper
from treadle.apps.running.recorder import Recording
from treadle.platform.crypto import Crypto
from treadle.platform.db import Database
from treadle.platform.writer import GroupWriter

async def client(recording):
    while True:
        run = run_record()
        recorder = recording.recorder(run)
        recorder(run_started(run, city="Bergen"))
        await recorder.started()
        print("started", run.id, flush=True)
        for index in range(3):
            started = node_started(f"n{index}", index=index + 1)
            recorder(started)
            recorder(node_finished(started, outputs={"index": index}))
            await asyncio.sleep(0)
        await recorder.finish(run_finished(run))
        print("finished", run.id, flush=True)

async def main():
    db = Database(sys.argv[1])
    writer = GroupWriter(db)
    writer.start()
    recording = Recording(writer, Crypto(bytes(range(32))), LeaseKeeper(db, "killed process"))
    recording.start()
    await asyncio.gather(*(client(recording) for _ in range(8)))

asyncio.run(main())
"""


@pytest.mark.parametrize("seed", range(2))
def test_whatever_was_told_about_runs_survives_a_kill(migrated_url: str, seed: int) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", _RUN_UNTIL_KILLED, migrated_url],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert process.stdout
    told = [process.stdout.readline() for _ in range(random.Random(seed).randrange(9, 300))]
    os.kill(process.pid, signal.SIGKILL)
    told += [line for line in process.communicate()[0].splitlines(keepends=True) if line.endswith("\n")]

    async def check() -> None:
        db = Database(migrated_url)
        status = {row["id"]: row["status"] for row in await rows(db, RUNS)}
        for line in told:
            event, run_id = line.split()
            assert run_id in status
            if event == "finished":
                assert status[run_id] == "succeeded"
        checkpoints = Checkpoints(db, CRYPTO)
        for run_id, state in status.items():
            checkpoint = await checkpoints.load(run_id)
            assert checkpoint
            assert checkpoint.inputs == {"city": "Bergen"}
            outputs = [node.outputs for node in checkpoint.finished]
            assert outputs == [{"index": index} for index in range(3)][: len(outputs)]
            assert state == "running" or len(outputs) == 3
        await db.close()

    assert any(line.startswith("finished") for line in told)
    asyncio.run(check())
