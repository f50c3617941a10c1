"""The server is killed, as by a power cut, and started again on the same data.

Whatever was answered is kept; whatever was going on is taken up and ends, no finished node running twice.
"""

import json
import random
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.server import sample_apps
from tests.server.app_files import (
    answer,
    assign,
    chatflow,
    conversation_variable,
    end,
    http,
    llm,
    start,
    template,
    text_input,
    workflow,
)
from tests.server.fixtures import running_workbench
from tests.server.harness import MadeApp, Workbench, eventually
from tests.server.http_client import AppApi

JsonMap = dict[str, Any]


@pytest.fixture(params=["sqlite", "postgresql"], scope="module")
def bench(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    """A server that nobody else uses, and that takes up abandoned runs soon."""
    environment = {"TREADLE_RUN_LEASE_SECONDS": "1"}
    if request.param == "postgresql":
        postgres = request.getfixturevalue("postgres_server")
        environment["TREADLE_DATABASE_URL"] = postgres.create_database(migrated=False)
    with running_workbench(tmp_path_factory.mktemp("killed"), environment) as made:
        yield made


def restart(bench: Workbench) -> None:
    bench.server.kill()
    bench.server.start()


def finished_nodes(bench: Workbench, run_id: str) -> list[str]:
    """The nodes of a run whose end is on disk."""
    statement = "SELECT node_id FROM node_executions WHERE run_id = :id AND status = 'succeeded' ORDER BY position"
    return [row[0] for row in bench.rows(statement, id=run_id)]


def model_calls(bench: Workbench, text: str) -> int:
    return sum(text in str(request.json) for request in bench.model.requests_to("/chat/completions"))


def test_a_workflow_in_progress_is_taken_up(bench: Workbench) -> None:
    first, gate, word = uuid4().hex, uuid4().hex, f"topic-{uuid4().hex}"
    app = bench.import_app(
        workflow(
            start(text_input("topic", max_length=100), to="fetch"),
            http("fetch", bench.gate.free(first), to="write"),
            llm("write", "Write about {{#start.topic#}}", to="wait"),
            http("wait", bench.gate.held(gate), to="join"),
            template("join", "{{ said }} / {{ body }}", said="write.text", body="wait.body", to="end"),
            end(text="join.output", status="fetch.status_code"),
        )
    )
    api = bench.api(app)
    with api.stream("/workflows/run", api.run_body({"topic": word})) as stream:
        run_id = stream.until("workflow_started")["workflow_run_id"]
        bench.gate.wait(gate)
        eventually(lambda: finished_nodes(bench, run_id) == ["start", "fetch", "write"], "three nodes are on disk")
        restart(bench)
    api = bench.api(app, api.user)
    bench.gate.wait(gate, 2, timeout=30)
    assert api.get(f"/workflows/run/{run_id}").json()["status"] == "running"
    bench.gate.open(gate)
    eventually(lambda: api.get(f"/workflows/run/{run_id}").json()["status"] != "running", "the run ends")
    detail = api.get(f"/workflows/run/{run_id}").json()
    passed = json.dumps({"passed": gate})
    assert (detail["status"], detail["error"]) == ("succeeded", None)
    assert detail["outputs"] == {"text": f"You said: Write about {word} / {passed}", "status": 200}
    assert detail["total_steps"] == 6
    assert detail["total_tokens"] > 0
    assert (bench.gate.calls(first), model_calls(bench, word), bench.gate.calls(gate)) == (1, 1, 2)
    assert finished_nodes(bench, run_id) == ["start", "fetch", "write", "wait", "join", "end"]
    unfinished = "SELECT node_id FROM node_executions WHERE run_id = :id AND status NOT IN ('succeeded')"
    assert bench.rows(unfinished, id=run_id) == []
    (logged,) = api.get("/workflows/logs").json()["data"]
    assert (logged["workflow_run"]["id"], logged["workflow_run"]["status"]) == (run_id, "succeeded")


def test_an_answer_in_progress_is_taken_up(bench: Workbench) -> None:
    gate, word = uuid4().hex, f"question-{uuid4().hex}"
    app = bench.import_app(
        chatflow(
            start(to="count"),
            assign("count", "turns", "+=", 1, to="reply"),
            llm("reply", "Answer.", memory={"window": {"enabled": False}, "query_prompt_template": ""}, to="wait"),
            http("wait", bench.gate.held(gate), to="answer"),
            answer("{{#reply.text#}} (turn {{#conversation.turns#}}) {{#wait.status_code#}}"),
            conversation=[conversation_variable("turns", "number", 0)],
        )
    )
    api = bench.api(app)
    earlier = api.base, api.key
    body = api.chat_body(word, response_mode="streaming")
    with api.stream("/chat-messages", body) as stream:
        first = stream.until("workflow_started")
        bench.gate.wait(gate)
        run_id = first["workflow_run_id"]
        eventually(lambda: finished_nodes(bench, run_id) == ["start", "count", "reply"], "three nodes are on disk")
        restart(bench)
    assert earlier[0] != f"{bench.server.url}/v1"
    api = bench.api(app, api.user)
    bench.gate.wait(gate, 2, timeout=30)
    bench.gate.open(gate)
    conversation = first["conversation_id"]

    def rows() -> list[JsonMap]:
        found = api.get("/messages", user=api.user, conversation_id=conversation)
        return list(found.json()["data"])

    expected = f"You said: {word} (turn 1) 200"
    eventually(lambda: rows()[0]["answer"] == expected, "the answer is complete")
    (message,) = rows()
    assert (message["id"], message["status"], message["error"]) == (first["message_id"], "normal", None)
    assert model_calls(bench, word) == 1
    (variable,) = api.get(f"/conversations/{conversation}/variables", user=api.user).json()["data"]
    assert variable["value"] == "1"
    again = api.chat("again", conversation_id=conversation).json()
    assert again["answer"] == "You said: again (turn 2) 200"


@dataclass
class Answered:
    """What clients got to the end of, before the server died."""

    runs: dict[str, str] = field(default_factory=dict[str, str])
    messages: dict[str, tuple[str, str, str]] = field(default_factory=dict[str, tuple[str, str, str]])


class Client(threading.Thread):
    """Asks again and again until the connection breaks."""

    def __init__(self, bench: Workbench, apps: list[MadeApp], number: int) -> None:
        super().__init__()
        self.user = f"client {number} {uuid4().hex[:6]}"
        self.answered = Answered()
        self._number = number
        self._http = httpx.Client(timeout=30)
        self._echo, self._chat = (AppApi(self._http, f"{bench.server.url}/v1", app.key, self.user) for app in apps)

    def run(self) -> None:
        conversation = ""
        try:
            for turn in range(10_000):
                conversation = self._talk(turn, conversation) if self._number % 2 else self._work(turn)
        except (httpx.HTTPError, AssertionError, json.JSONDecodeError, StopIteration):
            return  # the server is gone
        finally:
            self._http.close()

    def _work(self, turn: int) -> str:
        word = f"{self.user} {turn}"
        if turn % 2:
            data = self._echo.run({"word": word, "count": turn}).json()["data"]
        else:
            last = self._echo.run_events({"word": word, "count": turn})[-1]
            assert last["event"] == "workflow_finished"
            data = last["data"]
        assert data["status"] == "succeeded"
        self.answered.runs[data["id"]] = f"{word} x {turn}"
        return ""

    def _talk(self, turn: int, conversation: str) -> str:
        query = f"{self.user} asks {turn}"
        if turn % 2:
            body = self._chat.chat(query, conversation_id=conversation).json()
        else:
            events = self._chat.chat_events(query, conversation_id=conversation)
            assert events[-1]["event"] == "message_end"
            body = {**events[-1], "answer": "".join(event.get("answer", "") for event in events)}
        self.answered.messages[body["message_id"]] = (body["conversation_id"], query, body["answer"])
        return str(body["conversation_id"])


def test_whatever_was_answered_is_kept(bench: Workbench) -> None:
    apps = [bench.shared_app(sample_apps.ECHO), bench.shared_app(sample_apps.CHATFLOW)]
    clients = [Client(bench, apps, number) for number in range(4)]
    for client in clients:
        client.start()
    eventually(lambda: all(c.answered.runs or c.answered.messages for c in clients), "all are served")
    threading.Event().wait(random.uniform(0.2, 1.2))  # the moment of the power cut is nobody's choice
    bench.server.kill()
    for client in clients:
        client.join(20)
        assert not client.is_alive()
    bench.server.start()
    for client in clients:
        check(bench, apps, client)
    statement = "SELECT id FROM runs WHERE status = 'running'"
    eventually(lambda: bench.rows(statement) == [], "no run goes on for ever", seconds=40)
    assert bench.rows("SELECT status FROM runs WHERE status NOT IN ('succeeded')") == []
    without_answer = "SELECT m.id FROM messages m JOIN runs r ON r.message_id = m.id WHERE m.answer = ''"
    assert bench.rows(without_answer) == []


def check(bench: Workbench, apps: list[MadeApp], client: Client) -> None:
    """Everything that a client was told is told again."""
    echo, chat = (bench.api(app, client.user) for app in apps)
    for run_id, text in client.answered.runs.items():
        detail = echo.get(f"/workflows/run/{run_id}").json()
        assert (detail["status"], detail["outputs"]) == ("succeeded", {"text": text})
    by_conversation: dict[str, list[JsonMap]] = {}
    for message_id, (conversation, query, text) in client.answered.messages.items():
        if conversation not in by_conversation:
            by_conversation[conversation] = all_messages(chat, conversation)
        (kept,) = [row for row in by_conversation[conversation] if row["id"] == message_id]
        assert (kept["query"], kept["answer"], kept["status"]) == (query, text, "normal")


def all_messages(api: AppApi, conversation: str) -> list[JsonMap]:
    found: list[JsonMap] = []
    while True:
        query = {"user": api.user, "conversation_id": conversation, "limit": 100}
        first = {"first_id": found[0]["id"]} if found else {}
        page = api.get("/messages", **query, **first).json()
        found = [*page["data"], *found]
        if not page["has_more"]:
            return found
