"""A server that is killed while somebody tries a draft."""

from uuid import uuid4

import httpx
import pytest

from tests.apps.asking import approval, human
from tests.server import sample_apps
from tests.server.app_files import answer, chatflow, llm, secret, start, template
from tests.server.console_client import Console, console_of
from tests.server.fixtures import running_workbench
from tests.server.harness import eventually
from tests.server.http_client import JsonMap


def test_a_run_of_a_draft_ends_with_its_process_and_says_so(tmp_path_factory: pytest.TempPathFactory) -> None:
    environment = {"TREADLE_RUN_LEASE_SECONDS": "1"}
    with running_workbench(tmp_path_factory.mktemp("killed-draft"), environment) as bench:
        console, gate = console_of(bench), uuid4().hex
        app_id = console.new_app(sample_apps.held_workflow(bench.gate.held(gate)))
        path = f"/apps/{app_id}/workflows/draft/run"
        with console.stream(path, {"inputs": {"name": "x"}}) as stream:
            run_id = stream.until("workflow_started")["workflow_run_id"]
            bench.gate.wait(gate)
            eventually(lambda: bool(bench.rows("SELECT id FROM runs WHERE id = :id", id=run_id)), "the run is on disk")
            bench.server.kill()
            with pytest.raises(httpx.HTTPError):
                stream.rest()
        bench.server.start()
        eventually(
            lambda: bench.rows("SELECT status FROM runs WHERE id = :id", id=run_id) == [("failed",)], "the run ends"
        )
        ((error,),) = bench.rows("SELECT error FROM runs WHERE id = :id", id=run_id)
        assert error == "The run cannot be taken up: a run of a draft ends with its process; run the draft again."


def test_a_run_of_a_draft_that_waits_for_a_person_goes_on_after_a_restart(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """With the graph that it began with, whatever became of the draft."""
    with running_workbench(tmp_path_factory.mktemp("waiting-draft"), {"TREADLE_RUN_LEASE_SECONDS": "1"}) as bench:
        console = console_of(bench)
        app_id = console.new_app(approval())
        with console.stream(f"/apps/{app_id}/workflows/draft/run", {"inputs": {"what": "it"}}) as stream:
            form = stream.until("human_input_required")["data"]
            run_id = stream.until("workflow_paused")["workflow_run_id"]
        bench.change(
            "UPDATE app_versions SET graph = replace(graph, 'approved: ', 'changed: ') WHERE app_id = :a", a=app_id
        )
        bench.server.kill()
        bench.server.start()
        console = Console(bench, console.account_id, console.email)
        page = bench.raw().call(
            "POST", f"/api/form/human_input/{form['form_token']}", json={"inputs": {"note": "fine"}, "action": "ok"}
        )
        assert page.status_code == 200, page.text
        status = "SELECT status, error FROM runs WHERE id = :id"
        eventually(lambda: bench.rows(status, id=run_id)[0][0] not in ("paused", "running"), "the run ends")
        assert [tuple(row) for row in bench.rows(status, id=run_id)] == [("succeeded", None)]
        shown = console.get(f"/apps/{app_id}/workflow-runs/{run_id}").json()
        assert shown["outputs"]["good"] == "approved: fine"
        for node_id, name, value in (("good", "output", "approved: fine"), ("start", "what", "it")):
            left = console.get(f"/apps/{app_id}/workflows/draft/nodes/{node_id}/variables").json()["items"]
            assert [(each["name"], each["value"]) for each in left] == [(name, value)]


REMEMBERING = chatflow(
    start(to="ask"),
    human(content="About {{#sys.query#}} with {{#env.token#}}", to={"ok": "mix", "no": "refused"}),
    template("mix", "{{ token }} and {{ note }}", token="env.token", note="ask.note", to="reply"),
    llm(
        "reply",
        "Answer.",
        memory={"window": {"enabled": True, "size": 6}, "query_prompt_template": "{{#sys.query#}}"},
        to="answer",
    ),
    answer("{{#mix.output#}}"),
    answer("Refused", "refused"),
    name="Remembering",
    environment=[secret("token", "first-token")],
)


def test_a_replay_that_waits_goes_on_after_a_restart_as_it_began(tmp_path_factory: pytest.TempPathFactory) -> None:
    """With the environment that it was given, and remembering what the run that it repeats remembered."""
    with running_workbench(tmp_path_factory.mktemp("waiting-replay"), {"TREADLE_RUN_LEASE_SECONDS": "1"}) as bench:
        console = console_of(bench)
        app_id = console.new_app(REMEMBERING)
        talk = f"/apps/{app_id}/advanced-chat/workflows/draft/run"

        def waiting(path: str, body: JsonMap) -> tuple[JsonMap, str]:
            with console.stream(path, body) as stream:
                asked = stream.until("human_input_required")["data"]
                return asked, str(stream.until("workflow_paused")["workflow_run_id"])

        def allowed(asked: JsonMap, run_id: str) -> JsonMap:
            path = f"/api/form/human_input/{asked['form_token']}"
            page = bench.raw().call("POST", path, json={"inputs": {"note": "fine"}, "action": "ok"})
            assert page.status_code == 200, page.text
            status = "SELECT status, error FROM runs WHERE id = :id"
            eventually(lambda: bench.rows(status, id=run_id)[0][0] not in ("paused", "running"), "the run ends")
            assert [tuple(row) for row in bench.rows(status, id=run_id)] == [("succeeded", None)]
            return dict(console.get(f"/runs/{run_id}").json())

        def restart() -> Console:
            bench.server.kill()
            bench.server.start()
            return Console(bench, console.account_id, console.email)

        def last_prompt() -> list[str]:
            asked = bench.model.requests_to("/chat/completions")[-1]
            return [message["content"] for message in asked.json["messages"]]

        opened, run_id = waiting(talk, {"query": "the first question", "inputs": {}})
        before = allowed(opened, run_id)
        conversation = before["message"]["conversation_id"]
        body = {
            "query": "the second question",
            "inputs": {},
            "conversation_id": conversation,
            "parent_message_id": before["message"]["id"],
        }
        opened, run_id = waiting(talk, body)
        allowed(opened, run_id)
        prompt = last_prompt()
        assert "the first question" in prompt

        choice = {"node_id": "ask", "inputs": {"env.token": "other-token"}}
        for _ in range(2):
            opened, again = waiting(f"/runs/{run_id}/replays", choice)
            console = restart()
            shown = allowed(opened, again)
            assert last_prompt() == prompt
            values = {node["node_id"]: node["outputs"] for node in shown["nodes"]}
            assert values["mix"] == {"output": "****** and fine"}
            assert "other-token" not in str(shown)
            answers = bench.rows("SELECT answer FROM messages WHERE run_id = :id", id=again)
            assert [tuple(row) for row in answers] == [("****** and fine",)]
            # The replay of a replay remembers what the first run did, too.
            run_id = again
