"""The numbered cases of spec workflow-engine §25 about failures, stops and what readers are told, over HTTP."""

from typing import Any

from tests.server import sample_apps
from tests.server.app_files import answer, chatflow, failing, llm, start
from tests.server.harness import Workbench, eventually
from tests.server.http_client import AppApi, names_of, text_of
from tests.server.matchers import TEXT, refused
from tests.server.payloads import unique

JsonMap = dict[str, Any]


def test_case_60_a_failed_chatflow_ends_with_an_error(workbench: Workbench) -> None:
    api = workbench.of(sample_apps.FAILING_CHATFLOW)
    events = api.chat_events("break")
    assert names_of(events)[-2:] == ["workflow_finished", "error"]
    assert events[-2]["data"]["status"] == "failed"
    rows = workbench.rows("SELECT status FROM messages WHERE id = :id", id=events[0]["message_id"])
    assert rows == [("error",)]


def test_case_61_a_failure_is_an_http_error_in_a_chat_only(workbench: Workbench) -> None:
    run = workbench.of(sample_apps.FAILING_WORKFLOW).run()
    assert (run.status_code, run.json()["data"]["status"]) == (200, "failed")
    refused(workbench.of(sample_apps.FAILING_CHATFLOW).chat("break"), 400, "invalid_param")


def stop(api: AppApi, task: str) -> tuple[int, JsonMap]:
    answered = api.post(f"/chat-messages/{task}/stop", {"user": api.user})
    return answered.status_code, answered.json()


def test_case_64_only_who_started_a_run_stops_it(workbench: Workbench) -> None:
    api = workbench.of(chatflow(start(to="llm"), llm("llm", "{{#sys.query#}}", to="answer"), answer("{{#llm.text#}}")))
    workbench.model.hang(times=1, after_events=5)
    with api.stream("/chat-messages", api.chat_body(unique("go on"), response_mode="streaming")) as stream:
        first = stream.until("message")
        assert stop(api.as_user("somebody else"), first["task_id"]) == (200, {"result": "success"})
        assert stop(api, first["task_id"]) == (200, {"result": "success"})
        events = [first, *stream.rest()]
    assert names_of(events)[-2:] == ["workflow_finished", "message_end"]
    assert events[-2]["data"]["status"] == "stopped"
    said = text_of(events)
    assert said
    listed = api.get("/messages", user=api.user, conversation_id=first["conversation_id"]).json()["data"]
    assert [(row["answer"], row["status"]) for row in listed] == [(said, "normal")]


def test_case_64_a_stop_by_somebody_else_leaves_the_run_alone(workbench: Workbench) -> None:
    gate = unique("held").replace(" ", "-")
    api = workbench.of(sample_apps.held_chatflow(workbench.gate.held(gate)))
    with api.stream("/chat-messages", api.chat_body("wait", response_mode="streaming")) as stream:
        first = stream.until("workflow_started")
        workbench.gate.wait(gate)
        assert stop(api.as_user("somebody else"), first["task_id"]) == (200, {"result": "success"})
        workbench.gate.open(gate)
        events = stream.rest()
    assert events[-2]["data"]["status"] == "succeeded"


def test_case_65_a_run_goes_on_without_its_reader(workbench: Workbench) -> None:
    gate = unique("left").replace(" ", "-")
    api = workbench.of(sample_apps.held_workflow(workbench.gate.held(gate)))
    with api.stream("/workflows/run", api.run_body()) as stream:
        run = stream.until("workflow_started")["workflow_run_id"]
        workbench.gate.wait(gate)
    workbench.gate.open(gate)

    def recorded() -> bool:
        return api.get(f"/workflows/run/{run}").json()["status"] == "succeeded"

    eventually(recorded, "the run to be recorded")


def test_case_66_a_page_is_not_shown_what_nodes_took_and_gave(workbench: Workbench) -> None:
    app = workbench.shared_app(sample_apps.ECHO)
    seen = workbench.visitor(app).events("/workflows/run", {"inputs": {"word": "a"}})
    told = workbench.api(app).run_events({"word": "a"})
    for events, shown in ((seen, False), (told, True)):
        nodes = [event["data"] for event in events if event["event"] == "node_finished"]
        assert nodes
        assert all((node["inputs"] is not None) is shown for node in nodes)
        assert all((node["outputs"] is not None) is shown for node in nodes)
    failing_app = workbench.shared_app(chatflow(start(to="boom"), failing(to={"source": "answer"}), answer("x")))
    failed = workbench.visitor(failing_app).events("/chat-messages", {"inputs": {}, "query": "x"})
    assert [e["data"]["error"] for e in failed if e["event"] == "node_finished"] == [None, None]


def test_case_67_an_error_names_its_code_and_no_task(workbench: Workbench) -> None:
    error = workbench.of(sample_apps.FAILING_CHATFLOW).chat_events("break")[-1]
    assert {key: error[key] for key in ("event", "code", "status", "message")} == {
        "event": "error",
        "code": "invalid_param",
        "status": 400,
        "message": TEXT,
    }
    assert "task_id" not in error
