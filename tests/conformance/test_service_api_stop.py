"""The Service API, case by case (spec service-api §12): stopping."""

from typing import Any
from uuid import uuid4

import pytest

from tests.server import sample_apps
from tests.server.harness import Workbench
from tests.server.http_client import AppApi, Stream, names_of, text_of
from tests.server.matchers import TEXT, refused
from tests.server.payloads import unique

JsonMap = dict[str, Any]


def stop(api: AppApi, path: str, task: str, **body: Any) -> Any:
    return api.post(f"{path}/{task}/stop", {"user": api.user, **body})


def test_case_61_a_stopped_chat_ends_with_its_text_so_far(workbench: Workbench) -> None:
    api, query = workbench.of(sample_apps.CHAT), unique("stop me")
    workbench.model.hang(times=1, after_events=5)
    with api.stream("/chat-messages", api.chat_body(query, response_mode="streaming")) as stream:
        first = stream.until("message")
        answer = stop(api, "/chat-messages", first["task_id"])
        assert (answer.status_code, answer.json()) == (200, {"result": "success"})
        events = [first, *stream.rest()]
    assert names_of(events) == ["message", "message_end"]
    said = text_of(events)
    assert said
    assert f"You said: {query}".startswith(said)
    listed = api.get("/messages", user=api.user, conversation_id=first["conversation_id"]).json()["data"]
    assert [(row["answer"], row["status"]) for row in listed] == [(said, "normal")]


def test_case_61_a_stopped_completion_ends_with_its_text_so_far(workbench: Workbench) -> None:
    api = workbench.of(sample_apps.COMPLETION)
    workbench.model.hang(times=1, after_events=4)
    body = {"inputs": {"product": unique("boots")}, "user": api.user, "response_mode": "streaming"}
    with api.stream("/completion-messages", body) as stream:
        task = stream.until("message")["task_id"]
        assert stop(api, "/completion-messages", task).json() == {"result": "success"}
        assert names_of(stream.rest())[-1] == "message_end"


def held(workbench: Workbench, make: Any) -> tuple[AppApi, str]:
    gate = unique("held").replace(" ", "-")
    return workbench.api(workbench.import_app(make(workbench.gate.held(gate)))), gate


def started(stream: Stream, workbench: Workbench, gate: str) -> JsonMap:
    event = stream.until("workflow_started")
    workbench.gate.wait(gate)
    return event


@pytest.mark.parametrize("path", ["/workflows/tasks", "/workflows"])
def test_case_61_a_stopped_workflow_ends_stopped(workbench: Workbench, path: str) -> None:
    api, gate = held(workbench, sample_apps.held_workflow)
    with api.stream("/workflows/run", api.run_body()) as stream:
        first = started(stream, workbench, gate)
        assert stop(api, path, first["task_id"]).json() == {"result": "success"}
        events = stream.rest()
    finished = events[-1]["data"]
    assert (events[-1]["event"], finished["status"], finished["error"]) == ("workflow_finished", "stopped", TEXT)
    assert [e["data"]["node_id"] for e in events if e["event"] == "node_finished"] == ["start"]
    detail = api.get(f"/workflows/run/{first['workflow_run_id']}").json()
    assert detail["status"] == "stopped"
    nodes = workbench.rows(
        "SELECT node_id, status FROM node_executions WHERE run_id = :id ORDER BY node_index",
        id=first["workflow_run_id"],
    )
    assert nodes == [("start", "succeeded"), ("wait", "failed")]


def test_case_61_a_stopped_chatflow_ends_stopped_and_with_message_end(workbench: Workbench) -> None:
    api, gate = held(workbench, sample_apps.held_chatflow)
    with api.stream("/chat-messages", api.chat_body("wait", response_mode="streaming")) as stream:
        first = started(stream, workbench, gate)
        stop(api, "/chat-messages", first["task_id"])
        events = stream.rest()
    assert names_of(events)[-2:] == ["workflow_finished", "message_end"]
    assert events[-2]["data"]["status"] == "stopped"
    listed = api.get("/messages", user=api.user, conversation_id=first["conversation_id"]).json()["data"]
    assert [(row["answer"], row["status"]) for row in listed] == [(text_of(events), "normal")]


def test_case_62_a_task_of_somebody_else_goes_on(workbench: Workbench) -> None:
    api, gate = held(workbench, sample_apps.held_workflow)
    assert stop(api, "/workflows/tasks", str(uuid4())).json() == {"result": "success"}
    assert stop(api, "/workflows/tasks", "no-uuid-at-all").json() == {"result": "success"}
    with api.stream("/workflows/run", api.run_body()) as stream:
        task = started(stream, workbench, gate)["task_id"]
        answer = stop(api.as_user("somebody else"), "/workflows/tasks", task)
        assert (answer.status_code, answer.json()) == (200, {"result": "success"})
        elsewhere = workbench.api(workbench.shared_app(sample_apps.ECHO), api.user)
        assert stop(elsewhere, "/workflows/tasks", task).json() == {"result": "success"}
        workbench.gate.open(gate)
        finished = stream.rest()[-1]
    assert finished["data"]["status"] == "succeeded"
    assert stop(api, "/workflows/tasks", task).json() == {"result": "success"}


def test_case_63_a_stop_needs_a_user_and_the_right_mode(workbench: Workbench) -> None:
    chat_api, run_api = workbench.of(sample_apps.CHAT), workbench.of(sample_apps.ECHO)
    refused(chat_api.post(f"/chat-messages/{uuid4()}/stop", {}), 400, "invalid_param", params="user")
    refused(stop(run_api, "/chat-messages", "x"), 400, "not_chat_app")
    refused(stop(run_api, "/completion-messages", "x"), 400, "app_unavailable")
    refused(stop(chat_api, "/workflows/tasks", "x"), 400, "not_workflow_app")
