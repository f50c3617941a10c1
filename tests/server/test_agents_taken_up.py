"""Agents whose process dies, or that are followed through another process."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from tests.doubles.script import Reply, ToolCall
from tests.server import agents
from tests.server.agents import in_round
from tests.server.fixtures import running_workbench
from tests.server.harness import Workbench, eventually
from tests.server.http_client import names_of, text_of
from tests.server.payloads import asked, unique
from tests.server.worker_tree import WorkerTree, page_through

JsonMap = dict[str, Any]

SUM = ToolCall("eval_expression", {"expression": "6*7"})


@pytest.fixture
def killed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    """A server that nobody else uses, and that takes up abandoned runs soon."""
    environment = {"TREADLE_RUN_LEASE_SECONDS": "1"}
    with running_workbench(tmp_path_factory.mktemp("killed-agents"), environment) as bench:
        yield agents.with_caller(bench)


@pytest.mark.parametrize("file_text", [agents.CALLING, agents.AGENT_CHATFLOW], ids=["app", "node"])
def test_an_agent_that_is_cut_off_begins_anew(killed: Workbench, file_text: str) -> None:
    """An agent is one node: its rounds are no checkpoints, so all of them are done again."""
    bench, query = killed, unique("cut off")
    bench.model.reply_when(in_round(query, 0), Reply("Wait.", (SUM,)))
    bench.model.reply_when(in_round(query, 1), "It is a long story, and it is 42.")
    app = bench.import_app(file_text)
    api = bench.api(app)
    bench.model.chunk_delay(0.4)
    with api.stream("/chat-messages", api.chat_body(query, response_mode="streaming")) as stream:
        name = "agent_thought" if app.mode == "agent-chat" else "agent_log"
        first = stream.until(name)
        while "42" not in json.dumps(first.get("observation") or first.get("data", {}).get("data", {})):
            first = stream.until(name)
        eventually(lambda: len(asked(bench, query)) == 2, "the second round has begun")
        eventually(
            lambda: (
                bench.rows("SELECT status FROM runs WHERE message_id = :id", id=first["message_id"]) == [("running",)]
            ),
            "the run has its row",
        )
        bench.server.kill()
    bench.model.chunk_delay(0)
    bench.server.start()
    api = bench.api(app, api.user)

    def row() -> JsonMap:
        found = api.get("/messages", user=api.user, conversation_id=first["conversation_id"]).json()["data"]
        return dict(found[0]) if found else {}

    eventually(lambda: bool(row().get("answer")), "the answer is complete")
    assert row()["answer"] == "Wait.\nIt is a long story, and it is 42."
    assert row()["id"] == first["message_id"]
    steps = [(step["position"], step["tool"]) for step in row()["agent_thoughts"]]
    assert steps == ([(1, "eval_expression"), (2, "")] if app.mode == "agent-chat" else [])
    assert len(asked(bench, query)) == 4


@pytest.fixture
def two_workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    """A server of two processes."""
    with running_workbench(tmp_path_factory.mktemp("agent-workers"), {"TREADLE_WORKERS": "2"}) as bench:
        WorkerTree(bench).workers()
        yield agents.with_caller(bench)


def test_an_agent_is_followed_through_another_worker(two_workers: Workbench) -> None:
    bench, processes, gate, query = two_workers, WorkerTree(two_workers), uuid4().hex, unique("followed")
    scraper = {**agents.MATHS, "provider_id": "webscraper", "provider_name": "webscraper", "tool_name": "webscraper"}
    calls = (ToolCall("webscraper", {"url": bench.gate.held(gate)}), ToolCall("qrcode_generator", {"content": "x"}))
    bench.model.reply_when(in_round(query, 0), Reply(tool_calls=calls))
    bench.model.reply_when(in_round(query, 2), "Done.")
    one, other = processes.workers()
    visitor = bench.visitor(bench.import_app(agents.agent_app(scraper, agents.QR_CODE)))
    body = {"inputs": {}, "query": query, "response_mode": "streaming", "auto_generate_name": False}
    with (
        processes.connected(one) as here,
        processes.connected(other) as there,
        page_through(here, visitor).stream("/chat-messages", body) as stream,
    ):
        first = stream.until("agent_thought")
        bench.gate.wait(gate)
        run = "SELECT 1 FROM runs WHERE message_id = :id AND status = 'running'"
        eventually(lambda: bool(bench.rows(run, id=first["message_id"])), "the run has its row")
        path = f"/tasks/{first['task_id']}/events"
        with page_through(there, visitor).stream(path, method="GET") as followed:
            bench.gate.open(gate)
            seen, told = [first, *stream.rest()], followed.rest()
    assert text_of(seen) == text_of(told) == "Done."
    assert names_of(told) == ["message_file", "agent_thought", "agent_thought", "agent_message", "message_end"]
    last_seen = {event["id"]: event for event in seen if event["event"] == "agent_thought"}
    assert [event for event in told if event["event"] == "agent_thought"] == list(last_seen.values())
    assert [event["id"] for event in told if event["event"] == "message_file"] == told[1]["message_files"]
