"""The server is killed in the middle of a round, and started again on the same data."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from tests.server.app_files import Node, answer, chatflow, conversation_variable, http, leads, llm, start
from tests.server.fixtures import running_workbench
from tests.server.harness import Workbench, eventually


@pytest.fixture(params=["sqlite", "postgresql"], scope="module")
def bench(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    """A server that nobody else uses, and that takes up abandoned runs soon."""
    environment = {"TREADLE_RUN_LEASE_SECONDS": "1"}
    if request.param == "postgresql":
        postgres = request.getfixturevalue("postgres_server")
        environment["TREADLE_DATABASE_URL"] = postgres.create_database(migrated=False)
    with running_workbench(tmp_path_factory.mktemp("killed"), environment) as made:
        yield made


def inside(node: Node) -> Node:
    return Node(node.id, {**node.data, "isInIteration": True, "iteration_id": "it"}, node.to)


@pytest.mark.parametrize("parallel", [False, True])
def test_a_round_in_progress_is_taken_up_where_it_was(bench: Workbench, parallel: bool) -> None:
    gate, word = uuid4().hex, f"word-{uuid4().hex}"
    iteration = {
        "type": "iteration",
        "title": "it",
        "start_node_id": "itstart",
        "iterator_selector": ["conversation", "items"],
        "output_selector": ["say", "text"],
        "is_parallel": parallel,
    }
    app = bench.import_app(
        chatflow(
            start(to="it"),
            Node("it", iteration, leads("last")),
            inside(Node("itstart", {"type": "iteration-start", "title": ""}, leads("say"))),
            inside(llm("say", f"{word} {{{{#it.item#}}}}", to="wait")),
            inside(http("wait", bench.gate.held(gate) + "{{#it.item#}}", to="told")),
            inside(answer("{{#it.index#}}{{#it.item#}} ", "told")),
            answer("end", "last"),
            conversation=[conversation_variable("items", "array[string]", ["a", "b", "c"])],
        )
    )
    api = bench.api(app)
    bench.gate.open(f"{gate}a")
    body = api.chat_body("go", response_mode="streaming")

    def done(run_id: str) -> list[tuple[str, int | None]]:
        statement = (
            "SELECT node_id, container_index FROM node_executions "
            "WHERE run_id = :id AND status = 'succeeded' ORDER BY position"
        )
        return [(row[0], row[1]) for row in bench.rows(statement, id=run_id)]

    with api.stream("/chat-messages", body) as stream:
        first = stream.until("workflow_started")
        bench.gate.wait(f"{gate}b")
        run_id = first["workflow_run_id"]
        eventually(lambda: ("say", 1) in done(run_id) and ("told", 0) in done(run_id), "a round and a half are on disk")
        bench.server.kill()
        bench.server.start()
    api = bench.api(app, api.user)
    bench.gate.wait(f"{gate}b", 2, timeout=30)
    for name in "bc":
        bench.gate.open(gate + name)

    def message() -> dict[str, Any]:
        conversation = first["conversation_id"]
        return api.get("/messages", user=api.user, conversation_id=conversation).json()["data"][0]

    eventually(lambda: message()["answer"].endswith("end"), "the answer is complete")
    assert sorted(message()["answer"].split()) == ["0a", "1b", "2c", "end"]
    calls = [request for request in bench.model.requests_to("/chat/completions") if word in str(request.json)]
    assert len(calls) == 3
    expected = [(node_id, index) for index in range(3) for node_id in ("say", "told", "wait")]
    assert sorted(done(run_id), key=str) == sorted([*expected, ("it", None), ("last", None), ("start", None)], key=str)
