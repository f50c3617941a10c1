"""Agents whose process dies, or that are followed through another process."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from tests.doubles.script import Reply, ToolCall
from tests.server import agents
from tests.server.agents import in_round
from tests.server.app_files import answer, chatflow, start
from tests.server.fixtures import running_workbench
from tests.server.harness import AppApi, Workbench, eventually
from tests.server.http_client import names_of, text_of
from tests.server.payloads import asked, unique
from tests.server.worker_tree import WorkerTree, page_through

JsonMap = dict[str, Any]


@pytest.fixture
def killed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    """A server that nobody else uses, and that takes up abandoned runs soon."""
    environment = {"TREADLE_RUN_LEASE_SECONDS": "1"}
    with running_workbench(tmp_path_factory.mktemp("killed-agents"), environment) as bench:
        yield agents.with_caller(bench)


SCRAPER = {**agents.MATHS, "provider_id": "webscraper", "provider_name": "webscraper", "tool_name": "webscraper"}
SCRAPER |= {"tool_parameters": {"url": ""}}
IN_A_FLOW = chatflow(
    start(to="work"), agents.agent_node("work", SCRAPER, to="answer"), answer("{{#work.text#}}"), name="Agent chatflow"
)
either = pytest.mark.parametrize("file_text", [agents.agent_app(SCRAPER), IN_A_FLOW], ids=["app", "node"])


def fetching(url: str) -> ToolCall:
    return ToolCall("webscraper", {"url": url})


def keeps(bench: Workbench, message_id: str, text: str) -> bool:
    """Whether the agent of a message has kept something with this text in it."""
    rows = bench.rows(
        "SELECT effects FROM node_executions e JOIN runs r ON r.id = e.run_id WHERE r.message_id = :id", id=message_id
    )
    return any(text in (effects or "") for (effects,) in rows)


def message_of(api: AppApi, conversation_id: str) -> JsonMap:
    """The only message of a conversation, once it has an answer."""

    def row() -> JsonMap:
        found = api.get("/messages", user=api.user, conversation_id=conversation_id).json()["data"]
        return dict(found[0]) if found else {}

    eventually(lambda: bool(row().get("answer")), "the answer is complete")
    return row()


@either
def test_an_agent_that_is_cut_off_goes_on_behind_its_last_round(killed: Workbench, file_text: str) -> None:
    """What the model said and what the tools gave is kept: only the round that was cut off is done again."""
    bench, query, page = killed, unique("cut off"), uuid4().hex
    bench.model.reply_when(in_round(query, 0), Reply("Wait.", (fetching(bench.gate.free(page)),)))
    bench.model.reply_when(in_round(query, 1), "It is a long story, and it is 42.")
    app = bench.import_app(file_text)
    api = bench.api(app)
    bench.model.chunk_delay(0.4)
    with api.stream("/chat-messages", api.chat_body(query, response_mode="streaming")) as stream:
        first = stream.until("message" if app.mode == "advanced-chat" else "agent_thought")
        eventually(lambda: len(asked(bench, query)) == 2, "the second round has begun")
        eventually(lambda: keeps(bench, first["message_id"], page), "the round is kept")
        fetched = bench.gate.calls(page)
        bench.server.kill()
    bench.model.chunk_delay(0)
    bench.server.start()
    message = message_of(bench.api(app, api.user), first["conversation_id"])
    assert message["answer"] == "Wait.\nIt is a long story, and it is 42."
    assert message["id"] == first["message_id"]
    steps = [(step["position"], step["thought"], step["tool"]) for step in message["agent_thoughts"]]
    last = "It is a long story, and it is 42."
    assert steps == ([(1, "Wait.", "webscraper"), (2, last, "")] if app.mode == "agent-chat" else [])
    assert bench.gate.calls(page) == fetched > 0
    first_round, *others = asked(bench, query)
    assert [in_round(query, 1)(request) for request in (first_round, *others)] == [False, True, True]
    assert others[0].json["messages"] == others[1].json["messages"]


@either
def test_of_a_round_that_is_cut_off_no_finished_call_is_made_again(killed: Workbench, file_text: str) -> None:
    bench, query, page, gate = killed, unique("half done"), uuid4().hex, uuid4().hex
    calls = (fetching(bench.gate.free(page)), fetching(bench.gate.held(gate)))
    bench.model.reply_when(in_round(query, 0), Reply(tool_calls=calls))
    bench.model.reply_when(in_round(query, 2), "Both are there.")
    app = bench.import_app(file_text)
    api = bench.api(app)
    with api.stream("/chat-messages", api.chat_body(query, response_mode="streaming")) as stream:
        first = stream.until("agent_log" if app.mode == "advanced-chat" else "agent_thought")
        bench.gate.wait(gate)
        eventually(lambda: keeps(bench, first["message_id"], '"results":{"webscraper":'), "the first call is kept")
        fetched, held = bench.gate.calls(page), bench.gate.calls(gate)
        bench.server.kill()
    bench.server.start()
    bench.gate.wait(gate, count=held + 1)
    bench.gate.open(gate)
    assert message_of(bench.api(app, api.user), first["conversation_id"])["answer"] == "Both are there."
    assert bench.gate.calls(page) == fetched > 0
    assert len(asked(bench, query)) == 2


@pytest.fixture
def two_workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    """A server of two processes."""
    with running_workbench(tmp_path_factory.mktemp("agent-workers"), {"TREADLE_WORKERS": "2"}) as bench:
        WorkerTree(bench).workers()
        yield agents.with_caller(bench)


def test_an_agent_is_followed_through_another_worker(two_workers: Workbench) -> None:
    bench, processes, gate, query = two_workers, WorkerTree(two_workers), uuid4().hex, unique("followed")
    calls = (ToolCall("webscraper", {"url": bench.gate.held(gate)}), ToolCall("qrcode_generator", {"content": "x"}))
    bench.model.reply_when(in_round(query, 0), Reply(tool_calls=calls))
    bench.model.reply_when(in_round(query, 2), "Done.")
    one, other = processes.workers()
    visitor = bench.visitor(bench.import_app(agents.agent_app(SCRAPER, agents.QR_CODE)))
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
